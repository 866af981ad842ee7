"""Clouds of articles that do not name theirs: from siblings in other locales, the path, the collection's default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from bot.clouds import clouds_in_path
from bot.settings import Settings
from bot.types import Article, Clouds
from ingest.sections import TOP

OWN = frozenset(("applies-to", "title"))  # where an article names its clouds itself


def fill_clouds(articles: Sequence[Article], settings: Settings) -> list[Article]:
    """The articles in the same order, clouds and the archived mark filled in."""
    by_id: dict[str, list[Article]] = defaultdict(list)
    by_asset: dict[str, list[Article]] = defaultdict(list)
    for article in articles:
        if article.clouds_from in OWN:
            by_id[article.article_id].append(article)
            if article.asset_id:
                by_asset[article.asset_id].append(article)
    archived = {name.casefold() for name in settings.archived_folders}
    filled: list[Article] = []
    for article in articles:
        clouds, clouds_from = article.clouds, article.clouds_from
        if clouds_from not in OWN:
            clouds, clouds_from = _fallback(article, by_id, by_asset, settings)
        folders = article.article_id.casefold().split("/")[:-1]
        is_archived = not archived.isdisjoint(folders)
        if (clouds, clouds_from, is_archived) != (article.clouds, article.clouds_from, article.archived):
            article = replace(article, clouds=clouds, clouds_from=clouds_from, archived=is_archived)
        filled.append(article)
    return filled


def _fallback(
    article: Article,
    by_id: dict[str, list[Article]],
    by_asset: dict[str, list[Article]],
    settings: Settings,
) -> tuple[Clouds, str]:
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
