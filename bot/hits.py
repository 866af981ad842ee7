"""A ranked list of sections, for those who look rather than talk: the same search as an answer's, nothing chosen."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from bot.citing import quote_hit
from bot.engine import Engine
from bot.locales import Texts, canonical, get_texts
from bot.render import citation_dict, label_text
from bot.retrieval.asking import Asked, ask
from bot.retrieval.search import Hit, Searcher, in_one_order
from bot.types import Cloud, QuotedAnswer

MOST = 50


@dataclass(frozen=True, slots=True)
class LookUp:
    """What is looked for. `locale` is who looks (None: told from the text); `locales` limits what is found."""

    text: str
    locale: str | None = None
    locales: tuple[str, ...] = ()
    cloud: Cloud | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """One section found: what it says, where it stands, and why it is where it is in the list."""

    quoted: QuotedAnswer
    path: tuple[str, ...]  # the headings above it, outermost first
    score: float
    cosine: float
    lexical: float
    answers: bool  # whether it would be quoted as an answer


@dataclass(frozen=True, slots=True)
class Listing:
    """The list, best first, for a reader of `locale`."""

    locale: str
    hits: tuple[Listed, ...]
    build: str
    took_ms: float


def look_up(engine: Engine, wanted: LookUp) -> Listing:
    """The best sections, at most `wanted.limit`; of one section's translations the one that the reader reads best.

    With a cloud only what applies to it and what names none. With `locales` their passages only, each translation for
    itself. A language's sections stay in the order of their scores, languages are compared by confidence
    (bot.retrieval.search.in_one_order). Raises QueryError for an empty or too long text and an unknown locale,
    IndexProblem without an index.
    """
    started = time.perf_counter()
    text = engine.settings.check_question(wanted.text)
    searcher = engine.searcher()
    locale = canonical(wanted.locale) if wanted.locale else engine.detect_locale(text)
    (asked,) = ask([(text, locale)], engine.read)
    evidence = searcher.evidence(asked)
    only = {canonical(tag) for tag in wanted.locales}
    limit = max(1, min(wanted.limit, MOST))
    of_clouds: list[tuple[Cloud, ...] | None] = [(wanted.cloud,), ()] if wanted.cloud else [None]
    found = in_one_order(
        searcher.search(evidence, tag, clouds=clouds, count=limit)
        for tag in searcher.index.locales
        if not only or tag in only
        for clouds in of_clouds
    )
    if not only:
        found = _one_translation(searcher, found, locale)
    hits = tuple(_listed(engine, searcher, hit, asked) for hit in found[:limit])
    return Listing(locale, hits, searcher.index.build, round((time.perf_counter() - started) * 1000, 2))


def _one_translation(searcher: Searcher, hits: list[Hit], locale: str) -> list[Hit]:
    """For each section one hit at its best one's place, in the language that the reader most likely reads."""
    order = {tag: i for i, tag in enumerate((locale, *get_texts(locale).fallback, "en-US"))}
    one: dict[tuple[object, ...], Hit] = {}
    for hit in hits:
        # versions for different clouds are different sections
        key = (searcher.article(hit).article_id, searcher.section(hit).anchor, hit.clouds)
        known = one.setdefault(key, hit)
        if order.get(hit.locale, len(order)) < order.get(known.locale, len(order)):
            one[key] = replace(hit, confidence=known.confidence)
    return list(one.values())


def _listed(engine: Engine, searcher: Searcher, hit: Hit, asked: Asked) -> Listed:
    clouds = tuple(sorted(hit.clouds, key=list(Cloud).index))
    return Listed(
        quoted=quote_hit(searcher, hit, clouds, asked, engine.encode),
        path=searcher.section(hit).path,
        score=hit.score,
        cosine=hit.cosine,
        lexical=hit.lexical,
        answers=searcher.calibration.answers(hit.confidence, cross=asked.is_cross(hit.locale)),
    )


def listing_dict(listing: Listing, texts: Texts | None = None) -> dict[str, Any]:
    """The list as JSON."""
    texts = texts or get_texts(listing.locale)
    return {
        "locale": listing.locale,
        "hits": [_listed_dict(hit, texts) for hit in listing.hits],
        "build": listing.build,
        "took_ms": listing.took_ms,
    }


def _listed_dict(hit: Listed, texts: Texts) -> dict[str, Any]:
    return {
        **citation_dict(hit.quoted.citation),
        "path": list(hit.path),
        "quote": hit.quoted.quote,
        "links": [{"start": link.start, "end": link.end, "url": link.url} for link in hit.quoted.links],
        "original": hit.quoted.original,
        "labels": [{"id": label.id, "text": label_text(label, texts)} for label in hit.quoted.labels],
        "score": round(hit.score, 4),
        "cosine": round(hit.cosine, 4),
        "lexical": round(hit.lexical, 4),
        "confidence": round(hit.quoted.confidence, 4),
        "answers": hit.answers,
    }
