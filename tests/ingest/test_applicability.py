"""The labelled lines at the head of an article."""

from __future__ import annotations

import pytest

from ingest.applicability import Applicability, find
from ingest.markdown import parse


def head(markdown: str) -> Applicability:
    return find(parse("# Title\n\n" + markdown + "\n\nOrdinary words.\n\n## Next\n\nMore."))


def test_a_list_under_the_label() -> None:
    found = head(
        "**Applies to**\n\n-  Partner Center\n-  Partner Center India\n\n**Appropriate roles**\n\n- Seller\n- Admin"
    )
    assert found.applies_to == ("Partner Center", "Partner Center India")
    assert found.roles == ("Seller", "Admin")
    assert found.meta == frozenset({1, 2, 3, 4, 5, 6})


def test_entries_on_the_line_of_the_label() -> None:
    found = head("**Applies to**: A | B |C\n\n**Appropriate roles:** D｜E")
    assert (found.applies_to, found.roles, found.meta) == (("A", "B", "C"), ("D", "E"), frozenset({1, 2}))


def test_both_labels_in_one_paragraph() -> None:
    assert head("**Applies to**: A | B  \n**Appropriate roles**: C").roles == ("C",)
    assert head("**Applies to**: A | B\n**Appropriate roles**: C").applies_to == ("A", "B")


@pytest.mark.parametrize(
    "label",
    [
        "**Applies to**:", "**Applies to:**", "Applies to:", "**Aplicável a**:", "**Aplica-se a**:", "**Se aplica a:**",
        "**S’applique à** :", "**S'applique à**:", "**Gilt für**:", "**Si applica a**:", "**Применяется к**:",
        "Область **применения**:", "**Platí pro**:", "**适用** 于：", "**适用于 ：**", "**適用於**：", "**適用対象**:",
        "**적용 대상**:", "**적용 대 상**:", "**APPLIES  TO**:", "__Applies to__ -",
    ],
)  # fmt: skip
def test_labels_as_authors_and_translation_write_them(label: str) -> None:
    found = head(f"{label} Partner Center | Other")
    assert found.applies_to == ("Partner Center", "Other")
    assert found.meta == frozenset({1})


@pytest.mark.parametrize(
    "label",
    [
        "**Appropriate roles**:", "**Funções apropriadas:**", "**Roles adecuados**:", "**Roles apropiados**:",
        "**Rôles appropriés** :", "**Geeignete Rollen**:", "**Ruoli appropriati:**", "**Соответствующие роли** —",
        "**Příslušné role**:", "**Odpovídající role:**", "**相应的角色**：", "**适当的角色**：", "**適當的角色** -",
        "**適切な** ロール:", "**対象のロール**:", "**적절 한 역할**:", "**相应的角色**",
        "**Appropriate roles to perform this task**:",
    ],
)  # fmt: skip
def test_labels_of_roles(label: str) -> None:
    assert head(f"{label} Seller | Admin").roles == ("Seller", "Admin")


def test_an_entry_torn_out_of_the_label() -> None:
    assert head("**适用于：合作伙伴中心** 德国 Microsoft 云").applies_to == ("合作伙伴中心 德国 Microsoft 云",)


def test_ordinary_sentences_are_no_labels() -> None:
    for sentence in (
        "Applies to all partners who sell.",
        "This applies to: you.",
        "**Important**: read.",
        "适用于所有人。",
    ):
        assert head(sentence) == Applicability()


def test_labels_below_the_next_heading_do_not_count() -> None:
    assert find(parse("# A\n\nWords.\n\n## B\n\n**Applies to**: X")) == Applicability()
    assert find(parse("")) == Applicability()


def test_a_label_with_nothing_after_it() -> None:
    found = head("**Applies to**:")
    assert (found.applies_to, found.meta) == ((), frozenset({1}))


def test_a_label_before_any_heading() -> None:
    assert find(parse("**Applies to**: X\n\nWords.")).applies_to == ("X",)
