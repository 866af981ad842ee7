"""An explanation as text with aligned columns, for staff and developers, and as a dictionary for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bot.explain import (
    Analysis,
    Candidate,
    Explanation,
    Fate,
    Limits,
    LocaleTerms,
    Outcome,
    Purpose,
    QuoteReasons,
    Round,
    Searched,
    Source,
)
from bot.quote import Rule, width
from bot.retrieval.calibration import Calibration
from bot.retrieval.features import NAMES
from bot.types import Cloud

_SOURCES = {
    Source.GIVEN: "given with the question",
    Source.QUESTION: "told from the question",
    Source.SETTINGS: "the settings'",
}
_PURPOSES = {
    Purpose.ANSWER: "An answer",
    Purpose.ELSEWHERE: "An answer for other clouds",
    Purpose.NEAREST: "The nearest titles",
    Purpose.HELP: "How to get help from a person",
}
_FATES = {
    Fate.TAKEN: "taken",
    Fate.TAKEN_FOR_ANOTHER: "taken: the user's language is preferred, a hit in another one is surer",
    Fate.BELOW_THRESHOLD: "below the threshold",
    Fate.TRANSLATED: "its translation in the user's language is preferred",
    Fate.NEWER_TEXT: "the article's newer text in the user's language is preferred",
    Fate.OTHER_TRANSLATION: "another language's text of this section stands for it",
    Fate.RELATED: "behind the first; cited as related",
    Fate.BEHIND: "behind the first",
}
_OUTCOMES = {
    Outcome.QUOTED: "quoted",
    Outcome.CITED: "named, not quoted",
    Outcome.NAMED: "titles named, nothing quoted",
    Outcome.SAME_SECTION: "the section that an earlier cloud's search came to",
    Outcome.OUTSCORED: "not shown: the best cloud's section scores clearly higher and is no counterpart of it",
    Outcome.UNKNOWN_CLOUD: "not shown: it names no cloud, and a section that names its cloud scores as high or higher",
    Outcome.BELOW_THRESHOLD: "not enough: the best is below the threshold",
    Outcome.NOTHING: "nothing found",
}
_RULES = {
    Rule.WHOLE: "the passage is at most {enough} columns wide, or has no pieces to choose among: quoted whole",
    Rule.PIECES: "the run of pieces around the best one, of at most {enough} columns, that has the largest sum of what "
    "each scores above {belongs} of the best; score = cosine + {overlap} x overlap",
    Rule.LIST: "a piece is of a list or table: shown whole, with the line that introduces it (at most {longest} "
    "columns)",
    Rule.LONG_LIST: "a piece is of a list or table of more than {longest} columns: its item or row, with those that "
    "belong to it",
    Rule.CODE: "a piece is code: with the line that introduces it",
    Rule.LIST_BEHIND: "the list or table right behind the last sentence comes along (at most {longest} columns)",
    Rule.LIST_CUT: "the list that the last sentence introduces comes along as far as it fits in {longest} columns",
}

_SCORES = ("fused", "score", "confidence")


def explanation_dict(explanation: Explanation) -> dict[str, Any]:
    """All of it as JSON: the dataclasses' fields by name, enumerations by value, numbers with six decimals."""
    return _plain(asdict(explanation))


def explanation_text(explanation: Explanation) -> str:
    """All of it as text; a blank line separates the parts."""
    parts = [_analysis(explanation.question), _weights(explanation.weights)]
    parts += [_round(i, found, explanation.question.text) for i, found in enumerate(explanation.rounds, 1)]
    parts += [_quote(reasons, explanation.limits) for reasons in explanation.quotes] or ["Nothing is quoted."]
    return "\n\n".join(parts)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value


def _analysis(question: Analysis) -> str:
    cloud = question.cloud.value if question.cloud else "not known: each is searched"
    rows = [
        ("Question", question.text),
        (
            "Language",
            f"{question.locale}, {_SOURCES[question.locale_from]}; "
            f"the words read as {question.detected} ({question.probability:.3f} sure)",
        ),
        ("Cloud", cloud + (f", {_SOURCES[question.cloud_from]}" if question.cloud_from else "")),
        ("Clouds named", ", ".join(c.value for c in question.clouds_named) or "none"),
        *([("Subject", question.subject)] if question.subject != question.text else []),
        ("Exact phrases", " | ".join(question.exact) or "none"),
    ]
    rows += [(f"Words {found.locale}", _terms(found)) for found in question.terms]
    rows += [
        ("Known question", f"{known.cosine:.3f} {known.text} -> {known.section or 'no article'}")
        for known in question.known
    ]
    return "\n".join(f"{name:<15}{value}" for name, value in rows)


