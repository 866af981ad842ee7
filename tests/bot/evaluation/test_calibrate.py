"""Calibrating on real searches of the sample articles, as `guide calibrate` does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from bot.engine import Engine
from bot.errors import QueryError
from bot.evaluation.calibrate import (
    CHOSEN,
    MEANING,
    OF_BEST,
    RANKS_ONLY,
    REFUSED,
    WEIGHTS,
    _Case,
    _confidence,
    calibrate,
)
from bot.evaluation.questions import Question, read_questions
from bot.evaluation.ranking import passages_of, rank
from bot.retrieval.calibration import Calibration
from bot.retrieval.features import OF_QUESTION
from bot.retrieval.search import Searcher

QUESTIONS = Path(__file__).resolve().parents[3] / "data" / "questions.jsonl"
ONE_IN = 5  # of all: each is searched for many times


@dataclass(frozen=True)
class Calibrated:
    """Some questions, what came out, and by it for each kind of passages the confidences of answerable questions."""

    questions: list[Question]
    calibration: Calibration
    searcher: Searcher
    answerable: dict[str, np.ndarray]


@pytest.fixture(scope="module")
def calibrated(samples: Engine) -> Calibrated:
    questions = read_questions([QUESTIONS])[::ONE_IN]
    found = calibrate(Searcher(samples.index, Calibration()), questions, samples.read)
    assert set(found) == {"same", "cross"}
    calibration = Calibration(**found)
    searcher = Searcher(samples.index, calibration)
    sections = samples.index.sections()
    answerable = {}
    for passages in ("same", "cross"):
        asked = [
            question
            for question in questions
            if question.relevant and sections.get(passages_of(question, passages) or "", set()) & set(question.relevant)
        ]
        ranked = [one for new in (False, True) for one in rank(searcher, asked, samples.read, passages, as_new=new)]
        answerable[passages] = np.array([one.confidence for one in ranked])
    return Calibrated(questions, calibration, searcher, answerable)


@pytest.mark.parametrize("passages", ["same", "cross"])
def test_the_weights_are_those_that_were_to_be_fitted(calibrated: Calibrated, passages: str) -> None:
    weights = calibrated.calibration.weights(cross=passages == "cross")
    share = sum(weights.fused[name] for name in MEANING[passages])
    assert round(share, 4) in WEIGHTS and sum(weights.fused.values()) == pytest.approx(1)
    assert {name: weights.rank[name] for name in CHOSEN} == CHOSEN
    assert sum(abs(weight) for name, weight in weights.rank.items() if name not in CHOSEN) == pytest.approx(1, abs=0.01)
    assert not OF_QUESTION & set(weights.rank) and set(weights.sure) >= OF_QUESTION
    assert not RANKS_ONLY & set(weights.sure)
    assert (set(weights.rank) >= OF_BEST) == (passages == "same")
    assert weights.sure["outside"] < 0 < weights.rank["known"]


@pytest.mark.parametrize("passages", ["same", "cross"])
def test_the_threshold_refuses_the_share_of_answerable_questions_that_it_is_to(
    calibrated: Calibrated, passages: str
) -> None:
    found, threshold = (
        calibrated.answerable[passages],
        calibrated.calibration.weights(cross=passages == "cross").threshold,
    )
    assert len(found) > 50
    assert 0 < np.mean(found < threshold) <= REFUSED[passages] + 1 / len(found)


def test_what_was_fitted_ranks_better_than_where_it_began(calibrated: Calibrated, samples: Engine) -> None:
    def right(calibration: Calibration) -> float:
        ranked = rank(Searcher(samples.index, calibration), calibrated.questions, samples.read, "same")
        return float(
            np.mean([max(one.scored(), key=one.scored().__getitem__) in one.question.relevant for one in ranked])
        )

    assert right(calibrated.calibration) > right(Calibration())


def test_both_kinds_of_questions_are_needed(samples: Engine) -> None:
    questions = [q for q in read_questions([QUESTIONS])[:20] if q.relevant]
    for one_kind in (questions, [replace(q, relevant=()) for q in questions]):
        with pytest.raises(QueryError, match="answerable and unanswerable"):
            calibrate(samples.searcher(), one_kind, samples.read)
    nowhere = [replace(q, relevant=("no/article#here",)) for q in questions[:3]]
    unanswerable = replace(questions[0], id="u", relevant=())
    with pytest.raises(QueryError, match="nothing to calibrate by"):
        calibrate(samples.searcher(), [*nowhere, unanswerable], samples.read)


def test_where_one_kind_of_passages_has_no_questions_the_other_is_fitted(samples: Engine) -> None:
    english = [question for question in read_questions([QUESTIONS])[::ONE_IN] if question.locale == "en-US"]
    assert set(calibrate(samples.searcher(), english, samples.read)) == {"same"}


def test_confidence_needs_right_and_wrong_answers() -> None:
    case = _Case(Question("q", "?", "en-US", ("a#b",)), "en-US", [], np.zeros(0, bool))
    with pytest.raises(QueryError, match="right for all questions or for none"):
        _confidence([case, case], Calibration().same, {"cosine": 1.0}, 0.01)
