from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bot.quote import ENOUGH, LONGEST, OVERLAP, Piece, Rule, choose_quote, links_within, original_of, width
from bot.types import Aligned, Article, Block, BlockKind, Link, Passage, Section


def article(*blocks: tuple[str, BlockKind], locale: str = "en-US", list_id: int | None = 0) -> Article:
    """An article of one section whose blocks are these, items and rows on consecutive lines."""
    text, made = "", []
    for words, kind in blocks:
        listed = kind in (BlockKind.ITEM, BlockKind.ROW)
        if text:
            text += "\n" if listed and made[-1].kind is kind else "\n\n"
        made.append(Block(kind, len(text), len(text) + len(words), list_id=list_id if listed else None))
        text += words
    return Article(
        article_id="a/b",
        locale=locale,
        title="T",
        text=text,
        sha256="",
        sections=(Section("s", "S", (), 2, 0, len(text)),),
        blocks=tuple(made),
        passages=(Passage(0, 0, len(text)),),
    )


def knows(word: str):
    """An encoder of one dimension: a text is about the question as far as it holds the word."""

    def encode(texts: Sequence[str]) -> np.ndarray:
        return np.array([[1.0 if word in text else 0.1] for text in texts], np.float32)

    return encode


def quote(a: Article, word: str) -> str:
    chosen = choose_quote(a, 0, len(a.text), word, np.array([1.0], np.float32), knows(word))
    return a.text[chosen.start : chosen.end]


FILLER = "This sentence is here to fill the passage up to a length at which it is no longer shown whole, nothing more."


def test_a_short_passage_is_shown_whole() -> None:
    a = article(("One refund. Two refunds.", BlockKind.PARAGRAPH))
    assert quote(a, "Two") == "One refund. Two refunds."


def test_of_a_long_paragraph_only_the_sentence_that_answers() -> None:
    a = article((" ".join([FILLER, FILLER, "Refunds take ten days.", FILLER, FILLER]), BlockKind.PARAGRAPH))
    assert quote(a, "Refunds") == "Refunds take ten days."


def test_a_list_is_shown_with_the_line_that_introduces_it() -> None:
    items = [f"• Step {n} of the refund, with some words so that the list becomes long enough" for n in range(6)]
    a = article(
        (f"{FILLER} To refund:", BlockKind.PARAGRAPH),
        *((item, BlockKind.ITEM) for item in items),
        (FILLER, BlockKind.PARAGRAPH),
    )
    assert quote(a, "Step 3") == "To refund:\n\n" + "\n".join(items)


def test_a_list_that_is_too_long_gives_whole_items() -> None:
    items = [f"• Item {n}: {FILLER}" for n in range(20)]
    a = article(("As follows:", BlockKind.PARAGRAPH), *((item, BlockKind.ITEM) for item in items))
    assert quote(a, "Item 7") == items[7]


def test_a_row_of_a_long_table_is_shown_whole() -> None:
    rows = [f"Plan {n} · {FILLER}" for n in range(20)]
    a = article(*((row, BlockKind.ROW) for row in rows))
    assert quote(a, "Plan 11") == rows[11]


def test_a_sentence_that_introduces_a_list_brings_it_along() -> None:
    items = ["• the invoice", "• the customer's name"]
    a = article(
        (f"{FILLER} {FILLER} {FILLER} {FILLER} For a refund you need:", BlockKind.PARAGRAPH),
        *((item, BlockKind.ITEM) for item in items),
    )
    assert quote(a, "refund") == "For a refund you need:\n\n" + "\n".join(items)


def test_a_list_right_behind_the_sentence_comes_along_without_a_colon() -> None:
    items = ["• the invoice", "• the customer's name"]
    words = (f"{FILLER} {FILLER} {FILLER} A refund needs what is named below.", BlockKind.PARAGRAPH)
    assert quote(article(words, *((item, BlockKind.ITEM) for item in items)), "refund") == (
        "A refund needs what is named below.\n\n" + "\n".join(items)
    )
    long = [f"• Item {n}: {FILLER}" for n in range(20)]
    a = article(words, *((item, BlockKind.ITEM) for item in long))
    # too long to come whole: as many of its items, read under that sentence, as fit
    assert quote(a, "refund") == "A refund needs what is named below.\n\n" + "\n".join(long[:2])


def test_an_item_is_read_under_its_introduction() -> None:
    a = article(
        (f"{FILLER} {FILLER} The refund in short.", BlockKind.NOTE),
        ("• ten days", BlockKind.ITEM),
        (f"{FILLER} {FILLER}", BlockKind.PARAGRAPH),
    )
    seen: list[str] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        seen.extend(texts)
        return np.ones((len(texts), 1), np.float32)

    choose_quote(a, 0, len(a.text), "refund", np.array([1.0], np.float32), encode)
    assert seen == [FILLER, FILLER, "The refund in short.", "The refund in short.\n• ten days", FILLER, FILLER]


