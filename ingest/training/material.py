"""What is learnt from: the aligned sentences and the sections of a corpus."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from bot.types import Article, BlockKind, Corpus

ENGLISH = "en-US"
_SHOWN = frozenset({BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.ROW, BlockKind.NOTE, BlockKind.CODE})


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and the English one that it was translated from."""

    locale: str
    text: str
    english: str


@dataclass(frozen=True, slots=True)
class SectionText:
    """A section in one locale. `article_id` and `anchor` are the same in all locales."""

    locale: str
    article_id: str
    anchor: str
    title: str
    path: tuple[str, ...]
    heading: str
    blocks: tuple[str, ...]
    description: str

    @property
    def key(self) -> str:
        return f"{self.article_id}#{self.anchor}"

    @property
    def header(self) -> tuple[str, ...]:
        """Title, headings above and heading, each once."""
        return tuple(dict.fromkeys(words for words in (self.title, *self.path, self.heading) if words))

    @property
    def whole(self) -> str:
        """The section as it is embedded: its header joined with " > ", a line break, its words."""
        return " > ".join(self.header) + "\n" + " ".join(self.blocks)


@dataclass(frozen=True, slots=True)
class Material:
    """Pairs and sections, sorted, each once."""

    pairs: tuple[Pair, ...]
    sections: tuple[SectionText, ...]

    @property
    def locales(self) -> tuple[str, ...]:
        return tuple(sorted({section.locale for section in self.sections} | {pair.locale for pair in self.pairs}))


def gather(corpus: Corpus) -> Material:
    """The pairs and sections of all articles of a corpus that are not superseded."""
    pairs: set[Pair] = set()
    sections: dict[tuple[str, str], SectionText] = {}
    for article in sorted(corpus.articles, key=lambda a: (a.article_id, a.locale, a.source)):
        pairs.update(
            Pair(article.locale, article.text[aligned.start : aligned.end], aligned.english)
            for aligned in article.alignment
        )
        if article.current:
            for section in _sections(article):
                sections.setdefault((section.key, section.locale), section)
    return Material(tuple(sorted(pairs, key=astuple)), tuple(sections[name] for name in sorted(sections)))


def _sections(article: Article) -> Iterable[SectionText]:
    for section in article.sections:
        blocks = tuple(
            " ".join(article.text[block.start : block.end].split())
            for block in article.blocks
            if section.start <= block.start < section.end and block.kind in _SHOWN
        )
        if blocks:
            yield SectionText(
                locale=article.locale,
                article_id=article.article_id,
                anchor=section.anchor,
                title=article.title,
                path=section.path,
                heading=section.heading,
                blocks=blocks,
                description=article.description,
            )


def write_material(material: Material, folder: Path) -> None:
    """Keep the material as two JSON Lines files."""
    for name, rows in (("pairs", material.pairs), ("sections", material.sections)):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as stream:
            for row in rows:
                stream.write(json.dumps(astuple(row), ensure_ascii=False) + "\n")


def read_material(folder: Path) -> Material:
    """Read what `write_material` kept."""
    with (folder / "pairs.jsonl").open(encoding="utf-8") as stream:
        pairs = tuple(Pair(*json.loads(line)) for line in stream)
    with (folder / "sections.jsonl").open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    return Material(pairs, tuple(SectionText(*row[:4], tuple(row[4]), row[5], tuple(row[6]), row[7]) for row in rows))
