"""Attacks on the widget's channel, each tried over real HTTP: tokens, replay, intents, bad bodies."""

from __future__ import annotations

import base64
import json
import sqlite3
import time
import uuid
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from conftest import Server
from widget_client import BASE, DISPUTES, Client, refused

from bot.channels.widget_tokens import Press, Signer, Token

CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"


def others(token: str, conversation: str) -> dict[str, str]:
    """Tokens that are not the conversation's: forged, foreign, old, bent."""
    body, mac = token.split(".")
    packed = json.dumps({"c": conversation, "e": 2**40}, separators=(",", ":")).encode()
    forever = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    guess = Signer(b"0" * 64)
    return {
        "none": "",
        "a dot": ".",
        "no signature": body + ".",
        "another body": f"{forever}.{mac}",
        "unsigned": base64.urlsafe_b64encode(b'{"alg":"none"}').decode() + f".{forever}.",
        "another secret": guess.token(Token(conversation, 2**40)),
        "cut": token[:-1],
        "longer": token + "A",
        "padded": token + "=",
        "upper case": token.upper(),
        "with words": token + " and more",
        "of a button": guess.button(conversation, Press("/greet", "x")),
        "very long": "A" * 5000,
        "not ascii": "é.é",
    }


@pytest.mark.parametrize("kind", sorted(others("a.b", "c")))
def test_a_token_that_was_not_given_opens_nothing(kind: str, client: Client) -> None:
    conversation, bad = client.conversation, others(client.token, client.conversation)[kind]
    headers = {"Authorization": f"Bearer {bad}".strip().encode()}
    for method, path, body in (
        ("GET", "/messages", None),
        ("POST", "/message", {"id": str(uuid.uuid4()), "text": DISPUTES}),
        ("POST", "/feedback", {"seq": 1, "helpful": True}),
        ("DELETE", "/conversation", None),
    ):
        assert refused(client.call(method, path, body, **headers)) == (401, "token"), conversation
    assert client.messages()["last"] == 0


def test_a_token_runs_out(client: Client, state: Path) -> None:
    signer = Signer((state / "widget.secret").read_bytes())
    assert client.token == signer.token(Token(client.conversation, signer.read_token(client.token, 0).expires))
    client.token = signer.token(Token(client.conversation, int(time.time()) - 1))
    assert refused(client.call("GET", "/messages")) == (401, "token")


def test_a_button_s_value_is_no_token(client: Client) -> None:
    (answer,) = client.say(DISPUTES)
    client.token = answer["buttons"][0]["value"]
    assert refused(client.call("GET", "/messages")) == (401, "token")


def test_a_session_sees_and_changes_its_own_conversation_only(client: Client, server: Server) -> None:
    client.say(DISPUTES)
    other = Client(server.url).begin()
    assert other.messages() == {"messages": [], "last": 0, "pending": False}
    assert refused(other.call("POST", "/feedback", {"seq": 2, "helpful": True})) == (404, "not_found")
    more = {"conversation": client.conversation, "sender": client.conversation}
    assert other.send("hello", **more).status_code == 200
    assert other.call("DELETE", f"/conversation?conversation={client.conversation}", more).status_code == 204
    assert client.messages()["last"] == 2


def test_the_rest_channel_reaches_no_conversation_of_the_widget(client: Client, server: Server, state: Path) -> None:
    client.say(DISPUTES, cloud="germany")
    server.say(client.conversation, '/choose_cloud{"cloud": "21vianet"}')
    server.say(f"widget-{client.conversation}", '/choose_cloud{"cloud": "21vianet"}')
    (answer,) = client.say(DISPUTES, cloud="germany")
    assert answer["custom"]["cloud"] == "germany"
    (answer,) = server.say(client.conversation, DISPUTES, locale="en-US")
    assert answer["custom"]["cloud"] == "21vianet"  # its own conversation, of that name


INTENTS = [
    "/choose_cloud",
    '/choose_cloud{"cloud": "21vianet"}',
    "/restart",
    "/session_start",
    "/ask_person@1.0",
    '  /choose_cloud{"cloud": "21vianet"}',
    "\n\t/greet",
    "\u200b/greet",  # a space without width
    "\ufeff/greet",  # a byte-order mark
    "\u00a0\u3000/greet",
    "\x1c/greet",  # a space for Python, not for browsers
    "\x00/greet",
    "\u202e/greet",  # right to left from here
    "\u2060\u00ad/greet",
    "／greet",
    "\u0301/greet",
    "//greet",
]


