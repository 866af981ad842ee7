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
    explain: Annotated[
        bool, typer.Option("--explain", help="Also print how the answer came about: searches, scores, the quote.")
    ] = False,
    index: IndexOption = None,
) -> None:
    """Answer one question: a quote, where it stands, and what to know about it.

    Asks a running `guide serve` where one serves the same index, which takes well under a second; otherwise loads
    the index itself. Ends with 0 when there is an answer and when the articles have none, with 2 on bad arguments.
    """
    settings = settings_for(index)
    if locale:
        from bot.locales import canonical

        locale = canonical(locale)
    query = Query(settings.check_question(question), locale, cloud)
    from bot.client import ask_server

    found = ask_server(settings, query, explain=explain)
    if found is None:
        from bot.engine import Engine
        from bot.render import ask_dict

        engine = Engine(settings.index, settings)
        found = ask_dict(*engine.explain(query)) if explain else ask_dict(engine.ask(query))
    text = found.pop("text")
    print_text(json.dumps(found, ensure_ascii=False, indent=2) if as_json else text)


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

    settings = settings_for(index)
    article = Engine(settings.index, settings).show(article_id, locale, cloud)
    if as_json:
        print_text(json.dumps(article_dict(article), ensure_ascii=False, indent=2))
    else:
        print_text(article.text, end="")


@app.command(short_help="Run the assistant, its REST channel and page")
def serve(
    index: IndexOption = None,
    port: Annotated[int | None, typer.Option("--port", help="Default: the settings' (5005).")] = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    model: ModelOption = Path("models"),
) -> None:
    """Run the assistant with its actions in one process: REST, a page to try it, and `guide ask`."""
    settings = settings_for(index)
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
    settings = settings_for(index)
    if locale:
        from bot.locales import canonical

        locale = canonical(locale)
    from bot.terminal import run_chat

    run_chat(settings, locale=locale, cloud=cloud, model=model)


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


def settings_for(index: Path | None) -> Settings:
    """The settings in force, with another index where one is given."""
    settings = load_settings()
    if index is not None:
        # An engine of another module of this process (the actions) reads the same setting.
        os.environ["GUIDE_INDEX"] = str(index.resolve())
        settings = replace(settings, index=index.resolve())
    return settings


def print_text(text: str, **options: Any) -> None:
    """Print as UTF-8 whatever the terminal's encoding is: a quote must come out as it is."""
    sys.stdout.reconfigure(encoding="utf-8", errors="strict")
    print(text, **options)
    sys.stdout.flush()
