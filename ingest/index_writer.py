"""Writes a build of the index (see bot.index) beside the one in force and puts it in its place."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import IndexDamaged, IndexMismatch, IndexMissing
from bot.index import (
    FORMAT,
    MANIFEST,
    MEANS,
    ROW,
    EncoderLike,
    analysis,
    check_encoder,
    cloud_bits,
    file_sha256,
    read_manifest,
    verify_files,
)
from bot.retrieval.dense import DenseIndex
from bot.retrieval.known import OUTSIDE, KnownQuestion, KnownQuestions, section_key
from bot.retrieval.late import LateIndex
from bot.retrieval.lexical import LexicalIndex
from bot.store import write_articles
from bot.text import index_terms
from bot.types import Article, Corpus, Passage

Progress = Callable[[str, int, int], None]
# From this mean cosine to a section on, a question that is said to be answered by no article counts as answered by this
# corpus: 3 in 4 answered questions are as near to a section of Partner Center, 3 in 100 that are not.
ANSWERED = 0.55


def write_index(
    path: Path,
    corpus: Corpus,
    encoder: EncoderLike,
    progress: Progress | None = None,
    *,
    known: Sequence[KnownQuestion] = (),
) -> dict[str, Any]:
    """Write a build of the corpus beside the one in force, then put it in its place; returns its manifest.

    Of the `known` questions those about sections of the corpus are written, and of those that no article answers the
    ones that this corpus does not seem to answer either. Vectors and tokens of passages and questions that the build
    in force already has, read by the same encoder, are taken from there.
    `progress` is called with a stage's name, what is done and what there is. Where anything fails, the folder is
    as before.
    """
    path.mkdir(parents=True, exist_ok=True)
    build = f"build-{dt.datetime.now(dt.timezone.utc):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    folder = path / build
    folder.mkdir()
    try:
        written = _write_build(path, folder, corpus, known, encoder, progress or (lambda *_: None))
        manifest = _describe(build, folder, corpus, encoder, written)
        pending = path / f"{MANIFEST}.{uuid.uuid4().hex[:8]}"
        pending.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(pending, path / MANIFEST)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    # The build before this one stays: a server may be in the middle of a question to it.
    for old in sorted(path.glob("build-*"), key=lambda folder: folder.stat().st_mtime_ns)[:-2]:
        shutil.rmtree(old, ignore_errors=True)
    return manifest | {"embedded": written.embedded}


@dataclass(frozen=True, slots=True)
class _Written:
    """What a build holds: passages by locale, known questions; and how many passages were embedded anew."""

    passages: dict[str, int]
    known: int
    embedded: int


def _write_build(
    path: Path,
    folder: Path,
    corpus: Corpus,
    known: Sequence[KnownQuestion],
    encoder: EncoderLike,
    progress: Progress,
) -> _Written:
    write_articles(folder / "articles.sqlite", corpus.articles)
    by_locale: dict[str, list[tuple[int, Article]]] = defaultdict(list)
    for row, article in enumerate(corpus.articles):
        if article.current:
            by_locale[article.locale].append((row, article))
    kept = _KeptVectors(path, encoder)
    counts: dict[str, int] = {}
    means = _Means(encoder.dimension)
    embedded = 0
    total = sum(len(article.passages) for members in by_locale.values() for _, article in members)
    done = 0
    for locale, members in sorted(by_locale.items()):
        pairs = [(row, article, passage) for row, article in members for passage in article.passages]
        rows = np.array(
            [
                (row, p.section, p.start, p.end, cloud_bits(a.stands_for), section_key(_section(a, p)))
                for row, a, p in pairs
            ],
            dtype=ROW,
        )
        texts = [embedded_text(article, passage) for _, article, passage in pairs]
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        np.save(folder / f"passages-{locale}.npy", rows)
        np.save(folder / f"keys-{locale}.npy", np.frombuffer(b"".join(keys), np.uint8))
        before = done
        if not kept.link(locale, keys, folder):
            vectors, tokens, fresh = kept.take(locale, keys, encoder.dimension)
            if fresh:
                wanted = [texts[i] for i in fresh]
                found = encoder.read_passages(wanted, progress=lambda n, _, b=before: progress("embed", b + n, total))
                vectors[fresh] = found.vectors
                tokens.update(zip(fresh, found.tokens, strict=True))
                embedded += len(fresh)
            DenseIndex.build(vectors).save(folder / f"dense-{locale}.faiss")
            some = [read for read in tokens.values() if len(read)]
            if some:  # the encoder has a head for them
                LateIndex.build([tokens.get(i, some[0][:0]) for i in range(len(pairs))]).save(folder, locale)
            LexicalIndex.build([lexical_terms(a, p) for _, a, p in pairs], locale).save(folder / f"lexical-{locale}")
        means.add(rows["key"], DenseIndex.load(folder / f"dense-{locale}.faiss").vectors(np.arange(len(rows))))
        done += len(pairs)
        progress("embed", done, total)
        counts[locale] = len(pairs)
    keys = means.save(folder / MEANS) | {section_key(OUTSIDE)}
    about = sorted((q for q in known if section_key(q.section) in keys), key=lambda q: section_key(q.section))
    vectors = kept.questions(about, encoder, progress)
    outside = np.array([question.section == OUTSIDE for question in about], bool)
    stays = ~outside
    stays[outside] = means.highest(vectors[outside]) < ANSWERED
    KnownQuestions([question for question, stay in zip(about, stays, strict=True) if stay], vectors[stays]).save(folder)
    return _Written(counts, int((~outside).sum()), embedded)


class _Means:
    """Sums up the vectors of sections, locale by locale."""

    def __init__(self, dimension: int) -> None:
        self._keys = np.zeros(0, np.uint64)
        self._sums = np.zeros((0, dimension), np.float32)
        self._locales = np.zeros(0, np.float32)

    def add(self, keys: np.ndarray, vectors: np.ndarray) -> None:
        """Count a locale in: its passages' section keys, and their vectors, float32 of shape (passages, dimension)."""
        own, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
        sums = np.zeros((len(own), vectors.shape[1]), np.float32)
        np.add.at(sums, places, vectors)
        every = np.union1d(self._keys, own)
        grown, locales = np.zeros((len(every), vectors.shape[1]), np.float32), np.zeros(len(every), np.float32)
        for there, values, number in ((self._keys, self._sums, self._locales), (own, sums / counts[:, None], 1)):
            rows = np.searchsorted(every, there)
            grown[rows] += values
            locales[rows] += number
        self._keys, self._sums, self._locales = every, grown, locales

    def save(self, file: Path) -> frozenset[int]:
        """Write the means (bot.index.SectionMeans); returns the keys."""
        np.savez(file, keys=self._keys, vectors=self._vectors())
        return frozenset(self._keys.tolist())

    def highest(self, vectors: np.ndarray) -> np.ndarray:
        """How near the nearest section is to each vector, by its mean; float of shape (vectors,)."""
        return (vectors.astype(np.float32) @ self._vectors().T).max(axis=1, initial=-1.0)

    def _vectors(self) -> np.ndarray:
        return self._sums / self._locales[:, None]


