"""Bilingual articles taken apart and their sentences aligned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.types import Aligned
from ingest.bilingual import align, is_bilingual, sentence_pairs, split


def pair(translated: str, english: str, number: int = 1) -> str:
    return (
        f'<span data-ttu-id="x-{number}">{translated}</span><span class="sxs-lookup">'
        f'<span data-stu-id="x-{number}">{english}</span></span>'
    )


def test_the_two_languages() -> None:
    both = split(f'# <a name="pay"></a>{pair("Pagar", "Pay")}\n\n- {pair("Um", "One")} {pair("Dois", "Two")}\n')
    assert both.translated == '# <a name="pay"></a>Pagar\n\n- Um Dois\n'
    assert both.english == '# <a name="pay"></a>Pay\n\n- One Two\n'
    assert both.pairs == (("Pagar", "Pay"), ("Um", "One"), ("Dois", "Two"))


def test_markup_inside_and_around_the_spans() -> None:
    text = (
        f"**{pair('Vale para', 'Good for')}** [{pair('ver `x`', 'see `x`')}](b.md) {pair('[a](c.md) *b*', '[d](c.md)')}"
    )
    both = split(text)
    assert both.translated == "**Vale para** [ver `x`](b.md) [a](c.md) *b*"
    assert both.english == "**Good for** [see `x`](b.md) [d](c.md)"
    assert sentence_pairs(text) == [("Vale para", "Good for"), ("ver x", "see x"), ("a b", "d")]


def test_an_anchor_inside_the_span_belongs_to_both() -> None:
    both = split(pair('<a href="" id="q"></a>Pergunta', '<a href="" id="q"></a>Question'))
    assert both.translated == '<a href="" id="q"></a>Pergunta'
    assert both.english == '<a href="" id="q"></a>Question'


def test_a_span_that_is_never_closed_ends_at_the_blank_line() -> None:
    broken = '<span data-ttu-id="x">Aberto\n\nDepois ' + pair("Sim", "Yes")
    both = split(broken)
    assert both.translated == "Aberto\n\nDepois Sim"
    assert both.english == "\n\nDepois Yes"


def test_a_closing_tag_too_many_is_dropped_and_other_spans_stay() -> None:
    assert split("a</span> b").translated == "a b"
    assert split('<span style="x">a</span>').translated == '<span style="x">a</span>'


def test_texts_that_are_not_bilingual() -> None:
    assert sentence_pairs("") == []
    assert sentence_pairs("One. Two.") == []
    assert not is_bilingual("# A\n")
    assert is_bilingual(pair("a", "b"))


def test_pairs_with_an_empty_side_are_left_out() -> None:
    assert sentence_pairs(pair("", "One") + pair("Dois", "  ") + pair("Três", "Three")) == [("Três", "Three")]


def test_alignment_is_in_order_and_skips_what_is_missing() -> None:
    text = "Sim. Não.\n\nSim. Talvez."
    found = align(
        text, [("Sim.", "Yes."), ("Nunca.", "Never."), ("Não.", "No."), ("Sim.", "Yes."), ("Talvez.", "Maybe.")]
    )
    assert found == (Aligned(0, 4, "Yes."), Aligned(5, 9, "No."), Aligned(11, 15, "Yes."), Aligned(16, 23, "Maybe."))


def test_a_short_sentence_far_ahead_does_not_take_the_rest_out_of_reach() -> None:
    text = "Um. " + "palavra " * 300 + "Sim. Dois."
    sentences = [("Sim.", "Yes."), ("Um.", "One.")]
    assert align(text, sentences) == (Aligned(0, 3, "One."),)


@given(st.text())
def test_any_text_can_be_taken_apart(text: str) -> None:
    both = split(text)
    assert "data-ttu-id=" not in both.translated or "<span" not in both.translated or 'data-ttu-id="' not in text
    sentence_pairs(text)


@given(
    st.lists(
        st.sampled_from(
            [
                '<span data-ttu-id="1">',
                '<span class="sxs-lookup">',
                '<span data-stu-id="1">',
                "</span>",
                "palavra ",
                "word ",
                "\n\n",
                "<span>",
            ]
        ),
        max_size=30,
    )
)
def test_no_order_of_the_spans_breaks_it(pieces: list[str]) -> None:
    both = split("".join(pieces))
    for text in (both.translated, both.english):
        assert "data-ttu-id" not in text and "sxs-lookup" not in text and "data-stu-id" not in text
