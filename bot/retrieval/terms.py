"""The terms of a question that the lexical index counts, with how much it knows of each."""

from __future__ import annotations

from dataclasses import dataclass

from bot.index import LocaleIndex
from bot.text import index_terms


@dataclass(frozen=True, slots=True)
class Term:
    """A word, stemmed, or a piece of one (it begins with "#"), and in how many passages it is known."""

    text: str
    passages: int


def question_terms(text: str, index: LocaleIndex) -> tuple[Term, ...]:
    """The terms of a question in one locale, each once: words in their order, then the pieces of them."""
    wanted = dict.fromkeys(index_terms(text, index.lexical.locale))
    return tuple(Term(term, index.lexical.passages_with(term)) for term in wanted)
