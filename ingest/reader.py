"""Folders of articles → the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.errors import ArticleError
from bot.settings import Collection, Settings
from bot.types import Article, Corpus
from ingest import versions
from ingest.cache import Cache, key_of
from ingest.codec import Bodies, decode
from ingest.discover import Found, discover
from ingest.parse import Parsed
from ingest.siblings import fill_clouds
from ingest.source import read_bytes
from ingest.versions import Version
from ingest.workers import Task, parse_all, refused

Progress = Callable[[int, int], None]


def read_corpus(
    folders: Sequence[Path],
    settings: Settings,
    *,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Corpus:
    """Read all articles under the folders, settle their clouds and versions, and name what was left out.

    `progress(done, total)` counts files. `cache` is a SQLite file of parsed files: what did not change is not parsed
    again. Nothing that a file holds makes this fail: it becomes a notice. The result does not depend on the order
    of the folders' listings, nor on what the cache held.
    """
    files, notices = discover(folders)
    read: list[tuple[Article, tuple[str, ...], bool]] = []
    with Cache(cache) as parsed_files:
        for done, parsed in enumerate(_read(files, settings.collections, parsed_files)):
            if progress:
                progress(done, len(files))
            notices.extend(parsed.notices)
            for article, applies_to in zip(parsed.articles, parsed.applies_to, strict=True):
                read.append((article, applies_to, parsed.bilingual))
    if progress:
        progress(len(files), len(files))
    read.sort(key=lambda entry: (entry[0].article_id, entry[0].locale, entry[0].source))
    filled = fill_clouds([(article, applies_to) for article, applies_to, _ in read], settings)
    settled, remarks = versions.resolve(
        [Version(article, bilingual) for article, (_, _, bilingual) in zip(filled, read, strict=True)]
    )
    notices.extend(remarks)
    notices.sort(key=lambda notice: (notice.file, notice.line or 0, notice.reason))
    return Corpus(tuple(settled), tuple(notices), len(files))


def _read(files: Sequence[Found], collections: Mapping[str, Collection], cache: Cache) -> Iterator[Parsed]:
    """Every file once, in any order: first those that the cache knows, then the others as they are parsed."""
    bodies: Bodies = {}
    unknown: list[Found] = []
    for found in files:
        try:
            known = cache.get(key_of(found, read_bytes(found.path), collections))
            parsed = None if known is None else decode(known, str(found.path), bodies)
        except ArticleError as error:
            parsed = refused(found, error)
        except ValueError:  # damaged on disk
            parsed = None
        if parsed is None:
            unknown.append(found)
        else:
            yield parsed

    keys: dict[Path, bytes] = {}
    gone: list[Parsed] = []

    def tasks() -> Iterator[Task]:
        for found in unknown:
            try:
                data = read_bytes(found.path)
            except ArticleError as error:  # it was there a moment ago
                gone.append(refused(found, error))
                continue
            keys[found.path] = key_of(found, data, collections)
            yield found, data

    for found, encoded in parse_all(tasks(), collections):
        cache.put(keys.pop(found.path), encoded)
        yield decode(encoded, str(found.path), bodies)
    yield from gone
