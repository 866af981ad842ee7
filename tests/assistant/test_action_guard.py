"""The guard against a misbehaving action server, tried on a real one over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Conversation, free_port, load_agent
from jsonschema import ValidationError

from bot.components import action_guard
from bot.locales import get_texts

SLOT = {"event": "slot", "name": "locale", "value": "pt-BR", "timestamp": None}

# How a server answers: status, content type, body. "slow" waits longer than the guard does.
ANSWERS: dict[str, tuple[int, str, str]] = {
    "500": (500, "application/json", '{"error": "broken"}'),
    "404": (404, "application/json", '{"error": "No registered action found"}'),
    "400": (400, "text/plain", "bad request"),
    "302": (302, "text/plain", ""),
    "html": (200, "text/html", "<html><body>It works!</body></html>"),
    "bad json": (200, "application/json", '{"events": ['),
    "empty": (200, "application/json", ""),
    "null": (200, "application/json", "null"),
    "list": (200, "application/json", "[]"),
    "malformed events": (200, "application/json", '{"events": {"event": "slot"}, "responses": []}'),
    "unknown event": (200, "application/json", '{"events": [{"event": "explode"}], "responses": []}'),
    "malformed responses": (200, "application/json", '{"events": [], "responses": ["hello"]}'),
    "slow": (200, "application/json", '{"events": [], "responses": []}'),
}


class Misbehaving(BaseHTTPRequestHandler):
    """An action server that answers as its class attribute says."""

    mode = "500"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, kind, body = ANSWERS[self.mode]
        if self.mode == "slow":
            time.sleep(3)
        data = body.encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            pass  # the guard has gone away

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/webhook"
    server.shutdown()


@pytest.fixture(scope="module")
def remote(model: Path, address: str) -> Any:
    from rasa.utils.endpoints import EndpointConfig

    return load_agent(model, EndpointConfig(address))


@pytest.fixture
def quick() -> Iterator[None]:
    action_guard.install(1.0)
    yield
    action_guard.install(8.0)


@pytest.mark.parametrize("mode", ANSWERS)
@pytest.mark.parametrize(
    ("question", "locale"), [("Quem cuida das contestações de cobrança?", "pt-BR"), ("如何上报问题？", "zh-CN")]
)
def test_the_user_is_told_in_their_language(mode: str, question: str, locale: str, remote: Any, quick: None) -> None:
    Misbehaving.mode = mode
    started = time.monotonic()
    message = Conversation(remote, f"{mode}-{locale}").one(question)
    assert time.monotonic() - started < 2.5
    assert message["text"] == get_texts(locale)("chat.unavailable")
    assert message["custom"] == {"locale": locale, "unavailable": True}


def test_a_server_that_is_down(model: Path) -> None:
    from rasa.utils.endpoints import EndpointConfig

    agent = load_agent(model, EndpointConfig(f"http://127.0.0.1:{free_port()}/webhook"))
    started = time.monotonic()
    message = Conversation(agent, "down", {"locale": "es-ES"}).one("hola")
    assert time.monotonic() - started < 10
    assert message["text"] == get_texts("es-ES")("chat.unavailable")


def test_no_endpoint_at_all(model: Path) -> None:
    message = Conversation(load_agent(model, None), "none").one("hello")
    assert message["text"] == get_texts("en-US")("chat.unavailable")


def test_the_conversation_goes_on_once_the_server_behaves(remote: Any, quick: None, address: str) -> None:
    say = Conversation(remote, "recovers")
    Misbehaving.mode = "500"
    say("hola")
    ANSWERS["well"] = (200, "application/json", json.dumps({"events": [SLOT], "responses": [{"text": "bem"}]}))
    Misbehaving.mode = "well"
    assert say.one("hola")["text"] == "bem"
    Misbehaving.mode = "404"
    # the language that the conversation remembers
    assert say.one("SLA")["text"] == get_texts("pt-BR")("chat.unavailable")
    del ANSWERS["well"]


def test_a_model_loads_with_the_time_of_the_settings(model: Path) -> None:
    action_guard.install(0.1)
    load_agent(model, None)
    assert action_guard._timeout_s == 8.0


def test_the_log_names_the_action_and_not_the_user_s_words(
    remote: Any, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    Misbehaving.mode = "malformed responses"
    Conversation(remote, "log")("who handles SECRETWORD disputes?")
    (record,) = [r for r in caplog.records if r.name == "bot.components.action_guard"]
    assert record.getMessage() == "Action 'action_guidance' failed: malformed response (responses/0)"
    assert "SECRETWORD" not in caplog.text


@pytest.mark.parametrize(
    ("response", "accepted"),
    [
        ({"events": [], "responses": []}, True),
        ({}, True),
        ({"events": [SLOT], "responses": [{"text": "x"}]}, True),
        ({"events": [{"event": "slot", "value": 1}]}, False),
        ({"events": [{"event": "user", "parse_data": {"response_selector": {"all_retrieval_intents": []}}}]}, True),
        ({"events": [{"event": "user", "parse_data": {"response_selector": {"all_retrieval_intents": 1}}}]}, False),
        ({"events": [{"event": "user", "parse_data": {"response_selector": []}}]}, False),
        ({"events": [{"event": ["slot"]}]}, False),
        ({"events": [{"event": "action", "confidence": "high"}]}, False),
        ({"events": [{"event": "action", "timestamp": "now"}]}, False),
        ({"events": [{"event": "explode"}]}, False),
        ({"events": [{"name": "locale"}]}, False),
        ({"events": "none"}, False),
        ({"responses": ["x"]}, False),
        ([], False),
        (None, False),
    ],
)
def test_the_compiled_validator_judges_as_rasa_s_own(response: Any, accepted: bool) -> None:
    from rasa.core.actions.action import RemoteAction

    action = RemoteAction("action_guidance", None)
    for validate in (action_guard._stock_validate, action_guard._validate_action_result):
        if accepted:
            assert validate(action, response) is True
        else:
            with pytest.raises(ValidationError):
                validate(action, response)


def test_uninstalling_gives_rasa_s_own_back() -> None:
    from rasa.core.actions.action import RemoteAction

    action_guard.uninstall()
    assert RemoteAction.run.__module__ == "rasa.core.actions.action"
    assert RemoteAction._validate_action_result.__module__ == "rasa.core.actions.action"
    action_guard.install(8.0)
    assert RemoteAction.run is action_guard._guarded_run
