"""Which words of a section to show: whole sentences, list items or rows that answer, and not more than is needed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from bot.text import sentences, terms
from bot.types import Aligned, Article, BlockKind, Link

# In columns: a letter of a wide script counts as two.
ENOUGH = 300  # a passage up to this is shown whole, and of a longer one a run of pieces up to this
LONGEST = 1400  # a list or table up to this is shown whole
# A piece belongs to the answer from this share of the best score on; and how much shared words count beside the
# cosine. Chosen, like ENOUGH, on the even half of data/quotes.jsonl (`guide eval --quotes`).
BELONGS = 0.8
OVERLAP = 0.1

_INTRODUCES = (":", "：")
_NUMBERED = re.compile(r"\s*(\d{1,2})[.)．、]")
_BETWEEN = (BlockKind.PARAGRAPH, BlockKind.NOTE, BlockKind.CODE)  # what stands between two steps


class Rule(str, Enum):
    """Why words are in a quote."""

    WHOLE = "whole"  # the passage is short, or there is nothing in it to choose among
    PIECES = "pieces"  # the run of pieces that answers
    LIST = "list"  # a piece of a list or table brings the whole of it, and the line that introduces it
    LONG_LIST = "long_list"  # of one that is too long an item comes with those above and below it
    CODE = "code"  # code comes with the line that introduces it
    LIST_BEHIND = "list_behind"  # the list right behind the last sentence comes along
    LIST_CUT = "list_cut"  # of a list that is introduced and too long as many items come as fit


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a passage, how well it answers, and whether it is in the run that the quote is made from."""

    start: int
    end: int
    cosine: float
    overlap: float  # the share of the question's terms that it holds
    score: float
    taken: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """The words to show, as offsets into the article's text, and what made them so."""

    start: int
    end: int
    rules: tuple[Rule, ...]
    pieces: tuple[Piece, ...] = ()


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
) -> Quote:
    """The part of a passage that answers.

    `start` and `end` are the passage's; `vector` is the question's, float32 of shape (dimension,). Taken are the
    best piece and those around it that answer about as well. A list or a table that one of them is of comes whole
    with the line that introduces it, where it is not too long, and so does one right behind the last sentence.
    """
    text = article.text
    units = _units(article, start, end)
    if not units:
        return Quote(start, end, (Rule.WHOLE,))
    if width(text[start:end]) <= ENOUGH:
        return _with_lists(article, units, start, end)
    scored = _scored(article, units, question, vector, encode)
    scores = np.array([scores[-1] for scores in scored], np.float32)
    low, high = _run(article, units, scores)
    low, high = _with_steps(article, units, scores, low, high)
    taken = [_whole(article, unit) for unit in units[low : high + 1]]
    start, end = min(first for first, _, _ in taken), max(last for _, last, _ in taken)
    rules = list(dict.fromkeys((Rule.PIECES, *(rule for _, _, rule in taken))))
    block = units[high].block
    last = article.blocks[block]
    if last.list_id is None and end == last.end and (rest := _list_after(article, block)):
        complete, cut = rest
        if text[start:end].endswith(_INTRODUCES):
            end = cut
            rules.append(Rule.LIST_BEHIND if cut == complete else Rule.LIST_CUT)
        elif width(text[start:complete]) <= LONGEST:
            end = complete
            rules.append(Rule.LIST_BEHIND)
    pieces = (
        Piece(unit.start, unit.end, *scores, taken=low <= i <= high)
        for i, (unit, scores) in enumerate(zip(units, scored, strict=True))
    )
    return Quote(start, end, tuple(rules), tuple(pieces))


def width(text: str) -> int:
    """Columns that a text takes: letters of wide scripts count as two."""
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def quotable(article: Article, start: int, end: int) -> list[tuple[int, int]]:
    """The pieces between two offsets that a quote is made of: sentences, and whole items, rows and code blocks."""
    return [(unit.start, unit.end) for unit in _units(article, start, end)]


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


