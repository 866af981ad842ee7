from __future__ import annotations

import pytest

from bot.text import fold, index_terms, sentences, terms


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("Quem cuida das contestações de cobrança?", "pt-BR", ["cuid", "contestaco", "cobranc"]),
        ("Who handles customers' billing disputes?", "en-US", ["handl", "custom", "bill", "disput"]),
        ("上报问题", "zh-CN", ["上报", "报问", "问题"]),
        ("請求書", "ja-JP", ["請求", "求書"]),
        ("청구 분쟁을", "ko-KR", ["청구", "분쟁을", "분쟁", "쟁을"]),
        ("Microsoft 365计费", "zh-CN", ["microsoft", "365", "计费"]),
        ("", "en-US", []),
        ("?!", "en-US", []),
    ],
)
def test_terms(text: str, locale: str, expected: list[str]) -> None:
    assert terms(text, locale) == expected


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert terms("what is it", "en-US") == ["what", "is", "it"]


def test_a_question_typed_without_accents_has_the_same_terms() -> None:
    assert terms("contestacoes de cobranca", "pt-BR") == terms("contestações de cobrança", "pt-BR")


def test_fold_keeps_hangul_whole() -> None:
    assert fold("Ｒécupération 청구") == "recuperation 청구"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Open a ticket. We answer e.g. by mail. See v1.2 now! Done",
            ["Open a ticket.", "We answer e.g. by mail.", "See v1.2 now!", "Done"],
        ),
        ("先联系客户。再上报！（见下文。）完成", ["先联系客户。", "再上报！", "（见下文。）", "完成"]),
        ("Das ist z. B. gut. Ja.", ["Das ist z. B. gut.", "Ja."]),
        ("  ", []),
        ("", []),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("Azure", "en-US", ["azur", "#^azu", "#azur", "#zur$"]),
        ("CSP", "en-US", ["csp"]),
        ("上报", "zh-CN", ["上报", "上", "报"]),
        (
            "パートナーの請求",
            "ja-JP",
            ["パー", "ート", "トナ", "ナー", "ーの", "の請", "請求", "パートナー", "請", "求"],
        ),
        ("", "en-US", []),
    ],
)
def test_index_terms(text: str, locale: str, expected: list[str]) -> None:
    assert index_terms(text, locale) == expected
