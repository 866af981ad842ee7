"""The widget in a real browser against the running assistant: whole conversations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlparse

import pytest
from conftest import Server
from widget_browser import Widget

from bot.locales import get_texts

DISPUTES = {
    "en-US": "Who handles billing disputes?",
    "pt-BR": "Quem cuida das contestações de cobrança?",
    "zh-CN": "账单争议由谁处理？",
}


@pytest.mark.parametrize("locale", DISPUTES)
def test_a_conversation(locale: str, widget: Callable[..., Widget], server: Server, state: Path) -> None:
    texts = get_texts(locale)
    guide = widget(locale=locale).visit()
    assert guide.launch.inner_text().strip() == texts("widget.launch")
    assert guide.page.locator("html").get_attribute("lang") == locale
    guide.open()
    assert guide.page.get_by_text(texts("chat.greet")).is_visible()

    # guidance differs by cloud: all of it, each quote for itself
    answer = guide.ask(DISPUTES[locale])
    quotes = answer.locator("figure.quoted > .quote > blockquote")
    assert quotes.count() >= 2
    assert quotes.first.get_attribute("lang") == locale
    assert quotes.first.get_attribute("dir") == "auto"
    link = answer.locator("a.cited").first
    assert link.get_attribute("href").startswith(f"https://learn.microsoft.com/{locale}/partner-center/")
    assert (link.get_attribute("rel"), link.get_attribute("target")) == ("noopener noreferrer", "_blank")
    assert link.locator(".host").inner_text().strip() == "learn.microsoft.com"
    assert link.inner_text().rstrip().endswith(texts("widget.new_tab"))
    assert answer.locator(".for").last.inner_text().strip() == texts(
        "answer.for_clouds", clouds=texts("clouds.21vianet")
    )

    # the user's cloud, by a button: it is remembered, and the question answered again
    before = guide.answers.count()
    answer.get_by_role("button", name=texts("clouds.21vianet")).click()
    guide.answers.nth(before + 1).wait_for()
    guide.settle()
    assert guide.mine.last.locator("p").inner_text() == texts("clouds.21vianet")
    assert guide.cloud.input_value() == "21vianet"
    answer = guide.answers.last
    assert answer.locator("figure.quoted").count() == 1
    assert answer.locator(".label.archived").inner_text() == texts("labels.archived")

    # a section nearby
    topic = answer.locator(".related .topic").first.inner_text()
    before = guide.answers.count()
    answer.locator(".related button.ask").first.click()
    guide.answer(before)
    assert guide.mine.last.locator("p").inner_text() == topic

    # feedback is kept, without a name
    answer = guide.ask(DISPUTES[locale])
    answer.get_by_role("button", name=texts("widget.helpful"), exact=True).click()
    answer.get_by_text(texts("widget.thanks"), exact=True).wait_for()
    with closing(sqlite3.connect(state / "widget.sqlite")) as db:
        row = db.execute("SELECT helpful, question, locale, cloud FROM feedback ORDER BY id DESC").fetchone()
    assert row == (1, DISPUTES[locale], locale, "21vianet")

    # a reload
    said = guide.page.locator("partner-guide .log").inner_text()
    guide.page.reload()
    guide.box.wait_for()
    guide.answers.last.locator(".feedback").wait_for()
    shown = guide.page.locator("partner-guide .log").inner_text()
    assert shown.split() == said.replace(texts("widget.thanks"), "").split()
    helpful = guide.answers.last.get_by_role("button", name=texts("widget.helpful"), exact=True)
    assert helpful.get_attribute("aria-pressed") == "true"
    assert guide.cloud.input_value() == "21vianet"

    # nothing stored but the session; nothing asked of anybody else; no complaint
    assert list(guide.stored()) == [f"partner-guide:{server.url}"]
    assert guide.page.context.cookies() == []
    assert {urlparse(url).netloc for url in guide.requested} == {urlparse(server.url).netloc}
    assert guide.problems == []


def test_the_conversation_is_deleted(widget: Callable[..., Widget], state: Path) -> None:
    guide = widget().visit().open()
    guide.ask(DISPUTES["en-US"])
    conversation = json.loads(next(iter(guide.stored().values())))["conversation"]
    guide.page.get_by_role("button", name="Delete conversation").click()
    assert guide.focused() == "button"  # "Keep"
    guide.page.get_by_role("button", name="Keep").click()
    assert guide.answers.count() == 1
    guide.page.get_by_role("button", name="Delete conversation").click()
    guide.page.get_by_role("button", name="Delete", exact=True).click()
    guide.page.get_by_text("The conversation has been deleted.").wait_for(state="attached")
    assert (guide.answers.count(), guide.mine.count()) == (0, 0)
    assert guide.focused() == "textarea"
    assert "token" not in json.loads(next(iter(guide.stored().values())))
    with closing(sqlite3.connect(state / "widget.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM messages WHERE conversation = ?", (conversation,)).fetchone() == (0,)
    guide.page.reload()
    guide.box.wait_for()
    assert guide.mine.count() == 0


def test_the_language_is_chosen(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.ask(DISPUTES["en-US"])
    guide.language.select_option("es-ES")
    texts = get_texts("es-ES")
    again = texts("widget.again", question=DISPUTES["en-US"])
    with guide.page.expect_request("**/webhooks/widget/message") as sent:
        guide.page.get_by_role("button", name=again).click()
    assert sent.value.post_data_json["locale"] == "es-ES"
    guide.answers.nth(1).wait_for()
    assert guide.box.get_attribute("placeholder") == texts("widget.placeholder")
    assert texts("widget.helpful_question") in guide.answers.last.inner_text()
    assert guide.page.locator("partner-guide .root").get_attribute("lang") == "es-ES"


def test_the_widget_follows_the_language_of_the_question(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.ask(DISPUTES["pt-BR"])
    texts = get_texts("pt-BR")
    assert guide.box.get_attribute("placeholder") == texts("widget.placeholder")
    assert guide.mine.count() == 1
    assert guide.language.input_value() == ""  # still told by the question


def test_after_a_reload_only_the_last_answer_s_language_counts(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.ask(DISPUTES["pt-BR"])
    guide.ask(DISPUTES["en-US"])
    guide.requested.clear()
    guide.page.reload()
    guide.answers.nth(1).wait_for()
    guide.settle()
    assert guide.box.get_attribute("placeholder") == get_texts("en-US")("widget.placeholder")
    (texts,) = [url for url in guide.requested if "/widget/texts" in url]
    assert "pt-BR" not in texts


def test_the_original_is_shown_where_there_is_one(widget: Callable[..., Widget]) -> None:
    guide = widget(locale="pt-BR").visit().open()
    answer = guide.ask(DISPUTES["pt-BR"])
    button = answer.get_by_role("button", name=get_texts("pt-BR")("widget.show_original")).first
    original = answer.locator(".original blockquote").first
    assert not original.is_visible()
    button.click()
    assert original.is_visible()
    assert original.get_attribute("lang") == "en"
    assert "dispute" in original.inner_text()
    hide = answer.get_by_role("button", name=get_texts("pt-BR")("widget.hide_original")).first
    assert hide.get_attribute("aria-expanded") == "true"
    hide.click()
    assert not original.is_visible()


def test_a_quote_is_copied_with_its_source(widget: Callable[..., Widget]) -> None:
    guide = widget(permissions=["clipboard-read", "clipboard-write"]).visit().open()
    answer = guide.ask(DISPUTES["en-US"])
    answer.get_by_role("button", name="Copy").first.click()
    answer.get_by_role("button", name="Copied").first.wait_for()
    copied = guide.page.evaluate("navigator.clipboard.readText()")
    quote = answer.locator("blockquote").first.inner_text()
    assert copied.startswith(quote)
    assert copied.endswith("\n" + answer.locator("a.cited").first.get_attribute("href") + "\n")


def test_an_answer_that_is_none_leads_on(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    answer = guide.ask("What is the price of bananas on Mars?")
    texts = get_texts("en-US")
    assert answer.get_by_text(texts("abstain.none")).is_visible()
    assert answer.locator("blockquote").count() == 0
    assert answer.locator(".related").count() >= 1
    before = guide.answers.count()
    answer.get_by_role("button", name=texts("widget.person")).click()
    assert guide.answer(before).inner_text()


def test_a_plain_list_of_results(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.page.get_by_role("tab", name="Search").click()
    guide.page.get_by_label("Search the articles").fill("suspend a subscription")
    guide.page.locator("partner-guide .hits > li").first.wait_for()
    count = guide.page.locator("partner-guide .hits > li").count()
    assert guide.page.locator("partner-guide .count").inner_text() == f"Results: {count}"
    topic = guide.page.locator("partner-guide .hits h3 .cited").first.evaluate("node => node.firstChild.textContent")
    guide.page.locator("partner-guide .hits .tools button").first.click()
    guide.mine.first.wait_for()
    assert guide.mine.first.locator("p").inner_text() == topic


def test_unread_answers_are_counted(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.page.route("**/webhooks/widget/message", lambda route: (guide.page.wait_for_timeout(400), route.continue_()))
    guide.box.fill(DISPUTES["en-US"])
    guide.box.press("Enter")
    guide.page.keyboard.press("Escape")
    badge = guide.page.locator("partner-guide .badge")
    badge.wait_for()
    assert guide.launch.get_attribute("aria-expanded") == "false"
    assert badge.inner_text().split("\n")[0].startswith("1")
    assert "New answers: 1" in guide.launch.inner_text()
    guide.open()
    guide.answers.first.wait_for()
    guide.page.keyboard.press("Escape")
    assert not badge.is_visible()