def _scored(
    article: Article,
    units: Sequence[_Unit],
    question: str,
    vector: np.ndarray,
    encode: Callable[[Sequence[str]], np.ndarray],
) -> list[tuple[float, float, float]]:
    """How well each unit answers: its cosine, the share of the question's terms that it holds, and its score, which
    is the cosine plus OVERLAP times that share.

    An item or a row says little by itself, so it is embedded with what it is read under.
    """
    words = [article.text[u.start : u.end] for u in units]
    wanted = set(terms(question, article.locale))
    overlaps = [len(wanted & set(terms(w, article.locale))) / max(1, len(wanted)) for w in words]
    read = [_read_under(article, u.block) + w for u, w in zip(units, words, strict=True)]
    cosines = encode(read) @ vector
    scores = cosines + OVERLAP * np.array(overlaps, np.float32)
    return [(float(c), o, float(score)) for c, o, score in zip(cosines, overlaps, scores, strict=True)]


def _read_under(article: Article, index: int) -> str:
    """The item above a nested item, the header of a row's table, or the sentence before a list, as a line."""
    blocks, block = article.blocks, article.blocks[index]
    if block.list_id is None:
        return ""
    first, above = index, None
    while first and blocks[first - 1].list_id == block.list_id:
        first -= 1
        if above is None and blocks[first].depth < block.depth:
            above = blocks[first]
    if above is None and blocks[first].header and first != index:
        above = blocks[first]
    if above is not None:
        return article.text[above.start : above.end] + "\n"
    span = _sentence_before(article, first)
    return article.text[span[0] : span[1]] + "\n" if span else ""


def _run(article: Article, units: Sequence[_Unit], scores: np.ndarray) -> tuple[int, int]:
    """The first and last of the run of units to show: of those with the best one and of at most ENOUGH columns, that
    with the largest sum of what each scores above the share BELONGS of the best.
    """
    best = int(np.argmax(scores))
    gains = scores - BELONGS * scores[best]
    found, largest = (best, best), float(gains[best])
    for low in range(best, -1, -1):
        for high in range(best, len(units)):
            if low == high:
                continue
            if width(article.text[units[low].start : units[high].end]) > ENOUGH:
                break
            if (total := float(gains[low : high + 1].sum())) > largest:
                found, largest = (low, high), total
    return found


def _with_steps(article: Article, units: Sequence[_Unit], scores: np.ndarray, low: int, high: int) -> tuple[int, int]:
    """The run, and the numbered step that answers about as well, where it has none: its list comes with it.

    Who asks how to do something wants the steps; what is said of them beside may be likest to the question.
    """
    steps = [i for i, unit in enumerate(units) if _number(article, unit.block) is not None]
    if not steps or any(low <= i <= high for i in steps):
        return low, high
    step = max(steps, key=lambda i: float(scores[i]))
    start, end, rule = _list_around(article, units[step].block)
    first, last = min(start, units[low].start), max(end, units[high].end)
    if scores[step] < BELONGS * scores.max() or rule is not Rule.LIST or width(article.text[first:last]) > LONGEST:
        return low, high
    return min(low, step), max(high, step)


def _whole(article: Article, unit: _Unit) -> tuple[int, int, Rule]:
    """What a unit is shown as part of, and why: an item of its list, code with the line before it, a sentence alone."""
    kind = article.blocks[unit.block].kind
    if kind in (BlockKind.ITEM, BlockKind.ROW):
        return _list_around(article, unit.block)
    if kind is BlockKind.CODE:
        return (*_with_introduction(article, unit.block, unit.end), Rule.CODE)
    return unit.start, unit.end, Rule.PIECES


def _with_lists(article: Article, units: Sequence[_Unit], start: int, end: int) -> Quote:
    """A short passage, with the lists and tables that it begins or ends within where all is not too long."""
    ends = [_whole(article, unit) for unit in (units[0], units[-1])]
    low, high = min(start, *(first for first, _, _ in ends)), max(end, *(last for _, last, _ in ends))
    if (low, high) == (start, end) or width(article.text[low:high]) > LONGEST:
        return Quote(start, end, (Rule.WHOLE,))
    return Quote(low, high, (Rule.WHOLE, Rule.LIST))


