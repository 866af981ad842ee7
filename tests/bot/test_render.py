from __future__ import annotations

import datetime as dt

from bot.locales import get_texts
from bot.render import answer_dict, answer_text, label_text
from bot.types import Answer, Citation, Cloud, Label, Link, QuotedAnswer, Status, Translation


def citation(**changes: object) -> Citation:
    values: dict[str, object] = {
        "article_id": "partner-center/bills",
        "anchor": "pay",
        "title": "Bills",
        "heading": "Pay a bill",
        "url": "https://learn.example/en-US/partner-center/bills#pay",
        "locale": "en-US",
        "clouds": (Cloud.GLOBAL,),
        "translation": Translation.MACHINE,
        "date": dt.date(2020, 6, 5),
        "start": 10,
        "end": 30,
        "sha256": "ab",
        "source": "kb/bills.md",
    }
    return Citation(**{**values, **changes})


QUOTED = QuotedAnswer(
    (Cloud.GLOBAL,), "Pay within ten days.", citation(), 0.8, (Label("machine_translation"),), (Link(0, 3, "https://x.example"),)
)  # fmt: skip


def test_an_answer_in_words() -> None:
    answer = Answer(Status.ANSWERED, "en-US", Cloud.GLOBAL, 0.8, (QUOTED,), related=(citation(heading="", url=None),))
    assert answer_text(answer) == (
        "Pay within ten days.\n"
        "\n"
        "Source: Bills, section “Pay a bill”, https://learn.example/en-US/partner-center/bills#pay\n"
        "This text was translated by a machine.\n"
        "Links in the quote:\n"
        "• Pay: https://x.example\n"
        "\n"
        "See also:\n"
        "• Bills, kb/bills.md"
    )


def test_answers_for_several_clouds_are_named() -> None:
    china = QuotedAnswer((Cloud.CHINA,), "Pay 21Vianet.", citation(), 0.7)
    answer = Answer(Status.ANSWERED, "pt-BR", None, 0.8, (QUOTED, china), ask_cloud=True)
    text = answer_text(answer)
    assert "Para Partner Center (nuvem pública):\nPay within ten days." in text
    assert "Para Partner Center operado pela 21Vianet (China):\nPay 21Vianet." in text


def test_no_answer_in_words() -> None:
    answer = Answer(
        Status.ABSTAINED,
        "es-ES",
        Cloud.GERMANY,
        0.1,
        help=citation(),
        elsewhere=(citation(),),
        labels=(Label("elsewhere", {"clouds": "21vianet"}),),
    )
    texts = get_texts("es-ES")
    text = answer_text(answer)
    assert text.startswith(texts("abstain.none"))
    assert texts("labels.elsewhere", clouds=texts("clouds.21vianet")) in text
    assert text.endswith(texts("abstain.rephrase"))


def test_labels_speak_the_users_language() -> None:
    label = Label("newer_elsewhere", {"locale": "en-US", "date": "2021-05-18"})
    assert label_text(label, get_texts("en-US")) == "A newer text of this article exists in English (May 18, 2021)."
    assert "2021年5月18日" in label_text(label, get_texts("zh-CN"))


def test_json_has_plain_values() -> None:
    answer = Answer(Status.ANSWERED, "en-US", None, 0.81239, (QUOTED,), index={"build": "b"}, timings_ms={"total": 1.0})
    data = answer_dict(answer)
    assert (data["status"], data["cloud"], data["confidence"]) == ("answered", None, 0.8124)
    shown = data["answers"][0]
    assert shown["clouds"] == ["global"]
    assert shown["citation"]["translation"] == "machine"
    assert shown["citation"]["date"] == "2020-06-05"
    assert shown["labels"] == [{"id": "machine_translation", "text": "This text was translated by a machine."}]
    assert answer_dict(Answer(Status.ABSTAINED, "en-US", None, 0.0))["answers"] == []
