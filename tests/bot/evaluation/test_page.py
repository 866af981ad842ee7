from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

from bot.evaluation.page import evaluation_page
from bot.evaluation.pictures import BINS, reliability_curve, risk_curve
from bot.evaluation.questions import Question
from bot.evaluation.ranking import Ranked
from bot.evaluation.report import evaluate
from bot.types import Status

MANIFEST = {"build": "build-1", "passages": 7, "encoder": {"name": "/some/where/models/encoder"}}


def ranked(
    name: str, relevant: tuple[str, ...], sections: tuple[str, ...], confidence: float, text: str = "?"
) -> Ranked:
    status = Status.ANSWERED if confidence >= 0.5 else Status.ABSTAINED
    scores = tuple(1 - i / 10 for i in range(len(sections)))
    return Ranked(Question(name, text, "en-US", relevant, "terse"), sections, scores, confidence, status)


RIGHT = ranked("q1", ("a#1",), ("a#1", "b#1"), 0.9)
LOST = ranked("q2", ("z#1",), ("a#1", "b#1"), 0.6, "<script>alert(1)</script> where?")
REFUSED = ranked("u1", (), ("b#1",), 0.2, "how is the weather")
FOOLED = ranked("u2", (), ("b#1",), 0.8, "who won the cup")
GONE = ranked("q3", ("gone#1",), ("a#1",), 0.7, "left out of it all")
SECTIONS = {"en-US": frozenset({"a#1", "b#1", "z#1"})}


def page(*group: Ranked) -> str:
    evaluation = evaluate(group, SECTIONS, "same", {"a": frozenset({"global"}), "z": frozenset({"21vianet"})})
    return evaluation_page({"lexical": evaluation, "hybrid": evaluation}, MANIFEST)


def test_risk_falls_with_coverage() -> None:
    coverage, risk = risk_curve([RIGHT, LOST, REFUSED, FOOLED])
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == [0.0, 1 / 2, 2 / 3, 3 / 4]
    assert [len(part) for part in risk_curve([])] == [0, 0]


def test_reliability_counts_the_first_section() -> None:
    group = [ranked(f"q{i}", ("a#1",), ("a#1",) if i % 2 else ("b#1",), 0.5) for i in range(2 * BINS)]
    said, found, low, high = reliability_curve(group)
    assert said.tolist() == [0.5] * BINS
    assert np.all((low <= found) & (found <= high))
    assert found.mean() == 0.5
    assert len(reliability_curve([])[0]) == 0


def test_the_page_shows_failures_and_says_nothing_of_the_rest() -> None:
    text = page(RIGHT, LOST, REFUSED, FOOLED, GONE)
    assert "Failures (2)" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; where?" in text
    assert "<script" not in text
    assert "who won the cup" in text
    assert "how is the weather" not in text
    assert "left out of it all" not in text
    assert "2 answerable questions scored, 2 unanswerable,\n1 left out" in text
    assert "<code>z#1</code>\n(rank over 100)" in text
    assert text.count("<svg") == 4
    assert "21vianet" in text
    assert "/some/where" not in text  # a report is passed around: no folder of the machine it was made on


@pytest.mark.parametrize("group", [(), (RIGHT,), (FOOLED,)])
def test_a_page_of_little_or_nothing(group: tuple[Ranked, ...]) -> None:
    class Reader(HTMLParser):
        links: list[str] = []

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.links += [v or "" for k, v in attributes if k in ("src", "href") and not (v or "").startswith("#")]

    text = page(*group)
    assert text.count("<svg") == 4
    Reader().feed(text)
    assert Reader.links == []
