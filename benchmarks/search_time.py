"""How long a question takes to read and to search for, one at a time, over an index.

python benchmarks/search_time.py QUESTIONS.jsonl… [--index DIR]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from bot.engine import Engine
from bot.evaluation.questions import read_questions
from bot.retrieval.asking import ask
from bot.settings import load_settings

WARM_UP = 20  # questions that are not timed: whatever is read or imported once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("questions", type=Path, nargs="+", metavar="QUESTIONS")
    parser.add_argument("--index", type=Path, help="default: the settings'")
    options = parser.parse_args()
    settings = load_settings()
    engine = Engine(options.index or settings.index, settings)
    searcher = engine.searcher()
    asked = [q for q in read_questions(options.questions) if q.locale in searcher.index.locales]
    if len(asked) <= WARM_UP:
        parser.error(f"more than {WARM_UP} questions in the languages of the index are needed")
    times: dict[str, list[float]] = {"read": [], "search": []}
    for number, question in enumerate([*asked[:WARM_UP], *asked]):
        start = time.perf_counter()
        (one,) = ask([(question.text, question.locale)], engine.read)
        read = time.perf_counter()
        searcher.search(searcher.evidence(one), question.locale)
        if number >= WARM_UP:
            times["read"].append(1000 * (read - start))
            times["search"].append(1000 * (time.perf_counter() - read))
    passages = sum(len(index.rows) for index in searcher.index.locales.values())
    print(f"{len(asked)} questions, {passages:,} passages in {len(searcher.index.locales)} locales; ms")
    print(f"{'':<8}{'p50':>7}{'p95':>7}{'p99':>7}")
    for name, of_name in times.items():
        print(f"{name:<8}" + "".join(f"{value:>7.1f}" for value in np.percentile(of_name, [50, 95, 99])))


if __name__ == "__main__":
    main()
