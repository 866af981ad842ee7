"""An evaluation as one HTML page with pictures, for people to read; it loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.evaluation.pictures import bars, reliability, risk_coverage
from bot.evaluation.ranking import Ranked
from bot.evaluation.report import Evaluation
from bot.evaluation.scoring import METRICS, Score
from bot.types import Status

SHOWN = 5  # sections listed of a failure
_DRAWN = ("section@1", "section@5")


def evaluation_page(systems: Mapping[str, Evaluation], manifest: Mapping[str, Any]) -> str:
    """The page. `systems` are evaluations on the same questions by name: the last is the one reported on, the
    others stand beside it in the bars. `manifest` is the index's."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals |= {"cell": _cell, "share": _share, "metrics": METRICS}
    evaluation = list(systems.values())[-1]
    return environment.get_template("page.html").render(
        evaluation=evaluation,
        index={
            "build": manifest["build"],
            "passages": manifest["passages"],
            "encoder": manifest["encoder"]["name"].rpartition("/")[2],
        },
        bars={metric: bars(systems, metric) for metric in _DRAWN},
        risk_coverage=risk_coverage(evaluation.counted()),
        reliability=reliability(evaluation.counted()),
        failures=[_failure(one) for one in evaluation.counted() if _failed(one)],
    )


def _failed(ranked: Ranked) -> bool:
    if not ranked.question.relevant:
        return ranked.status is not Status.ABSTAINED
    return not set(ranked.sections[:SHOWN]) & set(ranked.question.relevant)


def _failure(ranked: Ranked) -> dict[str, Any]:
    question = ranked.question
    places = {section: place for place, section in enumerate(ranked.sections, 1)}
    return {
        "id": question.id,
        "text": question.text,
        "locale": question.locale,
        "style": question.style,
        "confidence": ranked.confidence,
        "status": ranked.status.value,
        "relevant": question.relevant,
        "ranks": {section: places.get(section) for section in question.relevant},
        "ranked": list(ranked.scored().items())[:SHOWN],
    }


def _cell(score: Score | None) -> str:
    return "–" if score is None else f"{score.mean:.3f} ({score.low:.2f}–{score.high:.2f})"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
