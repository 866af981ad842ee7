"""What every action reads from the tracker, and how it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.dialogue import EVERY_CLOUD, Speaker, settings, speaker, words_of
from bot.locales import Texts, get_texts, supported
from bot.types import Cloud

Event = dict[str, Any]
Button = dict[str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of one user: their words (empty for a pressed button), and what is known of them."""

    words: str
    slots: dict[str, Any]
    entities: dict[str, Any]
    speaker: Speaker

    @property
    def texts(self) -> Texts:
        """The texts of the user's language."""
        return get_texts(self.speaker.locale)

    def remember(self, **slots: Any) -> list[Event]:
        """The events that set these slots, and the language in force, where they are not so already."""
        wanted = {"locale": self.speaker.locale, **slots}
        return [SlotSet(name, value) for name, value in wanted.items() if self.slots.get(name) != value]

    def say(
        self, dispatcher: CollectingDispatcher, text: str, buttons: list[Button] | None = None, **payload: Any
    ) -> None:
        """Utter a text that is no answer; its payload tells the channel the language, and what else is given."""
        utter(dispatcher, text, {"locale": self.speaker.locale, **payload}, buttons)


def read_turn(tracker: Tracker) -> Turn:
    """The turn that the latest message of the tracker began."""
    message = tracker.latest_message or {}
    words = words_of(message.get("text"))
    slots = dict(tracker.slots or {})
    entities = {entity.get("entity"): entity.get("value") for entity in message.get("entities") or ()}
    return Turn(words, slots, entities, speaker(words, slots, message.get("metadata"), settings()))


def utter(
    dispatcher: CollectingDispatcher, text: str, payload: dict[str, Any], buttons: list[Button] | None = None
) -> None:
    """Utter one message. `payload` reaches the channel beside the text and is kept in the tracker."""
    dispatcher.utter_message(text=text, buttons=buttons or [], answer=payload)


def cloud_buttons(texts: Texts) -> list[Button]:
    """One button for each cloud, and one for all of them."""
    named = [(texts(f"clouds.{cloud.value}"), cloud.value) for cloud in Cloud]
    named.append((texts("chat.all_clouds"), EVERY_CLOUD))
    return [{"title": title, "payload": f'/choose_cloud{{"cloud": "{value}"}}'} for title, value in named]


def language_buttons() -> list[Button]:
    """One button for each language that there are texts for, named in that language."""
    return [
        {"title": get_texts(tag)("name"), "payload": f'/choose_language{{"language": "{tag}"}}'} for tag in supported()
    ]
