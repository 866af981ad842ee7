"""Sets the language that a user is answered in."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.turn import Event, language_buttons, read_turn, utter
from bot.dialogue import known_locale, language_chosen
from bot.locales import get_texts, supported


class ActionChooseLanguage(Action):
    """A button's `language`, else a language named in the user's words; the confirmation is in the new one."""

    def name(self) -> str:
        return "action_choose_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[Event]:
        turn = read_turn(tracker)
        named = turn.entities.get("language")
        wanted = known_locale(named) or language_chosen(turn.words if named is None else str(named))
        if wanted in supported():
            texts = get_texts(wanted)
            utter(dispatcher, texts("chat.locale_set"), {"locale": wanted})
            return turn.remember(locale=wanted, locale_chosen=True)
        if wanted is None:
            turn.say(dispatcher, turn.texts("chat.locale_unclear"), language_buttons())
        else:
            spoken = ", ".join(get_texts(tag)("name") for tag in supported())
            turn.say(dispatcher, turn.texts("chat.locale_unknown", languages=spoken), language_buttons())
        return turn.remember()
