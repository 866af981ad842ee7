"""Asking a running server instead of loading an index: where it is, whether it serves this very index, its answer."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.errors import QueryError
from bot.settings import Settings
from bot.types import Query

CONNECT_S = 0.3
ANSWER_S = 20.0


def _note(index: Path) -> Path:
    """The file in which a server of this user says where it serves an index."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return Path(tempfile.gettempdir()) / f"partner-guide-{user}-{zlib.crc32(str(index.resolve()).encode()):08x}.json"


@contextlib.contextmanager
def announced(index: Path, url: str) -> Iterator[None]:
    """While this lasts, `guide ask` of the same user finds the server at `url` for this index."""
    note = _note(index)
    with contextlib.suppress(OSError):  # without the note a server is still found at its usual port
        note.unlink(missing_ok=True)
        with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            json.dump({"url": url, "index": str(index.resolve())}, stream)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)


def find_server(settings: Settings) -> str | None:
    """The address of a running server that serves this very index; None where there is none."""
    import httpx

    addresses = [f"http://127.0.0.1:{settings.port}"]
    note = _note(settings.index)
    with contextlib.suppress(OSError, ValueError, KeyError):
        owned = not hasattr(os, "getuid") or note.stat().st_uid == os.getuid()
        if owned:
            addresses.insert(0, json.loads(note.read_text())["url"])
    for address in dict.fromkeys(addresses):
        try:
            status = httpx.get(f"{address}/guide/status", timeout=httpx.Timeout(2, connect=CONNECT_S)).json()
            if status.get("index") == str(settings.index.resolve()):
                return address
        except (httpx.HTTPError, ValueError, AttributeError):
            continue
    return None


def ask_server(settings: Settings, query: Query, *, explain: bool = False) -> dict[str, Any] | None:
    """The answer of a running server as `bot.render.ask_dict` gives it; None where there is none.

    Raises QueryError where the server refuses the question.
    """
    import httpx

    address = find_server(settings)
    if address is None:
        return None
    cloud = query.cloud.value if query.cloud else None
    body = {"text": query.text, "locale": query.locale, "cloud": cloud, "explain": explain}
    try:
        reply = httpx.post(f"{address}/guide/ask", json=body, timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S))
        data = reply.json()
    except (httpx.HTTPError, ValueError):
        return None
    if 400 <= reply.status_code < 500:
        raise QueryError(str(data.get("error", data)))
    return data if reply.status_code == 200 else None
