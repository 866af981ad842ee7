"""Judged questions: one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from bot.errors import QueryError
from bot.locales import canonical


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the sections (`article_id#anchor`) that answer it; none of them: it cannot be answered."""

    id: str
    text: str
    locale: str
    relevant: tuple[str, ...]
    style: str = ""
    tier: str = ""


def read_questions(files: Iterable[Path]) -> list[Question]:
    """All questions of some files, in order.

    Raises QueryError, naming file and line, for a line that is no question, and for an id met twice.
    """
    questions: list[Question] = []
    seen: set[str] = set()
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise QueryError(f"{file} cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
                question = Question(
                    id=str(data["id"]),
                    text=str(data["text"]),
                    locale=canonical(data["locale"]),
                    relevant=tuple(data["relevant"]),
                    style=str(data.get("style", "")),
                    tier=str(data.get("tier", "")),
                )
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise QueryError(f"{file}:{number}: not a question ({error!r}).") from error
            if question.id in seen:
                raise QueryError(f"{file}:{number}: the id {question.id} stands twice.")
            seen.add(question.id)
            questions.append(question)
    return questions


class Judged(Protocol):
    """Whatever has an id with a number in it: a question, a mark."""

    @property
    def id(self) -> str: ...


AnyJudged = TypeVar("AnyJudged", bound=Judged)


def half(questions: Sequence[AnyJudged], which: str | None) -> list[AnyJudged]:
    """The questions whose first number in the id is `even` or `odd`; all of them for None.

    One question in several languages (q12-en, q12-ja) is always in one half. Raises QueryError for another word.
    """
    if which is None:
        return list(questions)
    if which not in ("even", "odd"):
        raise QueryError(f"even or odd, not {which!r}.")
    return [q for q in questions if (m := re.search(r"\d+", q.id)) and int(m[0]) % 2 == (which == "odd")]
