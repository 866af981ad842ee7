"""A lock store that hands a conversation on at once. Rasa's own looks every second whether it is free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError


@dataclass(slots=True)
class _Turns:
    """The lock of one conversation, and how many messages hold it or wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    count: int = 0


class FairLockStore(InMemoryLockStore):
    """One asyncio lock a conversation: messages are handled in the order they came, each as soon as it can be.

    For one process; several need Rasa's RedisLockStore. A message that waits longer than the lifetime raises
    LockError.
    """

    def __init__(self, endpoint_config: Any = None) -> None:
        super().__init__()
        self._turns: dict[str, _Turns] = {}

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 0
    ) -> AsyncIterator[TicketLock]:
        turns = self._turns.setdefault(conversation_id, _Turns())
        turns.count += 1
        try:
            try:
                await asyncio.wait_for(turns.lock.acquire(), lock_lifetime)
            except asyncio.TimeoutError:
                raise LockError(f"A message waited more than {lock_lifetime:g} s for its conversation.") from None
            try:
                yield TicketLock(conversation_id)
            finally:
                turns.lock.release()
        finally:
            turns.count -= 1
            if not turns.count:
                self._turns.pop(conversation_id, None)
