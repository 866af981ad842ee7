"""Sets the cloud that a user works with, and answers the question that waited for it."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.answering import answer
from actions.turn import Event, Turn, cloud_buttons, read_turn
from bot.dialogue import EVERY_CLOUD, cloud_chosen, known_cloud
from bot.types import Cloud


class ActionChooseCloud(Action):
    """A button's `cloud`, else a cloud named in the user's words; where there is neither, it asks."""

    def name(self) -> str:
        return "action_choose_cloud"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[Event]:
        turn = read_turn(tracker)
        chosen = _chosen(turn)
        if chosen is None:
            turn.say(dispatcher, turn.texts("chat.cloud_unclear"), cloud_buttons(turn.texts))
            return turn.remember(cloud_asked=True)
        if chosen == EVERY_CLOUD:
            turn.say(dispatcher, turn.texts("chat.cloud_reset"), chosen_cloud=EVERY_CLOUD)
            return turn.remember(cloud=EVERY_CLOUD, question_for_clouds=None)
        cloud = Cloud(chosen)
        confirmed = turn.texts("chat.cloud_set", cloud=turn.texts(f"clouds.{cloud.value}"))
        turn.say(dispatcher, confirmed, chosen_cloud=cloud.value)
        events = turn.remember(cloud=cloud.value, cloud_asked=True)
        if question := turn.slots.get("question_for_clouds"):
            theirs = replace(turn, speaker=replace(turn.speaker, cloud=cloud, cloud_open=False))
            events += await answer(dispatcher, theirs, question)
        return events


def _chosen(turn: Turn) -> Cloud | str | None:
    named = turn.entities.get("cloud")
    if named is None:
        return cloud_chosen(turn.words) if turn.words else None
    return EVERY_CLOUD if named == EVERY_CLOUD else known_cloud(named) or cloud_chosen(str(named))
