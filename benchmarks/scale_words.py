"""What grows beside the vectors, through the assistant's own code: BM25 over texts, tokens for late interaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scale_data
from scale_measure import Measured, alone, percentiles, resident, timed

from bot.retrieval.late import LateIndex, late_scores
from bot.retrieval.lexical import LexicalIndex

LEXICAL, LATE = "BM25", "late interaction"
COMPARED = 40  # passages: those reranked, and some that known questions bring
TOKENS_A_PASSAGE, TOKENS_A_QUESTION, TOKEN = 100, 20, 64


def lexical(folder: Path, passages: int, questions: int) -> Measured:
    """BM25 over synthetic texts, built and asked through the assistant's own code."""
    target = folder / f"lexical-{passages}"
    built = alone(build_lexical, target, passages)
    return alone(ask_lexical, target, passages, questions, built)


def build_lexical(target: Path, passages: int) -> float:
    documents = list(scale_data.texts(passages, 0)[0])
    start = time.process_time()
    LexicalIndex.build(documents, scale_data.LOCALE).save(target)
    return time.process_time() - start


def ask_lexical(target: Path, passages: int, questions: int, built: float) -> Measured:
    asked = scale_data.texts(0, questions)[1]
    LexicalIndex.build([["word"]], scale_data.LOCALE).scores("word")  # loads the libraries
    before = resident()
    index = LexicalIndex.load(target, scale_data.LOCALE)
    return measured(LEXICAL, passages, built, target, before, index.scores, asked)


def late(folder: Path, passages: int, questions: int) -> Measured:
    """The tokens of the sections that are reranked, wherever they lie in the file, against a question's.

    The file was just written: it is read from the system's memory, not from the disk.
    """
    target = folder / f"late-{passages}"
    built = alone(build_late, target, passages)
    return alone(ask_late, target, passages, questions, built)


def build_late(target: Path, passages: int) -> float:
    target.mkdir()
    rng, start = np.random.default_rng(13), time.process_time()
    starts = np.concatenate([[0], np.cumsum(rng.poisson(TOKENS_A_PASSAGE, passages))])
    tokens, ends = LateIndex.files(target, scale_data.LOCALE)
    held = np.lib.format.open_memmap(tokens, "w+", np.int8, (int(starts[-1]), TOKEN))
    for first in range(0, len(held), 1_000_000):
        part = held[first : first + 1_000_000]
        part[:] = rng.integers(-127, 128, part.shape, np.int8)
    np.save(ends, starts)
    return time.process_time() - start


def ask_late(target: Path, passages: int, questions: int, built: float) -> Measured:
    rng = np.random.default_rng(17)
    asked = [
        (rng.choice(passages, COMPARED, replace=False), rng.standard_normal((TOKENS_A_QUESTION, TOKEN), np.float32))
        for _ in range(questions)
    ]
    np.ones((9, 9), np.float32) @ np.ones((9, 9), np.float32)  # loads what multiplies
    before = resident()
    index = LateIndex.load(target, scale_data.LOCALE)
    assert index is not None

    def search(question: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        rows, tokens = question
        return late_scores([index.tokens(row) for row in rows], tokens)

    return measured(LATE, passages, built, target, before, search, asked)


def measured(
    kind: str,
    passages: int,
    built: float,
    target: Path,
    before: tuple[float, float],
    search: Callable[[Any], np.ndarray],
    asked: Sequence[Any],
) -> Measured:
    """What asking an index costs that misses nothing; `before` is the memory without it, its files lie in `target`."""
    _, every, clock = timed(search, asked)
    memory = resident()
    return Measured(
        kind=kind,
        passages=passages,
        build_s=built,
        disk_mb=sum(file.stat().st_size for file in target.iterdir()) / 1e6,
        memory_mb=memory[0] - before[0],
        mapped_mb=memory[1] - before[1],
        **percentiles("", every),
        **percentiles("clock_", clock),
    )