def _terms(found: LocaleTerms) -> str:
    words = [term for term in found.terms if not term.text.startswith("#")]
    pieces = [term for term in found.terms if term.text.startswith("#")]
    shown = ", ".join(f"{term.text} {term.passages or 'unknown'}" for term in words) or "none"
    if pieces:
        shown += f"; of {len(pieces)} pieces of words {sum(term.passages > 0 for term in pieces)} are known"
    return f"{shown} (the numbers: passages that have it)"


def _weights(calibration: Calibration) -> str:
    lines = ["Weights"]
    names = (*NAMES, "bias", "threshold")
    table = [("", *names)]
    for title, cross in (("same language", False), ("other language", True)):
        weights = calibration.weights(cross=cross)
        ends = {"bias": weights.bias, "threshold": weights.threshold}
        table += [
            (f"{title}: fused", *(_number(weights.fused.get(name)) for name in names)),
            (f"{title}: score", *(_number(weights.rank.get(name)) for name in names)),
            (f"{title}: confidence", *(_number((dict(weights.sure) | ends).get(name)) for name in names)),
        ]
    return "\n".join([lines[0], *_aligned(table, left=(0,)), *lines[1:]])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _round(number: int, found: Round, question: str) -> str:
    lines = [f"{number}. {_PURPOSES[found.purpose]}: {_clouds(found.clouds)}"]
    if found.text != question:
        lines.append(f"   asked as: {found.text}")
    for searched in found.searches:
        lines += _searched(searched)
    result = _OUTCOMES[found.outcome]
    if found.taken:
        taken = found.taken
        result = f"{taken.locale} {taken.article_id}#{taken.anchor}, confidence {taken.confidence:.3f}: {result}"
    return "\n".join([*lines, f"   => {result}"])


def _clouds(clouds: Sequence[Cloud] | None) -> str:
    if clouds is None:
        return "whatever the cloud"
    return "for " + ", ".join(cloud.value for cloud in clouds) if clouds else "where the article names no cloud"


def _searched(searched: Searched) -> list[str]:
    if not searched.indexed:
        return [f"   {searched.locale}: the index has no article in this language"]
    kind = "other language" if searched.cross else "same language"
    title = f"   {searched.locale}, {kind}, threshold {searched.threshold:.3f}"
    if not searched.candidates:
        return [f"{title}: nothing found"]
    header = ("", *NAMES, *_SCORES, "section", "")
    rows = [_candidate(i, candidate) for i, candidate in enumerate(searched.candidates, 1)]
    return [title, *(f"   {line}" for line in _aligned([header, *rows], left=(len(header) - 2, len(header) - 1)))]


def _candidate(rank: int, candidate: Candidate) -> tuple[str, ...]:
    numbers = (f"{getattr(candidate, name):.3f}" for name in (*NAMES, *_SCORES))
    return (str(rank), *numbers, f"{candidate.article_id}#{candidate.anchor}", _FATES[candidate.fate])


def _quote(reasons: QuoteReasons, limits: Limits) -> str:
    where = f"{reasons.locale} {reasons.article_id}#{reasons.anchor}"
    lines = [
        f"Quote, {_clouds(reasons.clouds)}: {where}, {reasons.quote_start} to {reasons.quote_end} "
        f"of the passage {reasons.start} to {reasons.end}"
    ]
    values = asdict(limits)
    lines += [f"  - {_RULES[rule].format(**values)}" for rule in reasons.rules]
    if reasons.pieces:
        rows = [("", "cosine", "overlap", "score", "piece")]
        for piece in reasons.pieces:
            numbers = (f"{piece.cosine:.3f}", f"{piece.overlap:.3f}", f"{piece.score:.3f}")
            rows.append(("*" if piece.taken else "", *numbers, " ".join(piece.text.split())))
        lines += [f"  {line}" for line in _aligned(rows, left=(0, 4))]
        lines.append("  (* in the run)")
    else:
        lines.append(f"  passage: {' '.join(reasons.passage.split())}")
    return "\n".join(lines)


def _aligned(rows: Iterable[Sequence[str]], *, left: Sequence[int]) -> list[str]:
    """Rows as lines whose columns stand below each other; wide letters count as two. Numbers to the right."""
    rows = list(rows)
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for i, cell in enumerate(row):
            space = " " * (widths[i] - width(cell))
            cells.append(cell + space if i in left else space + cell)
        lines.append("  ".join(cells).rstrip())
    return lines
