"""Ranking judged questions on the sample articles."""

from __future__ import annotations

import pytest

from bot.engine import Engine
from bot.evaluation.questions import Question
from bot.evaluation.ranking import rank
from ingest.locales import ARTICLE_LOCALES


def test_as_new_no_known_question_about_the_answering_articles_counts(samples: Engine) -> None:
    known = next(q for q in samples.index.known.questions if q.locale == "en-us")
    locale = next(tag for tag in ARTICLE_LOCALES if tag.lower() == known.locale)
    question = Question("k1", known.text, locale, (known.section,))
    scores = [
        rank(samples.searcher(), [question], samples.read, "same", as_new=new)[0].scored() for new in (False, True)
    ]
    assert scores[0][known.section] == max(scores[0].values())
    assert scores[0][known.section] > scores[1].get(known.section, 0.0)
    article = known.section.partition("#")[0]
    others = [section for section in scores[0] if section.partition("#")[0] != article]
    found = [section for section in others if section in scores[1]]
    assert found
    for section in found:  # but for what is estimated of other languages by the sections before them
        assert scores[1][section] == pytest.approx(scores[0][section], abs=0.02)
