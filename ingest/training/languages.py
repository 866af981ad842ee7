"""What tells the languages of questions apart (bot.languages): learnt from all that is written here in each of them.

`python -m ingest.training.languages` writes the file anew, after a change of the questions or texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bot.languages import FILE, SCALE, pieces
from bot.locales import FOLDER, OTHER_SCRIPTS, supported
from bot.retrieval.known import read_known

DATA = Path(__file__).resolve().parents[2] / "data"
QUESTIONS = ("learnt", "more", "outside")  # of data/known
TALK_COUNTS = 3  # times: there is less of it than of questions
FEWEST = 20  # times that a piece is there
SMOOTHING = 0.3  # added to how often it is there in 100,000
_NAMED = re.compile(r"\[([^]]*)](?:\([^)]*\)|\{[^}]*\})")  # a word that an example says the meaning of
_PLACE = re.compile(r"\{\w*\}")


def learnt() -> str:
    """The content of the file: a piece a line, and for each language SCALE times its logarithm against the average."""
    locales = [locale for locale in supported() if locale.partition("-")[0] not in OTHER_SCRIPTS]
    counts = {locale: _count(locale) for locale in locales}
    total = sum(counts.values(), Counter())
    kept = sorted(piece for piece, count in total.items() if count >= FEWEST)
    shares = np.array([[counts[locale][piece] for locale in locales] for piece in kept], float)
    shares *= 1e5 / np.array([counts[locale].total() for locale in locales])
    logarithms = np.log(shares + SMOOTHING)
    tenths = np.rint((logarithms - logarithms.mean(axis=1, keepdims=True)) * SCALE).astype(int)
    first = "\t".join(["", *(locale.partition("-")[0] for locale in locales)])
    lines = ("\t".join([piece, *map(str, row)]) for piece, row in zip(kept, tenths.tolist(), strict=True))
    return "\n".join([first, *lines, ""])


def _count(locale: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in _talk(locale):
        found.update(list(pieces(text)) * TALK_COUNTS)
    for question in read_known(DATA / "known" / f"{name}.tsv" for name in QUESTIONS):
        if question.locale == locale.lower():
            found.update(pieces(question.text))
    return found


def _talk(locale: str) -> Iterator[str]:
    """The assistant's texts and what people are taught to say to it."""
    for text in _texts(yaml.safe_load((FOLDER / f"{locale}.yml").read_text(encoding="utf-8"))):
        yield _PLACE.sub(" ", text)
    for file in sorted((DATA / "nlu" / locale).glob("*.yml")):
        for intent in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in str(intent.get("examples", "")).splitlines():
                yield _NAMED.sub(r"\1", line.strip().removeprefix("-"))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)


if __name__ == "__main__":
    FILE.write_text(learnt(), encoding="utf-8", newline="\n")
