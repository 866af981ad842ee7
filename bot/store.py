"""The articles of an index in one SQLite file: what is found by id is read when it is needed, not held in memory."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.types import (
    Aligned,
    Article,
    Block,
    BlockKind,
    Cloud,
    Clouds,
    Link,
    Passage,
    Section,
    Translation,
)

_SCHEMA = """
CREATE TABLE article (
    id INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    current INTEGER NOT NULL,
    title TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX article_by_id ON article (article_id COLLATE NOCASE, locale);
"""


def write_articles(path: Path, articles: Iterable[Article]) -> None:
    """Write all articles to a new SQLite file at `path`; their row ids are 0, 1, 2, … in the order given."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)",
            ((i, a.article_id, a.locale, a.current, a.title, pack(a)) for i, a in enumerate(articles)),
        )
        connection.commit()
    finally:
        connection.close()


class ArticleStore:
    """Reads articles by row id or by `article_id`. Any number of threads may use one store."""

    def __init__(self, path: Path, cached: int = 512) -> None:
        self._uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self.article = lru_cache(maxsize=cached)(self._article)

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = sqlite3.connect(self._uri, uri=True)
        return self._local.connection

    def _article(self, row: int) -> Article:
        (data,) = self._connection().execute("SELECT data FROM article WHERE id = ?", (row,)).fetchone()
        return unpack(data)

    def find(self, article_id: str, locale: str | None = None) -> list[Article]:
        """All versions of an article, current ones first, then the newest; every locale where none is given."""
        rows = self._connection().execute(
            "SELECT id FROM article WHERE article_id = ? COLLATE NOCASE AND (? IS NULL OR locale = ?)",
            (article_id, locale, locale),
        )
        found = [self.article(row) for (row,) in rows]
        return sorted(found, key=lambda a: (not a.current, -(a.date or dt.date.min).toordinal(), a.locale, a.source))

    def current_rows(self, article_id: str, locale: str) -> list[int]:
        """The row ids of the versions of an article that are quoted in a locale."""
        rows = self._connection().execute(
            "SELECT id FROM article WHERE article_id = ? COLLATE NOCASE AND locale = ? AND current ORDER BY id",
            (article_id, locale),
        )
        return [row for (row,) in rows]

    def similar_ids(self, article_id: str, limit: int = 3) -> list[str]:
        """Ids that hold the last part of the one asked for: what its writer may have meant."""
        tail = article_id.rstrip("/").rpartition("/")[2]
        escaped = tail.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = self._connection().execute(
            "SELECT DISTINCT article_id FROM article WHERE article_id LIKE ? ESCAPE '\\' ORDER BY article_id LIMIT ?",
            (f"%{escaped}%", limit),
        )
        return [article for (article,) in rows]

    def all(self) -> Iterator[Article]:
        """Every article in the order of its row id."""
        for (data,) in self._connection().execute("SELECT data FROM article ORDER BY id"):
            yield unpack(data)


def pack(article: Article) -> bytes:
    """An article as compressed JSON."""
    data: dict[str, Any] = {name: getattr(article, name) for name in _PLAIN}
    data |= {
        "date": article.date.isoformat() if article.date else None,
        "translation": article.translation.value,
        "clouds": sorted(article.clouds),
        "stands_for": sorted(article.stands_for),
        "sections": [[s.anchor, s.heading, s.path, s.level, s.start, s.end] for s in article.sections],
        "blocks": [[b.kind.value, b.start, b.end, b.depth, b.list_id, b.header] for b in article.blocks],
        "passages": [[p.section, p.start, p.end] for p in article.passages],
        "links": [[x.start, x.end, x.url] for x in article.links],
        "alignment": [[a.start, a.end, a.english] for a in article.alignment],
    }
    return zlib.compress(json.dumps(data, ensure_ascii=False).encode(), 3)


def unpack(data: bytes) -> Article:
    """The article that `pack` made these bytes from."""
    values = json.loads(zlib.decompress(data))
    return Article(
        **{name: values[name] for name in _PLAIN if name not in ("roles", "supersedes")},
        roles=tuple(values["roles"]),
        supersedes=tuple(values["supersedes"]),
        date=dt.date.fromisoformat(values["date"]) if values["date"] else None,
        translation=Translation(values["translation"]),
        clouds=_clouds(values["clouds"]),
        stands_for=_clouds(values["stands_for"]),
        sections=tuple(Section(s[0], s[1], tuple(s[2]), *s[3:]) for s in values["sections"]),
        blocks=tuple(Block(BlockKind(b[0]), *b[1:]) for b in values["blocks"]),
        passages=tuple(Passage(*p) for p in values["passages"]),
        links=tuple(Link(*x) for x in values["links"]),
        alignment=tuple(Aligned(*a) for a in values["alignment"]),
    )


def _clouds(values: list[str]) -> Clouds:
    return frozenset(Cloud(value) for value in values)


_PLAIN = (
    "article_id", "locale", "title", "text", "sha256", "description", "clouds_from", "roles", "url", "source",
    "asset_id", "archived", "current", "supersedes",
)  # fmt: skip
