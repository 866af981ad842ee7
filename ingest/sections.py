"""Sections: the text under each heading, with the anchor that names it in every locale."""

from __future__ import annotations

import unicodedata

from bot.types import BlockKind, Section
from ingest.document import Document

TOP = "_top"


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading: letters, digits, `-` and `_` in lower case, spaces as `-`."""
    kept = []
    for character in heading.strip().lower():
        if character == " ":
            kept.append("-")
        elif character in "-_" or unicodedata.category(character)[0] in "LNM":
            kept.append(character)
    return "".join(kept)


def cut(document: Document) -> tuple[Section, ...]:
    """The sections of a document in order; they cover all of its blocks.

    Text before any heading is `_top`. An anchor met again becomes `x-1`, `x-2`, ….
    """
    sections: list[Section] = []
    taken: set[str] = set()
    above: list[tuple[int, str]] = []
    blocks = document.blocks
    if blocks and blocks[0].kind is not BlockKind.HEADING:
        first = document.headings[0].block if document.headings else len(blocks)
        sections.append(Section(TOP, "", (), 0, blocks[0].start, blocks[first - 1].end))
        taken.add(TOP)
    for number, heading in enumerate(document.headings):
        following = document.headings[number + 1].block if number + 1 < len(document.headings) else len(blocks)
        block = blocks[heading.block]
        words = document.text[block.start : block.end]
        while above and above[-1][0] >= heading.level:
            above.pop()
        path = tuple(words for _, words in above)
        above.append((heading.level, words))
        anchor = _unique(heading.anchor or slug(words) or "section", taken)
        sections.append(Section(anchor, words, path, heading.level, block.start, blocks[following - 1].end))
    return tuple(sections)


def _unique(anchor: str, taken: set[str]) -> str:
    candidate, number = anchor, 0
    while candidate in taken:
        number += 1
        candidate = f"{anchor}-{number}"
    taken.add(candidate)
    return candidate
