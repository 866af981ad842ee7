"""The dense index: inner products of unit vectors, every one of them computed, through FAISS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

EXACT = 100_000  # passages of a locale up to which vectors keep their 32 bits


class DenseIndex:
    """Vectors of the passages of one locale. Scores are cosines, larger is better."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def __len__(self) -> int:
        return self._index.ntotal

    @classmethod
    def build(cls, vectors: np.ndarray) -> DenseIndex:
        """Index unit vectors, float32 of shape (passages, dimension).

        Up to EXACT passages results are exact. Above, numbers keep 16 bits: at 200,000 passages 11 ms instead of 20
        for half the memory, with the same 100 best (384 dimensions, one thread; benchmarks/scale.py). IVF and HNSW
        look at a part of the vectors only: 1.5 ms there, but they miss 3 to 7 of 1,000 of the best, and must be
        trained or linked for 29 and 46 s. 8 bits in FAISS's form take no less time than 16, and drift: their range
        follows the vectors, so what ingestion reads back and indexes anew changes. 16 bits come back as they were.
        """
        import faiss

        dimension = vectors.shape[1]
        if len(vectors) <= EXACT:
            index = faiss.IndexFlatIP(dimension)
        else:
            kind = faiss.ScalarQuantizer.QT_fp16
            index = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        import faiss

        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Read the index that `save` wrote."""
        import faiss

        return cls(faiss.read_index(str(path)))

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """The stored vectors of some rows, float32 of shape (len(rows), dimension); see `build` for their precision."""
        if not len(rows):
            return np.zeros((0, self._index.d), np.float32)
        return self._index.reconstruct_batch(np.asarray(rows, np.int64))

    def search(
        self, vector: np.ndarray, count: int, allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The `count` best rows and their scores, best first.

        `vector` is float32 of shape (dimension,), of unit length; `allowed` a boolean array of shape (passages,).
        Fewer rows come back where fewer are allowed.
        """
        import faiss

        if not len(self):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        parameters = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        scores, rows = self._index.search(
            np.ascontiguousarray(vector[None], np.float32), min(count, len(self)), params=parameters
        )
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]
