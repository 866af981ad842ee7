"""How well quotes hit the answer: the words quoted against the words marked as the answer by a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.citing import quote_hit
from bot.evaluation.questions import read_lines
from bot.evaluation.scoring import CELL, Score, bootstrap
from bot.locales import canonical
from bot.quote import quotable, width
from bot.retrieval.asking import Asked, Encode, Read, ask
from bot.retrieval.search import Searcher
from bot.types import Article

METRICS = ("recall", "precision", "F1", "whole", "touched")
SYSTEMS = ("quote", "section", "first")
FIRST = 420  # columns of the baseline that quotes the beginning of a section

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """A question, the section (`article_id#anchor`) that answers it, and which of its words do.

    `answer` are offsets into the text of the article that `article_sha` is the beginning of the SHA-256 of. `text`
    and `locale` are the question's.
    """

    id: str
    text: str
    locale: str
    section: str
    article_sha: str
    answer: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """One mark's section as the assistant quotes it, and as it would stand in the baselines.

    `spans` has the offsets by system (SYSTEMS); `widths` their columns; `cut` says that the quote starts or ends
    inside a sentence, item or row.
    """

    mark: Mark
    spans: dict[str, Span]
    widths: dict[str, int]
    cut: bool


@dataclass(frozen=True, slots=True)
class QuoteScores:
    """What the quotes of one group of marks scored under one system; `width` is their median in columns."""

    marks: int
    metrics: dict[str, Score]
    width: float


@dataclass(frozen=True, slots=True)
class QuoteEvaluation:
    """Scores by system of all marks and by locale, and what was left out because its article is not there as marked."""

    pooled: dict[str, QuoteScores]
    locales: dict[str, dict[str, QuoteScores]]
    quoted: tuple[Quoted, ...]
    cut: int
    left_out: tuple[str, ...]


def read_marks(file: Path) -> list[Mark]:
    """The marks of a file. Raises what `bot.evaluation.questions.read_lines` raises."""
    return read_lines([file], _mark, "mark")


def _mark(data: Mapping[str, Any]) -> Mark:
    spans = tuple((int(start), int(end)) for start, end in data["answer"])
    ends = (0, *(end for _, end in spans))
    if not spans or any(not before <= start < end for before, (start, end) in zip(ends, spans, strict=False)):
        raise ValueError("the answer is no list of spans in order")
    return Mark(
        id=str(data["id"]),
        text=str(data["text"]),
        locale=canonical(data["locale"]),
        section=str(data["section"]),
        article_sha=str(data["article_sha"]),
        answer=spans,
    )


def evaluate_quotes(searcher: Searcher, marks: Sequence[Mark], read: Read, encode: Encode) -> QuoteEvaluation:
    """Quote the section of every mark as the engine would, had it found that section, and score the quotes."""
    quoted: list[Quoted] = []
    left_out: list[str] = []
    for mark, asked in zip(marks, ask([(mark.text, mark.locale) for mark in marks], read), strict=True):
        one = _quote(searcher, asked, mark, encode)
        if one is None:
            left_out.append(mark.id)
        else:
            quoted.append(one)
    locales = sorted({one.mark.locale for one in quoted})
    return QuoteEvaluation(
        pooled=score_quotes(quoted),
        locales={locale: score_quotes([one for one in quoted if one.mark.locale == locale]) for locale in locales},
        quoted=tuple(quoted),
        cut=sum(one.cut for one in quoted),
        left_out=tuple(left_out),
    )


def _quote(searcher: Searcher, asked: Asked, mark: Mark, encode: Encode) -> Quoted | None:
    article_id, _, anchor = mark.section.partition("#")
    store = searcher.index.store
    for row in store.current_rows(article_id, mark.locale):
        article = store.article(row)
        places = [i for i, section in enumerate(article.sections) if section.anchor == anchor]
        if not article.sha256.startswith(mark.article_sha) or not places:
            continue
        hit = searcher.hit_in(row, places[0], searcher.evidence(asked))
        if hit is None:
            continue
        citation = quote_hit(searcher, hit, (), asked, encode).citation
        section = searcher.section(hit)
        pieces = quotable(article, section.start, section.end)
        spans = {
            "quote": (citation.start, citation.end),
            "section": (pieces[0][0], pieces[-1][1]),
            "first": _first(article, pieces),
        }
        return Quoted(
            mark,
            spans,
            {name: width(article.text[start:end]) for name, (start, end) in spans.items()},
            citation.start not in {start for start, _ in pieces} or citation.end not in {end for _, end in pieces},
        )
    return None


def _first(article: Article, pieces: Sequence[Span]) -> Span:
    """The beginning of a section: as many whole sentences, items and rows as fit into FIRST columns, at least one."""
    start, end = pieces[0]
    for _, further in pieces[1:]:
        if width(article.text[start:further]) > FIRST:
            break
        end = further
    return start, end


def score_quotes(quoted: Sequence[Quoted]) -> dict[str, QuoteScores]:
    """The scores of some quotes by system; none at all where there are none."""
    if not quoted:
        return {}
    found: dict[str, QuoteScores] = {}
    for system in SYSTEMS:
        values = [measure(one.mark.answer, one.spans[system]) for one in quoted]
        found[system] = QuoteScores(
            marks=len(quoted),
            metrics={name: bootstrap(np.array([v[name] for v in values])) for name in METRICS},
            width=float(np.median([one.widths[system] for one in quoted])),
        )
    return found


def measure(answer: Sequence[Span], quote: Span) -> dict[str, float]:
    """One quote against its marks, in characters of the article's text.

    `recall` is the share of the marked ones that are quoted, `precision` the share of the quoted ones that are
    marked, `F1` their harmonic mean; `whole` is 1 where all of the answer is quoted, `touched` 1 where any of it is.
    """
    shared = sum(max(0, min(end, quote[1]) - max(start, quote[0])) for start, end in answer)
    marked = sum(end - start for start, end in answer)
    recall, precision = shared / marked, shared / (quote[1] - quote[0])
    return {
        "recall": recall,
        "precision": precision,
        "F1": 2 * recall * precision / (recall + precision) if shared else 0.0,
        "whole": float(shared == marked),
        "touched": float(shared > 0),
    }


def quotes_text(evaluation: QuoteEvaluation) -> str:
    """A table: the quotes and the baselines over all marks with 95 % intervals, then the quotes by locale."""
    names = {"quote": "quote", "section": "whole section", "first": f"first {FIRST} columns"}
    head = f"{'':<20}{'n':>4}" + "".join(f"{name:>{CELL}}" for name in METRICS) + f"{'median width':>14}"
    lines = [head, *(_row(names[system], scores) for system, scores in evaluation.pooled.items()), ""]
    lines += [_row(locale, systems["quote"]) for locale, systems in evaluation.locales.items()]
    lines += [
        "",
        f"Quotes that start or end inside a sentence, item or row: {evaluation.cut}.",
        f"Left out because the article is not in the index as it was marked: {len(evaluation.left_out)}.",
    ]
    return "\n".join(lines)


def _row(name: str, scores: QuoteScores) -> str:
    cells = [score.cell() for score in scores.metrics.values()]
    return f"{name:<20}{scores.marks:>4}" + "".join(cells) + f"{scores.width:>14.0f}"


def quotes_dict(evaluation: QuoteEvaluation) -> dict[str, Any]:
    """The evaluation as JSON, with every quote's offsets and scores."""
    return {
        "pooled": _systems_dict(evaluation.pooled),
        "locales": {locale: _systems_dict(systems) for locale, systems in evaluation.locales.items()},
        "cut": evaluation.cut,
        "left_out": list(evaluation.left_out),
        "quotes": [
            {"id": one.mark.id, "quote": list(one.spans["quote"])}
            | {name: round(value, 4) for name, value in measure(one.mark.answer, one.spans["quote"]).items()}
            for one in evaluation.quoted
        ],
    }


def _systems_dict(systems: Mapping[str, QuoteScores]) -> dict[str, Any]:
    return {
        system: {"marks": scores.marks, "width": scores.width}
        | {name: score.rounded() for name, score in scores.metrics.items()}
        for system, scores in systems.items()
    }
