"""How an answer came about, on the sample articles; thresholds are set so that each way is gone with any encoder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bot.engine import Engine
from bot.explain import (
    Alike,
    Analysis,
    Candidate,
    Explanation,
    Fate,
    LocaleTerms,
    Outcome,
    Purpose,
    QuoteReasons,
    Round,
    Searched,
    Source,
    WeighedPiece,
)  # fmt: skip
from bot.explain_text import explanation_dict, explanation_text
from bot.quote import OVERLAP, Rule
from bot.retrieval.calibration import Calibration, Weights
from bot.retrieval.features import NAMES
from bot.retrieval.terms import Term
from bot.types import Answer, Cloud, Query, Status

NEVER, ALWAYS = 1.1, 0.0
DISPUTES = "Who handles billing disputes?"
LOCALES = ["en-US", "es-ES", "pt-BR", "zh-CN"]

Thresholds = Callable[[float, float], Calibration]


@pytest.fixture
def thresholds(samples: Engine, monkeypatch: pytest.MonkeyPatch) -> Thresholds:
    """Sets the thresholds, for passages in the question's language and for others, for one test."""

    def put(same: float, cross: float) -> Calibration:
        old = samples.searcher().calibration
        new = Calibration(replace(old.same, threshold=same), replace(old.cross, threshold=cross))
        monkeypatch.setattr(samples.searcher(), "calibration", new)
        return new

    return put


def rounds(found: Explanation) -> list[tuple[Purpose, tuple[Cloud, ...] | None, Outcome]]:
    return [(r.purpose, r.clouds, r.outcome) for r in found.rounds]


def untimed(answer: Answer) -> Answer:
    return replace(answer, timings_ms={})


@pytest.mark.parametrize("text", [DISPUTES, "¿Quién se ocupa de las disputas?", "Wie backe ich Brot?", "?", "账"])
@pytest.mark.parametrize("cloud", [None, Cloud.CHINA], ids=str)
def test_an_explained_answer_is_the_answer(samples: Engine, text: str, cloud: Cloud | None) -> None:
    answer, found = samples.explain(Query(text, None, cloud))
    assert untimed(answer) == untimed(samples.ask(Query(text, None, cloud)))
    assert [(q.clouds, q.locale, q.article_id, q.anchor, q.quote_start, q.quote_end) for q in found.quotes] == [
        (a.clouds, a.citation.locale, a.citation.article_id, a.citation.anchor, a.citation.start, a.citation.end)
        for a in answer.answers
    ]
    assert sum(r.outcome is Outcome.QUOTED for r in found.rounds) == len(answer.answers)
    assert json.loads(json.dumps(explanation_dict(found)))["question"]["text"] == text
    assert explanation_text(found).startswith(f"Question       {text}\nLanguage       ")


def test_how_a_question_is_read(samples: Engine) -> None:
    _, found = samples.explain(Query('Is "Sourdough bread" or 0x80070005 a dispute at 21Vianet?'))
    question = found.question
    assert (question.locale, question.locale_from, question.detected) == ("en-US", Source.QUESTION, "en-US")
    assert 0.9 < question.probability <= 1
    assert (question.cloud, question.cloud_from) == (Cloud.CHINA, Source.QUESTION)
    assert question.clouds_named == (Cloud.CHINA,)
    assert question.subject == 'Is "Sourdough bread" or 0x80070005 a dispute at ?'
    assert question.exact == ("sourdough bread", "0x80070005")
    assert question.terms[0].locale == "en-US"
    words = {term.text: term for term in question.terms[0].terms}
    assert list(words)[:5] == ["sourdough", "bread", "0x80070005", "disput", "#^sou"]
    assert words["sourdough"] == Term("sourdough", 0)
    assert words["disput"].passages > 0
    assert words["#^dis"].passages >= words["disput"].passages
    index = samples.index.locales["en-US"]
    assert words["disput"].passages == np.count_nonzero(index.lexical.scores("dispute") > 0.5)


def test_what_is_given_counts_and_what_the_words_say_is_told(samples: Engine) -> None:
    _, found = samples.explain(Query("Wer kümmert sich bei 21Vianet um Rechnungen?", "en-us", Cloud.GLOBAL))
    question = found.question
    assert (question.locale, question.locale_from, question.detected) == ("en-US", Source.GIVEN, "de-DE")
    assert (question.cloud, question.cloud_from) == (Cloud.GLOBAL, Source.GIVEN)
    assert question.clouds_named == (Cloud.CHINA,)
    unsure = samples.explain(Query("?"))[1].question
    assert (unsure.locale, unsure.locale_from, unsure.probability) == ("en-US", Source.SETTINGS, 0.0)
    assert (unsure.cloud, unsure.cloud_from) == (None, None)


