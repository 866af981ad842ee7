"""What a conversation knows of its user: the language and the cloud, and the choices made in plain words.

Nothing here knows Rasa. The slots of a conversation come in as a mapping, a message's metadata likewise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.errors import QueryError
from bot.locales import DEFAULT, canonical, detect, get_texts, supported
from bot.settings import Settings, load_settings
from bot.text import fold
from bot.types import Cloud

EVERY_CLOUD = "all"  # the value of the slot `cloud` where the user asked for the guidance of every cloud

# How sure the detection must be: to begin a conversation in a language, and to change it in mid-conversation. There
# nobody changes it by a word or two, which may be a name: “thanks”, “Solutions Partner designation”.
_BEGIN = 0.5
_CHANGE, _CHANGE_WORDS = 0.97, 4
_SHORT = 8  # words: a first message this short is told by one telltale word (“hola”)
_WORD = re.compile(r"\w+")
_PRESSED = re.compile(r"/[A-Za-z_]\w*\s*(?:$|[{@\[])")
# Told by their script, so that one word is enough to change to them.
_OWN_SCRIPT = frozenset({"zh", "ja", "ko", "ru"})
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # a character that would make a word a longer one


@dataclass(frozen=True, slots=True)
class Speaker:
    """The language and cloud in force for one message.

    `cloud` is None where it is not known or every cloud is wanted; `cloud_open` is True where the user may still
    be asked for it. `locale_chosen` is True where the user named the language in so many words.
    """

    locale: str
    locale_chosen: bool
    cloud: Cloud | None
    cloud_open: bool


def words_of(text: str | None) -> str:
    """What the user wrote; empty where the message is a pressed button (`/choose_cloud{"cloud": "germany"}`)."""
    text = (text or "").strip()
    return "" if _PRESSED.match(text) else text


def speaker(text: str, slots: Mapping[str, Any], metadata: Any, settings: Settings) -> Speaker:
    """Who speaks: what they chose, else what the channel says, else what the message or the settings tell.

    `text` is empty for a pressed button. `slots` may hold locale, locale_chosen, cloud and cloud_asked;
    `metadata` is whatever the channel sent, of which a mapping's `locale` and `cloud` count where they are valid.
    """
    said = metadata if isinstance(metadata, Mapping) else {}
    chosen = bool(slots.get("locale_chosen")) and known_locale(slots.get("locale")) is not None
    wanted = slots.get("cloud")
    cloud = None if wanted == EVERY_CLOUD else known_cloud(wanted) or known_cloud(said.get("cloud")) or settings.cloud
    return Speaker(
        locale=_locale(text, known_locale(slots.get("locale")), chosen, said, settings),
        locale_chosen=chosen,
        cloud=cloud,
        cloud_open=cloud is None and wanted != EVERY_CLOUD and not slots.get("cloud_asked"),
    )


def _locale(text: str, current: str | None, chosen: bool, said: Mapping[str, Any], settings: Settings) -> str:
    if chosen and current:
        return current
    if told := known_locale(said.get("locale")):
        return told
    if current is None and (telltale := _telltale(text)):
        return telltale
    detected, sure = detect(text) if text else ("", 0.0)
    if current is None:
        return detected if sure >= _BEGIN else known_locale(settings.locale) or DEFAULT
    other = detected.partition("-")[0]
    by_script = other in _OWN_SCRIPT and sure >= (_BEGIN if other != current.partition("-")[0] else _CHANGE)
    by_words = sure >= _CHANGE and len(_WORD.findall(text)) >= _CHANGE_WORDS
    return detected if by_script or by_words else current


def _telltale(text: str) -> str | None:
    """The language of a short first message, by a word that only this language has."""
    words = {fold(word) for word in _WORD.findall(text)}
    if not 0 < len(words) <= _SHORT:
        return None
    hits = [tag for tag in supported() if words & _telltale_words(tag)]
    return hits[0] if len(hits) == 1 else None


@lru_cache(maxsize=64)
def _telltale_words(tag: str) -> frozenset[str]:
    return frozenset(fold(word) for word in get_texts(tag).get("telltale"))


def known_locale(value: Any) -> str | None:
    """The canonical tag of a supported locale, or None for anything else."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return canonical(value)
    except QueryError:
        return None


def known_cloud(value: Any) -> Cloud | None:
    """The cloud of that id, or None for anything else."""
    try:
        return Cloud(value)
    except ValueError:
        return None


def clouds_named(text: str) -> frozenset[Cloud]:
    """The clouds that a text names, in any language."""
    from bot.clouds import clouds_in_question

    return frozenset(clouds_in_question(text))


def cloud_chosen(text: str) -> Cloud | str | None:
    """The cloud that a text chooses (“I'm on the German one”), EVERY_CLOUD, or None where it is not clear."""
    named = {Cloud(value) for value in _cloud_words().find(text)} | clouds_named(text)
    if len(named) == 1:
        return next(iter(named))
    return EVERY_CLOUD if not named and _every_cloud_words().find(text) else None


def language_chosen(text: str) -> str | None:
    """The tag of the language that a text names in any supported language, supported itself or not, or None.

    The longest name counts (“Traditional Chinese”, not “Chinese”); two different languages are not clear.
    """
    named = _language_words().find(text)
    return next(iter(named)) if len(named) == 1 else None


class _Words:
    """Finds words and phrases that stand for values, whatever their case and accents, in one pass."""

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        self._values = {fold(word): value for word, value in words}
        longest_first = sorted(self._values, key=len, reverse=True)
        either = "|".join(re.escape(word) for word in longest_first)
        # not as a part of a longer word; Chinese has no such borders
        self._pattern = re.compile(rf"(?<!{_LETTER})(?:{either})(?!{_LETTER})")

    def find(self, text: str) -> frozenset[str]:
        """The values of all words in the text; of overlapping words the longest counts."""
        return frozenset(self._values[word] for word in self._pattern.findall(fold(text)))


@lru_cache(maxsize=1)
def _cloud_words() -> _Words:
    return _Words(_listed("cloud_words"))


@lru_cache(maxsize=1)
def _language_words() -> _Words:
    return _Words(_listed("locale_words"))


@lru_cache(maxsize=1)
def _every_cloud_words() -> _Words:
    return _Words((word, EVERY_CLOUD) for tag in supported() for word in get_texts(tag).get("every_cloud_words"))


def _listed(key: str) -> Iterable[tuple[str, str]]:
    """The words listed for each value under a key, in every supported language."""
    for tag in supported():
        for value, words in get_texts(tag).get(key).items():
            yield from ((word, value) for word in words)


def warm_up() -> None:
    """Load what the first messages would otherwise wait for: every locale's texts, the detection, the cloud names."""
    for finder in (_cloud_words(), _language_words(), _every_cloud_words()):
        finder.find("warm-up")
    clouds_named("warm-up")
    speaker("warm-up", {}, None, settings())


@lru_cache(maxsize=8)
def settings() -> Settings:
    """The settings in force, read once in a process."""
    return load_settings()
