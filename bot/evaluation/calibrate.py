"""Finds the numbers of a `Calibration` on judged questions: the weights of the fusion and of the confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bot.errors import QueryError
from bot.evaluation.questions import Question
from bot.evaluation.ranking import Ranked, passages_of, rank
from bot.retrieval.calibration import Calibration
from bot.retrieval.search import Searcher

WEIGHTS = tuple(round(0.2 + 0.05 * i, 2) for i in range(16))
REFUSED = 0.05  # share of answerable questions that the threshold may refuse

Encode = Callable[[Sequence[str]], np.ndarray]


def calibrate(searcher: Searcher, questions: Sequence[Question], encode: Encode) -> Calibration:
    """Weights that rank best, then a confidence that tells answerable questions from others, then its threshold.

    The fusion's weight is the one with the best mean reciprocal rank over languages, for questions and passages of
    one language and of two. The confidence is a logistic regression of answerable (1) against unanswerable (0)
    questions, both kinds weighing the same, on the two scores of the best passage. The threshold refuses the share
    REFUSED of the answerable ones. Raises QueryError where either kind is missing.
    """
    if not any(q.relevant for q in questions) or all(q.relevant for q in questions):
        raise QueryError("A calibration needs answerable and unanswerable questions.")
    found = searcher.calibration
    for passages in ("same", "cross"):
        cross = passages == "cross"
        asked = [q for q in questions if passages_of(q, passages) in searcher.index.locales]
        if not asked:
            continue
        name = "dense_cross" if cross else "dense"
        weight = max(
            WEIGHTS,
            key=lambda w, n=name, p=passages, a=asked: (
                _reciprocal_rank(rank(_with(searcher, **{n: w}), a, encode, p)),
                -w,
            ),
        )
        found = replace(found, **{name: weight})
        searcher = Searcher(searcher.index, found)
        features, answerable = _best_scores(searcher, asked, encode, passages)
        bias, by_dense, by_lexical = _logistic(features, answerable)
        end = "_cross" if cross else ""
        numbers = {f"bias{end}": bias, f"by_dense{end}": by_dense, f"by_lexical{end}": by_lexical}
        found = replace(found, **numbers)
        confidences = [found.confidence(*row, cross=cross) for row in features[answerable]]
        found = replace(found, **{f"threshold{end}": round(float(np.quantile(confidences, REFUSED)), 3)})
        searcher = Searcher(searcher.index, found)
    return found


def _with(searcher: Searcher, **numbers: float) -> Searcher:
    return Searcher(searcher.index, replace(searcher.calibration, **numbers))


def _reciprocal_rank(ranked: Sequence[Ranked]) -> float:
    """MRR@10 of the answerable questions, the mean over their languages."""
    by_locale: dict[str, list[float]] = {}
    for one in ranked:
        if one.question.relevant:
            places = [i for i, s in enumerate(one.sections[:10], 1) if s in one.question.relevant]
            by_locale.setdefault(one.question.locale, []).append(1 / places[0] if places else 0.0)
    return float(np.mean([np.mean(values) for values in by_locale.values()]))


def _best_scores(
    searcher: Searcher, questions: Sequence[Question], encode: Encode, passages: str
) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and lexical score of the best passage, float of shape (questions, 2), and which are answerable."""
    vectors = encode([q.text for q in questions])
    rows: list[tuple[float, float]] = []
    for question, vector in zip(questions, vectors, strict=True):
        locale = passages_of(question, passages)
        lexical = searcher.lexical_scores(question.text, locale)
        hits = searcher.search(vector, lexical, locale, cross=passages == "cross", count=1)
        rows.append((hits[0].cosine, hits[0].lexical) if hits else (0.0, 0.0))
    return np.array(rows), np.array([bool(q.relevant) for q in questions])


def _logistic(features: np.ndarray, answerable: np.ndarray) -> tuple[float, float, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000).fit(features, answerable)
    return tuple(round(float(x), 4) for x in (model.intercept_[0], *model.coef_[0]))
