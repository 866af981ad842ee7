"""Scores of ranked questions: success and reciprocal rank through ir-measures, and how well abstention works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.ranking import Ranked

METRICS = ("section@1", "section@5", "MRR@10", "article@1", "article@5")
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Score:
    """A mean over questions with its 95 % interval (percentile bootstrap, seeded)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scores:
    """What one group of questions scored.

    `questions` counts the answerable ones that were scored, `left_out` those none of whose relevant sections is in
    the index, `unanswerable` the rest. `auroc` is the chance that an answerable question has the higher confidence
    (None without both kinds); `refused_answerable` and `refused_unanswerable` are shares at the threshold.
    """

    questions: int
    left_out: int
    unanswerable: int
    metrics: dict[str, Score]
    auroc: Score | None
    refused_answerable: float | None
    refused_unanswerable: float | None


def score(ranked: Sequence[Ranked], sections: frozenset[str]) -> Scores:
    """Score a group of ranked questions; `sections` are all sections of the index (`article_id#anchor`)."""
    answerable = [r for r in ranked if r.question.relevant]
    scored = [r for r in answerable if any(section in sections for section in r.question.relevant)]
    unanswerable = [r for r in ranked if not r.question.relevant]
    values = _per_question(scored)
    return Scores(
        questions=len(scored),
        left_out=len(answerable) - len(scored),
        unanswerable=len(unanswerable),
        metrics={name: _bootstrap(values[name]) for name in METRICS} if scored else {},
        auroc=_auroc([r.confidence for r in scored], [r.confidence for r in unanswerable]),
        refused_answerable=_refused(scored),
        refused_unanswerable=_refused(unanswerable),
    )


def _refused(ranked: Sequence[Ranked]) -> float | None:
    return sum(r.status == "abstained" for r in ranked) / len(ranked) if ranked else None


def _per_question(ranked: Sequence[Ranked]) -> dict[str, np.ndarray]:
    """Each metric's values, one a question, in their order."""
    import ir_measures
    from ir_measures import RR, Success

    by_section = {"section@1": Success @ 1, "section@5": Success @ 5, "MRR@10": RR @ 10}
    by_article = {"article@1": Success @ 1, "article@5": Success @ 5}
    values: dict[str, np.ndarray] = {}
    for measures, collapse in ((by_section, str), (by_article, _article)):
        qrels = {r.question.id: {collapse(s): 1 for s in r.question.relevant} for r in ranked}
        run = {r.question.id: _collapsed(r, collapse) for r in ranked}
        found: dict[object, dict[str, float]] = defaultdict(dict)
        if ranked:
            for metric in ir_measures.iter_calc(list(set(measures.values())), qrels, run):
                found[metric.measure][metric.query_id] = metric.value
        for name, measure in measures.items():
            values[name] = np.array([found[measure].get(r.question.id, 0.0) for r in ranked])
    return values


def _collapsed(ranked: Ranked, collapse: object) -> dict[str, float]:
    best: dict[str, float] = {}
    for section, value in zip(ranked.sections, ranked.scores, strict=True):
        best.setdefault(collapse(section), value)
    return best


def _article(section: str) -> str:
    return section.partition("#")[0]


def _bootstrap(values: np.ndarray) -> Score:
    random = np.random.default_rng(0)
    means = values[random.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Score(float(values.mean()), float(low), float(high))


def _auroc(positive: Sequence[float], negative: Sequence[float]) -> Score | None:
    """The area under the ROC curve (Mann-Whitney), ties counting half, with its bootstrap interval."""
    if not positive or not negative:
        return None
    high, low = np.array(positive), np.array(negative)
    wins = (high[:, None] > low[None]) + 0.5 * (high[:, None] == low[None])
    random = np.random.default_rng(0)
    samples = [
        wins[random.integers(0, len(high), len(high))][:, random.integers(0, len(low), len(low))].mean()
        for _ in range(RESAMPLES // 4)
    ]
    bottom, top = np.quantile(samples, [0.025, 0.975])
    return Score(float(wins.mean()), float(bottom), float(top))
