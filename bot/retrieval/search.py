"""Hybrid search: the passages of one locale ranked by words and by meaning, a section standing for its best one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bot.index import Index, bits_clouds, cloud_bits
from bot.retrieval.calibration import Calibration
from bot.types import Article, Cloud, Clouds, Section

DEPTH = 200  # passages taken from each retriever before they are joined


@dataclass(frozen=True, slots=True)
class Hit:
    """A section found, by its best passage (`start`, `end`). Scores are larger for better; equal ones order by row."""

    locale: str
    row: int
    article_row: int
    section: int
    start: int
    end: int
    clouds: Clouds
    cosine: float
    lexical: float
    score: float
    confidence: float


class Searcher:
    """Searches one opened index."""

    def __init__(self, index: Index, calibration: Calibration) -> None:
        self.index = index
        self.calibration = calibration
        self._masks: dict[tuple[str, int | None], np.ndarray] = {}

    def article(self, hit: Hit) -> Article:
        return self.index.store.article(hit.article_row)

    def section(self, hit: Hit) -> Section:
        return self.article(hit).sections[hit.section]

    def lexical_scores(self, text: str, locale: str) -> np.ndarray:
        """Lexical scores of a question against all passages of a locale, float32 of shape (passages,)."""
        return self.index.locales[locale].lexical.scores(text)

    def search(
        self,
        vector: np.ndarray,
        lexical: np.ndarray,
        locale: str,
        *,
        cross: bool,
        clouds: Iterable[Cloud] | None = None,
        count: int = 10,
    ) -> list[Hit]:
        """The best sections of a locale, best first, at most `count`.

        `vector` is the question's, float32 of shape (dimension,); `lexical` comes from `lexical_scores`. `clouds`
        limits the passages to those for any of the clouds named; an empty iterable to those of unknown cloud; None
        does not limit them. `cross` says that question and passages are in different languages.
        """
        index = self.index.locales[locale]
        allowed = None if clouds is None else self._mask(locale, cloud_bits(clouds))
        rows, _ = index.dense.search(vector, DEPTH, allowed)
        rows = np.union1d(rows, _best(lexical, DEPTH, allowed))
        if not len(rows):
            return []
        cosines = index.dense.vectors(rows) @ vector
        scores = self.calibration.score(cosines, lexical[rows], cross=cross)
        hits: dict[tuple[int, int], Hit] = {}
        for i in np.lexsort((rows, -scores)):
            hit = self._hit(locale, int(rows[i]), float(cosines[i]), float(lexical[rows[i]]), cross=cross)
            hits.setdefault((hit.article_row, hit.section), hit)
            if len(hits) == count:
                break
        return list(hits.values())

    def translation(
        self, hit: Hit, vector: np.ndarray, lexical: np.ndarray, locale: str, *, clouds: Iterable[Cloud] | None = None
    ) -> Hit | None:
        """The same section in another locale, by its best passage; None where it is not there for the clouds.

        The arguments are those of `search`, `locale` that of the question.
        """
        anchor, index = self.section(hit).anchor, self.index.locales[locale]
        allowed = None if clouds is None else self._mask(locale, cloud_bits(clouds))
        for article_row in self.index.store.current_rows(self.article(hit).article_id, locale):
            sections = self.index.store.article(article_row).sections
            place = next((i for i, section in enumerate(sections) if section.anchor == anchor), None)
            rows = np.flatnonzero((index.rows["article"] == article_row) & (index.rows["section"] == place))
            rows = rows if allowed is None else rows[allowed[rows]]
            if place is not None and len(rows):
                cosines = index.dense.vectors(rows) @ vector
                best = int(np.argmax(self.calibration.score(cosines, lexical[rows], cross=False)))
                return self._hit(locale, int(rows[best]), float(cosines[best]), float(lexical[rows[best]]), cross=False)
        return None

    def _hit(self, locale: str, row: int, cosine: float, lexical: float, *, cross: bool) -> Hit:
        passage = self.index.locales[locale].rows[row]
        return Hit(
            locale=locale,
            row=row,
            article_row=int(passage["article"]),
            section=int(passage["section"]),
            start=int(passage["start"]),
            end=int(passage["end"]),
            clouds=bits_clouds(int(passage["clouds"])),
            cosine=cosine,
            lexical=lexical,
            score=float(self.calibration.score(cosine, lexical, cross=cross)),
            confidence=self.calibration.confidence(cosine, lexical, cross=cross),
        )

    def _mask(self, locale: str, bits: int) -> np.ndarray:
        if (locale, bits) not in self._masks:
            clouds = self.index.locales[locale].rows["clouds"]
            self._masks[locale, bits] = (clouds & bits) > 0 if bits else clouds == 0
        return self._masks[locale, bits]


def _best(scores: np.ndarray, count: int, allowed: np.ndarray | None) -> np.ndarray:
    rows = np.flatnonzero(scores > 0 if allowed is None else (scores > 0) & allowed)
    if len(rows) > count:
        rows = rows[np.argpartition(-scores[rows], count)[:count]]
    return rows
