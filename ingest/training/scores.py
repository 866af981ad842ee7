"""How well an encoder alone finds sections: what the model card says of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.encoder import Encoder
from bot.evaluation.questions import Question, half, read_questions
from ingest.training.material import ENGLISH, Material, SectionText

DEPTH = 100


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the questions of one locale; `searched` is the locale of the sections."""

    locale: str
    searched: str
    questions: int
    section_at_1: float
    section_at_5: float
    mrr_at_10: float
    article_at_5: float


def score_encoder(encoder: Encoder, material: Material, files: Sequence[Path]) -> tuple[Score, ...]:
    """Scores by locale, in the question's own language and, but for English, on English sections.

    `files` are JSON Lines with `id`, `text`, `locale` and `relevant` (a list of `article_id#anchor`). Only questions
    whose number is odd count: the others are for choosing settings by. So do only those that have a relevant
    section in the locale searched. Raises QueryError for a line that is no question.
    """
    asked: dict[str, list[Question]] = defaultdict(list)
    for question in half(read_questions(files), "odd"):
        if question.relevant:
            asked[question.locale].append(question)
    collections = {question.relevant[0].partition("/")[0] for rows in asked.values() for question in rows}
    sections: dict[str, list[SectionText]] = defaultdict(list)
    for section in material.sections:
        if section.article_id.partition("/")[0] in collections:
            sections[section.locale].append(section)
    scores = []
    for locale in sorted(asked):
        for searched in dict.fromkeys((locale, ENGLISH)):
            if found := _score(encoder, asked[locale], sections[searched], locale, searched):
                scores.append(found)
    return tuple(scores)


def _score(
    encoder: Encoder, questions: list[Question], sections: list[SectionText], locale: str, searched: str
) -> Score | None:
    import ir_measures
    import numpy as np
    from ir_measures import RR, Success

    keys = [section.key for section in sections]
    questions = [question for question in questions if set(question.relevant) & set(keys)]
    if not questions:
        return None
    ranked = encoder.encode([q.text for q in questions]) @ encoder.encode([s.whole for s in sections]).T
    by_section: dict[str, dict[str, float]] = {}
    by_article: dict[str, dict[str, float]] = {}
    for question, row in zip(questions, ranked, strict=True):
        best = np.argsort(-row, kind="stable")[:DEPTH]
        by_section[question.id] = {keys[i]: float(row[i]) for i in best}
        articles: dict[str, float] = {}
        for i in best:
            articles.setdefault(sections[i].article_id, float(row[i]))
        by_article[question.id] = articles
    right = {q.id: {key: 1 for key in q.relevant} for q in questions}
    right_articles = {q.id: {key.partition("#")[0]: 1 for key in q.relevant} for q in questions}
    measured = ir_measures.calc_aggregate([Success @ 1, Success @ 5, RR @ 10], right, by_section)
    articles_found = ir_measures.calc_aggregate([Success @ 5], right_articles, by_article)
    return Score(
        locale=locale,
        searched=searched,
        questions=len(questions),
        section_at_1=measured[Success @ 1],
        section_at_5=measured[Success @ 5],
        mrr_at_10=measured[RR @ 10],
        article_at_5=articles_found[Success @ 5],
    )
