"""Which words of a section to show: whole sentences, list items or rows that answer, and not more than is needed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.text import sentences, terms
from bot.types import Aligned, Article, BlockKind, Link

# In columns: a letter of a wide script counts as two.
ENOUGH = 420  # a passage up to this is shown whole
LONGEST = 1400  # a list or table up to this is shown whole

_INTRODUCES = (":", "：")


@dataclass(frozen=True, slots=True)
class _Unit:
    """The smallest thing that is shown: a sentence, or a whole item, row or code block."""

    start: int
    end: int
    block: int  # index in article.blocks


def choose_quote(
    article: Article,
    start: int,
    end: int,
    question: str,
    vector: np.ndarray,
    encode: Callable[[Sequence[str]], np.ndarray],
) -> tuple[int, int]:
    """The part of a passage that answers, as offsets into the article's text.

    `start` and `end` are the passage's; `vector` is the question's, float32 of shape (dimension,). A list or a
    table that holds the best unit is taken whole with the line that introduces it, where it is not too long.
    """
    text = article.text
    if width(text[start:end]) <= ENOUGH:
        return start, end
    units = _units(article, start, end)
    if not units:
        return start, end
    scores = _scores(article, units, question, vector, encode)
    best = int(np.argmax(scores))
    kind = article.blocks[units[best].block].kind
    if kind in (BlockKind.ITEM, BlockKind.ROW):
        return _list_around(article, units[best].block)
    if kind is BlockKind.CODE:
        return _with_introduction(article, units[best].block, units[best].end)
    return _sentences_around(article, units, scores, best)


def width(text: str) -> int:
    """Columns that a text takes: letters of wide scripts count as two."""
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def links_within(links: Sequence[Link], start: int, end: int) -> tuple[Link, ...]:
    """The links that lie inside a quote, with offsets into the quote."""
    return tuple(Link(x.start - start, x.end - start, x.url) for x in links if start <= x.start and x.end <= end)


def original_of(alignment: Sequence[Aligned], start: int, end: int) -> str | None:
    """The English sentences that a quote was translated from; None where they are not known."""
    found = [a.english for a in alignment if a.start < end and a.end > start]
    return " ".join(found) or None


def _units(article: Article, start: int, end: int) -> list[_Unit]:
    units: list[_Unit] = []
    for i, block in enumerate(article.blocks):
        low, high = max(block.start, start), min(block.end, end)
        if low >= high or block.kind in (BlockKind.HEADING, BlockKind.META):
            continue
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.NOTE):
            units.extend(_Unit(low + a, low + b, i) for a, b in sentences(article.text[low:high]))
        else:
            units.append(_Unit(low, high, i))
    return units


def _scores(
    article: Article,
    units: Sequence[_Unit],
    question: str,
    vector: np.ndarray,
    encode: Callable[[Sequence[str]], np.ndarray],
) -> np.ndarray:
    """How well each unit answers: its cosine, plus the share of the question's terms that it holds."""
    words = [article.text[u.start : u.end] for u in units]
    wanted = set(terms(question, article.locale))
    overlap = [len(wanted & set(terms(w, article.locale))) / max(1, len(wanted)) for w in words]
    return encode(words) @ vector + 0.3 * np.array(overlap, np.float32)


def _sentences_around(article: Article, units: Sequence[_Unit], scores: np.ndarray, best: int) -> tuple[int, int]:
    """The best sentence and its neighbours in the same block, as long as they are about as good."""
    low = high = best
    block = units[best].block

    def takes(i: int) -> bool:
        if not 0 <= i < len(units) or units[i].block != block or scores[i] < 0.55 * scores[best]:
            return False
        return width(article.text[min(units[low].start, units[i].start) : max(units[high].end, units[i].end)]) <= ENOUGH

    while True:
        before, after = takes(low - 1), takes(high + 1)
        if before and (not after or scores[low - 1] >= scores[high + 1]):
            low -= 1
        elif after:
            high += 1
        else:
            break
    start, end = units[low].start, units[high].end
    if article.text[start:end].endswith(_INTRODUCES) and (rest := _list_after(article, block)):
        end = rest
    return start, end


def _list_after(article: Article, block: int) -> int | None:
    """Where the list that a block introduces ends, cut after a whole item where it is too long."""
    following = article.blocks[block + 1 : block + 2]
    if not following or following[0].list_id is None:
        return None
    start, end = article.blocks[block].start, None
    for item in article.blocks[block + 1 :]:
        if item.list_id != following[0].list_id:
            break
        if end is not None and width(article.text[start : item.end]) > LONGEST:
            break
        end = item.end
    return end


def _list_around(article: Article, best: int) -> tuple[int, int]:
    """The list or table that holds a block, whole where it is not too long, else the block with its parent item."""
    blocks = article.blocks
    low = high = best
    while low and blocks[low - 1].list_id == blocks[best].list_id:
        low -= 1
    while high + 1 < len(blocks) and blocks[high + 1].list_id == blocks[best].list_id:
        high += 1
    start, end = _with_introduction(article, low, blocks[high].end)
    if width(article.text[start:end]) <= LONGEST:
        return start, end
    first = best
    while first > low and blocks[first].depth > 0:
        first -= 1
    last = best
    while last < high and blocks[last + 1].depth > blocks[best].depth:
        last += 1
    if width(article.text[blocks[first].start : blocks[last].end]) > LONGEST:
        first = last = best
    return blocks[first].start, blocks[last].end


def _with_introduction(article: Article, block: int, end: int) -> tuple[int, int]:
    """From the sentence that introduces a block ("… as follows:") to `end`."""
    start = article.blocks[block].start
    if block and article.blocks[block - 1].kind in (BlockKind.PARAGRAPH, BlockKind.NOTE):
        before = article.blocks[block - 1]
        words = article.text[before.start : before.end]
        if words.endswith(_INTRODUCES) and (parts := sentences(words)):
            return before.start + parts[-1][0], end
    return start, end
