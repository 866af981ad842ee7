"""How people ask: everyday words for the articles' words, what they wrap a question in, slips of the keyboard.

`words.tsv` holds a concept a line and a locale a column, its words separated by commas, the articles' own first.
`wrappers.yml` holds by locale what people put around the words that matter.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
_UNSPACED = frozenset({"zh-cn", "zh-tw", "ja-jp"})
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Everyday:
    """Concepts by locale (in lower case, "pt-br"): `concepts[locale][i]` names in every locale the same thing."""

    concepts: Mapping[str, tuple[tuple[str, ...], ...]]
    wrappers: Mapping[str, tuple[str, ...]]
    _others: Mapping[str, Mapping[str, tuple[str, ...]]]
    _patterns: Mapping[str, re.Pattern[str]]

    def swap(self, text: str, locale: str, chance: random.Random, share: float = 0.6) -> str:
        """The text in lower case, a share of its known words replaced by others of the same concept."""
        locale = locale.lower()
        if locale not in self._patterns:
            return text
        others = self._others[locale]

        def other(match: re.Match[str]) -> str:
            choices = others.get(match[0], ())
            return chance.choice(choices) if choices and chance.random() < share else match[0]

        return self._patterns[locale].sub(other, text.lower())

    def wrap(self, text: str, locale: str, chance: random.Random) -> str:
        """The text as a person would put it; unchanged in a locale without wrappers."""
        wrappers = self.wrappers.get(locale.lower(), ())
        return chance.choice(wrappers).replace("{}", text) if wrappers else text


def load_everyday(folder: Path = HERE) -> Everyday:
    """Read `words.tsv` and `wrappers.yml`."""
    import yaml

    wrappers = yaml.safe_load((folder / "wrappers.yml").read_text(encoding="utf-8"))
    rows = [line.split("\t") for line in (folder / "words.tsv").read_text(encoding="utf-8").splitlines() if line]
    concepts = {
        locale: tuple(tuple(word.strip().lower() for word in row[column].split(",")) for row in rows[1:])
        for column, locale in enumerate(rows[0])
    }
    others: dict[str, dict[str, tuple[str, ...]]] = {}
    patterns = {}
    for locale, cells in concepts.items():
        known: dict[str, tuple[str, ...]] = {}
        for cell in cells:
            for word in cell:
                known[word] = (*known.get(word, ()), *(w for w in cell if w != word))
        others[locale] = known
        patterns[locale] = re.compile("|".join(_as_pattern(w, locale) for w in sorted(known, key=len, reverse=True)))
    return Everyday(concepts, {name: tuple(lines) for name, lines in wrappers.items()}, others, patterns)


def _as_pattern(word: str, locale: str) -> str:
    # Where words are not set apart by spaces, a word is found inside of others unless it is a single character.
    return re.escape(word) if locale in _UNSPACED and len(word) > 1 else rf"\b{re.escape(word)}\b"


def misspell(text: str, chance: random.Random, share: float = 0.2) -> str:
    """The text with a letter left out, doubled, changed or swapped with the next one in a share of its words."""
    return " ".join(_slip(word, chance) if chance.random() < share else word for word in text.split(" "))


def _slip(word: str, chance: random.Random) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    at = chance.randrange(1, len(word) - 1)
    kinds: Sequence[str] = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at] + word[at:],
        word[:at] + (chance.choice(_LETTERS) if word[at].isascii() else "") + word[at + 1 :],
    )
    return chance.choice(kinds)
