"""What one file gave, as bytes and back: for the cache and for the way from the reading processes.

JSON of flat lists: nothing in a cache file can run as code, and the numbers are read fast. An article's text with its
offsets is a string of its own inside of it, so that the same English source, met in eleven bilingual files, is
decoded and kept once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import MutableMapping, Sequence
from typing import Any

from bot.types import Aligned, Article, Block, BlockKind, Link, Notice, Passage, Section, Translation
from ingest.parse import Parsed

_KINDS = tuple(BlockKind)
_KIND_NUMBER = {kind: number for number, kind in enumerate(_KINDS)}

Body = tuple[str, str, tuple[Section, ...], tuple[Block, ...], tuple[Passage, ...], tuple[Link, ...]]
Bodies = MutableMapping[bytes, Body]


def encode(parsed: Parsed) -> bytes:
    """The bytes of a parsed file, without the file's name."""
    data = [
        parsed.bilingual,
        [[notice.line, notice.reason, notice.refused, notice.ingested] for notice in parsed.notices],
        [_article(article) for article in parsed.articles],
        parsed.applies_to,
    ]
    return zlib.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8"), 1)


def decode(data: bytes, file: str, bodies: Bodies) -> Parsed:
    """The parsed file again, `file` being its name now. `bodies` holds the texts decoded so far and is added to.

    Raises ValueError for bytes that `encode` did not write.
    """
    try:
        bilingual, notices, articles, applies_to = json.loads(zlib.decompress(data))
        return Parsed(
            tuple(_decode_article(fields, file, bodies) for fields in articles),
            tuple(Notice(file, line, reason, refused, ingested) for line, reason, refused, ingested in notices),
            bool(bilingual),
            tuple(tuple(entries) for entries in applies_to),
        )
    except (zlib.error, TypeError, IndexError, KeyError, AttributeError) as error:
        raise ValueError(f"no parsed file: {error}") from error


def _article(article: Article) -> list[Any]:
    return [
        article.article_id,
        article.locale,
        article.title,
        article.description,
        article.date.toordinal() if article.date else None,
        article.translation.value,
        list(article.roles),
        article.url,
        article.asset_id,
        [value for pair in article.alignment for value in (pair.start, pair.end, pair.english)],
        _body(article),
    ]


def _body(article: Article) -> str:
    blocks: list[int] = []
    for block in article.blocks:
        list_id = -1 if block.list_id is None else block.list_id
        blocks += (_KIND_NUMBER[block.kind], block.start, block.end, block.depth, list_id, int(block.header))
    sections = [
        [section.anchor, section.heading, list(section.path), section.level, section.start, section.end]
        for section in article.sections
    ]
    passages = [value for passage in article.passages for value in (passage.section, passage.start, passage.end)]
    links = [value for link in article.links for value in (link.start, link.end, link.url)]
    data = [article.text, article.sha256, sections, blocks, passages, links]
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _decode_article(fields: Sequence[Any], file: str, bodies: Bodies) -> Article:
    article_id, locale, title, description, day, translation, roles, url, asset_id, alignment, body = fields
    text, sha256, sections, blocks, passages, links = _decode_body(body, bodies)
    return Article(
        article_id=article_id,
        locale=locale,
        title=title,
        text=text,
        sha256=sha256,
        sections=sections,
        blocks=blocks,
        passages=passages,
        links=links,
        description=description,
        date=dt.date.fromordinal(day) if day else None,
        translation=Translation(translation),
        roles=tuple(roles),
        url=url,
        source=file,
        asset_id=asset_id,
        alignment=tuple(Aligned(alignment[i], alignment[i + 1], alignment[i + 2]) for i in range(0, len(alignment), 3)),
    )


def _decode_body(body: str, bodies: Bodies) -> Body:
    key = hashlib.blake2b(body.encode("utf-8"), digest_size=20).digest()
    if (known := bodies.get(key)) is not None:
        return known
    text, sha256, sections, blocks, passages, links = json.loads(body)
    decoded: Body = (
        text,
        sha256,
        tuple(
            Section(anchor, heading, tuple(path), level, start, end)
            for anchor, heading, path, level, start, end in sections
        ),
        tuple(
            Block(
                _KINDS[blocks[i]],
                blocks[i + 1],
                blocks[i + 2],
                blocks[i + 3],
                None if blocks[i + 4] < 0 else blocks[i + 4],
                bool(blocks[i + 5]),
            )
            for i in range(0, len(blocks), 6)
        ),
        tuple(Passage(passages[i], passages[i + 1], passages[i + 2]) for i in range(0, len(passages), 3)),
        tuple(Link(links[i], links[i + 1], links[i + 2]) for i in range(0, len(links), 3)),
    )
    bodies[key] = decoded
    return decoded
