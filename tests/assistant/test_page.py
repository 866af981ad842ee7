"""The page in a real browser: a question, its quote, the cloud, the language; nothing from elsewhere is loaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Server

from bot.locales import get_texts

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    context = browser.new_context(locale="pt-BR")
    page = context.new_page()
    page.problems, page.requested = [], []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.requested.append(request.url))
    page.goto(server.url)
    page.get_by_text(get_texts("pt-BR")("chat.greet")).wait_for()
    yield page
    assert page.problems == []
    assert all(url.startswith(server.url) for url in page.requested), page.requested
    context.close()


def ask(page: Any, words: str) -> Any:
    """Ask, and give the card that answers."""
    before = page.locator("article").count()
    page.locator("#question").fill(words)
    page.locator("#question").press("Enter")
    page.locator("article").nth(before + 1).locator("blockquote, .plain").first.wait_for()
    page.locator(".waiting").wait_for(state="detached")
    return page.locator("article").last


def test_a_question_its_quote_and_its_source(page: Any) -> None:
    assert page.title() == "Partner Guide"
    assert page.locator("html").get_attribute("lang") == "pt-BR"
    card = ask(page, "Quem cuida das contestações de cobrança?")
    assert card.locator("blockquote").count() >= 2
    assert card.locator("blockquote").first.get_attribute("lang") == "pt-BR"
    link = card.locator(".source a").first
    assert link.get_attribute("href").startswith("https://learn.microsoft.com/pt-BR/partner-center/")
    assert link.get_attribute("rel") == "noopener noreferrer"
    card.get_by_role("button", name=get_texts("pt-BR")("clouds.21vianet")).click()
    page.locator(".waiting").wait_for(state="detached")
    last = page.locator("article").last
    last.locator("blockquote").wait_for()
    assert last.locator("blockquote").count() == 1
    assert page.locator("#cloud").input_value() == "21vianet"


def test_the_language_is_chosen(page: Any) -> None:
    page.locator("#language").select_option("zh-CN")
    page.get_by_text(get_texts("zh-CN")("chat.locale_set")).wait_for()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("#form button").inner_text() == get_texts("zh-CN")("web.send")


def test_what_a_user_writes_is_never_markup(page: Any) -> None:
    words = "<img src=x onerror=alert(1)><b>who pays?</b>"
    ask(page, words)
    assert page.locator("article.mine .plain").last.inner_text() == words
    assert page.locator("article img, article b").count() == 0
