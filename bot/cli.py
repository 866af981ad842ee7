"""`guide ask`, `show`, `serve` and `chat`. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.errors import GuideError, QueryError
from bot.settings import Settings, load_settings
from bot.types import Cloud, Query

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Partner Guide: answers to partners' questions, quoted word for word from the help articles and cited.",
)

IndexOption = Annotated[
    Path | None,
    typer.Option("--index", metavar="DIR", help="The index folder. Default: the settings' (guide.yml, GUIDE_INDEX)."),
]
LocaleOption = Annotated[
    str | None,
    typer.Option("--locale", metavar="TAG", help="Your language, such as pt-BR; told from the question when absent."),
]
CloudOption = Annotated[
    Cloud | None,
    typer.Option(
        "--cloud", case_sensitive=False, help="Your Partner Center: only guidance for it is quoted. Absent: all, named."
    ),
]
OnlyOption = Annotated[
    str | None,
    typer.Option("--only", metavar="even|odd", help="Only the questions with an even or an odd number in their id."),
]
ModelOption = Annotated[
    Path, typer.Option("--model", metavar="PATH", help="The Rasa model: a file, or a folder of which the newest.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


@app.command(short_help="Answer one question: quote, source, labels")
def ask(
    question: Annotated[str, typer.Argument(help="The question, in your own words and language.")],
    locale: LocaleOption = None,
    cloud: CloudOption = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Answer one question: a quote, where it stands, and what to know about it.

    Asks a running `guide serve` where one serves the same index, which takes well under a second; otherwise loads
    the index itself. Ends with 0 when there is an answer and when the articles have none, with 2 on bad arguments.
    """
    settings = _settings(index)
    if locale:
        from bot.locales import canonical

        locale = canonical(locale)
    query = Query(settings.check_question(question), locale, cloud)
    from bot.client import ask_server

    found = ask_server(settings, query)
    if found is None:
        from bot.engine import Engine
        from bot.render import answer_dict, answer_text

        answer = Engine(settings.index, settings).ask(query)
        found = answer_dict(answer) | {"text": answer_text(answer)}
    text = found.pop("text")
    _print(json.dumps(found, ensure_ascii=False, indent=2) if as_json else text)


