"""The `guide` command: what `bot.cli` has, with the commands that build things."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import bot.evaluation.commands  # noqa: F401  it adds its commands to the app
from bot.cli import IndexOption, app, run
from bot.settings import load_settings


@app.command(short_help="Make an index of folders of articles")
def ingest(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER…", help="Folders of articles: Markdown (.md, .txt) and FAQ pages (.yml)."),
    ],
    index: IndexOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Make an index of the articles in some folders; they become its whole content.

    What has not changed since the last time is not embedded again. A file that cannot be read is named with its
    line and the reason, and the rest is ingested. A server that serves the index takes the new one up by itself.
    """
    from ingest.pipeline import build_index, report_dict, report_text
    from ingest.progress import bars

    settings = load_settings()
    if index is not None:
        settings = replace(settings, index=index.resolve())
    with bars(quiet=as_json) as progress:
        report = build_index(folders, settings.index, settings, progress=progress)
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    print(json.dumps(report_dict(report), ensure_ascii=False, indent=2) if as_json else report_text(report))


@app.command("train-encoder", short_help="Train the encoder that the project ships")
def train(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER…", help="Folders of articles, bilingual ones (sxs-lookup) among them."),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="The encoder's folder, replaced at the end.")
    ] = Path("models/encoder"),
    work: Annotated[
        Path, typer.Option("--work", metavar="DIR", help="Where finished stages are kept, to go on after a break.")
    ] = Path("models/training"),
    teacher: Annotated[
        str | None,
        typer.Option("--teacher", metavar="MODEL", help="A folder or hub name. Default: the all-MiniLM-L6-v2 package."),
    ] = None,
) -> None:
    """Train a multilingual encoder from aligned sentences and an English teacher; three and a half hours on two cores.

    Every sentence and its translation learn the teacher's vector of the English one; then questions and headings
    learn to find their sections, and tokens to tell these apart. An index built with the encoder before must be built
    again.
    """
    from ingest.progress import bars
    from ingest.training.recipe import train_encoder

    with bars() as progress:
        trained = train_encoder(folders, output, work, load_settings(), teacher=teacher, progress=progress)
    print(f"{trained.output}: {trained.dimension} dimensions, {trained.bytes / 1e6:.1f} MB, {trained.seconds:.0f} s")


def main() -> None:
    """The entry point of `guide`."""
    run(app)
