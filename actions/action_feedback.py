"""Takes "that helped" and "that did not help"."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.turn import Event, read_turn


class ActionFeedback(Action):
    """Thanks, or a way on; the payload says which answer the feedback is about."""

    def name(self) -> str:
        return "action_feedback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[Event]:
        turn = read_turn(tracker)
        helpful = tracker.get_intent_of_latest_message() == "helpful"
        feedback = {"helpful": helpful, "about": turn.slots.get("last_answer")}
        person = {"title": turn.texts("chat.not_helpful_person"), "payload": "/ask_person"}
        text = turn.texts("chat.helpful" if helpful else "chat.not_helpful")
        turn.say(dispatcher, text, None if helpful else [person], feedback=feedback)
        return turn.remember()
