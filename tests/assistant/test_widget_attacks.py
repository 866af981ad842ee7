"""Attacks on the widget's channel, each tried over real HTTP: tokens, origins, replay, intents, floods, bad bodies."""

from __future__ import annotations

import base64
import json
import socket
import sqlite3
import time
import uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import urlparse

import httpx
import pytest
from conftest import Server
from widget_client import BASE, LISTED, Client, refused

from bot.channels.widget_tokens import Press, Signer, Token

DISPUTES = "Who handles billing disputes?"
CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture
def client(server: Server) -> Client:
    return Client(server.url).begin(locale="en-US")


@pytest.fixture
def far(strict: Server) -> Client:
    """A client of the server that other machines reach."""
    return Client(strict.url, origin=LISTED)


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


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://help.example.com",  # another scheme
        "https://help.example.com:8443",  # another port
        "https://help.example.com.evil.example",
        "https://xhelp.example.com",
        "https://sub.help.example.com",
        "https://help.example.com/",
        "https://help.example.com@evil.example",
        "https://HELP.example.com",  # browsers write small letters
        "http://localhost:5005",  # of this machine's pages only a local server thinks well
        "http://127.0.0.1",
        "null",  # a sandboxed frame, a file
        "*",
        "",
        None,  # nothing that changes something comes without one
    ],
)
def test_a_foreign_origin_is_refused(origin: str | None, far: Client) -> None:
    far.begin()
    far.origin = origin
    for method, path, body in (
        ("POST", "/session", {}),
        ("POST", "/message", {"id": str(uuid.uuid4()), "text": DISPUTES}),
        ("DELETE", "/conversation", None),
    ):
        reply = far.call(method, path, body)
        assert refused(reply) == (403, "origin")
        assert "access-control-allow-origin" not in reply.headers
    preflight = far.call("OPTIONS", "/message", Access_Control_Request_Method="POST")
    assert preflight.status_code == 403 and "access-control-allow-origin" not in preflight.headers
    if origin is not None:
        assert refused(far.call("GET", "/messages")) == (403, "origin")


def test_two_origins_are_none(far: Client) -> None:
    far.begin()
    headers = [("Origin", LISTED), ("Origin", "https://evil.example"), ("Authorization", f"Bearer {far.token}")]
    assert refused(httpx.get(far.url + BASE + "/messages", headers=headers)) == (403, "origin")


@pytest.mark.parametrize(
    "origin", ["http://localhost.evil.example", "http://localhost@evil.example", "http://evil.example"]
)
def test_a_name_like_this_machine_s_is_not_this_machine(origin: str, server: Server) -> None:
    assert refused(Client(server.url, origin).call("POST", "/session", {})) == (403, "origin")


def test_an_allowed_origin_is_named_and_no_other(far: Client) -> None:
    reply = far.call("POST", "/session", {})
    assert reply.headers["access-control-allow-origin"] == LISTED
    assert "access-control-allow-credentials" not in reply.headers
    assert "Origin" in reply.headers["vary"]
    preflight = far.call("OPTIONS", "/message", Access_Control_Request_Method="POST")
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "Authorization, Content-Type"


def test_a_token_is_of_use_on_the_origin_it_was_given_to(server: Server) -> None:
    client = Client(server.url, "http://localhost:8080").begin()
    client.origin = "http://localhost:9090"
    assert refused(client.call("GET", "/messages")) == (403, "origin")


def test_what_a_browser_calls_another_site_s_reads_nothing(client: Client) -> None:
    client.origin = None
    assert client.call("GET", "/messages", Sec_Fetch_Site="same-origin").status_code == 200
    for site in ("cross-site", "same-site"):
        assert refused(client.call("GET", "/messages", Sec_Fetch_Site=site)) == (403, "origin")


def test_the_search_is_for_this_server_s_pages(server: Server) -> None:
    url, port = f"{server.url}/guide/search?text=billing", urlparse(server.url).port
    assert httpx.get(url, headers={"Host": f"localhost:{port}"}).status_code == 200
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": f"evil.example:{port}"},  # a name that was made to lead to this machine
        {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"},
    ):
        assert refused(httpx.get(url, headers=headers)) == (403, "origin")


def test_a_page_of_another_origin_asks_nothing(server: Server) -> None:
    url, body = f"{server.url}/guide/ask", {"text": "billing"}
    assert httpx.post(url, json=body).status_code == 200
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert httpx.post(url, json=body, headers=headers).status_code == 403


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


