"""Which clouds articles apply to: what they say themselves, else siblings in other locales, the path, the default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from bot.clouds import clouds_in_path, clouds_of_entry, find_clouds
from bot.settings import Settings
from bot.types import Article, Clouds
from ingest.sections import TOP

Groups = dict[str, list[Article]]


def fill_clouds(articles: Sequence[tuple[Article, tuple[str, ...]]], settings: Settings) -> list[Article]:
    """The articles in the same order, clouds and the archived mark filled in.

    With each article comes what its "Applies to" line or list names. In this order: that, the title, the union of the
    siblings that name clouds in one of these two ways, the path, the collection's default.
    """
    archived = {name.casefold() for name in settings.archived_folders}
    by_id: Groups = defaultdict(list)
    by_asset: Groups = defaultdict(list)
    marked: list[Article] = []
    for article, applies_to in articles:
        clouds, clouds_from = own_clouds(applies_to, article.title)
        folders = article.article_id.casefold().split("/")[:-1]
        if clouds or not archived.isdisjoint(folders):
            is_archived = not archived.isdisjoint(folders)
            article = replace(article, clouds=clouds, clouds_from=clouds_from, archived=is_archived)
        if clouds:
            by_id[article.article_id].append(article)
            if article.asset_id:
                by_asset[article.asset_id].append(article)
        marked.append(article)
    return [article if article.clouds else _filled(article, by_id, by_asset, settings) for article in marked]


def own_clouds(applies_to: tuple[str, ...], title: str) -> tuple[Clouds, str]:
    """The clouds that the article itself names, and where it does: the head first, then the title."""
    if named := _entries_clouds(applies_to):
        return named, "applies-to"
    if named := frozenset(name.cloud for name in find_clouds(title)):
        return named, "title"
    return frozenset(), "unknown"


@lru_cache(maxsize=4096)
def _entries_clouds(entries: tuple[str, ...]) -> Clouds:
    return frozenset().union(*(clouds_of_entry(entry) for entry in entries))


def _filled(article: Article, by_id: Groups, by_asset: Groups, settings: Settings) -> Article:
    clouds, clouds_from = _fallback(article, by_id, by_asset, settings)
    return replace(article, clouds=clouds, clouds_from=clouds_from) if clouds else article


def _fallback(article: Article, by_id: Groups, by_asset: Groups, settings: Settings) -> tuple[Clouds, str]:
    candidates = [other for other in by_id.get(article.article_id, ()) if other.locale != article.locale]
    if article.asset_id and (same_asset := by_asset.get(article.asset_id)):
        anchors = _anchors(article)
        candidates.extend(
            other for other in same_asset if other.locale != article.locale and _share(anchors, _anchors(other))
        )
    if clouds := frozenset().union(*(other.clouds for other in candidates)):
        return clouds, "siblings"
    if clouds := clouds_in_path(article.article_id):
        return clouds, "path"
    collection = settings.collections.get(article.collection)
    if collection is not None and collection.clouds:
        return collection.clouds, "collection"
    return frozenset(), "unknown"


def _anchors(article: Article) -> frozenset[str]:
    return frozenset(section.anchor for section in article.sections if section.anchor != TOP)


def _share(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether two articles have at least half of their anchors in common, measured on the larger one."""
    return bool(left and right) and 2 * len(left & right) >= max(len(left), len(right))
