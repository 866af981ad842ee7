"""The parts that Rasa is given: the tokenizer, the lock store, the in-process endpoint, the channel's stream."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockError
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.channels.rest import Incoming, WholeMessages, _stream
from bot.components.in_process import InProcessActions
from bot.components.lock_store import FairLockStore
from bot.components.question_first import _units
from bot.components.tokenizer import EveryScriptTokenizer
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
