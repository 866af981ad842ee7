from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.retrieval.dense import DenseIndex

VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)


def test_the_best_come_first_with_their_cosines() -> None:
    rows, scores = DenseIndex.build(VECTORS).search(np.array([1, 0], np.float32), 2)
    assert rows.tolist() == [0, 2]
    assert scores.tolist() == pytest.approx([1.0, 0.6])


def test_only_allowed_rows_come_back() -> None:
    index = DenseIndex.build(VECTORS)
    rows, _ = index.search(np.array([1, 0], np.float32), 3, np.array([False, True, True]))
    assert rows.tolist() == [2, 1]
    assert index.search(np.array([1, 0], np.float32), 3, np.zeros(3, bool))[0].tolist() == []


def test_more_asked_than_there_is_and_an_empty_index() -> None:
    assert len(DenseIndex.build(VECTORS).search(np.array([1, 0], np.float32), 99)[0]) == 3
    assert len(DenseIndex.build(np.zeros((0, 2), np.float32)).search(np.array([1, 0], np.float32), 5)[0]) == 0


def test_saved_and_loaded(tmp_path: Path) -> None:
    DenseIndex.build(VECTORS).save(tmp_path / "dense.faiss")
    loaded = DenseIndex.load(tmp_path / "dense.faiss")
    assert loaded.vectors(np.array([2, 0])).tolist() == VECTORS[[2, 0]].tolist()
    assert loaded.vectors(np.array([], int)).shape == (0, 2)
