"""The parts that Rasa is given: the tokenizer, the lock store, the in-process endpoint, the channel's stream."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from conftest import ROOT
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockError, LockStore
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.channels.rest import Incoming, WholeMessages, _stream
from bot.components.in_process import InProcessActions
from bot.components.lock_store import FairLockStore
from bot.components.question_first import _units
from bot.components.tokenizer import EveryScriptTokenizer
from bot.components.tracker_store import ShortMemoryTrackerStore, shortened
from bot.locales import get_texts
from bot.server import hide_user_text


def tokens(text: str) -> list[str]:
    tokenizer = EveryScriptTokenizer(EveryScriptTokenizer.get_default_config())
    found = tokenizer.tokenize(Message({TEXT: text}), TEXT)
    assert all(text[token.start : token.end] == token.text for token in found)
    return [token.lemma for token in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who pays?", ["who", "pays", "?"]),
        ("Contestações de COBRANÇA", ["contestacoes", "de", "cobranca"]),
        ("如何上报问题？", ["如", "何", "上", "报", "问", "题", "?"]),
        ("用Azure的客户", ["用", "azure", "的", "客", "户"]),
        ("サポート", ["サ", "ポ", "ー", "ト"]),
        ("don't e-mail R&D 21.5", ["don't", "e-mail", "r&d", "21.5"]),
        (":-)", [":-)"]),
        ("🙂", ["🙂"]),
    ],
)
def test_every_script_is_split(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_units_are_words_and_pairs_of_characters() -> None:
    message = Message({TEXT: "谢谢，hi 用云 好"})
    EveryScriptTokenizer(EveryScriptTokenizer.get_default_config()).process([message])
    assert _units(message) == ["谢谢", "hi", "用云", "好"]


def test_messages_of_a_conversation_wait_for_each_other_and_not_longer() -> None:
    store = FairLockStore()
    seen: list[int] = []

    async def turn(number: int) -> None:
        async with store.lock("one"):
            seen.append(number)
            await asyncio.sleep(0.02)

    async def all_turns() -> None:
        await asyncio.gather(*(turn(n) for n in range(5)))

    started = time.monotonic()
    asyncio.run(all_turns())
    assert seen == [0, 1, 2, 3, 4]
    assert 0.1 <= time.monotonic() - started < 0.5
    assert store._turns == {}


def test_a_lock_is_given_up_after_an_error_and_after_its_lifetime() -> None:
    store = FairLockStore()

    async def turns() -> None:
        with pytest.raises(ValueError):
            async with store.lock("one"):
                raise ValueError
        async with store.lock("one"):
            with pytest.raises(LockError):
                async with store.lock("one", lock_lifetime=0.05):
                    pass
        async with store.lock("one"):
            pass

    asyncio.run(turns())
    assert store._turns == {}


def test_the_in_process_endpoint_hands_the_call_over() -> None:
    class Executor:
        async def run(self, action_call: dict[str, Any]) -> dict[str, Any]:
            return {"events": [], "responses": [{"text": action_call["next_action"]}]}

    endpoint = InProcessActions(Executor())
    reply = asyncio.run(endpoint.request(json={"next_action": "action_x"}, method="post", timeout=300, compress=False))
    assert reply == {"events": [], "responses": [{"text": "action_x"}]}
    assert endpoint.kwargs == {"enable_selective_domain": True}


def test_an_utterance_is_one_message() -> None:
    output = WholeMessages()
    payload = {"locale": "en-US"}
    utterances = [
        {"text": "a\n\nb", "buttons": [{"title": "t", "payload": "/p"}], "answer": payload, "image": None},
        {"text": "only", "buttons": [], "custom": {"x": 1}},
        {"text": None, "buttons": [], "custom": {}},
    ]
    for utterance in utterances:
        asyncio.run(output.send_response("me", utterance))
    assert output.messages == [
        {"recipient_id": "me", "text": "a\n\nb", "buttons": [{"title": "t", "payload": "/p"}], "custom": payload},
        {"recipient_id": "me", "text": "only", "custom": {"x": 1}},
    ]


def test_a_stream_ends_with_an_apology_when_processing_raises() -> None:
    written: list[str] = []

    class Stream:
        async def write(self, line: str) -> None:
            written.append(line)

    async def broken(message: UserMessage) -> None:
        raise RuntimeError("broken")

    incoming = Incoming("Quem cuida das contestações de cobrança?", "me", "rest", None)
    asyncio.run(asyncio.wait_for(_stream(broken, incoming)(Stream()), 5))
    (line,) = written
    assert get_texts("pt-BR")("chat.unavailable") in line


def test_the_log_keeps_nothing_that_may_be_the_user_s() -> None:
    event = {"event": "message.parsing.failed", "level": "warning", "user_text": "secret", "text": "secret", "x": 1}
    assert hide_user_text(None, "warning", event) == {"event": "message.parsing.failed", "level": "warning"}


def conversation(turns: int) -> DialogueStateTracker:
    slots = [
        TextSlot("cloud", [{}], influence_conversation=False),
        TextSlot("locale", [{}], influence_conversation=False),
    ]
    start = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    tracker = DialogueStateTracker.from_events("me", start, slots)
    tracker.update(SlotSet("cloud", "germany"))
    for n in range(turns):
        events = [UserUttered(f"question {n}", {"name": "ask_guidance"}), ActionExecuted("action_guidance")]
        for event in [*events, BotUttered(f"answer {n}"), ActionExecuted("action_listen")]:
            tracker.update(event)
    return tracker


def test_a_short_memory_keeps_the_last_turns_and_every_slot() -> None:
    short = shortened(conversation(50), 3)
    said = [event.text for event in short.events if isinstance(event, UserUttered | BotUttered)]
    assert said == ["question 47", "answer 47", "question 48", "answer 48", "question 49", "answer 49"]
    assert short.get_slot("cloud") == "germany"
    assert short.get_slot("locale") is None
    assert short.latest_action_name == "action_listen"
    assert [event.text for event in short.applied_events() if isinstance(event, UserUttered)][0] == "question 47"
    assert shortened(short, 3).current_state(EventVerbosity.ALL) == short.current_state(EventVerbosity.ALL)


def test_a_conversation_within_its_memory_is_kept_as_it_is() -> None:
    tracker = conversation(3)
    assert list(shortened(tracker, 3).events) == list(tracker.events)


def test_the_store_forgets_the_oldest_conversation_and_gives_copies() -> None:
    store = ShortMemoryTrackerStore(turns=2, conversations=2)

    async def use() -> None:
        for sender in ("a", "b", "a", "c"):
            tracker = DialogueStateTracker.from_events(sender, [SessionStarted()])
            await store.save(tracker)
        assert list(await store.keys()) == ["a", "c"]
        assert await store.retrieve("b") is None
        copy = await store.retrieve("a")
        copy.update(UserUttered("half a turn"))
        assert len((await store.retrieve("a")).events) == 1

    asyncio.run(use())


def test_the_store_is_the_one_that_endpoints_name() -> None:
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    store = TrackerStore.create(endpoints.tracker_store)
    assert isinstance(store, ShortMemoryTrackerStore)
    assert (store._turns, store._conversations) == (20, 10_000)
    assert isinstance(LockStore.create(endpoints.lock_store), FairLockStore)
