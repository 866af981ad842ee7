"""Ranking judged questions on the sample articles."""

from __future__ import annotations

import pytest

from bot.engine import Engine
from bot.evaluation.questions import Question
from bot.evaluation.ranking import rank
from bot.evaluation.report import evaluate
from bot.retrieval.known import OUTSIDE
from bot.retrieval.search import RERANKED
from bot.types import Status
from ingest.locales import ARTICLE_LOCALES


def test_as_new_no_known_question_about_the_answering_articles_counts(samples: Engine) -> None:
    known = next(q for q in samples.index.known.questions if q.locale == "en-us" and q.section != OUTSIDE)
    locale = next(tag for tag in ARTICLE_LOCALES if tag.lower() == known.locale)
    question = Question("k1", known.text, locale, (known.section,))
    scores = [
        rank(samples.searcher(), [question], samples.read, "same", as_new=new)[0].scored() for new in (False, True)
    ]
    assert scores[0][known.section] == max(scores[0].values())
    assert scores[0][known.section] > scores[1].get(known.section, 0.0)
    article = known.section.partition("#")[0]
    best = [list(of)[:RERANKED] for of in scores]  # behind them scores only say an order
    found = [section for section in best[0] if section in best[1] and section.partition("#")[0] != article]
    assert len(found) > RERANKED // 2
    for section in found:  # but for what is estimated of other languages by the sections before them
        assert scores[1][section] == pytest.approx(scores[0][section], abs=0.02)


def test_a_language_that_the_index_lacks_is_counted_as_left_out(samples: Engine) -> None:
    section = next(iter(samples.index.sections()["en-US"]))
    questions = [
        Question("q1", "How do I suspend a subscription?", "en-US", (section,)),
        Question("q2", "Wie setze ich ein Abo aus?", "de-DE", (section,)),
        Question("q3", "Wer gewinnt?", "de-DE", ()),
    ]
    assert "de-DE" not in samples.index.locales
    ranked = rank(samples.searcher(), questions, samples.read, "same")
    assert [(one.question.id, bool(one.sections), one.status) for one in ranked][1:] == [
        ("q2", False, Status.ABSTAINED)
    ]
    evaluation = evaluate(ranked, samples.index.sections(), "same")
    assert (evaluation.left_out, evaluation.pooled.left_out, evaluation.pooled.questions) == ({"q2"}, 1, 1)
    assert rank(samples.searcher(), questions[:1], samples.read, "cross") == []  # English questions are left out there
