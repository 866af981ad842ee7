"""Compares two runs on the same questions: a paired test a locale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import QueryError
from bot.evaluation.questions import Question, same_question
from bot.evaluation.ranking import escape_id
from bot.evaluation.scoring import METRICS, bootstrap, metric_values

RESAMPLES = 9_999


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better B is than A on a metric, the mean over `questions`.

    `low` and `high` bound the mean difference (95 %, percentile bootstrap). `p` is the chance of a difference as
    large, in either direction, were the two runs exchangeable question by question (paired randomization test:
    Smucker, Allan and Carterette, CIKM 2007). A question in several languages is one for both.
    """

    questions: int
    a: float
    b: float
    low: float
    high: float
    p: float


def read_run(path: Path) -> dict[str, dict[str, float]]:
    """A TREC run as scores by question and section, both as they stand in the file.

    Raises QueryError, naming file and line, for a line that is not of a run, and for a section ranked twice.
    """
    run: dict[str, dict[str, float]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question, _, section, _, score, _ = line.split()
            value = float(score)
        except ValueError:
            raise QueryError(f"{path}:{number}: not a line of a run (query-id Q0 section rank score name).") from None
        if section in run.setdefault(question, {}):
            raise QueryError(f"{path}:{number}: {section} is ranked twice for {question}.")
        run[question][section] = value
    return run


def compare(
    questions: Sequence[Question], a: Mapping[str, Mapping[str, float]], b: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, Difference]]:
    """Differences by locale and metric, on the answerable questions that are in both runs; "all" pools the locales.

    Raises QueryError where the runs have no answerable question in common.
    """
    shared = [q for q in questions if q.relevant and escape_id(q.id) in a and escape_id(q.id) in b]
    if not shared:
        raise QueryError("The two runs have no answerable question of these files in common.")
    groups = {locale: [q for q in shared if q.locale == locale] for locale in sorted({q.locale for q in shared})}
    found: dict[str, dict[str, Difference]] = {}
    for name, group in (*groups.items(), ("all", shared)):
        values = [metric_values(group, [run[escape_id(q.id)] for q in group], escape_id) for run in (a, b)]
        groups = same_question(group)
        found[name] = {metric: _difference(values[0][metric], values[1][metric], groups) for metric in METRICS}
    return found


def _difference(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> Difference:
    from scipy.stats import permutation_test

    change = bootstrap(b - a, groups)
    pairs = np.bincount(groups, a), np.bincount(groups, b)
    p = 1.0
    if len(pairs[0]) > 1 and np.any(pairs[0] != pairs[1]):  # one pair proves nothing
        test = permutation_test(
            pairs,
            lambda x, y, axis: np.mean(y - x, axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=RESAMPLES,
            random_state=0,
        )
        p = float(test.pvalue)
    return Difference(len(a), float(a.mean()), float(b.mean()), change.low, change.high, p)


def comparison_text(found: Mapping[str, Mapping[str, Difference]]) -> str:
    """A table a metric: by locale A, B, their difference with its interval, and p."""
    lines: list[str] = []
    for metric in METRICS:
        lines += [f"{metric:<12}{'n':>5}{'A':>8}{'B':>8}{'B - A':>9}{'95 %':>18}{'p':>9}"]
        for name, differences in found.items():
            d = differences[metric]
            bounds = f"({d.low:+.3f} to {d.high:+.3f})"
            lines.append(f"{name:<12}{d.questions:>5}{d.a:>8.3f}{d.b:>8.3f}{d.b - d.a:>+9.3f}{bounds:>20}{d.p:>7.3f}")
        lines.append("")
    lines.append("p: paired randomization test a row; with several rows read together, ask for less than .05 / rows.")
    return "\n".join(lines)


def comparison_dict(found: Mapping[str, Mapping[str, Difference]]) -> dict[str, Any]:
    """The comparison as JSON, by locale and metric."""
    return {
        name: {
            metric: {
                "questions": d.questions,
                "a": round(d.a, 4),
                "b": round(d.b, 4),
                "difference": round(d.b - d.a, 4),
                "low": round(d.low, 4),
                "high": round(d.high, 4),
                "p": round(d.p, 4),
            }
            for metric, d in differences.items()
        }
        for name, differences in found.items()
    }
