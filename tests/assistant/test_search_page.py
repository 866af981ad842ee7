"""The staff's search page and the demonstration page: what they show, and that they hold nothing from elsewhere."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from conftest import ROOT, Server
from widget_browser import Widget

from bot.locales import get_texts, supported

WEB = ROOT / "bot" / "web"
WORDS = get_texts("en-US").get("search_page")


@pytest.fixture
def search(widget: Callable[..., Widget]) -> Callable[..., Any]:
    def visit(path: str = "/search", **options: Any) -> Any:
        guide = widget(path, **options)
        guide.page.goto(guide.url)
        guide.page.locator("#box").wait_for()
        guide.page.problems = guide.problems
        return guide.page

    return visit


def test_results_as_one_types(search: Callable[..., Any]) -> None:
    page = search()
    assert page.locator("#count").inner_text() == WORDS["start"]
    assert page.evaluate("document.activeElement.id") == "box"
    page.keyboard.type("suspend a subscription")
    first = page.locator("#hits > li").first
    first.wait_for()
    page.wait_for_function("() => /suspen(d|sion)/i.test(document.querySelector('#hits h2').textContent)")
    assert re.fullmatch(r"Results: \d+ \(\d+ ms\)", page.locator("#count").inner_text())
    assert first.locator("blockquote").inner_text()
    assert first.locator("a.main").get_attribute("href").startswith("https://learn.microsoft.com/en-US/partner-center/")
    facts = first.locator(".facts").inner_text()
    assert get_texts("en-US")("clouds.global") in facts
    assert "English" in facts
    assert re.search(r"Confidence \d+%", facts)
    assert re.search(r"Score [\d.]+", facts)
    assert page.problems == []


def test_filters_and_a_link_to_share(search: Callable[..., Any]) -> None:
    page = search("/search?q=billing+dispute&languages=es-ES&cloud=21vianet")
    page.locator("#hits > li").first.wait_for()
    assert (page.locator("#languages").input_value(), page.locator("#cloud").input_value()) == ("es-ES", "21vianet")
    assert {node.get_attribute("lang") for node in page.locator("#hits h2").all()} == {"es-ES"}
    assert all("21Vianet" in text for text in page.locator("#hits .facts").all_inner_texts())
    page.locator("#languages").select_option("zh-CN")
    page.wait_for_function("() => document.querySelector('#hits h2')?.lang === 'zh-CN'")
    shared = {"q": ["billing dispute"], "languages": ["zh-CN"], "cloud": ["21vianet"]}
    assert parse_qs(urlparse(page.url).query) == shared
    page.reload()
    page.wait_for_function("() => document.querySelector('#hits h2')?.lang === 'zh-CN'")


def test_the_link_is_copied(search: Callable[..., Any]) -> None:
    page = search("/search?q=billing", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=WORDS["share"]).click()
    page.get_by_role("button", name=WORDS["shared"]).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_by_keyboard(search: Callable[..., Any]) -> None:
    page = search("/search?q=billing")
    page.locator("#hits > li").nth(1).wait_for()
    focused = "() => document.activeElement.id || document.activeElement.textContent"
    topics = [node.evaluate("node => node.textContent") for node in page.locator("#hits .main").all()]
    for key, where in (
        ("ArrowDown", topics[0]),
        ("ArrowDown", topics[1]),
        ("ArrowUp", topics[0]),
        ("ArrowUp", "box"),
        ("ArrowDown", topics[0]),
        ("/", "box"),
    ):
        page.keyboard.press(key)
        assert page.evaluate(focused) == where
    assert page.locator("#box").input_value() == "billing"
    page.keyboard.press("Escape")
    assert page.locator("#box").input_value() == ""
    assert page.locator("#hits > li").count() == 0
    assert page.locator("#count").inner_text() == WORDS["start"]


def test_nothing_found_and_no_server(search: Callable[..., Any]) -> None:
    page = search()
    page.route("**/guide/search", lambda route: route.fulfill(json={"hits": [], "took_ms": 1}))
    page.locator("#box").fill("xyzzy")
    page.get_by_text(WORDS["none"]).wait_for()
    page.unroute("**/guide/search")
    page.route("**/guide/search", lambda route: route.abort())
    page.locator("#box").fill("plugh")
    page.get_by_text(WORDS["failed"]).wait_for()


@pytest.mark.parametrize("path", ["/", "/search"])
def test_a_page_is_self_contained(path: str, server: Server) -> None:
    page = server.call(path)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.body):
        assert address.startswith("/")
        assert server.call(address).status == 200
    assert not re.search(r"<(script|style)[^>]*>[^<]", page.body)
    assert not re.search(r"\s(on\w+|style)=", page.body)


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.js")), ids=lambda path: path.name)
def test_no_script_makes_markup_of_words(path: Any) -> None:
    script = path.read_text(encoding="utf-8")
    markup = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|DOMParser|setHTML"
    assert not re.search(rf"{markup}|cookie|localStorage", script)
    assert "http://" not in script.replace("http://www.w3.org/2000/svg", "")


def test_everything_is_under_60_kilobytes() -> None:
    """What a page with the widget loads, compressed, its words in the longest language included."""
    code = sum(len(gzip.compress(path.read_bytes())) for path in (WEB / "widget").glob("*.js"))
    texts = max(len(gzip.compress((ROOT / f"bot/locales/{tag}.yml").read_bytes())) for tag in supported())
    assert code + texts < 60 * 1024


@pytest.mark.parametrize("locale", supported())
def test_the_wording_is_there_in_every_language_and_used(locale: str, server: Server) -> None:
    texts = server.call(f"/widget/texts?locale={locale}").json()
    assert texts["locale"] == locale
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (*WEB.rglob("*.js"), *WEB.glob("*.html")))
    assert len(texts["widget"]["examples"]) == 3
    for group in ("widget", "search_page"):
        assert set(texts[group]) == set(get_texts("en-US").get(group)) - {"errors"}
        unused = [key for key in texts[group] if not re.search(rf'[."]{key}\b', scripts)]
        assert unused == []
