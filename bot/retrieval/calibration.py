"""The numbers of the ranking that belong to an encoder: they are measured with it and lie beside its weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np

from bot.errors import EncoderError
from bot.retrieval.features import NAMES

FILE_NAME = "calibration.json"
FUSIBLE = frozenset({"cosine", "lexical", "sibling"})  # features that every passage found can be given


@dataclass(frozen=True, slots=True)
class Weights:
    """The numbers for questions and passages of one language, or of two.

    A passage's fused score, which picks the candidates, is the sum of some features (of FUSIBLE), each times its
    weight in `fused`. A candidate section's score is the sum of all its features (bot.retrieval.features.NAMES), each
    times its weight in `rank`. The confidence that the first section answers is 1 / (1 + exp(-x)), x the sum of `bias`
    and the features times their weights in `sure`. Under `threshold` no answer is given.
    """

    fused: Mapping[str, float]
    rank: Mapping[str, float]
    bias: float
    sure: Mapping[str, float]
    threshold: float

    def __post_init__(self) -> None:
        if not self.fused:
            raise ValueError("no feature picks the candidates")
        unknown = (set(self.fused) - FUSIBLE) | ({*self.rank, *self.sure} - set(NAMES))
        if unknown:
            raise ValueError(f"no such feature: {', '.join(sorted(unknown))}")


def _plain(fused: Mapping[str, float], sure: Mapping[str, float], threshold: float) -> Weights:
    return Weights(fused, fused, -6.0, sure, threshold)


_SAME = _plain({"cosine": 0.7, "lexical": 0.3}, {"cosine": 10.0, "lexical": 4.0}, 0.35)
_CROSS = _plain({"cosine": 0.9, "lexical": 0.1}, {"cosine": 11.0, "lexical": 2.0}, 0.3)


class Retriever(str, Enum):
    """What ranks: words alone, the passage's meaning alone, what picks candidates, all features (as shipped)."""

    LEXICAL = "lexical"
    DENSE = "dense"
    HYBRID = "hybrid"
    RERANKED = "reranked"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers where question and passage are in the `same` language, and where words say little (`cross`)."""

    same: Weights = _SAME
    cross: Weights = _CROSS

    def weights(self, *, cross: bool) -> Weights:
        return self.cross if cross else self.same

    def only(self, retriever: Retriever) -> Calibration:
        """The calibration with which that alone ranks; the confidence stays as it is."""
        if retriever is Retriever.RERANKED:
            return self
        fixed = {Retriever.LEXICAL: {"lexical": 1.0}, Retriever.DENSE: {"cosine": 1.0}}

        def plain(weights: Weights) -> Weights:
            fused = fixed.get(retriever, weights.fused)
            return replace(weights, fused=fused, rank=fused)

        return Calibration(plain(self.same), plain(self.cross))

    def answers(self, confidence: float, *, cross: bool) -> bool:
        """Whether a section of this confidence is to be quoted."""
        return confidence >= self.weights(cross=cross).threshold

    def fuse(self, features: Mapping[str, np.ndarray], *, cross: bool) -> np.ndarray:
        """The fused scores of passages, by their FUSIBLE features, arrays of one shape; larger is better."""
        return sum(weight * features[name] for name, weight in self.weights(cross=cross).fused.items())

    def score(self, features: np.ndarray, *, cross: bool) -> np.ndarray:
        """The scores of sections, float32 of shape (sections,), by their features of shape (sections, len(NAMES))."""
        rank = self.weights(cross=cross).rank
        return features @ np.array([rank.get(name, 0.0) for name in NAMES], np.float32)

    def confidence(self, features: np.ndarray, *, cross: bool) -> float:
        """How likely it is that a section with these features, float of shape (len(NAMES),), answers: 0 to 1."""
        weights = self.weights(cross=cross)
        logit = weights.bias
        logit += sum(weights.sure.get(name, 0.0) * float(value) for name, value in zip(NAMES, features, strict=True))
        return 1 / (1 + math.exp(-min(60.0, max(-60.0, logit))))  # in this order NaN is no confidence


def load_calibration(encoder: str) -> Calibration:
    """The calibration beside the weights of an encoder's folder; the defaults where there is none.

    Raises EncoderError where the file does not hold the numbers of a Calibration.
    """
    path = Path(encoder) / FILE_NAME
    if not path.is_file():
        return Calibration()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(_weights(values["same"]), _weights(values["cross"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError(
            f"{path} does not hold the numbers of a calibration: {error!r}. "
            "Remove it, and make it anew with `guide calibrate`: ranking works without, less well."
        ) from error


def _weights(values: Mapping[str, object]) -> Weights:
    numbers = {name: float(values[name]) for name in ("bias", "threshold")}
    tables = {name: {key: float(value) for key, value in values[name].items()} for name in ("fused", "rank", "sure")}
    return Weights(**numbers, **tables)


def save_calibration(calibration: Calibration, encoder: str) -> Path:
    """Write a calibration beside the weights of an encoder's folder; returns the file.

    Raises EncoderError where the encoder is no folder.
    """
    if not Path(encoder).is_dir():
        raise EncoderError(f"{encoder} is not a folder: a calibration lies beside an encoder's weights.")
    path = Path(encoder) / FILE_NAME
    path.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")
    return path
