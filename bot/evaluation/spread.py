"""Whether languages differ by more than chance: the worst one's score beside the best one's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.questions import Question, same_question
from bot.evaluation.scoring import METRICS, metric_values

RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Spread:
    """The worst locale's mean divided by the best one's, over `questions` that are asked in several locales.

    `if_equal` is what that would be, in the median, were each question as easy in every language it is asked in: the
    worst of seven is below the best by chance alone. `p` is the chance of a ratio as small then.
    """

    questions: int
    ratio: float
    if_equal: float
    p: float


def spreads(questions: Sequence[Question], runs: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """The spread of each metric; empty where no question is asked in several locales.

    `runs` are as for `metric_values`. A randomization test: the scores of one question (`same_question`) change places
    among its languages.
    """
    alike = same_question(questions)
    locales: dict[int, set[str]] = {}
    for group, question in zip(alike, questions, strict=True):
        locales.setdefault(group, set()).add(question.locale)
    shared = [i for i, group in enumerate(alike) if len(locales[group]) > 1]
    if not shared:
        return {}
    values = metric_values([questions[i] for i in shared], [runs[i] for i in shared])
    scores = np.stack([values[name] for name in METRICS], axis=1)
    of_locale = np.unique([questions[i].locale for i in shared], return_inverse=True)[1]
    alike = alike[shared]
    share = (np.arange(of_locale.max() + 1)[:, None] == of_locale) / np.bincount(of_locale)[:, None]
    random = np.random.default_rng(0)
    places = np.argsort(alike, kind="stable")
    found = np.empty((RESAMPLES, len(METRICS)))
    for i in range(RESAMPLES):
        mixed = np.empty_like(scores)
        mixed[places] = scores[np.argsort(alike + random.random(len(alike)))]
        found[i] = _ratios(share @ mixed)
    return {
        name: Spread(
            questions=len(shared),
            ratio=float(ratio),
            if_equal=float(np.median(of)),
            p=float((np.sum(of <= ratio + 1e-9) + 1) / (RESAMPLES + 1)),
        )
        for name, ratio, of in zip(METRICS, _ratios(share @ scores), found.T, strict=True)
    }


def _ratios(means: np.ndarray) -> np.ndarray:
    """Worst by best of means of shape (locales, metrics); 1 where all are 0."""
    best = means.max(axis=0)
    return np.divide(means.min(axis=0), best, out=np.ones(len(best)), where=best > 0)
