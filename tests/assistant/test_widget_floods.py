"""Attacks on the widget's channel with too much and too slowly: floods, slow clients, what is no HTTP."""

from __future__ import annotations

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
from widget_client import BASE, DISPUTES, LISTED, Client


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
