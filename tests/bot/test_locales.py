from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import yaml

from bot.engine import TOLD
from bot.errors import QueryError
from bot.locales import FOLDER, canonical, detect, get_texts, supported

ALL = ("cs-CZ", "de-DE", "en-US", "es-ES", "fr-FR", "it-IT", "ja-JP", "ko-KR", "pt-BR", "ru-RU", "zh-CN", "zh-TW")


def flat(data: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(data, dict):
        return {prefix: data}
    return {key: value for name, part in data.items() for key, value in flat(part, f"{prefix}.{name}").items()}


def test_there_are_twelve() -> None:
    assert supported() == ALL


@pytest.mark.parametrize("locale", ALL)
def test_every_locale_has_every_text_with_its_places(locale: str) -> None:
    english = flat(yaml.safe_load((FOLDER / "en-US.yml").read_text(encoding="utf-8")))
    other = flat(yaml.safe_load((FOLDER / f"{locale}.yml").read_text(encoding="utf-8")))
    assert other.keys() == english.keys()
    for key, text in english.items():
        assert type(other[key]) is type(text), key
        if isinstance(text, str):
            assert sorted(re.findall(r"\{(\w+)\}", other[key])) == sorted(re.findall(r"\{(\w+)\}", text)), key
    assert len(other[".answer.months"]) == 12
    assert other[".locale"] == locale


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("pt-br", "pt-BR"),
        ("PT_BR", "pt-BR"),
        ("pt", "pt-BR"),
        ("zh-Hant", "zh-TW"),
        ("zh", "zh-CN"),
        ("en-GB", "en-US"),
    ],
)
def test_canonical(tag: str, expected: str) -> None:
    assert canonical(tag) == expected


@pytest.mark.parametrize("tag", ["xx-XX", "", "  "])
def test_an_unknown_tag_is_named(tag: str) -> None:
    with pytest.raises(QueryError, match="Unknown locale"):
        canonical(tag)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quem cuida das contestações de cobrança?", "pt-BR"),
        ("¿Cómo escalo un problema?", "es-ES"),
        ("Who handles billing disputes?", "en-US"),
        ("Wer ist für Rechnungsfragen zuständig?", "de-DE"),
        ("Kdo řeší spory o vyúčtování?", "cs-CZ"),
        ("Chi gestisce le contestazioni di fatturazione?", "it-IT"),
        ("Qui s'occupe des litiges de facturation ?", "fr-FR"),
        ("如何上报问题？", "zh-CN"),
        ("如何向 Microsoft 回報問題？", "zh-TW"),
        ("請求の異議は誰が担当しますか", "ja-JP"),
        ("請求先住所の変更", "ja-JP"),  # one kana
        ("価格表", "ja-JP"),  # a character that only Japan writes
        ("新增客戶", "zh-TW"),
        ("价格表", "zh-CN"),
        ("청구 분쟁은 누가 처리하나요?", "ko-KR"),
        ("Кто занимается спорами по счетам?", "ru-RU"),
    ],
)
def test_detect(text: str, expected: str) -> None:
    assert detect(text)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Billing disputes", "en-US"),
        ("cancel subscription", "en-US"),
        ("Azure Reservations", "en-US"),
        ("cancelar assinatura", "pt-BR"),
        ("cancelar suscripción", "es-ES"),
        ("Lizenz weg", "de-DE"),
        ("facture fausse", "fr-FR"),
        ("fattura sbagliata", "it-IT"),
        ("zrušit licenci", "cs-CZ"),
    ],
)
def test_two_words_are_enough(text: str, expected: str) -> None:
    locale, sure = detect(text)
    assert locale == expected and sure >= 0.5


def test_what_japan_and_taiwan_both_write_is_not_told_for_sure() -> None:
    assert detect("請求書")[1] == 0.6
    assert detect("請求書", ["zh-CN", "zh-TW", "en-US"]) == ("zh-TW", 1.0)  # Japanese is no choice
    assert detect("請問帳單在哪裡")[1] == 1.0


@pytest.mark.parametrize("text", ["ok", "No", "sí", "MFA", "21Vianet", "Azure", "https://example.com/billing-disputes"])
def test_what_every_language_says_is_of_none(text: str) -> None:
    assert detect(text)[1] < TOLD


def test_a_language_that_nothing_was_learnt_of_is_told_like_any_other() -> None:
    asked = "Hoe kan ik het abonnement van mijn klant opzeggen en de licenties verwijderen?"
    assert detect(asked, [*supported(), "nl-NL"]) == ("nl-NL", pytest.approx(1, abs=0.05))


def test_nothing_to_tell_a_language_from() -> None:
    assert detect("123 ?!") == ("en-US", 0.0)
    assert detect("") == ("en-US", 0.0)
    assert detect("", ["pt-BR"]) == ("pt-BR", 0.0)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en-US", "June 5, 2020"),
        ("pt-BR", "5 de junho de 2020"),
        ("zh-CN", "2020年6月5日"),
        ("es-ES", "5 de junio de 2020"),
    ],
)
def test_dates(locale: str, expected: str) -> None:
    assert get_texts(locale).date(dt.date(2020, 6, 5)) == expected


def test_texts_fill_in_and_fall_back() -> None:
    assert (
        get_texts("en-US")("chat.too_long", limit=9) == "That is too long for me. Please ask in at most 9 characters."
    )
    assert get_texts("xx-XX").locale == "xx-XX"
    assert get_texts("xx-XX")("chat.thanks") == "You're welcome."
    with pytest.raises(KeyError):
        get_texts("en-US")("chat.nothing")
