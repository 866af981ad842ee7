"""Words and sentences by language: what the lexical index counts and where a quote may be cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:[.'][^\W_]+)*", re.UNICODE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]+")
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")
_HAN_OR_KATAKANA = re.compile(r"[\u3400-\u9fff]+|[\u30a0-\u30ff]{2,}")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_NEGATIONS = {"not", "no", "without", "sin", "sem", "nao", "nicht", "kein", "sans", "pas", "senza", "non"}
_STEMMERS = {
    "en": "english", "pt": "portuguese", "es": "spanish", "de": "german",
    "fr": "french", "it": "italian", "ru": "russian",
}  # fmt: skip

GRAM = 4  # letters of the pieces of words in the lexical index

# Ends of sentences, and abbreviations after which a full stop ends none.
_END = re.compile(r"(?:[。！？]+[」』”’）)]*|[.!?…]+[\"”’»)\]]*(?=\s|$))\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|nr|art|p\.ex|ex|ej|p\.\s?ej|z\.\s?B|d\.\s?h|bzw|ca|u\.\s?a|usw|inkl|ggf|evtl"
    r"|cf|env|sr|sra|dr|inc|corp|ltd|co|u\.s|ee\.\s?uu|e\.u|tzv|např|tj|atd|др|т\.\s?е|т\.\s?д|напр"
    r"|ee|долл)|\b[A-ZÀ-Þ]|^\d{1,3})\.$",
    re.IGNORECASE,
)

_DAY = re.compile(r"\b\d{1,2}\.$")
_MONTH = re.compile(r"(?:Jan|Feb|März|Apr|Mai\b|Jun|Jul|Aug|Sep|Okt|Nov|Dez)")


def fold(text: str) -> str:
    """Text as it is compared: compatibility forms, case, accents and typographic apostrophes folded away."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    kept = "".join(c for c in decomposed if not ("\u0300" <= c <= "\u036f"))
    return unicodedata.normalize("NFC", kept)


def terms(text: str, locale: str) -> list[str]:
    """The words of a text in order, repeats included, as they are compared.

    Words are folded and stemmed (Snowball) where the language has a stemmer, stop words left out (unless
    nothing else is there). Runs of Chinese and Japanese characters give their overlapping bigrams (those of
    hiragana alone, which are grammar, left out), of Korean ones the bigrams and the whole word, since particles
    are written onto it. A lone character stands for itself.
    """
    language = locale.partition("-")[0]
    words: list[str] = []
    for match in _WORD.finditer(fold(text)):
        words.extend(_split(match[0]))
    stop = _stop_words(language)
    kept = [word for word in words if word not in stop and not _HIRAGANA.fullmatch(word)] or words
    stemmer = _stemmer(language)
    return stemmer.stemWords(kept) if stemmer else kept


def index_terms(text: str, locale: str) -> list[str]:
    """What the lexical index counts: the words of `terms`, and pieces of them that survive typos and compounds.

    Pieces are the character 4-grams of longer words with their borders ("^", "$"), single Chinese characters and
    whole katakana words; "#" keeps them apart from words. (On the development questions words alone found .40
    of the sections among the first five, with the pieces .42; joined with the dense index .47 and .51.)
    """
    words = terms(text, locale)
    pieces = [
        f"#{bordered[i : i + GRAM]}"
        for word in words
        if len(word) >= GRAM and word.isalpha() and not _CJK.match(word)
        for bordered in (f"^{word}$",)
        for i in range(len(bordered) - GRAM + 1)
    ]
    if locale.startswith(("zh", "ja")):
        for run in _HAN_OR_KATAKANA.findall(fold(text)):
            pieces.extend(run if run[0] >= "\u3400" else [run])
    return words + pieces


def _split(word: str) -> Iterator[str]:
    last = 0
    for run in _CJK.finditer(word):
        if run.start() > last:
            yield word[last : run.start()]
        characters = run[0]
        if len(characters) == 1 or (_HANGUL.match(characters) and len(characters) > 2):
            yield characters
        yield from (characters[i : i + 2] for i in range(len(characters) - 1))
        last = run.end()
    if last < len(word):
        yield word[last:]


@lru_cache(maxsize=32)
def _stemmer(language: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(_STEMMERS[language]) if language in _STEMMERS else None


@lru_cache(maxsize=32)
def _stop_words(language: str) -> frozenset[str]:
    if language in ("zh", "ja", "ko"):
        return frozenset()  # spaCy's lists are of words, these terms are bigrams; some would be lost (“问题”)
    import runpy
    from importlib.util import find_spec

    # The list alone: the package around it compiles what a language's tokenizer needs, for French that takes six
    # seconds.
    file = Path(find_spec("spacy.lang").origin).parent / language / "stop_words.py"
    if not file.is_file():
        return frozenset()
    words = {fold(word) for word in runpy.run_path(str(file))["STOP_WORDS"]}
    # Words that spaCy counts as stop words and that carry a partner's question.
    return frozenset(words - _NEGATIONS)


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of one block as offsets `(start, end)` without surrounding white space, in order.

    Rules rather than a blank spaCy sentencizer: that one ends sentences at abbreviations ("z. B.") and has no
    word for the end marks of Chinese and Japanese inside quotation marks.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if match[0][0] == "." and _ABBREVIATION.search(text[start : match.start() + 1]):
            continue
        # "am 1. April": a day of a German date
        if match[0][0] == "." and _DAY.search(text, start, match.start() + 1) and _MONTH.match(text, end):
            continue
        # a sentence does not begin with a small letter: the full stop belonged to a name or a list
        if match[0][0] == "." and end < len(text) and text[end].islower():
            continue
        spans.append((start, end))
        start = end
    if start < len(text):
        spans.append((start, len(text)))
    trimmed = []
    for begin, end in spans:
        piece = text[begin:end]
        begin += len(piece) - len(piece.lstrip())
        end = begin + len(piece.strip())
        if end > begin:
            trimmed.append((begin, end))
    return trimmed
