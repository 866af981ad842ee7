"""The widget by keyboard alone, on a phone, dark, from right to left, enlarged, and without motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from widget_browser import Widget

from bot.locales import get_texts

QUESTION = "Who handles billing disputes?"
TEXTS = get_texts("en-US")


def sideways(guide: Widget) -> int:
    """By how many pixels the page or the dialog is wider than it may be."""
    return guide.page.evaluate(
        "() => { const { shadowRoot } = document.querySelector('partner-guide');"
        " const nodes = [document.documentElement, ...shadowRoot.querySelectorAll('.panel, .log, .found, .head')];"
        " return Math.max(...nodes.map((node) => node.scrollWidth - node.clientWidth)); }"
    )


def box_of(guide: Widget) -> dict[str, Any]:
    return guide.dialog.bounding_box()


def test_by_keyboard_alone(widget: Callable[..., Widget]) -> None:
    guide = widget().visit()
    press = guide.page.keyboard.press
    for _ in range(20):
        press("Tab")
        if guide.focused() == "button.launch":
            break
    assert guide.focused() == "button.launch"
    outline = guide.launch.evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    press("Enter")
    guide.box.wait_for()
    assert guide.focused() == "textarea"
    guide.page.keyboard.type("Who handles")
    press("Shift+Enter")
    guide.page.keyboard.type("billing disputes?")
    press("Enter")
    guide.answers.first.wait_for()
    guide.settle()
    assert guide.mine.first.locator("p").inner_text() == "Who handles\nbilling disputes?"
    assert guide.focused() == "textarea"

    # round and round, never out of the dialog
    seen = []
    for _ in range(60):
        press("Tab")
        seen.append(guide.focused())
        if seen[-1] == "textarea":
            break
    assert seen[-1] == "textarea"
    assert {"select", "div.log", "a.cited", "button.ask", "button.tool close", "button.tool clear"} <= set(seen)
    assert not any(name.startswith(("body", "a.demo", "html")) for name in seen)
    press("Shift+Tab")
    assert guide.focused() != "textarea"

    # the tabs by arrows
    while guide.page.evaluate("document.querySelector('partner-guide').shadowRoot.activeElement.role") != "tab":
        press("Shift+Tab")
    press("ArrowRight")
    assert guide.page.get_by_role("tab", name=TEXTS("widget.look")).get_attribute("aria-selected") == "true"
    press("ArrowLeft")

    # out, and back to where one came from
    press("Escape")
    assert not guide.dialog.is_visible()
    assert guide.focused() == "button.launch"
    assert guide.problems == []


def test_an_input_method_s_enter_sends_nothing(widget: Callable[..., Widget]) -> None:
    guide = widget(locale="ja-JP").visit().open()
    guide.box.fill("せいきゅう")
    guide.box.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }))"
    )
    assert guide.mine.count() == 0
    assert guide.box.input_value() == "せいきゅう"


def test_what_a_screen_reader_is_told(widget: Callable[..., Widget]) -> None:
    guide = widget().visit()
    assert guide.page.get_by_role("complementary", name=TEXTS("widget.title")).count() == 1
    assert guide.launch.get_attribute("aria-haspopup") == "dialog"
    guide.open()
    assert guide.page.get_by_role("dialog", name=TEXTS("widget.title")).is_visible()
    log = guide.page.get_by_role("log", name=TEXTS("widget.conversation"))
    expect(log).to_have_attribute("aria-live", "polite")  # off while what was said before is shown again
    guide.ask(QUESTION)
    assert log.inner_text().count(TEXTS("widget.you") + ":") == 1
    assert guide.page.get_by_label(TEXTS("widget.question")).count() == 1
    assert guide.page.get_by_label(TEXTS("widget.language"), exact=True).count() == 1
    assert guide.page.get_by_label(TEXTS("widget.cloud"), exact=True).count() == 1
    # what is read first stands first
    order = guide.answers.first.evaluate(
        "node => [...node.querySelectorAll('.for, blockquote, .source, .related, .feedback')]"
        ".map((part) => part.className || part.localName)"
    )
    assert order[:3] == ["for", "blockquote", "source"]
    assert order.index("related") > len(order) - 4
    assert order[-1] == "feedback"


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 740), (320, 256)])
def test_on_a_phone_the_dialog_is_the_page(width: int, height: int, widget: Callable[..., Widget]) -> None:
    phone = {"viewport": {"width": width, "height": height}, "has_touch": True, "is_mobile": True}
    guide = widget(reduced_motion="reduce", **phone).visit()
    assert sideways(guide.open()) == 0
    assert guide.dialog.get_attribute("aria-modal") == "true"
    found = box_of(guide)
    assert (found["x"], found["y"], found["width"], found["height"]) == (0, 0, width, height)
    guide.ask(QUESTION)
    assert sideways(guide) == 0
    small = guide.dialog.evaluate(
        "node => [...node.querySelectorAll('button, select, textarea, a.leads')]"
        ".map((one) => one.getBoundingClientRect())"
        ".filter((box) => box.width && (box.width < 24 || box.height < 24)).length"
    )
    assert small == 0  # targets of 24 by 24 pixels or more


def test_at_200_percent_nothing_is_lost(widget: Callable[..., Widget]) -> None:
    guide = widget(viewport={"width": 640, "height": 512}, device_scale_factor=2).visit().open()
    guide.ask(QUESTION)
    assert sideways(guide) == 0
    found = box_of(guide)
    assert found["y"] >= 0
    assert found["y"] + found["height"] <= 512
    assert guide.box.is_visible()
    assert guide.page.locator("partner-guide .log").bounding_box()["height"] > 120


def test_larger_text_of_the_reader_s_own(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    size = guide.answers.page.locator("partner-guide .panel").evaluate("node => getComputedStyle(node).fontSize")
    assert size == "16px"
    spaced = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
    guide.page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.querySelector('partner-guide').shadowRoot.adoptedStyleSheets.push(sheet); }",
        spaced,
    )
    guide.ask(QUESTION)
    assert sideways(guide) == 0


@pytest.mark.parametrize("how", ["system", "attribute"])
def test_dark(how: str, widget: Callable[..., Widget]) -> None:
    guide = widget(color_scheme="dark" if how == "system" else "light").visit()
    if how == "attribute":
        guide.page.get_by_label(TEXTS("widget.demo_theme")).select_option("dark")
    guide.open()
    colours = guide.dialog.evaluate("node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]")
    assert colours == ["rgb(27, 32, 38)", "rgb(233, 236, 239)"]


def test_the_page_s_own_colours(widget: Callable[..., Widget]) -> None:
    guide = widget().visit()
    guide.page.evaluate("document.documentElement.style.setProperty('--partner-guide-accent', 'rgb(120, 20, 90)')")
    assert guide.launch.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(120, 20, 90)"


def test_from_right_to_left(widget: Callable[..., Widget]) -> None:
    guide = widget().visit()
    guide.page.evaluate("document.querySelector('partner-guide').setAttribute('dir', 'rtl')")
    guide.open()
    found = box_of(guide)
    assert found["x"] < 40  # at the other side
    answer = guide.ask(QUESTION)
    mine, log = guide.mine.first.locator("p").bounding_box(), guide.page.locator("partner-guide .log").bounding_box()
    assert mine["x"] - log["x"] < 40
    assert sideways(guide) == 0
    # English quotes stay from left to right
    assert answer.locator("blockquote").first.evaluate("node => getComputedStyle(node).direction") == "ltr"


def test_without_motion(widget: Callable[..., Widget]) -> None:
    guide = widget(reduced_motion="reduce").visit().open()
    for node in (guide.dialog, guide.page.locator("partner-guide .dots i").first):
        assert node.evaluate("node => getComputedStyle(node).animationName") == "none"


def test_a_long_quote_is_folded_and_unfolds(widget: Callable[..., Widget]) -> None:
    guide = widget().visit().open()
    lines = "\n".join(f"{n}. Step {n} of a long way round, told at length, to fill the line." for n in range(1, 40))
    citation = {"title": "A way", "heading": "Steps", "url": None, "locale": "en-US", "clouds": [], "roles": []}
    quoted = {"clouds": [], "quote": lines, "citation": citation, "labels": [], "links": [], "original": None}
    payload = {"status": "answered", "locale": "en-US", "answers": [quoted], "related": [], "labels": []}
    messages = [
        {"seq": 1, "from": "user", "time": "", "text": "long"},
        {"seq": 2, "from": "guide", "time": "", "text": lines, "custom": payload},
    ]
    guide.page.route("**/webhooks/widget/message", lambda route: route.fulfill(json={"messages": messages, "last": 2}))
    answer = guide.ask("long")
    quote = answer.locator("blockquote")
    more = answer.get_by_role("button", name=TEXTS("widget.show_all"))
    assert more.get_attribute("aria-expanded") == "false"
    short = quote.bounding_box()["height"]
    more.click()
    assert quote.bounding_box()["height"] > 2 * short
    assert quote.locator("ol > li").count() == 39
    assert answer.get_by_role("button", name=TEXTS("widget.show_less")).get_attribute("aria-expanded") == "true"
