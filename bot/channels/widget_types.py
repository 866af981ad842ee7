"""The values that the modules of the widget's channel hand to each other: messages, conversations, turns, feedback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message of either side. `buttons` are (title, payload), unsigned; `about` is the question it answers."""

    sender: str  # "user" or "guide"
    time: float  # Unix seconds
    text: str
    custom: dict[str, Any] | None = None
    buttons: tuple[tuple[str, str], ...] = ()
    about: str | None = None
    seq: int = 0  # from 1 in a conversation; given by the store


@dataclass(frozen=True, slots=True)
class Picks:
    """What is chosen in the widget: a locale's tag, a cloud's id or "all"; None leaves it to the assistant."""

    locale: str | None = None
    cloud: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that is going on. `slots` is what the assistant remembers of it."""

    id: str
    origin: str  # of the page that it was begun on; empty where none was told
    expires: float
    last: int
    picks: Picks
    slots: dict[str, Any]
    busy: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """What comes of a request with a message: exactly one of these is true, or it must wait for its turn.

    `begun`: it is this caller's to run. `replay`: the messages of the same request earlier. `conflict`: its id was
    used for another message. `retry_after` (seconds): too many messages in the last minute.
    """

    begun: Conversation | None = None
    replay: tuple[Message, ...] | None = None
    conflict: bool = False
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that feedback is about."""

    article_id: str
    anchor: str
    locale: str
    clouds: tuple[str, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is kept of "helpful" and "not helpful"."""

    time: str  # ISO 8601
    helpful: bool
    question: str
    locale: str | None
    cloud: str | None
    status: str | None
    confidence: float | None
    index_build: str | None
    passages: tuple[Passage, ...]
