"""Answers a question from the articles: the default for everything that is not clearly small talk."""

from __future__ import annotations

import threading

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.answering import answer, warm_up
from actions.turn import Event, read_turn
from bot.dialogue import settings


class ActionGuidance(Action):
    """The user's words → the engine → a quote with its citation, or an honest "nothing found".

    A process that registers this action is about to answer questions: the engine, which takes seconds to load, is
    loaded beside that, so that the first user is not kept waiting past the time an action may take.
    """

    def __init__(self) -> None:
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()

    def name(self) -> str:
        return "action_guidance"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[Event]:
        turn = read_turn(tracker)
        limit = settings().max_question_chars
        if not turn.words:  # `/ask_guidance` and other payloads that hold no question
            turn.say(dispatcher, turn.texts("chat.help"))
        elif len(turn.words) > limit:
            turn.say(dispatcher, turn.texts("chat.too_long", limit=limit))
        else:
            return await answer(dispatcher, turn, turn.words)
        return turn.remember()
