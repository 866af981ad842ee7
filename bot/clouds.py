"""Which clouds a text names: an "Applies to" entry, a title, a path, a user's question.

The names are data (`clouds.yml`), matched by spaCy's PhraseMatcher on a blank pipeline whose tokenizer folds case,
accents and width and takes characters of languages without spaces one by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from bot.types import Cloud, Clouds

FILE = Path(__file__).with_name("clouds.yml")

# A word; one Chinese character, kana or Hangul syllable; a mark that no name reaches across.
_TOKEN = re.compile(
    r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
    r"|[^\W_\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
    r"|[|;,:/\n?!。，；：、？！]"
)
_PARTNER_CENTER = "partner-center"


class CloudName(NamedTuple):
    """A cloud and where its name stands in the text (code points, end exclusive)."""

    cloud: Cloud
    start: int
    end: int


def find_clouds(text: str) -> list[CloudName]:
    """The clouds that a text names by their own names, in order; of overlapping names the longest.

    The product's bare name ("Partner Center") names none.
    """
    found = _matcher(("names",)).find(text)
    return [CloudName(Cloud(key), start, end) for key, start, end in found]


def clouds_of_entry(entry: str) -> Clouds:
    """The clouds that one entry of an "Applies to" line or list names.

    "Partner Center" with nothing beside it is the public cloud. An entry of something else that is offered
    ("Partner Center India", a product, a group of partners) names none.
    """
    if named := frozenset(name.cloud for name in find_clouds(entry)):
        return named
    rows = _matcher(("torn",)).keys(entry)
    torn = frozenset(cloud for cloud in Cloud if (needed := _torn_rows(cloud)) and needed <= rows)
    if torn:
        return torn
    product = _matcher(("partner_center",)).find(entry)
    if not product:
        return frozenset()
    rest = "".join(_cut(entry, ((start, end) for _, start, end in product)))
    fillers = {token for word in _data()["fillers"] for token, _, _ in _tokens(word)}
    words = [token for token, _, _ in _tokens(rest) if token.isalnum() and token not in fillers]
    return frozenset() if words else frozenset({Cloud.GLOBAL})


def clouds_in_path(article_id: str) -> Clouds:
    """The clouds that the folders and the name of an article's file speak of."""
    found: set[Cloud] = set()
    for name in article_id.split("/"):
        words = [token for token, _, _ in _tokens(name.replace("_", "-"))]
        for key, phrases in _data()["paths"].items():
            for phrase in phrases:
                wanted = [token for token, _, _ in _tokens(phrase.lstrip("^"))]
                last = 0 if phrase.startswith("^") else len(words) - len(wanted)
                if any(words[i : i + len(wanted)] == wanted for i in range(last + 1)):
                    found.add(Cloud(key))
    return frozenset(found)


def clouds_in_question(text: str) -> Clouds:
    """The clouds that a user's words name. A country alone and the product's bare name are none."""
    return frozenset(Cloud(key) for key, _, _ in _matcher(("names", "questions")).find(text))


def without_clouds(text: str) -> str:
    """A user's words without the name of the only cloud that they name, and without its country's beside it.

    The text as it is where it names no cloud or several (then it is about their difference), or nothing else.
    """
    named = clouds_in_question(text)
    if len(named) != 1:
        return text
    (cloud,) = named
    found = _matcher(("names", "questions", "places")).find(text)
    rest = " ".join("".join(_cut(text, [(start, end) for key, start, end in found if key == cloud.value])).split())
    return rest if any(c.isalnum() for c in rest) else text


class _Matcher:
    """Finds the phrases of some tables in a text, folded; each phrase has a key."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        import spacy
        from spacy.matcher import PhraseMatcher

        self._vocab = spacy.blank("xx").vocab
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        by_key: dict[str, list[Any]] = {}
        self._first: set[str] = set()
        for key, phrase in phrases:
            if words := [token for token, _, _ in _tokens(phrase)]:
                by_key.setdefault(key, []).append(self._doc(words))
                self._first.add(words[0])
        for key, docs in by_key.items():
            self._matcher.add(key, docs)

    def _doc(self, words: Sequence[str]) -> Any:
        from spacy.tokens import Doc

        return Doc(self._vocab, words=list(words))

    def _matches(self, tokens: Sequence[tuple[str, int, int]]) -> Sequence[tuple[int, int, int]]:
        if not any(word in self._first for word, _, _ in tokens):
            return []
        return self._matcher(self._doc([word for word, _, _ in tokens]))

    def keys(self, text: str) -> frozenset[str]:
        """The keys of all phrases in the text, those inside of longer ones included."""
        return frozenset(self._vocab.strings[key] for key, _, _ in self._matches(_tokens(text)))

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """(key, start, end) of the longest phrases that do not overlap, in order."""
        tokens = _tokens(text)
        matches = self._matches(tokens)
        found: list[tuple[str, int, int]] = []
        taken: set[int] = set()
        for key, first, last in sorted(matches, key=lambda m: (m[1] - m[2], m[1])):
            if taken.isdisjoint(range(first, last)):
                taken.update(range(first, last))
                found.append((self._vocab.strings[key], tokens[first][1], tokens[last - 1][2]))
        return sorted(found, key=lambda match: match[1])


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    import yaml

    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def _matcher(tables: tuple[str, ...]) -> _Matcher:
    phrases: list[tuple[str, str]] = []
    for table in tables:
        data = _data()[table]
        if table == "partner_center":
            phrases.extend((_PARTNER_CENTER, phrase) for phrase in data)
        elif table == "torn":
            for cloud, rows in data.items():
                phrases.extend((f"{cloud} {i}", str(word)) for i, row in enumerate(rows) for word in row)
        else:
            phrases.extend((key, str(phrase)) for key, names in data.items() for phrase in names)
    return _Matcher(phrases)


def _torn_rows(cloud: Cloud) -> frozenset[str]:
    return frozenset(f"{cloud.value} {i}" for i in range(len(_data()["torn"].get(cloud.value, ()))))


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[tuple[str, int, int], ...]:
    """The folded words of a text with their offsets. Punctuation that may stand inside a name is left out."""
    return tuple((_fold(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(text))


def _fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")) or word


def _cut(text: str, ranges: Iterable[tuple[int, int]]) -> Iterable[str]:
    position = 0
    for start, end in ranges:
        yield text[position:start] + " "
        position = end
    yield text[position:]
