"""An article's metadata: the YAML front matter of Markdown, or what stands under `metadata:` in a FAQ page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import frontmatter
from frontmatter.default_handlers import YAMLHandler

from bot.errors import ArticleError
from bot.types import Translation
from ingest import bilingual, yamlguard
from ingest.locales import canonical_tag
from ingest.markdown import plain_text

MAX_FRONT_MATTER = 64 * 1024  # characters

_BOUNDARY = re.compile(r"^-{3,}[^\S\n]*$", re.MULTILINE)
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?!\d)")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_MARKUP = re.compile(r"</?span|&\#?\w+;|\*\*|\]\(")
_HUMAN = ("ht", "human", "humantranslation", "humantranslated")
_MACHINE = ("mt", "machine", "machinetranslation", "machinetranslated")
_ORIGINAL = ("original", "none", "source")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an article says of itself. `locale` is None where it does not say; `complaints` are (line, reason)."""

    title: str = ""
    description: str = ""
    date: dt.date | None = None
    locale: str | None = None
    translation: Translation = Translation.UNKNOWN
    asset_id: str = ""
    complaints: tuple[tuple[int | None, str], ...] = ()


class GuardedYaml(YAMLHandler):
    """python-frontmatter's handler with the guarded reader in place of PyYAML's own.

    `text` is what is being split and `first_line` the line of the file on which it begins.
    """

    def __init__(self, text: str, first_line: int) -> None:
        self._text = text
        self._first_line = first_line

    def load(self, fm: str, **_: object) -> Any:
        """The front matter as a mapping of strings. Raises ArticleError for anything else."""
        first_line = self._first_line + self._text.count("\n", 0, self._text.index(fm, 3))
        data = yamlguard.load(fm, first_line)
        if data is None or data == "":
            return {}
        if not isinstance(data, dict):
            blank = len(fm) - len(fm.lstrip())
            line = first_line + fm.count("\n", 0, blank)
            raise ArticleError("the front matter is not a mapping of names to values", line)
        return data


def split(text: str) -> tuple[Metadata, str]:
    """The metadata and the Markdown of an article. A text without front matter gives empty metadata.

    Raises ArticleError with the line where the front matter is never closed, too large, broken, hostile or no mapping.
    """
    lead = len(text) - len(text.lstrip())
    body = text[lead:]
    opening = _BOUNDARY.match(body)
    if not opening:
        return Metadata(), text
    line = text.count("\n", 0, lead) + 1
    closing = _BOUNDARY.search(body, opening.end())
    if not closing:
        raise ArticleError(f"the front matter that begins on line {line} is never closed", line)
    if closing.start() - opening.end() > MAX_FRONT_MATTER:
        raise ArticleError(f"the front matter is larger than {MAX_FRONT_MATTER // 1024} KiB", line)
    yaml_text = body[opening.end() : closing.start()]
    data, content = frontmatter.parse(body, handler=GuardedYaml(body, line))
    return read(data, yaml_text, line), content


def read(data: Mapping[str, Any], source: str, first_line: int = 1) -> Metadata:
    """Interpret metadata; `source` is its YAML, to name the lines of values that cannot be used."""
    complaints: list[tuple[int | None, str]] = []
    date: dt.date | None = None
    for name in ("ms.date", "ms.lasthandoff"):
        if date is None and (value := _string(data, name)):
            date = parse_date(value)
            if date is None:
                reason = f"{name} is no date in US order: {value[:40]!r}; ingested without it"
                complaints.append((_line_of(name, source, first_line), reason))
    locale: str | None = None
    for name in ("ms.contentlocale", "contentlocale", "locale", "lang", "language"):
        if locale is None and (value := _string(data, name)):
            locale = canonical_tag(value)
            if locale is None:
                reason = f"{name} is no language tag: {value[:40]!r}; ignored"
                complaints.append((_line_of(name, source, first_line), reason))
    return Metadata(
        title=_words(data, "title"),
        description=_words(data, "description"),
        date=date,
        locale=locale,
        translation=parse_translation(_string(data, "ms.translationtype") or _string(data, "translationtype")),
        asset_id=_string(data, "ms.assetid").casefold(),
        complaints=tuple(complaints),
    )


def parse_date(value: str) -> dt.date | None:
    """`10/29/2018`, `6/17/2021` (month first) or `2021-06-17`, with a time of day or without; None for all else."""
    if match := _US_DATE.match(value.strip()):
        month, day, year = (int(part) for part in match.groups())
        year += 2000 if year < 100 else 0
    elif match := _ISO_DATE.match(value.strip()):
        year, month, day = (int(part) for part in match.groups())
    else:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def parse_translation(value: str) -> Translation:
    """`HT`, `MT`, `Human Translation`, `Machine Translation`, …; unknown for anything else."""
    word = re.sub(r"[^a-z]", "", value.casefold())
    if word in _HUMAN:
        return Translation.HUMAN
    if word in _MACHINE:
        return Translation.MACHINE
    return Translation.ORIGINAL if word in _ORIGINAL else Translation.UNKNOWN


def _string(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _words(data: Mapping[str, Any], name: str) -> str:
    """A value as plain words: entities and emphasis slip into titles too, and the English beside the translation."""
    value = " ".join(_string(data, name).split())
    return plain_text(bilingual.split(value).translated) if _MARKUP.search(value) else value


def _line_of(name: str, source: str, first_line: int) -> int | None:
    match = re.search(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*:", source, re.MULTILINE)
    if not match:
        return None
    return source.count("\n", 0, match.end()) + first_line
