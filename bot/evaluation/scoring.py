"""Scores of ranked questions: success and reciprocal rank through ir-measures, and how well abstention works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bot.evaluation.questions import Question, same_question
from bot.evaluation.ranking import Ranked

METRICS = ("section@1", "section@5", "MRR@10", "article@1", "article@5")
RESAMPLES = 2000
CELL = 19  # columns of a table in the terminal


@dataclass(frozen=True, slots=True)
class Score:
    """A mean over questions with its 95 % interval (percentile bootstrap, seeded).

    Translations of one question are drawn together: they are found together.
    """

    mean: float
    low: float
    high: float

    def cell(self) -> str:
        """It as a cell of a table, CELL columns wide."""
        return f"{self.mean:.3f} ({self.low:.2f}-{self.high:.2f})".rjust(CELL)

    def rounded(self) -> dict[str, float]:
        """It as JSON."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


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
    values = metric_values([r.question for r in scored], [r.scored() for r in scored])
    groups = same_question([r.question for r in scored])
    return Scores(
        questions=len(scored),
        left_out=len(answerable) - len(scored),
        unanswerable=len(unanswerable),
        metrics={name: bootstrap(values[name], groups) for name in METRICS} if scored else {},
        auroc=_auroc(scored, unanswerable),
        refused_answerable=_refused(scored),
        refused_unanswerable=_refused(unanswerable),
    )


def _refused(ranked: Sequence[Ranked]) -> float | None:
    return sum(r.status == "abstained" for r in ranked) / len(ranked) if ranked else None


def metric_values(
    questions: Sequence[Question],
    runs: Sequence[Mapping[str, float]],
    name: Callable[[str], str] = str,
) -> dict[str, np.ndarray]:
    """Each metric's values, one a question, in their order.

    `runs` has the scores of the sections ranked for each question; `name` makes of a relevant section its name there.
    """
    import ir_measures
    from ir_measures import RR, Success

    by_section = {"section@1": Success @ 1, "section@5": Success @ 5, "MRR@10": RR @ 10}
    by_article = {"article@1": Success @ 1, "article@5": Success @ 5}
    values: dict[str, np.ndarray] = {}
    for measures, collapse in ((by_section, str), (by_article, _article)):
        qrels = {q.id: {collapse(name(section)): 1 for section in q.relevant} for q in questions}
        run = {q.id: _collapsed(scores, collapse) for q, scores in zip(questions, runs, strict=True)}
        found: dict[object, dict[str, float]] = defaultdict(dict)
        if questions:
            for metric in ir_measures.iter_calc(list(set(measures.values())), qrels, run):
                found[metric.measure][metric.query_id] = metric.value
        for metric_name, measure in measures.items():
            values[metric_name] = np.array([found[measure].get(q.id, 0.0) for q in questions])
    return values


def _collapsed(scores: Mapping[str, float], collapse: Callable[[str], str]) -> dict[str, float]:
    best: dict[str, float] = {}
    for section, value in scores.items():
        key = collapse(section)
        best[key] = max(value, best.get(key, value))
    return best


def _article(section: str) -> str:
    return section.partition("#")[0]


def bootstrap(values: np.ndarray, groups: np.ndarray | None = None) -> Score:
    """The mean of some values, float of shape (questions,), with its interval.

    Whole `groups`, int of shape (questions,), are drawn: what is one question in several languages is one draw. None
    means that all are different.
    """
    groups = np.arange(len(values)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sums, sizes = np.bincount(groups, values), np.bincount(groups)
    drawn = np.random.default_rng(0).integers(0, len(sums), (RESAMPLES, len(sums)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])
    return Score(float(values.mean()), float(low), float(high))


def _auroc(positive: Sequence[Ranked], negative: Sequence[Ranked]) -> Score | None:
    """The area under the ROC curve (Mann-Whitney), ties counting half; its interval is as of `bootstrap`."""
    if not positive or not negative:
        return None
    high, low = (np.array([one.confidence for one in ranked]) for ranked in (positive, negative))
    rows, columns = (same_question([one.question for one in ranked]) for ranked in (positive, negative))
    wins = (high[:, None] > low[None]) + 0.5 * (high[:, None] == low[None])
    by_group = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(by_group, (rows[:, None], columns[None]), wins)
    tall, wide = np.bincount(rows), np.bincount(columns)
    random = np.random.default_rng(0)
    samples = []
    for _ in range(RESAMPLES // 4):
        i, j = random.integers(0, len(tall), len(tall)), random.integers(0, len(wide), len(wide))
        samples.append(by_group[i][:, j].sum() / (tall[i].sum() * wide[j].sum()))
    bottom, top = np.quantile(samples, [0.025, 0.975])
    return Score(float(wins.mean()), float(bottom), float(top))
