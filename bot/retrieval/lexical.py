"""The lexical index: BM25 over the terms of passages in one locale."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from bot.text import index_terms

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

# A low k1: in short passages a second mention says little (measured on the development questions against 1.2).
K1, B = 0.6, 0.75
_IMPORTING = Lock()


class LexicalIndex:
    """BM25 (Robertson and Zaragoza, 2009; Lucene's form) through bm25s. Larger scores are better."""

    def __init__(self, bm25: object, locale: str) -> None:
        self._bm25 = bm25
        self.locale = locale

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]], locale: str) -> LexicalIndex:
        """Index passages given as lists of terms (see `bot.text.index_terms`); row i is documents[i]."""
        bm25 = _bm25s().BM25(k1=K1, b=B, method="lucene")
        # bm25s cannot index documents without any term: such a row gets one that no question has
        bm25.index([list(d) or ["\0"] for d in documents] or [["\0"]], show_progress=False)
        return cls(bm25, locale)

    def save(self, folder: Path) -> None:
        """Write the index to a folder."""
        self._bm25.save(str(folder), show_progress=False)

    @classmethod
    def load(cls, folder: Path, locale: str) -> LexicalIndex:
        """Memory-map the index that `save` wrote."""
        return cls(_bm25s().BM25.load(str(folder), mmap=True, show_progress=False), locale)

    def scores(self, text: str) -> np.ndarray:
        """Scores of a question against every passage, float32 of shape (passages,).

        Divided by the largest score that a passage could reach with the known terms of the question, so that 1
        means that all of them are there, often: comparable between questions, as a fusion needs it (the
        theoretical normalization of Bruch, Gai and Ingber, TOIS 2023).
        """
        wanted = index_terms(text, self.locale)
        known = [term for term in dict.fromkeys(wanted) if term in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self._bm25.scores["num_docs"], np.float32)
        columns = [self._bm25.vocab_dict[term] for term in known]
        raw = self._matrix[:, columns] @ np.ones(len(columns), np.float32)
        return raw / self._ceiling(wanted)

    def passages_with(self, term: str) -> int:
        """The number of passages that have a term (of `bot.text.index_terms`)."""
        column = self._bm25.vocab_dict.get(term)
        pointers = self._bm25.scores["indptr"]
        return 0 if column is None else int(pointers[column + 1] - pointers[column])

    @cached_property
    def _matrix(self) -> csc_matrix:
        """bm25s's scores, passages by terms, where they are: nothing is copied, mapped files stay mapped.

        Its columns are summed here, not by bm25s: in NumPy before 1.25 that is forty times slower (`np.add.at`), the
        sums are the same to the last bit.
        """
        from scipy.sparse import csc_matrix

        scores = self._bm25.scores
        shape = (int(scores["num_docs"]), len(scores["indptr"]) - 1)
        return csc_matrix((scores["data"], scores["indices"], scores["indptr"]), shape=shape, copy=False)

    def _ceiling(self, wanted: list[str]) -> float:
        # A term that no passage has counts as the rarest one: a question about unknown things must not score high.
        unique = list(dict.fromkeys(wanted))
        return max(1e-6, sum(self._idf(term) for term in unique))

    def _idf(self, term: str) -> float:
        count, frequency = int(self._bm25.scores["num_docs"]), self.passages_with(term)
        return float(np.log(1 + (count - frequency + 0.5) / (frequency + 0.5)))


def _bm25s() -> ModuleType:
    """bm25s, imported without jax: it would take it to sort with, which is not done here, and a second for it."""
    with _IMPORTING:
        hidden = "bm25s" not in sys.modules and "jax" not in sys.modules
        if hidden:
            sys.modules["jax"] = None  # as if it were not installed
        try:
            import bm25s
        finally:
            if hidden:
                del sys.modules["jax"]
    return bm25s
