"""Ranks the sections of an index for judged questions, as a TREC run with what the assistant would have said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluation.questions import Question
from bot.retrieval.asking import Read, ask
from bot.retrieval.search import Searcher
from bot.types import Status

DEPTH = 100


@dataclass(frozen=True, slots=True)
class Ranked:
    """The sections ranked for one question, best first, with strictly decreasing scores."""

    question: Question
    sections: tuple[str, ...]
    scores: tuple[float, ...]
    confidence: float
    status: Status

    def scored(self) -> dict[str, float]:
        """The scores by section."""
        return dict(zip(self.sections, self.scores, strict=True))


def passages_of(question: Question, passages: str) -> str | None:
    """The locale whose passages a question is ranked against; None where it is left out.

    `passages` is `same` (the question's own), `cross` (English; English questions are left out) or a locale.
    """
    if passages == "same":
        return question.locale
    if passages == "cross":
        return None if question.locale == "en-US" else "en-US"
    return passages


def rank(
    searcher: Searcher,
    questions: Sequence[Question],
    read: Read,
    passages: str,
    *,
    as_new: bool = False,
) -> list[Ranked]:
    """Rank the sections of the index for each question; no cloud filter.

    With `as_new` no known question about the articles that answer counts, as if these were new. Where the index lacks
    the locale, an answerable question has no section (it is counted as left out), an unanswerable one is not in the
    result; nor are those that `passages` leaves out.
    """
    ranked: list[Ranked] = []
    for question, asked in zip(questions, ask([(q.text, q.locale) for q in questions], read), strict=True):
        locale = passages_of(question, passages)
        if locale is None:
            continue
        if locale not in searcher.index.locales:
            if question.relevant:
                ranked.append(Ranked(question, (), (), 0.0, Status.ABSTAINED))
            continue
        cross = asked.is_cross(locale)
        evidence = searcher.evidence(asked, question.articles if as_new else ())
        hits = searcher.search(evidence, locale, count=DEPTH)
        confidence = hits[0].confidence if hits else 0.0
        answered = searcher.calibration.answers(confidence, cross=cross)
        found: dict[str, float] = {}
        for hit in hits:
            found.setdefault(searcher.name(hit), hit.score)
        ranked.append(
            Ranked(
                question,
                tuple(found),
                _strictly_decreasing(list(found.values())),
                confidence,
                (Status.OTHER_LOCALE if cross else Status.ANSWERED) if answered else Status.ABSTAINED,
            )
        )
    return ranked


def _strictly_decreasing(scores: list[float]) -> tuple[float, ...]:
    """Equal neighbours moved apart by the least that six decimals can show: readers of runs sort by score again."""
    result: list[float] = []
    for score in scores:
        score = round(score, 6)
        result.append(score if not result or score < result[-1] else round(result[-1] - 1e-6, 6))
    return tuple(result)


def write_run(path: Path, ranked: Sequence[Ranked], name: str = "guide") -> None:
    """Write a TREC run: `query-id Q0 article_id#anchor rank score name`, white space in ids as %20."""
    with open(path, "w", encoding="utf-8") as stream:
        for one in ranked:
            for place, (section, score) in enumerate(zip(one.sections, one.scores, strict=True), 1):
                stream.write(f"{escape_id(one.question.id)} Q0 {escape_id(section)} {place} {score:.6f} {name}\n")


def escape_id(text: str) -> str:
    """An id as it stands in a run: white space as %20."""
    return "".join("%20" if c.isspace() else c for c in text)
