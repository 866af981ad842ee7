"""A real browser with the widget in it, and what a user does with it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = "GUIDE_BROWSER_REQUIRED"  # set where a missing browser is a failure, not a reason to skip
# What a page without a frame of its own needs; the rest keeps the browser from asking the world for anything.
_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
ARRIVE_MS = 30_000  # for an answer, on a loaded machine


@contextmanager
def running_browser() -> Iterator[Any]:
    """Chromium: the machine's, else Playwright's own. Skips where there is none, or fails where one is required."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _without("Playwright is not installed")
    with sync_playwright() as playwright:
        path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
        if path is None and not Path(playwright.chromium.executable_path).exists():
            _without("there is no Chromium here: apt install chromium, or playwright install chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(_OPTIONS))
        yield browser
        browser.close()


def _without(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Widget:
    """A page with the widget. `problems` is what the console complained of, `requested` every address asked for."""

    page: Any
    url: str
    problems: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.page
        page.set_default_timeout(ARRIVE_MS)
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.requested.append(request.url))

    def visit(self, url: str | None = None) -> Widget:
        self.page.goto(url or self.url)
        self.launch.wait_for()
        return self

    def open(self) -> Widget:
        """Open the dialog with the mouse."""
        self.launch.click()
        self.box.wait_for()
        return self

    @property
    def launch(self) -> Any:
        return self.page.locator("partner-guide aside:not([aria-hidden]) > button.launch")

    @property
    def dialog(self) -> Any:
        return self.page.locator("partner-guide .panel")

    @property
    def box(self) -> Any:
        return self.page.locator("partner-guide textarea")

    @property
    def answers(self) -> Any:
        """What the guide said, without its greeting."""
        return self.page.locator("partner-guide article.guide:not(.greeting)")

    @property
    def mine(self) -> Any:
        return self.page.locator("partner-guide article.mine")

    @property
    def cloud(self) -> Any:
        return self.page.locator("partner-guide .picks select").nth(1)

    @property
    def language(self) -> Any:
        return self.page.locator("partner-guide .picks select").nth(0)

    def ask(self, words: str) -> Any:
        """Type a question and press Enter; the answer."""
        before = self.answers.count()
        self.box.fill(words)
        self.box.press("Enter")
        return self.answer(before)

    def answer(self, before: int) -> Any:
        """The last answer, when there are more than before and none is to come."""
        self.answers.nth(before).wait_for()
        self.settle()
        return self.answers.last

    def settle(self) -> None:
        """Wait until nothing is on its way."""
        self.page.wait_for_function(
            "() => { const { shadowRoot } = document.querySelector('partner-guide');"
            " return shadowRoot.querySelector('.waiting').hidden; }"
        )

    def focused(self) -> str:
        """Where the keyboard is: tag and class, through the shadow root."""
        return self.page.evaluate(
            "() => { let node = document.activeElement;"
            " while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;"
            " return `${node.tagName.toLowerCase()}.${node.className}`.replace(/\\.$/, ''); }"
        )

    def stored(self) -> dict[str, str]:
        return self.page.evaluate("() => ({ ...sessionStorage, ...localStorage })")
