"""Passages: whole blocks of one section, of a useful size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.types import BlockKind
from ingest import sections
from ingest.markdown import parse
from ingest.passages import CUT_ABOVE, LARGE, cut, size


def passages_of(markdown: str) -> list[str]:
    document = parse(markdown)
    found = cut(document.text, document.blocks, sections.cut(document), document.links)
    return [document.text[passage.start : passage.end] for passage in found]


def words(count: int, end: str = ".") -> str:
    return " ".join(["word"] * count) + end


def test_size_counts_words_and_characters() -> None:
    assert size("one two, three") == 3
    assert size("计费争议") == 4 * 0.55
    assert size("") == 0


def test_a_short_section_is_one_passage_without_its_heading() -> None:
    assert passages_of("# Head\n\nOne.\n\n- a\n- b\n\n## Next\n\nTwo.") == ["One.\n\n• a\n• b", "Two."]


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("## Next steps\n\n- [Add a customer](a.md)\n- [Add a user](b.md)", []),
        ("## Next steps\n\n- [Add a customer](a.md)\n\n## See also\n\n[Users](b.md)", []),
        ("## Next steps\n\nSee [Add a customer](a.md).", []),
        (
            "## Next steps\n\nBefore you go on, [add a customer](a.md) and a user for them.",
            ["Before you go on, add a customer and a user for them."],
        ),
        ("## Resources\n\n- [Price list](a.md)\n\n## Last\n\nWait.", ["• Price list", "Wait."]),
        ("## Where are the prices?\n\n[Price list](a.md)", ["Price list"]),
        ("## Next steps\n\n- Sign in.", ["• Sign in."]),
    ],
)
def test_what_only_leads_on_at_the_end_is_no_passage(end: str, kept: list[str]) -> None:
    assert passages_of(f"# Head\n\nOne.\n\n{end}") == ["One.", *kept]


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("See also\n\n- [Users](a.md)\n- [Prices](b.md)", "Two."),
        ("另请参阅\n\n- [用户](a.md)", "Two."),
        ("Do one of these:\n\n- [Users](a.md)", "Two.\n\nDo one of these:\n\n• Users"),
        ("See also\n\n- Users", "Two.\n\nSee also\n\n• Users"),
        ("- [Users](a.md)", "Two.\n\n• Users"),
    ],
)
def test_links_under_a_label_at_the_end_are_left_out(end: str, kept: str) -> None:
    assert passages_of(f"# Head\n\nOne.\n\n## Sub\n\nTwo.\n\n{end}") == ["One.", kept]


def test_an_article_of_links_keeps_them() -> None:
    assert passages_of("# Head\n\n- [One](a.md)\n\n## More\n\n- [Two](b.md)") == ["• One", "• Two"]


def test_no_passage_without_text() -> None:
    assert passages_of("# Head\n\n## Sub\n") == []
    assert passages_of("") == []


def test_paragraphs_are_joined_up_to_the_size_and_not_cut() -> None:
    found = passages_of("\n\n".join([words(70)] * 4))
    assert [size(passage) for passage in found] == [140, 140]


def test_an_introduction_stays_with_its_list() -> None:
    found = passages_of(words(100) + "\n\n" + words(8, ":") + "\n\n" + "\n".join(f"- {words(20)}" for _ in range(6)))
    assert [passage.count("word:") for passage in found if "word:" in passage] == [1]
    assert all(not passage.endswith(":") for passage in found)


def test_items_are_never_cut_nor_parted_from_their_sub_items() -> None:
    found = passages_of("\n".join(f"- {words(50)}\n  - {words(30)}" for _ in range(4)))
    assert [passage.count("•") for passage in found] == [4, 4]
    assert all(passage.startswith("• ") for passage in found)


def test_a_huge_item_stands_alone() -> None:
    found = passages_of(f"- {words(400)}\n- {words(70)}\n- {words(70)}")
    assert [size(passage.replace("•", "")) for passage in found] == [400, 140]


def test_a_huge_paragraph_is_cut_at_sentences() -> None:
    sentence = "Every partner pays the bill on time each month."
    found = passages_of(" ".join([sentence] * 60))
    assert len(found) == 5
    assert all(passage.startswith("Every") and passage.endswith("month.") for passage in found)
    assert " ".join(found) == " ".join([sentence] * 60)


def test_a_huge_chinese_paragraph_is_cut_at_sentences() -> None:
    found = passages_of("合作伙伴必须按时支付账单。" * 60)
    assert len(found) > 2
    assert all(passage.endswith("。") for passage in found)
    assert "".join(found) == "合作伙伴必须按时支付账单。" * 60


def test_a_table_header_stays_with_a_row() -> None:
    rows = "\n".join(f"| {words(30, '')} | x |" for _ in range(8))
    found = passages_of(f"{words(90)}\n\n| A | B |\n|---|---|\n{rows}")
    assert not any(passage.endswith("A · B") for passage in found)


BLOCKS = st.sampled_from(
    ["{}\n\n", "- {}\n", "  - {}\n", "1. {}\n", "> [!NOTE]\n> {}\n\n", "## {}\n\n", "```\n{}\n```\n\n"]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(BLOCKS, st.integers(1, 300)), max_size=15))
def test_passages_are_whole_blocks_in_order_inside_their_section(pieces: list[tuple[str, int]]) -> None:
    document = parse("".join(form.format(words(count)) for form, count in pieces))
    cut_sections = sections.cut(document)
    found = cut(document.text, document.blocks, cut_sections)
    position = 0
    for passage in found:
        section = cut_sections[passage.section]
        assert section.start <= passage.start < passage.end <= section.end
        assert passage.start >= position
        position = passage.end
    inside = [block for block in document.blocks if block.kind is not BlockKind.HEADING]
    for block in inside:
        holders = [p for p in found if p.start < block.end and block.start < p.end]
        length = size(document.text[block.start : block.end])
        if block.kind is not BlockKind.PARAGRAPH or length <= CUT_ABOVE:
            assert len(holders) == 1 and holders[0].start <= block.start and block.end <= holders[0].end
    starts = {block.start for block in inside}
    for passage in found:
        blocks = [block for block in inside if passage.start <= block.start and block.end <= passage.end]
        # what is larger than it should be is a single block, or one with what must not be parted from it
        if size(document.text[passage.start : passage.end]) > 2.5 * LARGE:
            assert max(size(document.text[b.start : b.end]) for b in blocks) > LARGE / 2
        assert passage.start in starts or not blocks
