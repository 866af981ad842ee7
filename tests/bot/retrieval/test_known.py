"""Known questions: their files, and what they say of a new question."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.engine import Engine
from bot.errors import GuideError
from bot.retrieval.asking import ask
from bot.retrieval.features import NAMES, UNASKED, UNKNOWN
from bot.retrieval.known import OUTSIDE, TYPICAL_OUTSIDE, KnownQuestion, KnownQuestions, read_known, section_key
from bot.retrieval.search import Searcher
from bot.settings import load_settings
from ingest.locales import ARTICLE_LOCALES
from ingest.training.recipe import LEARNT

HERE = Path(__file__).resolve().parents[3]
PAYING = KnownQuestion("en-us", "help/a#pay", "who pays")
ASKING = KnownQuestion("en-us", "help/b#ask", "ask whom")
QUESTIONS = (PAYING, KnownQuestion("de-de", "help/a#pay", "wer zahlt"), ASKING)
VECTORS = np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]], np.float16)
OTHERS = tuple(KnownQuestion("en-us", OUTSIDE, text) for text in ("what is love", "how old", "where to", "what time"))
OTHER_VECTORS = np.array([[0, 1, 0], [0, 0.9, 0.1], [0, 0.8, 0.2], [0, -1, 0]], np.float16)


def known_of(questions: tuple[KnownQuestion, ...], vectors: np.ndarray) -> KnownQuestions:
    order = sorted(range(len(questions)), key=lambda i: section_key(questions[i].section))
    return KnownQuestions([questions[i] for i in order], vectors[order])


@pytest.fixture
def known() -> KnownQuestions:
    return known_of(QUESTIONS, VECTORS)


def keys(*sections: str) -> np.ndarray:
    return np.array([section_key(section) for section in sections], np.uint64)


def test_a_section_is_half_as_like_as_its_likest_question_and_half_as_all_of_them(known: KnownQuestions) -> None:
    likeness = known.like(np.array([0, 1, 0], np.float32))
    found = likeness.of(keys("help/b#ask", "help/a#pay", "help/c#none"))
    assert found[:2] == pytest.approx([0, 0.8 / 2 + 0.4 / 2], abs=1e-3) and np.isnan(found[2])
    assert likeness.likest[:1].tolist() == keys("help/a#pay").tolist()
    between = np.array([0.8, 0, 0.6], np.float32)  # the likest question is about help/a, whose other one is less like
    assert known.like(between).likest[:1].tolist() == keys("help/a#pay").tolist()
    between = np.array([0.72, 0, 0.69], np.float32)
    assert known.like(between).likest[:1].tolist() == keys("help/b#ask").tolist()
    ((likest, cosine),) = known.likest(np.array([0, 1, 0], np.float32), 1)
    assert likest.text == "wer zahlt" and cosine == pytest.approx(0.8, abs=1e-3)


def test_the_likest_are_looked_for_among_those_with_the_largest_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.retrieval.known.LOOKED_AT", 2)
    vectors = {"help/a#x": [[0.5, 0], [0.5, 0]], "help/b#x": [[1, 0], [-0.25, 0]], "help/c#x": [[0.375, 0], [0.5, 0]]}
    questions = tuple(KnownQuestion("en-us", section, "?") for section, of in vectors.items() for _ in of)
    known = known_of(questions, np.array([row for of in vectors.values() for row in of], np.float16))
    likeness = known.like(np.array([1, 0], np.float32))
    assert likeness.likest.tolist() == keys("help/a#x", "help/c#x").tolist()
    assert likeness.of(keys("help/b#x", "help/a#x")).tolist() == [0.6875, 0.5]  # the likest of all, but on average far


def test_what_is_forgotten_does_not_count(known: KnownQuestions) -> None:
    likeness = known.like(np.array([0, 1, 0], np.float32), forget={"help/a"})
    assert np.isnan(likeness.of(keys("help/a#pay"))).all()
    assert likeness.likest[:5].tolist() == keys("help/b#ask").tolist()


def test_without_known_questions_nothing_is_like() -> None:
    likeness = KnownQuestions((), np.zeros((0, 3), np.float16)).like(np.ones(3, np.float32))
    assert np.isnan(likeness.of(keys("help/a#pay"))).all() and not len(likeness.likest[:3])
    assert likeness.outside == TYPICAL_OUTSIDE


def test_what_no_article_answers_is_no_section_and_says_how_like_the_question_is(known: KnownQuestions) -> None:
    vector = np.array([0, 1, 0], np.float32)
    assert known.like(vector).outside == TYPICAL_OUTSIDE
    both = known_of(QUESTIONS + OTHERS, np.concatenate([VECTORS, OTHER_VECTORS]))
    for forget in ((), {"help/a"}):
        likeness, without = both.like(vector, forget), known.like(vector, forget)
        assert likeness.outside == pytest.approx(0.9, abs=1e-3)  # the mean of the three likest
        assert likeness.likest[:5].tolist() == without.likest[:5].tolist()
        assert likeness.articles == without.articles
        every = keys("help/a#pay", "help/b#ask", OUTSIDE)
        assert np.array_equal(likeness.of(every), without.of(every), equal_nan=True)
    few = known_of(QUESTIONS + OTHERS[:1], np.concatenate([VECTORS, OTHER_VECTORS[:1]]))
    assert few.like(vector).outside == pytest.approx(1.0, abs=1e-3)
    assert [question.section for question, _ in both.likest(vector, 2)] == [OUTSIDE, OUTSIDE]


def test_they_are_kept(known: KnownQuestions, tmp_path: Path) -> None:
    known.save(tmp_path)
    again = KnownQuestions.load(tmp_path)
    assert again.questions == known.questions and np.array_equal(again.vectors, known.vectors)


def test_a_file_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "known.tsv"
    file.write_text("en-us\t-\twhat is love\n", encoding="utf-8")
    assert read_known([file]) == OTHERS[:1]
    for encoding in ("utf-8", "utf-8-sig"):
        file.write_text("en-US\thelp/a#pay\twho pays\n\n", encoding=encoding)
        assert read_known([file]) == (PAYING,)
    for line in ("en-US\thelp/a#pay", "en-US\thelp/a\twho pays", "en-US\thelp/a#pay\t "):
        file.write_text(f"en-US\thelp/a#pay\twho pays\n{line}\n", encoding="utf-8")
        with pytest.raises(GuideError, match=r"known\.tsv:2"):
            read_known([file])
    with pytest.raises(GuideError, match="cannot be read"):
        read_known([tmp_path / "none.tsv"])


def test_an_index_holds_those_about_its_sections(samples: Engine) -> None:
    index = samples.index
    sections = frozenset().union(*index.sections().values())
    assert {q.section for q in index.known.questions} - sections == {OUTSIDE}
    vectors = samples.encode([question.text for question in index.known.questions[::20]])
    assert np.allclose(index.known.vectors[::20], vectors, atol=0.02)


def test_a_section_without_any_counts_by_its_article(samples: Engine) -> None:
    every = samples.index.known
    question = next(q for q in every.questions if q.locale == "en-us" and q.section != OUTSIDE)
    rows = [row for row, q in enumerate(every.questions) if q.section == question.section]
    only = KnownQuestions([question] * len(rows), every.vectors[rows])
    searcher = Searcher(replace(samples.index, known=only), samples.searcher().calibration)
    (asked,) = ask([(question.text, "en-US")], samples.read)

    def beyond(forget: frozenset[str] = frozenset()) -> dict[str, float]:
        """`known` less `sibling` by section."""
        found = searcher.search(searcher.evidence(asked, forget), "en-US", count=100)
        names = {searcher.name(hit): hit.features for hit in found}
        return {name: f[NAMES.index("known")] - f[NAMES.index("sibling")] for name, f in names.items()}

    found = beyond()
    of_article = {name for name in found if name.partition("#")[0] == question.article}
    assert len(of_article) > 1 and len(found) > len(of_article)
    for name, more in found.items():
        if name != question.section:
            assert more == pytest.approx(UNASKED if name in of_article else UNKNOWN, abs=1e-5)
    assert found[question.section] > UNKNOWN
    assert all(more == pytest.approx(UNKNOWN, abs=1e-5) for more in beyond(frozenset({question.article})).values())


def test_the_shipped_ones_are_whole_and_once_and_calibration_was_not_learnt_from() -> None:
    files = load_settings(HERE / "guide.yml", {}).known_questions
    every, learnt = read_known(files), read_known([LEARNT])
    assert len(learnt) == 24_207  # what the encoder's card says
    assert len(set(every)) == len(every) and set(learnt) <= set(every)
    assert {question.locale for question in every} == {locale.lower() for locale in ARTICLE_LOCALES}
    lines = (HERE / "data" / "calibration.jsonl").read_text(encoding="utf-8").splitlines()
    calibrated = {section.partition("#")[0] for line in lines for section in json.loads(line)["relevant"]}
    assert not calibrated & {question.section.partition("#")[0] for question in learnt}
