"""Training the shipped encoder: `guide train-encoder`.

A static encoder (a vector a token, a text is their mean) learns from a teacher what English sentences mean, and
from aligned translations that the same holds in the other languages; then which words lead to which section.
"""

from __future__ import annotations

from ingest.training.recipe import Trained, train_encoder
from ingest.training.settings import TrainingSettings

__all__ = ["Trained", "TrainingSettings", "train_encoder"]
