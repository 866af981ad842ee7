"""From a stream of elements (start, end, words) to the plain text of an article with its blocks and links.

Markdown and the HTML inside it both end up here, so a list is a list whichever way it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.types import BlockKind
from ingest.document import Chunk, Document, lay_out
from ingest.words import Words, indent_lines

BULLET = "• "
CELL = " · "
INDENT = "  "

HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PARAGRAPHS = frozenset(
    "p div section article header footer main aside nav center figure figcaption details summary dl dt dd address"
    " form fieldset legend caption hr html body".split()
)
_IGNORED = frozenset(
    "a abbr acronym b bdi bdo big cite code col colgroup data del dfn em font i img input ins kbd label link mark meta"
    " nobr option output picture q rp rt ruby s samp select small source span strike strong sub sup tbody tfoot thead"
    " time track tt u var wbr".split()
)
_SKIPPED = frozenset(
    "script style template iframe object embed svg video audio noscript head title math canvas".split()
)
_VOID = frozenset("embed".split())
_STRUCTURE = frozenset("ul ol li table tr td th blockquote pre br".split()) | HEADINGS.keys()
KNOWN_TAGS = _PARAGRAPHS | _IGNORED | _SKIPPED | _STRUCTURE

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffc\x00-\x08\x0e-\x1f\x7f]")


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int
    list_id: int


@dataclass(slots=True)
class _Item:
    depth: int
    mark: str
    list_id: int
    chunk: Chunk | None = None  # the block that continuation paragraphs are added to
    marked: bool = False  # whether the bullet or number stands in the text already


@dataclass(slots=True)
class _Table:
    list_id: int
    cells: list[Words] = field(default_factory=list)
    cell: Words | None = None
    header: bool = True  # of the row being read: all cells are header cells


class TextBuilder:
    """Takes elements in document order; `finish` gives the document."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._line = Words()
        self._links: list[tuple[int, str]] = []  # open links: where they begin in the line, their target
        self._strong: list[int] = []
        self._lists: list[_List] = []
        self._items: list[_Item] = []
        self._quotes: list[Chunk | None] = []  # open quotations; the note that collects their lines, if they are one
        self._outside = (0, 0)  # how many items and lists were open when the note began
        self._tables: list[_Table] = []
        self._heading: int | None = None
        self._anchor: str | None = None
        self._skip: list[str] = []
        self._pre: list[str] | None = None
        self._next_id = 0

    # words

    def text(self, text: str) -> None:
        """Words in the running line."""
        if self._skip:
            return
        if self._pre is not None:
            self._pre.append(text)
            return
        # an escaped entity is a slip of the translation: nobody writes about &nbsp; here
        self._line.add(_INVISIBLE.sub("", text).replace("&nbsp;", " "))

    @property
    def verbatim(self) -> bool:
        """Whether words are being read as they stand, in a code block or in something left out."""
        return self._pre is not None or bool(self._skip)

    def line_break(self) -> None:
        """A forced line end: kept in a paragraph, a space in headings and tables."""
        if self._pre is not None:
            self._pre.append("\n")
        elif self._heading or self._tables:
            self._line.add(" ")
        else:
            self._line.add_break()

    def code(self, text: str) -> None:
        """A code block, verbatim."""
        lines = [_INVISIBLE.sub("", line.rstrip()) for line in text.expandtabs(4).splitlines()]
        while lines and not lines[0]:
            lines.pop(0)
        while lines and not lines[-1]:
            lines.pop()
        if not lines:
            return
        self._flush()
        content = "\n".join(lines)
        if self._tables and self._tables[0].cell is not None:
            self._line.add(content)
            return
        words = Words([content], len(content))
        if note := self._note():
            note.words.append(words, "\n")
            return
        self._interrupt()
        self._chunks.append(Chunk(BlockKind.CODE, words))

    def start_note(self) -> None:
        """The quotation now open is a note (or tip, or warning): one block, whatever it holds."""
        if not self._quotes:
            self._flush()
            self._quotes.append(None)
        if self._note() is None:
            self._interrupt()
            note = Chunk(BlockKind.NOTE, Words())
            self._chunks.append(note)
            self._quotes[-1] = note
            self._outside = (len(self._items), len(self._lists))

    def close_all(self) -> None:
        """Close what is open: a heading of the article itself stands in no list, table or quotation.

        HTML that was never closed would otherwise swallow the sections after it.
        """
        self._skip.clear()
        if self._pre is not None:
            self.end("pre")
        while self._tables:
            self._end_table()
        self._flush()
        self._items.clear()
        self._lists.clear()
        self._quotes.clear()
        self._heading = None

    # elements

    def start(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """An element begins."""
        if self._skip:
            if tag == self._skip[-1]:
                self._skip.append(tag)
            return
        if tag in _SKIPPED:
            if tag not in _VOID:
                self._skip.append(tag)
        elif tag == "a":
            self._start_anchor(attributes)
        elif tag in ("strong", "b"):
            self._strong.append(self._line.length)
        elif tag == "br":
            self.line_break()
        elif tag in HEADINGS:
            self._flush()
            self._heading, self._anchor = HEADINGS[tag], attributes.get("id") or None
        elif tag in ("ul", "ol"):
            self._start_list(tag == "ol", attributes.get("start"))
        elif tag == "li":
            self._start_item()
        elif tag == "table":
            self._flush()
            if not self._tables:
                self._interrupt()
            self._tables.append(_Table(self._new_id()))
        elif tag in ("tr", "td", "th"):
            self._start_cell(tag)
        elif tag == "blockquote":
            self._flush()
            self._quotes.append(None)
        elif tag == "pre":
            self._flush()
            self._pre = []
        elif tag in _PARAGRAPHS:
            self._flush()

    def end(self, tag: str) -> None:
        """An element ends; the end of one that was never begun is nothing."""
        if self._skip:
            if tag == self._skip[-1]:
                self._skip.pop()
            return
        if tag == "a":
            self._end_link()
        elif tag in ("strong", "b"):
            if self._strong and (start := self._strong.pop()) < self._line.length:
                self._line.strong.append((start, self._line.length))
        elif tag == "br":
            self.line_break()  # </br> is what some authors write for <br>
        elif tag in HEADINGS:
            self._flush()
            self._heading = None
        elif tag in ("ul", "ol"):
            self._flush()
            if self._lists and not self._tables:
                self._lists.pop()
                del self._items[len(self._lists) :]
        elif tag == "li":
            self._flush()
            if self._items and not self._tables:
                self._items.pop()
        elif tag == "table":
            self._end_table()
        elif tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "blockquote":
            self._flush()
            if self._quotes:
                self._quotes.pop()
        elif tag == "pre":
            lines, self._pre = self._pre, None
            self.code("".join(lines or ()))
        elif tag in _PARAGRAPHS:
            self._flush()

    def finish(self) -> Document:
        """Close what is still open and lay the blocks out."""
        self.close_all()
        return lay_out(self._chunks)

    # links and anchors

    def _start_anchor(self, attributes: Mapping[str, str | None]) -> None:
        name = attributes.get("name") or attributes.get("id")
        if name and self._heading and not self._anchor:
            self._anchor = name.strip() or None
        if href := (attributes.get("href") or "").strip():
            self._end_link()
            self._links.append((self._line.length, href))

    def _end_link(self) -> None:
        if not self._links:
            return
        start, href = self._links.pop()
        line = self._line
        if start < line.length:
            # a link does not begin with the space before its words
            words = line.tail(start)
            start += len(words) - len(words.lstrip())
            end = line.length - (len(words) - len(words.rstrip()))
            if start < end:
                line.links.append((start, end, href))

    # lists

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _start_list(self, ordered: bool, start: str | None) -> None:
        self._flush()
        if self._tables:
            return
        number = int(start) if start and start.isdigit() and len(start) < 9 else 1
        nested = self._lists and self._items
        self._lists.append(_List(ordered, number, self._lists[-1].list_id if nested else self._new_id()))

    def _start_item(self) -> None:
        self._flush()
        if self._tables:
            if self._tables[0].cell is not None:
                self._line.add(BULLET)
            return
        if not self._lists:
            self._lists.append(_List(False, 1, self._new_id()))
        del self._items[len(self._lists) - 1 :]  # an item that HTML left open ends where the next begins
        inside = self._lists[-1]
        mark = f"{inside.number}. " if inside.ordered else BULLET
        inside.number += 1
        self._items.append(_Item(len(self._lists) - 1, mark, inside.list_id))

    def _interrupt(self) -> None:
        """Something stands between the paragraphs of the open items: what follows is a block of its own."""
        for item in self._items:
            item.chunk = None

    # tables

    def _start_cell(self, tag: str) -> None:
        self._flush()
        if len(self._tables) != 1:
            return
        table = self._tables[0]
        if tag == "tr":
            self._end_row()
            return
        self._end_cell()
        table.cell = Words()
        table.header = table.header and tag == "th"

    def _end_cell(self) -> None:
        self._flush()
        if len(self._tables) == 1 and (table := self._tables[0]).cell is not None:
            table.cell.close()
            table.cells.append(table.cell)
            table.cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if len(self._tables) != 1:
            return
        table = self._tables[0]
        cells, table.cells = table.cells, []
        header, table.header = table.header, True
        while cells and not cells[-1].parts:
            cells.pop()
        if not cells:
            return
        row = Words()
        for cell in cells:
            row.append(cell, CELL if cell.parts else "")
        if note := self._note():
            note.words.append(row, "\n")
        else:
            self._chunks.append(Chunk(BlockKind.ROW, row, list_id=table.list_id, header=header))

    def _end_table(self) -> None:
        if not self._tables:
            self._flush()
            return
        self._end_row()
        self._flush()
        self._tables.pop()

    # lines

    def _note(self) -> Chunk | None:
        return next((quote for quote in self._quotes if quote is not None), None)

    def _flush(self) -> None:
        """Put the running line where it belongs: a cell, a note, an item, a heading or a paragraph."""
        while self._links:
            self._end_link()
        self._strong.clear()
        line = self._line
        line.close()
        self._line = Words()
        if not line.parts:
            return
        if self._tables and self._tables[0].cell is not None:
            self._tables[0].cell.append(line, " ")
            return
        if note := self._note():
            self._add_to_note(note, line)
        elif self._items:
            self._add_to_item(self._items[-1], line)
        elif self._heading:
            chunk = Chunk(BlockKind.HEADING, line, depth=self._heading, anchor=self._anchor)
            self._chunks.append(chunk)
        else:
            self._chunks.append(Chunk(BlockKind.PARAGRAPH, line))

    def _add_to_note(self, note: Chunk, line: Words) -> None:
        prefix = Words()
        items, lists = self._outside
        if len(self._items) > items:
            item = self._items[-1]
            mark = INDENT * (item.depth - lists) + (" " * len(item.mark) if item.marked else item.mark)
            item.marked = True
            prefix.parts.append(mark)
            prefix.length = len(mark)
        prefix.append(line, "")
        note.words.append(prefix, "\n")

    def _add_to_item(self, item: _Item, line: Words) -> None:
        inner = INDENT * item.depth + (" " * len(item.mark))
        indented = indent_lines(line, inner)
        if item.chunk is not None and self._chunks and self._chunks[-1] is item.chunk:
            item.chunk.words.append(indented, "\n" + inner)
            return
        words = Words()
        if not item.marked:
            words.parts.append(item.mark)
            words.length = len(item.mark)
        words.append(indented, "")
        indent = INDENT * item.depth if not item.marked else inner
        item.marked = True
        item.chunk = Chunk(BlockKind.ITEM, words, depth=item.depth, list_id=item.list_id, indent=indent)
        self._chunks.append(item.chunk)
