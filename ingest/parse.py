"""One file → its articles (two, where it is bilingual), with what they say of themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.errors import ArticleError
from bot.settings import Collection
from bot.types import Aligned, Article, Block, BlockKind, Link, Notice, Passage, Section, Translation
from ingest import applicability, bilingual, faq, markdown, metadata, passages, sections
from ingest.applicability import Applicability
from ingest.discover import Found
from ingest.document import Document
from ingest.links import live_page, resolve
from ingest.locales import detect_locale
from ingest.metadata import Metadata
from ingest.source import decode

ENGLISH = "en-US"

_MARK = re.compile(r"^(?:•|\d+\.) ")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file gave. `bilingual` articles come from a file with the English beside every sentence.

    The articles' clouds are still open: `applies_to` holds, for each article, what its head says of them.
    """

    articles: tuple[Article, ...] = ()
    notices: tuple[Notice, ...] = ()
    bilingual: bool = False
    applies_to: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Layout:
    """A document with its sections and passages, and what its head says; META blocks marked."""

    document: Document
    head: Applicability
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]


def parse_file(found: Found, data: bytes, collections: Mapping[str, Collection]) -> Parsed:
    """Parse the bytes of one file. What is wrong with it becomes a notice; nothing is raised for bad input."""
    file = str(found.path)
    try:
        source = decode(data)
        remarks = tuple(Notice(file, None, remark, False, True) for remark in source.remarks)
        if found.path.suffix.lower() in (".yml", ".yaml"):
            parsed = _parse_yaml(found, source.text, collections)
        else:
            parsed = _parse_markdown(found, source.text, collections)
    except ArticleError as error:
        return Parsed(notices=(Notice(file, error.line, error.reason, True),))
    except RecursionError:
        return Parsed(notices=(Notice(file, None, "the text is nested too deeply", True),))
    return replace(parsed, notices=remarks + parsed.notices)


def _parse_markdown(found: Found, text: str, collections: Mapping[str, Collection]) -> Parsed:
    if kind := faq.mime(text):
        return _parse_page(found, text, kind, collections)
    meta, body = metadata.split(text)
    notices = _complaints(found, meta)
    if not body.strip():
        raise ArticleError("there is no text under the front matter", text.count("\n") + 1)
    if not bilingual.is_bilingual(body):
        document = markdown.parse(body)
        if reason := _links_only(found, document):
            return Parsed(notices=(*notices, Notice(str(found.path), None, reason, False)))
        layout = _lay_out(document)
        return Parsed((_article(found, meta, layout, collections),), notices, False, (layout.head.applies_to,))
    both = bilingual.split(body)
    translated = markdown.parse(both.translated)
    if reason := _links_only(found, translated):
        return Parsed(notices=(*notices, Notice(str(found.path), None, reason, False)))
    pairs = bilingual.plain_pairs(both)
    alignment = bilingual.align(translated.text, pairs)
    layout, english = _lay_out(translated), _english_layout(both.english)
    first = _article(found, meta, layout, collections, alignment)
    second = _english(found, meta, english, collections)
    return Parsed((first, second), notices, True, (layout.head.applies_to, english.head.applies_to))


def _parse_yaml(found: Found, text: str, collections: Mapping[str, Collection]) -> Parsed:
    kind = faq.mime(text)
    if kind is None:
        return Parsed(notices=(Notice(str(found.path), None, "YAML that is no FAQ page", False),))
    return _parse_page(found, text, kind, collections)


