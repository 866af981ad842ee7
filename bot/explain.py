"""How an answer came about, as values: what `guide ask --explain` prints. `bot.record` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.quote import BELONGS, ENOUGH, LONGEST, OVERLAP, Rule
from bot.retrieval.calibration import Calibration
from bot.retrieval.terms import Term
from bot.types import Cloud


class Source(str, Enum):
    """Where a question's locale and cloud come from."""

    GIVEN = "given"
    QUESTION = "question"
    SETTINGS = "settings"


class Purpose(str, Enum):
    """What is sought for: an answer; one for other clouds; the nearest titles; a way to get help from a person."""

    ANSWER = "answer"
    ELSEWHERE = "elsewhere"
    NEAREST = "nearest"
    HELP = "help"


class Fate(str, Enum):
    """What became of a hit in its round."""

    TAKEN = "taken"  # what the round found
    TAKEN_FOR_ANOTHER = "taken_for_another"  # taken as the translation, or the newer text, of a surer hit
    BELOW_THRESHOLD = "below_threshold"
    TRANSLATED = "translated"  # its translation in the user's language is preferred
    NEWER_TEXT = "newer_text"  # the article's newer text in the user's language is preferred
    OTHER_TRANSLATION = "other_translation"  # another language's text of the same section stands for it
    RELATED = "related"  # cited below the answer, or named as near where there is none
    BEHIND = "behind"  # not the first, and only the first is looked at


class Outcome(str, Enum):
    """What became of a round."""

    QUOTED = "quoted"
    CITED = "cited"  # an answer for other clouds, or help: named, not quoted
    NAMED = "named"  # only its titles are named
    SAME_SECTION = "same_section"  # quoted, or not, with the earlier cloud whose section it is
    OUTSCORED = "outscored"  # another cloud's section answers clearly better and is no counterpart
    UNKNOWN_CLOUD = "unknown_cloud"  # its article names no cloud, and one that names its cloud answers better
    BELOW_THRESHOLD = "below_threshold"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class LocaleTerms:
    """What the lexical index of a locale looks for."""

    locale: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """A known question like the one asked, and the section (`article_id#anchor`) that answers it; None for none."""

    text: str
    section: str | None
    cosine: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """How a question was read. `detected` and `probability` say which language its words are, and how surely;
    `subject` is the text without the name of the only cloud named, which the words searched for are taken from.
    """

    text: str
    locale: str
    locale_from: Source
    detected: str
    probability: float
    cloud: Cloud | None
    cloud_from: Source | None
    clouds_named: tuple[Cloud, ...]
    subject: str
    exact: tuple[str, ...]
    terms: tuple[LocaleTerms, ...]
    known: tuple[Alike, ...]  # the likest first


@dataclass(frozen=True, slots=True)
class Candidate:
    """A section as a search ranked it: see bot.retrieval.features for the features, bot.retrieval.search.Hit."""

    locale: str
    article_id: str
    anchor: str
    heading: str
    clouds: tuple[Cloud, ...]
    start: int
    end: int
    cosine: float
    lexical: float
    late: float
    late_all: float
    sibling: float
    known: float
    exact: float
    cloud: float
    outside: float
    fused: float
    score: float
    confidence: float
    fate: Fate


@dataclass(frozen=True, slots=True)
class Searched:
    """One search: its best candidates, in one locale. `cross` is whether the two-language weights were used."""

    locale: str
    cross: bool
    indexed: bool  # whether there are articles in this locale at all
    threshold: float
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """The searches for some clouds, in order (None: for any, none: for passages whose cloud is unknown).

    `taken` is what it came to, where that is good enough; with the confidence of a surer translation perhaps.
    """

    purpose: Purpose
    text: str
    clouds: tuple[Cloud, ...] | None
    searches: tuple[Searched, ...]
    taken: Candidate | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class WeighedPiece:
    """A piece of a passage; see bot.quote.Piece."""

    text: str
    start: int
    end: int
    cosine: float
    overlap: float
    score: float
    taken: bool


@dataclass(frozen=True, slots=True)
class QuoteReasons:
    """Why these words of a passage (`start`, `end`) are the quote (`quote_start`, `quote_end`)."""

    clouds: tuple[Cloud, ...]
    locale: str
    article_id: str
    anchor: str
    start: int
    end: int
    passage: str
    quote_start: int
    quote_end: int
    rules: tuple[Rule, ...]
    pieces: tuple[WeighedPiece, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The fixed numbers of the choice of a quote: see bot.quote."""

    enough: int = ENOUGH
    longest: int = LONGEST
    belongs: float = BELONGS
    overlap: float = OVERLAP


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an answer came about: the question, the weights, the rounds of searches in order, the quotes."""

    question: Analysis
    weights: Calibration
    rounds: tuple[Round, ...]
    quotes: tuple[QuoteReasons, ...]
    limits: Limits = Limits()
