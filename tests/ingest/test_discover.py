"""Which files are articles, and what they are called."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path

import pytest

from bot.types import Notice
from ingest.discover import discover
from ingest.locales import canonical_tag, detect_locale, folder_locale


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("words")


def named(*folders: Path) -> list[tuple[str, str | None]]:
    return [(found.article_id, found.folder_locale) for found in discover(folders)[0]]


def test_ids_below_the_first_folder_named_like_a_locale(tmp_path: Path) -> None:
    put(tmp_path, "docs/pt-br/guide/Pay.Bill.md", "docs/zh-CN/guide/de-de/x.txt", "docs/fr/a.md", "docs/plain/b.yml")
    assert named(tmp_path / "docs") == [
        ("a", "fr-FR"),
        ("guide/Pay.Bill", "pt-BR"),
        ("guide/de-de/x", "zh-CN"),
        ("plain/b", None),
    ]


def test_the_folders_own_name_counts(tmp_path: Path) -> None:
    put(tmp_path, "es-es/guide/a.md")
    assert named(tmp_path / "es-es") == [("guide/a", "es-ES")]
    assert named(tmp_path / "es-es" / "guide") == [("a", None)]
    assert named(tmp_path / "es-es" / "guide" / "a.md") == [("a", None)]


def test_a_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "ja-jp/a.md")
    monkeypatch.chdir(tmp_path / "ja-jp")
    assert named(Path(".")) == [("a", "ja-JP")]


def test_a_file_met_twice_is_read_once(tmp_path: Path) -> None:
    put(tmp_path, "docs/de-de/a.md")
    assert len(discover([tmp_path / "docs", tmp_path / "docs" / "de-de", tmp_path])[0]) == 1


def test_what_is_left_out_and_said_so(tmp_path: Path) -> None:
    put(
        tmp_path, "toc.yml", "TOC.md", "breadcrumb/toc.yml", "README.md", "CONTRIBUTING.md", "LICENSE.txt",
        "SECURITY.md", "security.md", "a.md", "picture.png", "code.py", ".git/x.md", "README.zh.md",
    )  # fmt: skip
    found, notices = discover([tmp_path])
    assert [file.article_id for file in found] == ["a", "security"]
    assert sorted((Path(notice.file).name, notice.reason) for notice in notices) == [
        ("CONTRIBUTING.md", "a note for contributors"),
        ("LICENSE.txt", "a note for contributors"),
        ("README.md", "a note for contributors"),
        ("README.zh.md", "a note for contributors"),
        ("SECURITY.md", "a note for contributors"),
        ("TOC.md", "a table of contents"),
        ("toc.yml", "a breadcrumb"),
        ("toc.yml", "a table of contents"),
    ]
    assert not any(notice.refused or notice.ingested for notice in notices)


def test_links_pipes_and_missing_folders(tmp_path: Path) -> None:
    put(tmp_path, "tree/a.md", "outside/secret.md")
    tree = tmp_path / "tree"
    os.symlink(tmp_path / "outside" / "secret.md", tree / "out.md")
    os.symlink(tmp_path / "outside", tree / "outfolder")
    os.symlink(tree, tree / "loop")
    os.symlink(tree / "nothing.md", tree / "dangling.md")
    os.symlink(tree / "a.md", tree / "same.md")
    os.mkfifo(tree / "pipe.md")
    found, notices = discover([tree, tmp_path / "missing"])
    assert [file.article_id for file in found] == ["a"]
    told = {Path(notice.file).name: notice for notice in notices}
    assert told["out.md"] == Notice(str(tree / "out.md"), None, "a symbolic link out of the tree", True)
    assert told["outfolder"].refused and told["outfolder"].reason == "a symbolic link out of the tree"
    assert not told["loop"].refused and told["loop"].reason == "a symbolic link to a folder of this tree"
    assert told["dangling.md"].reason.startswith("a symbolic link that leads nowhere")
    assert told["pipe.md"].reason == "this is a named pipe, not a regular file"
    assert told["missing"].reason.startswith("there is no such folder or file")
    assert set(told) == {"out.md", "outfolder", "loop", "dangling.md", "pipe.md", "missing"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    put(tmp_path, "closed/a.md", "b.md")
    (tmp_path / "closed").chmod(0)
    found, notices = discover([tmp_path])
    assert [file.article_id for file in found] == ["b"]
    assert notices == [Notice(str(tmp_path / "closed"), None, "the folder cannot be read: Permission denied", True)]


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    with open(os.fsencode(tmp_path) + b"/\xff.md", "w") as file:
        file.write("words")
    found, notices = discover([tmp_path])
    assert [file.article_id for file in found] == ["a"]
    assert notices == [Notice(f"{tmp_path}/\\udcff.md", None, "the file's name is not UTF-8", True)]


def test_folders_deeper_than_the_interpreters_stack(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"d" * 200)
    put(deep, "a.md")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 80)
    try:
        ((article_id, _),) = named(tmp_path)
    finally:
        sys.setrecursionlimit(limit)
    assert article_id == "d/" * 200 + "a"


def test_an_empty_folder(tmp_path: Path) -> None:
    assert discover([tmp_path]) == ([], [])
    assert discover([]) == ([], [])


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [("pt-br", "pt-BR"), ("PT_BR", "pt-BR"), ("zh-hans", "zh-CN"), ("pt", "pt-BR"), ("no", "no"), ("da-dk", "da-DK"),
     ("sr-latn-rs", "sr-Latn-RS"), ("", None), ("no way", None), ("x", None), ("True", None)],
)  # fmt: skip
def test_tags(tag: str, canonical: str | None) -> None:
    assert canonical_tag(tag) == canonical


def test_folders_named_like_a_locale() -> None:
    assert folder_locale("PT-br") == "pt-BR"
    assert folder_locale("zh_TW") == "zh-TW"
    assert folder_locale("ja") == "ja-JP"
    for other in ("guide", "go-to", "ab-cd", "no", "", "media"):
        assert folder_locale(other) is None


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Wer bezahlt die Rechnung, wenn der Kunde nicht antwortet?", "de-DE"),
        ("Quem paga a fatura quando o cliente não responde ao parceiro?", "pt-BR"),
        ("客户不付款时，由谁支付账单？请联系合作伙伴。", "zh-CN"),
        ("客戶不付款時，由誰支付帳單？請聯絡合作夥伴。", "zh-TW"),
        ("顧客が支払わない場合、請求書は誰が支払いますか。", "ja-JP"),
        ("Kdo zaplatí fakturu, když zákazník neodpovídá?", "cs-CZ"),
        ("12345", "en-US"),
    ],
)
def test_the_language_of_a_text(text: str, locale: str) -> None:
    assert detect_locale(text) == locale