def test_scores_are_what_the_weights_make_of_the_features(samples: Engine) -> None:
    _, found = samples.explain(Query("Qui s'occupe des litiges ?", None, Cloud.GLOBAL))
    assert found.weights == samples.searcher().calibration
    for searched in (s for r in found.rounds for s in r.searches):
        weights = found.weights.weights(cross=searched.cross)
        assert searched.threshold == weights.threshold
        hits = searched.candidates
        assert len(hits) <= 10
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
        for hit in hits:
            features = {name: getattr(hit, name) for name in NAMES}
            assert hit.fused == pytest.approx(
                sum(w * getattr(hit, name) for name, w in weights.fused.items()), abs=1e-5
            )
            assert hit.score == pytest.approx(sum(weights.rank.get(n, 0) * v for n, v in features.items()), abs=1e-5)
            logit = weights.bias
            logit += sum(weights.sure.get(name, 0) * value for name, value in features.items())
            assert hit.confidence == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)


def test_abstaining_for_a_cloud(samples: Engine, thresholds: Thresholds) -> None:
    thresholds(NEVER, NEVER)
    answer, found = samples.explain(Query(DISPUTES, None, Cloud.GLOBAL))
    assert answer.status is Status.ABSTAINED
    assert rounds(found) == [
        (Purpose.ANSWER, (Cloud.GLOBAL,), Outcome.BELOW_THRESHOLD),
        (Purpose.ANSWER, (), Outcome.NOTHING),
        (Purpose.ELSEWHERE, (Cloud.US_GOVERNMENT, Cloud.GERMANY, Cloud.CHINA), Outcome.BELOW_THRESHOLD),
        (Purpose.HELP, (Cloud.GLOBAL,), Outcome.BELOW_THRESHOLD),
    ]
    first = found.rounds[0]
    assert [(s.locale, s.cross) for s in first.searches] == [(locale, locale != "en-US") for locale in LOCALES]
    fates = [candidate.fate for candidate in first.searches[0].candidates]
    assert fates[0] is Fate.BELOW_THRESHOLD
    assert set(fates[1:]) <= {Fate.RELATED, Fate.BEHIND}
    assert {Cloud.GLOBAL in c.clouds for s in first.searches for c in s.candidates} == {True}
    assert first.taken is None and found.quotes == ()
    assert found.rounds[3].text != DISPUTES
    assert [terms.locale for terms in found.question.terms] == LOCALES
    text = explanation_text(found)
    assert text.endswith("\n\nNothing is quoted.")
    assert "\n2. An answer: where the article names no cloud\n   en-US, same language, threshold 1.100: nothing" in text
    assert f"\n4. How to get help from a person: for global\n   asked as: {found.rounds[3].text}\n" in text


def test_guidance_for_another_cloud_is_named_only(samples: Engine, thresholds: Thresholds) -> None:
    thresholds(NEVER, NEVER)
    best = samples.explain(Query(DISPUTES, None, Cloud.GERMANY))[1].rounds[2].searches[0].candidates[0]
    thresholds(best.confidence, NEVER)
    answer, found = samples.explain(Query(DISPUTES, None, Cloud.GERMANY))
    assert rounds(found)[:3] == [
        (Purpose.ANSWER, (Cloud.GERMANY,), Outcome.BELOW_THRESHOLD),
        (Purpose.ANSWER, (), Outcome.NOTHING),
        (Purpose.ELSEWHERE, (Cloud.GLOBAL, Cloud.US_GOVERNMENT, Cloud.CHINA), Outcome.CITED),
    ]
    taken = found.rounds[2].taken
    assert (taken.article_id, taken.anchor) == (answer.elsewhere[0].article_id, answer.elsewhere[0].anchor)


def test_a_cloud_that_is_not_known(samples: Engine, thresholds: Thresholds) -> None:
    thresholds(ALWAYS, ALWAYS)
    answer, found = samples.explain(Query(DISPUTES))
    assert [(r.purpose, r.clouds) for r in found.rounds] == [
        *((Purpose.ANSWER, (cloud,)) for cloud in Cloud),
        (Purpose.ANSWER, ()),
    ]
    assert [[s.locale for s in r.searches] for r in found.rounds] == [["en-US"]] * 4 + [LOCALES]
    shown = {cloud for quoted in answer.answers for cloud in quoted.clouds}
    for r in found.rounds[:4]:
        assert r.taken == replace(r.searches[0].candidates[0], fate=Fate.TAKEN)
        (cloud,) = r.clouds
        if cloud not in shown:
            assert r.outcome in (Outcome.OUTSCORED, Outcome.SAME_SECTION)
    assert found.rounds[0].outcome is Outcome.QUOTED
    assert found.rounds[4].outcome is Outcome.NOTHING
    sections = [(r.taken.article_id, r.taken.anchor) for r in found.rounds[:4]]
    assert [i for i, r in enumerate(found.rounds[:4]) if r.outcome is Outcome.SAME_SECTION] == [
        i for i, section in enumerate(sections) if section in sections[:i]
    ]


