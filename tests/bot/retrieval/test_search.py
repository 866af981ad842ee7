"""What search says of a section, against the same numbers computed the long way on the sample articles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.engine import Engine
from bot.index import ROW, LocaleIndex
from bot.retrieval.asking import Asked, ask
from bot.retrieval.calibration import Calibration, Retriever, Weights
from bot.retrieval.dense import DenseIndex
from bot.retrieval.features import NAMES, UNASKED, UNKNOWN
from bot.retrieval.known import KnownQuestion, KnownQuestions, section_key
from bot.retrieval.late import LateIndex
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.search import (
    KNOWN,
    RERANKED,
    TRANSLATED,
    Evidence,
    Hit,
    Searcher,
    _best,
    _late_all,
    in_one_order,
)
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


def likeness(searcher: Searcher, evidence: Evidence, hit: Hit, sibling: float) -> float:
    """The feature `known`, question by question."""
    known = searcher.index.known
    rows = [row for row, question in enumerate(known.questions) if question.section == searcher.name(hit)]
    if not rows:
        article = searcher.article(hit).article_id
        return sibling + (UNASKED if any(q.article == article for q in known.questions) else UNKNOWN)
    cosines = known.vectors[rows].astype(np.float32) @ evidence.asked.vector
    return float(cosines.max() + cosines.mean()) / 2


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
        tokens = index.late.tokens(hit.row).astype(np.float32)
        likest = (asked.tokens @ (tokens / np.linalg.norm(tokens, axis=1, keepdims=True)).T).max(axis=1)
        assert found["late"] == pytest.approx(float(likest.sum()), abs=1e-5)
        everywhere = [searcher.index.locales[locale] for locale in ([LOCALE] if cross else searcher.index.locales)]
        there = [(one, rows) for one in everywhere if (rows := passages(searcher, one.locale, searcher.name(hit)))]
        means = [(one.dense.vectors(np.array(rows)) @ asked.vector).mean() for one, rows in there]
        assert found["sibling"] == pytest.approx(float(np.mean(means)), abs=1e-5)
        assert found["known"] == pytest.approx(likeness(searcher, evidence, hit, found["sibling"]), abs=1e-5)
        assert found["outside"] == pytest.approx(evidence.likeness.outside)
        assert (found["exact"], found["cloud"]) == (0.0, 0.5 if not hit.clouds or Cloud.GLOBAL in hit.clouds else 0.0)
        fused = searcher.calibration.fuse({key: np.array(value) for key, value in found.items()}, cross=cross)
        assert hit.fused == pytest.approx(float(fused), abs=1e-5)


def test_tokens_are_compared_in_all_languages(samples: Engine, asked: Asked) -> None:
    """Section 7 has two passages in German, section 8 is in English alone."""

    def locale(name: str, keys: list[int], *passages: list[list[int]]) -> LocaleIndex:
        made = LocaleIndex(name, Path())
        rows = np.zeros(len(keys), ROW)
        rows["key"] = keys
        made.__dict__.update(rows=rows, late=LateIndex.build([np.array(tokens, np.int8) for tokens in passages]))
        return made

    english = locale("en-US", [8, 7], [[127, 0]], [[0, 127]])
    german = locale("de-DE", [7, 7], [[0, 127]], [[127, 127], [0, -127]])
    czech = locale("cs-CZ", [9], [[127, 0]])
    index = replace(samples.index, locales={one.locale: one for one in (english, german, czech)})
    evidence = Searcher(index, Calibration()).evidence(replace(asked, tokens=np.array([[0.75, 0], [0, 0.25]])))
    found = evidence.late_by_locale(np.array([7, 8], np.uint64))
    assert found[:, :2] == pytest.approx(np.array([[0.25, 0.5**0.5], [0.75, np.nan]]), nan_ok=True)
    assert np.isnan(found[:, 2]).all()


def test_a_section_that_is_not_translated_counts_like_others_there() -> None:
    late, nan = np.array([0.5, 0.25, 0.75, 0.5], np.float32), float("nan")
    by_locale = np.array([[0.75, 0.5, nan, 0.25], [0.5, nan, nan, nan]], np.float32)  # of sections 2 and 0
    found = _late_all(late, np.array([2, 0]), by_locale)
    # in the first language both are as like as in their own, in others section 2 is less so, by 0.25 and by 0.5
    assert found.tolist() == [0.25, 0.0, 0.5, 0.25]


def test_tokens_of_other_languages_are_compared_only_where_a_weight_asks_for_it(
    searcher: Searcher, asked: Asked
) -> None:
    late, late_all = NAMES.index("late"), NAMES.index("late_all")

    def gains(calibration: Calibration, locale: str) -> list[float]:
        part = Searcher(searcher.index, calibration)
        hits = part.search(part.evidence(replace(asked, locale=locale)), LOCALE, count=RERANKED)
        return [round(hit.features[late_all] - hit.features[late], 4) for hit in hits]

    assert set(gains(Calibration(), LOCALE)) == {0.0}
    weighed = Calibration(same=replace(Calibration().same, rank={"cosine": 1.0, "late_all": 0.0}))
    found = gains(weighed, LOCALE)
    (usual,) = set(found[TRANSLATED:])  # behind the best by the cosine it is estimated, the same for all
    assert usual != 0.0 and sum(gain != usual for gain in found[:TRANSLATED]) >= TRANSLATED - 1
    assert set(gains(weighed, "de-DE")) == {0.0}  # of a German question English passages are another language's


@pytest.mark.parametrize("cross", [False, True])
def test_candidates_can_be_picked_by_their_meaning_in_all_languages(
    searcher: Searcher, asked: Asked, cross: bool
) -> None:
    asked = replace(asked, locale="de-DE") if cross else asked
    by_sibling = Weights({"sibling": 1.0}, {"cosine": 1.0}, 0.0, {}, 0.0)
    part = Searcher(searcher.index, Calibration(by_sibling, by_sibling))
    hits = part.search(part.evidence(asked), LOCALE, count=200)
    siblings = sorted((hit.features[NAMES.index("sibling")] for hit in hits), reverse=True)
    assert [hit.fused for hit in hits] == pytest.approx([hit.features[NAMES.index("sibling")] for hit in hits])
    few = part.search(part.evidence(asked), LOCALE, count=RERANKED)
    picked = sorted((hit.fused for hit in few), reverse=True)
    assert picked[:10] == pytest.approx(siblings[:10]) and [hit.cosine for hit in few] == sorted(
        (hit.cosine for hit in few), reverse=True
    )


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
    assert searcher.search(evidence, LOCALE, clouds=()) == []  # every sample names its clouds
    index = searcher.index.locales[LOCALE]
    rows = index.rows.copy()
    rows["clouds"][[3, 30]] = 0
    unknown = with_parts(index, rows=rows)
    part = Searcher(replace(searcher.index, locales={LOCALE: unknown}), searcher.calibration)
    assert {hit.row for hit in part.search(part.evidence(asked), LOCALE, clouds=())} == {3, 30}


def with_parts(index: LocaleIndex, **parts: object) -> LocaleIndex:
    """A locale's index with some parts in the place of its own."""
    made = LocaleIndex(index.locale, index.folder)
    made.__dict__.update(parts)
    return made