def test_a_row_is_read_under_its_header_and_a_nested_item_under_the_one_above() -> None:
    text = f"Plan · Price\nBasic · 5\n\n1. Open it:\n  • the file\n\n{FILLER} {FILLER} {FILLER}"
    kinds = [
        ("Plan · Price", BlockKind.ROW, 0, 0, True),
        ("Basic · 5", BlockKind.ROW, 0, 0, False),
        ("1. Open it:", BlockKind.ITEM, 0, 1, False),
        ("  • the file", BlockKind.ITEM, 1, 1, False),
        (f"{FILLER} {FILLER} {FILLER}", BlockKind.PARAGRAPH, 0, None, False),
    ]
    blocks = tuple(
        Block(kind, text.index(words), text.index(words) + len(words), depth, list_id, header)
        for words, kind, depth, list_id, header in kinds
    )
    a = Article("a/b", "en-US", "T", text, "", (Section("s", "S", (), 2, 0, len(text)),), blocks, ())
    seen: list[str] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        seen.extend(texts)
        return np.ones((len(texts), 1), np.float32)

    choose_quote(a, 0, len(text), "file", np.array([1.0], np.float32), encode)
    assert seen[:4] == ["Plan · Price", "Plan · Price\nBasic · 5", "1. Open it:", "1. Open it:\n  • the file"]


def test_sentences_that_answer_as_well_come_along_across_one_that_does_not() -> None:
    words = ["Refunds take ten days.", "Not always.", "Refunds come by post."]
    a = article(
        (f"{FILLER} {FILLER} {words[0]}", BlockKind.PARAGRAPH), (" ".join([*words[1:], FILLER]), BlockKind.NOTE)
    )
    # worth over the threshold: 0.44 + (0.1 - 0.66) + 0.44 is less than 0.44, so the second one alone pays for nothing
    assert quote(a, "Refunds") == "Refunds take ten days."
    a = article(
        (f"{FILLER} {FILLER} {words[0]}", BlockKind.PARAGRAPH), (f"{words[2]} {FILLER} {FILLER}", BlockKind.NOTE)
    )
    assert quote(a, "Refunds") == "Refunds take ten days.\n\nRefunds come by post."


def test_labels_of_clouds_and_roles_are_never_quoted() -> None:
    a = article(
        ("Applies to: refund", BlockKind.META), (f"{FILLER} {FILLER} {FILLER} {FILLER} {FILLER}", BlockKind.PARAGRAPH)
    )
    assert "Applies to" not in quote(a, "refund")


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("账单", 4), ("", 0)])
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