def test_abstaining_without_a_cloud(samples: Engine, thresholds: Thresholds) -> None:
    thresholds(NEVER, NEVER)
    _, found = samples.explain(Query(DISPUTES))
    assert [(r.purpose, r.clouds) for r in found.rounds[4:]] == [
        (Purpose.ANSWER, ()),
        (Purpose.NEAREST, None),
        (Purpose.HELP, (Cloud.GLOBAL,)),
        (Purpose.HELP, None),
    ]
    assert found.rounds[5].outcome is Outcome.NAMED


def test_a_language_without_articles(samples: Engine, thresholds: Thresholds) -> None:
    thresholds(NEVER, ALWAYS)
    answer, found = samples.explain(Query("Qui s'occupe des litiges de facturation ?", None, Cloud.GLOBAL))
    assert answer.status is Status.OTHER_LOCALE
    assert rounds(found) == [(Purpose.ANSWER, (Cloud.GLOBAL,), Outcome.QUOTED)]
    own, *others = found.rounds[0].searches
    assert own == Searched("fr-FR", False, False, NEVER, ())
    assert [(s.locale, s.cross, s.indexed) for s in others] == [(locale, True, True) for locale in LOCALES]
    taken = found.rounds[0].taken
    same = [c for s in others for c in s.candidates if (c.article_id, c.anchor) == (taken.article_id, taken.anchor)]
    assert [c.fate for c in same] == [Fate.TAKEN if c.locale == taken.locale else Fate.OTHER_TRANSLATION for c in same]
    assert "   fr-FR: the index has no article in this language\n" in explanation_text(found)


def test_a_translation_is_preferred(samples: Engine, thresholds: Thresholds) -> None:
    thresholds(NEVER, ALWAYS)
    _, found = samples.explain(Query("Quem cuida das contestações de cobrança?", None, Cloud.GLOBAL))
    (only,) = found.rounds
    candidates = [c for s in only.searches for c in s.candidates]
    (surer,) = (c for c in candidates if c.fate is Fate.TRANSLATED)
    assert only.searches[0].candidates[0].fate in (Fate.BELOW_THRESHOLD, Fate.TAKEN_FOR_ANOTHER)
    assert (only.taken.locale, only.taken.anchor, only.taken.confidence) == ("pt-BR", surer.anchor, surer.confidence)
    assert surer.locale != "pt-BR"
    assert found.quotes[0].locale == "pt-BR"


def test_the_pieces_of_a_quote(samples: Engine, thresholds: Thresholds) -> None:
    thresholds(ALWAYS, ALWAYS)
    asked = [DISPUTES, "How do I suspend a subscription?", "How do I read my bill?", "How do I reset a password?"]
    cut = [q for text in asked for q in samples.explain(Query(text, "en-US", Cloud.GLOBAL))[1].quotes if q.pieces]
    assert cut
    for quote in cut:
        article = samples.show(quote.article_id, quote.locale, Cloud.GLOBAL)
        assert quote.passage == article.text[quote.start : quote.end]
        assert quote.rules[0] is Rule.PIECES
        scores = [piece.score for piece in quote.pieces]
        for piece in quote.pieces:
            assert piece.text == article.text[piece.start : piece.end]
            assert piece.score == pytest.approx(piece.cosine + OVERLAP * piece.overlap, abs=1e-5)
            assert not piece.taken or quote.quote_start <= piece.start < piece.end <= quote.quote_end
        assert quote.pieces[scores.index(max(scores))].taken


