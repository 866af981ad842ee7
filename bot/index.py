"""The index folder: written beside the old one and swapped in whole, read by everything that answers.

INDEX/manifest.json         names the build in force and describes it; replaced atomically
INDEX/build-…/              one build: never changed once the manifest names it
    articles.sqlite         every article with its text (bot.store)
    passages-<locale>.npy   one row a passage: article, section, start, end, clouds, key
    dense-<locale>.faiss    their vectors, in the same order (bot.retrieval.dense)
    keys-<locale>.npy       hashes of the embedded texts: what need not be embedded again
    lexical-<locale>/       their terms, in the same order (bot.retrieval.lexical)
INDEX/parsed.sqlite         the ingestion's own memory of parsed files; not part of a build
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import bot.retrieval.lexical
import bot.text
from bot.errors import IndexDamaged, IndexMismatch, IndexMissing
from bot.retrieval.dense import DenseIndex
from bot.retrieval.lexical import LexicalIndex
from bot.store import ArticleStore, write_articles
from bot.text import index_terms
from bot.types import Article, Cloud, Clouds, Corpus, Passage

FORMAT = 2
MANIFEST = "manifest.json"
_CLOUDS = list(Cloud)
# `key` names the section in all locales: the hash of `article_id#anchor`
_ROW = np.dtype(
    [("article", "<i4"), ("section", "<i4"), ("start", "<i4"), ("end", "<i4"), ("clouds", "<u1"), ("key", "<u8")]
)

Progress = Callable[[str, int, int], None]


class EncoderLike(Protocol):
    """What the index needs of an encoder (bot.encoder.Encoder)."""

    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray: ...


def embedded_text(article: Article, passage: Passage) -> str:
    """The text that a passage is embedded as: title, heading path and heading, then its own words."""
    section = article.sections[passage.section]
    context = dict.fromkeys((article.title, *section.path, section.heading))
    return " > ".join(part for part in context if part) + "\n" + article.text[passage.start : passage.end]


def cloud_bits(clouds: Iterable[Cloud]) -> int:
    """Clouds as one byte, a bit each; 0 is "unknown"."""
    return sum(1 << _CLOUDS.index(cloud) for cloud in clouds)


def bits_clouds(bits: int) -> Clouds:
    """The clouds of `cloud_bits`."""
    return frozenset(cloud for i, cloud in enumerate(_CLOUDS) if bits >> i & 1)


@dataclass(frozen=True)
class LocaleIndex:
    """The passages of one locale: `rows` (structured, see _ROW), and the two retrievers in the same order."""

    locale: str
    folder: Path

    @cached_property
    def rows(self) -> np.ndarray:
        return np.load(self.folder / f"passages-{self.locale}.npy")

    @cached_property
    def dense(self) -> DenseIndex:
        return DenseIndex.load(self.folder / f"dense-{self.locale}.faiss")

    @cached_property
    def lexical(self) -> LexicalIndex:
        return LexicalIndex.load(self.folder / f"lexical-{self.locale}", self.locale)

    @cached_property
    def _by_key(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.rows["key"], kind="stable")
        return order, self.rows["key"][order]

    def rows_of_keys(self, keys: np.ndarray) -> list[np.ndarray]:
        """For each section key its passages' rows; an empty array where the section is not in this locale."""
        order, ordered = self._by_key
        first, last = np.searchsorted(ordered, keys, "left"), np.searchsorted(ordered, keys, "right")
        return [order[a:b] for a, b in zip(first, last, strict=True)]

    def mean_cosines(self, groups: Sequence[np.ndarray], vector: np.ndarray) -> np.ndarray:
        """The mean cosine of each group of rows to a vector, float32 of shape (groups,); NaN for an empty one."""
        wanted, places = np.unique(np.concatenate([np.zeros(0, np.int64), *groups]), return_inverse=True)
        cosines = (self.dense.vectors(wanted) @ vector)[places]
        ends = np.cumsum([len(group) for group in groups], dtype=np.int64)
        sums = np.concatenate([[0.0], np.cumsum(cosines, dtype=np.float64)])[np.concatenate([[0], ends]).astype(int)]
        counts = np.array([len(group) for group in groups], float)
        return np.divide(np.diff(sums), counts, out=np.full(len(groups), np.nan), where=counts > 0).astype(np.float32)


