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
LIKEST_OUTSIDE = 3  # of those a new question is compared with so many, the likest
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
        keys = np.array([section_key(question.section) for question in questions], np.uint64)
        self._keys, self._starts = np.unique(keys, return_index=True)
        self._numbers = np.diff(self._starts, append=len(self.questions)).astype(np.float32)  # of questions, by key
        self._answers = self._keys != section_key(OUTSIDE)  # bool of shape (keys,)
        self._outside = np.array([question.section == OUTSIDE for question in questions], bool)
        self._articles = frozenset(question.article for question in questions) - {OUTSIDE}

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

    @cached_property
    def _wide(self) -> np.ndarray:
        return self.vectors.astype(np.float32)  # numpy multiplies 16-bit floats one by one

    def like(self, vector: np.ndarray, forget: Collection[str] = ()) -> Likeness:
        """How like the known questions a question's vector, float32 of shape (dimension,), is.

        Questions about the articles whose ids are in `forget` do not count.
        """
        if not len(self.questions):
            return Likeness(self._keys, np.zeros(0, np.float32), frozenset(), TYPICAL_OUTSIDE)
        cosines = self._wide @ vector
        outside = np.sort(cosines[self._outside])[-LIKEST_OUTSIDE:]
        how_like = float(outside.mean()) if len(outside) else TYPICAL_OUTSIDE
        means = np.add.reduceat(cosines, self._starts) / self._numbers
        found = (np.maximum.reduceat(cosines, self._starts) + means) / 2
        counts, articles = self._answers, self._articles
        if forget:
            counts = counts & [self.questions[start].article not in forget for start in self._starts]
            articles = articles - set(forget)
        return Likeness(self._keys[counts], found[counts], articles, how_like)

    def likest(self, vector: np.ndarray, count: int) -> list[tuple[KnownQuestion, float]]:
        """The `count` questions likest to a vector, likest first, with their cosines."""
        if not len(self.questions):
            return []
        cosines = self._wide @ vector
        return [(self.questions[i], float(cosines[i])) for i in np.argsort(-cosines, kind="stable")[:count]]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the known questions about each section are: `keys` in order, and `cosines`, float32, both (sections,).

    A cosine is half that of the likest question about the section and half the mean of all about it, so that one that
    is like by chance does not decide. `articles` are the ids of the articles that questions are known about. `outside`
    is the mean cosine of the likest questions that no article answers.
    """

    keys: np.ndarray
    cosines: np.ndarray
    articles: frozenset[str]
    outside: float

    def of(self, keys: np.ndarray) -> np.ndarray:
        """The cosines of some sections, float32 of shape (len(keys),); NaN for one without known questions."""
        if not len(self.keys):
            return np.full(len(keys), np.nan, np.float32)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, self.cosines[places], np.float32(np.nan))

    def best(self, count: int) -> np.ndarray:
        """The keys of the `count` sections whose questions are likest, best first."""
        return self.keys[np.argsort(-self.cosines, kind="stable")[:count]]
