"""Fewer dimensions for the same rankings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def shrink(vectors: np.ndarray, dimension: int) -> np.ndarray:
    """The vectors on their `dimension` strongest axes, float32 of shape (rows, dimension); as they are where there
    are no more.

    The axes are eigenvectors of the uncentred second moment, so that dot products, and with them the means of
    tokens, change as little as any projection lets them.
    """
    import numpy as np

    if vectors.shape[1] <= dimension:
        return vectors.astype(np.float32)
    wide = vectors.astype(np.float64)
    _, axes = np.linalg.eigh(wide.T @ wide)  # ascending
    axes = axes[:, ::-1][:, :dimension]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dimension)])  # else they are up to the library
    return (wide @ (axes * signs)).astype(np.float32)
