"""Judged questions: one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bot.errors import QueryError
from bot.locales import canonical

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the sections (`article_id#anchor`) that answer it; none of them: it cannot be answered."""

    id: str
    text: str
    locale: str
    relevant: tuple[str, ...]
    style: str = ""
    tier: str = ""

    @property
    def articles(self) -> frozenset[str]:
        """The ids of the articles that answer it."""
        return frozenset(section.partition("#")[0] for section in self.relevant)


class Judged(Protocol):
    """Whatever has an id with a number in it: a question, a mark."""

    @property
    def id(self) -> str: ...


AnyJudged = TypeVar("AnyJudged", bound=Judged)


def read_lines(files: Iterable[Path], read: Callable[[Mapping[str, Any]], AnyJudged], noun: str) -> list[AnyJudged]:
    """What `read` makes of each JSON object of some files, one a line, in order.

    Raises QueryError, naming file and line, for a line that is no such `noun` (`read` raised ValueError, KeyError,
    TypeError or AttributeError), and for an id met twice.
    """
    found: dict[str, AnyJudged] = {}
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").split("\n")  # JSON may hold other line breaks as they are
        except (OSError, UnicodeDecodeError) as error:
            raise QueryError(f"{file} cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                one = read(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise QueryError(f"{file}:{number}: not a {noun} ({error!r}).") from error
            if one.id in found:
                raise QueryError(f"{file}:{number}: the id {one.id} stands twice.")
            found[one.id] = one
    return list(found.values())


def read_questions(files: Iterable[Path]) -> list[Question]:
    """All questions of some files, in order. Raises what `read_lines` raises."""
    return read_lines(files, _question, "question")


def _question(data: Mapping[str, Any]) -> Question:
    relevant = data["relevant"]
    if not isinstance(relevant, list) or not all(isinstance(name, str) and "#" in name for name in relevant):
        raise ValueError("relevant is not a list of article_id#anchor")
    return Question(
        id=str(data["id"]),
        text=str(data["text"]),
        locale=canonical(data["locale"]),
        relevant=tuple(relevant),
        style=str(data.get("style", "")),
        tier=str(data.get("tier", "")),
    )


def same_question(questions: Sequence[Question]) -> np.ndarray:
    """A number for each question, the same for those that are one question in several languages: int, (questions,).

    Their ids are the same but for the language at the end: q12-en, q12-pt-BR.
    """
    import numpy as np

    def stem(question: Question) -> str:
        language = question.locale.partition("-")[0]
        return re.sub(f"[-_.]({question.locale}|{language})$", "", question.id, flags=re.IGNORECASE)

    return np.unique([stem(question) for question in questions], return_inverse=True)[1]


def half(questions: Sequence[AnyJudged], which: str | None) -> list[AnyJudged]:
    """The questions whose first number in the id is `even` or `odd`; all of them for None.

    One question in several languages (q12-en, q12-ja) is always in one half. Raises QueryError for another word.
    """
    if which is None:
        return list(questions)
    if which not in ("even", "odd"):
        raise QueryError(f"even or odd, not {which!r}.")
    return [q for q in questions if (m := re.search(r"\d+", q.id)) and int(m[0]) % 2 == (which == "odd")]
