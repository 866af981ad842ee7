"""The lines at the head of an article that say which clouds it applies to and who may do what it describes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.types import Block, BlockKind
from ingest.document import Document
from ingest.textbuilder import BULLET

FILE = Path(__file__).with_name("labels.yml")

_SEPARATOR = re.compile(r"\s*[:：﹕︰—–.-]+\s*|\s*$")
_ENTRIES = re.compile(r"\s*[|｜\n]\s*")
_NUMBER = re.compile(r"\d+\.\s+")
_HEAD = 40  # blocks at the head of an article among which labels are looked for
_LOOK_AT = 160  # code points at the head of a block in which a label may stand


@dataclass(frozen=True, slots=True)
class Applicability:
    """What the head of an article says.

    `applies_to` and `roles` are the entries as written, `meta` the indexes of the blocks that hold them.
    """

    applies_to: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    meta: frozenset[int] = frozenset()


def find(document: Document) -> Applicability:
    """Read the labelled lines between the title and the next heading.

    An entry stands after the label ("Applies to: A | B"), or in the list under it. A label counts where a colon or
    dash follows it, where it is the whole line, or where it alone is in bold type.
    """
    entries: dict[str, list[str]] = {"applies_to": [], "roles": []}
    meta: set[int] = set()
    head = _head(document.blocks)
    index = 0
    while index < len(head):
        position, block = head[index]
        index += 1
        if block.kind not in (BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.NOTE):
            continue
        labelled = _labelled(document, block)
        if not labelled:
            continue
        meta.add(position)
        for kind, text in labelled:
            entries[kind].extend(_split(text))
        kind, text = labelled[-1]
        if text or block.kind is not BlockKind.PARAGRAPH:
            continue
        while index < len(head) and head[index][1].kind in (BlockKind.ITEM, BlockKind.ROW):
            position, item = head[index]
            if _labelled(document, item):
                break
            entries[kind].extend(_split(document.text[item.start : item.end]))
            meta.add(position)
            index += 1
    return Applicability(
        tuple(dict.fromkeys(entries["applies_to"])), tuple(dict.fromkeys(entries["roles"])), frozenset(meta)
    )


def _head(blocks: Sequence[Block]) -> list[tuple[int, Block]]:
    """The first blocks before the first heading below the title, with their indexes."""
    head: list[tuple[int, Block]] = []
    for index, block in enumerate(blocks[:_HEAD]):
        if block.kind is not BlockKind.HEADING:
            head.append((index, block))
        elif head or block.depth > 1:
            break
    return head


def _labelled(document: Document, block: Block) -> list[tuple[str, str]]:
    """The labels in one block with the words after each; several when a block holds several lines."""
    found: list[tuple[str, int, int]] = []  # kind, start of the label, start of what follows
    text = document.text[block.start : block.end]
    bold_ends = {end - block.start for start, end in document.strong if block.start <= start < block.end}
    bold_starts = {start - block.start for start, end in document.strong if block.start <= start < block.end}
    mark = len(BULLET) if text.startswith(BULLET) else 0
    for start in sorted({mark} | {s for s in bold_starts if s > mark} | {m.end() for m in re.finditer(r"\n\s*", text)}):
        if not (match := _label_at(text, start)):
            continue
        kind, end = match
        separator = _SEPARATOR.match(text, end)
        if separator:
            found.append((kind, start, separator.end()))
        elif any(end <= bold <= end + 1 for bold in bold_ends):
            found.append((kind, start, end))
    if not found or found[0][1] != mark:
        return []
    stops = [start for _, start, _ in found[1:]] + [len(text)]
    return [(kind, text[follows:stop].strip()) for (kind, _, follows), stop in zip(found, stops, strict=True)]


def _label_at(text: str, start: int) -> tuple[str, int] | None:
    """The kind of the label that begins at `start` and where it ends; spaces inside it do not count."""
    folded: list[str] = []
    ends: list[int] = []
    for offset, character in enumerate(text[start : start + _LOOK_AT], start):
        for part in _fold(character):
            folded.append(part)
            ends.append(offset + 1)
    line = "".join(folded)
    for label, kind in _labels().items():
        if line.startswith(label):
            return kind, ends[len(label) - 1]
    return None


def _split(text: str) -> list[str]:
    entries = (_NUMBER.sub("", entry.strip().lstrip(BULLET.strip()).strip(), count=1) for entry in _ENTRIES.split(text))
    return [entry for entry in entries if entry.strip(" .,;:-")]


@lru_cache(maxsize=1)
def _labels() -> Mapping[str, str]:
    """Folded label → kind, longest first so that no label hides a longer one."""
    import yaml

    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    pairs = ((_fold(label), kind) for kind, labels in data.items() for label in labels)
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in decomposed if not c.isspace() and not "\u0300" <= c <= "\u036f")
    return "".join(kept).replace("’", "'")
