"""The plot of benchmarks/scale.py: time, memory and recall against the number of passages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

BUDGET_MS, BUDGET_MB = 15, 2000
# What is drawn of all that is measured: one setting of each kind. Dashes tell what is not a FAISS index compared.
DRAWN = {
    "flat, 32 bit": ("#1b4f9c", "-"),
    "flat, 16 bit": ("#2a9d8f", "-"),
    "flat, 8 bit": ("#7cb518", "-"),
    "IVF, 32 bit, 32 probes": ("#e76f51", "-"),
    "IVF, 8 bit, 32 probes": ("#f4a261", "-"),
    "HNSW, ef 400": ("#8e44ad", "-"),
    "as shipped": ("black", ":"),
    "BM25": ("#777777", "--"),
    "late interaction": ("#c9184a", "--"),
}


def plot(measured: Sequence[dict[str, Any]], file: Path) -> None:
    """Draw the measurements (benchmarks/scale.py, Measured as dictionaries) into an SVG file."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "scale", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3})
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(12, 4.2))
    titles = ("a question, ms (p50, one thread)", "memory and mapped files, MB", "recall@10 against exact search")
    for panel, title in zip(panels, titles, strict=True):
        panel.set(title=title, xlabel="passages", xscale="log")
    for name, (colour, dashes) in DRAWN.items():
        points = sorted((m for m in measured if m["kind"] == name), key=lambda m: m["passages"])
        sizes = [m["passages"] for m in points]
        values = (
            [m["p50"] for m in points],
            [m["memory_mb"] + m["mapped_mb"] for m in points],
            [m["recall_10"] for m in points],
        )
        for panel, heights in zip(panels, values, strict=True):
            panel.plot(sizes, heights, dashes, color=colour, marker="o", markersize=3, label=name)
    for panel, budget in ((panels[0], BUDGET_MS), (panels[1], BUDGET_MB)):
        panel.set_yscale("log")
        panel.axhline(budget, color="red", linewidth=0.8)
        panel.annotate("budget", (0.01, budget), xycoords=("axes fraction", "data"), color="red", va="bottom")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncol=4, frameon=False)
    figure.tight_layout(rect=(0, 0.13, 1, 1))
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