@dataclass(frozen=True)
class Index:
    """An opened build: what it says of itself, its articles, and its passages by locale."""

    path: Path
    manifest: dict[str, Any]
    store: ArticleStore
    locales: dict[str, LocaleIndex]

    @property
    def build(self) -> str:
        return self.manifest["build"]

    def sections(self) -> dict[str, frozenset[str]]:
        """The sections that can be found, as `article_id#anchor`, by locale."""
        found: dict[str, frozenset[str]] = {}
        for locale, index in self.locales.items():
            keys = {(int(row["article"]), int(row["section"])) for row in index.rows}
            articles = {article: self.store.article(article) for article in sorted({a for a, _ in keys})}
            found[locale] = frozenset(f"{articles[a].article_id}#{articles[a].sections[s].anchor}" for a, s in keys)
        return found

    def cloud_names(self) -> dict[str, frozenset[str]]:
        """The names of the clouds that an article's versions stand for, by its id; "unknown" where they name none."""
        found: dict[str, set[str]] = {}
        for article in self.store.all():
            if article.current:
                names = {cloud.value for cloud in article.stands_for} or {"unknown"}
                found.setdefault(article.article_id, set()).update(names)
        return {article_id: frozenset(names) for article_id, names in found.items()}


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of the index folder at `path`.

    Raises IndexMissing, IndexDamaged or, for another format, IndexMismatch.
    """
    file = path / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        found = manifest["format"]
        manifest["build"], manifest["files"], manifest["encoder"]["fingerprint"], manifest["analysis"]
    except FileNotFoundError:
        raise IndexMissing(f"There is no index at {path}. Build one: guide ingest FOLDER --index {path}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{file} cannot be read ({error}). Rebuild: guide ingest FOLDER --index {path}") from error
    if found != FORMAT:
        raise IndexMismatch(
            f"{path} has index format {found}, this version reads {FORMAT}. Rebuild: guide ingest FOLDER --index {path}"
        )
    if manifest["analysis"] != analysis():
        raise IndexMismatch(
            f"{path} was built by a version that splits text into other terms. "
            f"Rebuild: guide ingest FOLDER --index {path}"
        )
    return manifest


@lru_cache(maxsize=1)
def analysis() -> str:
    """Identifies how texts become terms: the hash of the code that does it, since questions must be split likewise."""
    digest = hashlib.sha256()
    for module in (bot.text, bot.retrieval.lexical):
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


def open_index(path: Path, encoder: EncoderLike | None = None, *, verify: bool = True) -> Index:
    """Open the build that the manifest at `path` names.

    Raises IndexMissing, IndexDamaged (a checksum differs) or IndexMismatch (another format, or another encoder
    than the one given).
    """
    for attempt in range(3):
        manifest = read_manifest(path)
        if encoder is not None:
            check_encoder(path, manifest, encoder)
        folder = path / manifest["build"]
        try:
            if verify:
                _verify(path, manifest)
            store = ArticleStore(folder / "articles.sqlite")
            locales = {locale: LocaleIndex(locale, folder) for locale in manifest["locales"]}
            for index in locales.values():
                _ = index.rows, index.dense, index.lexical
            return Index(path, manifest, store, locales)
        except (FileNotFoundError, IndexDamaged):
            # The build may have been swapped between the two reads; only a settled manifest is to blame.
            if attempt == 2 or read_manifest(path)["build"] == manifest["build"]:
                raise
    raise AssertionError("unreachable")


def check_encoder(path: Path, manifest: dict[str, Any], encoder: EncoderLike) -> None:
    """Raise IndexMismatch where the index was built with another encoder."""
    built = manifest["encoder"]
    if built["fingerprint"] != encoder.fingerprint:
        raise IndexMismatch(
            f"{path} was built with encoder {built['name']} ({built['dimension']}, {built['fingerprint'][:12]}), "
            f"settings ask for {encoder.name} ({encoder.dimension}, {encoder.fingerprint[:12]}). "
            f"Rebuild: guide ingest FOLDER --index {path}"
        )


def _verify(path: Path, manifest: dict[str, Any]) -> None:
    for name, expected in manifest["files"].items():
        try:
            found = _sha256(path / name)
        except OSError as error:
            raise IndexDamaged(f"{path / name} cannot be read ({error}). Rebuild: guide ingest FOLDER") from error
        if found != expected:
            raise IndexDamaged(f"{path / name} is damaged (checksum). Rebuild: guide ingest FOLDER --index {path}")


def write_index(path: Path, corpus: Corpus, encoder: EncoderLike, progress: Progress | None = None) -> dict[str, Any]:
    """Write a build of the corpus beside the one in force, then put it in its place; returns its manifest.

    Vectors of passages that the build in force already has, embedded by the same encoder, are taken from there.
    `progress` is called with a stage's name, what is done and what there is. Where anything fails, the folder is
    as before.
    """
    path.mkdir(parents=True, exist_ok=True)
    build = f"build-{dt.datetime.now(dt.timezone.utc):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    folder = path / build
    folder.mkdir()
    try:
        passages, embedded = _write_build(path, folder, corpus, encoder, progress or (lambda *_: None))
        manifest = _describe(build, folder, corpus, encoder, passages)
        pending = path / f"{MANIFEST}.{uuid.uuid4().hex[:8]}"
        pending.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(pending, path / MANIFEST)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    # The build before this one stays: a server may be in the middle of a question to it.
    for old in sorted(path.glob("build-*"))[:-2]:
        shutil.rmtree(old, ignore_errors=True)
    return manifest | {"embedded": embedded}


def _write_build(
    path: Path, folder: Path, corpus: Corpus, encoder: EncoderLike, progress: Progress
) -> tuple[dict[str, int], int]:
    write_articles(folder / "articles.sqlite", corpus.articles)
    by_locale: dict[str, list[tuple[int, Article]]] = defaultdict(list)
    for row, article in enumerate(corpus.articles):
        if article.current:
            by_locale[article.locale].append((row, article))
    known = _KnownVectors(path, encoder)
    counts: dict[str, int] = {}
    embedded = 0
    total = sum(len(article.passages) for members in by_locale.values() for _, article in members)
    done = 0
    for locale, members in sorted(by_locale.items()):
        pairs = [(row, article, passage) for row, article in members for passage in article.passages]
        rows = np.array(
            [(row, p.section, p.start, p.end, cloud_bits(a.stands_for), section_key(a, p)) for row, a, p in pairs],
            dtype=_ROW,
        )
        texts = [embedded_text(article, passage) for _, article, passage in pairs]
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        np.save(folder / f"passages-{locale}.npy", rows)
        np.save(folder / f"keys-{locale}.npy", np.frombuffer(b"".join(keys), np.uint8))
        before = done
        if not known.link(locale, keys, folder):
            vectors, fresh = known.take(locale, keys, encoder.dimension)
            if fresh:
                wanted = [texts[i] for i in fresh]
                vectors[fresh] = encoder.encode(wanted, progress=lambda n, _, b=before: progress("embed", b + n, total))
                embedded += len(fresh)
            DenseIndex.build(vectors).save(folder / f"dense-{locale}.faiss")
            LexicalIndex.build([lexical_terms(a, p) for _, a, p in pairs], locale).save(folder / f"lexical-{locale}")
        done += len(pairs)
        progress("embed", done, total)
        counts[locale] = len(pairs)
    return counts, embedded


def lexical_terms(article: Article, passage: Passage) -> list[str]:
    """The terms that a passage is found by: its own, its heading's twice, those of the headings above and the title."""
    section = article.sections[passage.section]
    context = " ".join((article.title, *section.path, section.heading, section.heading))
    return index_terms(f"{context}\n{article.text[passage.start : passage.end]}", article.locale)


