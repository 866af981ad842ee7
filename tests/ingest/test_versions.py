"""Clouds from siblings and paths, and which version of an article stands for which cloud."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.settings import Collection, Settings
from bot.types import Aligned, Article, Cloud, Section
from ingest.siblings import fill_clouds, own_clouds
from ingest.versions import Version, resolve

GLOBAL, US, GERMANY, CHINA = Cloud.GLOBAL, Cloud.US_GOVERNMENT, Cloud.GERMANY, Cloud.CHINA


def article(article_id: str = "guide/pay", locale: str = "pt-BR", source: str = "", **fields: object) -> Article:
    fields.setdefault("text", "words")
    anchors = fields.pop("anchors", ("pay", "steps"))
    sections = tuple(Section(name, name, (), 1 if not i else 2, 0, 0) for i, name in enumerate(anchors))
    return Article(
        article_id=article_id, locale=locale, title=fields.pop("title", "Pay"), sha256="", sections=sections, blocks=(),
        passages=(), source=source or f"{locale}/{article_id}.md", **fields,
    )  # fmt: skip


@pytest.fixture
def some_settings(tmp_path) -> Settings:
    return Settings(
        index=tmp_path,
        encoder="none",
        collections={"guide": Collection(clouds=frozenset({GLOBAL}))},
        archived_folders=("Archive",),
    )


# clouds


def test_own_clouds_head_before_title() -> None:
    assert own_clouds(("Partner Center",), "Pay 21Vianet") == ({GLOBAL}, "applies-to")
    assert own_clouds(("Partner Center India", "CSP partners"), "Pay 21Vianet") == ({CHINA}, "title")
    assert own_clouds((), "Pay") == (frozenset(), "unknown")


def test_the_order_of_sources(some_settings: Settings) -> None:
    entries = [
        (article("guide/pay", "pt-BR"), ("Partner Center",)),
        (article("guide/pay", "zh-CN"), ("21Vianet",)),
        (article("guide/pay", "es-ES"), ()),
        (article("Archive/China-pay", "es-ES"), ()),
        (article("guide/other", "es-ES"), ()),
        (article("elsewhere/other", "es-ES"), ()),
        (article("other", "es-ES"), ()),
    ]
    filled = fill_clouds(entries, some_settings)
    assert [(a.clouds, a.clouds_from, a.archived) for a in filled] == [
        ({GLOBAL}, "applies-to", False),
        ({CHINA}, "applies-to", False),
        ({GLOBAL, CHINA}, "siblings", False),
        ({CHINA}, "path", True),
        ({GLOBAL}, "collection", False),
        (frozenset(), "unknown", False),
        (frozenset(), "unknown", False),
    ]


def test_siblings_by_asset_need_half_of_the_anchors(some_settings: Settings) -> None:
    named = article("a", "pt-BR", asset_id="x1", anchors=("top", "one", "two", "three"))
    for anchors, clouds in [
        (("otro", "one", "two", "three"), {GERMANY}),
        (("otro", "mas", "two", "three"), {GERMANY}),
        (("otro", "mas", "nada", "three"), frozenset()),
        ((), frozenset()),
    ]:
        other = article("b", "es-ES", asset_id="x1", anchors=anchors)
        filled = fill_clouds([(named, ("Microsoft Cloud Germany",)), (other, ())], some_settings)
        assert filled[1].clouds == clouds, anchors


def test_empty_assets_and_the_same_locale_make_no_siblings(some_settings: Settings) -> None:
    entries = [
        (article("a", "pt-BR"), ("21Vianet",)),
        (article("b", "es-ES"), ()),
        (article("a", "pt-BR", source="copy.md"), ()),
    ]
    assert [a.clouds for a in fill_clouds(entries, some_settings)[1:]] == [frozenset(), frozenset()]


def test_siblings_of_siblings_do_not_count(some_settings: Settings) -> None:
    entries = [
        (article("a", "pt-BR", asset_id="x1"), ("21Vianet",)),
        (article("b", "es-ES", asset_id="x1"), ()),
        (article("b", "de-DE"), ()),
    ]
    assert [a.clouds for a in fill_clouds(entries, some_settings)] == [{CHINA}, {CHINA}, frozenset()]


# versions


def settle(*articles: Article, bilingual: tuple[bool, ...] = ()) -> dict[str, Article]:
    marks = bilingual or (False,) * len(articles)
    settled, _ = resolve([Version(a, mark) for a, mark in zip(articles, marks, strict=True)])
    return {a.source: a for a in settled}


def standing(settled: dict[str, Article]) -> dict[str, tuple[set[Cloud], bool, tuple[str, ...]]]:
    return {source: (set(a.stands_for), a.current, a.supersedes) for source, a in settled.items()}


OLD, NEW = dt.date(2018, 1, 1), dt.date(2020, 1, 1)


def test_one_version_stands_for_all_it_names() -> None:
    assert standing(settle(article(source="a", clouds=frozenset({GLOBAL, US})))) == {"a": ({GLOBAL, US}, True, ())}
    assert standing(settle(article(source="a"))) == {"a": (set(), True, ())}
    assert resolve([]) == ([], [])


def test_an_older_version_stands_for_what_no_newer_one_covers() -> None:
    settled = settle(
        article(source="undated", clouds=frozenset({GLOBAL, GERMANY})),
        article(source="new", date=NEW, clouds=frozenset({GLOBAL, US})),
        article(source="old", date=OLD, clouds=frozenset({GLOBAL, US})),
    )
    assert standing(settled) == {
        "new": ({GLOBAL, US}, True, ("old", "undated")),
        "old": (set(), False, ()),
        "undated": ({GERMANY}, True, ()),
    }


def test_versions_of_unknown_clouds() -> None:
    settled = settle(
        article(source="new", date=NEW),
        article(source="named", date=OLD, clouds=frozenset({GLOBAL})),
        article(source="undated"),
    )
    assert standing(settled) == {
        "new": (set(), True, ("undated",)),
        "named": ({GLOBAL}, True, ()),
        "undated": (set(), False, ()),
    }


def test_what_makes_versions_of_one_article() -> None:
    base = article("a", source="base", asset_id="x", date=NEW, clouds=frozenset({GLOBAL}))
    same = dict(source="other", clouds=frozenset({GLOBAL}))
    assert not settle(base, article("b", asset_id="x", **same))["other"].current  # asset and title
    assert not settle(base, article("b", asset_id="x", title="Else", **same))["other"].current  # asset and anchor
    other = article("b", asset_id="x", title="Else", anchors=("else",), **same)
    assert settle(base, other)["other"].current
    assert settle(replace(base, asset_id=""), article("b", **same))["other"].current  # no asset: unrelated
    assert settle(base, replace(article("a", **same), locale="es-ES"))["other"].current  # another locale


def test_ties_go_to_the_monolingual_text_with_the_twins_alignment() -> None:
    twin = article(
        source="a-twin", date=NEW, text="Um. Dois.", clouds=frozenset({GLOBAL}),
        alignment=(Aligned(0, 3, "One."), Aligned(4, 9, "Two.")),
    )  # fmt: skip
    alone = article(source="b", date=NEW, text="Um. Mais. Dois.", clouds=frozenset({GLOBAL}))
    settled = settle(twin, alone, bilingual=(True, False))
    assert settled["b"].current and not settled["a-twin"].current
    assert settled["b"].alignment == (Aligned(0, 3, "One."), Aligned(10, 15, "Two."))
    newer = settle(replace(twin, date=dt.date(2021, 1, 1)), alone, bilingual=(True, False))
    assert newer["a-twin"].current and not newer["b"].current


def test_ties_then_go_to_the_path() -> None:
    settled = settle(*(article(source=name, date=NEW, clouds=frozenset({GLOBAL})) for name in ("c", "a", "b")))
    assert [settled[name].current for name in "abc"] == [True, False, False]


def test_the_english_source_of_many_files_is_no_duplicate() -> None:
    english = [article(locale="en-US", source=f"{name}/pay.md", clouds=frozenset({GLOBAL})) for name in ("de", "fr")]
    settled, notices = resolve([Version(a, True) for a in english])
    assert [(a.source, a.current) for a in settled] == [("de/pay.md", True), ("fr/pay.md", False)]
    assert notices == []


def test_duplicate_ids_are_named() -> None:
    _, notices = resolve([Version(article(source=name), False) for name in ("b.md", "a.md")])
    assert [(n.file, n.refused, n.ingested) for n in notices] == [("b.md", False, True)]
    assert (
        notices[0].reason == "the same article_id and locale as a.md, which is newer or sorts first; kept as a version"
    )
