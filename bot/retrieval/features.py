"""What is known of a section when it is ranked, each a number that is larger for better (`outside` for worse)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

# “…” "…" «…» „…“ ‘…’ 「…」 『…』: what somebody puts between quotation marks is meant letter by letter
_QUOTED = re.compile(r"[“\"«„‘「『]([^“”\"«»„‘’「」『』]{3,80})[”\"»“’」』]")
# 715-123220, 0x80070005, KB5004945, AADSTS50076: four digits and more, with letters and hyphens or without (M365 and
# E3 are names that people type every day)
_CODE = re.compile(r"(?<![\w-])(?=(?:[\w-]*?\d){4})[\w-]+(?![\w-])", re.A)
_YEAR = re.compile(r"(?:19|20)\d\d")

PUBLIC = 0.5  # beside 1 for a cloud that is named; chosen on even development questions
# What `known` is, beyond `sibling`, for a section of an article that no question is known about: as much as it is on
# average for wrong ones among the ten best of calibration questions. Less, and new articles sink below the others.
UNKNOWN = 0.04
# Likewise for a section that no question is known about in an article that others are: nobody asks for lists of links.
UNASKED = -0.06
NAMES = ("cosine", "lexical", "late", "late_all", "sibling", "known", "exact", "cloud", "outside")
OF_QUESTION = frozenset({"outside"})  # the same for all sections: they say something of confidence, nothing of rank


@dataclass(frozen=True, slots=True)
class Features:
    """The features of some sections, each float32 of shape (sections,).

    `cosine`, `lexical` and `late` (bot.retrieval.late; 0 where the index has no tokens) are the best passage's (the
    one with the best fused score). `late_all` is the mean over all locales of `late` of the section's likest passage
    there; for all but the best sections it is estimated (bot.retrieval.search); where passages are in another language
    than the question, and where no weight asks for it, it is `late`. `sibling` is the mean cosine of the section's
    passages over all locales (over the one that is searched, where that is another language than the question's).
    `known` is how like the known questions about the section are (bot.retrieval.known.Likeness); without any,
    `sibling` and UNKNOWN, or UNASKED where some are known about the article's other sections. `exact` is the share of
    the question's quoted phrases and codes that the passage holds letter by letter, `cloud` 1 where the passage is for
    a cloud that the question names; where it names none, PUBLIC if the passage is for the public cloud or names none
    either; else 0. `outside` is how like the question those are that no article answers (bot.retrieval.known).

    Tried and left out, since they did not help on questions that were not fitted: the words and the meaning of title
    and headings apart, the best sentence's cosine, the mean, the best and the best three of the whole article, the
    question's words that the passage holds, its length and place, `known` token by token.
    """

    cosine: np.ndarray
    lexical: np.ndarray
    late: np.ndarray
    late_all: np.ndarray
    sibling: np.ndarray
    known: np.ndarray
    exact: np.ndarray
    cloud: np.ndarray
    outside: np.ndarray

    def matrix(self) -> np.ndarray:
        """All of them, float32 of shape (sections, len(NAMES))."""
        return np.stack([getattr(self, name) for name in NAMES], axis=1).astype(np.float32)


def exact_phrases(text: str) -> tuple[str, ...]:
    """What a question wants found letter by letter, case folded: quoted phrases, error codes, numbers, ids."""
    found = [match[1].strip() for match in _QUOTED.finditer(text)]
    found += [match[0] for match in _CODE.finditer(text) if not _YEAR.fullmatch(match[0])]
    return tuple(dict.fromkeys(phrase.casefold() for phrase in found if phrase))


def share_held(phrases: tuple[str, ...], text: str) -> float:
    """The share of the phrases that a text holds; 0 without phrases."""
    folded = text.casefold()
    return sum(phrase in folded for phrase in phrases) / len(phrases) if phrases else 0.0
