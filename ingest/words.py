"""Words on one line, collected piece by piece, with the links and bold ranges on them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class Words:
    """Words on one line, spaces collapsed as they come, with the links and bold ranges on them."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    links: list[tuple[int, int, str]] = field(default_factory=list)
    strong: list[tuple[int, int]] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Append words; white space at the join is collapsed."""
        text = _SPACES.sub(" ", text)
        if text.startswith(" ") and (not self.parts or self.parts[-1][-1] in " \n"):
            text = text[1:]
        if text:
            self.parts.append(text)
            self.length += len(text)

    def add_break(self) -> None:
        """End the line, unless nothing stands on it yet."""
        self.trim()
        if self.parts and self.parts[-1][-1] != "\n":
            self.parts.append("\n")
            self.length += 1

    def trim(self) -> None:
        """Drop the space or line end at the end."""
        while self.parts and self.parts[-1][-1] in " \n":
            last = self.parts.pop()
            self.length -= len(last)
            if stripped := last.rstrip(" \n"):
                self.parts.append(stripped)
                self.length += len(stripped)

    def tail(self, start: int) -> str:
        """The words from an offset on, without joining those before it."""
        parts: list[str] = []
        length = self.length
        for part in reversed(self.parts):
            if length <= start:
                break
            parts.append(part)
            length -= len(part)
        return "".join(reversed(parts))[max(0, start - length) :]

    def append(self, other: Words, between: str) -> None:
        """Append another's words with their links, `between` standing between the two."""
        if self.parts and between:
            self.parts.append(between)
            self.length += len(between)
        shift = self.length
        self.parts.extend(other.parts)
        self.length += other.length
        self.links.extend((start + shift, end + shift, url) for start, end, url in other.links)
        self.strong.extend((start + shift, end + shift) for start, end in other.strong)

    def close(self) -> None:
        """Trim, and shorten or drop what then reaches past the end."""
        self.trim()
        clipped = ((start, min(end, self.length), url) for start, end, url in self.links)
        self.links = [(start, end, url) for start, end, url in clipped if start < end]
        bold = ((start, min(end, self.length)) for start, end in self.strong)
        self.strong = [(start, end) for start, end in bold if start < end]


def indent_lines(line: Words, indent: str) -> Words:
    """A line with forced line ends in it, its later lines indented; links move along."""
    text = "".join(line.parts)
    if "\n" not in text:
        return line

    def moved(offset: int) -> int:
        return offset + text.count("\n", 0, offset) * len(indent)

    shifted = text.replace("\n", "\n" + indent)
    return Words(
        [shifted],
        len(shifted),
        [(moved(start), moved(end), url) for start, end, url in line.links],
        [(moved(start), moved(end)) for start, end in line.strong],
    )
