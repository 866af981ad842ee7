"""The numbers of the ranking that belong to an encoder: they are measured with it and lie beside its weights."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

import numpy as np

from bot.errors import EncoderError

Scores = TypeVar("Scores", float, np.ndarray)

FILE_NAME = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the fusion, of the confidence, and the threshold under which no answer is given.

    A passage's score is `dense * cosine + (1 - dense) * lexical`; `dense_cross` stands for `dense` where question
    and passage are in different languages, since words then say little. The confidence that a passage answers a
    question is `1 / (1 + exp(-(bias + by_dense * cosine + by_lexical * lexical)))`, with the `_cross` numbers
    likewise: logistic regression on judged questions.
    """

    dense: float = 0.7
    dense_cross: float = 0.9
    bias: float = -6.0
    by_dense: float = 10.0
    by_lexical: float = 4.0
    bias_cross: float = -6.0
    by_dense_cross: float = 11.0
    by_lexical_cross: float = 2.0
    threshold: float = 0.35
    threshold_cross: float = 0.3

    def answers(self, confidence: float, *, cross: bool) -> bool:
        """Whether a passage of this confidence is to be quoted."""
        return confidence >= (self.threshold_cross if cross else self.threshold)

    def score(self, cosine: Scores, lexical: Scores, *, cross: bool) -> Scores:
        """The fused score of a passage, or of many as arrays of one shape; larger is better."""
        dense = self.dense_cross if cross else self.dense
        return dense * cosine + (1 - dense) * lexical

    def confidence(self, cosine: float, lexical: float, *, cross: bool) -> float:
        """How likely it is that a passage with these scores answers the question, from 0 to 1."""
        if cross:
            logit = self.bias_cross + self.by_dense_cross * cosine + self.by_lexical_cross * lexical
        else:
            logit = self.bias + self.by_dense * cosine + self.by_lexical * lexical
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def load_calibration(encoder: str) -> Calibration:
    """The calibration beside the weights of an encoder's folder; the defaults where there is none.

    Raises EncoderError where the file does not hold the numbers of a Calibration.
    """
    path = Path(encoder) / FILE_NAME
    if not path.is_file():
        return Calibration()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(**{f.name: float(values[f.name]) for f in fields(Calibration)})
    except (ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{path} does not hold the numbers of a calibration: {error!r}") from error


def save_calibration(calibration: Calibration, encoder: str) -> Path:
    """Write a calibration beside the weights of an encoder's folder; returns the file.

    Raises EncoderError where the encoder is no folder.
    """
    if not Path(encoder).is_dir():
        raise EncoderError(f"{encoder} is not a folder: a calibration lies beside an encoder's weights.")
    path = Path(encoder) / FILE_NAME
    path.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")
    return path
