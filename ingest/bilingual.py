"""Bilingual articles: every translated sentence followed by the English one that it was made from.

    <span data-ttu-id="X">translated</span><span class="sxs-lookup"><span data-stu-id="X">English</span></span>

What stands outside of these spans (headings' anchors, list marks, code) belongs to both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.types import Aligned
from ingest.markdown import plain_text

_SPAN = re.compile(
    r"""
      (?P<translated> <span\s+data-ttu-id\s*=\s*["'][^"'<>]*["']\s*> )
    | (?P<lookup>     <span\s+class\s*=\s*["']sxs-lookup["']\s*> )
    | (?P<english>    <span\s+data-stu-id\s*=\s*["'][^"'<>]*["']\s*> )
    | (?P<other>      <span\b[^<>]*> )
    | (?P<close>      </span\s*> )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_REACH = 600  # code points between two sentences that may belong to neither: code, tables, addresses
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The two Markdown sources of a bilingual file, and its sentences as (translated, English) Markdown."""

    translated: str
    english: str
    pairs: tuple[tuple[str, str], ...]


def is_bilingual(markdown: str) -> bool:
    """Whether sentences of this text are accompanied by their English originals."""
    return "sxs-lookup" in markdown and "data-stu-id" in markdown


def split(markdown: str) -> Bilingual:
    """Take the two languages of a bilingual text apart.

    Spans that are never closed end at the next blank line, and closing tags without an opening one are dropped,
    so that one broken sentence does not swallow the rest.
    """
    translated: list[str] = []
    english: list[str] = []
    pairs: list[tuple[str, str]] = []
    stack: list[str] = []
    sentence: list[str] = []  # the translated sentence last read, waiting for its English one
    original: list[str] = []

    def put(text: str) -> None:
        if "lookup" in stack:
            english.append(text)
            original.append(text)
        elif "translated" in stack:
            translated.append(text)
            sentence.append(text)
        else:
            translated.append(text)
            english.append(text)

    def close_pair() -> None:
        if sentence and original:
            pairs.append(("".join(sentence), "".join(original)))
        sentence.clear()
        original.clear()

    def put_until_blank_line(text: str) -> None:
        if stack and (blank := _BLANK_LINE.search(text)):
            put(text[: blank.start()])
            if "lookup" in stack:
                close_pair()
            stack.clear()
            text = text[blank.start() :]
        put(text)

    position = 0
    for match in _SPAN.finditer(markdown):
        put_until_blank_line(markdown[position : match.start()])
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "close":
            closed = stack.pop() if stack else ""
            if closed == "other":
                put(match[0])
            elif closed == "lookup":
                close_pair()
            continue
        if kind == "translated" and not stack:
            sentence.clear()
        if kind == "other":
            put(match[0])
        stack.append(kind)
    put_until_blank_line(markdown[position:])
    return Bilingual("".join(translated), "".join(english), tuple(pairs))


def sentence_pairs(markdown: str) -> list[tuple[str, str]]:
    """The sentences of a bilingual text as plain (translated, English) words, in order.

    Pairs with an empty side are left out; a text that is not bilingual gives an empty list.
    """
    return plain_pairs(split(markdown)) if is_bilingual(markdown) else []


def plain_pairs(both: Bilingual) -> list[tuple[str, str]]:
    """The pairs of a text taken apart, without their Markdown; those with an empty side left out."""
    plain = ((plain_text(left), plain_text(right)) for left, right in both.pairs)
    return [pair for pair in plain if pair[0] and pair[1]]


def align(text: str, pairs: Iterable[tuple[str, str]]) -> tuple[Aligned, ...]:
    """Find the translated sentences of `pairs` (plain words) in an article's text, in order.

    A sentence is looked for shortly after the one before it: a short one ("Yes.") that was left out of the text
    must not be found three sections later and take all that stands between out of reach. One that is not there
    (it was rendered in another way, or belongs to another version) is left out.
    """
    found: list[Aligned] = []
    position = 0
    missed = 0
    for translated, english in pairs:
        start = text.find(translated, position, position + len(translated) + 2 * missed + _REACH)
        if start < 0:
            missed += len(translated) + 1
            continue
        position = start + len(translated)
        missed = 0
        found.append(Aligned(start, position, english))
    return tuple(found)