@pytest.mark.parametrize("text", INTENTS)
def test_words_name_no_intent(text: str, client: Client) -> None:
    assert refused(client.send(text)) == (403, "intent")
    assert client.messages()["last"] == 0


@pytest.mark.parametrize(
    "text", ["EXTERNAL: greet", "greet{}", "a /greet", '{"intent": "choose_cloud"}', "[x](/greet)"]
)
def test_words_that_only_look_like_one_are_words(text: str, client: Client) -> None:
    (answer,) = client.say(text)
    assert "chosen_cloud" not in answer["custom"]


def test_what_reaches_the_assistant_by_other_fields_counts_for_nothing(client: Client) -> None:
    more = {"metadata": {"cloud": "21vianet"}, "parse_data": {"intent": {"name": "restart"}}, "payload": "/restart"}
    more |= {"message": "/restart", "sender": "x", "slots": {"cloud": "21vianet"}, "from": "guide", "seq": 7}
    (answer,) = client.say("How do I suspend a subscription?", **more)
    assert answer["custom"]["cloud"] is None and answer["seq"] == 2


def test_a_button_is_signed_for_its_conversation(client: Client, server: Server) -> None:
    (answer,) = client.say(DISPUTES)
    value = answer["buttons"][0]["value"]
    body, mac = value.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    made_up = base64.urlsafe_b64encode(json.dumps(told | {"p": "/restart"}).encode()).rstrip(b"=").decode()
    stranger = Client(server.url).begin()
    bad = [f"{made_up}.{mac}", body, f"{body}.", value[:-2], "/restart", told["p"], client.token, "", "." * 9000]
    bad += [Signer(b"0" * 64).button(client.conversation, Press("/restart", "x")), 7, ["x"], {"p": "/restart"}]
    for button in bad:
        reply = client.call("POST", "/message", {"id": str(uuid.uuid4()), "button": button})
        assert refused(reply) == (403, "intent"), button
    reply = stranger.call("POST", "/message", {"id": str(uuid.uuid4()), "button": value})
    assert refused(reply) == (403, "intent")
    assert client.messages()["last"] == 2 and stranger.messages()["last"] == 0


def test_a_replay_says_the_same_and_does_nothing(client: Client) -> None:
    name = str(uuid.uuid4())
    first = client.send(DISPUTES, name).json()
    value = first["messages"][1]["buttons"][0]["value"]
    for _ in range(3):
        assert client.send(DISPUTES, name).json() == first
    for body in ({"text": "hello"}, {"button": value}, {"text": DISPUTES + " "}):
        reply = client.call("POST", "/message", {"id": name, **body})
        assert reply.status_code == (200 if body.get("text", "").strip() == DISPUTES else 409)
    assert client.messages()["last"] == 2
    assert client.call("DELETE", "/conversation").status_code == 204
    assert refused(client.send(DISPUTES, name)) == (401, "token")


