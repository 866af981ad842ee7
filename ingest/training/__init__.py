"""Training the shipped encoder: `guide train-encoder`.

A student, started from a teacher of English, learns from aligned translations to give a text in any language the
teacher's vector of its English original; then which questions lead to which section.
"""

from __future__ import annotations

from ingest.training.recipe import Trained, train_encoder
from ingest.training.settings import TrainingSettings

__all__ = ["Trained", "TrainingSettings", "train_encoder"]
