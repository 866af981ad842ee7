"""From folders of articles to an index: read, resolve, embed, write, report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import GuideError
from bot.retrieval.known import read_known
from bot.settings import Settings
from bot.types import Corpus, Notice
from ingest.index_writer import write_index
from ingest.reader import read_corpus

CACHE = "parsed.sqlite"
REASONS = 12  # reasons that the report in words counts; its JSON has every file
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingestion did. Counts are of articles that are quoted, unless they say otherwise."""

    index: Path
    build: str
    files: int
    articles: int
    superseded: int
    passages: int
    embedded: int
    known_questions: int
    locales: dict[str, dict[str, int]]
    clouds: dict[str, int]
    notices: tuple[Notice, ...]
    seconds: float

    @property
    def refused(self) -> tuple[Notice, ...]:
        return tuple(notice for notice in self.notices if notice.refused)

    @property
    def skipped(self) -> tuple[Notice, ...]:
        return tuple(notice for notice in self.notices if not notice.refused and not notice.ingested)

    @property
    def remarks(self) -> tuple[Notice, ...]:
        """What is odd about files that were ingested all the same."""
        return tuple(notice for notice in self.notices if notice.ingested)


def build_index(
    folders: Sequence[Path],
    index: Path,
    settings: Settings,
    *,
    progress: Progress | None = None,
) -> Report:
    """Read the articles of some folders and make them the content of the index folder.

    Articles that are no longer there leave the index; what has not changed is neither parsed nor embedded again.
    `progress` is called with a stage ("read", "embed", "questions"), what is done and what there is. Raises GuideError
    for a folder that is none, a file of known questions that cannot be read, and where no article could be read: the
    index is then as before.
    """
    from bot.encoder import load_encoder

    started = time.monotonic()
    for folder in folders:
        if not folder.is_dir():
            raise GuideError(f"{folder} is not a folder of articles.")
    tell = progress or (lambda *_: None)
    known = read_known(settings.known_questions)
    encoder = load_encoder(settings.encoder)
    index.mkdir(parents=True, exist_ok=True)
    corpus = read_corpus(folders, settings, progress=lambda done, total: tell("read", done, total), cache=index / CACHE)
    if not corpus.articles:
        raise GuideError(_nothing(folders, corpus))
    manifest = write_index(index, corpus, encoder, tell, known=known)
    return Report(
        index=index,
        build=manifest["build"],
        files=corpus.files,
        articles=manifest["articles"]["current"],
        superseded=manifest["articles"]["superseded"],
        passages=manifest["passages"],
        embedded=manifest["embedded"],
        known_questions=manifest["known_questions"],
        locales=manifest["locales"],
        clouds=manifest["clouds"],
        notices=corpus.notices,
        seconds=time.monotonic() - started,
    )


def _nothing(folders: Sequence[Path], corpus: Corpus) -> str:
    where = ", ".join(map(str, folders))
    lines = [f"No article in {where}: the index is left as it was."]
    lines += [notice_line(notice) for notice in corpus.notices[:20]]
    return "\n".join(lines)


def notice_line(notice: Notice) -> str:
    """A notice as `file:line: reason`."""
    place = notice.file if notice.line is None else f"{notice.file}:{notice.line}"
    return f"{place}: {notice.reason}"


def report_dict(report: Report) -> dict[str, Any]:
    """What `guide ingest --json` prints."""
    return {
        "index": str(report.index),
        "build": report.build,
        "files": report.files,
        "articles": report.articles,
        "superseded": report.superseded,
        "passages": report.passages,
        "embedded": report.embedded,
        "known_questions": report.known_questions,
        "locales": report.locales,
        "clouds": report.clouds,
        "skipped": [_notice_dict(notice) for notice in report.skipped],
        "refused": [_notice_dict(notice) for notice in report.refused],
        "remarks": [_notice_dict(notice) for notice in report.remarks],
        "seconds": round(report.seconds, 2),
    }


def _notice_dict(notice: Notice) -> dict[str, Any]:
    return {"file": notice.file, "line": notice.line, "reason": notice.reason}


def report_text(report: Report) -> str:
    """What `guide ingest` prints at its end."""
    lines = [
        f"{report.articles} articles ({report.superseded} superseded versions beside them), {report.passages} passages "
        f"from {report.files} files in {report.seconds:.1f} s; {report.embedded} passages embedded anew; "
        f"{report.known_questions} known questions about them.",
        "",
        f"{'locale':<10}{'articles':>10}{'passages':>10}",
        *(f"{name:<10}{row['articles']:>10}{row['passages']:>10}" for name, row in sorted(report.locales.items())),
        "",
        f"{'cloud':<20}{'articles':>10}",
        *(f"{name:<20}{count:>10}" for name, count in sorted(report.clouds.items())),
    ]
    for heading, notices in (("Left out on purpose", report.skipped), ("Odd, but ingested", report.remarks)):
        if notices:
            lines += ["", f"{heading}: {len(notices)}"]
            reasons = Counter(notice.reason for notice in notices).most_common()
            lines += [f"  {count:>6}  {reason}" for reason, count in reasons[:REASONS]]
            if len(reasons) > REASONS:
                lines.append(f"  … and {len(reasons) - REASONS} other reasons: --json names every file")
    if report.refused:
        lines += ["", f"Refused: {len(report.refused)}", *(f"  {notice_line(notice)}" for notice in report.refused)]
    lines += ["", f"Index: {report.index} ({report.build})"]
    return "\n".join(lines)
