"""The five articles that the project began with: which version answers for whom, in which language."""

from __future__ import annotations

import pytest

from bot.engine import Engine
from bot.types import Answer, Cloud, Query, Status

DISPUTES = "Quem cuida das contestações de cobrança?"


def ask(engine: Engine, text: str, cloud: str | None, locale: str | None = None) -> Answer:
    answer = engine.ask(Query(text, locale, Cloud(cloud) if cloud else None))
    for quoted in answer.answers:
        article = engine.show(quoted.citation.article_id, quoted.citation.locale)
        assert article.text[quoted.citation.start : quoted.citation.end] == quoted.quote
        assert article.sha256 == quoted.citation.sha256
    return answer


def sources(answer: Answer) -> list[str]:
    return [quoted.citation.article_id[:3] for quoted in answer.answers]


def test_disputes_for_21vianet(seeds: Engine) -> None:
    answer = ask(seeds, DISPUTES, "21vianet")
    assert (answer.status, answer.locale, sources(answer)) == (Status.ANSWERED, "pt-BR", ["003"])
    assert answer.answers[0].citation.anchor == "billingdisputes"
    assert "21Vianet" in answer.answers[0].quote


@pytest.mark.parametrize("cloud", ["global", "us-government"])
def test_disputes_for_clouds_whose_newest_version_has_no_such_section(seeds: Engine, cloud: str) -> None:
    answer = ask(seeds, DISPUTES, cloud)
    assert (answer.status, sources(answer)) == (Status.ANSWERED, ["001"])
    assert "perguntas relacionadas à cobrança" in answer.answers[0].quote


def test_disputes_for_germany(seeds: Engine) -> None:
    answer = ask(seeds, DISPUTES, "germany")
    assert (answer.status, sources(answer)) == (Status.ANSWERED, ["000"])
    assert answer.answers[0].citation.anchor == "billingdisputes"
    assert "older_version" in {label.id for label in answer.labels}


def test_disputes_for_an_unknown_cloud_stand_side_by_side(seeds: Engine) -> None:
    answer = ask(seeds, DISPUTES, None)
    shown = {quoted.citation.article_id[:3]: set(quoted.clouds) for quoted in answer.answers}
    assert shown == {
        "001": {Cloud.GLOBAL, Cloud.US_GOVERNMENT},
        "000": {Cloud.GERMANY},
        "003": {Cloud.CHINA},
    }
    assert answer.ask_cloud


@pytest.mark.parametrize("cloud", ["global", "us-government", "germany", None])
def test_escalation_in_chinese(seeds: Engine, cloud: str | None) -> None:
    answer = ask(seeds, "如何上报问题？", cloud)
    first = answer.answers[0]
    assert (answer.locale, first.citation.article_id[:3], first.citation.anchor) == ("zh-CN", "002", "escalatingissues")
    assert "上报给 Microsoft" in first.quote


@pytest.mark.parametrize("cloud", ["global", "us-government", "germany", None])
def test_escalation_in_spanish(seeds: Engine, cloud: str | None) -> None:
    answer = ask(seeds, "¿Cómo escalo un problema?", cloud)
    first = answer.answers[0]
    assert (answer.locale, first.citation.article_id[:3], first.citation.anchor) == ("es-ES", "004", "escalatingissues")
    assert first.citation.locale == "es-ES"


def test_escalation_in_spanish_for_21vianet_never_quotes_the_spanish_article(seeds: Engine) -> None:
    answer = ask(seeds, "¿Cómo escalo un problema?", "21vianet")
    assert "004" not in sources(answer)
    assert all(quoted.citation.article_id.startswith("003") for quoted in answer.answers)
