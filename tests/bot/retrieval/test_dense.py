from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.retrieval import dense
from bot.retrieval.dense import DenseIndex

VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
HALVES = np.array([[1, 0], [0, 1], [0.60009765625, 0.7998046875]], np.float32)  # the nearest numbers of 16 bits


@pytest.fixture(params=[32, 16])
def stored(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """VECTORS as an index keeps them, with 32 bits a number and, as above EXACT passages, with 16."""
    monkeypatch.setattr(dense, "EXACT", 3 if request.param == 32 else 2)
    return VECTORS if request.param == 32 else HALVES


def test_the_best_come_first_with_their_cosines(stored: np.ndarray) -> None:
    rows, scores = DenseIndex.build(VECTORS).search(np.array([1, 0], np.float32), 2)
    assert rows.tolist() == [0, 2]
    assert scores.tolist() == [1.0, stored[2, 0]]


def test_only_allowed_rows_come_back(stored: np.ndarray) -> None:
    index = DenseIndex.build(VECTORS)
    rows, scores = index.search(np.array([1, 0], np.float32), 3, np.array([False, True, True]))
    assert rows.tolist() == [2, 1]
    assert scores.tolist() == [stored[2, 0], 0.0]
    assert index.search(np.array([1, 0], np.float32), 3, np.zeros(3, bool))[0].tolist() == []


def test_more_asked_than_there_is(stored: np.ndarray) -> None:
    assert DenseIndex.build(VECTORS).search(np.array([1, 0], np.float32), 99)[0].tolist() == [0, 2, 1]


def test_an_empty_index() -> None:
    empty = DenseIndex.build(np.zeros((0, 2), np.float32))
    assert empty.search(np.array([1, 0], np.float32), 5)[0].tolist() == []
    assert empty.vectors(np.array([], int)).shape == (0, 2)


def test_saved_and_loaded(stored: np.ndarray, tmp_path: Path) -> None:
    DenseIndex.build(VECTORS).save(tmp_path / "dense.faiss")
    loaded = DenseIndex.load(tmp_path / "dense.faiss")
    assert loaded.vectors(np.array([2, 0])).tolist() == stored[[2, 0]].tolist()
    assert loaded.vectors(np.array([], int)).shape == (0, 2)
    assert loaded.search(np.array([0, 1], np.float32), 1)[1].tolist() == [1.0]


def test_vectors_indexed_again_stay_as_they_are(stored: np.ndarray) -> None:
    once = DenseIndex.build(VECTORS).vectors(np.arange(3))
    assert DenseIndex.build(once).vectors(np.arange(3)).tolist() == once.tolist() == stored.tolist()


def test_more_passages_than_can_be_exact_take_half_the_room(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((dense.EXACT + 1, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sizes = []
    for count in (dense.EXACT, dense.EXACT + 1):
        DenseIndex.build(vectors[:count]).save(tmp_path / "dense.faiss")
        sizes.append((tmp_path / "dense.faiss").stat().st_size // count)
    assert sizes == [8 * 4, 8 * 2]
    rows, scores = DenseIndex.load(tmp_path / "dense.faiss").search(vectors[7], 1)
    assert rows.tolist() == [7]
    assert scores.tolist() == pytest.approx([1.0], abs=1e-3)