def test_a_flood_in_one_conversation_is_slowed(far: Client) -> None:
    far.begin(locale="pt-BR")
    replies = [far.send(f"hello {n}") for n in range(6)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429]
    body = replies[-1].json()
    assert body["error"] == "too_many" and 0 < body["retry_after"] <= 60
    assert replies[-1].headers["retry-after"] == str(body["retry_after"])
    assert f"Tente de novo em {body['retry_after']} s." in body["message"]
    assert far.messages()["last"] == 10
    far.address = Client(far.url).address
    assert far.send("from elsewhere").status_code == 429  # it is the conversation that is slowed


def test_a_flood_from_one_address_is_slowed(far: Client) -> None:
    first, second = far.begin(), Client(far.url, LISTED, address=far.address).begin()
    replies = [(first if n % 2 else second).send(f"hello {n}") for n in range(9)]
    assert [reply.status_code for reply in replies] == [200] * 8 + [429]
    elsewhere = Client(far.url, LISTED).begin()
    assert elsewhere.send("hello").status_code == 200


def test_a_flood_of_sessions_is_slowed_whatever_the_client_says_of_itself(far: Client) -> None:
    statuses = []
    for n in range(5):
        claimed = f"203.0.113.{n}, {far.address}"  # the proxy adds the last one
        statuses.append(far.call("POST", "/session", {}, X_Forwarded_For=claimed, X_Real_IP=claimed).status_code)
    assert statuses == [200, 200, 200, 429, 429]


def test_one_network_of_ipv6_is_one_address(far: Client) -> None:
    net = f"2001:db8:{uuid.uuid4().hex[:4]}:1"
    statuses = [far.call("POST", "/session", {}, X_Forwarded_For=f"{net}::{n}").status_code for n in range(1, 5)]
    assert statuses == [200, 200, 200, 429]


def test_a_flood_of_anything_is_slowed(far: Client) -> None:
    with httpx.Client(headers={"X-Forwarded-For": far.address, "Authorization": "Bearer a.b"}) as http:
        statuses = [http.get(f"{far.url}{BASE}/messages").status_code for _ in range(62)]
    assert statuses == [401] * 60 + [429] * 2


def test_no_address_is_kept(far: Client, state: Path) -> None:
    far.begin()
    with closing(sqlite3.connect(state / "widget.sqlite")) as db:
        keys = [key for (key,) in db.execute("SELECT key FROM hits")]
    assert keys and not any(far.address in key for key in keys)


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlparse(server.url).port), timeout=20)


def until_closed(client: socket.socket, drip: bytes, every: float = 0.2) -> tuple[float, bytes]:
    """Send a byte now and then until the server has had enough: after how long, and what it said."""
    started, said = time.monotonic(), b""
    client.settimeout(every)
    while time.monotonic() - started < 20:
        try:
            client.sendall(drip)
            if not (part := client.recv(4096)):
                break
            said += part
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started, said


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_a_slow_head_is_cut_off(begun: bytes, strict: Server) -> None:
    with connect(strict) as client:
        client.sendall(begun or b"G")
        took, said = until_closed(client, b"a")
    assert took < 8 and (not said or said.startswith(b"HTTP/1.1 4"))


def test_a_slow_body_is_cut_off(far: Client, strict: Server) -> None:
    far.begin()
    head = (
        f"POST {BASE}/message HTTP/1.1\r\nHost: x\r\nOrigin: {LISTED}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {far.token}\r\nX-Forwarded-For: {far.address}\r\nContent-Length: 60000\r\n\r\n"
    )
    with connect(strict) as client:
        client.sendall(head.encode())
        took, said = until_closed(client, b"x")
    assert took < 8
    assert said.startswith(b"HTTP/1.1 408") and b'"error":"timeout"' in said


def test_who_asks_for_a_websocket_is_timed_out_like_others(strict: Server) -> None:
    head = "POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nContent-Length: 60000\r\n\r\n"
    with connect(strict) as client:
        client.sendall(head.encode())
        took, said = until_closed(client, b"x")
    assert took < 8 and said.startswith(b"HTTP/1.1 400")


def test_many_slow_clients_keep_nobody_from_an_answer(far: Client, strict: Server) -> None:
    far.begin()
    slow = [connect(strict) for _ in range(200)]
    try:
        for client in slow:
            client.sendall(b"POST /webhooks/widget/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n")
        started = time.monotonic()
        assert far.send(DISPUTES).status_code == 200
        assert time.monotonic() - started < 3
    finally:
        for client in slow:
            client.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"POST /webhooks/widget/session HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
        b"POST /webhooks/widget/session HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}",
        b"POST /webhooks/widget/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n{}",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /guide/search?text=%ff%fe&locale=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_http_harms_nobody(raw: bytes, strict: Server) -> None:
    with connect(strict) as client:
        client.sendall(raw)
        client.settimeout(10)
        try:
            said = client.recv(4096)
        except OSError:
            said = b""
    assert not said or b"Traceback" not in said
    assert httpx.get(f"{strict.url}/guide/status").status_code == 200


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
