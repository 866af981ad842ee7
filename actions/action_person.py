"""Says how to reach a person: the section of the articles about it, quoted."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.answering import answer
from actions.turn import Event, read_turn


class ActionPerson(Action):
    """The locale's `help_query` → the engine; a plain sentence where the articles do not say."""

    def name(self) -> str:
        return "action_person"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[Event]:
        turn = read_turn(tracker)
        intro, otherwise = turn.texts("chat.person"), turn.texts("chat.person_unknown")
        return await answer(dispatcher, turn, turn.texts("help_query"), intro=intro, otherwise=otherwise)
