"""The index folder: it describes itself, is swapped in whole, and refuses what it cannot serve."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.encoder import Reading
from bot.engine import Engine
from bot.errors import IndexDamaged, IndexMismatch, IndexMissing
from bot.index import bits_clouds, cloud_bits, open_index
from bot.retrieval.known import OUTSIDE, KnownQuestion
from bot.settings import Settings
from bot.types import Article, Block, BlockKind, Cloud, Corpus, Passage, Query, Section
from ingest.index_writer import embedded_text, write_index


class CountingEncoder:
    """Turns a text into two numbers and counts the texts: what is embedded again can be seen. Words are its tokens."""

    name, fingerprint, dimension = "counting", "f" * 64, 2

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        self.texts += texts
        rows = np.array([[len(text), 1 + text.count("a")] for text in texts], np.float32).reshape(-1, 2)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def read_passages(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> Reading:
        tokens = tuple(np.array([[127, len(word)] for word in text.split()], np.int8) for text in texts)
        return Reading(self.encode(texts, progress=progress), tokens)


def article(name: str, text: str, **changes: object) -> Article:
    made = Article(
        article_id=f"kb/{name}",
        locale="en-US",
        title=name.title(),
        text=text,
        sha256="",
        sections=(Section("_top", "", (), 0, 0, len(text)),),
        blocks=(Block(BlockKind.PARAGRAPH, 0, len(text)),),
        passages=(Passage(0, 0, len(text)),),
        stands_for=frozenset({Cloud.GLOBAL}),
    )
    return replace(made, **changes)


BILLS = article("bills", "A bill comes on the sixth day.")
REFUNDS = article("refunds", "A refund takes ten days.")


def test_the_manifest_describes_the_index(tmp_path: Path) -> None:
    old = article("bills", "A bill came on the fifth day.", current=False, stands_for=frozenset())
    write_index(tmp_path, Corpus((BILLS, REFUNDS, old)), CountingEncoder())
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["format"] == 4
    assert manifest["encoder"] == {"name": "counting", "fingerprint": "f" * 64, "dimension": 2}
    assert manifest["articles"] == {"current": 2, "superseded": 1}
    assert manifest["locales"] == {"en-US": {"articles": 2, "passages": 2}}
    assert manifest["clouds"] == {"global": 2}
    written = {f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*") if f.is_file()} - {"manifest.json"}
    assert set(manifest["files"]) == written


def test_only_what_changed_is_embedded_again(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    write_index(tmp_path, Corpus((BILLS, REFUNDS)), encoder)
    first = len(encoder.texts)
    changed = article("refunds", "A refund takes nine days.")
    manifest = write_index(tmp_path, Corpus((BILLS, changed)), encoder)
    assert (first, encoder.texts[first:]) == (2, [embedded_text(changed, changed.passages[0])])
    assert manifest["embedded"] == 1
    fresh = CountingEncoder()
    write_index(tmp_path / "fresh", Corpus((BILLS, changed)), fresh)
    one, other = (open_index(p).locales["en-US"] for p in (tmp_path, tmp_path / "fresh"))
    rows = np.arange(2)
    assert one.dense.vectors(rows).tolist() == other.dense.vectors(rows).tolist()
    assert one.lexical.scores("refund nine").tolist() == other.lexical.scores("refund nine").tolist()
    assert [one.late.tokens(row).tolist() for row in rows] == [other.late.tokens(row).tolist() for row in rows]
    assert len(one.late.tokens(0)) == len(embedded_text(BILLS, BILLS.passages[0]).split())


def test_nothing_is_embedded_where_nothing_changed(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    write_index(tmp_path, Corpus((BILLS, REFUNDS)), encoder)
    assert write_index(tmp_path, Corpus((BILLS, REFUNDS)), encoder)["embedded"] == 0
    index = open_index(tmp_path).locales["en-US"]
    assert index.lexical.scores("refund")[1] > 0 and len(index.late.tokens(1))


def test_a_passage_without_tokens_stays_without(tmp_path: Path) -> None:
    class Mute(CountingEncoder):
        def read_passages(self, texts: Sequence[str], **options: object) -> Reading:
            read = super().read_passages(texts)
            kept = (t if "Bills" not in text else t[:0] for t, text in zip(read.tokens, texts, strict=True))
            return Reading(read.vectors, tuple(kept))

    for corpus in (Corpus((BILLS, REFUNDS)), Corpus((BILLS, article("refunds", "A refund takes a year.")))):
        write_index(tmp_path, corpus, Mute())
        late = open_index(tmp_path).locales["en-US"].late
        assert late and [len(late.tokens(row)) > 0 for row in (0, 1)] == [False, True]


def test_an_encoder_without_tokens_makes_an_index_without(tmp_path: Path) -> None:
    class Plain(CountingEncoder):
        def read_passages(self, texts: Sequence[str], **options: object) -> Reading:
            return Reading(self.encode(texts), (np.zeros((0, 0), np.int8),) * len(texts))

    write_index(tmp_path, Corpus((BILLS, REFUNDS)), Plain())
    assert open_index(tmp_path).locales["en-US"].late is None


WHO = KnownQuestion("en-us", "kb/bills#_top", "when must I pay")
ELSEWHERE = KnownQuestion("en-us", "kb/taxes#_top", "how much tax")
NOWHERE = KnownQuestion("en-us", OUTSIDE, "a")  # to the encoder above far from every article


def test_known_questions_about_the_articles_are_kept(tmp_path: Path) -> None:
    encoder, corpus = CountingEncoder(), Corpus((BILLS, REFUNDS))
    assert write_index(tmp_path, corpus, encoder, known=(ELSEWHERE, WHO))["known_questions"] == 1
    assert open_index(tmp_path).known.questions == (WHO,)
    assert WHO.text in encoder.texts and ELSEWHERE.text not in encoder.texts
    again = replace(WHO, text="as soon as when must I pay")
    encoder.texts.clear()
    write_index(tmp_path, corpus, encoder, known=(WHO, again))
    assert encoder.texts == [again.text]
    known = open_index(tmp_path).known
    assert {question.text for question in known.questions} == {WHO.text, again.text}
    assert np.allclose(known.vectors, encoder.encode([question.text for question in known.questions]), atol=1e-3)
    write_index(tmp_path, corpus, encoder)
    assert open_index(tmp_path).known.questions == ()


def test_a_question_that_no_article_answers_is_kept_where_none_seems_to(tmp_path: Path) -> None:
    near = replace(NOWHERE, text=WHO.text)
    manifest = write_index(tmp_path, Corpus((BILLS, REFUNDS)), CountingEncoder(), known=(near, NOWHERE, WHO))
    assert manifest["known_questions"] == 1
    assert set(open_index(tmp_path).known.questions) == {NOWHERE, WHO}


def test_the_mean_of_a_section_is_over_its_locales(tmp_path: Path) -> None:
    encoder, text = CountingEncoder(), "Eine Rechnung kommt am sechsten Tag. Danach nicht."
    two = replace(article("bills", text, locale="de-DE"), passages=(Passage(0, 0, 36), Passage(0, 37, len(text))))
    write_index(tmp_path, Corpus((BILLS, two, REFUNDS)), encoder)
    index = open_index(tmp_path)
    english, german = (index.locales[locale].dense.vectors(np.arange(2)) for locale in ("en-US", "de-DE"))
    assert len(index.means.keys) == 2
    key = index.locales["de-DE"].rows["key"][:1]
    row = int(np.flatnonzero(index.locales["en-US"].rows["key"] == key)[0])
    vector = np.array([0.6, 0.8], np.float32)
    wanted = (english[row] + german.mean(axis=0)) / 2 @ vector
    assert index.means.cosines(key, vector) == pytest.approx([wanted], abs=1e-5)


@pytest.mark.parametrize("file", ["dense-en-US.faiss", "keys-en-US.npy", "known.tsv", "known.npy", "means.npz"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_damaged_index_is_built_anew(tmp_path: Path, file: str, gone: bool) -> None:
    manifest = write_index(tmp_path, Corpus((BILLS,)), CountingEncoder(), known=(WHO,))
    damaged = tmp_path / manifest["build"] / file
    damaged.unlink() if gone else damaged.write_bytes(b"damaged")
    encoder = CountingEncoder()
    assert write_index(tmp_path, Corpus((BILLS,)), encoder, known=(WHO,))["embedded"] == 1
    assert WHO.text in encoder.texts
    assert open_index(tmp_path).known.questions == (WHO,)


def test_deleted_articles_leave(tmp_path: Path) -> None:
    write_index(tmp_path, Corpus((BILLS, REFUNDS)), CountingEncoder())
    write_index(tmp_path, Corpus((BILLS,)), CountingEncoder())
    index = open_index(tmp_path)
    assert [a.article_id for a in index.store.all()] == ["kb/bills"]
    assert len(index.locales["en-US"].dense) == 1


def test_a_failed_build_leaves_the_old_index(tmp_path: Path) -> None:
    write_index(tmp_path, Corpus((BILLS,)), CountingEncoder())
    before = sorted(f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*"))

    class Broken(CountingEncoder):
        def encode(self, texts: Sequence[str], **options: object) -> np.ndarray:
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        write_index(tmp_path, Corpus((REFUNDS,)), Broken())
    assert sorted(f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*")) == before
    assert [a.title for a in open_index(tmp_path).store.all()] == ["Bills"]


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="guide ingest FOLDER"):
        open_index(tmp_path / "none")


@pytest.mark.parametrize("damage", [b"", b"x"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    manifest = write_index(tmp_path, Corpus((BILLS,)), CountingEncoder())
    name = next(name for name in manifest["files"] if name.endswith(".faiss"))
    (tmp_path / name).write_bytes(damage)
    with pytest.raises(IndexDamaged, match="dense-en-US.faiss is damaged"):
        open_index(tmp_path)


def test_a_manifest_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(IndexDamaged, match="cannot be read"):
        open_index(tmp_path)


def test_another_encoder_is_refused_with_the_command_that_rebuilds(tmp_path: Path) -> None:
    write_index(tmp_path, Corpus((BILLS,)), CountingEncoder())
    other = CountingEncoder()
    other.name, other.fingerprint, other.dimension = "other", "e" * 64, 3
    with pytest.raises(IndexMismatch) as caught:
        open_index(tmp_path, other)
    assert str(caught.value) == (
        f"{tmp_path} was built with encoder counting (2, ffffffffffff), settings ask for other (3, eeeeeeeeeeee). "
        f"Rebuild: guide ingest FOLDER --index {tmp_path}"
    )


def test_another_format_and_another_way_to_split_text_are_refused(tmp_path: Path) -> None:
    write_index(tmp_path, Corpus((BILLS,)), CountingEncoder())
    file = tmp_path / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps(manifest | {"analysis": "0"}))
    with pytest.raises(IndexMismatch, match="splits text into other terms"):
        open_index(tmp_path)
    file.write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(IndexMismatch, match="has index format 99, this version reads 4"):
        open_index(tmp_path)


def test_vectors_outlive_a_change_of_how_text_is_split(tmp_path: Path) -> None:
    write_index(tmp_path, Corpus((BILLS,)), CountingEncoder())
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"analysis": "0"}))
    assert write_index(tmp_path, Corpus((BILLS,)), CountingEncoder())["embedded"] == 0
    assert open_index(tmp_path).locales["en-US"].lexical.passages_with("bill") > 0


@pytest.mark.parametrize("clouds", [set(), {Cloud.GERMANY}, set(Cloud)])
def test_clouds_as_bits(clouds: set[Cloud]) -> None:
    assert bits_clouds(cloud_bits(clouds)) == clouds


def test_a_running_engine_takes_up_a_new_build_and_keeps_the_old_one_when_the_new_is_bad(
    samples: Engine, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = tmp_path / "index"
    write_index(index, Corpus((BILLS,)), samples.encoder)
    engine = Engine(index, replace(settings, index=index))
    question = Query("When does a bill come?", "en-US", Cloud.GLOBAL)
    assert engine.ask(question).answers[0].quote == BILLS.text
    newer = article("bills", "A bill comes on the eighth day.")
    write_index(index, Corpus((newer,)), samples.encoder)
    assert engine.ask(question).answers[0].quote == newer.text
    serving = engine.index.build
    (index / "manifest.json").write_text("{")
    assert engine.ask(question).answers[0].quote == newer.text
    assert engine.index.build == serving
    assert "goes on serving" in caplog.text
    shutil.rmtree(index)
    assert engine.ask(question).answers[0].quote == newer.text