TEXT = """\
Question       账?
Language       zh-CN, told from the question; the words read as zh-CN (0.600 sure)
Cloud          not known: each is searched
Clouds named   none
Subject        账
Exact phrases  none
Words zh-CN    账 3, x unknown; of 2 pieces of words 1 are known (the numbers: passages that have it)
Known question 0.750 谁付账? -> kb/bills#old
Known question 0.500 几点了? -> no article

Weights
                            cosine  lexical  late  late_all  sibling  known  exact  cloud  outside    bias  threshold
same language: fused         0.500    0.300     -         -    0.200      -      -      -        -       -          -
same language: score         0.700    0.300     -         -        -      -      -      -        -       -          -
same language: confidence   10.000    2.000     -         -        -      -      -      -   -3.000  -6.000      0.350
other language: fused        0.900    0.100     -         -        -      -      -      -        -       -          -
other language: score        1.000        -     -         -        -      -      -      -        -       -          -
other language: confidence  11.000        -     -         -        -      -      -      -        -  -5.000      0.300

1. An answer: for global, 21vianet
   zh-CN, same language, threshold 0.350
      cosine  lexical   late  late_all  sibling  known  exact  cloud  outside  fused  score  confidence  section
   1   0.500    0.250  0.750     0.125    0.500  0.625  0.000  1.000    0.375  0.425  0.425       0.700  \
kb/bills#账单  taken
   2   0.250    0.250  0.750     0.125    0.500  0.625  0.000  1.000    0.375  0.425  0.425       0.250  \
kb/bills#old   behind \
the first
   => zh-CN kb/bills#账单, confidence 0.700: quoted

2. How to get help from a person: whatever the cloud
   asked as: help
   en-US, other language, threshold 0.300: nothing found
   => nothing found

Quote, for global: zh-CN kb/bills#账单, 5 to 9 of the passage 5 to 25
  - the run of pieces around the best one, of at most 300 columns, that has the largest sum of what each scores above \
0.8 of the best; score = cosine + 0.1 x overlap
  - a piece is of a list or table: shown whole, with the line that introduces it (at most 1400 columns)
     cosine  overlap  score  piece
  *   0.500    0.250  0.525  a b
      0.125    0.000  0.125  c d
  (* in the run)"""


def test_the_text_of_an_explanation() -> None:
    candidate = Candidate(
        "zh-CN", "kb/bills", "账单", "账单", (), 5, 25,
        0.5, 0.25, 0.75, 0.125, 0.5, 0.625, 0.0, 1.0, 0.375, 0.425, 0.425, 0.7, Fate.TAKEN,
    )  # fmt: skip
    second = replace(candidate, anchor="old", cosine=0.25, confidence=0.25, fate=Fate.BEHIND)
    found = Explanation(
        Analysis(
            "账?", "zh-CN", Source.QUESTION, "zh-CN", 0.6, None, None, (), "账", (),
            (LocaleTerms("zh-CN", (Term("账", 3), Term("x", 0), Term("#ab", 2), Term("#bc", 0))),),
            (Alike("谁付账?", "kb/bills#old", 0.75), Alike("几点了?", None, 0.5)),
        ),
        Calibration(
            Weights(
                {"cosine": 0.5, "lexical": 0.3, "sibling": 0.2},
                {"cosine": 0.7, "lexical": 0.3},
                -6.0,
                {"cosine": 10, "lexical": 2, "outside": -3},
                0.35,
            ),
            Weights({"cosine": 0.9, "lexical": 0.1}, {"cosine": 1.0}, -5.0, {"cosine": 11.0}, 0.3),
        ),
        (
            Round(
                Purpose.ANSWER, "账?", (Cloud.GLOBAL, Cloud.CHINA),
                (Searched("zh-CN", False, True, 0.35, (candidate, second)),), candidate, Outcome.QUOTED,
            ),
            Round(Purpose.HELP, "help", None, (Searched("en-US", True, True, 0.3, ()),), None, Outcome.NOTHING),
        ),
        (
            QuoteReasons(
                (Cloud.GLOBAL,), "zh-CN", "kb/bills", "账单", 5, 25, "...", 5, 9, (Rule.PIECES, Rule.LIST),
                (
                    WeighedPiece("a b", 5, 9, 0.5, 0.25, 0.525, True),
                    WeighedPiece("c\nd", 9, 25, 0.125, 0.0, 0.125, False),
                ),
            ),
        ),
    )  # fmt: skip
    assert explanation_text(found) == TEXT
    values = json.loads(json.dumps(explanation_dict(found)))
    assert values["rounds"][0]["searches"][0]["candidates"][1]["fate"] == "behind"
    assert values["rounds"][0]["clouds"] == ["global", "21vianet"]
    assert values["weights"]["same"]["sure"] == {"cosine": 10.0, "lexical": 2.0, "outside": -3.0}
    assert values["quotes"][0]["rules"] == ["pieces", "list"]
    assert values["limits"] == {"enough": 300, "longest": 1400, "belongs": 0.8, "overlap": 0.1}
