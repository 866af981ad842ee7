"""Conversations with the real actions on the real index: what is quoted, from where, and in which language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rasa.shared.core.events import UserUttered

from bot.engine import Engine
from bot.locales import get_texts
from bot.types import Cloud

Talk = Callable[..., Any]

QUESTIONS = {
    "en-US": "Who handles billing disputes?",
    "pt-BR": "Quem cuida das contestações de cobrança?",
    "es-ES": "¿Quién se ocupa de las disputas de facturación?",
    "zh-CN": "计费争议由谁处理？",
}
SMALL_TALK = {
    "en-US": ("hello", "bye", "thank you", "help", "tell me a joke"),
    "pt-BR": ("olá", "tchau", "obrigado", "ajuda", "conta uma piada"),
    "es-ES": ("hola", "adiós", "gracias", "ayuda", "cuéntame un chiste"),
    "zh-CN": ("你好", "再见", "谢谢", "帮助", "讲个笑话"),
}


def check_quotes(message: dict[str, Any], engine: Engine) -> list[dict[str, Any]]:
    """Every quote stands in its article where its citation says, and in the text of the message."""
    answers = message["custom"]["answers"]
    for answer in answers:
        citation = answer["citation"]
        cloud = Cloud(answer["clouds"][0]) if answer["clouds"] else None
        article = engine.show(citation["article_id"], citation["locale"], cloud)
        assert article.text[citation["start"] : citation["end"]] == answer["quote"]
        assert article.sha256 == citation["sha256"]
        assert answer["quote"] in message["text"]
        assert citation["title"] in message["text"]
    return answers


@pytest.mark.parametrize("locale", QUESTIONS)
def test_a_question_is_answered_with_a_quote_in_its_language(locale: str, talk: Talk, served: Engine) -> None:
    message = talk(cloud="global").one(QUESTIONS[locale])
    (answer,) = check_quotes(message, served)
    assert message["custom"]["status"] == "answered"
    assert message["custom"]["locale"] == locale
    assert message["custom"]["cloud"] == "global"
    assert answer["clouds"] == ["global"]
    assert answer["citation"]["article_id"] == "partner-center/billing-disputes"
    assert answer["citation"]["locale"] == locale
    assert answer["citation"]["url"].startswith(
        f"https://learn.microsoft.com/{locale}/partner-center/billing-disputes#"
    )
    assert answer["citation"]["url"] in message["text"]
    assert "buttons" not in message


def test_a_payload_tells_nothing_of_the_server(talk: Talk) -> None:
    assert "index" not in talk(cloud="global").one(QUESTIONS["en-US"])["custom"]


@pytest.mark.parametrize("locale", QUESTIONS)
def test_the_cloud_is_asked_once_and_its_choice_answers_the_question(locale: str, talk: Talk, served: Engine) -> None:
    texts = get_texts(locale)
    say = talk()
    message = say.one(QUESTIONS[locale])
    answers = check_quotes(message, served)
    assert len(answers) >= 2
    assert message["custom"]["ask_cloud"] is True
    assert message["text"].endswith(texts("chat.ask_cloud"))
    assert [button["payload"] for button in message["buttons"]] == [
        '/choose_cloud{"cloud": "global"}',
        '/choose_cloud{"cloud": "us-government"}',
        '/choose_cloud{"cloud": "germany"}',
        '/choose_cloud{"cloud": "21vianet"}',
        '/choose_cloud{"cloud": "all"}',
    ]
    assert message["buttons"][3]["title"] == texts("clouds.21vianet")

    again = say.one(QUESTIONS[locale])
    assert again["custom"]["ask_cloud"] is False
    assert "buttons" not in again

    confirmed, answer = say('/choose_cloud{"cloud": "21vianet"}')
    assert confirmed["text"] == texts("chat.cloud_set", cloud=texts("clouds.21vianet"))
    assert confirmed["custom"] == {"locale": locale, "chosen_cloud": "21vianet"}
    (only,) = check_quotes(answer, served)
    assert answer["custom"]["cloud"] == "21vianet"
    assert only["citation"]["article_id"] == "Archive/China-billing-disputes"
    assert only["citation"]["locale"] == locale


@pytest.mark.parametrize(
    ("words", "locale", "cloud"),
    [
        ("I'm on US Government", "en-US", "us-government"),
        ("a gente usa a nuvem alemã", "pt-BR", "germany"),
        ("nuestra nube es la pública", "es-ES", "global"),
        ("我用世纪互联", "zh-CN", "21vianet"),
        ("Germany", "en-US", "germany"),
    ],
)
def test_the_cloud_is_said_in_words(words: str, locale: str, cloud: str, talk: Talk) -> None:
    texts = get_texts(locale)
    message = talk(locale=locale).one(words)
    assert message["text"] == texts("chat.cloud_set", cloud=texts(f"clouds.{cloud}"))


def test_a_chosen_cloud_beats_the_channel_s_and_all_clouds_can_be_had_again(talk: Talk) -> None:
    say = talk(cloud="global", locale="en-US")
    say('/choose_cloud{"cloud": "21vianet"}')
    message = say.one("How do I suspend a subscription?")
    assert message["custom"]["cloud"] == "21vianet"
    assert say.one("show all clouds")["text"] == get_texts("en-US")("chat.cloud_reset")
    message = say.one("How do I suspend a subscription?")
    assert message["custom"]["cloud"] is None
    assert message["custom"]["ask_cloud"] is False


def test_a_cloud_in_the_question_counts_for_the_question_only(talk: Talk) -> None:
    say = talk(cloud="global", locale="en-US")
    message = say.one("How do I suspend a customer's subscription at 21Vianet?")
    assert message["custom"]["cloud"] == "21vianet"
    assert message["custom"]["answers"][0]["citation"]["clouds"] == ["21vianet"]
    message = say.one("How do I suspend a subscription?")
    assert message["custom"]["cloud"] == "global"
    assert "global" in message["custom"]["answers"][0]["citation"]["clouds"]


def test_what_was_chosen_is_remembered_however_long_the_conversation(talk: Talk) -> None:
    say = talk()
    say('/choose_cloud{"cloud": "21vianet"}')
    say('/choose_language{"language": "pt-BR"}')
    for _ in range(25):
        say.one("thank you")
    tracker = asyncio.run(say.agent.tracker_store.retrieve(say.sender))
    assert sum(isinstance(event, UserUttered) for event in tracker.events) == 20
    message = say.one("How do I suspend a subscription?")
    assert (message["custom"]["locale"], message["custom"]["cloud"]) == ("pt-BR", "21vianet")


def test_an_unclear_cloud_is_asked_for(talk: Talk) -> None:
    message = talk(locale="es-ES").one("cambiar de nube")
    assert message["text"] == get_texts("es-ES")("chat.cloud_unclear")
    assert len(message["buttons"]) == 5


def test_the_language_is_changed_and_stays(talk: Talk) -> None:
    say = talk(cloud="global")
    assert say.one("Who handles billing disputes?")["custom"]["locale"] == "en-US"
    assert say.one("responde em português por favor")["text"] == get_texts("pt-BR")("chat.locale_set")
    assert say.one("Who handles billing disputes?")["custom"]["locale"] == "pt-BR"
    message = say.one(QUESTIONS["pt-BR"])
    assert message["custom"]["answers"][0]["citation"]["locale"] == "pt-BR"
    assert say.one("¡gracias!")["text"] == get_texts("pt-BR")("chat.thanks")
    assert say.one('/choose_language{"language": "zh-cn"}')["text"] == get_texts("zh-CN")("chat.locale_set")
    assert say.one("idioma")["text"] == get_texts("zh-CN")("chat.locale_unclear")


def test_the_language_follows_the_user_and_short_words_do_not_change_it(talk: Talk) -> None:
    say = talk(cloud="global")
    assert say.one("hola")["text"] == get_texts("es-ES")("chat.greet")
    assert say.one("ok")["custom"]["locale"] == "es-ES"
    assert say.one("thanks")["text"] == get_texts("es-ES")("chat.thanks")
    assert say.one("Can you tell me who handles the billing disputes of my customers?")["custom"]["locale"] == "en-US"
    assert say.one("谢谢")["text"] == get_texts("zh-CN")("chat.thanks")


def test_the_channel_s_language_counts(talk: Talk) -> None:
    assert talk(locale="pt-br", cloud="global").one("SLA?")["custom"]["locale"] == "pt-BR"
    assert talk(locale="nonsense").one("hello")["custom"]["locale"] == "en-US"


@pytest.mark.parametrize(
    ("locale", "question"),
    [
        ("en-US", "Which aircraft engine burns the least kerosene per passenger mile?"),
        ("pt-BR", "Qual motor de avião gasta menos querosene por passageiro?"),
        ("es-ES", "¿Qué motor de avión gasta menos queroseno por pasajero?"),
        ("zh-CN", "哪种飞机发动机每位乘客消耗的煤油最少？"),
    ],
)
def test_what_the_articles_do_not_hold_is_not_answered(locale: str, question: str, talk: Talk) -> None:
    message = talk(locale=locale, cloud="global").one(question)
    texts = get_texts(locale)
    assert message["custom"]["status"] == "abstained"
    assert message["custom"]["answers"] == []
    assert message["text"].startswith(texts("abstain.none"))


@pytest.mark.parametrize("locale", SMALL_TALK)
def test_small_talk(locale: str, talk: Talk) -> None:
    say = talk(locale=locale)
    for words, key in zip(SMALL_TALK[locale], ("greet", "goodbye", "thanks", "help", "out_of_scope"), strict=True):
        message = say.one(words)
        assert message["text"] == get_texts(locale)(f"chat.{key}")
        assert message["custom"] == {"locale": locale}


@pytest.mark.parametrize(
    "question",
    [
        "Hi, who handles billing disputes?",
        "Thanks! And how do I suspend a subscription?",
        "Olá, quem cuida das contestações?",
        "Gracias. ¿Y quién paga si el cliente no paga?",
        "你好，计费争议由谁处理？",
        "I need help with a customer who does not pay",
    ],
)
def test_a_question_is_never_taken_for_small_talk(question: str, talk: Talk) -> None:
    assert "status" in talk(cloud="global").one(question)["custom"]


@pytest.mark.parametrize("locale", QUESTIONS)
def test_feedback(locale: str, talk: Talk) -> None:
    texts = get_texts(locale)
    say = talk(locale=locale, cloud="global")
    cited = say.one(QUESTIONS[locale])["custom"]["answers"][0]["citation"]
    message = say.one("/helpful")
    assert message["text"] == texts("chat.helpful")
    assert message["custom"]["feedback"]["helpful"] is True
    about = f"{locale}/{cited['article_id']}#{cited['anchor']}"
    assert message["custom"]["feedback"]["about"]["citations"] == [about]
    message = say.one("/not_helpful")
    assert message["text"] == texts("chat.not_helpful")
    assert message["buttons"] == [{"title": texts("chat.not_helpful_person"), "payload": "/ask_person"}]


@pytest.mark.parametrize(
    ("words", "locale"),
    [
        ("I want to talk to a person", "en-US"),
        ("quero falar com uma pessoa", "pt-BR"),
        ("quiero hablar con una persona", "es-ES"),
        ("我要找人工", "zh-CN"),
    ],
)
def test_a_person(words: str, locale: str, talk: Talk, served: Engine) -> None:
    message = talk(locale=locale, cloud="global").one(words)
    texts = get_texts(locale)
    if message["custom"].get("answers"):
        assert message["text"].startswith(texts("chat.person") + "\n\n")
        check_quotes(message, served)
    else:
        assert message["text"] == texts("chat.person_unknown")


@pytest.mark.parametrize(
    "payload",
    [
        "/choose_cloud",
        '/choose_cloud{"cloud": {"a": [1]}}',
        '/choose_cloud{"cloud": "mars"}',
        "/choose_cloud{garbage",
        '/choose_cloud{"cloud": null}',
        '/choose_language{"language": 7}',
        "/choose_language[1, 2]",
        '/unknown_intent{"x": 1}',
        "/nlu_fallback",
        "/ask_guidance",
        "/ask_guidance@0.1",
        "/help",
        "/",
        "//",
        "/{}",
        '{"cloud": "germany"}',
        "\x00\x07",
        "🙂🙂🙂",
        "?",
    ],
)
def test_whatever_is_sent_gets_a_reply(payload: str, talk: Talk) -> None:
    (message,) = talk(locale="en-US")(payload)
    assert message["text"]
    assert message["text"] != get_texts("en-US")("chat.unavailable")


def test_a_question_of_the_longest_length_is_answered_and_a_longer_one_refused(talk: Talk) -> None:
    say = talk(locale="en-US", cloud="global")
    assert "status" in say.one(("Who handles billing disputes? " * 100)[:2000])["custom"]
    texts = get_texts("en-US")
    assert say.one("Who handles billing disputes? " * 100)["text"] == texts("chat.too_long", limit=2000)
