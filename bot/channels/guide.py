"""What the server answers besides the channels of the assistant: `guide ask`'s questions and the page at /.

GET  /guide/status           {"index": real path, "build": id}; 503 until the index is loaded
POST /guide/ask              {"text", "locale"?, "cloud"?} → what `guide ask --json` prints, with "text"
GET  /guide/texts?locale=…   the wording of the page
GET  /, /web/…               the page: static files of bot/web
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.rest import Refused, read_json, refusal
from bot.dialogue import EVERY_CLOUD, known_cloud, known_locale
from bot.engine import Engine
from bot.errors import GuideError, QueryError
from bot.locales import get_texts, supported
from bot.render import answer_dict, answer_text
from bot.types import Cloud, Query

logger = logging.getLogger(__name__)

WEB = Path(__file__).resolve().parent.parent / "web"
_FILES = {
    "index.html": "text/html; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
# Nothing but the server's own files and addresses: no inline script or style, no other host, no frame.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def guide_routes(get_engine: Callable[[], Engine], is_ready: Callable[[], bool]) -> Blueprint:
    """The routes. `get_engine` is called once they are asked and `is_ready`."""
    routes = Blueprint("guide")

    @routes.get("/guide/status")
    async def status(request: Request) -> HTTPResponse:
        if not is_ready():
            return response.json({"error": "The index is being loaded."}, status=503)
        return await _answered(lambda: _status(get_engine()))

    @routes.post("/guide/ask")
    async def ask(request: Request) -> HTTPResponse:
        try:
            query = _query(read_json(request))
        except Refused as refused:
            return response.json(refusal(refused), status=refused.status)
        return await _answered(lambda: _ask(get_engine(), query))

    @routes.get("/guide/texts")
    async def texts(request: Request) -> HTTPResponse:
        locale = known_locale(request.args.get("locale")) or get_engine().settings.locale
        return response.json(page_texts(locale), headers={"Cache-Control": "no-cache"}, ensure_ascii=False)

    @routes.get("/")
    async def page(request: Request) -> HTTPResponse:
        return await _file("index.html")

    @routes.get("/web/<name:str>")
    async def file(request: Request, name: str) -> HTTPResponse:
        if name not in _FILES:
            return response.json({"error": "There is no such file."}, status=404)
        return await _file(name)

    return routes


def page_texts(locale: str) -> dict[str, Any]:
    """The page's wording in one locale, and the languages and clouds that it lets one choose."""
    texts = get_texts(locale)
    clouds = [{"id": cloud.value, "name": texts(f"clouds.{cloud.value}")} for cloud in Cloud]
    return {
        "locale": texts.locale,
        "web": texts.get("web"),
        "greet": texts("chat.greet"),
        "ask_cloud": texts("chat.ask_cloud"),
        "unavailable": texts("chat.unavailable"),
        "source": texts("answer.source"),
        "roles": texts("answer.roles"),
        "related": texts("answer.related"),
        "languages": [{"id": tag, "name": get_texts(tag)("name")} for tag in supported()],
        "clouds": [*clouds, {"id": EVERY_CLOUD, "name": texts("chat.all_clouds")}],
    }


async def _file(name: str) -> HTTPResponse:
    return await response.file(WEB / name, mime_type=_FILES[name], headers=_HEADERS)


def _query(body: dict[str, Any]) -> Query:
    text, locale, cloud = body.get("text"), body.get("locale"), body.get("cloud")
    if not isinstance(text, str) or not text.strip():
        raise Refused("`text` must be a question.")
    if locale is not None and not isinstance(locale, str):
        raise Refused("`locale` must be a tag such as pt-BR.")
    if cloud is not None and known_cloud(cloud) is None:
        raise Refused(f"`cloud` must be one of {', '.join(c.value for c in Cloud)}.")
    return Query(text, locale, known_cloud(cloud))


def _status(engine: Engine) -> dict[str, Any]:
    return {"index": str(engine.path.resolve()), "build": engine.index.build}


def _ask(engine: Engine, query: Query) -> dict[str, Any]:
    answer = engine.ask(query)
    return answer_dict(answer) | {"text": answer_text(answer)}


async def _answered(work: Callable[[], dict[str, Any]]) -> HTTPResponse:
    """What the work returns as JSON; it is done in a thread, so that the server goes on meanwhile."""
    try:
        return response.json(await asyncio.to_thread(work), ensure_ascii=False)
    except QueryError as error:
        return response.json({"error": str(error)}, status=400)
    except GuideError as error:
        logger.error("%s", error)
        return response.json({"error": str(error)}, status=503)
