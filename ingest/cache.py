"""Parsed files by content, in a SQLite file, so that a second ingestion parses only what changed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import TracebackType

from bot.settings import Collection
from ingest.discover import Found

_FOLDER = Path(__file__).parent
_BOT = _FOLDER.parent / "bot"
_NOT_READING = frozenset(("cli.py", "pipeline.py", "__init__.py"))
_PACKAGES = ("markdown-it-py", "PyYAML", "python-frontmatter", "py3langid")


@lru_cache(maxsize=1)
def reader_version() -> str:
    """A hash over everything but the articles that decides what reading gives: this code, its data, its packages."""
    digest = hashlib.sha256()
    own = sorted(path for path in _FOLDER.iterdir() if path.suffix in (".py", ".yml") and path.name not in _NOT_READING)
    for path in (*own, *(_BOT / name for name in ("languages.py", "languages.tsv", "locales.py", "types.py"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for package in _PACKAGES:
        digest.update(f"{package} {metadata.version(package)}\0".encode())
    return digest.hexdigest()


def key_of(found: Found, data: bytes, collections: Mapping[str, Collection]) -> bytes:
    """What the result of parsing a file depends on, hashed: its bytes, what it is called, where links lead."""
    digest = hashlib.sha256(reader_version().encode())
    urls = sorted((name, collection.url) for name, collection in collections.items())
    digest.update(repr((found.article_id, found.folder_locale, found.path.name, urls)).encode("utf-8", "replace"))
    digest.update(data)
    return digest.digest()


class Cache:
    """A dictionary of bytes on disk. With no path, or a file that cannot be used, it forgets everything."""

    def __init__(self, path: Path | None) -> None:
        self._database = _open(path) if path is not None else None
        self._used: list[bytes] = []
        self._new: list[tuple[bytes, bytes]] = []

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._write()
            if kind is None:
                self._prune()
            self._database.close()

    def get(self, key: bytes) -> bytes | None:
        """The value under a key, or None."""
        if self._database is None:
            return None
        try:
            row = self._database.execute("SELECT value FROM parsed WHERE key = ?", (key,)).fetchone()
        except sqlite3.DatabaseError:
            return None
        if row is None:
            return None
        self._used.append(key)
        return bytes(row[0])

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value; it is on disk after some more of them, or when the cache is closed."""
        if self._database is None:
            return
        self._used.append(key)
        self._new.append((key, value))
        if len(self._new) >= 500:
            self._write()

    def _write(self) -> None:
        rows, self._new = self._new, []
        if rows and self._database is not None:
            # a cache that another process holds, or a full disk, costs time and nothing else
            with suppress(sqlite3.DatabaseError), self._database:
                self._database.executemany("INSERT OR REPLACE INTO parsed VALUES (?, ?)", rows)

    def _prune(self) -> None:
        """Forget what this run did not use, once that is more than half of the cache."""
        if self._database is None:
            return
        with suppress(sqlite3.DatabaseError):
            (count,) = self._database.execute("SELECT count(*) FROM parsed").fetchone()
            if count <= 2 * len(self._used) + 1000:
                return
            with self._database:
                self._database.execute("CREATE TEMP TABLE used (key BLOB PRIMARY KEY)")
                self._database.executemany("INSERT OR IGNORE INTO used VALUES (?)", _rows(self._used))
                self._database.execute("DELETE FROM parsed WHERE key NOT IN (SELECT key FROM used)")
            self._database.execute("VACUUM")


def _rows(keys: Iterable[bytes]) -> Iterable[tuple[bytes]]:
    return ((key,) for key in keys)


def _open(path: Path) -> sqlite3.Connection | None:
    """The database, made anew where the file is damaged; None where there can be none."""
    for attempt in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(path, timeout=5)
        except (OSError, sqlite3.Error):
            return None
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")
            database.execute("CREATE TABLE IF NOT EXISTS parsed (key BLOB PRIMARY KEY, value BLOB NOT NULL)")
            return database
        except sqlite3.OperationalError:
            database.close()
            return None
        except sqlite3.DatabaseError:
            database.close()
            if attempt == 0:
                with suppress(OSError):
                    path.unlink()
    return None