def embedded_text(article: Article, passage: Passage) -> str:
    """The text that a passage is embedded as: title, heading path and heading, then its own words."""
    section = article.sections[passage.section]
    context = dict.fromkeys((article.title, *section.path, section.heading))
    return " > ".join(part for part in context if part) + "\n" + article.text[passage.start : passage.end]


def lexical_terms(article: Article, passage: Passage) -> list[str]:
    """The terms that a passage is found by: its own, its heading's twice, those of the headings above and the title."""
    section = article.sections[passage.section]
    context = " ".join((article.title, *section.path, section.heading, section.heading))
    return index_terms(f"{context}\n{article.text[passage.start : passage.end]}", article.locale)


def _section(article: Article, passage: Passage) -> str:
    """The `article_id#anchor` of a passage's section."""
    return f"{article.article_id}#{article.sections[passage.section].anchor}"


class _KeptVectors:
    """The vectors and tokens of the build in force, where it is whole and was made by the same encoder."""

    def __init__(self, path: Path, encoder: EncoderLike) -> None:
        self._folder: Path | None = None
        self._terms_stay = False
        try:
            manifest = read_manifest(path, any_terms=True)
            check_encoder(path, manifest, encoder)
            verify_files(path, manifest)
            self._folder = path / manifest["build"]
            self._terms_stay = manifest["analysis"] == analysis()
        except (IndexMissing, IndexDamaged, IndexMismatch):
            pass

    def link(self, locale: str, keys: Sequence[bytes], folder: Path) -> bool:
        """Take over the retrievers of a locale whose passages are all as they were; False where they are not."""
        if self._folder is None or not self._terms_stay or self._read_keys(locale) != b"".join(keys):
            return False
        shutil.copytree(self._folder / f"lexical-{locale}", folder / f"lexical-{locale}", copy_function=_link)
        _link(self._folder / f"dense-{locale}.faiss", folder / f"dense-{locale}.faiss")
        for tokens in LateIndex.files(self._folder, locale):
            if tokens.exists():
                _link(tokens, folder / tokens.name)
        return True

    def _read_keys(self, locale: str) -> bytes | None:
        file = self._folder / f"keys-{locale}.npy" if self._folder else None
        return np.load(file).tobytes() if file and file.exists() else None

    def take(
        self, locale: str, keys: Sequence[bytes], dimension: int
    ) -> tuple[np.ndarray, dict[int, np.ndarray], list[int]]:
        """Vectors for the keys, float32 of shape (len(keys), dimension), tokens by row, and the rows to be read yet."""
        vectors = np.zeros((len(keys), dimension), np.float32)
        tokens: dict[int, np.ndarray] = {}
        places: dict[bytes, int] = {}
        dense = None
        if self._folder is not None and (old := self._read_keys(locale)) is not None:
            places = {old[i : i + 16]: i // 16 for i in range(0, len(old), 16)}
            dense = DenseIndex.load(self._folder / f"dense-{locale}.faiss")
        kept = [i for i, key in enumerate(keys) if key in places]
        if kept and dense is not None:
            rows = [places[keys[i]] for i in kept]
            vectors[kept] = dense.vectors(np.array(rows))
            if self._folder and (late := LateIndex.load(self._folder, locale)):
                tokens = {i: late.tokens(row) for i, row in zip(kept, rows, strict=True)}
        fresh = sorted(set(range(len(keys))) - set(kept))
        return vectors, tokens, fresh

    def questions(self, questions: Sequence[KnownQuestion], encoder: EncoderLike, progress: Progress) -> np.ndarray:
        """The vectors of known questions, 16-bit floats of shape (questions, dimension)."""
        old: dict[str, np.ndarray] = {}
        if self._folder is not None:
            before = KnownQuestions.load(self._folder)
            old = {question.text: row for question, row in zip(before.questions, before.vectors, strict=True)}
        fresh = sorted({question.text for question in questions} - set(old))
        vectors = encoder.encode(fresh, progress=lambda done, total: progress("questions", done, total))
        old.update(zip(fresh, vectors.astype(np.float16), strict=True))
        rows = [old[question.text] for question in questions]
        return np.stack(rows) if rows else np.zeros((0, encoder.dimension), np.float16)


def _link(source: str | Path, target: str | Path) -> None:
    """A second name for a file that never changes; a copy where the file system has no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _describe(build: str, folder: Path, corpus: Corpus, encoder: EncoderLike, written: _Written) -> dict[str, Any]:
    current = [a for a in corpus.articles if a.current]
    articles = Counter(a.locale for a in current)
    clouds = Counter(name for a in current for name in ([c.value for c in a.stands_for] or ["unknown"]))
    identity = hashlib.sha256()
    for line in sorted(
        f"{a.article_id}\t{a.locale}\t{a.sha256}\t{a.current}\t{sorted(a.stands_for)}\n" for a in corpus.articles
    ):
        identity.update(line.encode())
    return {
        "format": FORMAT,
        "build": build,
        "created": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "encoder": {"name": encoder.name, "fingerprint": encoder.fingerprint, "dimension": encoder.dimension},
        "articles": {"current": len(current), "superseded": len(corpus.articles) - len(current)},
        "passages": sum(written.passages.values()),
        "known_questions": written.known,
        "locales": {
            locale: {"articles": articles[locale], "passages": passages}
            for locale, passages in sorted(written.passages.items())
        },
        "clouds": dict(sorted(clouds.items())),
        "analysis": analysis(),
        "corpus": identity.hexdigest(),
        "files": {
            str(file.relative_to(folder.parent).as_posix()): file_sha256(file)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        },
    }
