"""Whether languages differ by more than chance: the worst one's score beside the best one's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.questions import Question
from bot.evaluation.scoring import METRICS, metric_values

RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Spread:
    """The worst locale's mean divided by the best one's.

    `if_equal` is what that would be, in the median, were every locale as easy: the worst of seven is below the best by
    chance alone. `p` is the chance of a ratio as small then.
    """

    ratio: float
    if_equal: float
    p: float


def spreads(questions: Sequence[Question], runs: Sequence[dict[str, float]]) -> dict[str, Spread]:
    """The spread of each metric over the questions' locales; empty for fewer than two.

    `runs` are as for `metric_values`. A randomization test: scores change places among questions that the same
    sections answer, which are mostly one question in several languages.
    """
    locales, of_locale = np.unique([question.locale for question in questions], return_inverse=True)
    if len(locales) < 2:
        return {}
    values = metric_values(questions, runs)
    scores = np.stack([values[name] for name in METRICS], axis=1)
    share = (np.arange(len(locales))[:, None] == of_locale) / np.bincount(of_locale)[:, None]
    alike = np.unique(["\n".join(sorted(question.relevant)) for question in questions], return_inverse=True)[1]
    random = np.random.default_rng(0)
    places = np.argsort(alike, kind="stable")
    found = np.empty((RESAMPLES, len(METRICS)))
    for i in range(RESAMPLES):
        mixed = np.empty_like(scores)
        mixed[places] = scores[np.argsort(alike + random.random(len(alike)))]
        found[i] = _ratios(share @ mixed)
    ratios = _ratios(share @ scores)
    return {
        name: Spread(float(ratio), float(np.median(of)), float((np.sum(of <= ratio + 1e-9) + 1) / (RESAMPLES + 1)))
        for name, ratio, of in zip(METRICS, ratios, found.T, strict=True)
    }


def _ratios(means: np.ndarray) -> np.ndarray:
    """Worst by best of means of shape (locales, metrics); 1 where all are 0."""
    best = means.max(axis=0)
    return np.divide(means.min(axis=0), best, out=np.ones(len(best)), where=best > 0)
