from __future__ import annotations

import pytest

from bot.retrieval.features import exact_phrases, share_held


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('what does "Access is denied" mean', ("access is denied",)),
        ("Was heißt „Zugriff verweigert“?", ("zugriff verweigert",)),
        ("que veut dire « accès refusé » ici", ("accès refusé",)),
        ("显示“访问被拒绝”怎么办", ("访问被拒绝",)),
        ("「アクセスが拒否されました」と出ます", ("アクセスが拒否されました",)),
        ("error 715-123220 again", ("715-123220",)),
        ("0x80070005 beim Kauf", ("0x80070005",)),
        ("AADSTS50076 bei der Anmeldung", ("aadsts50076",)),
        ("エラー5000224が出る", ("5000224",)),
        ("KB5004945 and kb5004945", ("kb5004945",)),
        ("Office365 E3 or M365 for our o365 users, W-8BEN", ()),  # everyday names
        ("the 2021 price list, 3 users, 15 days", ()),  # years and small numbers are said in passing
        ("it's the customer's bill, isn't it", ()),  # apostrophes quote nothing
        ("", ()),
    ],
)
def test_what_is_to_be_found_letter_by_letter(question: str, phrases: tuple[str, ...]) -> None:
    assert exact_phrases(question) == phrases


def test_the_share_held() -> None:
    assert share_held(("a b", "c"), "x A B y") == 0.5
    assert share_held((), "anything") == 0.0
