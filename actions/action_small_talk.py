"""Answers a greeting, thanks, a goodbye, a call for help and a request that is no business of this assistant."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.turn import Event, read_turn

_INTENTS = frozenset({"greet", "goodbye", "thanks", "help", "out_of_scope"})


class ActionSmallTalk(Action):
    """The intent's name is the key of the text."""

    def name(self) -> str:
        return "action_small_talk"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[Event]:
        turn = read_turn(tracker)
        intent = tracker.get_intent_of_latest_message()
        turn.say(dispatcher, turn.texts(f"chat.{intent if intent in _INTENTS else 'help'}"))
        return turn.remember()
