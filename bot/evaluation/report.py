"""The result of an evaluation, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.evaluation.ranking import Ranked, passages_of
from bot.evaluation.scoring import CELL, METRICS, Score, Scores, score
from bot.evaluation.spread import Spread, spreads


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores by locale, by style and by the cloud of the relevant article, of all, and the rankings.

    `pooled` counts every question the same, `mean` every locale, `spreads` says how far the locales are apart;
    `left_out` are the ids of the questions none of whose relevant sections is in the passages searched.
    """

    passages: str
    locales: dict[str, Scores]
    styles: dict[str, Scores]
    clouds: dict[str, Scores]
    pooled: Scores
    mean: dict[str, float]
    spreads: dict[str, Spread]
    ranked: tuple[Ranked, ...]
    left_out: frozenset[str]

    def counted(self) -> list[Ranked]:
        """The rankings that are scored: those of unanswerable questions and of answerable ones not left out."""
        return [r for r in self.ranked if r.question.id not in self.left_out]


def evaluate(
    ranked: Sequence[Ranked],
    sections: Mapping[str, frozenset[str]],
    passages: str,
    clouds: Mapping[str, frozenset[str]] | None = None,
) -> Evaluation:
    """Score ranked questions.

    `sections` is what can be found, by locale (`Index.sections`); `clouds` names the clouds of an article by its id
    (`Index.cloud_names`): without it there is no table by cloud.
    """

    def there(group: Sequence[Ranked]) -> frozenset[str]:
        return frozenset().union(*(sections.get(passages_of(r.question, passages) or "", ()) for r in group[:1]))

    def cloud(one: Ranked) -> str:
        articles = one.question.articles
        return ", ".join(sorted({name for article in articles for name in (clouds or {}).get(article, ())}))

    by_locale = _groups(ranked, lambda r: r.question.locale)
    locales = {locale: score(group, there(group)) for locale, group in by_locale.items()}
    left_out = frozenset(
        r.question.id
        for group in by_locale.values()
        for r in group
        if r.question.relevant and not there(group) & set(r.question.relevant)
    )
    counted = [r for r in ranked if r.question.id not in left_out]
    every = frozenset().union(*sections.values()) if sections else frozenset()
    scored = [scores for scores in locales.values() if scores.metrics]
    answerable = [r for r in counted if r.question.relevant]
    return Evaluation(
        passages,
        locales,
        {style: score(group, every) for style, group in _groups(counted, lambda r: r.question.style).items()},
        {name: score(group, every) for name, group in _groups(counted, cloud).items() if name},
        replace(score(counted, every), left_out=len(left_out)),
        {name: sum(s.metrics[name].mean for s in scored) / len(scored) for name in METRICS} if scored else {},
        spreads([r.question for r in answerable], [r.scored() for r in answerable]),
        tuple(ranked),
        left_out,
    )


def _groups(ranked: Sequence[Ranked], key: Any) -> dict[str, list[Ranked]]:
    groups: dict[str, list[Ranked]] = {}
    for one in ranked:
        groups.setdefault(key(one), []).append(one)
    return dict(sorted(groups.items()))


def evaluation_text(evaluation: Evaluation) -> str:
    """A table by locale, one by style, one by cloud, with 95 % intervals; what was left out is said below.

    Under the locales stand all questions together, the locales' mean, and the Spread of the locales.
    """
    head = f"{'':<10}{'n':>4}" + "".join(f"{name:>{CELL}}" for name in (*METRICS, "AUROC")) + f"{'refused +/-':>14}"
    lines = [f"Passages: {evaluation.passages}", "", head]
    lines += [_row(name, scores) for name, scores in evaluation.locales.items()]
    lines.append(_row("all", evaluation.pooled))
    if evaluation.mean:
        lines.append(_numbers("mean", evaluation.mean))
    if evaluation.spreads:
        lines.append(_numbers("worst/best", {metric: s.ratio for metric, s in evaluation.spreads.items()}))
        lines.append(_numbers("if equal", {metric: s.if_equal for metric, s in evaluation.spreads.items()}))
        lines.append(_numbers("p", {metric: s.p for metric, s in evaluation.spreads.items()}, digits=4))
    for groups in (evaluation.styles, evaluation.clouds):
        lines += ["", *(_row(name or "-", scores) for name, scores in groups.items())] if groups else []
    lines += ["", f"Left out because no relevant section is in the index: {len(evaluation.left_out)}."]
    return "\n".join(lines)


def _row(name: str, scores: Scores) -> str:
    cells = [_cell(scores.metrics.get(metric)) for metric in METRICS]
    shares = (scores.refused_answerable, scores.refused_unanswerable)
    refused = "/".join("-" if share is None else f"{share:.2f}" for share in shares)
    return f"{name:<10}{scores.questions:>4}" + "".join(cells) + _cell(scores.auroc) + f"{refused:>14}"


def _numbers(name: str, numbers: Mapping[str, float], digits: int = 3) -> str:
    cells = (f"{numbers[metric]:.{digits}f}".ljust(digits + 14).rjust(CELL) for metric in METRICS)
    return (f"{name:<14}" + "".join(cells)).rstrip()


def _cell(value: Score | None) -> str:
    return "-".rjust(CELL) if value is None else value.cell()


def evaluation_dict(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as JSON: metrics of all, by locale, style and cloud, how far locales are apart, each ranking."""
    return {
        "passages": evaluation.passages,
        "all": _scores_dict(evaluation.pooled),
        "mean": {name: round(value, 4) for name, value in evaluation.mean.items()},
        "spread": {
            name: {field: round(value, 4) for field, value in asdict(spread).items()}
            for name, spread in evaluation.spreads.items()
        },
        "locales": {name: _scores_dict(scores) for name, scores in evaluation.locales.items()},
        "styles": {name: _scores_dict(scores) for name, scores in evaluation.styles.items()},
        "clouds": {name: _scores_dict(scores) for name, scores in evaluation.clouds.items()},
        "questions": [
            {
                "id": r.question.id,
                "status": r.status.value,
                "confidence": round(r.confidence, 6),
                "ranked": list(r.sections),
            }
            for r in evaluation.ranked
        ],
    }


def _scores_dict(scores: Scores) -> dict[str, Any]:
    return {
        "questions": scores.questions,
        "left_out": scores.left_out,
        "unanswerable": scores.unanswerable,
        **{name: value.rounded() for name, value in scores.metrics.items()},
        "auroc": scores.auroc.rounded() if scores.auroc else None,
        "refused_answerable": scores.refused_answerable,
        "refused_unanswerable": scores.refused_unanswerable,
    }
