"""Attacks on the widget's channel from pages that it is not for, each tried over real HTTP."""

from __future__ import annotations

import uuid
from urllib.parse import urlparse

import httpx
import pytest
from conftest import Server
from widget_client import BASE, DISPUTES, LISTED, Client, refused


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
