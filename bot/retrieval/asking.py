"""A question as it is searched for: what it is about, and the clouds that it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.clouds import clouds_in_question, without_clouds
from bot.encoder import Reading
from bot.types import Clouds

Encode = Callable[[Sequence[str]], np.ndarray]  # texts to vectors, float32 of shape (texts, dimension)
Read = Callable[[Sequence[str]], Reading]  # questions to vectors and tokens


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its locale.

    `clouds` are those that it names, `subject` is its text without a single cloud's name: every section of that cloud
    speaks of it, most of all those that say nothing else, so the name finds the cloud and hides the section.
    `vector`, float32 of shape (dimension,) and unit length, is of the text and of the subject alike. `tokens` are the
    subject's (bot.retrieval.late.Head.question).
    """

    text: str
    locale: str
    subject: str
    clouds: Clouds
    vector: np.ndarray
    tokens: np.ndarray

    def is_cross(self, locale: str) -> bool:
        """Whether a locale is another language than the question's (zh-TW is not, for zh-CN)."""
        return locale.partition("-")[0] != self.locale.partition("-")[0]


def ask(questions: Sequence[tuple[str, str]], read: Read) -> list[Asked]:
    """Questions, each a text and its locale, as they are searched for. `read` is called once."""
    subjects = [without_clouds(text) for text, _ in questions]
    # a text that is its own subject is read once
    places = {text: i for i, text in enumerate(dict.fromkeys([*(text for text, _ in questions), *subjects]))}
    found = read(list(places))
    return [
        Asked(
            text,
            locale,
            subject,
            clouds_in_question(text),
            _middle(found.vectors[places[text]], found.vectors[places[subject]]),
            found.tokens[places[subject]],
        )
        for (text, locale), subject in zip(questions, subjects, strict=True)
    ]


def _middle(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    both = one + other
    return both / max(float(np.linalg.norm(both)), 1e-9)
