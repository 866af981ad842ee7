"""Passages: the units that are indexed and cited, whole blocks of one section of about a screenful."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.types import Block, BlockKind, Link, Passage, Section

# Sizes in words; a Chinese, Japanese or Korean character counts as CJK_WORD of one.
TARGET = 110
SMALL = 60
LARGE = 160
CUT_ABOVE = 250
CJK_WORD = 0.55
LINKED = 0.75  # what has this share of its letters in links says nothing itself
LABEL = 3.5  # words of "See also", at most

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OTHER = re.compile(r"[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_QUESTION = ("?", "？")
_INTRO = re.compile(r"[:：]\s*$")
_SENTENCE_END = re.compile(r"[.!?…]+[\"”’»)\]]*\s+|[。！？]+[」』”’）)]*\s*")

_Piece = tuple[int, int, Block]


def size(text: str) -> float:
    """The length of a text in words."""
    return len(_OTHER.findall(text)) + CJK_WORD * len(_CJK.findall(text))


def cut(
    text: str, blocks: Sequence[Block], sections: Sequence[Section], links: Sequence[Link] = ()
) -> tuple[Passage, ...]:
    """The passages of an article in order. Headings and META blocks are in none, nor is what leads on at its end.

    `blocks` are in text order and each lies inside one section. What leads on are sections at the end that hold nothing
    but links ("Next steps", "See also"), and links under a label at the end of the last passage: an article's title
    there would be found before the article. A section headed by a question is kept: its answer may be a link.
    """
    passages: list[Passage] = []
    position = 0
    for number, section in enumerate(sections):
        pieces: list[_Piece] = []
        run: list[list[_Piece]] = []
        while position < len(blocks) and blocks[position].end <= section.end:
            block = blocks[position]
            position += 1
            if block.kind in (BlockKind.HEADING, BlockKind.META):
                if pieces:
                    run.append(pieces)
                pieces = []
                continue
            pieces.extend((start, end, block) for start, end in _split(text, block))
        if pieces:
            run.append(pieces)
        for pieces in run:
            passages.extend(Passage(number, start, end) for start, end in _group(text, pieces))
    passages = passages[: _answering(text, sections, passages, links)]
    if passages:
        last = passages[-1]
        inside = [block for block in blocks if last.start <= block.start and block.end <= last.end]
        passages[-1] = replace(last, end=_before_links(text, inside, links) or last.end)
    return tuple(passages)


def _answering(text: str, sections: Sequence[Section], passages: Sequence[Passage], links: Sequence[Link]) -> int:
    """How many of the passages come before those that only lead on; all of them where nothing else is there."""
    count = len(passages)
    while count:
        section = passages[count - 1].section
        start = next(i for i, passage in enumerate(passages) if passage.section == section)
        is_asked = sections[section].heading.rstrip().endswith(_QUESTION)
        if is_asked or not all(_linked(text, passage, links) for passage in passages[start:count]):
            return count
        count = start
    return len(passages)


def _before_links(text: str, blocks: Sequence[Block], links: Sequence[Link]) -> int | None:
    """Where a passage of these blocks ends without links under a label at its end; None where there are none."""
    count = len(blocks)
    while count and blocks[count - 1].kind is BlockKind.ITEM and _linked(text, blocks[count - 1], links):
        count -= 1
    label = blocks[count - 1] if count > 1 and count < len(blocks) else None
    if label is None or label.kind is not BlockKind.PARAGRAPH or size(text[label.start : label.end]) > LABEL:
        return None
    return blocks[count - 2].end


def _linked(text: str, part: Passage | Block, links: Sequence[Link]) -> bool:
    """Whether a part of the text is links and little else."""
    inside = [(max(x.start, part.start), min(x.end, part.end)) for x in links]
    linked = sum(_letters(text[start:end]) for start, end in inside if start < end)
    return linked > 0 and linked >= LINKED * _letters(text[part.start : part.end])


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _group(text: str, pieces: Sequence[_Piece]) -> Iterator[tuple[int, int]]:
    """Join pieces until a passage is large enough, preferring to end where a list, table or topic ends."""
    sizes = [size(text[start:end]) for start, end, _ in pieces]
    rest = sum(sizes)
    first = 0
    total = 0.0
    for index in range(len(pieces)):
        total += sizes[index]
        rest -= sizes[index]
        if index + 1 == len(pieces):
            break
        following = sizes[index + 1]
        if not _may_end(text, pieces, index):
            if total < LARGE * 1.5:
                continue
        elif pieces[index + 1][2].kind is BlockKind.ITEM and pieces[index + 1][2].depth and total < LARGE:
            continue  # better to end before an item of the first level than among the items under one
        elif total < SMALL or (total + following <= LARGE and (total < TARGET or _together(pieces, index))):
            continue
        # a rest too small to stand alone stays here
        if rest < SMALL / 3 and total + rest <= LARGE * 1.25:
            continue
        yield pieces[first][0], pieces[index][1]
        first, total = index + 1, 0.0
    if pieces:
        yield pieces[first][0], pieces[-1][1]


def _may_end(text: str, pieces: Sequence[_Piece], index: int) -> bool:
    """Whether a passage may end after this piece: not after "…:", nor between an item and its sub-items."""
    start, end, block = pieces[index]
    following = pieces[index + 1][2]
    if block.header or _INTRO.search(text[start:end]):
        return False
    return not (following.kind is BlockKind.ITEM and block.kind is BlockKind.ITEM and following.depth > block.depth)


def _together(pieces: Sequence[_Piece], index: int) -> bool:
    block, following = pieces[index][2], pieces[index + 1][2]
    return block.list_id is not None and block.list_id == following.list_id


def _split(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """A block as it is; a very long paragraph at ends of sentences."""
    if block.kind is not BlockKind.PARAGRAPH or size(text[block.start : block.end]) <= CUT_ABOVE:
        yield block.start, block.end
        return
    rest = size(text[block.start : block.end])
    start = begun = block.start
    length = 0.0
    for match in _SENTENCE_END.finditer(text, block.start, block.end):
        words = size(text[begun : match.end()])
        begun = match.end()
        length += words
        rest -= words
        if length >= TARGET and rest >= SMALL / 2:
            yield start, match.start() + len(match[0].rstrip())
            start = match.end()
            length = 0.0
    if start < block.end:
        yield start, block.end
