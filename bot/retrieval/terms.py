"""The terms of a question that the lexical index counts, with how much it knows of each."""

from __future__ import annotations

from dataclasses import dataclass

from bot.index import LocaleIndex
from bot.retrieval.lexical import LexicalIndex
from bot.text import index_terms


@dataclass(frozen=True, slots=True)
class Term:
    """A word, stemmed, or a piece of one (it begins with "#"), and in how many passages it is known."""

    text: str
    passages: int


def question_terms(text: str, index: LocaleIndex) -> tuple[Term, ...]:
    """The terms of a question in one locale, each once: words in their order, then the pieces of them."""
    wanted = dict.fromkeys(index_terms(text, index.lexical.locale))
    return tuple(Term(term, _count(term, index.lexical)) for term in wanted)


def _count(term: str, lexical: LexicalIndex) -> int:
    # reads what LexicalIndex scores with; a method there would change that file, whose hash every index carries
    bm25 = lexical._bm25
    if term not in bm25.vocab_dict:
        return 0
    first = bm25.vocab_dict[term]
    return int(bm25.scores["indptr"][first + 1] - bm25.scores["indptr"][first])