def section_key(article: Article, passage: Passage) -> int:
    """A number of 64 bits that names a passage's section, the same in every locale."""
    name = f"{article.article_id}#{article.sections[passage.section].anchor}"
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class _KnownVectors:
    """The vectors of the build in force, where it was made by the same encoder."""

    def __init__(self, path: Path, encoder: EncoderLike) -> None:
        self._folder: Path | None = None
        try:
            manifest = read_manifest(path)
            check_encoder(path, manifest, encoder)
            self._folder = path / manifest["build"]
        except (IndexMissing, IndexDamaged, IndexMismatch):
            pass

    def link(self, locale: str, keys: Sequence[bytes], folder: Path) -> bool:
        """Take over the retrievers of a locale whose passages are all as they were; False where they are not."""
        if self._folder is None or self._read_keys(locale) != b"".join(keys):
            return False
        shutil.copytree(self._folder / f"lexical-{locale}", folder / f"lexical-{locale}", copy_function=_link)
        _link(self._folder / f"dense-{locale}.faiss", folder / f"dense-{locale}.faiss")
        return True

    def _read_keys(self, locale: str) -> bytes | None:
        file = self._folder / f"keys-{locale}.npy" if self._folder else None
        return np.load(file).tobytes() if file and file.exists() else None

    def take(self, locale: str, keys: Sequence[bytes], dimension: int) -> tuple[np.ndarray, list[int]]:
        """Vectors for the keys, float32 of shape (len(keys), dimension), and the rows that are still to be embedded."""
        vectors = np.zeros((len(keys), dimension), np.float32)
        places: dict[bytes, int] = {}
        dense = None
        if self._folder is not None and (old := self._read_keys(locale)) is not None:
            places = {old[i : i + 16]: i // 16 for i in range(0, len(old), 16)}
            dense = DenseIndex.load(self._folder / f"dense-{locale}.faiss")
        kept = [i for i, key in enumerate(keys) if key in places]
        if kept and dense is not None:
            vectors[kept] = dense.vectors(np.array([places[keys[i]] for i in kept]))
        fresh = sorted(set(range(len(keys))) - set(kept))
        return vectors, fresh


def _link(source: str | Path, target: str | Path) -> None:
    """A second name for a file that never changes; a copy where the file system has no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _describe(
    build: str, folder: Path, corpus: Corpus, encoder: EncoderLike, passages: dict[str, int]
) -> dict[str, Any]:
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
        "passages": sum(passages.values()),
        "locales": {
            locale: {"articles": articles[locale], "passages": passages[locale]} for locale in sorted(passages)
        },
        "clouds": dict(sorted(clouds.items())),
        "analysis": analysis(),
        "corpus": identity.hexdigest(),
        "files": {
            str(file.relative_to(folder.parent).as_posix()): _sha256(file)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        },
    }


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
