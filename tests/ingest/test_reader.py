"""Folders read end to end: what is ingested, what is named and left out, and that nothing stops the rest."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from markup import markup_in

from bot.settings import Collection, Settings
from bot.types import Article, BlockKind, Cloud, Corpus, Translation
from ingest import workers
from ingest.codec import decode, encode
from ingest.discover import Found
from ingest.parse import parse_file
from ingest.reader import read_corpus

GOOD = "---\ntitle: Good\n---\n# Good\n\n**Applies to**: Partner Center\n\nThe partner pays the bill."


@pytest.fixture
def some_settings(tmp_path: Path) -> Settings:
    return Settings(
        index=tmp_path / "index",
        encoder="none",
        collections={"guide": Collection(frozenset({Cloud.GLOBAL}), "https://docs.example/{locale}/{article_id}")},
    )


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def check(corpus: Corpus) -> None:
    """What holds of every article."""
    for article in corpus.articles:
        text = article.text
        assert article.sha256 == hashlib.sha256(text.encode()).hexdigest()
        for section in article.sections:
            assert 0 <= section.start <= section.end <= len(text)
            assert text[section.start :].startswith(section.heading)
        assert len({section.anchor for section in article.sections}) == len(article.sections)
        inside = [b for b in article.blocks if b.kind not in (BlockKind.HEADING, BlockKind.META)]
        edges = {block.start for block in inside}, {block.end for block in inside}
        for passage in article.passages:
            section = article.sections[passage.section]
            assert section.start <= passage.start < passage.end <= section.end
            cut = [b for b in inside if b.start < passage.start < b.end or b.start < passage.end < b.end]
            assert all(block.kind is BlockKind.PARAGRAPH for block in cut)
            assert cut or (passage.start in edges[0] and passage.end in edges[1])
        assert all(0 <= link.start < link.end <= len(text) for link in article.links)
        assert all(0 <= pair.start < pair.end <= len(text) and pair.english for pair in article.alignment)


def markup_of(article: Article) -> list[str]:
    return [piece for p in article.passages for piece in markup_in(article.text[p.start : p.end])]


def test_an_article_with_everything(tmp_path: Path, some_settings: Settings) -> None:
    write(
        tmp_path,
        "docs/pt-br/guide/sub/pay.md",
        "---\ntitle: Pagar | Central\ndescription: Como pagar.\nms.date: 2/3/2020\nms.translationtype: HT\n---\n"
        '# <a name="pay"></a>Pagar\n\n**Aplica-se a**: Partner Center\n\n**Funções apropriadas**: Agente | Gerente\n\n'
        "Você paga [aqui](../here.md#now).\n",
    )
    corpus = read_corpus([tmp_path / "docs"], some_settings)
    (article,) = corpus.articles
    assert (article.article_id, article.locale, article.collection) == ("guide/sub/pay", "pt-BR", "guide")
    assert (article.title, article.description, str(article.date)) == ("Pagar | Central", "Como pagar.", "2020-02-03")
    assert (article.translation, article.roles) == (Translation.HUMAN, ("Agente", "Gerente"))
    assert (article.clouds, article.clouds_from, article.stands_for) == ({Cloud.GLOBAL}, "applies-to", {Cloud.GLOBAL})
    assert article.url == "https://docs.example/pt-BR/guide/sub/pay"
    assert [(article.text[k.start : k.end], k.url) for k in article.links] == [
        ("aqui", "https://docs.example/pt-BR/guide/here#now")
    ]
    assert [article.text[p.start : p.end] for p in article.passages] == ["Você paga aqui."]
    assert article.source == str(tmp_path / "docs/pt-br/guide/sub/pay.md")
    assert (corpus.files, corpus.notices) == (1, ())
    check(corpus)


def test_locale_from_metadata_then_folder_then_text(tmp_path: Path, some_settings: Settings) -> None:
    text = "Der Partner bezahlt die Rechnung jeden Monat und informiert den Kunden."
    write(tmp_path, "fr-fr/a.md", f"---\nms.contentlocale: it-it\n---\n{text}")
    write(tmp_path, "fr-fr/b.md", text)
    write(tmp_path, "c.md", text)
    write(tmp_path, "fr-fr/d.md", f"---\nlang: ???\n---\n{text}")
    corpus = read_corpus([tmp_path], some_settings)
    assert {a.article_id: a.locale for a in corpus.articles} == {
        "a": "it-IT", "b": "fr-FR", "c": "de-DE", "d": "fr-FR",
    }  # fmt: skip
    assert [(n.line, n.reason, n.ingested) for n in corpus.notices] == [
        (2, "lang is no language tag: '???'; ignored", True)
    ]


def test_a_bilingual_file_gives_two_articles(tmp_path: Path, some_settings: Settings) -> None:
    def both(translated: str, english: str) -> str:
        return (
            f'<span data-ttu-id="1">{translated}</span><span class="sxs-lookup">'
            f'<span data-stu-id="1">{english}</span></span>'
        )

    write(
        tmp_path,
        "es-es/guide/pay.md",
        "---\ntitle: Pagar\ndescription: Cómo.\nms.date: 2/3/2020\nms.translationtype: MT\nms.assetid: A1\n---\n"
        f'# <a name="pay"></a>{both("Pagar", "Pay")}\n\n**{both("Se aplica a", "Applies to")}**\n\n'
        f"- {both('Operado por 21Vianet', 'Operated by 21Vianet')}\n\n{both('Usted paga.', 'You pay.')}\n",
    )
    corpus = read_corpus([tmp_path], some_settings)
    english, spanish = corpus.articles
    assert (english.locale, english.title, english.description) == ("en-US", "Pay", "")
    assert (english.translation, english.asset_id, str(english.date)) == (Translation.ORIGINAL, "a1", "2020-02-03")
    assert (spanish.locale, spanish.title, spanish.translation) == ("es-ES", "Pagar", Translation.MACHINE)
    assert english.clouds == spanish.clouds == {Cloud.CHINA}
    assert [a.sections[0].anchor for a in corpus.articles] == ["pay", "pay"]
    assert [(spanish.text[p.start : p.end], p.english) for p in spanish.alignment] == [
        ("Pagar", "Pay"), ("Se aplica a", "Applies to"), ("Operado por 21Vianet", "Operated by 21Vianet"),
        ("Usted paga.", "You pay."),
    ]  # fmt: skip
    assert english.alignment == ()
    check(corpus)


def test_index_pages_of_links_are_left_out(tmp_path: Path, some_settings: Settings) -> None:
    write(tmp_path, "index.md", "# Start\n\n- [Pay](pay.md)\n- [Sell](sell.md)\n")
    write(
        tmp_path, "guide/index.md", "# Start\n\nThis guide explains in order how a partner pays.\n\n- [Pay](pay.md)\n"
    )
    corpus = read_corpus([tmp_path], some_settings)
    assert [a.article_id for a in corpus.articles] == ["guide/index"]
    assert [(n.reason, n.refused) for n in corpus.notices] == [("a landing page", False)]


HOSTILE = {
    "bad-utf8.md": (b"# A\n\nfine\nbr\xf6ken\n", 4, "byte 0xf6 on line 4 is not UTF-8"),
    "utf16.md": ("# A\n".encode("utf-16"), 1, "the file is UTF-16, not UTF-8"),
    "nul.md": (b"# A\n\x00\n", 2, "a NUL character on line 2: this is no text file"),
    "empty.md": (b"", None, "the file is empty"),
    "blank.md": (b" \n\n\t\n", None, "the file is empty"),
    "no-text.md": (b"---\ntitle: A\n---\n", 4, "there is no text under the front matter"),
    "only-comment.md": (b"<!-- nothing -->", None, "there is no text in the article"),
    "unclosed.md": (b"---\ntitle: A\n\n# A\n", 1, "the front matter that begins on line 1 is never closed"),
    "broken.md": (b"---\ntitle: A\nx: [\n---\nText", 4, "the YAML cannot be read: did not find expected node content"),
    "list.md": (b"---\n- a\n---\nText", 2, "the front matter is not a mapping of names to values"),
    "nested.md": (b"---\na: " + b"[" * 60_000 + b"\n---\nText", 2, "the YAML is nested more than 24 levels deep"),
    "nested.yml": (b"### YamlMime:FAQ\na: " + b"[" * 200_000, 2, "the YAML is nested more than 24 levels deep"),
    "brackets.md": (b"---\na: " + b"[" * 200_000 + b"\n---\nText", 1, "the front matter is larger than 64 KiB"),
    "huge.md": (b"a " * 3_000_000, None, "the file has 6,000,000 bytes; 5,000,000 are the limit"),
    "bomb.md": (
        b"---\na: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghij")
        + b"---\nText",
        6,
        "the YAML stands for more than 20,000 values",
    ),
}


def test_hostile_files_are_named_and_the_rest_is_read(tmp_path: Path, some_settings: Settings) -> None:
    docs = tmp_path / "docs"
    for name, (content, _, _) in HOSTILE.items():
        write(docs, name, content)
    write(docs, "good.md", GOOD)
    write(tmp_path, "outside.md", GOOD)
    os.symlink(tmp_path / "outside.md", docs / "link.md")
    os.mkfifo(docs / "pipe.md")
    corpus = read_corpus([docs], some_settings)
    assert [a.article_id for a in corpus.articles] == ["good"]
    told = {Path(n.file).name: (n.line, n.reason) for n in corpus.notices}
    assert all(n.refused for n in corpus.notices)
    expected = {name: (line, reason) for name, (_, line, reason) in HOSTILE.items()}
    expected["link.md"] = (None, "a symbolic link out of the tree")
    expected["pipe.md"] = (None, "this is a named pipe, not a regular file")
    assert told == expected


def test_a_pipe_given_by_name_is_not_waited_for(tmp_path: Path, some_settings: Settings) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    corpus = read_corpus([tmp_path / "pipe.md"], some_settings)
    assert [(n.reason, n.refused) for n in corpus.notices] == [("this is not a regular file", True)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file(tmp_path: Path, some_settings: Settings) -> None:
    write(tmp_path, "closed.md", GOOD).chmod(0)
    (notice,) = read_corpus([tmp_path], some_settings).notices
    assert (notice.reason, notice.refused) == ("the file cannot be read: Permission denied", True)


def test_a_file_that_cannot_be_opened(tmp_path: Path, some_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "closed.md", GOOD)
    write(tmp_path, "good.md", GOOD)
    real = os.open

    def refuse(path: Path, *rest: int) -> int:
        if Path(path).name == "closed.md":
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", refuse)
    corpus = read_corpus([tmp_path], some_settings)
    assert [a.article_id for a in corpus.articles] == ["good"]
    assert [(n.reason, n.refused) for n in corpus.notices] == [("the file cannot be read: Permission denied", True)]


def test_what_is_put_right_is_ingested_in_full_and_named(tmp_path: Path, some_settings: Settings) -> None:
    write(tmp_path, "bom.md", "\ufeff" + GOOD.replace("Good", "Bom"))
    write(tmp_path, "crlf.md", GOOD.replace("\n", "\r\n"))
    write(tmp_path, "date.md", "---\ntitle: Date\nms.date: 13/13/2020\n---\nWords.")
    corpus = read_corpus([tmp_path], some_settings)
    assert {a.article_id: (a.title, a.date, a.clouds) for a in corpus.articles} == {
        "bom": ("Bom", None, {Cloud.GLOBAL}),
        "crlf": ("Good", None, {Cloud.GLOBAL}),
        "date": ("Date", None, frozenset()),
    }
    assert "\r" not in "".join(a.text for a in corpus.articles)
    assert [(Path(n.file).name, n.line, n.reason, n.refused, n.ingested) for n in corpus.notices] == [
        ("bom.md", None, "a byte-order mark was taken off; ingested in full", False, True),
        ("crlf.md", None, "CRLF line ends; ingested in full", False, True),
        ("date.md", 3, "ms.date is no date in US order: '13/13/2020'; ingested without it", False, True),
    ]


def test_duplicate_ids_are_versions_and_named(tmp_path: Path, some_settings: Settings) -> None:
    write(tmp_path, "a.md", GOOD)
    write(tmp_path, "a.txt", GOOD.replace("title: Good", "title: Good\nms.date: 1/1/2020"))
    corpus = read_corpus([tmp_path], some_settings)
    assert [(Path(a.source).name, a.current) for a in corpus.articles] == [("a.md", False), ("a.txt", True)]
    assert [(Path(n.file).name, n.ingested) for n in corpus.notices] == [("a.md", True)]


def test_a_folder_of_nothing(tmp_path: Path, some_settings: Settings) -> None:
    assert read_corpus([tmp_path], some_settings) == Corpus((), (), 0)
    assert read_corpus([], some_settings) == Corpus((), (), 0)


def test_a_file_that_takes_too_long_is_refused(
    tmp_path: Path, some_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "slow.md", "![" * 300_000)
    write(tmp_path, "good.md", GOOD)
    monkeypatch.setattr(workers, "SECONDS", 0.5)
    corpus = read_corpus([tmp_path], some_settings)
    assert [a.article_id for a in corpus.articles] == ["good"]
    assert [n.reason for n in corpus.notices] == ["reading took longer than 0.5 seconds"]


def test_a_fault_of_the_reader_is_named_and_costs_one_file(
    tmp_path: Path, some_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.md", GOOD)
    write(tmp_path, "b.md", GOOD)

    def fail(found: Found, *rest: object) -> object:
        if found.article_id == "a":
            raise IndexError("list index out of range")
        return parse_file(found, *rest)

    monkeypatch.setattr(workers, "parse_file", fail)
    corpus = read_corpus([tmp_path], some_settings)
    assert [a.article_id for a in corpus.articles] == ["b"]
    assert [n.reason for n in corpus.notices] == [
        "the reader failed on this file (IndexError: list index out of range)"
    ]


def test_reading_works_in_a_thread(tmp_path: Path, some_settings: Settings) -> None:
    write(tmp_path, "good.md", GOOD)
    found: list[Corpus] = []
    thread = threading.Thread(target=lambda: found.append(read_corpus([tmp_path], some_settings)))
    thread.start()
    thread.join(60)
    assert [a.article_id for a in found[0].articles] == ["good"]


def test_many_files_are_read_by_several_processes_with_the_same_result(tmp_path: Path, some_settings: Settings) -> None:
    for number in range(workers.FEW + 30):
        write(tmp_path, f"pt-br/guide/a{number:03}.md", GOOD.replace("bill", f"bill {number}"))
    write(tmp_path, "pt-br/guide/bad.md", b"\xff")
    seen: list[tuple[int, int]] = []
    many = read_corpus([tmp_path], some_settings, progress=lambda done, total: seen.append((done, total)))
    assert len(many.articles) == workers.FEW + 30
    assert [n.reason for n in many.notices] == ["byte 0xff on line 1 is not UTF-8"]
    total = workers.FEW + 31
    assert seen == [(done, total) for done in range(total + 1)]
    check(many)
    alone = [read_corpus([Path(a.source)], some_settings).articles[0].text for a in many.articles[::40]]
    assert alone == [a.text for a in many.articles[::40]]


def crash_on_b(tasks: Sequence[workers.Task], collections: Mapping[str, Collection]) -> list[bytes]:
    """Parses, except that one file takes its process down."""
    if any(found.article_id == "b7" for found, _ in tasks):
        os._exit(1)
    return [encode(parse_file(found, data, collections)) for found, data in tasks]


def test_a_file_that_brings_its_process_down_is_refused_alone(tmp_path: Path) -> None:
    tasks = [(Found(tmp_path / f"b{number}.md", f"b{number}", None), GOOD.encode()) for number in range(9)]
    results = dict(workers.Pool({}, crash_on_b).run(iter([tasks[:6], tasks[6:8], tasks[8:]])))
    parsed = {found.article_id: decode(encoded, str(found.path), {}) for found, encoded in results.items()}
    assert sorted(name for name, result in parsed.items() if result.articles) == [
        "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b8",
    ]  # fmt: skip
    assert [(n.reason, n.refused) for n in parsed["b7"].notices] == [("reading this file crashed the reader", True)]


# the cache


def test_only_what_changed_is_parsed_again(
    tmp_path: Path, some_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs, cache = tmp_path / "docs", tmp_path / "deep" / "cache.db"
    for name in ("a.md", "b.md", "bad.md"):
        write(docs, name, GOOD if name != "bad.md" else b"\xff")
    first = read_corpus([docs], some_settings, cache=cache)
    parsed: list[str] = []
    monkeypatch.setattr(
        workers, "parse_file", lambda found, *rest: (parsed.append(found.path.name), parse_file(found, *rest))[1]
    )
    assert read_corpus([docs], some_settings, cache=cache) == first
    assert parsed == []
    write(docs, "b.md", GOOD.replace("pays", "owes"))
    again = read_corpus([docs], some_settings, cache=cache)
    assert parsed == ["b.md"]
    assert [a.text.count("owes") for a in again.articles] == [0, 1]
    (docs / "a.md").unlink()
    assert [a.article_id for a in read_corpus([docs], some_settings, cache=cache).articles] == ["b"]
    elsewhere = Settings(tmp_path, "none", collections={"b": Collection(url="https://x.example/{article_id}")})
    read_corpus([docs], elsewhere, cache=cache)
    assert parsed == ["b.md", "b.md", "bad.md"]


def test_a_damaged_cache_is_made_anew(tmp_path: Path, some_settings: Settings) -> None:
    docs, cache = tmp_path / "docs", tmp_path / "cache.db"
    write(docs, "a.md", GOOD)
    expected = read_corpus([docs], some_settings)
    cache.write_bytes(b"this is no database" * 100)
    assert read_corpus([docs], some_settings, cache=cache) == expected
    with sqlite3.connect(cache) as database:
        assert database.execute("SELECT count(*) FROM parsed").fetchone() == (1,)
        database.execute("UPDATE parsed SET value = x'00'")
    assert read_corpus([docs], some_settings, cache=cache) == expected
    assert read_corpus([docs], some_settings, cache=tmp_path / "docs" / "a.md" / "no") == expected


def test_the_cache_forgets_what_is_gone(tmp_path: Path, some_settings: Settings) -> None:
    from ingest.cache import Cache

    with Cache(tmp_path / "c.db") as cache:
        for number in range(3000):
            cache.put(number.to_bytes(4, "big"), b"x")
    with Cache(tmp_path / "c.db") as cache:
        assert cache.get((5).to_bytes(4, "big")) == b"x"
    with Cache(tmp_path / "c.db") as cache:
        assert cache.get((5).to_bytes(4, "big")) == b"x"
        assert cache.get((6).to_bytes(4, "big")) is None
    with Cache(None) as cache:
        cache.put(b"k", b"v")
        assert cache.get(b"k") is None


def test_what_is_encoded_is_decoded(tmp_path: Path) -> None:
    found = Found(tmp_path / "a.md", "guide/a", "pt-BR")
    source = (
        "\ufeff---\ntitle: A\nms.date: 1/2/2020\nms.assetid: Z\n---\n# A\n\n**Applies to**: X\n\n- [a](https://x.example)\n"
        '  - <span data-ttu-id="1">b</span><span class="sxs-lookup"><span data-stu-id="1">c</span></span>\n\n'
        "| h |\n|---|\n| r |\n"
    )
    parsed = parse_file(found, source.encode(), {})
    assert len(parsed.articles) == 2
    assert decode(encode(parsed), str(found.path), {}) == parsed
    with pytest.raises(ValueError):
        decode(b"nonsense", "a.md", {})
