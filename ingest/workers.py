"""Reading files: one after another, or in several processes where there are many."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice

from bot.errors import ArticleError
from bot.settings import Collection
from bot.types import Notice
from ingest.codec import encode
from ingest.discover import Found
from ingest.parse import Parsed, parse_file
from ingest.timelimit import time_limit

SECONDS = 60.0  # for one file; a page of a megabyte takes one or two
CHUNK = 48
FEW = 96  # so many files are read here sooner than a second process has started

# A fresh interpreter each: a fork would copy whatever the caller's threads hold locked.
_CONTEXT = multiprocessing.get_context("spawn")

Task = tuple[Found, bytes]
ParseChunk = Callable[[Sequence[Task], Mapping[str, Collection]], list[bytes]]


def parse_all(tasks: Iterable[Task], collections: Mapping[str, Collection]) -> Iterator[tuple[Found, bytes]]:
    """The encoded result of every file, in any order. A file that takes too long or crashes its process is refused."""
    remaining = iter(tasks)
    first = list(islice(remaining, FEW + 1))
    if len(first) <= FEW or not _processes_start():
        for found, data in chain(first, remaining):
            yield found, _parse(found, data, collections)
        return
    yield from Pool(collections).run(_chunks(first, remaining))


def _processes_start() -> bool:
    """Whether a reading process can be started from here.

    It cannot from a program typed into the interpreter, from a script that does its work while it is imported, and
    where the system has no shared memory.
    """
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if file is not None and not os.path.exists(file):
        return False
    try:
        with ProcessPoolExecutor(1, mp_context=_CONTEXT) as pool:
            pool.submit(os.getpid).result(timeout=120)
    except (BrokenProcessPool, OSError, TimeoutError, RuntimeError):
        return False
    return True


def _parse(found: Found, data: bytes, collections: Mapping[str, Collection]) -> bytes:
    try:
        with time_limit(SECONDS):
            parsed = parse_file(found, data, collections)
    except ArticleError as error:  # the limit ran out where nothing else caught it
        parsed = refused(found, error)
    except Exception as error:  # a fault in the reader must not cost the other files; it is named, not hidden
        parsed = refused(found, ArticleError(f"the reader failed on this file ({type(error).__name__}: {error})"))
    return encode(parsed)


def refused(found: Found, error: ArticleError) -> Parsed:
    """What a file gave that could not be read."""
    return Parsed(notices=(Notice(str(found.path), error.line, error.reason, True),))


def _parse_chunk(tasks: Sequence[Task], collections: Mapping[str, Collection]) -> list[bytes]:
    return [_parse(found, data, collections) for found, data in tasks]


def _chunks(first: list[Task], remaining: Iterator[Task]) -> Iterator[list[Task]]:
    for start in range(0, len(first), CHUNK):
        yield first[start : start + CHUNK]
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


class Pool:
    """Reading processes. A file that brings its process down is found by halving, and refused."""

    def __init__(self, collections: Mapping[str, Collection], parse: ParseChunk = _parse_chunk) -> None:
        self._collections = dict(collections)
        self._parse = parse
        self._workers = max(1, min(os.cpu_count() or 1, 8))

    def run(self, chunks: Iterator[list[Task]]) -> Iterator[tuple[Found, bytes]]:
        """The encoded results of all chunks."""
        while broken := (yield from self._run(chunks, self._workers)):
            while broken:
                chunk = broken.pop()
                if not (yield from self._run(iter([chunk]), 1)):
                    continue
                if len(chunk) == 1:
                    found = chunk[0][0]
                    yield found, encode(refused(found, ArticleError("reading this file crashed the reader")))
                else:
                    broken += [chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]]

    def _run(
        self, chunks: Iterator[list[Task]], workers: int
    ) -> Generator[tuple[Found, bytes], None, list[list[Task]]]:
        """Read chunks until there are none or a process dies; return the chunks that were being read then."""
        running: dict[Future[list[bytes]], list[Task]] = {}
        with ProcessPoolExecutor(workers, mp_context=_CONTEXT) as pool:
            try:
                while True:
                    while len(running) < 2 * workers and (chunk := next(chunks, None)):
                        running[pool.submit(self._parse, chunk, self._collections)] = chunk
                    if not running:
                        return []
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        results = future.result()
                        chunk = running.pop(future)
                        yield from zip((found for found, _ in chunk), results, strict=True)
            except BrokenProcessPool:
                return list(running.values())
            finally:
                for future in running:
                    future.cancel()
