"""How soon the widget is there, and how soon an answer is painted, in Chromium on a CPU slowed down four times.

    python benchmarks/widget_paint.py http://localhost:5005 [--runs 20]

Against a running assistant (`guide serve`). First paint: from the start of the demonstration page's navigation, and
from the arrival of guide.js, to the frame that shows the button. Work: the time that the main thread spends on the
widget's script, style and layout until then (the browser's own count). Answer:
from pressing Enter to the frame that shows the answer, less the time of the HTTP request, and whole.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

SLOWER = 4
QUESTIONS = ("Who handles billing disputes?", "How do I suspend a subscription?", "When does each invoice arrive?")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Notes the frame in which the button, and then each answer, is painted.
WATCH = """
const shown = () => {
  const button = document.querySelector('partner-guide')?.shadowRoot?.querySelector('button.launch');
  if (!button?.getClientRects().length) return requestAnimationFrame(shown);
  const channel = new MessageChannel();  // its message comes when the frame is painted
  channel.port1.onmessage = () => { window.paintedAt = performance.now(); };
  channel.port2.postMessage(null);
};
requestAnimationFrame(shown);
"""
ANSWERED = """() => new Promise((resolve) => {
  const root = document.querySelector('partner-guide').shadowRoot;
  const before = root.querySelectorAll('article.guide').length;
  const box = root.querySelector('textarea');
  const begun = performance.now();
  const log = root.querySelector('.log');
  const watch = new MutationObserver(() => {
    if (root.querySelectorAll('article.guide').length === before) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      const entries = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/message'));
      const request = entries.at(-1);
      resolve({ whole: performance.now() - begun, request: request ? request.duration : 0 });
    }, 0));
  });
  watch.observe(log, { childList: true });
  box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
})"""
WIDGET = """() => {
  const files = performance.getEntriesByType('resource').filter((one) => /widget\\/(guide\\.js|texts)/.test(one.name));
  return { painted: window.paintedAt, arrived: files.find((one) => /guide\\.js/.test(one.name)).responseEnd };
}"""


def main() -> None:
    """Measure and print one line for each figure: median and 95th percentile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    import shutil

    from playwright.sync_api import sync_playwright

    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        paints = [first_paint(browser, options.url) for _ in range(options.runs)]
        answers = [one for _ in range(max(1, options.runs // 3)) for one in answered(browser, options.url)]
        browser.close()
    print(f"{options.runs} visits, {len(answers)} answers, CPU slowed down {SLOWER} times; milliseconds")
    for name, values in (
        ("navigation to the button's paint", [paint["painted"] for paint in paints]),
        ("guide.js there to the button's paint", [paint["painted"] - paint["arrived"] for paint in paints]),
        ("main thread: script, style, layout", [paint["work"] for paint in paints]),
        ("Enter to the answer's paint", [answer["whole"] for answer in answers]),
        ("… over the request's own time", [answer["whole"] - answer["request"] for answer in answers]),
    ):
        print(f"{name:40} p50 {statistics.median(values):7.1f}   p95 {percentile(values, 0.95):7.1f}")


def first_paint(browser: Any, url: str) -> dict[str, float]:
    """One visit with an empty cache: {"painted", "arrived", "work"} in milliseconds of the page's clock."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.add_init_script(WATCH)
    session = slow(context, page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = metrics(session)
    page.goto(url)
    page.wait_for_function("() => window.paintedAt")
    after = metrics(session)
    found = page.evaluate(WIDGET)
    parts = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    found["work"] = 1000 * sum(after[name] - before[name] for name in parts)
    context.close()
    return found


def metrics(session: Any) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def answered(browser: Any, url: str) -> list[dict[str, float]]:
    """A conversation: for each question {"whole", "request"}."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    slow(context, page)
    page.goto(url)
    page.locator("button.launch").click()
    box = page.locator("partner-guide textarea")
    found = []
    for question in QUESTIONS:
        box.fill(question)
        found.append(page.evaluate(ANSWERED))
        time.sleep(0.5)
    context.close()
    return found


def slow(context: Any, page: Any) -> Any:
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def percentile(values: list[float], part: float) -> float:
    """The value that this part of them does not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(part * (len(ranked) - 1)))]


if __name__ == "__main__":
    main()
