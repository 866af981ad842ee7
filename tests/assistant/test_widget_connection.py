"""Lost connections: what is written is kept, sent once, answered once and in order; what went wrong is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conftest import Server
from widget_browser import Widget

from bot.locales import get_texts

QUESTION = "Who handles billing disputes?"
TEXTS = get_texts("en-US")


def said(guide: Widget) -> list[str]:
    """Whose messages stand there, in order."""
    return guide.page.locator("partner-guide .log > article:not(.greeting)").evaluate_all(
        "nodes => nodes.map((node) => node.className.split(' ')[0])"
    )


def test_offline_and_back(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.ask("hello")
    guide.page.context.set_offline(True)
    guide.page.get_by_text(TEXTS("widget.offline")).wait_for()
    for words in (QUESTION, "How do I suspend a subscription?"):
        guide.box.fill(words)
        guide.box.press("Enter")
    guide.page.get_by_text(TEXTS("widget.queued")).first.wait_for()
    assert said(guide) == ["mine", "guide", "mine", "mine"]
    guide.page.context.set_offline(False)
    guide.answers.nth(2).wait_for()
    guide.settle()
    assert not guide.page.get_by_text(TEXTS("widget.offline")).is_visible()
    assert guide.page.get_by_text(TEXTS("widget.queued")).count() == 0
    assert sorted(said(guide)) == ["guide"] * 3 + ["mine"] * 3
    assert guide.page.get_by_text(TEXTS("widget.online")).count() == 1  # for those who listen


def test_a_reply_that_is_lost_comes_once(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    asked: list[dict[str, Any]] = []

    def lose(route: Any) -> None:
        asked.append(route.request.post_data_json)
        if len(asked) == 1:
            route.fetch()  # the server answers, nobody hears it
            route.abort()
        else:
            route.continue_()

    guide.page.route("**/webhooks/widget/message", lose)
    guide.box.fill(QUESTION)
    guide.box.press("Enter")
    guide.page.get_by_text(TEXTS("widget.unreachable")).wait_for()
    guide.page.get_by_role("button", name=TEXTS("widget.retry")).first.click()
    guide.answers.first.wait_for()
    guide.settle()
    assert [body["id"] for body in asked] == [asked[0]["id"]] * 2
    assert said(guide) == ["mine", "guide"]
    guide.page.reload()
    guide.answers.first.wait_for()
    assert said(guide) == ["mine", "guide"]


def test_a_reload_while_an_answer_is_on_its_way(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.page.route("**/webhooks/widget/message", lambda route: None)  # never answered
    guide.box.fill(QUESTION)
    guide.box.press("Enter")
    guide.mine.first.wait_for()
    guide.page.unroute("**/webhooks/widget/message")
    guide.page.reload()
    guide.answers.first.wait_for()
    guide.settle()
    assert said(guide) == ["mine", "guide"]


def test_a_tab_that_was_copied_misses_nothing(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.ask(QUESTION)
    stored = json.dumps(guide.stored())
    other = Widget(guide.page.context.new_page(), guide.url)
    copied = f"for (const [name, value] of Object.entries({stored})) sessionStorage.setItem(name, value)"
    other.page.add_init_script(copied)
    other.page.goto(guide.url)
    other.box.wait_for()
    other.ask("How do I suspend a subscription?")
    guide.ask("How do I reach support?")
    assert guide.mine.count() == 3
    assert guide.answers.count() == 3
    guide.page.reload()
    guide.answers.nth(2).wait_for()
    assert said(guide) == ["mine", "guide"] * 3


def test_too_many_messages_are_sent_later(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    refused = {"error": "too_many", "message": TEXTS("widget.errors.too_many", seconds=1), "retry_after": 1}
    asked: list[str] = []

    def limit(route: Any) -> None:
        asked.append(route.request.post_data_json["id"])
        route.fulfill(status=429, json=refused) if len(asked) == 1 else route.continue_()

    guide.page.route("**/webhooks/widget/message", limit)
    guide.box.fill(QUESTION)
    guide.box.press("Enter")
    guide.page.get_by_text(refused["message"]).wait_for()
    guide.answers.first.wait_for()
    assert asked == [asked[0]] * 2
    assert guide.page.get_by_text(refused["message"]).count() == 0


def test_what_is_refused_can_be_changed(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    guide.box.fill("/greet")
    guide.box.press("Enter")
    guide.page.get_by_text(TEXTS("widget.errors.intent")).wait_for()
    guide.page.get_by_role("button", name=TEXTS("widget.edit")).click()
    assert guide.box.input_value() == "/greet"
    assert guide.mine.count() == 0
    guide.ask("greetings")
    assert said(guide) == ["mine", "guide"]


def test_a_conversation_that_is_over_begins_anew(widget: Callable[..., Widget], server: Server) -> None:
    guide = widget().visit().open()
    guide.ask("hello")
    stored = json.loads(next(iter(guide.stored().values())))
    guide.page.evaluate(
        "([url, token]) => fetch(url, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } })",
        [f"{server.url}/webhooks/widget/conversation", stored["token"]],
    )
    guide.box.fill(QUESTION)
    guide.box.press("Enter")
    guide.page.get_by_text(TEXTS("widget.ended")).wait_for()
    guide.answers.first.locator("blockquote").first.wait_for()
    assert said(guide) == ["mine", "guide"]
    assert json.loads(next(iter(guide.stored().values())))["conversation"] != stored["conversation"]
