"""Late interaction: question and passage compared token by token (Khattab and Zaharia, ColBERT, SIGIR 2020).

A vector of a whole passage says what it is about; whether it answers is often said by a few of its words. So each token
of a passage is kept too, as a small vector, and a question asks for each of its own tokens how like the likest one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Lock

import numpy as np

from bot.errors import EncoderError

FILE_NAME = "late.safetensors"


@dataclass(frozen=True, slots=True)
class Head:
    """What makes small vectors of an encoder's tokens, float32.

    A token's hidden state of shape (hidden,) becomes `hidden @ projection + bias`, at unit length; `projection` has
    the shape (hidden, dimension). In a question it weighs softplus(hidden @ gate), its share of all tokens' weights.
    """

    projection: np.ndarray
    bias: np.ndarray
    gate: np.ndarray

    @property
    def dimension(self) -> int:
        return self.projection.shape[1]

    @classmethod
    def load(cls, folder: Path, hidden: int) -> Head | None:
        """The head in the folder of an encoder of so many hidden numbers; None where there is none.

        Raises EncoderError for a file that is no head, or one for another encoder.
        """
        path = folder / FILE_NAME
        if not path.is_file():
            return None
        from safetensors.numpy import load_file

        try:
            tensors = load_file(path)
            head = cls(*(tensors[field.name].astype(np.float32) for field in fields(cls)))
            head.question(np.zeros((2, hidden), np.float32))
        except Exception as error:  # whatever a damaged file raises: said in one line
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise EncoderError(
                f"{path} is no head for tokens of {hidden} numbers ({reason}). Train one with "
                "`guide train-encoder`, or remove it: tokens are then not compared."
            ) from error
        return head

    def save(self, folder: Path) -> None:
        """Write the head into an encoder's folder, as 16-bit floats."""
        from safetensors.numpy import save_file

        tensors = {field.name: getattr(self, field.name).astype(np.float16) for field in fields(self)}
        save_file(tensors, folder / FILE_NAME)

    def passage(self, hidden: np.ndarray) -> np.ndarray:
        """A passage's tokens from their hidden states, float32 of shape (tokens, hidden): int8, (tokens, dimension).

        Only their directions count: the largest component of each is 127 or -127.
        """
        small = self._small(hidden)
        largest = np.abs(small).max(axis=1, keepdims=True)
        return np.rint(small * (127 / np.maximum(largest, 1e-9))).astype(np.int8)

    def question(self, hidden: np.ndarray) -> np.ndarray:
        """A question's tokens, float32 of shape (tokens, dimension): each as long as it weighs, together 1."""
        small = self._small(hidden)
        weights = np.logaddexp(0, hidden @ self.gate)
        lengths = np.maximum(np.linalg.norm(small, axis=1), 1e-9)
        return (small * (weights / max(weights.sum(), 1e-9) / lengths)[:, None]).astype(np.float32)

    def _small(self, hidden: np.ndarray) -> np.ndarray:
        return hidden @ self.projection + self.bias


class LateIndex:
    """The tokens of the passages of one locale.

    `tokens` are int8 of shape (tokens, dimension), those of passage i from `starts[i]` to `starts[i + 1]`.
    """

    def __init__(self, tokens: np.ndarray | _Stored, starts: np.ndarray) -> None:
        self._tokens = tokens
        self._starts = starts

    @classmethod
    def build(cls, passages: Sequence[np.ndarray]) -> LateIndex:
        """From each passage's tokens (Head.passage); there is at least one passage."""
        starts = np.concatenate([[0], np.cumsum([len(tokens) for tokens in passages])]).astype(np.int64)
        return cls(np.concatenate(passages), starts)

    @staticmethod
    def files(folder: Path, locale: str) -> tuple[Path, Path]:
        """The files of a locale: tokens, starts."""
        return folder / f"tokens-{locale}.npy", folder / f"tokens-{locale}-starts.npy"

    def save(self, folder: Path, locale: str) -> None:
        """Write the two files."""
        for file, values in zip(self.files(folder, locale), (self._tokens, self._starts), strict=True):
            np.save(file, values)

    @classmethod
    def load(cls, folder: Path, locale: str) -> LateIndex | None:
        """What `save` wrote, the tokens read when they are wanted; None where there is nothing."""
        tokens, starts = cls.files(folder, locale)
        return cls(_Stored(tokens), np.load(starts)) if tokens.exists() else None

    def tokens(self, row: int) -> np.ndarray:
        """A passage's tokens, int8 of shape (tokens, dimension)."""
        return self._tokens[self._starts[row] : self._starts[row + 1]]


def late_scores(passages: Sequence[np.ndarray], question: np.ndarray) -> np.ndarray:
    """How like a question (Head.question) some passages' tokens are, float32 of shape (passages,): -1 to 1.

    The mean over its tokens, by their weights, of the cosine to the likest token of the passage; 0 without tokens.
    """
    found = np.zeros(len(passages), np.float32)
    filled = np.flatnonzero([len(tokens) for tokens in passages])
    if not len(question) or not len(filled):
        return found
    lengths = np.array([len(passages[i]) for i in filled])
    tokens = np.concatenate([passages[i] for i in filled]).astype(np.float32)
    cosines = tokens @ question.T / np.sqrt(np.maximum(np.einsum("ij,ij->i", tokens, tokens), 1))[:, None]
    found[filled] = np.maximum.reduceat(cosines, np.cumsum(lengths) - lengths, axis=0).sum(axis=1)
    return found


class _Stored:
    """Tokens in a file that `np.save` wrote, of which slices are read.

    Mapped into memory, all that was ever looked at would count as the process's. The file stays open, so that an
    index that a newer one has replaced answers until its last question.
    """

    def __init__(self, path: Path) -> None:
        mapped = np.load(path, mmap_mode="r")
        self._first, self._dimension = mapped.offset, mapped.shape[1]
        self._stream = path.open("rb")
        self._lock = Lock()

    def __getitem__(self, rows: slice) -> np.ndarray:
        with self._lock:
            self._stream.seek(self._first + rows.start * self._dimension)
            read = self._stream.read((rows.stop - rows.start) * self._dimension)
        return np.frombuffer(read, np.int8).reshape(-1, self._dimension)
