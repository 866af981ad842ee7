"""The REST channel: POST /webhooks/rest/webhook with {"sender", "message", "metadata"}.

As Rasa's own, but an answer is one message – {recipient_id, text, buttons?, custom?}, its text whole and its
structured payload beside it –, an empty or malformed message is refused with a reason, and a stream always ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio import Queue
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from rasa.utils.endpoints import bool_arg
from sanic import Blueprint, response
from sanic.request import Request

from bot.dialogue import settings, speaker, words_of
from bot.locales import get_texts

logger = logging.getLogger(__name__)

_MAX_BODY = 64 * 1024  # bytes: a question of the longest allowed length many times over
_MAX_NAME = 256  # characters of a sender's id
_DONE = object()

Handler = Callable[[UserMessage], Awaitable[Any]]


class Refused(Exception):
    """A request that is no message; `status` is the HTTP status, `str()` the reason."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a valid request holds."""

    text: str
    sender: str | None
    channel: str
    metadata: dict[str, Any] | None


class WholeMessages(CollectingOutputChannel):
    """Collects each utterance as one message."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep what an utterance holds; the keyword `answer` of `utter_message` becomes `custom`."""
        parts = {name: message.get(name) for name in ("text", "buttons", "image", "attachment")}
        parts["buttons"] = parts["buttons"] or message.get("quick_replies")
        parts["custom"] = message.get("answer") or message.get("custom")
        found = {name: value for name, value in parts.items() if value}
        if found:
            await self._persist_message({"recipient_id": recipient_id, **found})


class StreamedMessages(WholeMessages):
    """Puts each message into a queue as soon as it is uttered."""

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self._queue = queue

    async def _persist_message(self, message: dict[str, Any]) -> None:
        await self._queue.put(message)


class GuideRestInput(RestInput):
    """Named `rest`, so that the address is the one that Rasa developers know."""

    @classmethod
    def name(cls) -> str:
        return "rest"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes: GET / (health) and POST /webhook."""
        webhook = Blueprint("guide_rest_webhook")

        @webhook.route("/", methods=["GET"])
        async def health(request: Request) -> response.HTTPResponse:
            return response.json({"status": "ok"})

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> Any:
            try:
                incoming = read_message(request)
            except Refused as refused:
                return response.json(refusal(refused), status=refused.status)
            if too_long := _too_long(incoming):
                return response.json([too_long])
            if bool_arg(request, "stream", default=False):
                return response.stream(_stream(on_new_message, incoming), content_type="application/x-ndjson")
            collector = WholeMessages()
            await _handle(on_new_message, incoming, collector)
            return response.json(collector.messages)

        return webhook


def read_message(request: Request) -> Incoming:
    """The message that a request holds. Raises Refused where it holds none."""
    body = read_json(request)
    text, sender, metadata = body.get("message"), body.get("sender"), body.get("metadata")
    if not isinstance(text, str) or not text.strip():
        raise Refused("`message` must be a text that is not empty.")
    if sender is not None and not (isinstance(sender, str) and 0 < len(sender) <= _MAX_NAME):
        raise Refused(f"`sender` must be a text of 1 to {_MAX_NAME} characters.")
    if metadata is not None and not isinstance(metadata, dict):
        raise Refused("`metadata` must be an object.")
    channel = body.get("input_channel")
    return Incoming(text.strip(), sender, channel if isinstance(channel, str) else "rest", metadata)


def read_json(request: Request) -> dict[str, Any]:
    """The JSON object that a request's body holds. Raises Refused where it holds none, or is too large."""
    if len(request.body) > _MAX_BODY:
        raise Refused(f"The body may hold {_MAX_BODY} bytes.", 413)
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused("The body must be JSON.") from None
    if not isinstance(body, dict):
        raise Refused("The body must be a JSON object.")
    return body


def refusal(refused: Refused) -> dict[str, str]:
    """The JSON that tells why a request was refused."""
    return {"error": str(refused)}


def _too_long(incoming: Incoming) -> dict[str, Any] | None:
    """The reply to a message that is longer than a question may be; it never reaches the assistant."""
    limit = settings().max_question_chars
    if len(incoming.text) <= limit:
        return None
    locale = speaker(incoming.text[:limit], {}, incoming.metadata, settings()).locale
    text = get_texts(locale)("chat.too_long", limit=limit)
    return {"recipient_id": incoming.sender or "default", "text": text, "custom": {"locale": locale}}


async def _handle(on_new_message: Handler, incoming: Incoming, collector: CollectingOutputChannel) -> None:
    """Have the assistant handle a message. What it raises is logged without the user's words."""
    message = UserMessage(
        incoming.text, collector, incoming.sender, input_channel=incoming.channel, metadata=incoming.metadata
    )
    try:
        await on_new_message(message)
    except Exception as error:
        logger.error("A message could not be handled: %s", type(error).__name__, exc_info=True)
        locale = speaker(words_of(incoming.text), {}, incoming.metadata, settings()).locale
        apology = {"text": get_texts(locale)("chat.unavailable"), "answer": {"locale": locale, "unavailable": True}}
        await collector.send_response(message.sender_id, apology)


def _stream(on_new_message: Handler, incoming: Incoming) -> Callable[[Any], Awaitable[None]]:
    """Write each message as one line of JSON as soon as it is there; end when the turn does, however it does."""

    async def write(stream: Any) -> None:
        queue: Queue = Queue()

        async def turn() -> None:
            try:
                await _handle(on_new_message, incoming, StreamedMessages(queue))
            finally:
                queue.put_nowait(_DONE)

        # where whoever asked goes away, the turn still ends by itself: half of one would spoil the conversation
        task = asyncio.ensure_future(turn())
        while (message := await queue.get()) is not _DONE:
            await stream.write(json.dumps(message, ensure_ascii=False) + "\n")
        await task

    return write
