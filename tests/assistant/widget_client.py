"""A client of the widget's channel that does what the widget does, and, asked to, what it never would."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

BASE = "/webhooks/widget"
DISPUTES = "Who handles billing disputes?"
LISTED = "https://help.example.com"  # the origin that the strict server allows
_ADDRESSES = itertools.count(1)


@dataclass
class Client:
    """One browser on one page. Each has an address of its own where the server believes its proxy."""

    url: str
    origin: str | None = "http://localhost:8080"
    token: str | None = None
    conversation: str = ""
    address: str = field(default_factory=lambda: f"198.51.{(n := next(_ADDRESSES)) // 250}.{n % 250 + 1}")

    def call(self, method: str, path: str, body: Any = None, **headers: str | None) -> httpx.Response:
        """A request; a body of bytes is sent as it is. A header of None is left out (`_` stands for `-`)."""
        given = {"Origin": self.origin, "X-Forwarded-For": self.address, "Content-Type": "application/json"}
        given |= {"Authorization": f"Bearer {self.token}" if self.token else None}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        kept = {name: value for name, value in given.items() if value is not None}
        return httpx.request(method, self.url + BASE + path, headers=kept, timeout=60, **sent)

    def begin(self, **wanted: str) -> Client:
        """Begin a conversation."""
        reply = self.call("POST", "/session", wanted)
        assert reply.status_code == 200, reply.text
        self.token, self.conversation = reply.json()["token"], reply.json()["conversation"]
        return self

    def send(self, text: Any, name: str | None = None, **more: Any) -> httpx.Response:
        return self.call("POST", "/message", {"id": name or str(uuid.uuid4()), "text": text, **more})

    def say(self, text: str, **more: Any) -> list[dict[str, Any]]:
        """Say something; what the guide answers."""
        return self._answers(self.send(text, **more))

    def press(self, value: str, **more: Any) -> list[dict[str, Any]]:
        """Press a button; what the guide answers."""
        return self._answers(self.call("POST", "/message", {"id": str(uuid.uuid4()), "button": value, **more}))

    def messages(self, after: int = 0) -> dict[str, Any]:
        reply = self.call("GET", f"/messages?after={after}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def _answers(self, reply: httpx.Response) -> list[dict[str, Any]]:
        assert reply.status_code == 200, reply.text
        said, *answers = reply.json()["messages"]
        assert said["from"] == "user" and all(answer["from"] == "guide" for answer in answers)
        return answers


def refused(reply: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal, which always says why in words."""
    body = reply.json()
    assert body["message"].strip() and set(body) <= {"error", "message", "retry_after"}, body
    return reply.status_code, body["error"]
