from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.errors import QueryError
from bot.evaluation.questions import Question, half, read_questions, same_question
from bot.evaluation.ranking import Ranked, _strictly_decreasing, passages_of, write_run
from bot.evaluation.report import evaluate, evaluation_dict, evaluation_text
from bot.evaluation.scoring import bootstrap, score
from bot.evaluation.spread import Spread, spreads
from bot.types import Status


def ranked(name: str, relevant: list[str], sections: list[str], confidence: float, locale: str = "en-US") -> Ranked:
    question = Question(name, "?", locale, tuple(relevant), "natural")
    scores = tuple(1 - i / 10 for i in range(len(sections)))
    status = Status.ANSWERED if confidence >= 0.5 else Status.ABSTAINED
    return Ranked(question, tuple(sections), scores, confidence, status)


GROUP = [
    ranked("q1", ["a#1"], ["a#1", "b#1"], 0.9),
    ranked("q2", ["b#2"], ["b#1", "a#1", "b#2"], 0.6),
    ranked("q3", ["c#1"], ["a#1", "b#1", "b#2", "b#3", "b#4", "c#1"], 0.4),
    ranked("gone", ["z#1"], ["a#1"], 0.9),
    ranked("u1", [], ["a#1"], 0.7),
    ranked("u2", [], [], 0.1),
]
SECTIONS = frozenset({"a#1", "b#1", "b#2", "b#3", "b#4", "c#1"})


def test_scores() -> None:
    found = score(GROUP, SECTIONS)
    assert (found.questions, found.left_out, found.unanswerable) == (3, 1, 2)
    assert found.metrics["section@1"].mean == pytest.approx(1 / 3)
    assert found.metrics["section@5"].mean == pytest.approx(2 / 3)
    assert found.metrics["MRR@10"].mean == pytest.approx((1 + 1 / 3 + 1 / 6) / 3)
    assert found.metrics["article@1"].mean == pytest.approx(2 / 3)  # a; b, by another section; not c
    assert found.metrics["article@5"].mean == 1
    assert found.metrics["section@1"].low <= 1 / 3 <= found.metrics["section@1"].high
    # of the six pairs (.9 .6 .4 against .7 .1) four are in order: all three over .1, and .9 over .7
    assert found.auroc is not None
    assert found.auroc.mean == pytest.approx(4 / 6)
    assert (found.refused_answerable, found.refused_unanswerable) == (pytest.approx(1 / 3), 0.5)


def test_nothing_to_score() -> None:
    found = score([], frozenset())
    assert (found.questions, found.metrics, found.auroc, found.refused_answerable) == (0, {}, None, None)
    assert score([GROUP[4]], SECTIONS).auroc is None


def test_the_report_has_every_question(tmp_path: Path) -> None:
    evaluation = evaluate(GROUP, {"en-US": SECTIONS}, "same")
    data = evaluation_dict(evaluation)
    assert data["locales"]["en-US"]["section@5"]["mean"] == 0.6667
    assert [q["id"] for q in data["questions"]] == ["q1", "q2", "q3", "gone", "u1", "u2"]
    assert data["questions"][1] == {
        "id": "q2",
        "status": "answered",
        "confidence": 0.6,
        "ranked": ["b#1", "a#1", "b#2"],
    }
    assert data["all"] == data["locales"]["en-US"] and data["all"]["left_out"] == 1
    assert data["spread"] == {}  # one language
    text = evaluation_text(evaluation)
    assert "Left out because no relevant section is in the index: 1." in text
    assert evaluation_text(evaluate([], {}, "same")).startswith("Passages: same")


def test_all_languages_together() -> None:
    german = [ranked("q1-de", ["a#1"], ["b#1", "a#1"], 0.3, "de-DE"), ranked("d2", [], [], 0.8, "de-DE")]
    evaluation = evaluate(GROUP + german, {"en-US": SECTIONS, "de-DE": SECTIONS}, "same")
    found = evaluation.pooled
    assert (found.questions, found.left_out, found.unanswerable) == (4, 1, 3)
    assert found.metrics["section@1"].mean == pytest.approx(1 / 4) and evaluation.mean["section@1"] == pytest.approx(
        1 / 6
    )
    # .9 .6 .4 .3 against .8 .7 .1
    assert found.auroc is not None and found.auroc.mean == pytest.approx(6 / 12)
    spread = evaluation.spreads["MRR@10"]
    assert (spread.questions, spread.ratio) == (2, 0.5)  # of q1, the one in both languages
    rows = {line.split()[0]: line.split() for line in evaluation_text(evaluation).splitlines() if line.strip()}
    assert rows["all"][1:3] == ["4", "0.250"] and rows["worst/best"][1:4] == ["0.000", "1.000", "0.500"]


def asked(locale: str, right: list[bool], name: str = "q") -> list[tuple[Question, dict[str, float]]]:
    """Questions of a locale, each with one section found: the right one or another."""
    return [
        (Question(f"{name}{i}-{locale[:2]}", "?", locale, ("a#1",)), {"a#1" if found else "b#no": 1.0})
        for i, found in enumerate(right)
    ]


