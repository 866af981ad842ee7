"""Markdown to plain text: the layout of the text, its blocks and links, and what authors and translation do to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markup import markup_in

from bot.types import BlockKind
from ingest.document import Document
from ingest.markdown import feed, parse, plain_text
from ingest.textbuilder import TextBuilder


def text_of(markdown: str) -> str:
    return parse(markdown).text


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(block.kind.value, document.text[block.start : block.end]) for block in document.blocks]


def links(document: Document) -> list[tuple[str, str]]:
    return [(document.text[link.start : link.end], link.url) for link in document.links]


def test_blocks_stand_apart_and_items_together() -> None:
    document = parse("# Pay\n\nFirst line\nsecond  line.\n\n- one\n- two\n\n1. a\n2. b\n")
    assert document.text == "Pay\n\nFirst line second line.\n\n• one\n• two\n\n1. a\n2. b"
    assert kinds(document) == [
        ("heading", "Pay"),
        ("paragraph", "First line second line."),
        ("item", "• one"),
        ("item", "• two"),
        ("item", "1. a"),
        ("item", "2. b"),
    ]
    assert [block.list_id for block in document.blocks] == [None, None, 0, 0, 1, 1]


def test_nested_items_and_continuation_paragraphs() -> None:
    document = parse("- outer\n\n  more\n  - inner\n\n    deep\n- next\n\n3. three\n")
    assert document.text == "• outer\n  more\n  • inner\n    deep\n• next\n\n3. three"
    assert [(block.depth, block.list_id) for block in document.blocks] == [(0, 0), (1, 0), (0, 0), (0, 1)]
    assert [document.text[block.start : block.end] for block in document.blocks][1] == "• inner\n    deep"


def test_code_between_the_paragraphs_of_an_item() -> None:
    document = parse("1. run\n\n   ```sh\n   a  b\n\n   c\n   ```\n\n   then\n2. end\n")
    assert document.text == "1. run\n\na  b\n\nc\n\n   then\n2. end"
    assert [kind for kind, _ in kinds(document)] == ["item", "code", "item", "item"]


def test_notes_lose_their_mark_and_stay_whole() -> None:
    document = parse("> [!NOTE]\n> Read this.\n>\n> - one\n> - two\n\n>[!Important]  \n>And this\n")
    assert kinds(document) == [("note", "Read this.\n• one\n• two"), ("note", "And this")]


@pytest.mark.parametrize("mark", ["[!NOTE]", "[! NOTE]", "[!OBSERVAÇÃO]", "[! 注意]", "\\[!NOTE\\]", "[!TIP] "])
def test_marks_of_notes_as_translation_leaves_them(mark: str) -> None:
    assert kinds(parse(f"> {mark}\n> Words.")) == [("note", "Words.")]
    assert kinds(parse(f"> {mark} Words.")) == [("note", "Words.")]


def test_a_note_inside_an_item() -> None:
    document = parse("- one\n\n  > [!NOTE]\n  > Careful.\n\n- two\n")
    assert kinds(document) == [("item", "• one"), ("note", "Careful."), ("item", "• two")]


def test_a_quotation_without_mark_is_ordinary_text() -> None:
    assert kinds(parse("> She said so.")) == [("paragraph", "She said so.")]


def test_tables() -> None:
    document = parse("| Field | Meaning |\n|---|:-:|\n| **Id** | a `b` |\n| | [c](d.md) |\n")
    assert document.text == "Field · Meaning\nId · a b\nc"
    assert [(block.kind, block.header, block.list_id) for block in document.blocks] == [
        (BlockKind.ROW, True, 0),
        (BlockKind.ROW, False, 0),
        (BlockKind.ROW, False, 0),
    ]
    assert links(document) == [("c", "d.md")]


def test_tables_and_lists_in_html() -> None:
    document = parse(
        "<table><thead><tr><th>A</th><th>B</th></tr></thead>\n<tr><td><p>one</p><p>two</p></td>"
        "<td><ul><li>x</li><li>**y** [z](w.md)</li></ul></td></tr></table>\n\n<ul><li>p</li><li>q</ul>\n\nend\n"
    )
    assert document.text == "A · B\none two · • x • y z\n\n• p\n• q\n\nend"
    assert links(document) == [("z", "w.md")]


def test_html_that_is_never_closed_does_not_swallow_the_next_section() -> None:
    document = parse("<table><tr><td><ul><li>cell\n\n## Next\n\nWords.\n")
    assert document.text == "• cell\n\nNext\n\nWords."
    assert [heading.level for heading in document.headings] == [2]


def test_inline_marks_go_and_words_stay() -> None:
    assert text_of("**bold** *it* `co  de` ~~gone~~ __b__ _i_ <b>x</b><br/>y &amp; z&nbsp;1 \\*") == (
        "bold it co de gone b i x\ny & z 1 *"
    )


def test_images_includes_videos_comments_and_directives_are_dropped() -> None:
    source = (
        "![alt words](a.png) Before <!-- hidden --> after.\n\n[!INCLUDE [x](y.md)]\n\n> [!VIDEO https://v.example/1]\n\n"
        ':::image type="content" source="a.png" alt-text="b: c":::\n\n::: zone pivot="p"\n\nKept.\n\n::: zone-end\n\n'
        "<!-- a\n\nb -->\n\n[![badge](b.png)](c.md)\n<img src='x'>\n"
    )
    document = parse(source)
    assert document.text == "Before after.\n\nKept."
    assert document.links == ()


def test_placeholders_in_angle_brackets_are_words() -> None:
    assert text_of("Run `Get <id>` for <your name> in <b>bold</b>.") == "Run Get <id> for <your name> in bold."


def test_markdown_in_html_and_html_in_that() -> None:
    document = parse("<div>\nSee **the** <b>page</b> [a](c.md)<br>\n&amp; <x> `b`\n</div>")
    assert document.text == "See the page a\n& <x> b"
    assert links(document) == [("a", "c.md")]


def test_a_comment_that_is_never_closed_hides_the_rest() -> None:
    assert text_of("One.\n\n<!-- two\n\n<!-- three <table>\n\nfour") == "One."


def test_headings_in_html_can_be_turned_off() -> None:
    builder = TextBuilder()
    feed(builder, "<h2>A</h2>\n\n## B", headings=False)
    assert kinds(builder.finish()) == [("paragraph", "A"), ("paragraph", "B")]


def test_scripts_are_dropped_and_the_rest_stays() -> None:
    assert text_of("One <script>alert(1)</script> two.\n\n<style>\np {}\n</style>\n\nThree.") == "One two.\n\nThree."


def test_links() -> None:
    document = parse("See [ the **page**](a.md#b), <https://x.example/y>, [r] and [no](javascript:f).\n\n[r]: c.md\n")
    assert document.text == "See the page, https://x.example/y, r and no."
    assert links(document) == [
        ("the page", "a.md#b"),
        ("https://x.example/y", "https://x.example/y"),
        ("r", "c.md"),
        ("no", "javascript:f"),  # where links may lead is settled in ingest.links
    ]


def test_links_that_translation_broke() -> None:
    assert links(parse("[user roles](overview or assign.md)")) == [("user roles", "overview%20or%20assign.md")]
    assert text_of("[[New tool](a.md#1)](a.md#1)") == "New tool"
    assert text_of("[Gallery](https://x.example/a on the web") == "Gallery on the web"
    assert text_of("**[Name]\\(translation\\)**") == "[Name] (translation)"


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**适用** 于：合作", "适用 于：合作"),
        ("**适用于：**合作", "适用于：合作"),
        ("Область **применения**:центр", "Область применения:центр"),
        ("**Gilt für:**Partner", "Gilt für:Partner"),
        ("**open at the start", "open at the start"),
        ("| \\*\\*Leave empty\\*\\* |\n|---|", "Leave empty"),
        ("gehe\\*\\*\\*\\*zu", "gehezu"),
        ("exam 12\\*\\* or 34\\*\\*", "exam 12** or 34**"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("No\\. \\#5 a\\_b", "No. #5 a_b"),
    ],
)
def test_emphasis_that_translation_tore(markdown: str, words: str) -> None:
    assert text_of(markdown) == words


def test_headings_carry_their_anchors() -> None:
    document = parse(
        '# <a name="one"></a>One\n\n## <a href="" id="two"></a>Two\n\nThree\n-----\n\n<h2 id="four">Four</h2>\n'
    )
    assert [(heading.level, heading.anchor) for heading in document.headings] == [
        (1, "one"), (2, "two"), (2, None), (2, "four"),
    ]  # fmt: skip
    assert document.text == "One\n\nTwo\n\nThree\n\nFour"


def test_a_heading_without_words_is_none() -> None:
    assert parse('## <a name="x"></a>\n\nWords').headings == ()


def test_invisible_characters_go() -> None:
    assert text_of("a\u200bb\u00ad\ufeffc\u00a0\u3000d") == "abc d"


def test_nothing() -> None:
    assert parse("") == Document("", (), (), ())
    assert parse("\n \n<!-- x -->\n![a](b.png)\n").text == ""


def test_plain_text_of_a_sentence() -> None:
    assert plain_text("Go to **A** > [b](c.md).\nNow") == "Go to A > b. Now"
    assert plain_text("  plain   words ") == "plain words"
    assert plain_text("") == ""


def check(document: Document) -> None:
    """What must hold of every document: blocks in order and apart, no space around them, links inside one block."""
    text = document.text
    position = 0
    for block in document.blocks:
        assert position <= block.start < block.end <= len(text)
        assert text[position : block.start].strip() == ""
        assert text[block.start : block.end] == text[block.start : block.end].strip() or block.kind is BlockKind.CODE
        if block.kind not in (BlockKind.CODE, BlockKind.NOTE):  # a note may hold code
            assert "\n\n" not in text[block.start : block.end]
        position = block.end
    assert text[position:] == ""
    assert text == text.strip("\n")
    for link in document.links:
        assert 0 <= link.start < link.end <= len(text)
        assert any(block.start <= link.start and link.end <= block.end for block in document.blocks)
    for heading in document.headings:
        assert document.blocks[heading.block].kind is BlockKind.HEADING


MARKUP = st.sampled_from(
    "# ## - 1. > | ** * _ ` ``` [ ] ( ) ![ <a> </a> <br> <table> <tr> <td> </table> <ul> <li> </ul> <!-- --> :::"
    " [!NOTE] &nbsp; \\ \n \n\n ~ <pre> </pre> http://x.example a.md words 世纪 text. <script> </script> ---"
    " :::image {# <h2> </h2> <blockquote> <details> <summary>".split(" ")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(MARKUP, st.sampled_from([" ", "\n", "\n\n", "  "])), max_size=40).map("".join))
def test_no_markup_breaks_it(markdown: str) -> None:
    check(parse(markdown))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    check(parse(text))
    plain_text(text)


WORDS = st.text("abcdefghij ", min_size=1, max_size=20).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "- {}\n",
                    "1. {}\n",
                    "{}\n\n",
                    "## {}\n\n",
                    "> [!NOTE]\n> {}\n\n",
                    "**{}**\n\n",
                    "[{}](a.md)\n\n",
                    "| {} |\n|---|\n\n",
                    "<p>{}</p>\n\n",
                ]
            ),
            WORDS,
        ),
        max_size=12,
    )
)
def test_all_words_survive_and_no_markup_does(pieces: list[tuple[str, str]]) -> None:
    document = parse("".join(form.format(words.strip()) for form, words in pieces))
    check(document)
    expected = [word for _, words in pieces for word in words.split()]
    assert [word for word in document.text.split() if word.isalpha()] == expected
    assert markup_in(document.text) == []
