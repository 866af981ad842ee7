"""FAQ pages: every question is a section."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.errors import ArticleError
from bot.types import BlockKind, Translation
from ingest import faq
from ingest.discover import Found
from ingest.parse import parse_file

PAGE = """### YamlMime:FAQ
metadata:
  title: Questions on bills
  ms.date: 6/17/2021
  ms.contentlocale: pt-br
  ms.translationtype: MT
title: Questions
summary: |
  **Aplica-se a**: Partner Center operado pela 21Vianet

  **Funções apropriadas**: Agente de vendas | Administrador

  Leia primeiro.

  ## <a name="more"></a>Mais

  Depois isto.
sections:
- name: Contas
  questions:
  - question: |
      Quem **paga**?
    answer: |
      Você paga.

      ## Um título

      - um
      - [dois](pay.md)
  - question: Quando?
    answer: Hoje.
- name: Ignored
  questions:
  - question: Onde?
    answer: >
      Aqui.
additionalContent: "\\n## <a name=\\"next\\"></a>Próximo\\n\\nFim."
"""


def parsed(text: str, name: str = "guide/questions"):
    return parse_file(Found(Path("docs/pt-br/guide/questions.yml"), name, "pt-BR"), text.encode(), {})


def test_the_page_and_its_sections() -> None:
    result = parsed(PAGE)
    (article,) = result.articles
    assert (article.title, article.locale, article.date) == ("Questions on bills", "pt-BR", dt.date(2021, 6, 17))
    assert (article.translation, article.roles) == (Translation.MACHINE, ("Agente de vendas", "Administrador"))
    assert result.applies_to == (("Partner Center operado pela 21Vianet",),)
    assert [(s.anchor, s.heading, s.path, s.level) for s in article.sections] == [
        ("_top", "", (), 0),
        ("more", "Mais", (), 2),
        ("contas", "Contas", (), 2),
        ("faq-1", "Quem paga?", ("Contas",), 3),
        ("faq-2", "Quando?", ("Contas",), 3),
        ("faq-3", "Onde?", (), 2),
        ("next", "Próximo", (), 2),
    ]
    shown = [(article.sections[p.section].anchor, article.text[p.start : p.end]) for p in article.passages]
    assert shown == [
        ("_top", "Leia primeiro."),
        ("more", "Depois isto."),
        ("faq-1", "Você paga.\n\nUm título\n\n• um\n• dois"),
        ("faq-2", "Hoje."),
        ("faq-3", "Aqui."),
        ("next", "Fim."),
    ]
    assert [article.text[b.start : b.end] for b in article.blocks if b.kind is BlockKind.META] == [
        "Aplica-se a: Partner Center operado pela 21Vianet",
        "Funções apropriadas: Agente de vendas | Administrador",
    ]


def test_the_title_falls_back_to_the_page() -> None:
    page = "### YamlMime:FAQ\ntitle: Questions\nsections:\n- questions:\n  - question: Who?\n    answer: You.\n"
    (article,) = parsed(page).articles
    assert article.title == "Questions"
    assert article.text == "Who?\n\nYou."


def test_a_bilingual_page_gives_two_articles() -> None:
    def both(translated: str, english: str) -> str:
        return (
            f"<span data-ttu-id='a'>{translated}</span><span class='sxs-lookup'>"
            f"<span data-stu-id='a'>{english}</span></span>"
        )

    page = (
        f'### YamlMime:FAQ\ntitle: "{both("Perguntas", "Questions")}"\nsections:\n- questions:\n'
        f'  - question: "{both("Quem?", "Who?")}"\n    answer: "{both("Você.", "You.")}"\n'
    )
    translated, english = parsed(page).articles
    assert (translated.title, translated.text) == ("Perguntas", "Quem?\n\nVocê.")
    assert (english.title, english.text, english.locale) == ("Questions", "Who?\n\nYou.", "en-US")
    assert [(pair.english, translated.text[pair.start : pair.end]) for pair in translated.alignment] == [
        ("Who?", "Quem?"),
        ("You.", "Você."),
    ]


def test_pages_of_other_kinds_are_left_out() -> None:
    for kind, reason in [("Landing", "a landing page"), ("Hub", "a landing page"), ("TOC", "a table of contents")]:
        result = parsed(f"### YamlMime:{kind}\ntitle: x\n")
        assert (result.articles, [(n.reason, n.refused) for n in result.notices]) == ((), [(reason, False)])
    assert [n.reason for n in parsed("name: value\n").notices] == ["YAML that is no FAQ page"]


@pytest.mark.parametrize(
    ("page", "line", "reason"),
    [
        ("### YamlMime:FAQ\n- a\n", 1, "the FAQ page is not a mapping of names to values"),
        ("### YamlMime:FAQ\ntitle: x\n", 1, "the FAQ page has no list of sections"),
        ("### YamlMime:FAQ\ntitle: x\nsections: [\n", 4, "the YAML cannot be read"),
        ("### YamlMime:FAQ\nsections: []\n", None, "there is no text in the article"),
    ],
)
def test_broken_pages_are_refused(page: str, line: int | None, reason: str) -> None:
    (notice,) = parsed(page).notices
    assert notice.refused and notice.line == line and notice.reason.startswith(reason)


def test_odd_entries_are_passed_over() -> None:
    data = faq.load("### YamlMime:FAQ\nsections:\n- x\n- questions: none\n- questions:\n  - x\n  - {question: Who?}\n")
    assert faq.document(data, str).text == "Who?"
    with pytest.raises(ArticleError):
        faq.load("a: [")
