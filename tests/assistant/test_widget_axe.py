"""axe finds nothing to complain of in any state of the widget, nor on the two pages; every word has its contrast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from widget_browser import Widget

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

QUESTION = "Who handles billing disputes?"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True},
    "forced": {"forced_colors": "active"},
}
# axe does not judge the colours of what lies over a page: here is each word's contrast with the first opaque colour
# behind it.
CONTRAST = """() => {
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => colour.slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const { shadowRoot } = document.querySelector('partner-guide');
  const poor = [];
  if (matchMedia('(forced-colors: active)').matches) return poor;  // the system's colours
  const walk = document.createTreeWalker(shadowRoot, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.getClientRects().length || node.closest('.sr, option, [inert]')) continue;
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${node.className || node.localName}: ${text.data.slice(0, 40)}`);
  }
  return poor;
}"""


def violations(page: Any) -> list[str]:
    """What axe finds, and at what; axe looks into shadow roots."""
    page.wait_for_timeout(350)  # movements are over
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}}
    found = axe.Axe().run(page, options=options).response["violations"]
    nodes = [(rule["id"], node) for rule in found for node in rule["nodes"]]
    poor = page.evaluate(CONTRAST) if page.locator("partner-guide").count() else []
    return poor + [f"{name}: {node['html'][:120]} {node['failureSummary'][:300]}" for name, node in nodes]


@pytest.mark.parametrize("look", LOOKS)
def test_every_state(look: str, widget: Callable[..., Widget]) -> None:
    guide = widget(reduced_motion="reduce", **LOOKS[look]).visit()
    page = guide.page
    states = {"closed": violations(page)}
    guide.open()
    states["greeting"] = violations(page)
    guide.ask(QUESTION)
    states["several clouds"] = violations(page)
    page.locator("partner-guide .log").evaluate("node => node.scrollTo(0, node.scrollHeight)")
    guide.answers.last.get_by_role("button", name="Not helpful").click()
    guide.answers.last.locator(".thanks", has_text="Thank you").wait_for()
    states["feedback"] = violations(page)
    guide.cloud.select_option("germany")
    states["ask again"] = violations(page)
    guide.ask("What is the price of bananas on Mars?")
    states["nothing found"] = violations(page)
    guide.box.fill("/greet")
    guide.box.press("Enter")
    guide.page.get_by_role("button", name="Edit").wait_for()
    states["refused"] = violations(page)
    guide.box.fill("x" * 1990)
    states["few characters left"] = violations(page)
    page.get_by_role("button", name="Delete conversation").click()
    states["delete?"] = violations(page)
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("tab", name="Search").click()
    states["search"] = violations(page)
    page.get_by_label("Search the articles").fill("billing")
    page.locator("partner-guide .hits > li").first.wait_for()
    states["results"] = violations(page)
    page.get_by_role("tab", name="Ask").click()
    page.context.set_offline(True)
    guide.box.fill(QUESTION)
    guide.box.press("Enter")
    page.get_by_text("You are offline").wait_for()
    states["offline"] = violations(page)
    page.context.set_offline(False)
    assert {name: found for name, found in states.items() if found} == {}


def test_from_right_to_left_and_in_chinese(widget: Callable[..., Widget]) -> None:
    guide = widget(locale="zh-CN").visit()
    guide.page.evaluate("document.querySelector('partner-guide').setAttribute('dir', 'rtl')")
    guide.open()
    guide.ask("账单争议由谁处理？")
    assert violations(guide.page) == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_staff_page(look: str, widget: Callable[..., Widget]) -> None:
    page = widget("/search", **LOOKS[look]).page
    page.goto(widget("/search?q=billing").url)
    page.locator("#hits > li").first.wait_for()
    assert violations(page) == []
    page.locator("summary").click()
    assert violations(page) == []
    page.locator("#box").fill("")
    page.get_by_text("Results appear as you type.").wait_for()
    assert violations(page) == []
