"""An article's text before it is cut into sections, and how its blocks are laid out.

Blocks stand apart by one blank line, items of one list and rows of one table by one line end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.types import Block, BlockKind, Link
from ingest.words import Words


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document: the index of its block, its level, and the anchor its source gave it."""

    block: int
    level: int
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """An article's text before it is cut into sections.

    Links lead where the source says (`url` is the bare target); `strong` are the ranges set in bold type.
    """

    text: str
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]
    headings: tuple[Heading, ...]
    strong: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Chunk:
    """One block while its words are still being collected. `depth` is the level of a heading too."""

    kind: BlockKind
    words: Words
    depth: int = 0
    list_id: int | None = None
    header: bool = False
    anchor: str | None = None
    indent: str = ""  # before its first line; not part of the block


def lay_out(chunks: Iterable[Chunk]) -> Document:
    """The text of all chunks that hold words, and where everything stands in it."""
    parts: list[str] = []
    blocks: list[Block] = []
    links: list[Link] = []
    headings: list[Heading] = []
    strong: list[tuple[int, int]] = []
    position = 0
    before: Chunk | None = None
    for chunk in chunks:
        chunk.words.close()
        if not chunk.words.parts:
            continue
        if before is not None:
            together = chunk.list_id is not None and chunk.list_id == before.list_id
            parts.append("\n" if together else "\n\n")
            position += len(parts[-1])
        parts.append(chunk.indent)
        position += len(chunk.indent)
        end = position + chunk.words.length
        if chunk.kind is BlockKind.HEADING:
            headings.append(Heading(len(blocks), chunk.depth, chunk.anchor))
        blocks.append(Block(chunk.kind, position, end, chunk.depth, chunk.list_id, chunk.header))
        links.extend(Link(start + position, stop + position, url) for start, stop, url in chunk.words.links)
        strong.extend((start + position, stop + position) for start, stop in chunk.words.strong)
        parts.extend(chunk.words.parts)
        position = end
        before = chunk
    links.sort(key=lambda link: (link.start, link.end))
    return Document("".join(parts), tuple(blocks), tuple(links), tuple(headings), tuple(strong))
