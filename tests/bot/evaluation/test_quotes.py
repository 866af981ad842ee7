from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import Engine
from bot.errors import QueryError
from bot.evaluation.questions import half
from bot.evaluation.quotes import (
    Mark,
    QuoteEvaluation,
    evaluate_quotes,
    measure,
    quotes_dict,
    quotes_text,
    read_marks,
    score_quotes,
)

MARKS = Path(__file__).parents[3] / "data" / "quotes.jsonl"
ARTICLE = "partner-center/provide-billing-support"


def mark(engine: Engine, name: str, text: str, anchor: str, *answer: tuple[str, str]) -> Mark:
    """A mark on the English billing article, its answer the words from each first to each last piece."""
    article = engine.show(ARTICLE, "en-US")
    spans = tuple((article.text.index(first), article.text.index(last) + len(last)) for first, last in answer)
    return Mark(name, text, "en-US", f"{ARTICLE}#{anchor}", article.sha256[:16], spans)


@pytest.fixture(scope="module")
def marks(samples: Engine) -> list[Mark]:
    steps = mark(
        samples, "m1", "look up a charge in billing history", "look-up-a-charge", ("1. Open", "your own bill.")
    )
    hours = mark(
        samples, "m2", "at what hours can they call?", "publish-your-billing-support-terms", ("Hours", "weekends")
    )
    return [
        steps,
        hours,
        replace(steps, id="m3", article_sha="0" * 16),
        replace(steps, id="m4", section="partner-center/no-such-article#here"),
        replace(steps, id="m5", section=f"{ARTICLE}#no-such-heading"),
    ]


@pytest.fixture(scope="module")
def evaluation(samples: Engine, marks: list[Mark]) -> QuoteEvaluation:
    return evaluate_quotes(samples.searcher(), marks, samples.read, samples.encode)


def test_a_quote_is_measured_in_characters() -> None:
    half_right = measure([(10, 20), (30, 40)], (15, 25))
    assert half_right == {
        "recall": 5 / 20,
        "precision": 5 / 10,
        "F1": 2 * 0.25 * 0.5 / (0.25 + 0.5),
        "whole": 0.0,
        "touched": 1.0,
    }
    assert measure([(10, 20)], (10, 20)) == dict.fromkeys(("recall", "precision", "F1", "whole", "touched"), 1.0)
    assert measure([(10, 20)], (20, 30)) == dict.fromkeys(("recall", "precision", "F1", "whole", "touched"), 0.0)


def test_a_procedure_is_quoted_whole(evaluation: QuoteEvaluation, marks: list[Mark]) -> None:
    steps = evaluation.quoted[0]
    assert steps.spans["quote"] == marks[0].answer[0]
    assert measure(marks[0].answer, steps.spans["quote"])["F1"] == 1.0
    assert evaluation.cut == 0


def test_the_baselines(evaluation: QuoteEvaluation, samples: Engine) -> None:
    text = samples.show(ARTICLE, "en-US").text
    steps, hours = evaluation.quoted
    start, end = steps.spans["section"]
    assert text[start:end].startswith("1. Open the Partner Center dashboard")
    assert text[start:end].endswith("What each column means is explained in Read your bill.")
    assert steps.widths["section"] == end - start == 374
    assert steps.spans["first"] == steps.spans["section"]  # it fits into 420 columns
    start, end = hours.spans["first"]
    assert text[start:end].startswith("Before the first sale, give every customer a page")
    assert text[start:end].endswith("the day on which access stops")
    assert hours.widths["first"] == end - start == 405
    assert hours.widths["section"] == 515


def test_marks_of_changed_or_absent_articles_are_left_out(evaluation: QuoteEvaluation) -> None:
    assert evaluation.left_out == ("m3", "m4", "m5")
    assert [one.mark.id for one in evaluation.quoted] == ["m1", "m2"]


def test_the_scores_and_the_report(evaluation: QuoteEvaluation, marks: list[Mark]) -> None:
    section = evaluation.pooled["section"]
    steps, hours = (sum(end - start for start, end in m.answer) for m in marks[:2])
    assert section.marks == 2
    assert section.metrics["recall"].mean == section.metrics["whole"].mean == 1.0
    assert section.metrics["precision"].mean == pytest.approx((steps / 374 + hours / 515) / 2)
    assert section.width == (374 + 515) / 2
    assert evaluation.locales == {"en-US": evaluation.pooled}
    data = quotes_dict(evaluation)
    assert data["pooled"]["section"]["recall"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert data["left_out"] == ["m3", "m4", "m5"]
    assert data["quotes"][0] == {
        "id": "m1",
        "quote": list(marks[0].answer[0]),
        **dict.fromkeys(("recall", "precision", "F1", "whole", "touched"), 1.0),
    }
    text = quotes_text(evaluation)
    assert "Quotes that start or end inside a sentence, item or row: 0." in text
    assert "Left out because the article is not in the index as it was marked: 3." in text


def test_nothing_to_score(samples: Engine) -> None:
    assert score_quotes([]) == {}
    empty = evaluate_quotes(samples.searcher(), [], samples.read, samples.encode)
    assert (empty.pooled, empty.locales, empty.quoted, empty.cut, empty.left_out) == ({}, {}, (), 0, ())
    assert "inside a sentence, item or row: 0." in quotes_text(empty)


LINE = {"id": "p1", "locale": "DE-de", "text": "Wo?", "section": "a/b#c", "article_sha": "00ff", "answer": [[3, 9]]}


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "quotes.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_line_is_a_mark(tmp_path: Path) -> None:
    found = read_marks(write(tmp_path, json.dumps(LINE), ""))
    assert found == [Mark("p1", "Wo?", "de-DE", "a/b#c", "00ff", ((3, 9),))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":1: not a mark"),
        (json.dumps({"id": "p1"}), ":1: not a mark"),
        (json.dumps(LINE | {"answer": []}), ":1: not a mark .*the answer is no list of spans in order"),
        (json.dumps(LINE | {"answer": [[9, 3]]}), ":1: not a mark .*the answer is no list of spans in order"),
        (json.dumps(LINE | {"answer": [[5, 9], [8, 12]]}), ":1: not a mark .*the answer is no list of spans in order"),
        (json.dumps(LINE) + "\n" + json.dumps(LINE), ":2: the id p1 stands twice"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        read_marks(write(tmp_path, line))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"none\.jsonl cannot be read"):
        read_marks(tmp_path / "none.jsonl")


def test_the_marks_of_the_project() -> None:
    marks = read_marks(MARKS)
    assert len(marks) == 84
    assert {len([m for m in marks if m.locale == locale]) for locale in {m.locale for m in marks}} == {7}
    assert len({m.section.partition("#")[0] for m in marks}) == 84  # an article is marked once
    assert len(half(marks, "even")) == len(half(marks, "odd")) == 42
