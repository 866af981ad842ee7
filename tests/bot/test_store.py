from __future__ import annotations

import datetime as dt
from pathlib import Path

from bot.store import ArticleStore, pack, unpack, write_articles
from bot.types import (
    Aligned,
    Article,
    Block,
    BlockKind,
    Cloud,
    Link,
    Passage,
    Section,
    Translation,
)

FULL = Article(
    article_id="partner-center/Bills_1",
    locale="pt-BR",
    title="Faturas",
    text="Faturas\n\nVocê paga.",
    sha256="ab",
    sections=(Section("bills", "Faturas", ("Início",), 2, 0, 18),),
    blocks=(Block(BlockKind.HEADING, 0, 7, depth=2), Block(BlockKind.ITEM, 9, 18, depth=1, list_id=0)),
    passages=(Passage(0, 9, 18),),
    links=(Link(9, 13, "https://learn.example/x"),),
    description="Sobre faturas",
    date=dt.date(2020, 6, 5),
    translation=Translation.MACHINE,
    clouds=frozenset({Cloud.GLOBAL, Cloud.GERMANY}),
    clouds_from="applies-to",
    roles=("Agente",),
    url="https://learn.example/pt-BR/bills",
    source="a/b.md",
    asset_id="X",
    archived=True,
    stands_for=frozenset({Cloud.GERMANY}),
    supersedes=("a/old.md",),
    alignment=(Aligned(9, 18, "You pay."),),
)


def test_what_is_packed_is_unpacked() -> None:
    assert unpack(pack(FULL)) == FULL
    plain = Article("a", "en-US", "", "", "", (), (), ())
    assert unpack(pack(plain)) == plain


def test_articles_are_found_by_id_in_any_case_current_and_newest_first(tmp_path: Path) -> None:
    from dataclasses import replace

    old = replace(FULL, current=False, date=dt.date(2021, 1, 1), source="old")
    newer = replace(FULL, date=dt.date(2020, 7, 1), source="newer")
    undated = replace(FULL, date=None, source="undated")
    write_articles(tmp_path / "a.sqlite", [old, undated, FULL, newer])
    store = ArticleStore(tmp_path / "a.sqlite")
    assert [a.source for a in store.find("PARTNER-center/bills_1")] == ["newer", "a/b.md", "undated", "old"]
    assert store.find("partner-center/bills_1", "en-US") == []
    assert store.article(2) == FULL


def test_similar_ids_take_no_wildcards(tmp_path: Path) -> None:
    write_articles(tmp_path / "a.sqlite", [FULL])
    store = ArticleStore(tmp_path / "a.sqlite")
    assert store.similar_ids("elsewhere/bills_1") == ["partner-center/Bills_1"]
    assert store.similar_ids("billsx1") == []
    assert store.similar_ids("%") == []
