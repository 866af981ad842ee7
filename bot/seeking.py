"""Which hits count for a question: the user's language first, another one where it has what the user's has not.

Where another language has the answer, the same section in the user's own language stands for it, or the same
article's newer text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.citing import cite_section
from bot.explain import Fate, Purpose
from bot.locales import get_texts
from bot.record import Record
from bot.retrieval.asking import Asked
from bot.retrieval.features import NAMES
from bot.retrieval.search import Hit, Searcher, in_one_order
from bot.types import Article, Citation, Cloud

RELATED = 3
# Guidance for another cloud stands beside the best where it is that article's counterpart, or scores as well but for
# this: else every question would bring three distant cousins along.
BESIDE = 0.05


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits for some clouds, best first; `answers` says whether the first is good enough to be quoted."""

    hits: tuple[Hit, ...]
    answers: bool


class Search:
    """One question against one index; `record` is told what is done."""

    def __init__(self, searcher: Searcher, asked: Asked, record: Record) -> None:
        self.searcher = searcher
        self.asked = asked
        self.locale = asked.locale
        self.record = record
        self._evidence = searcher.evidence(asked)

    def best(self, clouds: Iterable[Cloud] | None, purpose: Purpose = Purpose.ANSWER) -> Found:
        """The best hits for some clouds (as `Searcher.search` takes them): the user's language first."""
        clouds = None if clouds is None else frozenset(clouds)
        self.record.begins(purpose, self.asked.text, clouds)
        found = self._best(clouds)
        self.record.finds(found.hits, answers=found.answers)
        return found

    def _best(self, clouds: frozenset[Cloud] | None) -> Found:
        answers = self.searcher.calibration.answers
        own = self._hits(self.locale, clouds)
        if own and answers(own[0].confidence, cross=False):
            return Found(own, True)
        self.record.passes(own[:1], Fate.BELOW_THRESHOLD)
        other = self._other_locales(clouds)
        if other and answers(other[0].confidence, cross=self.asked.is_cross(other[0].locale)):
            twin = self._twin(own, other[0], clouds)
            if twin is None:
                return Found(other, True)
            sure = replace(twin, confidence=other[0].confidence)
            same = [hit for hit in own if (hit.article_row, hit.section) == (twin.article_row, twin.section)]
            self.record.passes(same, Fate.TAKEN_FOR_ANOTHER)
            return Found((sure, *(hit for hit in own if hit not in same)), True)
        self.record.passes(other[:1], Fate.BELOW_THRESHOLD)
        return Found(own or other, False)

    def _twin(self, own: Sequence[Hit], other: Hit, clouds: frozenset[Cloud] | None) -> Hit | None:
        """The hit in the user's language to quote instead of one in another language; None where there is none.

        That is the same section's translation. Where there is none, and the article's text in the user's language
        is the newer one, it is that text's best section: the other language's is a superseded version's.
        """
        if self.locale not in self.searcher.index.locales:
            return None
        if translated := self.searcher.translation(other, self._evidence, clouds=clouds):
            self.record.passes([other], Fate.TRANSLATED)
            return translated
        article, least = self.searcher.article(other), self.searcher.calibration.same.threshold / 10
        for hit in own:
            candidate = self.searcher.article(hit)
            if hit.confidence >= least and _are_siblings(candidate, article) and _is_newer(candidate, article):
                self.record.passes([other], Fate.NEWER_TEXT)
                return hit
        return None

    def stands_beside(self, hit: Hit, top: Hit) -> bool:
        """Whether a hit for another cloud is to be shown beside the best one."""
        return self._but_for_clouds(hit) >= self._but_for_clouds(top) - BESIDE or _are_counterparts(
            self.searcher.article(hit), self.searcher.article(top)
        )

    def _but_for_clouds(self, hit: Hit) -> float:
        """A hit's score without what its clouds add to it."""
        weights = self.searcher.calibration.weights(cross=self.asked.is_cross(hit.locale))
        return hit.score - weights.rank.get("cloud", 0.0) * hit.features[NAMES.index("cloud")]

    def citations(
        self, hits: Iterable[Hit], cited: set[tuple[str, str]], *, by_article: bool = False
    ) -> tuple[Citation, ...]:
        """Citations of sections not cited yet, at most RELATED; with `by_article` one an article."""
        seen = set(cited)
        found: list[Citation] = []
        for hit in hits:
            article, section = self.searcher.article(hit), self.searcher.section(hit)
            key = (article.article_id, "" if by_article else section.anchor)
            if key in seen or len(found) == RELATED:
                continue
            seen.add(key)
            found.append(cite_section(self.searcher, hit))
            self.record.passes([hit], Fate.RELATED)
        return tuple(found)

    def _hits(self, locale: str, clouds: frozenset[Cloud] | None) -> tuple[Hit, ...]:
        cross = self.asked.is_cross(locale)
        if locale not in self.searcher.index.locales:
            self.record.searches(locale, (), cross=cross, indexed=False)
            return ()
        found = tuple(self.searcher.search(self._evidence, locale, clouds=clouds))
        self.record.searches(locale, found, cross=cross)
        return found

    def _other_locales(self, clouds: frozenset[Cloud] | None) -> tuple[Hit, ...]:
        """Hits in all other locales, best first, all translations of one section as one hit."""
        others = [locale for locale in self.searcher.index.locales if locale != self.locale]
        hits = in_one_order(self._hits(locale, clouds) for locale in others)
        preferred = (*get_texts(self.locale).fallback, "en-US")
        one: dict[tuple[str, str], Hit] = {}
        for hit in hits:
            key = (self.searcher.article(hit).article_id, self.searcher.section(hit).anchor)
            known = one.setdefault(key, hit)
            if known is hit:
                continue
            # The translation that the user most likely reads stands for the section, at the best one's place.
            if _place(hit.locale, preferred) < _place(known.locale, preferred):
                one[key] = hit
                self.record.passes([known], Fate.OTHER_TRANSLATION)
            else:
                self.record.passes([hit], Fate.OTHER_TRANSLATION)
        return tuple(one.values())


def _are_siblings(one: Article, other: Article) -> bool:
    return one.article_id == other.article_id or (bool(one.asset_id) and one.asset_id == other.asset_id)


def _are_counterparts(one: Article, other: Article) -> bool:
    """Whether two articles are about the same thing, for different clouds perhaps.

    They are siblings, have the same level-one anchor, or one's name holds the other's ("China-suspend-a-subscription").
    """
    if _are_siblings(one, other) or (_first_anchor(one) and _first_anchor(one) == _first_anchor(other)):
        return True
    short, long = sorted((f"-{a.article_id.rpartition('/')[2].casefold()}-" for a in (one, other)), key=len)
    return short.count("-") > 2 and short in long


def _first_anchor(article: Article) -> str:
    return next((section.anchor for section in article.sections if section.level == 1), "")


def _is_newer(one: Article, other: Article) -> bool:
    return one.date is not None and (other.date is None or one.date > other.date)


def _place(locale: str, preferred: Sequence[str]) -> int:
    return preferred.index(locale) if locale in preferred else len(preferred)
