"""HTTP for an open network: a deadline for a whole request, lengths that make sense, headers on whatever is served."""

from __future__ import annotations

import re
from typing import Any

from sanic.compat import Header
from sanic.exceptions import InvalidUsage
from sanic.http import Stage
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.server.protocols.http_protocol import HttpProtocol

from bot.channels.guarding import DATA_HEADERS

_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)


class StrictRequest(Request):
    """A request whose body ends in one place, whoever reads it, and that is what it seems to be.

    Sanic 21.12 reads a body of negative length for ever, and nothing else beside it; a body that two headers give an
    end to is one that a proxy in front may see end elsewhere; and who asks for a WebSocket, had or not, is never
    timed out.
    """

    def __init__(self, url_bytes: bytes, headers: Header, *arguments: Any, **options: Any) -> None:
        lengths, codings = headers.getall("content-length", []), headers.getall("transfer-encoding", [])
        if len(lengths) + len(codings) > 1 or not all(_LENGTH.fullmatch(length) for length in lengths):
            raise InvalidUsage("Bad Request")
        if any(coding != "chunked" for coding in codings):
            raise InvalidUsage("Bad Request")
        if "websocket" in headers.get("upgrade", "").lower() and not _speaks_websocket(options.get("app")):
            raise InvalidUsage("Bad Request")
        super().__init__(url_bytes, headers, *arguments, **options)


def _speaks_websocket(app: Any) -> bool:
    """Whether somebody has configured the one channel that needs it."""
    return any(channel.name() == "socketio" for channel in getattr(app.ctx, "input_channels", ()))


class DeadlineProtocol(HttpProtocol):
    """Sanic's timeouts, counted from the first byte of a request.

    Sanic's own begin anew with every byte that comes, so that a client which sends one now and then keeps its
    connection for as long as it likes.
    """

    def data_received(self, data: bytes) -> None:
        http = getattr(self, "_http", None)  # set when the connection's task has begun
        begun = self._time if http is not None and http.stage is not Stage.IDLE else None
        super().data_received(data)
        if begun is not None:
            self._time = begun


async def add_headers(request: Request, reply: HTTPResponse) -> None:
    """A response middleware: what every reply needs, where its route has said nothing else."""
    for name, value in DATA_HEADERS.items():
        reply.headers.setdefault(name, value)
