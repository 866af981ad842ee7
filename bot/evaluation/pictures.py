"""The pictures of an evaluation, as SVG: bars by language, risk against coverage, reliability."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np

from bot.evaluation.ranking import Ranked
from bot.evaluation.report import Evaluation

BINS = 8
_COLOURS = ("#9aa5b1", "#5b8db8", "#2f6f4f", "#b5541c")


def bars(systems: Mapping[str, Evaluation], metric: str) -> str:
    """A metric by locale, a bar a system, with the 95 % interval of each."""
    with _Figure(9, 3) as figure:
        axes = figure.subplots()
        locales = sorted({locale for evaluation in systems.values() for locale in evaluation.locales})
        width = 0.8 / max(1, len(systems))
        for i, (name, evaluation) in enumerate(systems.items()):
            scores = [evaluation.locales[locale].metrics.get(metric) for locale in locales]
            places = [at + i * width for at, score in enumerate(scores) if score]
            there = [score for score in scores if score]
            spread = [[s.mean - s.low for s in there], [s.high - s.mean for s in there]]
            colour = _COLOURS[i % len(_COLOURS)]
            heights = [s.mean for s in there]
            axes.bar(places, heights, width, label=name, color=colour, yerr=spread, error_kw={"lw": 0.6, "alpha": 0.5})
        axes.set_xticks(np.arange(len(locales)) + 0.4 - width / 2)
        axes.set_xticklabels(locales)
        axes.set_ylim(0, 1)
        axes.set_ylabel(metric)
        axes.legend(frameon=False, fontsize=8, ncol=len(systems))
        return figure.svg()


def risk_coverage(ranked: Sequence[Ranked]) -> str:
    """The share of wrong first sections among the questions answered, as fewer are answered (the surest first)."""
    with _Figure(4.4, 3.2) as figure:
        axes = figure.subplots()
        groups = {locale: [r for r in ranked if r.question.locale == locale] for locale in _locales(ranked)}
        for name, group in groups.items():
            coverage, risk = risk_curve(group)
            axes.plot(coverage, risk, lw=0.7, alpha=0.6, label=name)
        coverage, risk = risk_curve(ranked)
        axes.plot(coverage, risk, lw=2, color="black", label="all")
        axes.set_xlabel("coverage: share of questions answered")
        axes.set_ylabel("risk: first section is wrong")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.legend(frameon=False, fontsize=7, ncol=2)
        return figure.svg()


def reliability(ranked: Sequence[Ranked]) -> str:
    """How often the first section is right, against the confidence shown; a point a bin of equally many questions."""
    with _Figure(4.4, 3.2) as figure:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], lw=0.8, color="grey", ls="--")
        said, found, low, high = reliability_curve(ranked)
        if len(said):
            axes.errorbar(said, found, yerr=[found - low, high - found], marker="o", color="#2f6f4f", lw=1)
        axes.set_xlabel("confidence")
        axes.set_ylabel("first section is right")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        return figure.svg()


def risk_curve(ranked: Sequence[Ranked]) -> tuple[np.ndarray, np.ndarray]:
    """(coverage, risk), each of shape (questions,): of the n surest answers so many were wrong.

    An unanswerable question answered is wrong. Geifman and El-Yaniv, NeurIPS 2017.
    """
    if not ranked:
        return np.zeros(0), np.zeros(0)
    order = sorted(ranked, key=lambda r: (-r.confidence, r.question.id))
    wrong = np.array([not is_right(r) for r in order], float)
    count = np.arange(1, len(order) + 1)
    return count / len(order), np.cumsum(wrong) / count


def reliability_curve(ranked: Sequence[Ranked]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(mean confidence, share right, its lower and upper 95 % bound), each of shape (bins,).

    The bounds are Wilson's score interval.
    """
    order = sorted(ranked, key=lambda r: (r.confidence, r.question.id))
    groups = [group for group in np.array_split(np.arange(len(order)), BINS) if len(group)]
    said = np.array([np.mean([order[i].confidence for i in group]) for group in groups])
    count = np.array([len(group) for group in groups], float)
    share = np.array([np.mean([is_right(order[i]) for i in group]) for group in groups])
    z = 1.96
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    spread = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return said, share, np.minimum(share, middle - spread), np.maximum(share, middle + spread)


def is_right(ranked: Ranked) -> bool:
    """Whether the first section is one that answers."""
    return bool(ranked.sections) and ranked.sections[0] in ranked.question.relevant


def _locales(ranked: Sequence[Ranked]) -> list[str]:
    return sorted({r.question.locale for r in ranked})


class _Figure:
    """A matplotlib figure that needs no display and leaves no global state."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(width, height), layout="constrained")
        self._canvas = FigureCanvasSVG(self._figure)

    def __enter__(self) -> _Figure:
        return self

    def __exit__(self, *_: object) -> None:
        self._figure.clear()

    def subplots(self):
        axes = self._figure.subplots()
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes

    def svg(self) -> str:
        from matplotlib import rc_context

        stream = io.StringIO()
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "guide"}):  # words stay words, the same every time
            self._canvas.print_svg(stream, metadata={"Date": None, "Creator": None})
        text = stream.getvalue()
        return text[text.index("<svg") :]
