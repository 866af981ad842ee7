"""What the server answers besides the channels of the assistant: `guide ask`'s questions and the staff's searches.

GET  /guide/status           {"index": real path, "build": id}; 503 until the index is loaded
POST /guide/ask              {"text", "locale"?, "cloud"?, "explain"?} → what `guide ask --json` prints, with "text"
POST /guide/search           {"text", "locale"?, "cloud"?, "languages"?: […], "limit"?} → {"locale", "hits", "build",
GET  /guide/search?text=…    "took_ms"}; for this server's own pages and those that may embed the widget
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.guarding import (
    DATA_HEADERS,
    check_same_origin,
    client_address,
    cors_headers,
    drain,
    origin_allowed,
    preflight,
    read_object,
    refusal_texts,
)
from bot.channels.guarding import Refusal as RefusedPage
from bot.channels.rest import Refused, read_json, refusal
from bot.channels.widget_state import open_state
from bot.dialogue import EVERY_CLOUD, known_cloud, known_locale
from bot.dialogue import settings as guide_settings
from bot.engine import Engine
from bot.errors import GuideError, QueryError
from bot.hits import MOST, LookUp, listing_dict, look_up
from bot.locales import supported
from bot.render import ask_dict
from bot.types import Cloud, Query

logger = logging.getLogger(__name__)

_LIMIT = re.compile(r"[1-9][0-9]?")


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
            check_same_origin(request, guide_settings().widget)
            body = read_json(request)
            query, explain = _query(body), _explain(body)
        except RefusedPage:
            return response.json({"error": "A page of another origin may not ask."}, status=403)
        except Refused as refused:
            return response.json(refusal(refused), status=refused.status)
        return await _answered(lambda: _ask(get_engine(), query, explain=explain))

    @routes.route("/guide/search", methods=["GET", "POST"], stream=True)
    async def search(request: Request) -> HTTPResponse:
        settings = guide_settings()
        try:
            wanted = await _wanted(request)
            reply = await _found(get_engine(), wanted) if is_ready() else _unavailable(request)
        except RefusedPage as refused:
            reply = refused.reply(refusal_texts(request, settings.locale, request.args.get("locale")))
        except (GuideError, sqlite3.Error, OSError) as error:
            logger.error("%s", error)
            reply = _unavailable(request)
        await drain(request)
        reply.headers.update(cors_headers(request, settings.widget))
        return reply

    @routes.options("/guide/search")
    async def options(request: Request) -> HTTPResponse:
        return preflight(request, guide_settings().widget)

    return routes


async def _wanted(request: Request) -> LookUp:
    """What a request looks for. Raises RefusedPage for a foreign page, too many requests and what is malformed."""
    settings = guide_settings()
    origin = request.headers.get("origin")
    if origin is None or not origin_allowed(request, origin, settings.widget):
        check_same_origin(request, settings.widget)
    state = await open_state(request.app)
    key = f"request:{state.signer.alias('address', client_address(request, settings.widget))}"
    limits = [(key, settings.widget.address_requests_per_minute)]
    if wait := await state.run(state.store.hit, limits, time.time()):
        raise RefusedPage("too_many", retry_after=wait)
    if request.method == "POST":
        body = await read_object(request, settings.widget.max_body, settings.request_timeout_s)
    else:
        body = {name: request.args.get(name) for name in ("text", "locale", "cloud")}
        body["languages"] = [tag for tag in request.args.get("languages", "").split(",") if tag]
        given = request.args.get("limit", "10")
        body["limit"] = int(given) if _LIMIT.fullmatch(given) else None
    return _look_up(body)


def _look_up(body: dict[str, Any]) -> LookUp:
    text, locale, cloud = body.get("text"), body.get("locale"), body.get("cloud")
    languages, limit = body.get("languages") or [], body.get("limit", 10)
    if not isinstance(text, str) or not isinstance(locale, str | None) or not isinstance(languages, list):
        raise RefusedPage("malformed")
    if len(languages) > len(supported()):
        raise RefusedPage("malformed")
    cloud = None if cloud in ("", EVERY_CLOUD) else cloud
    tags = [known_locale(tag) for tag in languages]
    if type(limit) is not int or None in tags or (cloud is not None and known_cloud(cloud) is None):
        raise RefusedPage("malformed")
    if not text.strip():
        raise RefusedPage("empty")
    if len(text.strip()) > (most := guide_settings().max_question_chars):
        raise RefusedPage("too_long", limit=most)
    return LookUp(text, known_locale(locale), tuple(tags), known_cloud(cloud), max(1, min(limit, MOST)))


async def _found(engine: Engine, wanted: LookUp) -> HTTPResponse:
    listing = await asyncio.to_thread(look_up, engine, wanted)
    return response.json(listing_dict(listing), headers=DATA_HEADERS, ensure_ascii=False)


def _unavailable(request: Request) -> HTTPResponse:
    return RefusedPage("unavailable").reply(refusal_texts(request, guide_settings().locale))


def _query(body: dict[str, Any]) -> Query:
    text, locale, cloud = body.get("text"), body.get("locale"), body.get("cloud")
    if not isinstance(text, str) or not text.strip():
        raise Refused("`text` must be a question.")
    if locale is not None and not isinstance(locale, str):
        raise Refused("`locale` must be a tag such as pt-BR.")
    if cloud is not None and known_cloud(cloud) is None:
        raise Refused(f"`cloud` must be one of {', '.join(c.value for c in Cloud)}.")
    return Query(text, locale, known_cloud(cloud))


def _explain(body: dict[str, Any]) -> bool:
    explain = body.get("explain", False)
    if not isinstance(explain, bool):
        raise Refused("`explain` must be true or false.")
    return explain


def _status(engine: Engine) -> dict[str, Any]:
    return {"index": str(engine.path.resolve()), "build": engine.index.build}


def _ask(engine: Engine, query: Query, *, explain: bool) -> dict[str, Any]:
    return ask_dict(*engine.explain(query)) if explain else ask_dict(engine.ask(query))


async def _answered(work: Callable[[], dict[str, Any]]) -> HTTPResponse:
    """What the work returns as JSON; it is done in a thread, so that the server goes on meanwhile."""
    try:
        return response.json(await asyncio.to_thread(work), ensure_ascii=False)
    except QueryError as error:
        return response.json({"error": str(error)}, status=400)
    except GuideError as error:
        logger.error("%s", error)
        return response.json({"error": str(error)}, status=503)
