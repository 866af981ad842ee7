"""The channel of the web widget, below /webhooks/widget: plain HTTP, so that any server process can answer any request.

POST   /session       {"locale"?, "cloud"?} → {"token", "conversation", "expires"}
POST   /message       {"id", "text" | "button", "locale"?, "cloud"?} → {"messages", "last"}; the same id runs once
GET    /messages      ?after=N → {"messages", "last", "pending"}
POST   /feedback      {"seq", "helpful"} → 204
DELETE /conversation  → 204; everything said is deleted, the token is void

All but the first take `Authorization: Bearer TOKEN`. A refusal is {"error", "message", "retry_after"?}. Nothing here
trusts what a client says of itself: a token opens one conversation, a button's value is good in its conversation only,
and typed words never name an intent.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import empty as empty_response
from sanic.response import json as json_response

from bot.channels.guarding import (
    DATA_HEADERS,
    Refusal,
    check_origin,
    client_address,
    cors_headers,
    drain,
    preflight,
    read_object,
    refusal_texts,
)
from bot.channels.widget_state import State, close_state, open_state
from bot.channels.widget_tokens import Press, Token
from bot.channels.widget_turns import Turns, feedback_on
from bot.channels.widget_types import Conversation, Message, Picks
from bot.dialogue import EVERY_CLOUD, known_cloud, known_locale
from bot.dialogue import settings as guide_settings

logger = logging.getLogger(__name__)

_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_BEARER = re.compile(r"Bearer +([!-~]+)", re.IGNORECASE)
_UNSEEN = frozenset("CZM")  # categories of what may stand unseen before a "/": controls, formats, spaces, marks

Handler = Callable[[Request, "Call"], Awaitable[HTTPResponse]]


@dataclass(slots=True)
class Call:
    """What is known of a request when its handler runs."""

    state: State
    origin: str
    address: str  # an alias of it: no address is kept
    body: dict[str, Any]
    conversation: Conversation | None = None
    now: float = 0.0


class GuideWidgetInput(InputChannel):
    """Named `widget`."""

    @classmethod
    def name(cls) -> str:
        return "widget"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes."""
        routes = Blueprint("guide_widget")
        turns = Turns(on_new_message)

        @routes.route("/session", methods=["POST"], stream=True)
        @_guarded(session=False)
        async def session(request: Request, call: Call) -> HTTPResponse:
            return await _new_session(call)

        @routes.route("/message", methods=["POST"], stream=True)
        @_guarded()
        async def message(request: Request, call: Call) -> HTTPResponse:
            return await _message(request, call, turns)

        @routes.route("/messages", methods=["GET"])
        @_guarded()
        async def messages(request: Request, call: Call) -> HTTPResponse:
            after = request.args.get("after", "0")
            if not _NUMBER.fullmatch(after):
                raise Refusal("malformed")
            found = await call.state.run(call.state.store.messages, call.conversation.id, int(after))
            pending = call.conversation.busy
            return _json({**_shown(call, found, call.conversation.last), "pending": pending})

        @routes.route("/feedback", methods=["POST"], stream=True)
        @_guarded()
        async def feedback(request: Request, call: Call) -> HTTPResponse:
            seq, helpful = call.body.get("seq"), call.body.get("helpful")
            if type(seq) is not int or not 0 < seq < 2**31 or type(helpful) is not bool:
                raise Refusal("malformed")
            if not await feedback_on(call.state, call.conversation.id, seq, helpful, call.now):
                raise Refusal("not_found")
            return empty_response(headers=DATA_HEADERS)

        @routes.route("/conversation", methods=["DELETE"])
        @_guarded()
        async def conversation(request: Request, call: Call) -> HTTPResponse:
            await call.state.run(call.state.store.forget, call.conversation.id)
            return empty_response(headers=DATA_HEADERS)

        async def options(request: Request) -> HTTPResponse:
            return preflight(request, guide_settings().widget)

        for path in ("session", "message", "messages", "feedback", "conversation"):
            routes.add_route(options, f"/{path}", methods=["OPTIONS"], name=f"options_{path}")

        @routes.listener("after_server_stop")
        async def close(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            await turns.close()
            await close_state(app)

        return routes


def _guarded(*, session: bool = True) -> Callable[[Handler], Callable[[Request], Awaitable[HTTPResponse]]]:
    """Check whatever can be checked before a handler runs, in this order: origin, address, session, body."""

    def decorate(handler: Handler) -> Callable[[Request], Awaitable[HTTPResponse]]:
        @wraps(handler)
        async def guarded(request: Request) -> HTTPResponse:
            settings = guide_settings()
            call: Call | None = None
            try:
                call = await _call(request)
                if session:
                    call.conversation = await _conversation(request, call)
                if request.method == "POST":
                    call.body = await read_object(request, settings.widget.max_body, settings.request_timeout_s)
                reply = await handler(request, call)
            except Refusal as refusal:
                known = call.conversation.picks.locale if call and call.conversation else None
                wanted = call.body.get("locale") if call else None
                reply = refusal.reply(refusal_texts(request, settings.locale, wanted, known))
            except (sqlite3.Error, OSError) as error:
                logger.error("The widget's store cannot be used: %s", error)
                reply = Refusal("unavailable").reply(refusal_texts(request, settings.locale))
            await drain(request)
            reply.headers.update(cors_headers(request, settings.widget))
            return reply

        return guarded

    return decorate


async def _call(request: Request) -> Call:
    settings = guide_settings().widget
    origin = check_origin(request, settings)
    state = await open_state(request.app)
    address = state.signer.alias("address", client_address(request, settings))
    call = Call(state, origin, address, {}, now=time.time())
    await _count(call, ("request", address, settings.address_requests_per_minute))
    return call


async def _count(call: Call, *limits: tuple[str, str, int]) -> None:
    """Count against limits of (what, whose, how many a minute). Raises Refusal (too_many)."""
    keys = [(f"{what}:{whose}", most) for what, whose, most in limits]
    if wait := await call.state.run(call.state.store.hit, keys, call.now):
        raise Refusal("too_many", retry_after=wait)


async def _conversation(request: Request, call: Call) -> Conversation:
    """The conversation that the request's token opens, from the origin that it was begun on. Raises Refusal."""
    given = _BEARER.fullmatch(request.headers.get("authorization", ""))
    token = call.state.signer.read_token(given[1], call.now) if given else None
    found = await call.state.run(call.state.store.find, token.conversation, call.now) if token else None
    if found is None:
        raise Refusal("token")
    if call.origin and call.origin != found.origin:
        raise Refusal("origin")
    return found


async def _new_session(call: Call) -> HTTPResponse:
    settings = guide_settings().widget
    picks = _picks(call.body, Picks())
    await _count(call, ("session", call.address, settings.address_sessions_per_minute))
    expires = int(call.now + settings.conversation_hours * 3600)
    found = Conversation(secrets.token_urlsafe(16), call.origin, expires, 0, picks, {}, False)
    await call.state.run(call.state.store.begin, found)
    token = call.state.signer.token(Token(found.id, expires))
    return _json({"token": token, "conversation": found.id, "expires": _iso(expires)})


async def _message(request: Request, call: Call, turns: Turns) -> HTTPResponse:
    settings = guide_settings().widget
    conversation, name = call.conversation, call.body.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise Refusal("malformed")
    press = _press(call)
    picks = _picks(call.body, conversation.picks)
    await _count(call, ("message", call.address, settings.address_messages_per_minute))
    found = await turns.take(request.app, call.state, conversation.id, name, press, picks)
    last = found[-1].seq if found else conversation.last
    return _json(_shown(call, found, last))


def _press(call: Call) -> Press:
    """What a message sends to the assistant, and the words that stand for it. Raises Refusal."""
    text, button = call.body.get("text"), call.body.get("button")
    if (text is None) == (button is None):
        raise Refusal("malformed")
    if button is not None:
        press = call.state.signer.read_button(call.conversation.id, button) if isinstance(button, str) else None
        if press is None:
            raise Refusal("intent")
        return press
    if not isinstance(text, str):
        raise Refusal("malformed")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
    # before anything is folded: to put thousands of accents in order takes seconds
    if len(text) > (limit := guide_settings().max_question_chars):
        raise Refusal("too_long", limit=limit)
    seen = bare(text)
    if not seen:
        raise Refusal("empty")
    if seen.startswith("/"):
        raise Refusal("intent")
    return Press(text, text)


def bare(text: str) -> str:
    """A text as it is looked at for an intent: compatibility forms folded (“／” is a slash), nothing unseen first."""
    folded = unicodedata.normalize("NFKC", text)
    start = next((i for i, c in enumerate(folded) if unicodedata.category(c)[0] not in _UNSEEN), len(folded))
    return folded[start:]


def _picks(body: dict[str, Any], before: Picks) -> Picks:
    """What is chosen in the widget; what the body does not name stays as it was. Raises Refusal (malformed)."""
    locale, cloud = body.get("locale", before.locale), body.get("cloud", before.cloud)
    if not isinstance(locale, str | None) or not isinstance(cloud, str | None):
        raise Refusal("malformed")
    if cloud is not None and cloud != EVERY_CLOUD and known_cloud(cloud) is None:
        raise Refusal("malformed")
    return Picks(known_locale(locale), cloud)


def _shown(call: Call, messages: tuple[Message, ...], last: int) -> dict[str, Any]:
    """Messages as the widget gets them, each button's value signed for this conversation."""
    return {"messages": [_shown_message(call, message) for message in messages], "last": last}


def _shown_message(call: Call, message: Message) -> dict[str, Any]:
    shown: dict[str, Any] = {"seq": message.seq, "from": message.sender, "time": _iso(message.time)}
    shown["text"] = message.text
    if message.custom is not None:
        shown["custom"] = message.custom
    if message.buttons:
        sign = call.state.signer.button
        shown["buttons"] = [
            {"title": title, "value": sign(call.conversation.id, Press(payload, title))}
            for title, payload in message.buttons
        ]
    return shown


def _iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(body: dict[str, Any]) -> HTTPResponse:
    return json_response(body, headers=DATA_HEADERS, ensure_ascii=False)