BODIES = {
    "nothing": b"",
    "half": b'{"id": "',
    "a list": b"[]",
    "a word": b'"hello"',
    "null": b"null",
    "not utf-8": b'{"id": "12345678", "text": "\xff\xfe"}',
    "deep": b"[" * 60_000,
    "deep objects": b'{"a":' * 10_000,
    "half a pair": b'{"id": "12345678", "text": "\\ud800"}',
    "half a pair in a name": b'{"id": "12345678", "text": "x", "\\udfff": 1}',
    "no id": b'{"text": "hello"}',
    "a number as id": b'{"id": 12345678, "text": "hello"}',
    "a short id": b'{"id": "1", "text": "hello"}',
    "a long id": b'{"id": "' + b"1" * 65 + b'", "text": "hello"}',
    "a path as id": b'{"id": "../../etc/passwd", "text": "hello"}',
    "no text": b'{"id": "12345678"}',
    "text and button": b'{"id": "12345678", "text": "hello", "button": "x"}',
    "a number as text": b'{"id": "12345678", "text": 7}',
    "an object as text": b'{"id": "12345678", "text": {"$ne": null}}',
    "a list as locale": b'{"id": "12345678", "text": "hello", "locale": ["en-US"]}',
    "an unknown cloud": b'{"id": "12345678", "text": "hello", "cloud": "moon"}',
    "an object as cloud": b'{"id": "12345678", "text": "hello", "cloud": {}}',
    "xml": b"<id>12345678</id>",
    "a form": b"id=12345678&text=hello",
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_no_message_is_refused(kind: str, client: Client) -> None:
    assert refused(client.call("POST", "/message", BODIES[kind])) == (400, "malformed")
    assert client.messages()["last"] == 0


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u2060", "\x00\x01", "\ufeff"])
def test_a_message_without_a_word_is_refused(text: str, client: Client) -> None:
    assert refused(client.send(text)) == (400, "empty")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_what_a_page_may_send_unasked_is_not_read(kind: str | None, client: Client) -> None:
    body = json.dumps({"id": "12345678", "text": "hello"}).encode()
    assert refused(client.call("POST", "/message", body, Content_Type=kind)) == (400, "malformed")


@pytest.mark.parametrize("seq", [0, -1, 2**31, 10**400, True, 1.5, "1", None, [1]])
def test_feedback_names_a_number(seq: object, client: Client) -> None:
    assert refused(client.call("POST", "/feedback", {"seq": seq, "helpful": True})) == (400, "malformed")


@pytest.mark.parametrize("helpful", ["yes", 1, 0, None, [], {}])
def test_feedback_is_yes_or_no(helpful: object, client: Client) -> None:
    assert refused(client.call("POST", "/feedback", {"seq": 2, "helpful": helpful})) == (400, "malformed")


@pytest.mark.parametrize("after", ["-1", "x", "1e9", "9" * 30, "%00", "1;DROP TABLE messages", "\u0661"])
def test_a_number_is_digits(after: str, client: Client) -> None:
    assert refused(client.call("GET", f"/messages?after={after}")) == (400, "malformed")


def test_words_are_kept_as_words(client: Client) -> None:
    text = "'); DROP TABLE messages; -- \" <script>alert(1)</script> %s {0} \x07 \U0001f600"
    client.say(text)
    assert client.messages()["messages"][0]["text"] == text.replace("\x07", "")


@pytest.mark.parametrize("path", ["/message", "/session", "/feedback"])
def test_a_megabyte_is_refused(path: str, client: Client) -> None:
    for size in (65_537, 1024 * 1024):
        body = b'{"id": "12345678", "text": "' + b"x" * (size - 30) + b'"}'
        assert refused(client.call("POST", path, body)) == (413, "too_large")
    chunks = (b"x" * 60_000 for _ in range(20))
    headers = {"Origin": client.origin, "Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    reply = httpx.post(client.url + BASE + path, content=chunks, headers=headers)
    assert refused(reply) == (413, "too_large")
    assert client.messages()["last"] == 0


def test_a_question_is_as_long_as_it_may_be(client: Client) -> None:
    assert client.send("x" * 2000).status_code == 200
    assert refused(client.send("x" * 2001)) == (413, "too_long")
    assert refused(client.send("\U0001f600" * 2001)) == (413, "too_long")


def test_accents_without_end_keep_nobody_waiting(client: Client) -> None:
    """To put n accents in order takes n² steps."""
    text = "a" + "\u0301\u0316" * 15_000
    started = time.monotonic()
    body = json.dumps({"id": str(uuid.uuid4()), "text": text}, ensure_ascii=False).encode()
    assert len(body) < 65_536
    assert refused(client.call("POST", "/message", body)) == (413, "too_long")
    body = json.dumps({"text": text, "locale": text[:100], "languages": ["x"] * 1000}, ensure_ascii=False).encode()
    json_type = {"Content-Type": "application/json"}
    assert httpx.post(f"{client.url}/guide/search", content=body, headers=json_type).status_code in (400, 413)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "path", ["/", "/guide/status", "/nothing", "/widget/../server.py", "/webhooks/rest/", "/widget/texts"]
)
def test_everything_served_says_what_a_browser_may_do_with_it(path: str, server: Server) -> None:
    reply = httpx.get(server.url + path)
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in reply.headers


def test_what_goes_wrong_inside_is_said_and_nothing_is_lost(client: Client, state: Path) -> None:
    """Another process holds the store for longer than is waited for."""
    with closing(sqlite3.connect(state / "widget.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert refused(client.send(DISPUTES, "12345678")) == (503, "unavailable")
        db.execute("ROLLBACK")
    assert client.send(DISPUTES, "12345678").status_code == 200
    assert client.messages()["last"] == 2


def test_what_is_refused_or_said_is_in_no_log(client: Client, server: Server) -> None:
    client.say("who is XYZZYSECRET?")
    client.send("/XYZZYSECRET{}")
    client.call("POST", "/message", b"XYZZYSECRET")
    log = server.log.read_text(errors="replace")
    assert "XYZZYSECRET" not in log and client.token not in log and client.conversation not in log
