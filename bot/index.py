"""The index folder: written beside the old one and swapped in whole, read by everything that answers.

INDEX/manifest.json         names the build in force and describes it; replaced atomically
INDEX/build-…/              one build: never changed once the manifest names it
    articles.sqlite         every article with its text (bot.store)
    passages-<locale>.npy   one row a passage: article, section, start, end, clouds, key
    dense-<locale>.faiss    their vectors, in the same order (bot.retrieval.dense)
    tokens-<locale>*.npy    their tokens, where the encoder has a head for them (bot.retrieval.late)
    keys-<locale>.npy       hashes of the embedded texts: what need not be embedded again
    lexical-<locale>/       their terms, in the same order (bot.retrieval.lexical)
    means.npz               by section key the mean of its passages' vectors in all locales
    known.tsv, known.npy    the known questions about the sections (bot.retrieval.known)
INDEX/parsed.sqlite         the ingestion's own memory of parsed files; not part of a build
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import bot.retrieval.lexical
import bot.text
from bot.encoder import Reading
from bot.errors import IndexDamaged, IndexMismatch, IndexMissing
from bot.retrieval.dense import DenseIndex
from bot.retrieval.known import KnownQuestions
from bot.retrieval.late import LateIndex
from bot.retrieval.lexical import LexicalIndex
from bot.store import ArticleStore
from bot.types import Cloud, Clouds

FORMAT = 4
MANIFEST = "manifest.json"
MEANS = "means.npz"
_CLOUDS = list(Cloud)
# `key` names the section in all locales (bot.retrieval.known.section_key)
ROW = np.dtype(
    [("article", "<i4"), ("section", "<i4"), ("start", "<i4"), ("end", "<i4"), ("clouds", "<u1"), ("key", "<u8")]
)


class EncoderLike(Protocol):
    """What the index needs of an encoder (bot.encoder.Encoder)."""

    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray: ...

    def read_passages(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> Reading: ...


def cloud_bits(clouds: Iterable[Cloud]) -> int:
    """Clouds as one byte, a bit each; 0 is "unknown"."""
    return sum(1 << _CLOUDS.index(cloud) for cloud in clouds)


def bits_clouds(bits: int) -> Clouds:
    """The clouds of `cloud_bits`."""
    return frozenset(cloud for i, cloud in enumerate(_CLOUDS) if bits >> i & 1)


@dataclass(frozen=True)
class LocaleIndex:
    """The passages of one locale: `rows` (structured, see ROW), and what finds them, in the same order."""

    locale: str
    folder: Path

    @cached_property
    def rows(self) -> np.ndarray:
        return np.load(self.folder / f"passages-{self.locale}.npy")

    @cached_property
    def dense(self) -> DenseIndex:
        return DenseIndex.load(self.folder / f"dense-{self.locale}.faiss")

    @cached_property
    def late(self) -> LateIndex | None:
        """None where the encoder has no head for tokens."""
        return LateIndex.load(self.folder, self.locale)

    @cached_property
    def lexical(self) -> LexicalIndex:
        return LexicalIndex.load(self.folder / f"lexical-{self.locale}", self.locale)

    def tokens(self, row: int) -> np.ndarray:
        """A passage's tokens, int8 of shape (tokens, dimension); none where the encoder has no head for them."""
        return np.zeros((0, 0), np.int8) if self.late is None else self.late.tokens(row)

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
class SectionMeans:
    """The mean of a section's vectors over all locales: `keys` in order (sections,), `vectors` (sections, dimension).

    A locale counts as much as another, however many passages the section has in it; float32.
    """

    keys: np.ndarray
    vectors: np.ndarray

    @classmethod
    def load(cls, folder: Path) -> SectionMeans:
        """Read the file that the ingestion wrote."""
        with np.load(folder / MEANS) as file:
            return cls(file["keys"], file["vectors"])

    def cosines(self, keys: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """The mean cosine of each section, all of which are there, to a vector, float32 of shape (len(keys),)."""
        return self.vectors[np.searchsorted(self.keys, keys)] @ vector


@dataclass(frozen=True)
class Index:
    """An opened build: what it says of itself, its articles, its passages by locale, and what is of all locales."""

    path: Path
    manifest: dict[str, Any]
    store: ArticleStore
    locales: dict[str, LocaleIndex]
    means: SectionMeans
    known: KnownQuestions

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


def read_manifest(path: Path, *, any_terms: bool = False) -> dict[str, Any]:
    """The manifest of the index folder at `path`.

    Raises IndexMissing, IndexDamaged or, for another format and (but with `any_terms`) for texts split into other
    terms, IndexMismatch.
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
    if not any_terms and manifest["analysis"] != analysis():
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
                verify_files(path, manifest)
            store = ArticleStore(folder / "articles.sqlite")
            locales = {locale: LocaleIndex(locale, folder) for locale in manifest["locales"]}
            for index in locales.values():
                _ = index.rows, index.dense, index.late, index.lexical
            known = KnownQuestions.load(folder)
            return Index(path, manifest, store, locales, SectionMeans.load(folder), known)
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


def verify_files(path: Path, manifest: dict[str, Any]) -> None:
    """Raise IndexDamaged where a file of the build is not as it was written."""
    for name, expected in manifest["files"].items():
        try:
            found = file_sha256(path / name)
        except OSError as error:
            raise IndexDamaged(f"{path / name} cannot be read ({error}). Rebuild: guide ingest FOLDER") from error
        if found != expected:
            raise IndexDamaged(f"{path / name} is damaged (checksum). Rebuild: guide ingest FOLDER --index {path}")


def file_sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