def _parse_page(found: Found, text: str, kind: str, collections: Mapping[str, Collection]) -> Parsed:
    if kind.lower() != "faq":
        names = {"landing": "a landing page", "hub": "a landing page", "toc": "a table of contents"}
        reason = names.get(kind.lower(), f"a page of the kind {kind}, which holds no article")
        return Parsed(notices=(Notice(str(found.path), None, reason, False),))
    data = faq.load(text)
    own = data.get("metadata")
    meta = metadata.read(own if isinstance(own, dict) else {}, text)
    notices = _complaints(found, meta)
    if not bilingual.is_bilingual(text):
        layout = _lay_out(faq.document(data, str))
        article = _article(found, replace(meta, title=meta.title or faq.title(data, str)), layout, collections)
        return Parsed((article,), notices, False, (layout.head.applies_to,))

    def translated(string: str) -> str:
        return bilingual.split(string).translated

    def original(string: str) -> str:
        return bilingual.split(string).english

    layout, english = _lay_out(faq.document(data, translated)), _lay_out(faq.document(data, original))
    alignment = bilingual.align(layout.document.text, bilingual.sentence_pairs(text))
    title = meta.title or faq.title(data, translated)
    first = _article(found, replace(meta, title=title), layout, collections, alignment)
    second = _english(found, meta, english, collections, faq.title(data, original))
    return Parsed((first, second), notices, True, (layout.head.applies_to, english.head.applies_to))


def _lay_out(document: Document) -> _Layout:
    head = applicability.find(document)
    blocks = tuple(
        replace(block, kind=BlockKind.META) if index in head.meta else block
        for index, block in enumerate(document.blocks)
    )
    cut = sections.cut(document)
    return _Layout(document, head, blocks, cut, passages.cut(document.text, blocks, cut, document.links))


@lru_cache(maxsize=32)
def _english_layout(english: str) -> _Layout:
    """Kept for a while: the files of an article in eleven locales come one after another, with the same English."""
    return _lay_out(markdown.parse(english))


def _english(
    found: Found, meta: Metadata, layout: _Layout, collections: Mapping[str, Collection], title: str = ""
) -> Article:
    """The English source of a bilingual file: its metadata in the translation's language do not hold for it."""
    meta = replace(meta, title=title, description="", locale=ENGLISH, translation=Translation.ORIGINAL)
    return _article(found, meta, layout, collections)


def _article(
    found: Found,
    meta: Metadata,
    layout: _Layout,
    collections: Mapping[str, Collection],
    alignment: tuple[Aligned, ...] = (),
) -> Article:
    text = layout.document.text
    if not text.strip():
        raise ArticleError("there is no text in the article")
    locale = meta.locale or found.folder_locale or detect_locale(text)
    translation = meta.translation
    if translation is Translation.UNKNOWN and locale.partition("-")[0] == "en":
        translation = Translation.ORIGINAL
    title = meta.title or _first_heading(layout.document) or found.article_id.rpartition("/")[2]
    resolved = (
        Link(link.start, link.end, url)
        for link in layout.document.links
        if (url := resolve(link.url, found.article_id, locale, collections))
    )
    return Article(
        article_id=found.article_id,
        locale=locale,
        title=title,
        text=text,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        sections=layout.sections,
        blocks=layout.blocks,
        passages=layout.passages,
        links=tuple(resolved),
        description=meta.description,
        date=meta.date,
        translation=translation,
        roles=layout.head.roles,
        url=live_page(found.article_id, locale, collections),
        source=str(found.path),
        asset_id=meta.asset_id,
        alignment=alignment,
    )


def _first_heading(document: Document) -> str:
    """The words of the level-one heading, else of the first heading."""
    if not document.headings:
        return ""
    heading = next((heading for heading in document.headings if heading.level == 1), document.headings[0])
    block = document.blocks[heading.block]
    return document.text[block.start : block.end]


def _links_only(found: Found, document: Document) -> str | None:
    """Whether this is an index page: nothing but headings and links."""
    if found.path.stem.lower() not in ("index", "default", "home"):
        return None
    words = [document.text[b.start : b.end] for b in document.blocks if b.kind is not BlockKind.HEADING]
    total = sum(len(_MARK.sub("", block)) for block in words)
    linked = sum(link.end - link.start for link in document.links)
    return "a landing page" if total and linked > 0.8 * total else None


def _complaints(found: Found, meta: Metadata) -> tuple[Notice, ...]:
    return tuple(Notice(str(found.path), line, reason, False, True) for line, reason in meta.complaints)