def spread_of(*groups: list[tuple[Question, dict[str, float]]]) -> Spread:
    questions, runs = zip(*(pair for group in groups for pair in group), strict=True)
    return spreads(questions, runs)["section@1"]


def test_a_language_that_is_worse_than_chance_makes_it() -> None:
    good, bad = [True] * 9 + [False], [False] * 8 + [True] * 2
    found = spread_of(asked("en-US", good), asked("de-DE", good), asked("cs-CZ", bad))
    assert found.ratio == pytest.approx(2 / 9) and found.if_equal > 0.6 and found.p < 0.02


def test_languages_apart_by_chance() -> None:
    found = spread_of(
        *(asked(name, [i % 3 != n for i in range(9)]) for n, name in enumerate(("en-US", "de-DE", "cs-CZ")))
    )
    assert found.ratio == pytest.approx(1) and found.p == 1 and 0.5 < found.if_equal < 1
    one_off = [True] * 10, [True] * 9 + [False]
    assert spread_of(asked("en-US", one_off[0]), asked("de-DE", one_off[1])).p == 1  # either could have missed it


def test_scores_change_places_only_among_the_languages_of_one_question() -> None:
    shared = asked("en-US", [True] * 4), asked("de-DE", [True] * 4)
    easy, hard = asked("fr-FR", [True] * 8, "easy"), asked("cs-CZ", [False] * 7 + [True], "hard")
    found = spread_of(*shared, easy, hard)
    assert (found.questions, found.ratio, found.p) == (8, 1, 1)  # what is asked in one language says nothing
    assert spreads(*zip(*easy, *hard, strict=True)) == {} and spreads([], []) == {}


def test_one_question_in_several_languages_is_drawn_at_once() -> None:
    values = np.array([1.0, 0.0] * 20)
    apart, together = bootstrap(values), bootstrap(values, np.arange(40) % 2)
    assert apart.mean == together.mean == 0.5 and (together.low, together.high) == (0, 1)
    assert 0.3 < apart.low < 0.4 < 0.6 < apart.high < 0.7
    ids = {"q1-en": "en-US", "q1-pt-BR": "pt-BR", "q1-ZH": "zh-CN", "q2-zh": "zh-TW", "q1": "en-US", "q1-de": "en-US"}
    numbers = same_question([Question(name, "?", locale, ()) for name, locale in ids.items()]).tolist()
    assert numbers[0] == numbers[1] == numbers[2] == numbers[4] and len(set(numbers)) == 3
    assert same_question([]).tolist() == []


def test_a_run_is_what_trec_readers_expect(tmp_path: Path) -> None:
    write_run(tmp_path / "run", [ranked("q 1", ["a#1"], ["a b#1", "c#2"], 0.9)])
    assert (tmp_path / "run").read_text() == ("q%201 Q0 a%20b#1 1 1.000000 guide\nq%201 Q0 c#2 2 0.900000 guide\n")


def test_scores_of_a_run_strictly_decrease() -> None:
    assert _strictly_decreasing([0.5, 0.5, 0.4999999, 0.1]) == (0.5, 0.499999, 0.499998, 0.1)
    assert _strictly_decreasing([]) == ()


@pytest.mark.parametrize(
    ("locale", "passages", "expected"),
    [
        ("pt-BR", "same", "pt-BR"),
        ("pt-BR", "cross", "en-US"),
        ("en-US", "cross", None),
        ("en-US", "de-DE", "de-DE"),
    ],
)
def test_which_passages_are_searched(locale: str, passages: str, expected: str | None) -> None:
    assert passages_of(Question("q", "?", locale, ()), passages) == expected


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_only_id_text_locale_and_relevant_are_needed(tmp_path: Path) -> None:
    line = json.dumps({"id": "q1", "text": "Wo\u2028hin?", "locale": "DE-de", "relevant": ["a#b"]}, ensure_ascii=False)
    assert read_questions([write(tmp_path, line, "")]) == [Question("q1", "Wo\u2028hin?", "de-DE", ("a#b",))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":2: not a question"),
        ('{"id": "q2"}', ":2: not a question"),
        ("[]", ":2: not a question"),
        (
            '{"id": "q2", "text": "?", "locale": "en-US", "relevant": "a#b"}',
            "relevant is not a list of article_id#anchor",
        ),
        (
            '{"id": "q2", "text": "?", "locale": "en-US", "relevant": ["a"]}',
            "relevant is not a list of article_id#anchor",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    good = json.dumps({"id": "q1", "text": "?", "locale": "en-US", "relevant": []})
    with pytest.raises(QueryError, match=message):
        read_questions([write(tmp_path, good, line)])
    with pytest.raises(QueryError, match="the id q1 stands twice"):
        read_questions([write(tmp_path, good, good)])


def test_halves() -> None:
    questions = [Question(name, "?", "en-US", ()) for name in ("q1-en", "q2-en", "u11-en", "none")]
    assert [q.id for q in half(questions, "odd")] == ["q1-en", "u11-en"]
    assert [q.id for q in half(questions, "even")] == ["q2-en"]
    assert half(questions, None) == questions
    with pytest.raises(QueryError, match="even or odd, not 'third'"):
        half(questions, "third")
