"""`guide chat`: the assistant in a terminal, over its REST channel."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from bot.client import find_server
from bot.errors import GuideError
from bot.locales import get_texts
from bot.settings import Settings
from bot.types import Cloud

START_S = 120.0
ANSWER_S = 30.0
END = {"/quit", "/exit", "/q"}


def run_chat(settings: Settings, *, locale: str | None, cloud: Cloud | None, model: Path) -> None:
    """Talk until end of input or /quit. Buttons are numbered: a bare number presses one.

    Raises GuideError where no server can be started.
    """
    import httpx

    with _server(settings, model) as address, httpx.Client(timeout=ANSWER_S) as http:
        texts = get_texts(locale or settings.locale)
        print(f"{texts('chat.greet')}\n(/quit)\n", flush=True)
        sender = f"terminal-{uuid.uuid4().hex}"
        metadata = {key: value for key, value in (("locale", locale), ("cloud", cloud and cloud.value)) if value}
        buttons: list[dict[str, str]] = []
        while (line := _read()) is not None and line not in END:
            if line.isdecimal() and 0 < int(line) <= len(buttons):
                line = buttons[int(line) - 1]["payload"]
            buttons = _turn(http, address, {"sender": sender, "message": line, "metadata": metadata}) or buttons


def _read() -> str | None:
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            print()
            return None
        if line:
            return line


def _turn(http: Any, address: str, message: dict[str, Any]) -> list[dict[str, str]]:
    """Send one message and print the replies; returns the buttons that they offer."""
    import httpx

    try:
        reply = http.post(f"{address}/webhooks/rest/webhook", json=message)
        messages = reply.json()
    except (httpx.HTTPError, ValueError) as error:
        raise GuideError(f"The server at {address} does not answer ({error}).") from error
    if not isinstance(messages, list):
        print(messages.get("error", messages), flush=True)
        return []
    buttons: list[dict[str, str]] = []
    for one in messages:
        print(f"\n{one.get('text', '')}\n")
        for button in one.get("buttons", ()):
            buttons.append(button)
            print(f"  {len(buttons)}. {button['title']}")
    print(flush=True)
    return buttons


@contextlib.contextmanager
def _server(settings: Settings, model: Path) -> Iterator[str]:
    """The address of a server of this index: a running one, else one started for this conversation."""
    if address := find_server(settings):
        yield address
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.argv[0], "serve", "--index", str(settings.index), "--port", str(port), "--model", str(model)]
    print("Starting the assistant …", file=sys.stderr, flush=True)
    with tempfile.TemporaryFile("w+", errors="replace") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=complaints)
        try:
            yield _wait(process, f"http://127.0.0.1:{port}", complaints)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()


def _wait(process: subprocess.Popen[bytes], address: str, complaints: TextIO) -> str:
    import httpx

    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            complaints.seek(0)
            lines = complaints.read().strip().splitlines()
            raise GuideError(lines[-1] if lines else "The assistant did not start.")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/guide/status", timeout=2).status_code == 200:
                return address
        time.sleep(0.3)
    raise GuideError(f"The assistant did not start within {START_S:.0f} s.")
