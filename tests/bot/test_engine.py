"""Answers on the sample articles, for every sample question: what must always hold, and what holds for some."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine import Engine
from bot.errors import ArticleNotFound, QueryError
from bot.evaluation.questions import Question, read_questions
from bot.text import sentences
from bot.types import Answer, Article, BlockKind, Cloud, Query, Status

QUESTIONS = read_questions([Path(__file__).parents[2] / "data" / "questions.jsonl"])


def borders(article: Article) -> tuple[set[int], set[int]]:
    """Where a quote may begin and end: at blocks, and at sentences of paragraphs and notes."""
    starts, ends = set(), set()
    for block in article.blocks:
        starts.add(block.start)
        ends.add(block.end)
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.NOTE):
            for start, end in sentences(article.text[block.start : block.end]):
                starts.add(block.start + start)
                ends.add(block.start + end)
    return starts, ends


def check(engine: Engine, answer: Answer) -> None:
    """What holds for every answer."""
    assert (answer.status is Status.ABSTAINED) == (not answer.answers)
    assert 0 <= answer.confidence <= 1
    assert len(answer.related) <= 3
    for quoted in answer.answers:
        citation = quoted.citation
        article = engine.show(citation.article_id, citation.locale, quoted.clouds[0] if quoted.clouds else None)
        assert article.current
        assert article.sha256 == citation.sha256
        assert article.text[citation.start : citation.end] == quoted.quote
        section = next(s for s in article.sections if s.anchor == citation.anchor)
        assert section.start <= citation.start < citation.end <= section.end
        starts, ends = borders(article)
        assert citation.start in starts, quoted.quote
        assert citation.end in ends, quoted.quote
        assert set(quoted.clouds) <= article.stands_for
        for link in quoted.links:
            assert 0 <= link.start < link.end <= len(quoted.quote)


@pytest.mark.parametrize("cloud", [None, *Cloud], ids=str)
def test_what_always_holds(samples: Engine, cloud: Cloud | None) -> None:
    for question in QUESTIONS[:: 4 if cloud else 2]:
        answer = samples.ask(Query(question.text, question.locale, cloud))
        check(samples, answer)
        if cloud and cloud is not Cloud.CHINA:
            assert not any(q.citation.article_id.startswith("Archive/") for q in answer.answers)
        if cloud is Cloud.CHINA:
            assert all(Cloud.CHINA in q.citation.clouds for q in answer.answers)


def test_the_sample_questions_find_their_sections(samples: Engine) -> None:
    """A floor under what the shipped encoder does on questions written for these articles (see `guide eval`)."""
    answerable = [q for q in QUESTIONS if q.relevant]
    found = sum(_first(samples, q) in q.relevant for q in answerable)
    assert found / len(answerable) > 0.3


def _first(engine: Engine, question: Question) -> str:
    answer = engine.ask(Query(question.text, question.locale))
    names = [f"{q.citation.article_id}#{q.citation.anchor}" for q in answer.answers]
    return next((name for name in names if name in question.relevant), "")


def test_a_language_without_articles_gets_another_ones_and_is_told(samples: Engine) -> None:
    answer = samples.ask(Query("Qui s'occupe des litiges de facturation ?", None, Cloud.GLOBAL))
    assert (answer.status, answer.locale) == (Status.OTHER_LOCALE, "fr-FR")
    assert answer.answers[0].citation.locale == "en-US"
    assert ("other_locale", {"locale": "en-US"}) in [(label.id, label.values) for label in answer.labels]


def test_nothing_is_quoted_for_what_the_articles_do_not_say(samples: Engine) -> None:
    answer = samples.ask(Query("Wie backe ich ein Sauerteigbrot?", "de-DE", Cloud.GLOBAL))
    assert (answer.status, answer.answers) == (Status.ABSTAINED, ())
    assert answer.help is not None
    assert Cloud.GLOBAL in answer.help.clouds


def test_a_cloud_named_in_the_question_counts(samples: Engine) -> None:
    answer = samples.ask(Query("Who handles billing disputes at 21Vianet?", "en-US"))
    assert answer.cloud is Cloud.CHINA
    assert {q.citation.article_id for q in answer.answers} == {"Archive/China-billing-disputes"}


def test_the_original_of_a_bilingual_quote_is_known(samples: Engine) -> None:
    answer = samples.ask(Query("Quem cuida das contestações de cobrança?", "pt-BR", Cloud.GLOBAL))
    assert answer.answers[0].original
    assert "dispute" in answer.answers[0].original


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query("  "), "The question is empty."),
        (Query("x" * 2001), "longer than 2000 characters"),
        (Query("x", "tlh"), "Unknown locale"),
    ],
)
def test_bad_questions(samples: Engine, query: Query, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        samples.ask(query)


@pytest.mark.parametrize("text", ["?", "😀", "a", "\u0000", "<script>alert(1)</script>", "' OR 1=1 --", "账", "🇧🇷 ؟"])
def test_odd_questions_get_an_answer(samples: Engine, text: str) -> None:
    check(samples, samples.ask(Query(text)))


def test_show_picks_the_version_for_a_cloud(samples: Engine) -> None:
    with pytest.raises(ArticleNotFound, match="It is in: en-US, es-ES, pt-BR, zh-CN"):
        samples.show("partner-center/billing-disputes", "de-DE")
    with pytest.raises(ArticleNotFound, match="No version of partner-center/billing-disputes stands for 21vianet"):
        samples.show("partner-center/billing-disputes", "en-US", Cloud.CHINA)
    old = samples.show("older/provide-billing-support", "pt-BR", Cloud.GERMANY)
    assert old.stands_for == {Cloud.GERMANY}
