from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bot.quote import ENOUGH, choose_quote, links_within, original_of, width
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
    start, end = choose_quote(a, 0, len(a.text), word, np.array([1.0], np.float32), knows(word))
    return a.text[start:end]


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
