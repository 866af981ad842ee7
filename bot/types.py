"""The values that cross module borders: frozen, slotted, without behaviour beyond their own data.

Every offset is a count of Unicode code points into `Article.text`, end exclusive, so that
`article.text[x.start:x.end]` is the words that `x` stands for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum


class Cloud(str, Enum):
    """The Partner Center instance that guidance applies to; an empty set of clouds means "unknown"."""

    GLOBAL = "global"
    US_GOVERNMENT = "us-government"
    GERMANY = "germany"
    CHINA = "21vianet"


Clouds = frozenset[Cloud]


class Translation(str, Enum):
    """How the text of an article came to be in its locale."""

    HUMAN = "human"
    MACHINE = "machine"
    ORIGINAL = "original"
    UNKNOWN = "unknown"


class BlockKind(str, Enum):
    """What a run of the text is; a passage and a quote never cut one, except a paragraph at a sentence."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    NOTE = "note"
    CODE = "code"
    META = "meta"  # the "Applies to" and "Appropriate roles" lines: shown, never quoted


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item (with its continuation lines), table row, note, code block or heading.

    `depth` is the nesting depth of an item (0 for a top-level one) and the level of a heading (1 to 6).
    `list_id` numbers the list or table that an item or row belongs to, from 0 in an article; None otherwise.
    """

    kind: BlockKind
    start: int
    end: int
    depth: int = 0
    list_id: int | None = None
    header: bool = False  # the header row of a table


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the text: the words it is on and the live address it leads to."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, the heading's own line included, up to the next heading of any level.

    `path` is the headings above it, outermost first, without its own. `anchor` is unique in its article.
    """

    anchor: str
    heading: str
    path: tuple[str, ...]
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is indexed and cited: whole blocks of one section (`section` is its index in the article)."""

    section: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Aligned:
    """A sentence of a translation (offsets into its text) and the English sentence it was made from."""

    start: int
    end: int
    english: str


@dataclass(frozen=True, slots=True)
class Article:
    """One file in one locale: what `guide show` prints, and everything known about it.

    `clouds` is what the article applies to (empty: unknown). `stands_for` is the part of it for which this
    version is the one to quote; where `current` is False the version is superseded and never quoted.
    An article of unknown clouds that is current has an empty `stands_for`.
    """

    article_id: str
    locale: str
    title: str
    text: str
    sha256: str  # of `text` in UTF-8, hexadecimal
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    passages: tuple[Passage, ...]
    links: tuple[Link, ...] = ()
    description: str = ""
    date: dt.date | None = None
    translation: Translation = Translation.UNKNOWN
    clouds: Clouds = frozenset()
    clouds_from: str = "unknown"  # applies-to, title, siblings, path, collection, unknown
    roles: tuple[str, ...] = ()
    url: str | None = None  # of the live page, without an anchor
    source: str = ""  # the file, as it was named to the ingestion
    asset_id: str = ""
    archived: bool = False
    stands_for: Clouds = frozenset()
    current: bool = True
    supersedes: tuple[str, ...] = ()  # the sources of the older versions that this one replaces
    alignment: tuple[Aligned, ...] = ()

    @property
    def collection(self) -> str:
        """The first folder of the `article_id`; empty where it has none."""
        head, slash, _ = self.article_id.partition("/")
        return head if slash else ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A file that was left out on purpose (`refused` False) or could not be read (`refused` True), and why.

    `ingested` says that the file was read all the same and the notice is a remark (a byte-order mark, a bad date).
    """

    file: str
    line: int | None
    reason: str
    refused: bool
    ingested: bool = False


@dataclass(frozen=True, slots=True)
class Corpus:
    """All articles that an ingestion read, superseded versions included, and what it left out."""

    articles: tuple[Article, ...]
    notices: tuple[Notice, ...] = ()
    files: int = 0


class Status(str, Enum):
    """What an answer is: quoted in the user's locale, quoted in another one, or none."""

    ANSWERED = "answered"
    OTHER_LOCALE = "other_locale"
    ABSTAINED = "abstained"


@dataclass(frozen=True, slots=True)
class Query:
    """A question with what is known of who asks; None where it is not known."""

    text: str
    locale: str | None = None
    cloud: Cloud | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where words come from. `start` and `end` span the quote, or the section where nothing is quoted."""

    article_id: str
    anchor: str
    title: str
    heading: str
    url: str | None
    locale: str
    clouds: tuple[Cloud, ...]
    translation: Translation
    date: dt.date | None
    start: int
    end: int
    sha256: str
    roles: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Something the user must know of an answer; `id` is a key of the locale files' `labels`, with its values."""

    id: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuotedAnswer:
    """One quote, for the clouds it is shown for."""

    clouds: tuple[Cloud, ...]
    quote: str
    citation: Citation
    confidence: float
    labels: tuple[Label, ...] = ()
    links: tuple[Link, ...] = ()  # offsets into the quote
    original: str | None = None  # the English words that the quote was translated from, where they are known


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole reply to a query.

    `answers` is empty when `status` is abstained; several entries stand side by side when the cloud is not
    known and guidance differs. `related` is nearby sections (the nearest titles when abstained), `help` the
    cited way to get help, `elsewhere` sections that answer only for a cloud that is not the user's.
    """

    status: Status
    locale: str
    cloud: Cloud | None
    confidence: float
    answers: tuple[QuotedAnswer, ...] = ()
    related: tuple[Citation, ...] = ()
    help: Citation | None = None
    elsewhere: tuple[Citation, ...] = ()
    labels: tuple[Label, ...] = ()
    ask_cloud: bool = False
    index: dict[str, str] = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)
