"""Whom the server answers and what it reads: origins, addresses, bodies, refusals, headers.

An origin is what a browser says of the page that asks. Programs can say what they like there: the check protects the
users of browsers from other pages, not the server from programs; limits and signed tokens do that.

- What changes something must name an allowed origin: browsers name one with every such request.
- What only reads may come without one, as a page's own GET does, unless the browser says that it is another site's.
- Pages on this machine are allowed where the server listens on this machine only; no others unless they are listed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.dialogue import known_locale
from bot.locales import Texts, get_texts
from bot.settings import WidgetSettings

# Nothing but the server's own files and addresses: no inline script or style, no other host, no frame.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}
DATA_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LOCAL_HOST = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?")
_READING = frozenset({"GET", "HEAD"})
_OTHER_SITES = frozenset({"cross-site", "same-site"})
_DRAIN_S = 1.0  # how long the rest of a refused body is read, so that the client gets to read why
_DRAIN_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    text: str  # the key of the sentence


_KINDS = {
    "malformed": _Kind(400, "widget.errors.malformed"),
    "empty": _Kind(400, "chat.empty"),
    "token": _Kind(401, "widget.errors.token"),
    "origin": _Kind(403, "widget.errors.origin"),
    "intent": _Kind(403, "widget.errors.intent"),
    "not_found": _Kind(404, "widget.errors.not_found"),
    "timeout": _Kind(408, "widget.errors.timeout"),
    "replayed": _Kind(409, "widget.errors.replayed"),
    "too_large": _Kind(413, "widget.errors.too_large"),
    "too_long": _Kind(413, "chat.too_long"),
    "too_many": _Kind(429, "widget.errors.too_many"),
    "unavailable": _Kind(503, "chat.unavailable"),
}


class Refusal(Exception):
    """A request that is refused. `code` is the `error` of the reply; `values` fill its sentence's braces."""

    def __init__(self, code: str, *, retry_after: float | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.status = _KINDS[code].status
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
        self.values = values if retry_after is None else {"seconds": self.retry_after, **values}

    def reply(self, texts: Texts) -> HTTPResponse:
        """The reply: {"error", "message", "retry_after"?}."""
        body: dict[str, Any] = {"error": self.code, "message": texts(_KINDS[self.code].text, **self.values)}
        headers = dict(DATA_HEADERS)
        if self.retry_after is not None:
            body["retry_after"] = self.retry_after
            headers["Retry-After"] = str(self.retry_after)
        return json_response(body, status=self.status, headers=headers, ensure_ascii=False)


def check_origin(request: Request, settings: WidgetSettings) -> str:
    """The origin of a request to the widget's channel, empty where it has none. Raises Refusal (origin)."""
    origins = request.headers.getall("origin", [])
    if len(origins) == 1 and origin_allowed(request, origins[0], settings):
        return origins[0]
    if origins or request.method not in _READING or request.headers.get("sec-fetch-site") in _OTHER_SITES:
        raise Refusal("origin")
    return ""


def origin_allowed(request: Request, origin: str, settings: WidgetSettings) -> bool:
    """Whether pages of an origin may use the widget."""
    if origin in settings.origins:
        return True
    scheme, _, host = origin.partition("://")
    return scheme in ("http", "https") and _is_local(request) and _LOCAL_HOST.fullmatch(host) is not None


def check_same_origin(request: Request, settings: WidgetSettings) -> None:
    """Raise Refusal (origin) where a page of another origin asks, or this machine under somebody else's name.

    (A page may have its own name lead to 127.0.0.1, and its browser then takes this server for the page's own.)
    """
    host = request.headers.get("host", "")
    known = _LOCAL_HOST.fullmatch(host) or host in {urlsplit(origin).netloc for origin in settings.origins}
    origin = request.headers.get("origin")
    foreign = request.headers.get("sec-fetch-site") in _OTHER_SITES
    if foreign or (origin is not None and urlsplit(origin).netloc != host) or (_is_local(request) and not known):
        raise Refusal("origin")


def cors_headers(request: Request, settings: WidgetSettings) -> dict[str, str]:
    """The headers that let a page of an allowed origin read a reply; none for others."""
    origin = request.headers.get("origin")
    if origin is None or not origin_allowed(request, origin, settings):
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def preflight(request: Request, settings: WidgetSettings) -> HTTPResponse:
    """The answer to a browser that asks what a page may send."""
    headers = cors_headers(request, settings)
    if "Access-Control-Allow-Origin" not in headers:
        return HTTPResponse(status=403, headers={**DATA_HEADERS, **headers})
    headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
    headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    headers["Access-Control-Max-Age"] = "600"
    return HTTPResponse(status=204, headers=headers)


def client_address(request: Request, settings: WidgetSettings) -> str:
    """The address that limits count: the peer's, or what the outermost of our own proxies saw.

    Of an IPv6 address the network of 64 bits, of which one client has as many addresses as it likes.
    """
    address = request.ip or ""
    if settings.proxies:
        passed = [part.strip() for part in ",".join(request.headers.getall("x-forwarded-for", [])).split(",")]
        address = passed[-settings.proxies] if len(passed) >= settings.proxies and passed[0] else address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return request.ip or ""
    if parsed.version == 6 and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


async def read_object(request: Request, limit: int, seconds: float) -> dict[str, Any]:
    """The JSON object of a body. Raises Refusal for one too large, too slow, or none.

    The route must be a streaming one, so that no more is held than the limit.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal("malformed")
    try:
        body = await asyncio.wait_for(_read(request, limit), seconds)
    except asyncio.TimeoutError:
        raise Refusal("timeout") from None
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Refusal("malformed") from None
    if not isinstance(found, dict):
        raise Refusal("malformed")
    return found


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise Refusal("too_large")
    async for part in request.stream:
        body += part
        if len(body) > limit:
            raise Refusal("too_large")
    return bytes(body)


async def drain(request: Request) -> None:
    """Read what is left of a refused body for a moment; then the connection is closed with the reply."""
    stream = request.stream
    if stream is None or not stream.request_body:
        return

    async def rest() -> None:
        size = 0
        async for part in stream:
            size += len(part)
            if size > _DRAIN_BYTES:
                return

    with contextlib.suppress(Exception):  # whatever is wrong with it: it is not wanted
        await asyncio.wait_for(rest(), _DRAIN_S)
    if stream.request_body:
        stream.request_body, stream.keep_alive = None, False


def refusal_texts(request: Request, settings_locale: str, *known: Any) -> Texts:
    """The texts of the first locale known, else of the browser's, else of the settings'."""
    accepted = request.headers.get("accept-language", "")[:200].split(",")
    weighed = sorted(accepted, key=_weight, reverse=True)
    candidates = (*known, *(part.partition(";")[0].strip() for part in weighed), settings_locale)
    return get_texts(next((tag for value in candidates if (tag := known_locale(value))), settings_locale))


def _weight(part: str) -> float:
    found = re.search(r";\s*q=([01](?:\.\d+)?)\s*$", part)
    return float(found[1]) if found else 1.0


def _is_local(request: Request) -> bool:
    """Whether the server listens on this machine only. Only `guide serve` says so; other servers are not believed."""
    return bool(getattr(request.app.ctx, "listens_locally", False))
