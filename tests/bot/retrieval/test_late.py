"""Late interaction: what a head makes of tokens, and passages scored by them, against the same computed one by one."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.encoder import LONGEST, Encoder, load_encoder
from bot.engine import Engine
from bot.errors import EncoderError
from bot.index import LocaleIndex
from bot.retrieval.asking import ask
from bot.retrieval.features import NAMES
from bot.retrieval.late import FILE_NAME, Head, LateIndex, late_scores
from bot.retrieval.search import Searcher

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "encoder"


@pytest.fixture
def head() -> Head:
    chance = np.random.default_rng(5)
    return Head(*(chance.normal(size=shape).astype(np.float32) for shape in ((12, 6), (6,), (12,))))


def states(tokens: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(tokens, 12)).astype(np.float32)


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    one, other = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (one, other))
    return one @ other.T


def test_a_head_comes_back_as_it_was_saved(head: Head, tmp_path: Path) -> None:
    assert Head.load(tmp_path, 12) is None
    head.save(tmp_path)
    found = Head.load(tmp_path, 12)
    assert found and found.dimension == 6
    assert np.allclose(found.projection, head.projection, atol=2e-3) and np.allclose(found.gate, head.gate, atol=2e-3)


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x02\0\0\0\0\0\0\0{}"])
def test_a_damaged_head_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(EncoderError, match="late.safetensors is no head for tokens of 12 numbers .* train-encoder"):
        Head.load(tmp_path, 12)


def test_a_head_for_another_encoder_is_refused(head: Head, tmp_path: Path) -> None:
    head.save(tmp_path)
    with pytest.raises(EncoderError, match="no head for tokens of 13 numbers"):
        Head.load(tmp_path, 13)
    replace(head, gate=head.gate[:, None]).save(tmp_path)
    with pytest.raises(EncoderError, match="no head for tokens of 12 numbers"):
        Head.load(tmp_path, 12)


def test_passages_keep_the_directions_of_their_tokens(head: Head) -> None:
    hidden = states(40, 1)
    tokens = head.passage(hidden)
    assert tokens.dtype == np.int8 and (np.abs(tokens).max(axis=1) == 127).all()
    exact = hidden @ head.projection + head.bias
    assert np.diag(cosines(tokens.astype(float), exact)).min() > 0.999


def test_tokens_of_a_question_weigh_one_together(head: Head) -> None:
    hidden = states(9, 2)
    tokens = head.question(hidden)
    weights = np.log1p(np.exp(hidden @ head.gate))
    assert np.allclose(np.linalg.norm(tokens, axis=1), weights / weights.sum(), atol=1e-5)
    assert head.question(np.zeros((0, 12), np.float32)).shape == (0, 6)


def test_scores_are_the_mean_of_the_likest_tokens(head: Head, tmp_path: Path) -> None:
    passages = [head.passage(states(length, 10 + length)) for length in (7, 0, 1, 30)]
    LateIndex.build(passages).save(tmp_path, "de-DE")
    index = LateIndex.load(tmp_path, "de-DE")
    assert index and LateIndex.load(tmp_path, "fr-FR") is None
    question = head.question(states(5, 3))
    weights = np.linalg.norm(question, axis=1)
    expected = [
        float((cosines(question, tokens.astype(float)).max(axis=1) * weights).sum()) if len(tokens) else 0.0
        for tokens in passages
    ]
    stored = [index.tokens(row) for row in (3, 1, 0, 2)]
    assert np.allclose(late_scores(stored, question), [expected[i] for i in (3, 1, 0, 2)], atol=1e-5)
    assert late_scores(stored[1:2], question).tolist() == [0.0]
    assert late_scores(stored[::2], question[:0]).tolist() == [0.0, 0.0]
    assert late_scores([], question).tolist() == []
    assert index.tokens(3).tolist() == passages[3].tolist()


def test_stored_tokens_are_read_by_many_at_once_and_after_a_newer_index_has_replaced_them(tmp_path: Path) -> None:
    chance = np.random.default_rng(2)
    passages = [chance.integers(-127, 128, (length, 8), np.int8) for length in chance.integers(0, 90, 200)]
    LateIndex.build(passages).save(tmp_path, "de-DE")
    index = LateIndex.load(tmp_path, "de-DE")
    assert index
    if os.name == "posix":
        for file in LateIndex.files(tmp_path, "de-DE"):
            file.unlink()
    rows = chance.integers(0, len(passages), 4000).tolist()
    with ThreadPoolExecutor(8) as pool:
        assert all(
            np.array_equal(read, passages[row]) for row, read in zip(rows, pool.map(index.tokens, rows), strict=True)
        )


def test_a_token_without_direction_is_like_none() -> None:
    assert late_scores([np.zeros((2, 6), np.int8)], np.ones((3, 6), np.float32)).tolist() == [0.0]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(str(SHIPPED))


def test_a_passage_that_says_it_scores_highest(encoder: Encoder) -> None:
    passages = [
        "Refunds take ten days.",
        "To stop a service for a client who does not pay, suspend the subscription.",
        "Invoices are sent on the sixth day of the month.",
        "Um einen Dienst zu sperren, setzen Sie das Abonnement aus.",
    ]
    read = encoder.read_passages(passages).tokens
    asked = encoder.read_questions(
        ["my client does not pay, how do I suspend him", "Wie setze ich ein Abo aus?"]
    ).tokens
    english, german = (late_scores(read, tokens) for tokens in asked)
    assert english.argsort()[::-1][:2].tolist() == [1, 3] and german.argmax() == 3


def test_texts_without_words_have_no_tokens(encoder: Encoder) -> None:
    assert encoder.head
    tokens = encoder.read_questions(["", "…!?", "invoice"]).tokens
    assert [len(found) for found in tokens][:2] == [0, 0] and tokens[2].shape[1] == encoder.head.dimension


def test_tokens_come_with_the_vectors_that_texts_have_without(encoder: Encoder) -> None:
    texts = [f"invoice {'of a customer ' * (number % 9)}{number}" for number in range(80)] + ["…", "bill " * 400]
    vectors, passages, questions = encoder.encode(texts), encoder.read_passages(texts), encoder.read_questions(texts)
    assert np.allclose(passages.vectors, vectors, atol=1e-6) and np.allclose(questions.vectors, vectors, atol=1e-6)
    assert [len(tokens) for tokens in passages.tokens] == [len(tokens) for tokens in questions.tokens]
    assert (len(passages.tokens[80]), len(passages.tokens[81])) == (0, LONGEST - 2)
    alone = encoder.read_passages([texts[8]]).tokens[0].astype(float)
    assert np.diag(cosines(passages.tokens[8].astype(float), alone)).min() > 0.99


def test_unknown_letters_are_left_out(encoder: Encoder) -> None:
    known, unknown = encoder.read_questions(["invoice", "invoiceꙮ"]).tokens
    assert len(known) == len(unknown) == 1


def test_an_index_without_tokens_is_searched_without(samples: Engine) -> None:
    index = samples.index
    plain = {name: LocaleIndex(name, found.folder) for name, found in index.locales.items()}
    for found in plain.values():
        found.__dict__["late"] = None
    (asked,) = ask([("Who handles billing disputes?", "en-US")], samples.read)
    searcher = Searcher(replace(index, locales=plain), samples.searcher().calibration)
    hits = searcher.search(searcher.evidence(asked), "en-US")
    assert hits and {hit.features[NAMES.index(name)] for hit in hits for name in ("late", "late_all")} == {0.0}


def test_the_samples_have_tokens_for_every_passage(samples: Engine) -> None:
    for locale in samples.index.locales.values():
        assert locale.late and all(len(locale.late.tokens(row)) for row in range(len(locale.rows)))
