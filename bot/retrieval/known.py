"""Known questions: written down with the section that answers them, so that a question like one of them finds it.

Others are known to be answered by no section: a question like them is likely to be answered by none either.

A file of them has one a line, in three columns with tabs between: locale, `article_id#anchor` or OUTSIDE, question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from bot.errors import GuideError

VECTORS, QUESTIONS = "known.npy", "known.tsv"
OUTSIDE = "-"  # stands where the section does, for a question that no article answers
LIKEST_OUTSIDE = 3  # of those so many, the likest, say how like them a new question is
LOOKED_AT = 200  # sections, those whose questions are likest on average, that can be among the likest
# How like them answered questions are on average (those of data/calibration.jsonl): said where none is known.
TYPICAL_OUTSIDE = 0.45


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question and the `article_id#anchor` of the section that answers it, or OUTSIDE.

    `locale` is in lower case ("pt-br").
    """

    locale: str
    section: str
    text: str

    @property
    def article(self) -> str:
        """The `article_id`."""
        return self.section.partition("#")[0]


def section_key(section: str) -> int:
    """A number of 64 bits that names a section, `article_id#anchor`, in every locale."""
    return int.from_bytes(hashlib.blake2b(section.encode(), digest_size=8).digest(), "little")


def read_known(files: Iterable[Path]) -> tuple[KnownQuestion, ...]:
    """The questions of some files, in order. Raises GuideError, naming file and line, for a line that is none."""
    found = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()  # editors on Windows put a mark first
        except (OSError, UnicodeDecodeError) as error:
            raise GuideError(f"{file} cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            columns = [column.strip() for column in line.split("\t")]
            if len(columns) == 3 and all(columns) and ("#" in columns[1] or columns[1] == OUTSIDE):
                found.append(KnownQuestion(columns[0].lower(), columns[1], columns[2]))
            elif line.strip():
                raise GuideError(
                    f"{file}:{number}: not a locale, article_id#anchor (or {OUTSIDE}) and question with tabs between."
                )
    return tuple(found)


class KnownQuestions:
    """The known questions of an index, ordered by their sections' keys; those that no section answers have one too.

    `vectors` are their unit vectors, 16-bit floats of shape (questions, dimension).
    """

    def __init__(self, questions: Sequence[KnownQuestion], vectors: np.ndarray) -> None:
        self.questions = tuple(questions)
        self.vectors = vectors
        outside = np.array([question.section == OUTSIDE for question in questions], bool)
        self._outside = vectors[outside].astype(np.float32)  # numpy multiplies 16-bit floats one by one
        self._answered = _Answered.of(
            [question for question in questions if question.section != OUTSIDE], vectors[~outside].astype(np.float32)
        )

    @classmethod
    def load(cls, folder: Path) -> KnownQuestions:
        """Read what `save` wrote. Raises FileNotFoundError where it is not there."""
        vectors = np.load(folder / VECTORS, mmap_mode="r")
        return cls(read_known([folder / QUESTIONS]), vectors)

    def save(self, folder: Path) -> None:
        """Write them to two files of a folder."""
        lines = ("\t".join((known.locale, known.section, known.text)) + "\n" for known in self.questions)
        (folder / QUESTIONS).write_text("".join(lines), encoding="utf-8")
        np.save(folder / VECTORS, self.vectors)

    def like(self, vector: np.ndarray, forget: Collection[str] = ()) -> Likeness:
        """How like the known questions a question's vector, float32 of shape (dimension,), is.

        Questions about the articles whose ids are in `forget` do not count.
        """
        likest = np.sort(self._outside @ vector)[-LIKEST_OUTSIDE:]
        return Likeness(self._answered, vector, forget, float(likest.mean()) if len(likest) else TYPICAL_OUTSIDE)

    def likest(self, vector: np.ndarray, count: int) -> list[tuple[KnownQuestion, float]]:
        """The `count` questions likest to a vector, likest first, with their cosines."""
        cosines = self.vectors.astype(np.float32) @ vector
        return [(self.questions[i], float(cosines[i])) for i in np.argsort(-cosines, kind="stable")[:count]]


@dataclass(frozen=True, slots=True)
class _Answered:
    """The questions that sections answer.

    `keys` of the sections, in order, `means` of their questions' vectors, float32 of shape (sections, dimension), and
    the `article` of each; `articles` are all of these. The questions about section i are rows `firsts[i]` to
    `firsts[i] + numbers[i]` of `vectors`, float32 of shape (questions, dimension).
    """

    keys: np.ndarray
    article: tuple[str, ...]
    articles: frozenset[str]
    means: np.ndarray
    firsts: np.ndarray
    numbers: np.ndarray
    vectors: np.ndarray

    @classmethod
    def of(cls, questions: Sequence[KnownQuestion], vectors: np.ndarray) -> _Answered:
        """Of questions in the order of their sections' keys, and their vectors."""
        keys, firsts, numbers = np.unique(
            np.array([section_key(question.section) for question in questions], np.uint64),
            return_index=True,
            return_counts=True,
        )
        article = tuple(questions[first].article for first in firsts)
        sums = np.add.reduceat(vectors, firsts) if len(firsts) else vectors
        means = sums / numbers[:, None].astype(np.float32)
        return cls(keys, article, frozenset(article), means, firsts, numbers, vectors)

    def likest(self, places: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """The cosine of the likest question about each of some sections, given by place, to a vector."""
        if not len(places):
            return np.zeros(0, np.float32)
        numbers = self.numbers[places]
        starts = np.cumsum(numbers) - numbers
        rows = np.arange(numbers.sum()) + np.repeat(self.firsts[places] - starts, numbers)
        return np.maximum.reduceat(self.vectors[rows] @ vector, starts)


class Likeness:
    """How like a question the known questions about a section are: half the likest, half the mean of all of them.

    So one that is like by chance does not decide. `articles` are the ids of the articles that questions are known
    about; `outside` is the mean cosine of the likest questions that no article answers.
    """

    def __init__(self, answered: _Answered, vector: np.ndarray, forget: Collection[str], outside: float) -> None:
        self.articles = answered.articles.difference(forget)
        self.outside = outside
        self._answered = answered
        self._vector = vector
        self._means = answered.means @ vector
        if forget:
            self._means[[article in forget for article in answered.article]] = np.nan

    def of(self, keys: np.ndarray) -> np.ndarray:
        """The likeness of some sections, float32 of shape (len(keys),); NaN for one without known questions."""
        found = np.full(len(keys), np.nan, np.float32)
        ordered = self._answered.keys
        if len(ordered):
            places = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
            there = ordered[places] == keys
            found[there] = self._at(places[there])
        return found

    @cached_property
    def likest(self) -> np.ndarray:
        """The keys of the sections whose questions are likest, best first.

        They are the LOOKED_AT with the largest means, so that not every question is compared: a section is lost where
        one of its questions is like and the others are far off.
        """
        places = np.argsort(-self._means, kind="stable")[:LOOKED_AT]  # those that are NaN come last
        places = places[~np.isnan(self._means[places])]
        return self._answered.keys[places[np.argsort(-self._at(places), kind="stable")]]

    def _at(self, places: np.ndarray) -> np.ndarray:
        return (self._answered.likest(places, self._vector) + self._means[places]) / 2
