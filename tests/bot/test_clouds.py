"""Which clouds a text names, in the twelve languages."""

from __future__ import annotations

import pytest

from bot.clouds import clouds_in_path, clouds_in_question, clouds_of_entry, find_clouds
from bot.types import Cloud

GLOBAL, US, GERMANY, CHINA = Cloud.GLOBAL, Cloud.US_GOVERNMENT, Cloud.GERMANY, Cloud.CHINA


@pytest.mark.parametrize(
    ("entry", "clouds"),
    [
        ("Partner Center", {GLOBAL}),
        ("  partner   CENTER.", {GLOBAL}),
        ("Partner\u00a0Center", {GLOBAL}),
        ("Ｐａｒｔｎｅｒ Ｃｅｎｔｅｒ", {GLOBAL}),
        ("Microsoft Partner Center", {GLOBAL}),
        ("Centro de partners", {GLOBAL}),
        ("l’Espace partenaires", {GLOBAL}),
        ("Centro per i partner", {GLOBAL}),
        ("Центр партнеров", {GLOBAL}),
        ("Partnerské centrum", {GLOBAL}),
        ("合作伙伴中心", {GLOBAL}),
        ("合作夥伴中心", {GLOBAL}),
        ("パートナー センター", {GLOBAL}),
        ("パートナーセンター", {GLOBAL}),
        ("파트너 센터", {GLOBAL}),
        ("Partner Center for Microsoft Cloud for US Government", {US}),
        ("Partner Center para Microsoft Cloud do governo dos EUA", {US}),
        ("Центр партнеров по Microsoft Cloud для государственных организаций США", {US}),
        ("适用于美国政府的 Microsoft 云合作伙伴中心", {US}),
        ("미국 정부에 대 한 파트너 센터 Microsoft 클라우드", {US}),
        ("Partnerské centrum pro Microsoft Cloud for US Government", {US}),
        ("Partner Center for Microsoft Cloud Germany", {GERMANY}),
        ("Partner Center do Microsoft Cloud Alemanha", {GERMANY}),
        ("Partnerské centrum pro Microsoft Cloud pro Německo", {GERMANY}),
        ("パートナー センター Cloud Germany の場合", {GERMANY}),
        ("Microsoft 클라우드 독일용 파트너 센터", {GERMANY}),
        ("Partner Center operated by 21Vianet", {CHINA}),
        ("Partner Center-Betreiber ist 21Vianet", {CHINA}),
        ("由世纪互联运营的合作伙伴中心", {CHINA}),
        ("21Vianet에서 운영하는 파트너 센터", {CHINA}),
        ("Microsoft Cloud for US Government and Microsoft Cloud Germany", {US, GERMANY}),
    ],
)
def test_an_entry_names_a_cloud(entry: str, clouds: set[Cloud]) -> None:
    assert clouds_of_entry(entry) == clouds


@pytest.mark.parametrize(
    "entry",
    ["", "Partner Center India", "合作伙伴中心印度", "Dynamics 365 CRM", "Salesforce CRM", "CSP partners", "Germany"],
)
def test_an_entry_of_something_else_names_none(entry: str) -> None:
    assert clouds_of_entry(entry) == frozenset()


def test_names_stand_where_they_are_said_to() -> None:
    text = "Bill for Microsoft Cloud Germany, run by 21Vianet"
    assert find_clouds(text) == [(GERMANY, 9, 32), (CHINA, 41, 49)]
    assert [text[name.start : name.end] for name in find_clouds(text)] == ["Microsoft Cloud Germany", "21Vianet"]


def test_the_product_alone_is_no_name_of_a_cloud() -> None:
    assert find_clouds("Sign in to Partner Center") == []
    assert find_clouds("") == []


def test_a_name_does_not_reach_across_a_bar() -> None:
    assert find_clouds("Microsoft Cloud | Germany") == []


@pytest.mark.parametrize(
    ("article_id", "clouds"),
    [
        ("Archive/China-add-a-customer", {CHINA}),
        ("partner-center/faq-for-us-govt-cloud", {US}),
        ("partner-center/users-in-microsoft-cloud-germany", {GERMANY}),
        ("partner-center/pay-21Vianet", {CHINA}),
        ("partner-center/sell-in-china", set()),
        ("partner-center/billing", set()),
        ("", set()),
    ],
)
def test_paths(article_id: str, clouds: set[Cloud]) -> None:
    assert clouds_in_path(article_id) == clouds


@pytest.mark.parametrize(
    ("question", "clouds"),
    [
        ("Who handles disputes on 21Vianet?", {CHINA}),
        ("世纪互联的账单在哪里看？", {CHINA}),
        ("Estou na nuvem do governo dos EUA", {US}),
        ("We are on GCC High, how do I add users?", {US}),
        ("US gov: invoices", {US}),
        ("how do i pay in the german cloud", {GERMANY}),
        ("¿Y en la nube alemana?", {GERMANY}),
        ("Wie ist das in der Deutschland-Cloud?", {GERMANY}),
        ("Microsoft Cloud Germany or the public cloud?", {GERMANY, GLOBAL}),
        ("nuvem publica", {GLOBAL}),
        ("公有云", {GLOBAL}),
    ],
)
def test_questions_that_name_a_cloud(question: str, clouds: set[Cloud]) -> None:
    assert clouds_in_question(question) == clouds


@pytest.mark.parametrize(
    "question",
    [
        "",
        "How do I open Partner Center?",
        "My customer in Germany does not pay",
        "Can a Chinese customer buy Azure?",
        "我的客户在中国",
        "Meu cliente na Alemanha não paga",
        "Which government customers may buy?",
    ],
)
def test_questions_that_name_none(question: str) -> None:
    assert clouds_in_question(question) == frozenset()
