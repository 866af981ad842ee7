from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.errors import EncoderError
from bot.retrieval.calibration import Calibration, load_calibration, save_calibration

NUMBERS = Calibration(dense=0.6, dense_cross=0.9, bias=-5, by_dense=8, by_lexical=4, bias_cross=-6, by_dense_cross=9)


def test_scores_weigh_meaning_more_across_languages() -> None:
    assert NUMBERS.score(0.5, 0.2, cross=False) == pytest.approx(0.6 * 0.5 + 0.4 * 0.2)
    assert NUMBERS.score(0.5, 0.2, cross=True) == pytest.approx(0.9 * 0.5 + 0.1 * 0.2)


def test_the_confidence_is_logistic() -> None:
    assert NUMBERS.confidence(0.5, 0.25, cross=False) == pytest.approx(1 / (1 + math.exp(5 - 8 * 0.5 - 4 * 0.25)))
    assert NUMBERS.confidence(1e9, 0, cross=True) == 1
    assert NUMBERS.confidence(-1e9, 0, cross=True) == pytest.approx(0)


def test_kept_beside_the_weights(tmp_path: Path) -> None:
    assert load_calibration(str(tmp_path)) == Calibration()
    assert load_calibration("some/hub-model") == Calibration()
    path = save_calibration(NUMBERS, str(tmp_path))
    assert json.loads(path.read_text()) == asdict(NUMBERS)
    assert load_calibration(str(tmp_path)) == NUMBERS


@pytest.mark.parametrize("text", ["{", "{}", '{"dense": "much"}', "[]"])
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(EncoderError, match="calibration.json does not hold the numbers"):
        load_calibration(str(tmp_path))


def test_a_hub_model_has_no_place_for_it() -> None:
    with pytest.raises(EncoderError, match="is not a folder"):
        save_calibration(NUMBERS, "some/hub-model")
