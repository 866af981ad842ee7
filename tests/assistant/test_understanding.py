"""What is taken for a question and what for small talk, on messages that are in no training file."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.dialogue import cloud_chosen, language_chosen, speaker, words_of
from bot.settings import Settings
from bot.types import Cloud

from conftest import ROOT  # isort: skip

QUESTION = {"ask_guidance", "nlu_fallback"}
UNSEEN = {
    "greet": ["hi folks", "Hey hello!", "oi pessoal", "Bom dia!!", "hola hola", "buenos días!", "你好呀", "早上好！"],
    "goodbye": ["bye for now", "see you soon", "tchau e até mais", "hasta luego!", "好的，再见"],
    "thanks": ["thank you so much", "Thanks again", "muito obrigado!!", "muchas gracias!", "非常感谢你"],
    "help": ["what can you help me with?", "como vc funciona?", "¿en qué me puedes ayudar?", "你能帮我做什么"],
    "choose_cloud": ["my cloud is US government", "minha nuvem é a alemã", "mi nube es la pública", "我的云是德国云"],
    "choose_language": ["Please answer in Spanish", "fala inglês?", "habla en inglés", "请用葡萄牙语"],
    "ask_person": ["I'd like to talk to a human", "quero falar com um humano", "quiero un agente", "我想找人工客服"],
    "helpful": ["yes, that helped", "sim, ajudou muito", "me ha servido", "很有用，谢谢"],
    "not_helpful": ["no, that did not help", "isso não foi útil", "eso no es lo que quería", "这不是我问的"],
    "out_of_scope": ["what's the weather like", "conte uma piada boa", "cuéntame otro chiste", "给我讲个笑话"],
}
QUESTIONS = [
    "refund?",
    "disputas",
    "争议",
    "hello, my customer wants to say goodbye to us",
    "thanks, who pays then?",
    "Obrigado! E como suspendo a assinatura?",
    "谢谢，怎么升级工单",
    "is support available in Spanish?",
    "O suporte é em português?",
    "what is the difference between the global cloud and 21Vianet",
    "que nuvem uso para o governo",
    "公有云和世纪互联有什么区别",
    "no billing menu",
    "Can a person from Microsoft call my customer?",
    "Kann ich ein Abonnement aussetzen?",
    "Comment contester une facture ?",
    "サポートリクエストの提出方法",
    "Kam nahlásím problém?",
    "the customer says the answer from support was wrong",
]


def intent(agent: Any, text: str) -> str:
    # in a thread of its own: a browser that earlier tests drive keeps an event loop running in this one
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, agent.parse_message(text)).result()["intent"]["name"]


@pytest.mark.parametrize("expected", UNSEEN)
def test_small_talk_is_understood(expected: str, agent: Any) -> None:
    wrong = {text: found for text in UNSEEN[expected] if (found := intent(agent, text)) != expected}
    assert len(wrong) <= len(UNSEEN[expected]) // 4, wrong


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_goes_to_the_articles(text: str, agent: Any) -> None:
    assert intent(agent, text) in QUESTION


def test_real_questions_go_to_the_articles(agent: Any) -> None:
    folder = ROOT.parent / "shared" / "eval" / "dev"
    if not folder.is_dir():
        pytest.skip(f"the development questions are not here ({folder})")
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [json.loads(line)["text"] for line in lines]
    swallowed = [text for text in texts if intent(agent, text) not in QUESTION]
    assert len(texts) > 600
    assert len(swallowed) <= len(texts) / 100, swallowed


def test_a_button_holds_no_words() -> None:
    assert words_of('/choose_cloud{"cloud": "germany"}') == ""
    assert words_of("/ask_person") == ""
    assert words_of("/greet@0.5") == ""
    assert words_of("/etc/hosts, what is it") == "/etc/hosts, what is it"
    assert words_of("  who pays? ") == "who pays?"
    assert words_of(None) == ""


@pytest.mark.parametrize(
    ("text", "slots", "metadata", "locale"),
    [
        ("Quem cuida das contestações de cobrança?", {}, None, "pt-BR"),
        ("hola", {}, None, "es-ES"),
        ("谢谢", {}, {}, "zh-CN"),
        ("", {}, None, "en-US"),
        ("12345", {}, None, "en-US"),
        ("Quem cuida das contestações de cobrança?", {}, {"locale": "es"}, "es-ES"),
        ("Quem cuida das contestações de cobrança?", {}, {"locale": "xx-XX"}, "pt-BR"),
        ("Quem cuida das contestações de cobrança?", {}, {"locale": 5}, "pt-BR"),
        ("Quem cuida das contestações de cobrança?", {}, ["locale"], "pt-BR"),
        ("Quem cuida das contestações?", {"locale": "zh-CN", "locale_chosen": True}, {"locale": "es"}, "zh-CN"),
        ("Quem cuida das contestações de cobrança?", {"locale": "es-ES"}, None, "pt-BR"),
        ("ok", {"locale": "es-ES"}, None, "es-ES"),
        ("thanks", {"locale": "zh-CN"}, None, "zh-CN"),
        ("billing", {"locale": "pt-BR"}, None, "pt-BR"),
        ("Solutions Partner designation", {"locale": "es-ES"}, None, "es-ES"),
        ("https://partner.microsoft.com/dashboard/home", {"locale": "es-ES"}, None, "es-ES"),
        ("How do I cancel this subscription?", {"locale": "es-ES"}, None, "en-US"),
        ("谢谢", {"locale": "es-ES"}, None, "zh-CN"),
        ("你好", {"locale": "zh-TW"}, None, "zh-TW"),
        ("谢谢", {"locale": "zh-TW"}, None, "zh-CN"),
        ("", {"locale": "gone-GONE", "locale_chosen": True}, None, "en-US"),
    ],
)
def test_whose_language_counts(text: str, slots: dict, metadata: Any, locale: str, settings: Settings) -> None:
    assert speaker(text, slots, metadata, settings).locale == locale


@pytest.mark.parametrize(
    ("slots", "metadata", "cloud", "is_open"),
    [
        ({}, None, None, True),
        ({"cloud_asked": True}, None, None, False),
        ({}, {"cloud": "germany"}, Cloud.GERMANY, False),
        ({}, {"cloud": "mars"}, None, True),
        ({}, {"cloud": ["germany"]}, None, True),
        ({"cloud": "21vianet"}, {"cloud": "germany"}, Cloud.CHINA, False),
        ({"cloud": "all"}, {"cloud": "germany"}, None, False),
    ],
)
def test_whose_cloud_counts(slots: dict, metadata: Any, cloud: Cloud | None, is_open: bool, settings: Settings) -> None:
    found = speaker("hello", slots, metadata, settings)
    assert (found.cloud, found.cloud_open) == (cloud, is_open)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Germany", Cloud.GERMANY),
        ("la nube alemana", Cloud.GERMANY),
        ("世纪互联", Cloud.CHINA),
        ("21Vianet", Cloud.CHINA),
        ("we are on GCC High", Cloud.US_GOVERNMENT),
        ("a nuvem pública", Cloud.GLOBAL),
        ("all clouds", "all"),
        ("Germany or China?", None),
        ("hello", None),
        ("", None),
    ],
)
def test_a_cloud_is_chosen_in_words(text: str, chosen: Cloud | str | None) -> None:
    assert cloud_chosen(text) == chosen


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("answer in Spanish", "es-ES"),
        ("em inglês, por favor", "en-US"),
        ("用中文", "zh-CN"),
        ("Traditional Chinese", "zh-TW"),
        ("auf Deutsch", "de-DE"),
        ("日本語で", "ja-JP"),
        ("Spanish or Portuguese?", None),
        ("another language", None),
        ("", None),
    ],
)
def test_a_language_is_chosen_in_words(text: str, chosen: str | None) -> None:
    assert language_chosen(text) == chosen
