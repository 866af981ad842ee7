"""Files for browsers: the widget's code, the demonstration page at /, the staff page at /search, and their wording.

GET /                          bot/web/index.html        GET /search    bot/web/search.html
GET /web/NAME                  the files beside them
GET /widget/NAME.js            bot/web/widget: code that any page may load
GET /widget/texts?locale=…     the wording of both, the languages and the clouds; `locale` may be a list, best first
"""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.guarding import DATA_HEADERS, PAGE_HEADERS, Refusal, cors_headers, refusal_texts
from bot.dialogue import EVERY_CLOUD, known_locale
from bot.dialogue import settings as guide_settings
from bot.locales import DEFAULT, get_texts, supported
from bot.types import Cloud

WEB = Path(__file__).resolve().parent.parent / "web"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# The code is as public as the repository it comes from; what it may ask is checked where it asks.
_CODE_HEADERS = {
    **PAGE_HEADERS,
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
}


def pages() -> Blueprint:
    """The routes. What is not in the folders when they are made is not served."""
    routes = Blueprint("pages")
    beside = {path.name: path for path in WEB.iterdir() if path.suffix in _TYPES and path.suffix != ".html"}
    code = {path.name: path for path in (WEB / "widget").glob("*.js")}

    @routes.get("/")
    async def page(request: Request) -> HTTPResponse:
        return _file(request, WEB / "index.html", PAGE_HEADERS)

    @routes.get("/search")
    async def search(request: Request) -> HTTPResponse:
        return _file(request, WEB / "search.html", PAGE_HEADERS)

    @routes.get("/web/<name:str>")
    async def file(request: Request, name: str) -> HTTPResponse:
        return _file(request, beside.get(name), PAGE_HEADERS)

    @routes.get("/widget/<name:str>")
    async def widget(request: Request, name: str) -> HTTPResponse:
        return _file(request, code.get(name), _CODE_HEADERS)

    @routes.get("/widget/texts")
    async def texts(request: Request) -> HTTPResponse:
        wanted = request.args.get("locale", "")[:200].split(",")
        locale = next((tag for value in wanted if (tag := known_locale(value))), None)
        body = widget_texts(locale or known_locale(guide_settings().locale) or DEFAULT)
        headers = {**DATA_HEADERS, "Cache-Control": "public, max-age=300"}
        headers |= cors_headers(request, guide_settings().widget)
        headers["Vary"] = "Origin, Accept-Encoding"
        plain = json.dumps(body, ensure_ascii=False).encode()
        return _reply(request, plain, gzip.compress(plain, mtime=0), headers, "application/json")

    return routes


def widget_texts(locale: str) -> dict[str, Any]:
    """The wording of the widget and of the staff page in one locale, and what can be chosen in them."""
    texts = get_texts(locale)
    clouds = [{"id": cloud.value, "name": texts(f"clouds.{cloud.value}")} for cloud in Cloud]
    return {
        "locale": texts.locale,
        "widget": {name: value for name, value in texts.get("widget").items() if name != "errors"},
        "search_page": _optional(texts, "search_page"),
        "greet": texts("chat.greet"),
        "ask_cloud": texts("chat.ask_cloud"),
        "unavailable": texts("chat.unavailable"),
        "abstain": texts.get("abstain"),
        "answer": texts.get("answer"),
        "limit": guide_settings().max_question_chars,
        "languages": [{"id": tag, "name": get_texts(tag)("name")} for tag in supported()],
        "clouds": [*clouds, {"id": EVERY_CLOUD, "name": texts("chat.all_clouds")}],
    }


def _optional(texts: Any, key: str) -> Any:
    try:
        return texts.get(key)
    except KeyError:
        return {}


def _file(request: Request, path: Path | None, headers: dict[str, str]) -> HTTPResponse:
    if path is None or not path.is_file():
        return Refusal("not_found").reply(refusal_texts(request, guide_settings().locale))
    plain, packed, tag = _read(path, path.stat().st_mtime_ns)
    headers = {**headers, "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return HTTPResponse(status=304, headers=headers)
    return _reply(request, plain, packed, headers, _TYPES[path.suffix])


def _reply(request: Request, plain: bytes, packed: bytes, headers: dict[str, str], kind: str) -> HTTPResponse:
    """The bytes, compressed for who can read that."""
    if "gzip" in request.headers.get("accept-encoding", "") and len(packed) < len(plain):
        headers, plain = {**headers, "Content-Encoding": "gzip"}, packed
    return HTTPResponse(plain, headers=headers, content_type=kind)


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> tuple[bytes, bytes, str]:
    """A file's bytes, the same compressed, and its tag; read again when it has changed."""
    plain = path.read_bytes()
    return plain, gzip.compress(plain, mtime=0), f'W/"{hashlib.sha256(plain).hexdigest()[:20]}"'
