"""How a question is read before it is searched for: its subject without the one cloud that it names."""

from __future__ import annotations

import numpy as np
import pytest

from bot.clouds import without_clouds
from bot.engine import Engine
from bot.retrieval.asking import ask
from bot.types import Cloud


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Who handles disputes at 21Vianet?", "Who handles disputes at ?"),
        ("Wer hilft meinem Kunden in China bei 21Vianet?", "Wer hilft meinem Kunden in bei ?"),
        ("Как в Китае сменить план у 21Vianet?", "Как в сменить план у ?"),
        ("世纪互联的账单在哪里", "的账单在哪里"),
        ("can I suspend a GCC High customer", "can I suspend a customer"),
        # sold in the public Partner Center: a product, no cloud of ours
        ("can I suspend a GCC customer", "can I suspend a GCC customer"),
    ],
)
def test_the_subject_is_without_the_clouds_name_and_its_countrys(text: str, subject: str) -> None:
    assert without_clouds(text) == subject


@pytest.mark.parametrize(
    "text",
    [
        "Who handles disputes?",
        "My customer in China does not pay",  # a country alone is no cloud
        "Can a customer move from 21Vianet to the US Government cloud?",  # about both
        "21Vianet?",  # nothing would be left
        "",
    ],
)
def test_all_else_is_its_own_subject(text: str) -> None:
    assert without_clouds(text) == text


def test_the_vector_lies_between_the_texts_and_the_subjects(samples: Engine) -> None:
    text, plain = "Who handles disputes at 21Vianet?", "Who handles disputes?"
    named, unnamed = ask([(text, "en-US"), (plain, "pt-BR")], samples.read)
    whole, subject, alone = samples.encode([text, "Who handles disputes at ?", plain])
    middle = (whole + subject) / np.linalg.norm(whole + subject)
    assert np.allclose(named.vector, middle, atol=0.01)
    assert (named.clouds, named.subject, named.locale) == ({Cloud.CHINA}, "Who handles disputes at ?", "en-US")
    assert np.allclose(unnamed.vector, alone, atol=0.01)
    assert (unnamed.clouds, unnamed.subject, unnamed.locale) == (set(), plain, "pt-BR")


def test_no_questions_need_no_vectors(samples: Engine) -> None:
    assert ask([], samples.read) == []


def test_chinese_in_another_script_is_no_other_language(samples: Engine) -> None:
    (asked,) = ask([("账单在哪里", "zh-CN")], samples.read)
    assert [asked.is_cross(locale) for locale in ("zh-CN", "zh-TW", "en-US")] == [False, False, True]
