"""Texts as bags of token numbers, and batches of them for torch's EmbeddingBag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch
    from tokenizers import Tokenizer

_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Bags:
    """`tokens[offsets[i]:offsets[i + 1]]` are the token numbers of text i."""

    tokens: np.ndarray  # int32, (number of tokens,)
    offsets: np.ndarray  # int64, (number of texts + 1,)

    def row(self, text: int) -> np.ndarray:
        return self.tokens[self.offsets[text] : self.offsets[text + 1]]


def make_bags(tokenizer: Tokenizer, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Bags:
    """Tokenize the texts."""
    import numpy as np

    parts: list[np.ndarray] = [np.zeros(0, dtype=np.int32)]
    lengths = [0]
    for start in range(0, len(texts), _CHUNK):
        for encoding in tokenizer.encode_batch(list(texts[start : start + _CHUNK]), add_special_tokens=False):
            parts.append(np.array(encoding.ids, dtype=np.int32))
            lengths.append(len(encoding.ids))
        if progress:
            progress(min(start + _CHUNK, len(texts)), len(texts))
    return Bags(np.concatenate(parts), np.cumsum(np.array(lengths, dtype=np.int64)))


def batch(rows: Sequence[np.ndarray], drop: float, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """(token numbers, offsets) for EmbeddingBag, a share `drop` of the tokens left out, never a text's first.

    A text without tokens becomes token 0, the unknown one.
    """
    import numpy as np
    import torch

    lengths = np.array([max(len(row), 1) for row in rows])
    tokens = np.concatenate([row if len(row) else np.zeros(1, dtype=np.int32) for row in rows]).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    keep = random.random(len(tokens)) >= drop
    keep[starts[:-1]] = True
    kept = np.concatenate([[0], np.cumsum(keep)])
    return torch.from_numpy(tokens[keep]), torch.from_numpy(kept[starts[:-1]])
