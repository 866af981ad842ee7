"""Front matter: what it says, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.errors import ArticleError
from bot.types import Translation
from ingest.metadata import Metadata, parse_date, parse_translation, split


def test_old_and_new_front_matter() -> None:
    meta, body = split(
        '---\ntitle: "Pay: now | Partner Center"\ndescription: >\n  Two\n  lines.\nms.date: 10/29/2018\n'
        "ms.lasthandoff: 12/05/2018\nms.contentlocale: pt-br\nms.translationtype: MT\nms.assetid: AB-12\n\n---\n# Pay\n"
    )
    assert meta == Metadata(
        title="Pay: now | Partner Center",
        description="Two lines.",
        date=dt.date(2018, 10, 29),
        locale="pt-BR",
        translation=Translation.MACHINE,
        asset_id="ab-12",
    )
    assert body == "# Pay"
    old, _ = split("---\ntitle: Pay\ntranslationtype: Human Translation\nms.lasthandoff: 3/1/2017\n\n---\n\nText")
    assert (old.translation, old.date, old.locale) == (Translation.HUMAN, dt.date(2017, 3, 1), None)


def test_a_text_without_front_matter() -> None:
    assert split("# Pay\n\n---\n\nText") == (Metadata(), "# Pay\n\n---\n\nText")
    assert split("") == (Metadata(), "")
    assert split("---\n---\nText") == (Metadata(), "Text")


def test_values_stay_strings() -> None:
    meta, _ = split("---\ntitle: no\nlang: no\nms.date: 2021-06-17\nms.assetid: 0012\n---\nText")
    assert (meta.title, meta.locale, meta.date, meta.asset_id) == ("no", "no", dt.date(2021, 6, 17), "0012")


def test_markup_in_titles_goes() -> None:
    meta, _ = split("---\ntitle: '**A** &amp; [b](c.md) <id>'\ndescription: x&nbsp;y * z\n---\nText")
    assert (meta.title, meta.description) == ("A & b <id>", "x y * z")
    span = '<span data-ttu-id="1">Um</span><span class="sxs-lookup"><span data-stu-id="1">One</span></span>'
    assert split(f"---\ntitle: {span}\n---\nText")[0].title == "Um"


def test_values_that_are_no_strings_are_ignored() -> None:
    meta, _ = split("---\ntitle: [a, b]\nms.assetid: {a: b}\nms.date:\n---\nText")
    assert meta == Metadata()


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("10/29/2018", dt.date(2018, 10, 29)),
        ("6/17/2021", dt.date(2021, 6, 17)),
        ("06/07/2021 10:30 AM", dt.date(2021, 6, 7)),
        ("6/7/21", dt.date(2021, 6, 7)),
        ("2021-06-17T00:00:00Z", dt.date(2021, 6, 17)),
        ("29/10/2018", None),
        ("2/30/2018", None),
        ("1/1/20188", None),
        ("June 17, 2021", None),
        ("", None),
    ],
)
def test_dates(value: str, date: dt.date | None) -> None:
    assert parse_date(value) == date


def test_a_bad_date_is_named_with_its_line_and_the_next_one_is_used() -> None:
    meta, _ = split("\n---\ntitle: Pay\nms.date: 31/12/2018\nms.lasthandoff: 4/23/2019\n---\nText")
    assert meta.date == dt.date(2019, 4, 23)
    assert meta.complaints == ((4, "ms.date is no date in US order: '31/12/2018'; ingested without it"),)


@pytest.mark.parametrize(
    ("value", "translation"),
    [
        ("HT", Translation.HUMAN),
        ("Human Translation", Translation.HUMAN),
        ("human", Translation.HUMAN),
        ("MT", Translation.MACHINE),
        ("Machine Translation", Translation.MACHINE),
        ("", Translation.UNKNOWN),
        ("post-edited", Translation.UNKNOWN),
    ],
)
def test_translation(value: str, translation: Translation) -> None:
    assert parse_translation(value) == translation


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("---\ntitle: Pay\n\n# Pay\n", 1, "the front matter that begins on line 1 is never closed"),
        ("\n\n---\ntitle: Pay\n", 3, "the front matter that begins on line 3 is never closed"),
        ("---\n- a\n- b\n---\nText", 2, "the front matter is not a mapping of names to values"),
        ("---\njust words\n---\nText", 2, "the front matter is not a mapping of names to values"),
        ("---\ntitle: Pay\nms.date: a: b\n---\nText", 3, "the YAML cannot be read: mapping values are not allowed"),
        ('---\ntitle: "Pay\n---\nText', 3, "the YAML cannot be read"),
        ("---\n\n\ntitle: [\n---\nText", 5, "the YAML cannot be read"),
        ("---\na: *b\n---\nText", 2, "the YAML refers to 'b', which is not defined"),
        ("---\na: " + "x" * 70_000 + "\n---\nText", 1, "the front matter is larger than 64 KiB"),
        ("---\na: \x07\n---\nText", 2, "the YAML holds a character that is not allowed"),
    ],
)
def test_front_matter_that_is_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(ArticleError) as caught:
        split(text)
    assert caught.value.reason.startswith(reason)
    assert caught.value.line == line
