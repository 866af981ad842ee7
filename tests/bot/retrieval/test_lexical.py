from __future__ import annotations

import math
from pathlib import Path

import pytest

from bot.retrieval.lexical import K1, B, LexicalIndex
from bot.text import index_terms as terms

# Words of three letters have no pieces, so that the arithmetic stays readable.
PASSAGES = ["raw tax fee", "end csp", "tax map"]


def build() -> LexicalIndex:
    return LexicalIndex.build([terms(p, "en-US") for p in PASSAGES], "en-US")


def test_scores_are_shares_of_the_best_possible_score() -> None:
    def idf(frequency: int) -> float:
        return math.log(1 + (3 - frequency + 0.5) / (frequency + 0.5))

    # three, two and two terms in the passages; the question's terms stand once each in the first
    length = 3 / (7 / 3)
    once = 1 / (1 + K1 * (1 - B + B * length))
    found = build().scores("tax fee")
    assert found[0] == pytest.approx((idf(2) + idf(1)) * once / (idf(2) + idf(1)), rel=1e-4)
    assert found[1] == 0
    assert 0 < found[2] < found[0] < 1


def test_unknown_terms_count_against_a_question() -> None:
    index = build()
    assert index.scores("fee zap qux")[0] < index.scores("fee")[0] / 2


@pytest.mark.parametrize("question", ["", "zap", "?!"])
def test_nothing_known(question: str) -> None:
    assert build().scores(question).tolist() == [0, 0, 0]


def test_saved_and_loaded_scores_are_the_same(tmp_path: Path) -> None:
    index = build()
    index.save(tmp_path / "lexical")
    loaded = LexicalIndex.load(tmp_path / "lexical", "en-US")
    assert loaded.scores("tax fee").tolist() == index.scores("tax fee").tolist()


def test_a_passage_without_terms_keeps_its_row() -> None:
    found = LexicalIndex.build([[], ["fee"]], "en-US").scores("fee")
    assert found[0] == 0 < found[1]
