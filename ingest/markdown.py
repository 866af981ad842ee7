"""Markdown with the HTML and the extensions of help articles → plain text with blocks, links and headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from ingest.document import Document
from ingest.textbuilder import HEADINGS, KNOWN_TAGS, TextBuilder

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

# [!NOTE], as machine translation leaves it too: [! NOTE], [!OBSERVAÇÃO]
_NOTE = re.compile(r"\\?\[\s*!\s*[^\W\d_][^\]\[\n|(]{0,30}\\?\]\s*")
# Every repetition is bounded: these are searched for at each bracket of a hostile file.
_EXTENSIONS = re.compile(
    r"""
      \\?\[!\s?(?:INCLUDE|CODE[\w-]{0,20})\s?\[[^\]\n]{0,300}\]\s?\([^)\n]{0,500}\)\s?\\?\]  # [!INCLUDE [title](file)]
    | \\?\[!\s?(?:VIDEO|DIV|IMAGE)\b[^\]\n]{0,500}\]                                         # [!VIDEO address]
    | :::\s?image-end\s?:::
    | :::\s?image\b[^\n]{0,2000}?(?::::|$)                                      # :::image source="…":::
    | ^[ \t]{0,20}:::[^\n]{0,500}$                                               # :::row:::, :::moniker-end:::
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_PLAIN = re.compile(r"[^*_`<>\[\]!\\&~:|#]*\Z")

# What the parser leaves in the words where translation tore emphasis and links apart.
_TORN_STRONG = re.compile(r"\*{2,}|(?<!\w)_{2}(?=\w)|(?<=\w)_{2}(?!\w)")
_TORN_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+)(?<=\S)\*(?!\*)")
_TORN_LINK = re.compile(r"(?:\[([^\[\]\n]+))?\]\((?:https?://|\#|\.{0,2}/|[\w./~%-]+\.(?:md|yml)\b)[^\s()]*\)?")
_DOUBLE_LINK = re.compile(r"\[\[([^\[\]\n]+)\]\(([^()\s]+)\)\s*\]\([^()\s]+\)")
_SPACED_TARGET = re.compile(r"\]\( ?([^()<>\s\"']{1,200}(?: [^()<>\s\"']{1,200}){1,8}) ?\)")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Indented code is off: in translated articles four spaces are a slip far more often than code, which is fenced.
    # Escapes stay tokens of their own (text_join off), to tell \*\* from emphasis that failed.
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 40})
    parser.enable(["table", "strikethrough"]).disable(["code", "text_join"])
    parser.validateLink = lambda url: True  # ingest.links decides where links may lead
    parser.core.ruler.before("inline", "extensions", _strip_extensions)
    return parser


def parse(markdown: str) -> Document:
    """The text of an article's Markdown with its blocks, links (bare targets) and headings."""
    builder = TextBuilder()
    feed(builder, markdown)
    return builder.finish()


def feed(builder: TextBuilder, markdown: str, *, headings: bool = True) -> None:
    """Add Markdown to a document being built; without `headings` its headings become paragraphs."""
    _Walker(builder, headings).walk(_parser().parse(markdown.replace("&amp;nbsp;", "&nbsp;")))
    builder.close_all()


def plain_text(markdown: str) -> str:
    """The bare words of one sentence or line of Markdown."""
    if _PLAIN.match(markdown):
        return " ".join(markdown.split())
    builder = TextBuilder()
    _Walker(builder).walk(_parser().parseInline(_EXTENSIONS.sub("", markdown)))
    return " ".join(builder.finish().text.split())


