"""A turn of the widget: taken up once whatever the client repeats, run to its end, kept, one after another.

What the assistant remembers of a conversation (its slots) lies in the store between turns, not in this process: before
a turn the tracker is made from it, afterwards it is emptied. So any server process can run any turn, nothing said
outlives its conversation, and a turn costs the same however long the conversation is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from bot.channels.guarding import Refusal
from bot.channels.rest import WholeMessages
from bot.channels.widget_state import State
from bot.channels.widget_tokens import Press
from bot.channels.widget_types import Conversation, Feedback, Message, Passage, Picks, Turn
from bot.dialogue import settings, speaker, words_of
from bot.index import MANIFEST
from bot.locales import get_texts

logger = logging.getLogger(__name__)

_POLL_S = 0.03
_WAIT_S = 20.0  # for another message's turn
_BROKEN_S = 60.0  # after this a turn that was not ended counts as broken off
_WAITING = 4  # messages of one conversation that may wait in this process


class Turns:
    """Runs turns of this process."""

    def __init__(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> None:
        self._handle = on_new_message
        self._waiting: Counter[str] = Counter()
        self._running: set[asyncio.Task] = set()
        self._senders: list[str] = []  # free ones

    async def close(self) -> None:
        """Stop what still runs; the client's next try runs it again."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def take(
        self, app: Sanic, state: State, conversation: str, name: str, press: Press, picks: Picks
    ) -> tuple[Message, ...]:
        """All messages of the turn that a message begins, or began when it was sent before. Raises Refusal."""
        if self._waiting[conversation] >= _WAITING:
            raise Refusal("too_many", retry_after=1)
        # Where whoever asked goes away, the turn still ends by itself, and its answer is there when they come back. The
        # store is asked within the task too: a turn that it has begun and nobody runs would hold up the conversation.
        self._waiting[conversation] += 1
        task = asyncio.ensure_future(self._take(app, state, conversation, name, press, picks))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _take(
        self, app: Sanic, state: State, conversation: str, name: str, press: Press, picks: Picks
    ) -> tuple[Message, ...]:
        try:
            turn = await self._begin(state, conversation, name, press)
            if turn.replay is not None:
                return turn.replay
            return await self._run(app, state, turn.begun, name, press, picks)
        except asyncio.CancelledError:  # the server stops
            state.store.break_off(conversation, name)
            raise
        finally:
            self._waiting[conversation] -= 1
            self._waiting += Counter()  # drops what is zero

    async def _begin(self, state: State, conversation: str, name: str, press: Press) -> Turn:
        """The turn once it is this message's: begun, or run already and to be replayed. Raises Refusal."""
        digest = hashlib.sha256(json.dumps([press.payload, press.title]).encode()).digest()
        most, end = settings().widget.messages_per_minute, time.monotonic() + _WAIT_S
        while time.monotonic() < end:
            now = time.time()
            said = Message("user", now, press.title)
            when = {"now": now, "until": now + _BROKEN_S, "most": most}
            turn = await state.run(state.store.begin_turn, conversation, name, digest, said, **when)
            if turn is None:
                raise Refusal("token")
            if turn.conflict:
                raise Refusal("replayed")
            if turn.retry_after:
                raise Refusal("too_many", retry_after=turn.retry_after)
            if turn.replay is not None or turn.begun is not None:
                return turn
            await asyncio.sleep(_POLL_S)
        raise Refusal("unavailable", retry_after=5)

    async def _run(
        self, app: Sanic, state: State, conversation: Conversation, name: str, press: Press, picks: Picks
    ) -> tuple[Message, ...]:
        slots = _with_picks(conversation, picks)
        # Never the conversation's id: that one the client knows, and other channels let one name a sender. A few are
        # used again and again, so that the tracker store's room is left to conversations that it keeps.
        sender = self._senders.pop() if self._senders else secrets.token_hex(16)
        output = WholeMessages()
        trackers = app.ctx.agent.tracker_store
        try:
            await trackers.save(_tracker(app, sender, slots))
            message = UserMessage(press.payload, output, sender, input_channel="widget")
            await asyncio.wait_for(self._handle(message), _BROKEN_S / 2)
            tracker = await trackers.retrieve(sender)
            after = {slot.name: slot.value for slot in tracker.slots.values() if slot.value is not None}
            found = output.messages
        except Exception as error:
            logger.error("A message could not be handled: %s", type(error).__name__, exc_info=True)
            locale = speaker(words_of(press.payload), slots, None, settings()).locale
            text = get_texts(locale)("chat.unavailable")
            found, after = [{"text": text, "custom": {"locale": locale, "unavailable": True}}], slots
        finally:
            await trackers.save(_tracker(app, sender, {}))
            self._senders.append(sender)
        question = _question(press, slots)
        replies = [_reply(one, question) for one in found]
        kept = await state.run(state.store.end_turn, conversation.id, name, replies, after, picks)
        if kept is None:
            raise Refusal("token")
        return kept


