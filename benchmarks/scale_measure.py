"""How benchmarks/scale.py measures: in a process of its own, one question at a time, time and memory."""

from __future__ import annotations

import ctypes
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Measured:
    """One index at one size. Times are milliseconds, `recall` shares of the exact best found; sizes in MB (10^6)."""

    kind: str
    passages: int
    build_s: float
    disk_mb: float
    memory_mb: float
    mapped_mb: float  # of files mapped into memory: the system takes it back where it needs it
    p50: float
    p99: float
    clock_p50: float
    clock_p99: float
    filtered_p50: float = float("nan")
    filtered_p99: float = float("nan")
    recall_10: float = float("nan")
    recall_100: float = float("nan")
    filtered_recall_10: float = float("nan")


def alone(function: Callable, *arguments: Any) -> Any:
    """What a function returns in a new process, which holds nothing else in memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def timed(search: Callable[[Any], np.ndarray], queries: Any) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """What each query found, its milliseconds of processor time, and those by the clock. The first is asked twice."""
    search(queries[0])
    found, times, clock = [], [], []
    for query in queries:
        start, start_clock = time.thread_time(), time.perf_counter()
        found.append(search(query))
        times.append(time.thread_time() - start)
        clock.append(time.perf_counter() - start_clock)
    return found, 1e3 * np.array(times), 1e3 * np.array(clock)


def percentiles(name: str, times: np.ndarray) -> dict[str, float]:
    return {f"{name}p{p}": float(np.percentile(times, p, method="higher")) for p in (50, 99)}


def resident() -> tuple[float, float]:
    """Megabytes of this process's memory: its own, and of mapped files (NaN where the system does not tell)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan"), float("nan")
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)  # what is free already must not hide what is taken next
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    own, mapped = (int(lines[key].split()[0]) * 1024 / 1e6 for key in ("RssAnon", "RssFile"))
    return own, mapped