def _strip_extensions(state: StateCore) -> None:
    """Before inline parsing: drop includes, videos and `:::` directives, and turn note markers into a flag."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        content = token.content
        if ":::" in content or "[!" in content or "[ !" in content:
            content = _EXTENSIONS.sub("", content)
            if match := _NOTE.match(content.lstrip()):
                content = content.lstrip()[match.end() :]
                token.meta["note"] = True
        if "](" in content:
            content = _SPACED_TARGET.sub(r"](<\1>)", _DOUBLE_LINK.sub(r"[\1](\2)", content))
        token.content = content


class _Walker:
    """Feeds Markdown tokens, and the HTML among them, to a builder."""

    def __init__(self, builder: TextBuilder, headings: bool = True) -> None:
        self._builder = builder
        self._headings = headings
        # Blocks of HTML hold Markdown too, in which HTML may stand again: one parser for each, as both keep state.
        self._block = _Html(self, self.inline)
        self._inside = _Html(self, builder.text)

    @property
    def builder(self) -> TextBuilder:
        """What the elements go to."""
        return self._builder

    def tag(self, tag: str) -> str:
        """The element that a tag stands for: where there are to be no headings, they are paragraphs."""
        return "p" if tag in HEADINGS and not self._headings else tag

    def walk(self, tokens: Sequence[Token]) -> None:
        builder = self._builder
        for token in tokens:
            kind = token.type
            if kind == "inline":
                if token.meta.get("note"):
                    builder.start_note()
                self._inline(token.children or ())
            elif kind in ("fence", "code_block"):
                builder.code(token.content)
            elif kind == "html_block":
                self._block.read(token.content)
            elif kind == "hr":
                builder.start("hr", {})
            elif token.nesting == 1:
                if kind == "heading_open" and token.level == 0:
                    builder.close_all()
                builder.start(self.tag(token.tag), {name: str(value) for name, value in token.attrs.items()})
            elif token.nesting == -1:
                builder.end(self.tag(token.tag))

    def inline(self, markdown: str) -> None:
        """Words with Markdown inside an HTML element, where authors write it too."""
        if _PLAIN.match(markdown):
            self._builder.text(markdown)
            return
        for token in _parser().parseInline(_EXTENSIONS.sub("", markdown)):
            self._inline(token.children or ())

    def _inline(self, tokens: Sequence[Token]) -> None:
        builder = self._builder
        escaped = _EscapedStars()
        for index, token in enumerate(tokens):
            kind = token.type
            if kind == "text":
                builder.text(_mend(token.content))
            elif kind == "text_special":
                builder.text(escaped.read(tokens, index))
            elif kind == "code_inline":
                builder.text(token.content)
            elif kind == "softbreak":
                builder.text(" ")
            elif kind == "hardbreak":
                builder.line_break()
            elif kind == "html_inline":
                self._inside.read(token.content)
            elif kind == "image":
                continue
            elif token.nesting == 1:
                builder.start(token.tag, {name: str(value) for name, value in token.attrs.items()})
            elif token.nesting == -1:
                builder.end(token.tag)


def _mend(text: str) -> str:
    """Drop the marks of emphasis and links that the translation tore apart."""
    if "**" in text or "__" in text:
        text = _TORN_STRONG.sub("", text)
    if text.count("*") > 1:
        text = _TORN_EMPHASIS.sub(r"\1", text)
    return _TORN_LINK.sub(r"\1", text) if "](" in text else text


class _EscapedStars:
    r"""Tells escaped stars that were meant (`MB2-716\*\*`, a footnote) from bold type that localisation escaped."""

    def __init__(self) -> None:
        self._open = False
        self._drop = 0

    def read(self, tokens: Sequence[Token], index: int) -> str:
        """The words of the escape at `index`."""
        content = tokens[index].content
        before = _words(tokens, index - 1)
        if content == "(" and before.endswith("]"):
            return " ("  # `[name]\\(translation\\)` is no link and must not look like one
        if content != "*":
            return content
        if not before.endswith("*"):
            length = 1
            while _words(tokens, index + length) == "*":
                length += 1
            self._drop = length if self._torn(length, before[-1:], _words(tokens, index + length)[:1]) else 0
        if self._drop:
            self._drop -= 1
            return ""
        return content

    def _torn(self, length: int, before: str, after: str) -> bool:
        """Whether a run of escaped stars stands between these two characters ("" at the ends) as broken bold type."""
        if length == 2:  # glued to a number or in brackets it is the mark of a footnote
            if not self._open and (before.isdigit() or (before and before in "([（")) and not after.isalnum():
                return False
            self._open = not self._open
            return True
        return length == 4 or (length > 4 and not before.strip() and not after.strip())


def _words(tokens: Sequence[Token], index: int) -> str:
    """The words of the token at `index`; none where it is no text or there is no such token."""
    return tokens[index].content if 0 <= index < len(tokens) and tokens[index].type.startswith("text") else ""


class _Html(HTMLParser):
    """HTML among Markdown: known elements shape the text, `<placeholders>` in angle brackets are words."""

    CDATA_CONTENT_ELEMENTS = ()  # the builder skips scripts; the parser must not wait for their end

    def __init__(self, walker: _Walker, words: Callable[[str], None]) -> None:
        super().__init__(convert_charrefs=False)
        self._builder = walker.builder
        self._walker = walker
        self._words = words

    def read(self, html: str) -> None:
        """Feed one complete fragment; a comment that is never closed hides the rest of it, as it does in a browser."""
        closed = html.rfind("-->")
        if (comment := html.find("<!--", closed + 1)) >= 0:
            html = html[:comment]
        self.feed(html)
        self.close()
        self.reset()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in KNOWN_TAGS:
            self._builder.start(self._walker.tag(tag), dict(attrs))
        else:
            self._builder.text(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in KNOWN_TAGS and tag != "br":
            self._builder.end(self._walker.tag(tag))

    def handle_endtag(self, tag: str) -> None:
        if tag in KNOWN_TAGS:
            self._builder.end(self._walker.tag(tag))
        else:
            self._builder.text(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._builder.verbatim:
            self._builder.text(data)
        else:
            self._words(data)

    def handle_entityref(self, name: str) -> None:
        self._builder.text(unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self._builder.text(unescape(f"&#{name};"))