@app.command(short_help="Print an article as the index knows it")
def show(
    article_id: Annotated[str, typer.Argument(help="Its id, such as partner-center/provide-billing-support.")],
    locale: Annotated[
        str | None, typer.Option("--locale", metavar="TAG", help="Its language; English or the first when absent.")
    ] = None,
    cloud: Annotated[
        Cloud | None,
        typer.Option("--cloud", case_sensitive=False, help="The version that stands for this cloud."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print metadata, clouds, superseded versions, sections and the text.")
    ] = False,
    index: IndexOption = None,
) -> None:
    """Print an article's text as the index knows it: every quote is a piece of it."""
    from bot.engine import Engine
    from bot.render import article_dict

    settings = _settings(index)
    article = Engine(settings.index, settings).show(article_id, locale, cloud)
    if as_json:
        _print(json.dumps(article_dict(article), ensure_ascii=False, indent=2))
    else:
        _print(article.text, end="")


@app.command(short_help="Run the assistant, its REST channel and page")
def serve(
    index: IndexOption = None,
    port: Annotated[int | None, typer.Option("--port", help="Default: the settings' (5005).")] = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    model: ModelOption = Path("models"),
) -> None:
    """Run the assistant with its actions in one process: REST, a page to try it, and `guide ask`."""
    settings = _settings(index)
    if port is not None:
        settings = replace(settings, port=port)
    from bot.server import serve as run

    run(settings, host=host, model=model)


@app.command(short_help="Talk to the assistant in the terminal")
def chat(
    index: IndexOption = None,
    locale: LocaleOption = None,
    cloud: CloudOption = None,
    model: ModelOption = Path("models"),
) -> None:
    """Talk to the assistant in the terminal: with a running `guide serve` of this index, else with one of its own."""
    settings = _settings(index)
    if locale:
        from bot.locales import canonical

        locale = canonical(locale)
    from bot.terminal import run_chat

    run_chat(settings, locale=locale, cloud=cloud, model=model)


@app.command("eval", short_help="Score retrieval on judged questions")
def evaluate_questions(
    questions: Annotated[list[Path], typer.Argument(metavar="QUESTIONS…", help="Judged questions, one JSON a line.")],
    index: IndexOption = None,
    passages: Annotated[
        str,
        typer.Option(
            "--passages",
            metavar="same|cross|LOCALE",
            help="Which passages are searched: the question's own language, English ones, or one locale's.",
        ),
    ] = "same",
    run_file: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="Write the ranking as a TREC run.")
    ] = None,
    only: OnlyOption = None,
    dense: Annotated[
        float | None,
        typer.Option("--dense", min=0, max=1, help="Weight of meaning against words, from 0 (words alone) to 1."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the retrieval on judged questions, by language, with 95 % intervals."""
    from bot.engine import Engine
    from bot.evaluation.questions import half, read_questions
    from bot.evaluation.ranking import rank, write_run
    from bot.evaluation.report import evaluate, evaluation_dict, evaluation_text
    from bot.retrieval.search import Searcher

    if passages not in ("same", "cross"):
        from bot.locales import canonical

        passages = canonical(passages)
    settings = _settings(index)
    engine = Engine(settings.index, settings)
    searcher = engine.searcher()
    if dense is not None:
        searcher = Searcher(searcher.index, replace(searcher.calibration, dense=dense, dense_cross=dense))
    ranked = rank(searcher, half(read_questions(questions), only), engine.encoder.encode, passages)
    if run_file:
        write_run(run_file, ranked)
    evaluation = evaluate(ranked, searcher.index.sections(), passages)
    if as_json:
        _print(json.dumps(evaluation_dict(evaluation), ensure_ascii=False, indent=2))
    else:
        _print(evaluation_text(evaluation))


@app.command("calibrate", short_help="Fit fusion and confidence to judged questions")
def calibrate_encoder(
    questions: Annotated[list[Path], typer.Argument(metavar="QUESTIONS…", help="Judged questions, one JSON a line.")],
    index: IndexOption = None,
    only: OnlyOption = None,
) -> None:
    """Fit the weights of the fusion, the confidence and its threshold, and keep them beside the encoder's weights.

    Keep questions apart for the evaluation (--only here, --only with the other word there).
    """
    from dataclasses import asdict

    from bot.engine import Engine
    from bot.evaluation.calibrate import calibrate
    from bot.evaluation.questions import half, read_questions
    from bot.retrieval.calibration import save_calibration

    settings = _settings(index)
    engine = Engine(settings.index, settings)
    found = calibrate(engine.searcher(), half(read_questions(questions), only), engine.encoder.encode)
    path = save_calibration(found, settings.encoder)
    _print("\n".join(f"{name:<20}{value}" for name, value in asdict(found).items()) + f"\n{path}")


def run(application: typer.Typer) -> None:
    """Run the command line: an error of ours is one line on standard error, exit 2 for bad arguments, else 1."""
    try:
        application()
    except QueryError as error:
        sys.exit(_complain(error, 2))
    except GuideError as error:
        sys.exit(_complain(error, 1))
    except BrokenPipeError:
        # the reader has gone (`guide show … | head`): nothing is wrong, and nothing more can be printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(error: GuideError, code: int) -> int:
    print(f"guide: {error}", file=sys.stderr)
    return code


def _settings(index: Path | None) -> Settings:
    settings = load_settings()
    if index is not None:
        # An engine of another module of this process (the actions) reads the same setting.
        os.environ["GUIDE_INDEX"] = str(index.resolve())
        settings = replace(settings, index=index.resolve())
    return settings


def _print(text: str, **options: Any) -> None:
    """Print as UTF-8 whatever the terminal's encoding is: a quote must come out as it is."""
    sys.stdout.reconfigure(encoding="utf-8", errors="strict")
    print(text, **options)
    sys.stdout.flush()
