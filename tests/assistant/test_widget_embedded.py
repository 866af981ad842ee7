"""The widget on other people's pages: strict policies, hostile styles, an old doctype, origins that are not allowed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from conftest import Server
from widget_browser import Widget

from bot.locales import get_texts

QUESTION = "Who handles billing disputes?"
OLD = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">'
PAGE = """{doctype}<html lang="{lang}"><head><title>Host</title><link rel="stylesheet" href="/host.css"></head>
<body><h1>Host</h1><p id="own">The page's own words.</p><button class="launch panel quote">own</button>
<script src="{server}/widget/guide.js" {attributes}></script></body></html>"""
HOSTILE = """
html { font-size: 4px; direction: rtl; }
* { all: unset !important; display: block !important; position: static !important; color: red !important;
  font: 40px/3 fantasy !important; letter-spacing: 1em !important; background: yellow !important;
  margin: 50px !important;
  text-transform: uppercase !important; width: 10px !important; z-index: -1 !important; }
button, textarea, select, a, blockquote, div { border: 20px solid lime !important; height: 1px !important; }
"""


@dataclass
class Host:
    """A site of its own: what it answers, by path."""

    url: str = ""
    policy: str = ""
    files: dict[str, tuple[str, str]] = field(default_factory=dict)

    def page(self, server: Server, *, doctype: str = "<!doctype html>", lang: str = "en", attributes: str = "") -> str:
        page = PAGE.format(doctype=doctype, lang=lang, attributes=attributes, server=server.url)
        self.files["/"] = ("text/html", page)
        return self.url + "/"


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host(files={"/host.css": ("text/css", "")})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = host.files.get(self.path, ("text/plain", ""))
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            if host.policy:
                self.send_header("Content-Security-Policy", host.policy)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        host.url = f"http://127.0.0.1:{site.server_port}"
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield host
        site.shutdown()


def without_icon(problems: list[str]) -> list[str]:
    return [problem for problem in problems if "favicon" not in problem]


def look(node: Any) -> dict[str, str]:
    names = ["color", "fontFamily", "fontSize", "letterSpacing", "textTransform", "direction", "backgroundColor"]
    script = "(node, names) => Object.fromEntries(names.map((name) => [name, getComputedStyle(node)[name]]))"
    return node.evaluate(script, names)


def test_a_page_with_a_strict_policy(host: Host, server: Server, widget: Callable[..., Widget]) -> None:
    host.policy = (
        f"default-src 'none'; script-src {server.url}; connect-src {server.url}; style-src 'self'; img-src 'none'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    guide = widget().visit(host.page(server))
    guide.open()
    assert guide.ask(QUESTION).locator("blockquote").count() >= 2
    assert without_icon(guide.problems) == []
    assert {url.split("/")[2] for url in guide.requested} == {host.url.split("/")[2], server.url.split("/")[2]}


def test_hostile_styles_and_an_old_doctype(host: Host, server: Server, widget: Callable[..., Widget]) -> None:
    plain = widget().visit().open()
    answer = plain.ask(QUESTION)
    own = [look(node) for node in (plain.dialog, plain.box, answer.locator("blockquote").first)]
    place = plain.dialog.bounding_box()

    host.files["/host.css"] = ("text/css", HOSTILE)
    guide = widget().visit(host.page(server, doctype=OLD))
    assert guide.page.evaluate("document.compatMode") == "BackCompat"
    guide.open()
    answer = guide.ask(QUESTION)
    assert [look(node) for node in (guide.dialog, guide.box, answer.locator("blockquote").first)] == own
    found = guide.dialog.bounding_box()
    assert (found["width"], found["height"]) == (place["width"], place["height"])
    # nor do our styles reach the page
    assert look(guide.page.locator("#own"))["color"] == "rgb(255, 0, 0)"
    bare = widget().visit(host.page(server))
    bare_button = bare.page.locator("body > button.launch")
    assert look(bare_button)["backgroundColor"] != "rgb(11, 92, 173)"


def test_what_the_script_tag_says(host: Host, server: Server, widget: Callable[..., Widget]) -> None:
    attributes = 'data-locale="pt-br" data-cloud="germany" data-theme="dark"'
    guide = widget().visit(host.page(server, attributes=attributes)).open()
    assert guide.box.get_attribute("placeholder") == get_texts("pt-BR")("widget.placeholder")
    assert (guide.language.input_value(), guide.cloud.input_value()) == ("pt-BR", "germany")
    assert "dark" in guide.page.locator("partner-guide .root").get_attribute("class")
    with guide.page.expect_request("**/webhooks/widget/message") as sent:
        guide.ask("SLA?")
    assert (sent.value.post_data_json["locale"], sent.value.post_data_json["cloud"]) == ("pt-BR", "germany")


def test_the_page_s_language_counts_before_the_browser_s(
    host: Host, server: Server, widget: Callable[..., Widget]
) -> None:
    guide = widget(locale="de-DE").visit(host.page(server, lang="ko"))
    assert guide.launch.inner_text().strip() == get_texts("ko-KR")("widget.launch")
    guide = widget(locale="de-DE").visit(host.page(server, lang="tlh"))
    assert guide.launch.inner_text().strip() == get_texts("de-DE")("widget.launch")


def test_twice_on_a_page_is_once(host: Host, server: Server, widget: Callable[..., Widget]) -> None:
    address = host.page(server)
    kind, page = host.files["/"]
    host.files["/"] = (kind, page.replace("</body>", f'<script src="{server.url}/widget/guide.js"></script></body>'))
    guide = widget().visit(address)
    assert guide.page.locator("partner-guide").count() == 1


def test_an_origin_that_is_not_allowed_gets_nothing(host: Host, strict: Server, widget: Callable[..., Widget]) -> None:
    guide = widget()
    guide.page.goto(host.page(strict))
    guide.page.wait_for_load_state("networkidle")
    assert guide.page.locator("partner-guide").count() == 1
    assert not guide.page.locator("partner-guide .launch").is_visible()  # its words are refused already
    status = guide.page.evaluate(
        "url => fetch(url, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })"
        ".then((reply) => reply.status, () => 'refused')",
        f"{strict.url}/webhooks/widget/session",
    )
    assert status == "refused"


def test_the_page_may_open_it_and_ask(host: Host, server: Server, widget: Callable[..., Widget]) -> None:
    guide = widget().visit(host.page(server))
    guide.page.evaluate("question => document.querySelector('partner-guide').ask(question)", QUESTION)
    guide.answers.first.wait_for()
    assert guide.mine.first.locator("p").inner_text() == QUESTION
    guide.page.evaluate("document.querySelector('partner-guide').close()")
    guide.dialog.wait_for(state="hidden")
