"""A progress bar for each stage of an ingestion, on standard error, where a person is watching."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

STAGES = {
    "read": "Reading articles",
    "embed": "Embedding passages",
    "questions": "Embedding questions",
    "tokenizer": "Learning pieces",
    "words": "Learning words",
    "student": "Learning meanings",
    "retrieval": "Learning to find",
    "late": "Learning to compare words",
}


@contextlib.contextmanager
def bars(*, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A function to be called with stage, done and total; it draws nothing where `quiet`."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=quiet,
    ) as progress:
        tasks: dict[str, int] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(STAGES.get(stage, stage), total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield tell
