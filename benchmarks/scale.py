"""What search costs by the number of passages: FAISS's indexes and what they miss, BM25, late interaction.

Vectors and texts are made from those of an index (benchmarks/scale_data.py). Each index is built in a process of its
own, written, and read and asked in another one, one question at a time on one thread. Milliseconds are processor time
of that thread, which other work on the machine hardly disturbs; those by the clock stand beside them.

    python benchmarks/scale.py [--index models/index] [--sizes 20000 200000] [--million] [--hnsw 200000]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scale_data
from scale_measure import Measured, alone, percentiles, resident, timed
from scale_plot import plot
from scale_words import late, lexical

from bot.retrieval.dense import DenseIndex
from bot.retrieval.search import DEPTH

ROOT = Path(__file__).resolve().parent.parent
SIZES, MILLION = (20_000, 200_000), 1_000_000
ALLOWED = 0.1  # share of the passages that the cloud filter leaves
SHIPPED = "as shipped"
FLAT = "flat, 32 bit"


@dataclass(frozen=True, slots=True)
class Kind:
    """A FAISS index by its factory string, and what it is asked with: probes (IVF) or efSearch (HNSW)."""

    name: str
    factory: str
    settings: tuple[int, ...] = (0,)
    mapped: bool = False


def kinds(passages: int, hnsw: int) -> list[Kind]:
    """The indexes compared at a size; the first is exact."""
    lists = round(4 * passages**0.5)
    probes = (8, 32, 128)
    found = [
        Kind(FLAT, "Flat"),
        Kind("flat, 16 bit", "SQfp16"),
        Kind("flat, 8 bit", "SQ8"),
        Kind("IVF, 32 bit", f"IVF{lists},Flat", probes),
        Kind("IVF, 32 bit, mapped", f"IVF{lists},Flat", probes, mapped=True),
        Kind("IVF, 8 bit", f"IVF{lists},SQ8", probes),
        Kind("HNSW", "HNSW32,Flat", (DEPTH, 2 * DEPTH)),
    ]
    return found if passages <= hnsw else found[:-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=ROOT / "models/index", help="index whose vectors are multiplied")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of passages")
    parser.add_argument("--million", action="store_true", help="a million passages, too: 5 GB of memory, 9 GB of disk")
    parser.add_argument("--hnsw", type=int, default=SIZES[1], help="largest size for which HNSW is built")
    parser.add_argument(
        "--lexical",
        type=int,
        default=SIZES[1],
        help="largest size for BM25 and late interaction (a million: 12 GB of memory)",
    )
    parser.add_argument("--queries", type=int, default=100, help="questions asked of each")
    parser.add_argument("--json", type=Path, default=ROOT / "results/scale.json", help="where the numbers go")
    parser.add_argument("--plot", type=Path, default=ROOT / "docs/scale.svg", help="where the plot goes")
    arguments = parser.parse_args()
    sizes = sorted({*arguments.sizes, *([MILLION] if arguments.million else [])})
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scale_data.write_vectors(scale_data.real_vectors(arguments.index), sizes[-1], arguments.queries, folder)
        for size in sizes:
            for kind in kinds(size, arguments.hnsw):
                found += report(dense(folder, kind, size))
            found += report([alone(shipped, folder, size)])
            if size <= arguments.lexical:
                found += report([lexical(folder, size, arguments.queries), late(folder, size, arguments.queries)])
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    about = {"machine": f"{os.cpu_count()} cores, {platform.machine()}", "queries": arguments.queries}
    arguments.json.write_text(json.dumps(about | {"measured": [asdict(m) for m in found]}, indent=1) + "\n")
    print(table(found))
    plot([asdict(m) for m in found], arguments.plot)


def report(found: list[Measured]) -> list[Measured]:
    for measured in found:
        print(f"{measured.passages:>9,} {measured.kind:<32} {measured.p50:8.2f} ms", flush=True)
    return found


def dense(folder: Path, kind: Kind, passages: int) -> list[Measured]:
    """An index built and measured with each of its settings."""
    file = folder / f"{kind.factory}-{passages}.faiss"
    if not file.exists():  # the mapped one is the other one read otherwise
        (folder / f"{file.name}.json").write_text(json.dumps(alone(build, folder, kind, passages, file)))
    return alone(ask, folder, kind, passages, file, json.loads((folder / f"{file.name}.json").read_text()))


def build(folder: Path, kind: Kind, passages: int, file: Path) -> float:
    """Build an index and write it; returns the seconds of processor time."""
    import faiss

    faiss.omp_set_num_threads(1)
    vectors = np.load(folder / "passages.npy", mmap_mode="r")[:passages]
    start = time.process_time()
    index = faiss.index_factory(vectors.shape[1], kind.factory, faiss.METRIC_INNER_PRODUCT)
    spent = 0.0
    if kind.factory.startswith("IVF"):
        spent = with_centroids(index, vectors, folder / f"centroids-{passages}.npy")
        start = time.process_time()
    index.train(np.ascontiguousarray(vectors[:100_000]))  # the scalar quantizer's ranges
    for first in range(0, passages, 20_000):
        index.add(np.ascontiguousarray(vectors[first : first + 20_000]))
    faiss.write_index(index, str(file))
    return spent + time.process_time() - start


def with_centroids(index: Any, vectors: np.ndarray, file: Path) -> float:
    """Give an IVF index its centroids, found once a size; returns the seconds that finding them took."""
    import faiss

    if not file.exists():
        start = time.process_time()
        kmeans = faiss.Kmeans(vectors.shape[1], index.nlist, niter=8, max_points_per_centroid=40, spherical=True)
        kmeans.train(np.ascontiguousarray(vectors[:: max(1, len(vectors) // (40 * index.nlist))]))
        np.save(file, kmeans.centroids)
        np.save(file.with_suffix(".time.npy"), time.process_time() - start)
    index.quantizer.add(np.load(file))
    return float(np.load(file.with_suffix(".time.npy")))


def ask(folder: Path, kind: Kind, passages: int, file: Path, built: float) -> list[Measured]:
    import faiss

    faiss.omp_set_num_threads(1)
    queries = np.load(folder / "queries.npy")
    before = resident()
    index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP if kind.mapped else 0)
    bits = np.packbits(allowed(passages), bitorder="little")
    rows = {}
    found = []
    for setting in kind.settings:
        if "IVF" in kind.factory:
            make, name = partial(faiss.SearchParametersIVF, nprobe=setting), f"{kind.name}, {setting} probes"
        elif "HNSW" in kind.factory:
            make, name = partial(faiss.SearchParametersHNSW, efSearch=setting), f"{kind.name}, ef {setting}"
        else:
            make, name = faiss.SearchParameters, kind.name
        plain, picked = make(), make(sel=faiss.IDSelectorBitmap(bits))
        rows["all"], every, clock = timed(lambda q, p=plain: index.search(q[None], DEPTH, params=p)[1][0], queries)
        memory = resident()
        rows["allowed"], some, _ = timed(lambda q, p=picked: index.search(q[None], DEPTH, params=p)[1][0], queries)
        found.append(measured(folder, name, passages, built, file, before, memory, every, clock, some, rows))
    return found


def shipped(folder: Path, passages: int) -> Measured:
    """The assistant's own index, through its own code."""
    import faiss

    faiss.omp_set_num_threads(1)
    file = folder / "shipped.faiss"
    start = time.process_time()
    DenseIndex.build(np.load(folder / "passages.npy", mmap_mode="r")[:passages]).save(file)
    built = time.process_time() - start
    return alone(ask_shipped, folder, passages, file, built)


