"""Locales: canonical tags, the texts that the user sees, and telling the language of a text.

A locale exists because `bot/locales/<tag>.yml` does: adding one needs no code.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import QueryError
from bot.languages import tell
from bot.types import Cloud

FOLDER = Path(__file__).with_name("locales")
DEFAULT = "en-US"

_SCRIPTS = (
    ("ja-JP", re.compile(r"[\u3040-\u30ff]")),
    ("ko-KR", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("ru-RU", re.compile(r"[\u0400-\u04ff]")),
)
OTHER_SCRIPTS = ("ja", "ko", "ru", "zh")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
_LETTER = re.compile(r"[^\W\d_]")
_DATE_PART = re.compile(r"'([^']*)'|(yyyy|MMMM|MM|M|dd|d)")


@lru_cache(maxsize=1)
def supported() -> tuple[str, ...]:
    """The tags of all locales that there are texts for, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yml")))


def canonical(tag: str) -> str:
    """`pt-br`, `PT_BR` or `pt` as `pt-BR`.

    A bare language gives its first locale. Raises QueryError for a tag that is no supported locale's.
    """
    wanted = tag.strip().replace("_", "-").casefold()
    aliases = {"zh-hans": "zh-cn", "zh-sg": "zh-cn", "zh": "zh-cn", "zh-hant": "zh-tw", "zh-hk": "zh-tw"}
    wanted = aliases.get(wanted, wanted)
    for known in supported():
        if known.casefold() == wanted:
            return known
    for known in supported():
        if known.partition("-")[0] == wanted.partition("-")[0] and wanted:
            return known
    raise QueryError(f"Unknown locale {tag!r}. Known: {', '.join(supported())}.")


class Texts:
    """The texts of one locale. Call it with a dotted key and the values for its braces."""

    def __init__(self, locale: str, data: Mapping[str, Any], default: Mapping[str, Any]) -> None:
        self.locale = locale
        self._data = data
        self._default = default

    def get(self, key: str) -> Any:
        """The value under a dotted key as it stands in the file, en-US's where this locale lacks it.

        Raises KeyError where neither has it.
        """
        for data in (self._data, self._default):
            value: Any = data
            for part in key.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
            if value is not None:
                return value
        raise KeyError(key)

    def __call__(self, key: str, **values: object) -> str:
        text = str(self.get(key))
        return text.format(**values) if values else text

    @property
    def fallback(self) -> tuple[str, ...]:
        """The locales to try first for a passage that this one does not have."""
        return tuple(self.get("fallback"))

    def language(self, locale: str) -> str:
        """What this language calls that locale; the tag itself where it has no name for it."""
        return str(self.get("locales").get(locale, locale))

    def clouds(self, clouds: Iterable[Cloud]) -> str:
        """The names of clouds, joined."""
        names = (self(f"clouds.{cloud.value}") for cloud in sorted(clouds, key=list(Cloud).index))
        return self("answer.list_separator").join(names)

    def date(self, date: dt.date) -> str:
        """A date as this language writes it."""
        values = {
            "yyyy": f"{date.year:04d}",
            "MMMM": self.get("answer.months")[date.month - 1],
            "MM": f"{date.month:02d}",
            "M": str(date.month),
            "dd": f"{date.day:02d}",
            "d": str(date.day),
        }
        return _DATE_PART.sub(lambda m: m[1] if m[2] is None else values[m[2]], self("answer.date_format"))


@lru_cache(maxsize=64)
def get_texts(locale: str) -> Texts:
    """The texts of a supported locale; en-US's for any other."""
    default = _read(DEFAULT)
    return Texts(locale, _read(locale) if locale in supported() else default, default)


@lru_cache(maxsize=64)
def _read(locale: str) -> Mapping[str, Any]:
    import yaml

    return yaml.safe_load((FOLDER / f"{locale}.yml").read_text(encoding="utf-8"))


def detect(text: str, candidates: Iterable[str] | None = None) -> tuple[str, float]:
    """The locale of a text and how sure that is, from 0 to 1.

    Scripts decide where they can, one kana or a character that only Japan writes (Shift JIS, and neither GB 2312 nor
    Big5) for Japanese; simplified and traditional Chinese are told apart by the characters that only GB 2312 or only
    Big5 can write, less surely where Japan writes all of them too; languages in Latin letters by words and pieces of
    words (bot.languages). Addresses do not count. `candidates` limits the choice. A text without letters gives (en-US
    or the first candidate, 0).
    """
    allowed = tuple(candidates) if candidates is not None else supported()
    text = _ADDRESS.sub(" ", text)
    letters = len(_LETTER.findall(text))
    if not letters or not allowed:
        return (DEFAULT if DEFAULT in allowed or not allowed else allowed[0]), 0.0
    for locale, script in _SCRIPTS:
        count = len(script.findall(text))
        least = (1, 0.05) if locale == "ja-JP" and count < letters else (2, 0.25)
        if locale in allowed and count >= least[0] and count / letters > least[1]:
            return locale, 1.0
    han = _HAN.findall(text)
    if "ja-JP" in allowed and any(_writes(c, "shift_jis") and not _is_chinese(c) for c in han):
        return "ja-JP", 1.0
    if han and len(han) / letters > 0.1 and (chinese := [c for c in ("zh-CN", "zh-TW") if c in allowed]):
        if len(chinese) == 1:
            return chinese[0], 1.0
        traditional = sum(_writes(c, "big5") - _writes(c, "gb2312") for c in han)
        told = traditional and not ("ja-JP" in allowed and all(_writes(c, "shift_jis") for c in han))
        return ("zh-TW" if traditional > 0 else "zh-CN"), (1.0 if told else 0.6)
    return _detect_latin(text, letters, allowed)


def _is_chinese(character: str) -> bool:
    return _writes(character, "gb2312") or _writes(character, "big5")


def _writes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _detect_latin(text: str, letters: int, allowed: tuple[str, ...]) -> tuple[str, float]:
    latin = {c.partition("-")[0]: c for c in reversed(allowed) if c.partition("-")[0] not in OTHER_SCRIPTS}
    if not latin:
        return allowed[0], 0.0
    language, probability = tell(text, tuple(latin))
    return latin[language], probability * min(1.0, letters / 6)  # “sí” is of no language for sure
