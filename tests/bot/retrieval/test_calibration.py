from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from bot.errors import EncoderError
from bot.evaluation.calibrate import CHOSEN, RANKS_ONLY
from bot.retrieval.calibration import Calibration, Retriever, Weights, load_calibration, save_calibration
from bot.retrieval.features import NAMES

NUMBERS = Calibration(
    same=Weights(
        fused={"cosine": 0.25, "sibling": 0.25, "lexical": 0.5},
        rank={"cosine": 0.5, "lexical": 0.3, "sibling": 0.2},
        bias=-5.0,
        sure={"cosine": 8.0, "lexical": 4.0},
        threshold=0.4,
    ),
    cross=Weights(
        fused={"cosine": 0.9, "lexical": 0.1}, rank={"cosine": 1.0}, bias=-6.0, sure={"cosine": 9.0}, threshold=0.3
    ),
)


def features(**values: float) -> np.ndarray:
    return np.array([values.get(name, 0.0) for name in NAMES], np.float32)


def test_candidates_are_found_by_words_less_across_languages() -> None:
    features = {"cosine": np.array([0.5]), "lexical": np.array([0.2]), "sibling": np.array([0.75])}
    assert NUMBERS.fuse(features, cross=False)[0] == pytest.approx(0.25 * 0.5 + 0.25 * 0.75 + 0.5 * 0.2)
    assert NUMBERS.fuse(features, cross=True)[0] == pytest.approx(0.9 * 0.5 + 0.1 * 0.2)


def test_a_section_scores_by_all_its_features() -> None:
    rows = np.stack([features(cosine=0.5, lexical=0.25, sibling=0.125), features(exact=1.0)])
    assert NUMBERS.score(rows, cross=False).tolist() == pytest.approx([0.25 + 0.075 + 0.025, 0.0])


def test_a_part_alone_ranks_by_itself() -> None:
    rows = features(cosine=0.5, lexical=0.25, sibling=0.125)[None]
    scores = {r: float(NUMBERS.only(r).score(rows, cross=False)[0]) for r in Retriever}
    assert scores == pytest.approx(
        {
            Retriever.LEXICAL: 0.25,
            Retriever.DENSE: 0.5,
            Retriever.HYBRID: 0.25 * 0.5 + 0.25 * 0.125 + 0.5 * 0.25,
            Retriever.RERANKED: 0.35,
        }
    )
    assert NUMBERS.only(Retriever.LEXICAL).same.threshold == 0.4


def test_a_broken_vector_gives_no_confidence() -> None:
    assert NUMBERS.confidence(features(cosine=math.nan), cross=False) < 1e-9


def test_the_confidence_is_logistic() -> None:
    row = features(cosine=0.5, lexical=0.25)
    assert NUMBERS.confidence(row, cross=False) == pytest.approx(1 / (1 + math.exp(5 - 4 - 1)))
    assert NUMBERS.confidence(features(cosine=1e9), cross=True) == 1
    assert NUMBERS.confidence(features(cosine=-1e9), cross=True) == pytest.approx(0)
    assert NUMBERS.answers(0.35, cross=True) and not NUMBERS.answers(0.35, cross=False)


def test_kept_beside_the_weights(tmp_path: Path) -> None:
    assert load_calibration(str(tmp_path)) == Calibration()
    assert load_calibration("some/hub-model") == Calibration()
    path = save_calibration(NUMBERS, str(tmp_path))
    assert json.loads(path.read_text()) == asdict(NUMBERS)
    assert load_calibration(str(tmp_path)) == NUMBERS


def with_feature(table: str, name: str) -> str:
    values = asdict(NUMBERS)
    values["same"][table][name] = 1.0
    return json.dumps(values)


def without_fusion() -> str:
    values = asdict(NUMBERS)
    values["cross"]["fused"] = {}
    return json.dumps(values)


def of_an_older_version() -> str:
    values = asdict(NUMBERS)
    for weights in values.values():
        del weights["fused"]
        weights["dense"] = 0.5
    return json.dumps(values)


BAD = ["{", "{}", '{"same": "much"}', "[]", with_feature("rank", "luck"), with_feature("fused", "known")]


@pytest.mark.parametrize("text", [*BAD, without_fusion(), of_an_older_version()])
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(EncoderError, match=r"calibration\.json does not hold the numbers.*Remove it.*guide calibrate"):
        load_calibration(str(tmp_path))


def test_the_shipped_confidence_leaves_out_what_only_ranks() -> None:
    shipped = load_calibration(str(Path(__file__).resolve().parents[3] / "models" / "encoder"))
    assert "late_all" in shipped.same.rank and "late_all" not in shipped.cross.rank
    for weights in (shipped.same, shipped.cross):
        assert not RANKS_ONLY.intersection(weights.sure) and sum(weights.fused.values()) == pytest.approx(1)
        assert sum(abs(weights.rank[name]) for name in weights.rank.keys() - CHOSEN.keys()) == pytest.approx(
            1, abs=1e-3
        )


def test_a_hub_model_has_no_place_for_it() -> None:
    with pytest.raises(EncoderError, match="is not a folder"):
        save_calibration(NUMBERS, "some/hub-model")
