"""Versions of one article in one locale: which stands for which clouds, and which are superseded."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.types import Aligned, Article, Cloud, Notice
from ingest.bilingual import align


@dataclass(frozen=True, slots=True)
class Version:
    """An article as its file gave it; `bilingual` where the file holds two languages."""

    article: Article
    bilingual: bool

    @property
    def english_source(self) -> bool:
        """The English half of a bilingual file, which every locale's file repeats."""
        return self.bilingual and not self.article.alignment and self.article.locale == "en-US"


def resolve(versions: Sequence[Version]) -> tuple[list[Article], list[Notice]]:
    """All articles with `current`, `stands_for`, `supersedes` and alignment settled, and notices of duplicate ids.

    Versions of one article share the locale and the `article_id`, or the locale, a non-empty asset id and the title
    or the level-one anchor. The newest stands for the clouds it names; an older one still stands for a cloud that no
    newer one covers; the rest are superseded. Undated is oldest. Of the same date the monolingual text comes first,
    with its bilingual twin's alignment, then the one whose path sorts first.
    """
    articles: list[Article] = []
    notices: list[Notice] = []
    for group in _groups(versions):
        group.sort(key=_newest_first)
        notices.extend(_duplicates(group))
        articles.extend(_settle(group))
    articles.sort(key=lambda article: (article.article_id, article.locale, article.source))
    return articles, notices


def _newest_first(version: Version) -> tuple[int, bool, str]:
    date = version.article.date or dt.date.min
    return -date.toordinal(), version.bilingual, version.article.source


def _settle(group: Sequence[Version]) -> Iterable[Article]:
    if len(group) == 1:
        article = group[0].article
        yield article if article.stands_for == article.clouds else replace(article, stands_for=article.clouds)
        return
    covered: set[Cloud] = set()
    replaced: dict[int, list[str]] = defaultdict(list)
    stands: list[frozenset[Cloud]] = []
    for index, version in enumerate(group):
        article = version.article
        stands.append(article.clouds - covered)
        covered |= article.clouds
        for newer in range(index):
            both_unknown = not article.clouds and (newer == 0)
            if stands[newer] & article.clouds or both_unknown:
                replaced[newer].append(article.source)
    for index, version in enumerate(group):
        article = version.article
        current = index == 0 or bool(stands[index])
        alignment = article.alignment
        if current and not version.bilingual and not alignment:
            alignment = _twins_alignment(article, group)
        yield replace(
            article,
            stands_for=stands[index],
            current=current,
            supersedes=tuple(dict.fromkeys(source for source in replaced[index] if source != article.source)),
            alignment=alignment,
        )


def _twins_alignment(article: Article, group: Iterable[Version]) -> tuple[Aligned, ...]:
    """The alignment of the bilingual file of the same article, carried over to this text."""
    best: tuple[Aligned, ...] = ()
    for version in group:
        twin = version.article
        if not twin.alignment or twin.article_id != article.article_id:
            continue
        if twin.text == article.text:
            return twin.alignment
        found = align(article.text, ((twin.text[pair.start : pair.end], pair.english) for pair in twin.alignment))
        if len(found) > len(best):
            best = found
    return best


def _duplicates(group: Sequence[Version]) -> Iterable[Notice]:
    """A notice for each file with the id, locale and kind of another: two files cannot both be the article."""
    first: dict[tuple[str, bool], str] = {}
    for version in group:
        if version.english_source:
            continue
        key = (version.article.article_id, version.bilingual)
        other = first.setdefault(key, version.article.source)
        if other != version.article.source:
            reason = f"the same article_id and locale as {other}, which is newer or sorts first; kept as a version"
            yield Notice(version.article.source, None, reason, False, True)


def _groups(versions: Sequence[Version]) -> list[list[Version]]:
    """Versions that belong together, by union of everything that ties two of them."""
    parent = list(range(len(versions)))

    def find(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    seen: dict[tuple[str, ...], int] = {}
    for index, version in enumerate(versions):
        for key in _keys(version.article):
            other = seen.setdefault(key, index)
            if other != index:
                parent[find(index)] = find(other)
    groups: dict[int, list[Version]] = defaultdict(list)
    for index, version in enumerate(versions):
        groups[find(index)].append(version)
    return list(groups.values())


def _keys(article: Article) -> Iterable[tuple[str, ...]]:
    yield article.locale, "id", article.article_id
    if article.asset_id:
        yield article.locale, "title", article.asset_id, article.title
        if top := next((section.anchor for section in article.sections if section.level == 1), None):
            yield article.locale, "anchor", article.asset_id, top
