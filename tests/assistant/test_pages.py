"""What browsers load from the server: pages, code, wording; with which headers, and nothing else of the machine."""

from __future__ import annotations

import gzip
import re

import httpx
import pytest
from conftest import ROOT, Server

from bot.locales import get_texts, supported

WEB = ROOT / "bot" / "web"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
CODE = sorted(path.name for path in (WEB / "widget").glob("*.js"))


@pytest.mark.parametrize("path", ["/", "/search"])
def test_a_page_is_self_contained(path: str, server: Server) -> None:
    page = server.call(path)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith(POLICY) and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.body)
    assert sources and all(source.startswith("/") and not source.startswith("//") for source in sources)
    for source in sources:
        assert server.call(source).status == 200, source
    assert not re.search(r"<(script|style)[^>]*>[^<]", page.body) and " style=" not in page.body
    assert not re.search(r"\son\w+=", page.body)


def test_no_code_makes_markup_of_words() -> None:
    for path in WEB.rglob("*.js"):
        code = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path
        )


@pytest.mark.parametrize("name", CODE)
def test_the_widget_s_code_may_be_loaded_by_any_page(name: str, server: Server) -> None:
    reply = httpx.get(f"{server.url}/widget/{name}", headers={"Origin": "https://anywhere.example"})
    assert (reply.status_code, reply.content) == (200, (WEB / "widget" / name).read_bytes())
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    again = httpx.get(f"{server.url}/widget/{name}", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_served_is_small(server: Server) -> None:
    """Everything that a page with the widget loads, compressed: less than 60 KB."""
    size = 0
    for path in [f"/widget/{name}" for name in CODE] + ["/widget/texts?locale=ru-RU"]:
        with httpx.stream("GET", server.url + path, headers={"Accept-Encoding": "gzip"}) as reply:
            body = b"".join(reply.iter_raw())
        assert reply.headers["content-encoding"] == "gzip", path
        assert gzip.decompress(body)
        size += len(body)
    assert size < 60_000


@pytest.mark.parametrize(
    "path",
    [
        "/web/server.py",
        "/web/..%2fserver.py",
        "/web/%2e%2e/server.py",
        "/web/",
        "/web/index.html",
        "/web/widget",
        "/widget/..%2f..%2fserver.py",
        "/widget/..%2findex.html",
        "/widget/%2e%2e%2f%2e%2e%2fsettings.py",
        "/widget/guide.js%00.txt",
        "/widget//etc/passwd",
        "/widget/",
    ],
)
def test_the_pages_folders_are_all_that_is_served(path: str, server: Server) -> None:
    assert server.call(path).status == 404


@pytest.mark.parametrize("locale", supported())
def test_the_wording_in_every_language(locale: str, server: Server) -> None:
    texts = server.call(f"/widget/texts?locale={locale}").json()
    assert texts["locale"] == locale
    assert texts["widget"] == {k: v for k, v in get_texts(locale).get("widget").items() if k != "errors"}
    assert [cloud["id"] for cloud in texts["clouds"]] == ["global", "us-government", "germany", "21vianet", "all"]
    assert [language["id"] for language in texts["languages"]] == list(supported())
    assert texts["limit"] == 2000


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("pt", "pt-BR"), ("tlh,de", "de-DE"), ("nl, ja-JP", "ja-JP"), ("", "en-US"), ("x" * 9999, "en-US")],
)
def test_the_first_language_that_there_is_counts(wanted: str, found: str, server: Server) -> None:
    url = f"{server.url}/widget/texts"
    if len(wanted) < 100:
        assert httpx.get(url, params={"locale": wanted}).json()["locale"] == found
    else:
        assert httpx.get(url, params={"locale": wanted}).status_code == 413


def test_the_wording_is_for_pages_that_may_embed_the_widget(server: Server) -> None:
    url = f"{server.url}/widget/texts?locale=en-US"
    allowed = httpx.get(url, headers={"Origin": "http://localhost:1234"})
    assert allowed.headers["access-control-allow-origin"] == "http://localhost:1234"
    assert "Origin" in allowed.headers["vary"]
    assert "access-control-allow-origin" not in httpx.get(url, headers={"Origin": "https://evil.example"}).headers
