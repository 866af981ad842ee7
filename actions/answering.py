"""Asking the engine a question of a turn and uttering what it answers."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Event, Turn, cloud_buttons, utter
from bot.dialogue import clouds_named
from bot.engine import get_engine
from bot.errors import GuideError
from bot.render import answer_dict, answer_text
from bot.types import Answer, Query, Status

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Load the engine; a line in the log says why it cannot be."""
    try:
        get_engine().warm_up()
    except GuideError as error:
        logger.error("No question can be answered: %s", error)


async def ask(turn: Turn, question: str) -> Answer | None:
    """The engine's answer for who speaks; None (and a line in the log) where there is no usable index.

    A cloud that the question names counts for this question, whatever the user's is. The engine works in a
    thread, so that other conversations go on meanwhile.
    """

    def work() -> Answer:
        named = clouds_named(question)
        cloud = next(iter(named)) if len(named) == 1 else turn.speaker.cloud
        return get_engine().ask(Query(question, turn.speaker.locale, cloud))

    try:
        return await asyncio.to_thread(work)
    except GuideError as error:
        logger.error("A question could not be answered: %s", error)
        return None


async def answer(
    dispatcher: CollectingDispatcher, turn: Turn, question: str, *, intro: str = "", otherwise: str = ""
) -> list[Event]:
    """Utter the answer to a question as one message: the text, and its parts as the payload.

    `intro` stands before the answer; `otherwise` is said instead where the articles have none. Where guidance
    differs by cloud, all of it stands in the message, and once in a conversation the user is asked which cloud is
    theirs. The question is kept, so that the choice can answer it again.
    """
    found = await ask(turn, question)
    if found is None:
        turn.say(dispatcher, turn.texts("chat.unavailable"))
        return turn.remember()
    if otherwise and found.status is Status.ABSTAINED:
        turn.say(dispatcher, otherwise)
        return turn.remember()
    asks = found.ask_cloud and turn.speaker.cloud_open
    parts = (intro, answer_text(found, turn.texts), turn.texts("chat.ask_cloud") if asks else "")
    payload = answer_dict(replace(found, ask_cloud=asks), turn.texts)
    del payload["index"]  # where the index lies is no business of the user
    if intro:
        payload["intro"] = intro
    text = "\n\n".join(part for part in parts if part)
    utter(dispatcher, text, payload, cloud_buttons(turn.texts) if asks else None)
    return turn.remember(
        cloud_asked=bool(turn.slots.get("cloud_asked")) or asks,
        question_for_clouds=question if found.ask_cloud else None,
        last_answer=_summary(found),
    )


def _summary(found: Answer) -> dict[str, object]:
    """What feedback is about: enough to find the answer again, little enough to be kept in every tracker."""
    cited = [entry.citation for entry in found.answers]
    return {
        "status": found.status.value,
        "confidence": round(found.confidence, 3),
        "citations": [f"{c.locale}/{c.article_id}#{c.anchor}" for c in cited],
    }
