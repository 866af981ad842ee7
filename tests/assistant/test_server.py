"""`guide serve` over real HTTP: the REST channel and the guide's own routes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlparse

import pytest
from conftest import ROOT, Server, environment, free_port

from bot.engine import Engine
from bot.explain_text import explanation_dict
from bot.locales import get_texts, supported
from bot.types import Cloud, Query

WEBHOOK = "/webhooks/rest/webhook"


def test_one_message_holds_text_buttons_and_payload(server: Server) -> None:
    (message,) = server.say("one", "Quem cuida das contestações de cobrança?")
    assert set(message) == {"recipient_id", "text", "buttons", "custom"}
    assert message["recipient_id"] == "one"
    assert "\n\n" in message["text"]
    assert message["custom"]["status"] == "answered"
    assert message["custom"]["locale"] == "pt-BR"
    for answer in message["custom"]["answers"]:
        assert answer["quote"] in message["text"]


def test_metadata_tells_language_and_cloud(server: Server) -> None:
    (message,) = server.say("metadata", "SLA?", locale="ES-es", cloud="21vianet")
    assert (message["custom"]["locale"], message["custom"]["cloud"]) == ("es-ES", "21vianet")


def test_conversations_do_not_mix(server: Server) -> None:
    server.say("first", '/choose_cloud{"cloud": "germany"}', locale="en-US")
    (message,) = server.say("second", "How do I suspend a subscription?", locale="en-US")
    assert message["custom"]["cloud"] is None


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "The body must be JSON."),
        (b"{", 400, "The body must be JSON."),
        (b"\xff\xfe", 400, "The body must be JSON."),
        (b"[" * 60_000, 400, "The body must be JSON."),
        (b"[]", 400, "The body must be a JSON object."),
        ({"sender": "x"}, 400, "`message` must be a text that is not empty."),
        ({"message": ""}, 400, "`message` must be a text that is not empty."),
        ({"message": " \n"}, 400, "`message` must be a text that is not empty."),
        ({"message": None}, 400, "`message` must be a text that is not empty."),
        ({"message": {"text": "hi"}}, 400, "`message` must be a text that is not empty."),
        ({"message": "hi", "sender": 7}, 400, "`sender` must be a text of 1 to 256 characters."),
        ({"message": "hi", "sender": "x" * 257}, 400, "`sender` must be a text of 1 to 256 characters."),
        ({"message": "hi", "metadata": "pt-BR"}, 400, "`metadata` must be an object."),
        ({"message": "x" * 70_000}, 413, "The body may hold 65536 bytes."),
    ],
)
def test_what_is_no_message_is_refused(body: object, status: int, error: str, server: Server) -> None:
    reply = server.call(WEBHOOK, body)
    assert (reply.status, reply.json()) == (status, {"error": error})


def test_a_message_that_is_too_long_is_answered_in_its_language(server: Server) -> None:
    (message,) = server.say("long", "Quem cuida das contestações de cobrança? " * 60)
    assert message["text"] == get_texts("pt-BR")("chat.too_long", limit=2000)


def test_a_stream_is_lines_of_json_and_ends(server: Server) -> None:
    body = {"sender": "stream", "message": "hola"}
    reply = server.call(WEBHOOK + "?stream=true", body, timeout=10)
    assert reply.headers["content-type"] == "application/x-ndjson"
    (line,) = reply.body.splitlines()
    assert json.loads(line)["text"] == get_texts("es-ES")("chat.greet")
    two = server.call(WEBHOOK + "?stream=true", {"sender": "stream", "message": "/choose_cloud"}, timeout=10)
    assert len(two.body.splitlines()) == 1


def test_overlapping_messages_of_one_conversation_wait_less_than_a_second(server: Server) -> None:
    server.say("overlap", "hello")
    started = time.monotonic()
    threads = [threading.Thread(target=server.say, args=("overlap", "hello")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 1


def test_status_names_the_index_that_is_served(server: Server, samples: Engine) -> None:
    assert server.call("/guide/status").json() == {"index": str(samples.path.resolve()), "build": samples.index.build}


def test_ask_answers_like_the_command_line(server: Server) -> None:
    reply = server.call("/guide/ask", {"text": "Quem cuida das contestações de cobrança?", "cloud": "21vianet"})
    answer = reply.json()
    assert reply.status == 200
    assert (answer["status"], answer["locale"], answer["cloud"]) == ("answered", "pt-BR", "21vianet")
    assert answer["answers"][0]["citation"]["article_id"] == "Archive/China-billing-disputes"
    assert answer["answers"][0]["quote"] in answer["text"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "`text` must be a question."),
        ({"text": "  "}, "`text` must be a question."),
        ({"text": 5}, "`text` must be a question."),
        ({"text": "x", "locale": 5}, "`locale` must be a tag such as pt-BR."),
        ({"text": "x", "cloud": "mars"}, "`cloud` must be one of global, us-government, germany, 21vianet."),
        ({"text": "x" * 2001}, "The question is longer than 2000 characters."),
        ({"text": "x", "explain": "yes"}, "`explain` must be true or false."),
    ],
)
def test_ask_refuses_with_a_reason(body: dict[str, object], error: str, server: Server) -> None:
    reply = server.call("/guide/ask", body)
    assert (reply.status, reply.json()) == (400, {"error": error})


def test_ask_explains_like_the_command_line(server: Server, samples: Engine) -> None:
    question = "Quem cuida das contestações de cobrança?"
    told = server.call("/guide/ask", {"text": question, "cloud": "global", "explain": True}).json()
    _, explanation = samples.explain(Query(question, None, Cloud.GLOBAL))
    assert told["explanation"]["question"] == explanation_dict(explanation)["question"]
    assert told["explanation"]["quotes"][0]["passage"] == explanation.quotes[0].passage
    assert told["text"].startswith(told["answers"][0]["quote"])
    assert "\n\nQuestion       Quem cuida das contestações de cobrança?\n" in told["text"]
    command = [sys.executable, "-c", "from ingest.cli import main; main()", "ask", question, "--explain", "--json"]
    done = subprocess.run(
        [*command, "--cloud", "global", "--index", str(samples.path)],
        cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert json.loads(done.stdout)["explanation"] == told["explanation"]
    assert "explanation" not in server.call("/guide/ask", {"text": question, "explain": False}).json()


def test_ask_names_the_locales_it_knows(server: Server) -> None:
    reply = server.call("/guide/ask", {"text": "x", "locale": "tlh"})
    assert reply.status == 400
    assert all(tag in reply.json()["error"] for tag in supported())


def test_no_conversation_can_be_read_without_its_sender(server: Server) -> None:
    for path in ("/conversations/one/tracker", "/model", "/domain", "/status"):
        assert server.call(path).status == 404


def test_it_listens_on_this_machine_only(server: Server) -> None:
    port = urlparse(server.url).port
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError):
            socket.create_connection((address, port), timeout=2)


def test_what_users_write_is_in_no_log(server: Server) -> None:
    for words in ('/choose_cloud{"cloud": XYZZYSECRET', "/XYZZYSECRET{}", "who is XYZZYSECRET?", "/{XYZZYSECRET"):
        server.say("secret", words)
    log = server.log.read_text(errors="replace")
    assert "XYZZYSECRET" not in log
    ready = f"Partner Guide is ready: {server.url.replace('127.0.0.1', 'localhost')}  (stop it with Ctrl+C)"
    assert log.splitlines()[0] == ready


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--model", "nowhere"], "There is no trained model in nowhere. Train one: rasa train"),
        (["--index", "nowhere"], "There is no index at"),
        (["--port", "taken"], "Port "),
    ],
)
def test_what_is_missing_is_named_at_once(
    options: list[str], complaint: str, model: Path, samples: Engine, server: Server
) -> None:
    guide = [sys.executable, "-c", "from ingest.cli import main; main()", "serve"]
    for option, value in (("--model", str(model)), ("--index", str(samples.path)), ("--port", str(free_port()))):
        if option not in options:
            guide += [option, value]
    options = [str(urlparse(server.url).port) if option == "taken" else option for option in options]
    done = subprocess.run([*guide, *options], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith(f"guide: {complaint}")
    assert len(done.stderr.splitlines()) == 1