def test_the_best_are_the_same_however_many_are_wanted(searcher: Searcher, asked: Asked) -> None:
    many = searcher.search(searcher.evidence(asked), LOCALE, count=100)
    assert len(many) == 100
    assert many[:10] == searcher.search(searcher.evidence(asked), LOCALE, count=10)
    scores = [hit.score for hit in many]
    assert scores == sorted(scores, reverse=True)
    looked_at = {hit.row for hit in searcher.search(searcher.evidence(asked), LOCALE, count=RERANKED)}
    fused = sorted(many, key=lambda hit: -hit.fused)[:RERANKED]
    assert len(looked_at & {hit.row for hit in fused}) >= RERANKED - KNOWN  # the others' questions are known to be like


def test_known_questions_bring_sections_from_behind(
    searcher: Searcher, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.retrieval.search.RERANKED", 2)
    monkeypatch.setattr("bot.retrieval.search.KNOWN", 1)
    weights = Weights({"cosine": 1.0}, {"cosine": 0.1, "known": 1.0}, 0.0, {}, 0.0)
    last: dict[Cloud, Hit] = {}
    for cloud in (Cloud.GLOBAL, Cloud.CHINA):
        last[cloud] = searcher.search(searcher.evidence(asked), LOCALE, clouds={cloud}, count=20)[-1]
    assert not last[Cloud.GLOBAL].clouds & last[Cloud.CHINA].clouds
    questions = [KnownQuestion("en-us", searcher.name(hit), "?") for hit in last.values()]
    vectors = np.stack([asked.vector, 0.9 * asked.vector]).astype(np.float16)
    order = np.argsort([section_key(question.section) for question in questions])
    known = KnownQuestions([questions[i] for i in order], vectors[order])
    part = Searcher(replace(searcher.index, known=known), Calibration(weights, weights))
    for clouds, wanted in ((None, Cloud.GLOBAL), ({Cloud.GLOBAL}, Cloud.GLOBAL), ({Cloud.CHINA}, Cloud.CHINA)):
        first = part.search(part.evidence(asked), LOCALE, clouds=clouds)[0]
        # the one that is likest does not take the place of one that the cloud allows
        assert (first.row, first.features[NAMES.index("known")]) == (last[wanted].row, pytest.approx(1.0, abs=0.11))


def test_of_equal_words_the_first_passages_count() -> None:
    scores = np.array([0.5, 0.0, 0.75, 0.5, 0.5, 0.25], np.float32)
    assert sorted(_best(scores, 3, None).tolist()) == [0, 2, 3]
    assert sorted(_best(scores, 3, np.array([False, True, True, True, True, True])).tolist()) == [2, 3, 4]
    assert _best(scores, 9, None).tolist() == [0, 2, 3, 4, 5]
    assert _best(np.zeros(3, np.float32), 2, None).tolist() == []


def test_a_language_without_passages_has_no_hits(searcher: Searcher, asked: Asked, tmp_path: Path) -> None:
    empty = with_parts(
        LocaleIndex("cs-CZ", tmp_path),
        rows=searcher.index.locales[LOCALE].rows[:0],
        dense=DenseIndex.build(np.zeros((0, len(asked.vector)), np.float32)),
        lexical=LexicalIndex.build([], "cs-CZ"),
        late=None,
    )
    part = Searcher(replace(searcher.index, locales={"cs-CZ": empty}), searcher.calibration)
    for clouds in (None, {Cloud.GLOBAL}):
        assert part.search(part.evidence(asked), "cs-CZ", clouds=clouds) == []


@pytest.mark.parametrize("text", ["👍", "...", "?!"])
def test_a_question_without_words_finds_nothing(searcher: Searcher, samples: Engine, text: str) -> None:
    (asked,) = ask([(text, "en-US")], samples.read)
    assert searcher.search(searcher.evidence(asked), "en-US") == []


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
