"""What the widget's channel signs: a session's token, the buttons of a conversation; and the secret behind them.

Everything is HMAC-SHA256 with a key of its own for each purpose, derived from one secret, so that nothing signed for
one purpose passes for another. A signed value is BODY.MAC, both base64url without padding; the body can be read by
whoever holds it, and holds nothing that its holder may not know.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import SettingsError

SECRET_FILE = "widget.secret"
_VARIABLE = "GUIDE_WIDGET_SECRET"
_LEAST = 16  # bytes of a secret that somebody chose
_MAX_TOKEN = 1024  # characters; what is longer was not made here
_MAX_BUTTON = 8192


@dataclass(frozen=True, slots=True)
class Token:
    """What a session's token says: whose conversation it opens, and until when (Unix seconds)."""

    conversation: str
    expires: int


@dataclass(frozen=True, slots=True)
class Press:
    """What a button sends to the assistant, and its words."""

    payload: str
    title: str


class Signer:
    """Signs and verifies with one secret. What does not verify, for whatever reason, is None."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, token: Token) -> str:
        """The token as the client keeps it."""
        return self._sign("token", "", {"c": token.conversation, "e": token.expires})

    def read_token(self, text: str, now: float) -> Token | None:
        """The token that a client sent, where it was made here and has not expired."""
        body = self._verify("token", "", text) if len(text) <= _MAX_TOKEN else None
        return Token(body["c"], body["e"]) if body and now < body["e"] else None

    def button(self, conversation: str, press: Press) -> str:
        """The value of a button; it is of use in this conversation only."""
        return self._sign("button", conversation, {"p": press.payload, "t": press.title})

    def read_button(self, conversation: str, text: str) -> Press | None:
        """What a button of this conversation stands for."""
        body = self._verify("button", conversation, text) if len(text) <= _MAX_BUTTON else None
        return Press(body["p"], body["t"]) if body else None

    def alias(self, purpose: str, text: str) -> str:
        """A name for something that tells nobody without the secret what it is the name of."""
        return self._mac(f"alias:{purpose}", "", text.encode()).hex()[:32]

    def _sign(self, purpose: str, bound_to: str, body: Mapping[str, Any]) -> str:
        packed = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_encode(packed)}.{_encode(self._mac(purpose, bound_to, packed))}"

    def _verify(self, purpose: str, bound_to: str, text: str) -> dict[str, Any] | None:
        body, _, mac = text.partition(".")
        packed, given = _decode(body), _decode(mac)
        if packed is None or given is None:
            return None
        # nothing of the body is looked at before this
        return json.loads(packed) if hmac.compare_digest(self._mac(purpose, bound_to, packed), given) else None

    def _mac(self, purpose: str, bound_to: str, packed: bytes) -> bytes:
        key = hmac.digest(self._secret, f"widget:{purpose}".encode(), hashlib.sha256)
        # a digest of what it is bound to: no two pairs of parts can make the same message
        return hmac.digest(key, hashlib.sha256(bound_to.encode()).digest() + packed, hashlib.sha256)


def load_secret(folder: Path, environ: Mapping[str, str] = os.environ) -> bytes:
    """The secret of the environment, else the one in the folder, which is made where there is none.

    Raises SettingsError where it is short enough to be guessed, OSError where it can be neither read nor made.
    """
    if given := environ.get(_VARIABLE):
        if len(given.encode()) < _LEAST:
            raise SettingsError(f"{_VARIABLE} has fewer than {_LEAST} bytes. Make one: openssl rand -hex 32")
        return given.encode()
    path = folder / SECRET_FILE
    if not path.exists():
        fresh = folder / f".{SECRET_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_hex(32).encode())
        try:
            os.link(fresh, path)  # whole or not at all; of two servers that start together one's is taken by both
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    secret = path.read_bytes().strip()
    if len(secret) < _LEAST:
        raise SettingsError(f"{path} does not hold a secret. Delete it: the server makes a new one.")
    return secret


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """The bytes; None where the text is not exactly what `_encode` makes of any."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _encode(data) == text else None