def test_chinese_counts_double() -> None:
    long = "账" * (ENOUGH // 2) + "。" + "退款需要十天。"
    assert quote(article((long, BlockKind.PARAGRAPH), locale="zh-CN"), "退款") == "退款需要十天。"


def test_links_of_the_quote_get_its_offsets() -> None:
    links = (Link(0, 3, "https://a.example"), Link(10, 14, "https://b.example"), Link(18, 25, "https://c.example"))
    assert links_within(links, 8, 20) == (Link(2, 6, "https://b.example"),)
    assert links_within((), 0, 5) == ()


def test_the_original_is_what_the_quote_was_translated_from() -> None:
    pairs = (Aligned(0, 5, "One."), Aligned(6, 10, "Two."), Aligned(11, 20, "Three."))
    assert original_of(pairs, 6, 15) == "Two. Three."
    assert original_of(pairs, 30, 40) is None
    assert original_of((), 0, 5) is None


LONG_TEXT = (" ".join([FILLER, FILLER, "Refunds take ten days.", FILLER, FILLER]), BlockKind.PARAGRAPH)
BEFORE = f"{FILLER} {FILLER} {FILLER}"
ITEMS = [(f"• Item {n}: {FILLER}", BlockKind.ITEM) for n in range(20)]
WIDE = [(f"• Item {n}: {BEFORE}", BlockKind.ITEM) for n in range(20)]


@pytest.mark.parametrize(
    ("blocks", "word", "rules"),
    [
        ([("One refund.", BlockKind.PARAGRAPH)], "refund", (Rule.WHOLE,)),
        ([LONG_TEXT], "Refunds", (Rule.PIECES,)),
        ([(BEFORE, BlockKind.PARAGRAPH), *ITEMS[:3]], "Item 1", (Rule.PIECES, Rule.LIST)),
        ([(BEFORE, BlockKind.PARAGRAPH), *ITEMS], "Item 11", (Rule.PIECES, Rule.LONG_LIST)),
        ([(BEFORE, BlockKind.PARAGRAPH), ("code = 1", BlockKind.CODE)], "code", (Rule.PIECES, Rule.CODE)),
        ([(f"{BEFORE} Refund thus:", BlockKind.PARAGRAPH), *WIDE[:2]], "Refund", (Rule.PIECES, Rule.LIST_BEHIND)),
        ([(f"{BEFORE} Refund thus:", BlockKind.PARAGRAPH), *WIDE], "Refund", (Rule.PIECES, Rule.LIST_CUT)),
    ],
)
def test_the_rules_that_made_a_quote_are_known(
    blocks: list[tuple[str, BlockKind]], word: str, rules: tuple[Rule, ...]
) -> None:
    a = article(*blocks)
    assert choose_quote(a, 0, len(a.text), word, np.array([1.0], np.float32), knows(word)).rules == rules


def test_the_scores_of_the_pieces_are_known() -> None:
    a = article(LONG_TEXT)
    chosen = choose_quote(a, 0, len(a.text), "Refunds", np.array([1.0], np.float32), knows("Refunds"))
    third = a.text.index("Refunds")
    assert len(chosen.pieces) == 5
    assert chosen.pieces[2] == Piece(third, third + 22, 1.0, 1.0, pytest.approx(1.0 + OVERLAP * 1.0), True)
    assert chosen.pieces[0] == Piece(0, len(FILLER), pytest.approx(0.1), 0.0, pytest.approx(0.1), False)


STEPS = [f"{n}. Step {n} is done like this, and takes a while to read to its end." for n in range(1, 8)]


def steps(*parts: Sequence[str]) -> Article:
    """Numbered steps, each part a list of its own in Markdown, with a note between two of them."""
    made: list[tuple[str, BlockKind]] = []
    for part in parts:
        made += [("Mind the gap.", BlockKind.NOTE)] if made else []
        made += [(step, BlockKind.ITEM) for step in part]
    found = article(*made)
    numbers = iter([i for i, part in enumerate(parts) for _ in part])
    blocks = tuple(replace(b, list_id=next(numbers)) if b.kind is BlockKind.ITEM else b for b in found.blocks)
    return replace(found, blocks=blocks)


def quoted(a: Article, first: str, last: str, word: str) -> tuple[str, tuple[Rule, ...]]:
    """The quote from the passage that reaches from one text to another."""
    start, end = a.text.index(first), a.text.index(last) + len(last)
    chosen = choose_quote(a, start, end, word, np.array([1.0], np.float32), knows(word))
    return a.text[chosen.start : chosen.end], chosen.rules


def test_a_short_passage_within_steps_comes_with_all_of_them() -> None:
    a = steps(STEPS)
    assert quoted(a, STEPS[3], STEPS[4], "Step") == (a.text, (Rule.WHOLE, Rule.LIST))


def test_steps_go_on_behind_a_note() -> None:
    a = steps(STEPS[:2], STEPS[2:5], STEPS[5:])
    for word in ("Step 1", "Step 4", "Step 7"):
        assert quoted(a, STEPS[0], STEPS[6], word)[0] == a.text
    again = steps(STEPS[:2], STEPS[:3])  # another procedure begins at 1
    assert quoted(again, STEPS[0], STEPS[2], "Step 3")[0] == "\n".join(STEPS[:3])


def test_of_steps_that_are_too_long_the_first_come_as_far_as_they_fit() -> None:
    long = [f"{n}. " + " ".join([FILLER] * 3) + f" Step {n}." for n in range(1, 8)]
    a = steps(long)
    fitting = [n for n in range(1, 8) if width("\n".join(long[:n])) <= LONGEST]
    assert quoted(a, long[0], long[6], "Step 2") == ("\n".join(long[: fitting[-1]]), (Rule.PIECES, Rule.LIST_CUT))
    assert quoted(a, long[0], long[6], "Step 7") == (long[6], (Rule.PIECES, Rule.LONG_LIST))


def test_steps_come_with_what_is_said_of_them() -> None:
    a = article(*((step, BlockKind.ITEM) for step in STEPS), (f"{FILLER} Pausing takes a day.", BlockKind.PARAGRAPH))

    def encode(texts: Sequence[str]) -> np.ndarray:
        return np.array([[1.0 if "Pausing" in t else 0.85 if "Step 3" in t else 0.1] for t in texts], np.float32)

    chosen = choose_quote(a, 0, len(a.text), "?", np.array([1.0], np.float32), encode)
    assert a.text[chosen.start : chosen.end] == a.text
    alone = choose_quote(a, 0, len(a.text), "?", np.array([1.0], np.float32), lambda t: encode(t) ** 3)
    assert a.text[alone.start : alone.end] == "Pausing takes a day."


def test_a_row_of_a_short_passage_comes_with_its_table() -> None:
    rows = ["State · Meaning", "Open · Not paid yet", "Closed · Paid"]
    a = article(*((row, BlockKind.ROW) for row in rows))
    assert quoted(a, rows[2], rows[2], "Paid")[0] == a.text
