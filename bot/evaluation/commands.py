"""`guide eval` and `guide calibrate`. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import IndexOption, JsonOption, app, print_text, settings_for
from bot.errors import QueryError
from bot.retrieval.calibration import Retriever

if TYPE_CHECKING:
    from bot.engine import Engine
    from bot.evaluation.questions import Question

OnlyOption = Annotated[
    str | None,
    typer.Option("--only", metavar="even|odd", help="Only the questions with an even or an odd number in their id."),
]


@app.command("eval", short_help="Score retrieval, compare runs, score quotes")
def evaluate_questions(
    questions: Annotated[
        list[Path] | None, typer.Argument(metavar="[QUESTIONS…]", help="Judged questions, one JSON a line.")
    ] = None,
    index: IndexOption = None,
    passages: Annotated[
        str,
        typer.Option(
            "--passages",
            metavar="same|cross|LOCALE",
            help="Which passages are searched: the question's own language, English ones, or one locale's.",
        ),
    ] = "same",
    retriever: Annotated[
        Retriever, typer.Option("--retriever", help="What ranks: a part alone, or all of it.")
    ] = Retriever.RERANKED,
    run_file: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="Write the ranking as a TREC run.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.html", help="Write a page with pictures, and the failures to read."),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--compare", metavar="RUN_A RUN_B", help="Test two runs on the questions against each other instead."
        ),
    ] = None,
    quotes: Annotated[
        Path | None,
        typer.Option("--quotes", metavar="FILE", help="Score the quotes instead: sections with the answer marked."),
    ] = None,
    only: OnlyOption = None,
    as_new: Annotated[
        bool,
        typer.Option("--as-new", help="As if the articles that answer were new: no known question about them counts."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score the retrieval on judged questions, by language, style and cloud, with 95 % intervals.

    With --compare, a paired test of two runs by language; with --quotes, how well quotes hit the marked answers.
    """
    if bool(questions) == bool(quotes):
        raise QueryError("What is to be scored? Name files of judged questions, or --quotes FILE.")
    if (quotes or compare) and (run_file or report or as_new or passages != "same" or retriever != Retriever.RERANKED):
        raise QueryError("--run, --report, --as-new, --passages and --retriever are not for --quotes or --compare.")
    if quotes:
        _evaluate_quotes(quotes, only, _engine(index), as_json=as_json)
        return
    from bot.evaluation.questions import half, read_questions

    asked = half(read_questions(questions or []), only)
    if compare:
        _compare(asked, *compare, as_json=as_json)
    else:
        _evaluate(asked, _engine(index), passages, retriever, run_file, report, as_new=as_new, as_json=as_json)


def _engine(index: Path | None) -> Engine:
    from bot.engine import Engine

    settings = settings_for(index)
    return Engine(settings.index, settings)


def _evaluate(
    questions: list[Question],
    engine: Engine,
    passages: str,
    retriever: Retriever,
    run_file: Path | None,
    report: Path | None,
    *,
    as_new: bool,
    as_json: bool,
) -> None:
    from bot.evaluation.ranking import rank, write_run
    from bot.evaluation.report import Evaluation, evaluate, evaluation_dict, evaluation_text
    from bot.retrieval.search import Searcher

    if passages not in ("same", "cross"):
        from bot.locales import canonical

        passages = canonical(passages)
    searcher = engine.searcher()
    sections, clouds = searcher.index.sections(), searcher.index.cloud_names()

    def evaluated(retriever: Retriever) -> Evaluation:
        part = Searcher(searcher.index, searcher.calibration.only(retriever))
        ranked = rank(part, questions, engine.read, passages, as_new=as_new)
        return evaluate(ranked, sections, passages, clouds)

    known = {question.text.casefold() for question in searcher.index.known.questions}
    if same := sum(question.text.casefold() in known for question in questions):
        typer.echo(f"{same} of the questions are known to the index word for word: new ones will score less.", err=True)
    evaluation = evaluated(retriever)
    for file in filter(None, (run_file, report)):
        file.parent.mkdir(parents=True, exist_ok=True)
    if run_file:
        write_run(run_file, evaluation.ranked)
    if report:
        from bot.evaluation.page import evaluation_page

        others = {part.value: evaluated(part) for part in Retriever if part is not retriever}
        page = evaluation_page(others | {retriever.value: evaluation}, searcher.index.manifest)
        report.write_text(page, encoding="utf-8")
    if as_json:
        print_text(json.dumps(evaluation_dict(evaluation), ensure_ascii=False, indent=2))
    else:
        print_text(evaluation_text(evaluation))


def _compare(questions: list[Question], a: Path, b: Path, *, as_json: bool) -> None:
    from bot.evaluation.compare import compare, comparison_dict, comparison_text, read_run

    found = compare(questions, read_run(a), read_run(b))
    if as_json:
        print_text(json.dumps(comparison_dict(found), ensure_ascii=False, indent=2))
    else:
        print_text(comparison_text(found))


def _evaluate_quotes(file: Path, only: str | None, engine: Engine, *, as_json: bool) -> None:
    from bot.evaluation.questions import half
    from bot.evaluation.quotes import evaluate_quotes, quotes_dict, quotes_text, read_marks

    evaluation = evaluate_quotes(engine.searcher(), half(read_marks(file), only), engine.read, engine.encode)
    if as_json:
        print_text(json.dumps(quotes_dict(evaluation), ensure_ascii=False, indent=2))
    else:
        print_text(quotes_text(evaluation))


@app.command("calibrate", short_help="Fit ranking and confidence to judged questions")
def calibrate_encoder(
    questions: Annotated[list[Path], typer.Argument(metavar="QUESTIONS…", help="Judged questions, one JSON a line.")],
    index: IndexOption = None,
    only: OnlyOption = None,
) -> None:
    """Fit the fusion, the ranking's weights, the confidence and its threshold, and keep them beside the encoder.

    Questions that the encoder has learnt from make it look surer than it is: use others, and others again to score.
    """
    from bot.evaluation.calibrate import calibrate
    from bot.evaluation.questions import half, read_questions
    from bot.retrieval.calibration import save_calibration

    engine = _engine(index)
    searcher = engine.searcher()
    found = calibrate(searcher, half(read_questions(questions), only), engine.read)
    for kind in sorted({"same", "cross"} - set(found)):
        typer.echo(f"`{kind}` stays as it was: there are no questions for it in the languages of the index.", err=True)
    calibration = replace(searcher.calibration, **found)
    path = save_calibration(calibration, engine.settings.encoder)
    print_text(json.dumps(asdict(calibration), indent=1) + f"\n{path}")
