"""Keeping what the engine does while it answers: it tells a `Record`, and a `Recorder` makes an `Explanation` of it.

Nothing here decides anything: what is not asked for is not kept, and what is kept is what the engine used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.explain import (
    Alike,
    Analysis,
    Candidate,
    Explanation,
    Fate,
    LocaleTerms,
    Outcome,
    Purpose,
    QuoteReasons,
    Round,
    Searched,
    Source,
    WeighedPiece,
)
from bot.quote import Quote
from bot.retrieval.asking import Asked
from bot.retrieval.features import NAMES, exact_phrases
from bot.retrieval.known import OUTSIDE
from bot.retrieval.search import Hit, Searcher
from bot.retrieval.terms import question_terms
from bot.types import Cloud

ALIKE = 3  # known questions that an explanation names


class Record:
    """Is told what the engine does, and forgets it."""

    def asks(self, searcher: Searcher, asked: Asked, locale_from: Source, cloud: tuple[Cloud | None, Source]) -> None:
        """A question is asked, for this cloud; and where its locale and the cloud come from."""

    def begins(self, purpose: Purpose, text: str, clouds: frozenset[Cloud] | None) -> None:
        """A round begins; what is told until the next belongs to it."""

    def searches(self, locale: str, hits: Sequence[Hit], *, cross: bool, indexed: bool = True) -> None:
        """A locale was searched."""

    def passes(self, hits: Iterable[Hit], fate: Fate) -> None:
        """This became of hits that were searched; what is told last holds."""

    def finds(self, hits: Sequence[Hit], *, answers: bool) -> None:
        """The round came to this."""

    def settles(self, taken: Hit, outcome: Outcome) -> None:
        """This became of the round that came to a hit."""

    def quotes(self, hit: Hit, clouds: tuple[Cloud, ...], quote: Quote) -> None:
        """A hit is quoted."""


@dataclass(slots=True)
class _Begun:
    purpose: Purpose
    text: str
    clouds: frozenset[Cloud] | None
    searches: list[tuple[str, bool, bool, Sequence[Hit]]] = field(default_factory=list)
    found: Sequence[Hit] = ()
    answers: bool = False


class Recorder(Record):
    """Keeps what it is told of one question."""

    def __init__(self) -> None:
        self._rounds: list[_Begun] = []
        self._quotes: list[tuple[Hit, tuple[Cloud, ...], Quote]] = []
        # by the identity of hits, all of which the rounds keep: equal hits of two rounds may fare differently
        self._fates: dict[int, Fate] = {}
        self._outcomes: dict[int, Outcome] = {}

    def asks(self, searcher: Searcher, asked: Asked, locale_from: Source, cloud: tuple[Cloud | None, Source]) -> None:
        self._searcher, self._asked, self._locale_from, self._cloud = searcher, asked, locale_from, cloud

    def begins(self, purpose: Purpose, text: str, clouds: frozenset[Cloud] | None) -> None:
        self._rounds.append(_Begun(purpose, text, clouds))

    def searches(self, locale: str, hits: Sequence[Hit], *, cross: bool, indexed: bool = True) -> None:
        self._rounds[-1].searches.append((locale, cross, indexed, hits))

    def passes(self, hits: Iterable[Hit], fate: Fate) -> None:
        for hit in hits:
            if fate is not Fate.RELATED:
                self._fates[id(hit)] = fate
            else:  # says less than why it was not taken
                self._fates.setdefault(id(hit), fate)

    def finds(self, hits: Sequence[Hit], *, answers: bool) -> None:
        self._rounds[-1].found, self._rounds[-1].answers = hits, answers
        if answers:
            self.passes(hits[:1], Fate.TAKEN)

    def settles(self, taken: Hit, outcome: Outcome) -> None:
        self._outcomes[id(taken)] = outcome

    def quotes(self, hit: Hit, clouds: tuple[Cloud, ...], quote: Quote) -> None:
        self._quotes.append((hit, clouds, quote))
        self.settles(hit, Outcome.QUOTED)

    def explanation(self) -> Explanation:
        """What was told, once the question is answered."""
        return Explanation(
            question=self._analysis(),
            weights=self._searcher.calibration,
            rounds=tuple(self._round(begun) for begun in self._rounds),
            quotes=tuple(self._reasons(*quoted) for quoted in self._quotes),
        )

    def _analysis(self) -> Analysis:
        from bot.locales import detect

        asked = self._asked
        detected, probability = detect(asked.text)
        cloud, cloud_from = self._cloud
        locales = (s[0] for r in self._rounds for s in r.searches if r.text == asked.text and s[2])
        return Analysis(
            text=asked.text,
            locale=asked.locale,
            locale_from=self._locale_from,
            detected=detected,
            probability=probability,
            cloud=cloud,
            cloud_from=cloud_from if cloud else None,
            clouds_named=_in_order(asked.clouds),
            subject=asked.subject,
            exact=exact_phrases(asked.text),
            terms=tuple(
                LocaleTerms(locale, question_terms(asked.subject, self._searcher.index.locales[locale]))
                for locale in dict.fromkeys(locales)
            ),
            known=tuple(
                Alike(known.text, None if known.section == OUTSIDE else known.section, cosine)
                for known, cosine in self._searcher.index.known.likest(asked.vector, ALIKE)
            ),
        )

    def _round(self, begun: _Begun) -> Round:
        return Round(
            purpose=begun.purpose,
            text=begun.text,
            clouds=None if begun.clouds is None else _in_order(begun.clouds),
            searches=tuple(
                Searched(
                    locale=locale,
                    cross=cross,
                    indexed=indexed,
                    threshold=self._searcher.calibration.weights(cross=cross).threshold,
                    candidates=tuple(self._candidate(hit) for hit in hits),
                )
                for locale, cross, indexed, hits in begun.searches
            ),
            taken=self._candidate(begun.found[0]) if begun.answers else None,
            outcome=self._outcome(begun),
        )

    def _outcome(self, begun: _Begun) -> Outcome:
        if begun.purpose is Purpose.NEAREST:
            return Outcome.NAMED
        if not begun.answers:
            return Outcome.BELOW_THRESHOLD if begun.found else Outcome.NOTHING
        return self._outcomes.get(id(begun.found[0]), Outcome.CITED)

    def _candidate(self, hit: Hit) -> Candidate:
        article, section = self._searcher.article(hit), self._searcher.section(hit)
        return Candidate(
            locale=hit.locale,
            article_id=article.article_id,
            anchor=section.anchor,
            heading=section.heading,
            clouds=_in_order(hit.clouds),
            start=hit.start,
            end=hit.end,
            **dict(zip(NAMES, hit.features, strict=True)),
            fused=hit.fused,
            score=hit.score,
            confidence=hit.confidence,
            fate=self._fates.get(id(hit), Fate.BEHIND),
        )

    def _reasons(self, hit: Hit, clouds: tuple[Cloud, ...], quote: Quote) -> QuoteReasons:
        article = self._searcher.article(hit)
        return QuoteReasons(
            clouds=clouds,
            locale=hit.locale,
            article_id=article.article_id,
            anchor=self._searcher.section(hit).anchor,
            start=hit.start,
            end=hit.end,
            passage=article.text[hit.start : hit.end],
            quote_start=quote.start,
            quote_end=quote.end,
            rules=quote.rules,
            pieces=tuple(
                WeighedPiece(article.text[p.start : p.end], p.start, p.end, p.cosine, p.overlap, p.score, p.taken)
                for p in quote.pieces
            ),
        )


def _in_order(clouds: Iterable[Cloud]) -> tuple[Cloud, ...]:
    return tuple(sorted(clouds, key=list(Cloud).index))
