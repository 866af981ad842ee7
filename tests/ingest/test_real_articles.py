"""The reader on real articles: the five seeds in full, and a sample of the corpus. Skipped where they are absent."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from markup import PATTERN, markup_in
from test_reader import check

from bot.settings import Settings, load_settings
from bot.types import Article, BlockKind, Cloud, Corpus, Translation
from ingest.discover import ENDINGS
from ingest.passages import LABEL, size
from ingest.reader import read_corpus

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
GLOBAL, US, GERMANY, CHINA = Cloud.GLOBAL, Cloud.US_GOVERNMENT, Cloud.GERMANY, Cloud.CHINA


@pytest.fixture(scope="module")
def shipped() -> Settings:
    return load_settings(ROOT / "guide.yml", {})


@pytest.fixture(scope="module")
def seed_corpus(shipped: Settings) -> Corpus:
    if not (SHARED / "seeds").is_dir():
        pytest.skip(f"the seed articles are not here ({SHARED / 'seeds'})")
    return read_corpus([SHARED / "seeds"], shipped)


def test_the_seeds_are_seven_articles(seed_corpus: Corpus) -> None:
    assert [(a.article_id[:3], a.locale, a.date and str(a.date), a.translation) for a in seed_corpus.articles] == [
        ("000", "pt-BR", None, Translation.HUMAN),
        ("001", "pt-BR", "2018-10-29", Translation.MACHINE),
        ("002", "en-US", None, Translation.ORIGINAL),
        ("002", "zh-CN", None, Translation.HUMAN),
        ("003", "en-US", "2018-10-29", Translation.ORIGINAL),
        ("003", "pt-BR", "2018-10-29", Translation.HUMAN),
        ("004", "es-ES", None, Translation.HUMAN),
    ]
    assert (seed_corpus.notices, seed_corpus.files) == ((), 5)
    assert all(a.url is None and a.collection == "" and a.current for a in seed_corpus.articles)


def test_the_clouds_of_the_seeds(seed_corpus: Corpus) -> None:
    found = {(a.article_id[:3], a.locale): (a.clouds, a.clouds_from, a.stands_for) for a in seed_corpus.articles}
    public = {GLOBAL, US, GERMANY}
    assert found == {
        ("000", "pt-BR"): ({GLOBAL, GERMANY}, "applies-to", {GERMANY}),
        ("001", "pt-BR"): ({GLOBAL, US}, "applies-to", {GLOBAL, US}),
        ("002", "en-US"): (public, "applies-to", public),
        ("002", "zh-CN"): (public, "applies-to", public),
        ("003", "en-US"): ({CHINA}, "applies-to", {CHINA}),
        ("003", "pt-BR"): ({CHINA}, "applies-to", {CHINA}),
        ("004", "es-ES"): (public, "siblings", public),
    }
    newer = next(a for a in seed_corpus.articles if a.article_id.startswith("001"))
    assert [Path(source).name[:3] for source in newer.supersedes] == ["000"]


def test_the_sections_of_the_seeds(seed_corpus: Corpus) -> None:
    anchors = {(a.article_id[:3], a.locale): [s.anchor for s in a.sections] for a in seed_corpus.articles}
    old = ["microsoftresources", "delinquentcustomeraccounts", "billingdisputes", "escalatingissues"]
    assert anchors["000", "pt-BR"] == anchors["002", "zh-CN"] == anchors["002", "en-US"] == [
        "provide-billing-support", *old,
    ]  # fmt: skip
    assert anchors["004", "es-ES"][1:] == old
    assert anchors["003", "pt-BR"] == ["provide-billing-support", "billingdisputes"]
    titles = {(a.article_id[:3], a.locale): a.title for a in seed_corpus.articles}
    assert titles["003", "en-US"] == titles["002", "en-US"] == "Provide billing support"


def test_the_passages_of_the_seeds_hold_no_markup(seed_corpus: Corpus) -> None:
    check(seed_corpus)
    for article in seed_corpus.articles:
        assert markup_in(article.text) == []
        shown = " ".join(article.text[p.start : p.end] for p in article.passages)
        for block in article.blocks:
            words = article.text[block.start : block.end]
            if block.start >= article.passages[-1].end:  # "See also", and links
                assert block.kind is BlockKind.ITEM or size(words) <= LABEL, words
                continue
            assert (words in shown) == (block.kind not in (BlockKind.HEADING, BlockKind.META)), words
    counts = {(a.article_id[:3], a.locale): (len(a.passages), len(a.alignment)) for a in seed_corpus.articles}
    assert counts["002", "zh-CN"] == (5, 20)
    assert counts["003", "pt-BR"] == (2, 14)


# a sample of the corpus: enough files to meet every format, few enough to take seconds


def sample(folder: Path, step: int, target: Path) -> Path:
    """A copy of every so many articles of a folder, each in all its locales, under the same names."""
    if not folder.is_dir():
        pytest.skip(f"the corpus is not here ({folder})")
    names = sorted({path.relative_to(folder).parts[1:] for path in folder.rglob("*") if path.suffix in ENDINGS})
    for name in names[::step]:
        for locale in sorted(folder.iterdir()):
            source = locale.joinpath(*name)
            if source.is_file():
                place = target / locale.name / Path(*name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(source.read_bytes())
    return target


def stray_markup(articles: tuple[Article, ...]) -> list[str]:
    """Markup in passages that is not simply what a code sample or a command line says.

    `<placeholders>` in angle brackets, two stars as the mark of a footnote, masked digits, and comments of code are
    words of their articles.
    """
    meant = ("<", "**", "# ", "`")
    found = []
    for article in articles:
        code = [(block.start, block.end) for block in article.blocks if block.kind is BlockKind.CODE]
        for passage in article.passages:
            for match in PATTERN.finditer(article.text, passage.start, passage.end):
                if any(start <= match.start() < end for start, end in code):
                    continue
                if match[0].startswith(meant[0]) and not match[0].lower().startswith(
                    ("<span", "<a ", "</", "<br", "<p")
                ):
                    continue
                around = article.text[max(0, match.start() - 1) : match.end() + 2]
                if match[0] == "**" and any(character.isdigit() or character == "(" for character in around):
                    continue
                found.append(f"{article.source}: {article.text[max(0, match.start() - 40) : match.end() + 40]!r}")
    return found


def test_a_sample_of_the_partner_center_articles(tmp_path: Path, shipped: Settings) -> None:
    alone = sample(SHARED / "corpus" / "partner-center", 25, tmp_path / "alone")
    both = sample(SHARED / "corpus" / "partner-center-bilingual", 25, tmp_path / "both")
    corpus = read_corpus([alone, both], shipped)
    check(corpus)
    assert stray_markup(corpus.articles) == []
    assert [notice for notice in corpus.notices if notice.refused] == []
    assert len(corpus.articles) > 300
    assert {article.locale for article in corpus.articles} == {
        "cs-CZ", "de-DE", "en-US", "es-ES", "fr-FR", "it-IT", "ja-JP", "ko-KR", "pt-BR", "ru-RU", "zh-CN", "zh-TW",
    }  # fmt: skip
    for article in corpus.articles:
        if article.article_id.startswith("Archive/China-"):
            assert article.clouds == {CHINA} and article.archived, article.source
        if article.article_id.startswith("partner-center/"):
            assert article.clouds and article.url.endswith("/" + article.article_id)
    # a monolingual text goes before its bilingual twin, and has the twin's alignment
    current = [a for a in corpus.articles if a.current and a.locale == "pt-BR" and a.source.endswith(".md")]
    assert current and all("/alone/" in a.source and a.alignment for a in current)


def test_a_sample_of_the_insights_articles(tmp_path: Path, shipped: Settings) -> None:
    archives = sorted((SHARED / "corpus" / "insights-bilingual").glob("*.tar.xz"))
    if not archives:
        pytest.skip(f"the corpus is not here ({SHARED / 'corpus' / 'insights-bilingual'})")
    for archive in archives[:2]:
        with tarfile.open(archive) as files:
            for number, member in enumerate(sorted(files.getmembers(), key=lambda member: member.name)):
                if number % 60 == 0 and member.isfile():
                    place = tmp_path / archive.name.split(".")[0] / Path(member.name).name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(files.extractfile(member).read())
    corpus = read_corpus([tmp_path], shipped)
    check(corpus)
    assert stray_markup(corpus.articles) == []
    assert [notice for notice in corpus.notices if notice.refused] == []
    assert len(corpus.articles) > 80
    assert all(article.url is None and article.clouds == frozenset() for article in corpus.articles)
