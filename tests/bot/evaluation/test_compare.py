from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import QueryError
from bot.evaluation.compare import compare, comparison_dict, comparison_text, read_run
from bot.evaluation.questions import Question


def question(name: str, locale: str = "en-US", relevant: tuple[str, ...] = ("a#1",)) -> Question:
    return Question(name, "?", locale, relevant)


GOOD = {"a#1": 0.9, "b#1": 0.5}
BAD = {"b#1": 0.9, "a#1": 0.5}


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "run"
    file.write_text("q%201 Q0 a%20b#1 1 0.9 guide\nq%201 Q0 c#1 2 0.8 guide\n\n")
    assert read_run(file) == {"q%201": {"a%20b#1": 0.9, "c#1": 0.8}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("q1 Q0 a#1 1\n", "1: not a line of a run"),
        ("q1 Q0 a#1 1 x guide\n", "1: not a line of a run"),
        ("q1 Q0 a#1 1 .9 g\nq1 Q0 a#1 2 .8 g\n", "2: a#1 is ranked twice for q1"),
    ],
)
def test_a_broken_run_is_named_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "run"
    file.write_text(text)
    with pytest.raises(QueryError, match=reason):
        read_run(file)


def test_a_missing_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="cannot be read"):
        read_run(tmp_path / "none")


def test_differences_by_locale() -> None:
    questions = [question(f"q{i}") for i in range(8)] + [question("p1", "pt-BR"), question("only a", "pt-BR")]
    a = {q.id.replace(" ", "%20"): BAD for q in questions}
    b = {q.id: GOOD for q in questions[:-1]}
    found = compare(questions, a, b)
    assert list(found) == ["en-US", "pt-BR", "all"]
    english = found["en-US"]["section@1"]
    assert (english.questions, english.a, english.b, english.low, english.high) == (8, 0.0, 1.0, 1.0, 1.0)
    assert english.p == pytest.approx(2 / 2**8)  # of the 256 ways to swap pairs two are as extreme
    assert found["en-US"]["MRR@10"].a == 0.5
    assert found["en-US"]["section@5"].p == 1.0  # no question differs
    assert found["pt-BR"]["section@1"].questions == 1
    assert found["pt-BR"]["section@1"].p == 1.0  # one pair proves nothing
    assert found["all"]["section@1"].questions == 9


def test_ids_with_spaces_are_found_in_a_run() -> None:
    found = compare([question("q 1", relevant=("a b#1",))], {"q%201": {"a%20b#1": 1.0}}, {"q%201": {}})
    assert (found["all"]["section@1"].a, found["all"]["section@1"].b) == (1.0, 0.0)


def test_runs_without_a_common_question() -> None:
    with pytest.raises(QueryError, match="no answerable question"):
        compare([question("q1"), question("u", relevant=())], {"q1": GOOD, "u": GOOD}, {"u": GOOD})


def test_how_a_comparison_is_told() -> None:
    found = compare(
        [question(f"q{i}") for i in range(8)], {f"q{i}": BAD for i in range(8)}, {f"q{i}": GOOD for i in range(8)}
    )
    text = comparison_text(found)
    assert "en-US           8   0.000   1.000   +1.000" in text
    assert comparison_dict(found)["all"]["section@1"] == {
        "questions": 8, "a": 0.0, "b": 1.0, "difference": 1.0, "low": 1.0, "high": 1.0, "p": 0.0078,
    }  # fmt: skip
