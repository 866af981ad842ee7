"""Sections and their anchors."""

from __future__ import annotations

import pytest

from ingest.markdown import parse
from ingest.sections import cut, slug


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Pay your bill", "pay-your-bill"),
        ("What's new? (2021)", "whats-new-2021"),
        ("A & B", "a--b"),
        ("snake_case-Word", "snake_case-word"),
        ("Controvérsias de cobrança", "controvérsias-de-cobrança"),
        ("上报问题", "上报问题"),
        ("パートナー", "パートナー"),
        ("…", ""),
        ("", ""),
    ],
)
def test_slugs_as_github_makes_them(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_sections_with_their_paths_and_text() -> None:
    document = parse("Before.\n\n# One\n\na\n\n## Two\n\nb\n\nc\n\n#### Four\n\n## Five\n\nd\n")
    sections = cut(document)
    assert [(s.anchor, s.heading, s.path, s.level) for s in sections] == [
        ("_top", "", (), 0),
        ("one", "One", (), 1),
        ("two", "Two", ("One",), 2),
        ("four", "Four", ("One", "Two"), 4),
        ("five", "Five", ("One",), 2),
    ]
    assert [document.text[s.start : s.end] for s in sections] == [
        "Before.", "One\n\na", "Two\n\nb\n\nc", "Four", "Five\n\nd",
    ]  # fmt: skip


def test_anchors_of_the_source_win_and_repeats_are_numbered() -> None:
    markdown = (
        '# <a name="start"></a>Início\n\n## <a href="" id="steps"></a>Passos\n\n## Passos\n\n## Passos\n\n'
        '## <a name="steps"></a>Mais\n\n## passos-1\n\n## !\n\n## ?\n'
    )
    anchors = [section.anchor for section in cut(parse(markdown))]
    assert anchors == ["start", "steps", "passos", "passos-1", "steps-1", "passos-1-1", "section", "section-1"]


def test_a_text_without_headings_and_no_text() -> None:
    (section,) = cut(parse("a\n\nb"))
    assert (section.anchor, section.start, section.end) == ("_top", 0, 4)
    assert cut(parse("")) == ()
