"""Passages and questions in any number, made from real ones: vectors around an index's own, texts with Zipf's law."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bot.retrieval.dense import DenseIndex
from bot.text import index_terms

DIMENSION = 384
NOISE = 0.5  # length of what is added to a real vector: two made from one have a cosine of about 1 / (1 + 0.5²) = .8
LOCALE = "en-US"
VOCABULARY, SHIFT = 40_000, 10  # the word of rank r is drawn with a probability in proportion to 1 / (r + SHIFT)
WORDS_A_PASSAGE, WORDS_A_QUESTION = 32, 5  # those that are no stop words
_SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
_CHUNK = 20_000


def real_vectors(index: Path) -> np.ndarray:
    """All vectors of an index folder, or of one build in it: float32 of shape (passages, dimension)."""
    manifest = index / "manifest.json"
    folder = index / json.loads(manifest.read_text(encoding="utf-8"))["build"] if manifest.exists() else index
    files = sorted(folder.glob("dense-*.faiss"))
    if not files:
        raise SystemExit(f"{index} holds no index. Build one: guide ingest FOLDER --index {index}")
    opened = [DenseIndex.load(file) for file in files]
    return np.concatenate([dense.vectors(np.arange(len(dense))) for dense in opened])


def write_vectors(real: np.ndarray, count: int, queries: int, folder: Path) -> None:
    """Write passages.npy (count, DIMENSION) and queries.npy (queries, DIMENSION), float32, of unit length.

    Each is a real vector with noise: normal, of the covariance of the real ones, so that it strays in the directions
    in which they differ. Vectors that give a query give no passage. Fewer dimensions are rotated into DIMENSION,
    which changes no inner product. The first n passages are the same for any count.
    """
    rng = np.random.default_rng(7)
    covariance = np.cov(real.T) + 1e-9 * np.eye(real.shape[1])
    root = np.linalg.cholesky(covariance / np.trace(covariance)).T.astype(np.float32)
    turn = np.linalg.qr(rng.standard_normal((DIMENSION, real.shape[1])))[0].T.astype(np.float32)
    base, root = real @ turn, root @ turn
    order = rng.permutation(len(base))
    held = max(1, min(queries, len(base) // 5))

    def some(rows: np.ndarray) -> np.ndarray:
        noise = rng.standard_normal((len(rows), len(root)), np.float32) @ root
        vectors = base[rows] + NOISE * noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    np.save(folder / "queries.npy", some(rng.choice(order[:held], queries)))
    passages = np.lib.format.open_memmap(folder / "passages.npy", "w+", np.float32, (count, DIMENSION))
    for start in range(0, count, _CHUNK):
        made = some(rng.choice(order[held:], _CHUNK))
        passages[start : start + _CHUNK] = made[: count - start]


def texts(passages: int, questions: int) -> tuple[Iterator[list[str]], list[str]]:
    """Passages as lists of terms, and questions as text, of words by Zipf's law (with Mandelbrot's shift)."""
    rng = np.random.default_rng(11)
    words = sorted({"".join(rng.choice(_SYLLABLES, size)) for size in rng.integers(2, 4, VOCABULARY)})
    rng.shuffle(words)
    weights = 1 / (np.arange(len(words)) + SHIFT)
    ends = np.cumsum(weights / weights.sum())
    terms = [index_terms(word, LOCALE) for word in words]

    def some(size: int) -> np.ndarray:
        return np.minimum(np.searchsorted(ends, rng.random(size)), len(words) - 1)

    asked = [" ".join(words[i] for i in some(WORDS_A_QUESTION)) for _ in range(questions)]
    sizes = rng.poisson(WORDS_A_PASSAGE, passages)
    return ([term for i in some(size) for term in terms[i]] for size in sizes), asked