def _with_picks(conversation: Conversation, picks: Picks) -> dict[str, Any]:
    """The slots with what is chosen in the widget, where that has changed since the last message.

    So what the user chose last counts, in the widget or in words.
    """
    slots = dict(conversation.slots)
    before = conversation.picks if conversation.last > 1 else Picks()  # the first message is in there already
    if picks.locale != before.locale:
        slots |= {"locale": picks.locale or slots.get("locale"), "locale_chosen": picks.locale is not None}
    if picks.cloud != before.cloud:
        slots["cloud"] = picks.cloud
    return {name: value for name, value in slots.items() if value is not None}


def _tracker(app: Sanic, sender: str, slots: dict[str, Any]) -> DialogueStateTracker:
    """A conversation of which nothing is known but its slots; without any, nothing at all."""
    known = app.ctx.agent.domain.slots
    start = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    kept = [SlotSet(name, value) for name, value in slots.items()]
    events = [*start, *kept, ActionExecuted(ACTION_LISTEN_NAME)] if slots else []
    return DialogueStateTracker.from_events(sender, events, known)


def _question(press: Press, slots: dict[str, Any]) -> str:
    """The question that a turn answers: the user's words, or the one that a pressed button answers again."""
    return words_of(press.payload) or str(slots.get("question_for_clouds") or press.title)


def _reply(found: dict[str, Any], question: str) -> Message:
    buttons = tuple((b["title"], b["payload"]) for b in found.get("buttons") or () if b.get("payload"))
    return Message("guide", time.time(), found.get("text") or "", found.get("custom"), buttons, question)


async def feedback_on(state: State, conversation: str, seq: int, helpful: bool, now: float) -> bool:
    """Keep what the user thinks of an answer, with what is needed to look into it. False where it is none."""
    found = await state.run(state.store.messages, conversation, seq - 1)
    message = found[0] if found and found[0].seq == seq else None
    if message is None or message.sender != "guide" or message.custom is None or "status" not in message.custom:
        return False
    custom = message.custom
    passages = tuple(
        Passage(
            entry["citation"]["article_id"],
            entry["citation"]["anchor"],
            entry["citation"]["locale"],
            tuple(entry["clouds"]),
            entry["confidence"],
        )
        for entry in custom["answers"]
    )
    feedback = Feedback(
        time=dt.datetime.fromtimestamp(now, dt.timezone.utc).isoformat(timespec="seconds"),
        helpful=helpful,
        question=message.about or "",
        locale=custom["locale"],
        cloud=custom["cloud"],
        status=custom["status"],
        confidence=custom["confidence"],
        index_build=custom.get("build") or await asyncio.to_thread(_build_in_force),
        passages=passages,
    )
    return await state.run(state.store.rate, conversation, seq, feedback)


def _build_in_force() -> str | None:
    """The name of the index's build, from its manifest: the actions may run in another process."""
    try:
        return json.loads((settings().index / MANIFEST).read_text(encoding="utf-8"))["build"]
    except (OSError, ValueError, KeyError):
        return None