def ask_shipped(folder: Path, passages: int, file: Path, built: float) -> Measured:
    import faiss

    faiss.omp_set_num_threads(1)
    queries, mask = np.load(folder / "queries.npy"), allowed(passages)
    before = resident()
    index = DenseIndex.load(file)
    rows = {}
    rows["all"], every, clock = timed(lambda q: index.search(q, DEPTH)[0], queries)
    memory = resident()
    rows["allowed"], some, _ = timed(lambda q: index.search(q, DEPTH, mask)[0], queries)
    return measured(folder, SHIPPED, passages, built, file, before, memory, every, clock, some, rows)


def measured(
    folder: Path,
    name: str,
    passages: int,
    built: float,
    file: Path,
    before: tuple[float, float],
    memory: tuple[float, float],
    every: np.ndarray,
    clock: np.ndarray,
    some: np.ndarray,
    rows: dict[str, list[np.ndarray]],
) -> Measured:
    """The measurements of an index as one record; the exact index's answers are kept for those after it."""
    exact = {key: folder / f"exact-{key}-{passages}.npy" for key in rows}
    if name == FLAT:
        for key, file_of_key in exact.items():
            np.save(file_of_key, np.array(rows[key]))
    best = {key: np.load(file_of_key) for key, file_of_key in exact.items()}
    return Measured(
        kind=name,
        passages=passages,
        build_s=built,
        disk_mb=file.stat().st_size / 1e6,
        memory_mb=memory[0] - before[0],
        mapped_mb=memory[1] - before[1],
        **percentiles("", every),
        **percentiles("clock_", clock),
        **percentiles("filtered_", some),
        recall_10=recall(best["all"], rows["all"], 10),
        recall_100=recall(best["all"], rows["all"], 100),
        filtered_recall_10=recall(best["allowed"], rows["allowed"], 10),
    )


def recall(exact: np.ndarray, found: list[np.ndarray], cutoff: int) -> float:
    """The share of the `cutoff` exact best that are among the `cutoff` best found, mean over the queries."""
    pairs = zip(exact[:, :cutoff], found, strict=True)
    return float(np.mean([np.isin(best, rows[:cutoff]).mean() for best, rows in pairs]))


def allowed(passages: int) -> np.ndarray:
    return np.random.default_rng(3).random(passages) < ALLOWED


def table(found: list[Measured]) -> str:
    """The measurements as a Markdown table."""
    head = (
        "| passages | index | p50 ms | p99 ms | by the clock p50 | filtered p50 | filtered p99 | recall@10 | @100 "
        "| filtered @10 | build s | disk MB | memory MB | mapped MB |"
    )
    lines = [head, "| ---: | --- " + "| ---: " * 12 + "|"]
    for m in found:
        times = (m.p50, m.p99, m.clock_p50, m.filtered_p50, m.filtered_p99)
        shares = (m.recall_10, m.recall_100, m.filtered_recall_10)
        sizes = (m.build_s, m.disk_mb, m.memory_mb, m.mapped_mb)
        cells = [f"{m.passages:,}", m.kind]
        cells += [f"{t:.1f}" for t in times] + [f"{s:.3f}" for s in shares] + [f"{s:.0f}" for s in sizes]
        lines.append("| " + " | ".join(cell.replace("nan", "") for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
