"""The command line as its users call it: `guide` itself, in a process of its own, on a real index."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from guide_command import GUIDE, ROOT, guide

from bot.engine import Engine
from bot.locales import get_texts


def test_the_script_that_is_installed() -> None:
    done = subprocess.run([GUIDE, "--help"], capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0
    assert "Usage: guide" in done.stdout


@pytest.mark.parametrize("command", ["", "ask", "show", "serve", "chat", "ingest", "eval", "train-encoder"])
def test_help(command: str) -> None:
    done = guide(*command.split(), "--help")
    assert done.returncode == 0
    assert "Usage: guide" in done.stdout


def test_ask_json_is_one_object_whose_quote_is_in_the_article(samples: Engine) -> None:
    question = "Quem cuida das contestações de cobrança?"
    done = guide("ask", question, "--json", "--cloud", "global", "--index", samples.path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["locale"], answer["cloud"]) == ("answered", "pt-BR", "global")
    assert 0 < answer["confidence"] <= 1
    assert set(answer) >= {"answers", "related", "labels", "index", "timings_ms"}
    first = answer["answers"][0]
    citation = first["citation"]
    assert set(citation) >= {
        "article_id", "anchor", "title", "heading", "url", "locale", "clouds", "translation", "date", "start", "end",
        "sha256",
    }  # fmt: skip
    shown = guide("show", citation["article_id"], "--locale", citation["locale"], "--index", samples.path).stdout
    assert shown[citation["start"] : citation["end"]] == first["quote"]
    assert hashlib.sha256(shown.encode()).hexdigest() == citation["sha256"]
    assert citation["url"] == (f"https://learn.microsoft.com/pt-BR/{citation['article_id']}#{citation['anchor']}")


def test_ask_in_words(samples: Engine) -> None:
    done = guide("ask", "¿Quién se ocupa de las disputas de facturación?", "--index", samples.path, "--cloud", "GLOBAL")
    assert done.returncode == 0, done.stderr
    assert get_texts("es-ES")("answer.source") in done.stdout


def test_a_locale_is_taken_in_any_case_and_printed_canonically(samples: Engine) -> None:
    done = guide("ask", "billing disputes", "--locale", "ZH-cn", "--json", "--index", samples.path)
    assert json.loads(done.stdout)["locale"] == "zh-CN"


def test_ask_explains_itself(samples: Engine) -> None:
    words = ["ask", "Who handles billing disputes at 21Vianet?", "--explain", "--index", samples.path]
    done = guide(*words, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "text" not in answer
    question = answer["explanation"]["question"]
    assert (question["locale"], question["locale_from"]) == ("en-US", "question")
    assert (question["cloud"], question["cloud_from"]) == ("21vianet", "question")
    assert question["clouds_named"] == ["21vianet"]
    (quote,), (shown,) = answer["explanation"]["quotes"], answer["answers"]
    assert (quote["quote_start"], quote["quote_end"]) == (shown["citation"]["start"], shown["citation"]["end"])
    text = guide(*words).stdout
    assert text.startswith(shown["quote"])
    assert "\nQuestion       Who handles billing disputes at 21Vianet?\nLanguage       en-US, told" in text
    assert "\n1. An answer: for 21vianet\n   en-US, same language, threshold " in text
    assert "explanation" not in json.loads(guide(*words[:2], "--json", "--index", samples.path).stdout)


def test_abstaining_is_no_error(samples: Engine) -> None:
    done = guide("ask", "How do I bake sourdough bread at home?", "--json", "--index", samples.path)
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["answers"]) == ("abstained", [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "x", "--locale", "tlh"], "Unknown locale 'tlh'"),
        (["ask", "x", "--cloud", "mars"], "'mars' is not one of"),
        (["ask", "   "], "The question is empty."),
        (["ask", "x" * 3000], "longer than 2000 characters"),
        (["ask"], "Missing argument"),
        (["eval", "/nowhere.jsonl"], "cannot be read"),
    ],
)
def test_bad_arguments_end_with_2_and_say_why(samples: Engine, arguments: list[str], message: str) -> None:
    done = guide(*arguments, "--index", samples.path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_no_index_names_the_command_that_builds_one(tmp_path: Path) -> None:
    done = guide("ask", "x", "--index", tmp_path / "none")
    assert done.returncode == 1
    assert done.stderr == (
        f"guide: There is no index at {tmp_path}/none. Build one: guide ingest FOLDER --index {tmp_path}/none\n"
    )


def test_show_prints_the_text_alone_and_says_what_it_knows(samples: Engine) -> None:
    article = samples.show("partner-center/billing-disputes", "en-US")
    assert guide("show", article.article_id, "--index", samples.path).stdout == article.text
    known = json.loads(guide("show", article.article_id, "--json", "--index", samples.path).stdout)
    assert known["text"] == article.text
    assert known["sections"][0]["anchor"] == article.sections[0].anchor
    missing = guide("show", "billing-disputes", "--index", samples.path)
    assert missing.returncode == 1
    assert "Did you mean" in missing.stderr


def test_ingest_reports_and_goes_on_after_bad_files(tmp_path: Path) -> None:
    folder = tmp_path / "kb" / "en-us" / "help"
    folder.mkdir(parents=True)
    (folder / "good.md").write_text("---\ntitle: Refunds\n---\n# Refunds\n\nA refund takes ten days.\n")
    (folder / "bad.md").write_text("---\ntitle: [\n---\n# Bad\n")
    (folder / "latin.md").write_bytes(b"# Caf\xe9\n")
    done = guide("ingest", tmp_path / "kb", "--index", tmp_path / "index", "--json", GUIDE_KNOWN_QUESTIONS="")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["articles"], report["locales"]) == (1, {"en-US": {"articles": 1, "passages": 1}})
    assert sorted(Path(n["file"]).name for n in report["refused"]) == ["bad.md", "latin.md"]
    asked = guide("ask", "How long does a refund take?", "--index", tmp_path / "index", "--json")
    answer = json.loads(asked.stdout)
    assert answer["answers"][0]["quote"] == "A refund takes ten days."
    assert answer["answers"][0]["citation"]["url"] is None
    assert [label["id"] for label in answer["labels"]] == ["cloud_unknown"]


def test_ingesting_nothing_leaves_the_index(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = guide("ingest", tmp_path / "empty", "--index", tmp_path / "index")
    assert done.returncode == 1
    assert "No article in" in done.stderr
    done = guide("ingest", tmp_path / "nowhere", "--index", tmp_path / "index")
    assert done.returncode == 1
    assert "is not a folder of articles" in done.stderr


def test_an_evaluation_writes_runs_and_a_page_and_runs_are_compared(samples: Engine, tmp_path: Path) -> None:
    questions = ROOT / "data" / "questions.jsonl"
    some = tmp_path / "some.jsonl"
    lines = [line for line in questions.read_text(encoding="utf-8").splitlines() if '"en-US"' in line][:24]
    known = samples.index.known.questions[0]
    lines.append(json.dumps({"id": "k", "text": known.text, "locale": known.locale, "relevant": [known.section]}))
    some.write_text("\n".join(lines), encoding="utf-8")
    words, page = tmp_path / "words.run", tmp_path / "page.html"
    done = guide("eval", some, "--retriever", "lexical", "--run", words, "--json", "--index", samples.path)
    assert done.returncode == 0, done.stderr
    assert "1 of the questions are known to the index word for word" in done.stderr
    lexical = json.loads(done.stdout)["locales"]["en-US"]["section@5"]["mean"]
    done = guide("eval", some, "--run", tmp_path / "all.run", "--report", page, "--json", "--index", samples.path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["questions"][0]) == {"id", "status", "confidence", "ranked"}
    assert "global" in found["clouds"]
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and text.count("<svg") == 4
    assert all(f">{part}<" in text for part in ("lexical", "dense", "hybrid", "reranked"))  # the bars' legend
    done = guide("eval", some, "--compare", words, tmp_path / "all.run", "--json")
    assert done.returncode == 0, done.stderr
    compared = json.loads(done.stdout)["en-US"]["section@5"]
    assert compared["a"] == pytest.approx(lexical, abs=1e-3)
    assert compared["b"] == pytest.approx(found["locales"]["en-US"]["section@5"]["mean"], abs=1e-3)
    done = guide("eval", "--compare", words, words)
    assert done.returncode == 2 and "Name files of judged questions" in done.stderr
