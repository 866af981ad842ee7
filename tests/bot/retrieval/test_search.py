"""What search says of a section, against the same numbers computed the long way on the sample articles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.engine import Engine
from bot.index import LocaleIndex
from bot.retrieval.asking import Asked, ask
from bot.retrieval.calibration import Calibration, Retriever
from bot.retrieval.features import NAMES
from bot.retrieval.search import TRANSLATED, Hit, Searcher, in_one_order
from bot.types import Cloud

QUESTION, LOCALE = "Quem cuida das contestações de cobrança?", "pt-BR"


@pytest.fixture(scope="module")
def searcher(samples: Engine) -> Searcher:
    return Searcher(samples.index, Calibration())


@pytest.fixture(scope="module")
def asked(samples: Engine) -> Asked:
    return ask([(QUESTION, LOCALE)], samples.read)[0]


def passages(searcher: Searcher, locale: str, section: str) -> list[int]:
    """The rows of a section's passages, found by reading the articles."""
    index = searcher.index.locales[locale]
    return [
        row
        for row, passage in enumerate(index.rows)
        if (article := searcher.index.store.article(int(passage["article"])))
        and f"{article.article_id}#{article.sections[int(passage['section'])].anchor}" == section
    ]


def likest(index: LocaleIndex, row: int, asked: Asked) -> float:
    """The mean cosine of a question's tokens to a passage's likest ones, by the question's weights."""
    tokens = index.late.tokens(row).astype(np.float32)
    return float((asked.tokens @ (tokens / np.linalg.norm(tokens, axis=1, keepdims=True)).T).max(axis=1).sum())


def name(searcher: Searcher, hit: Hit) -> str:
    return f"{searcher.article(hit).article_id}#{searcher.section(hit).anchor}"


@pytest.mark.parametrize("cross", [False, True])
def test_features_are_what_their_names_say(searcher: Searcher, asked: Asked, cross: bool) -> None:
    asked = replace(asked, locale="de-DE") if cross else asked
    index = searcher.index.locales[LOCALE]
    evidence = searcher.evidence(asked)
    hits = searcher.search(evidence, LOCALE, count=40)
    assert len(hits) == 40
    cosines = index.dense.vectors(np.arange(len(index.rows))) @ asked.vector
    for hit in hits[:10]:
        found = dict(zip(NAMES, hit.features, strict=True))
        assert found["cosine"] == pytest.approx(float(cosines[hit.row]), abs=1e-5)
        assert found["lexical"] == float(evidence.words(LOCALE)[hit.row])
        assert found["late"] == pytest.approx(likest(index, hit.row, asked), abs=1e-5)
        everywhere = [searcher.index.locales[locale] for locale in ([LOCALE] if cross else searcher.index.locales)]
        there = [(one, rows) for one in everywhere if (rows := passages(searcher, one.locale, name(searcher, hit)))]
        means = [(one.dense.vectors(np.array(rows)) @ asked.vector).mean() for one, rows in there]
        assert found["sibling"] == pytest.approx(float(np.mean(means)), abs=1e-5)
        tokens = [max(likest(one, row, asked) for row in rows) for one, rows in there]
        assert found["late_all"] == pytest.approx(float(np.mean(tokens)), abs=1e-5)
        assert (found["exact"], found["cloud"]) == (0.0, 0.5 if not hit.clouds or Cloud.GLOBAL in hit.clouds else 0.0)
        fused = searcher.calibration.fuse({key: np.array(value) for key, value in found.items()}, cross=cross)
        assert hit.fused == pytest.approx(float(fused), abs=1e-5)
    gains = [hit.features[NAMES.index("late_all")] - hit.features[NAMES.index("late")] for hit in hits]
    if not cross:  # those that are not looked at in other languages gain what the others gain on average
        assert gains[TRANSLATED:] == pytest.approx([np.mean(gains[:TRANSLATED])] * (len(hits) - TRANSLATED), abs=1e-5)


def test_searches_are_put_in_one_order_without_changing_theirs() -> None:
    def hits(locale: str, *confidences: float) -> list[Hit]:
        made = Hit(locale, 0, 0, 0, 0, 1, frozenset(), (), 0.0, 0.0, 0.0)
        return [replace(made, row=row, confidence=confidence) for row, confidence in enumerate(confidences)]

    found = in_one_order([hits("de-DE", 0.5, 0.25), hits("fr-FR", 0.375, 0.75, 0.125), [], hits("cs-CZ", 0.5)])
    expected = [("fr-FR", 0), ("fr-FR", 1), ("cs-CZ", 0), ("de-DE", 0), ("de-DE", 1), ("fr-FR", 2)]
    assert [(hit.locale, hit.row) for hit in found] == expected


def test_hits_are_sections_in_the_order_of_their_scores(searcher: Searcher, asked: Asked) -> None:
    hits = searcher.search(searcher.evidence(asked), LOCALE)
    assert len(hits) == 10
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({(hit.article_row, hit.section) for hit in hits}) == 10


def test_clouds_limit_what_is_found(searcher: Searcher, asked: Asked) -> None:
    evidence = searcher.evidence(asked)
    hits = searcher.search(evidence, LOCALE, clouds={Cloud.CHINA})
    assert hits and all(Cloud.CHINA in hit.clouds for hit in hits)
    assert searcher.search(evidence, LOCALE, clouds=()) == [] or all(
        not hit.clouds for hit in searcher.search(evidence, LOCALE, clouds=())
    )


def test_the_lexical_retriever_alone_needs_no_meaning(searcher: Searcher, asked: Asked) -> None:
    part = Searcher(searcher.index, searcher.calibration.only(Retriever.LEXICAL))
    evidence = part.evidence(replace(asked, vector=np.zeros_like(asked.vector)))
    assert part.search(evidence, LOCALE)[0].lexical == float(evidence.words(LOCALE).max())


def test_a_quoted_phrase_is_found_letter_by_letter(searcher: Searcher, samples: Engine) -> None:
    article = samples.show("partner-center/suspend-a-subscription", "en-US", Cloud.GLOBAL)
    passage = article.passages[-1]
    phrase = article.text[passage.start : passage.end].split(".")[0][:60]
    text = f'where does it say "{phrase}"'
    (asked,) = ask([(text, "en-US")], samples.read)
    hits = searcher.search(searcher.evidence(asked), "en-US", count=30)
    exact = NAMES.index("exact")
    holding = [hit for hit in hits if hit.features[exact] == 1.0]
    assert holding
    for hit in holding:
        assert phrase.casefold() in searcher.article(hit).text[hit.start : hit.end].casefold()


def test_what_is_for_the_cloud_named_is_told_from_the_rest(searcher: Searcher, samples: Engine) -> None:
    (asked,) = ask([("Who handles billing disputes at 21Vianet?", "en-US")], samples.read)
    hits = searcher.search(searcher.evidence(asked), "en-US", count=30)
    told = {hit.features[NAMES.index("cloud")] for hit in hits}
    assert told == {0.0, 1.0}
    for hit in hits:
        assert hit.features[NAMES.index("cloud")] == float(Cloud.CHINA in hit.clouds)
