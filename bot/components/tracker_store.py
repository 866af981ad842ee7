"""A tracker store in memory that neither grows without end nor makes a turn dearer the longer a conversation is.

Rasa's own writes a conversation out as JSON after every turn and reads all of it back before the next, hands all
of it to the action, and keeps every conversation for as long as the process lives.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


class ShortMemoryTrackerStore(TrackerStore):
    """Keeps the last `turns` turns of the last `conversations` conversations, and every slot.

    What an assistant must remember for longer than that stands in its slots. A conversation that is forgotten
    begins anew. For one process; choose another of Rasa's stores to keep what was said.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: Any = None,
        *,
        turns: int = 20,
        conversations: int = 10_000,
        host: str | None = None,  # what every store of endpoints.yml is given
    ) -> None:
        super().__init__(domain or Domain.empty(), event_broker)
        self._turns = int(turns)
        self._conversations = int(conversations)
        self._trackers: OrderedDict[str, DialogueStateTracker] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep a copy, so that a turn that breaks off leaves nothing half done."""
        await self.stream_events(tracker)
        self._trackers[tracker.sender_id] = shortened(tracker, self._turns)
        self._trackers.move_to_end(tracker.sender_id)
        while len(self._trackers) > self._conversations:
            self._trackers.popitem(last=False)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """A copy of the conversation, or None where there is none."""
        tracker = self._trackers.get(sender_id)
        return tracker.copy() if tracker else None

    async def keys(self) -> Iterable[str]:
        """The senders of all conversations."""
        return self._trackers.keys()


def shortened(tracker: DialogueStateTracker, turns: int) -> DialogueStateTracker:
    """A copy of the tracker with its last `turns` turns (from a user's message to the next) and all its slots."""
    events = list(tracker.events)
    begins = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(begins) <= turns:
        return tracker.copy()
    first = events[begins[-turns]].timestamp
    slots = [SlotSet(slot.name, slot.value, first) for slot in tracker.slots.values() if slot.value is not None]
    start = [ActionExecuted(ACTION_SESSION_START_NAME, timestamp=first), SessionStarted(first)]
    listen = ActionExecuted(ACTION_LISTEN_NAME, timestamp=first)
    return DialogueStateTracker.from_events(
        tracker.sender_id,
        [*start, *slots, listen, *events[begins[-turns] :]],
        tracker.slots.values(),
        sender_source=tracker.sender_source,
    )