def _list_after(article: Article, block: int) -> tuple[int, int] | None:
    """Where the list or table right after a block ends, and where to cut it, after a whole item, if it is too long."""
    following = article.blocks[block + 1 : block + 2]
    if not following or following[0].list_id is None:
        return None
    start, cut = article.blocks[block].start, following[0].end
    for item in article.blocks[block + 1 :]:
        if item.list_id != following[0].list_id:
            break
        end = item.end
        if width(article.text[start:end]) <= LONGEST:
            cut = end
    return end, cut


def _list_around(article: Article, best: int) -> tuple[int, int, Rule]:
    """The list or table that holds a block, whole where it is not too long, else as much of it as has its place.

    Of numbered steps that is the first ones, as many as fit, where the block is among them; else, and of other lists,
    the block with its parent item and the items under it.
    """
    blocks = article.blocks
    low, high = _list(article, best)
    start, end = _with_introduction(article, low, blocks[high].end)
    if width(article.text[start:end]) <= LONGEST:
        return start, end, Rule.LIST
    if _number(article, low) is not None:
        while high > best and width(article.text[start : blocks[high].end]) > LONGEST:
            high -= 1
        if width(article.text[start : blocks[high].end]) <= LONGEST:
            return start, blocks[high].end, Rule.LIST_CUT
    low, high = _one_list(article, best)
    first = best
    while first > low and blocks[first].depth > 0:
        first -= 1
    last = best
    while last < high and blocks[last + 1].depth > blocks[best].depth:
        last += 1
    if width(article.text[blocks[first].start : blocks[last].end]) > LONGEST:
        first = last = best
    return blocks[first].start, blocks[last].end, Rule.LONG_LIST


def _one_list(article: Article, block: int) -> tuple[int, int]:
    """The first and last block of the list or table that a block is of."""
    blocks = article.blocks
    low = high = block
    while low and blocks[low - 1].list_id == blocks[block].list_id:
        low -= 1
    while high + 1 < len(blocks) and blocks[high + 1].list_id == blocks[block].list_id:
        high += 1
    return low, high


def _list(article: Article, block: int) -> tuple[int, int]:
    """`_one_list`, and what goes on with its numbers: a note or a picture between two steps ends a list in Markdown."""
    low, high = _one_list(article, block)
    while (number := _number(article, low)) and number > 1:
        before = low - 1
        while before >= 0 and article.blocks[before].kind in _BETWEEN:
            before -= 1
        if before < 0 or article.blocks[before].list_id is None:
            break
        first, last = _one_list(article, before)
        if _last_number(article, first, last) != number - 1:
            break
        low = first
    while (number := _last_number(article, *_one_list(article, high))) is not None:
        behind = high + 1
        while behind < len(article.blocks) and article.blocks[behind].kind in _BETWEEN:
            behind += 1
        if behind == len(article.blocks) or _number(article, behind) != number + 1:
            break
        high = _one_list(article, behind)[1]
    return low, high


def _number(article: Article, block: int) -> int | None:
    """The number of a step of the first level; None for what is none."""
    found = article.blocks[block]
    if found.kind is not BlockKind.ITEM or found.depth:
        return None
    match = _NUMBERED.match(article.text, found.start, found.end)
    return int(match[1]) if match else None


def _last_number(article: Article, low: int, high: int) -> int | None:
    return next((n for i in range(high, low - 1, -1) if (n := _number(article, i)) is not None), None)


def _with_introduction(article: Article, block: int, end: int) -> tuple[int, int]:
    """From the sentence that introduces a block ("… as follows:") to `end`."""
    span = _sentence_before(article, block)
    if span and article.text[span[0] : span[1]].endswith(_INTRODUCES):
        return span[0], end
    return article.blocks[block].start, end


def _sentence_before(article: Article, block: int) -> tuple[int, int] | None:
    """The last sentence of the paragraph or note right before a block; None where there is none."""
    if block and article.blocks[block - 1].kind in (BlockKind.PARAGRAPH, BlockKind.NOTE):
        before = article.blocks[block - 1]
        if parts := sentences(article.text[before.start : before.end]):
            return before.start + parts[-1][0], before.start + parts[-1][1]
    return None
