"""Folders of articles → the corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.errors import ArticleError
from bot.settings import Settings
from bot.types import Corpus, Notice
from ingest import versions
from ingest.discover import discover
from ingest.parse import Parsed, parse_file
from ingest.siblings import fill_clouds
from ingest.source import read_bytes
from ingest.versions import Version

Progress = Callable[[int, int], None]


def read_corpus(
    folders: Sequence[Path],
    settings: Settings,
    *,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Corpus:
    """Read all articles under the folders.

    `progress(done, total)` counts files.
    """
    files, notices = discover(folders)
    read: list[Version] = []
    for done, found in enumerate(files):
        if progress:
            progress(done, len(files))
        try:
            parsed = parse_file(found, read_bytes(found.path), settings.collections)
        except ArticleError as error:
            parsed = Parsed(notices=(Notice(str(found.path), error.line, error.reason, True),))
        notices.extend(parsed.notices)
        read.extend(Version(article, parsed.bilingual) for article in parsed.articles)
    if progress:
        progress(len(files), len(files))
    filled = fill_clouds([version.article for version in read], settings)
    settled, remarks = versions.resolve(
        [Version(article, version.bilingual) for article, version in zip(filled, read, strict=True)]
    )
    notices.extend(remarks)
    notices.sort(key=lambda notice: (notice.file, notice.line or 0, notice.reason))
    return Corpus(tuple(settled), tuple(notices), len(files))
