"""From a question to an answer: what is searched in which language and cloud, and when to say "I don't know".

The order of preference, for a user's cloud: passages for it in the user's language, then in another one; then
passages whose cloud is unknown, likewise. Each counts only from the threshold of confidence on. Where another
language has the answer, the same section in the user's own language is quoted, or the same article's newer text.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.citing import cite_section, quote_hit
from bot.errors import ArticleNotFound, IndexProblem
from bot.index import MANIFEST, Index, open_index
from bot.locales import canonical, detect, get_texts
from bot.retrieval.calibration import load_calibration
from bot.retrieval.search import Hit, Searcher
from bot.settings import Settings, load_settings
from bot.types import Answer, Article, Citation, Cloud, Label, Query, Status

log = logging.getLogger(__name__)

RELATED = 3
# Guidance for another cloud stands beside the best where it is that article's counterpart, or scores as well but for
# this: else every question would bring three distant cousins along.
BESIDE = 0.05


@dataclass(frozen=True, slots=True)
class _Found:
    """The best hits for some clouds, best first; `answers` says whether the first is good enough to be quoted."""

    hits: tuple[Hit, ...]
    answers: bool


class Engine:
    """Answers questions from one index folder; takes up a new build of it by itself.

    Any number of threads may use one engine. Raises the errors of `bot.index.open_index` where there is no usable
    index at first; later a build that cannot be used leaves the one before it serving.
    """

    def __init__(self, index: Path, settings: Settings) -> None:
        self.path = index
        self.settings = settings
        self._lock = threading.Lock()
        self._encode_lock = threading.Lock()
        self._searcher: Searcher | None = None
        self._stamp: tuple[int, int] | None = None
        self._encoder = None

    def warm_up(self) -> None:
        """Load what the first question would otherwise wait for."""
        self._encode(["warm-up"])
        self.searcher()

    @property
    def index(self) -> Index:
        """The build in force."""
        return self.searcher().index

    def ask(self, query: Query) -> Answer:
        """Answer a question.

        Raises QueryError for an empty or too long question and an unknown locale, IndexProblem without an index.
        """
        started = time.perf_counter()
        text = self.settings.check_question(query.text)
        searcher = self.searcher()
        locale = canonical(query.locale) if query.locale else self.detect_locale(text)
        cloud = query.cloud or _named_cloud(text) or self.settings.cloud
        vector = self._encode([text])[0]
        encoded = time.perf_counter()
        search = _Search(searcher, text, vector, locale)
        answer = self._answer_for(search, cloud) if cloud else self._answer_any(search)
        done = time.perf_counter()
        timings = {
            "encode": round((encoded - started) * 1000, 2),
            "search": round((done - encoded) * 1000, 2),
            "total": round((done - started) * 1000, 2),
        }
        described = {
            "path": str(self.path),
            "build": searcher.index.build,
            "corpus": searcher.index.manifest["corpus"],
            "encoder": searcher.index.manifest["encoder"]["name"],
        }
        return replace(answer, index=described, timings_ms=timings)

    def show(self, article_id: str, locale: str | None = None, cloud: Cloud | None = None) -> Article:
        """The version of an article that stands for the cloud; without one, the newest that stands for any.

        Without a locale, English or else the first there is. Raises ArticleNotFound, naming what there is.
        """
        store = self.index.store
        wanted = canonical(locale) if locale else None
        versions = store.find(article_id, wanted)
        if not versions:
            there = sorted({a.locale for a in store.find(article_id)})
            if there:
                raise ArticleNotFound(f"{article_id} is not there in {wanted}. It is in: {', '.join(there)}.")
            similar = store.similar_ids(article_id)
            hint = f" Did you mean {', '.join(similar)}?" if similar else ""
            raise ArticleNotFound(f"No article {article_id} in {self.path}.{hint}")
        if cloud:
            standing = [a for a in versions if a.current and cloud in a.stands_for]
            standing = standing or [a for a in versions if a.current and not a.stands_for]
            if not standing:
                named = sorted({c.value for a in versions for c in a.stands_for}) or ["none that it names"]
                raise ArticleNotFound(f"No version of {article_id} stands for {cloud.value}; for: {', '.join(named)}.")
            versions = standing
        default = get_texts(self.settings.locale).locale
        return min(versions, key=lambda a: (not a.current, a.locale != default, a.locale != "en-US"))

    def detect_locale(self, text: str) -> str:
        """The locale of a question; the settings' where it cannot be told."""
        locale, probability = detect(text)
        return locale if probability >= 0.2 else canonical(self.settings.locale)

    def searcher(self) -> Searcher:
        """The searcher of the build in force, opened anew when the manifest has changed."""
        try:
            status = (self.path / MANIFEST).stat()
            stamp = (status.st_mtime_ns, status.st_ino)
        except OSError:
            stamp = None
        if self._searcher is not None and stamp == self._stamp:
            return self._searcher
        with self._lock:
            if self._searcher is None or stamp != self._stamp:
                self._open(stamp)
            assert self._searcher is not None
            return self._searcher

    def _open(self, stamp: tuple[int, int] | None) -> None:
        try:
            index = open_index(self.path, self.encoder)
        except IndexProblem as problem:
            if self._searcher is None:
                raise
            log.warning("The new index is not used, the one before it goes on serving: %s", problem)
        else:
            self._searcher = Searcher(index, load_calibration(self.settings.encoder))
        self._stamp = stamp

    @property
    def encoder(self):
        """The encoder that the settings name, loaded when it is first used."""
        with self._encode_lock:
            if self._encoder is None:
                from bot.encoder import load_encoder

                self._encoder = load_encoder(self.settings.encoder)
            return self._encoder

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        encoder = self.encoder
        with self._encode_lock:
            return encoder.encode(texts)

    def _answer_for(self, search: _Search, cloud: Cloud) -> Answer:
        """The answer for a user whose cloud is known."""
        found = search.best({cloud})
        if not found.answers:
            unknown = search.best(())
            if unknown.answers:
                found = unknown
        if found.answers:
            return self._quoted(search, [((cloud,), found)], cloud)
        others = [c for c in Cloud if c is not cloud]
        elsewhere = search.best(others)
        return self._abstained(search, cloud, found.hits, elsewhere.hits[:1] if elsewhere.answers else ())

    def _answer_any(self, search: _Search) -> Answer:
        """The answer for a user whose cloud is not known: the best for each cloud, side by side where they differ."""
        groups: dict[tuple[int, int], tuple[list[Cloud], _Found]] = {}
        for cloud in Cloud:
            found = search.best({cloud})
            if found.answers:
                key = (found.hits[0].article_row, found.hits[0].section)
                groups.setdefault(key, ([], found))[0].append(cloud)
        unknown = search.best(())
        if unknown.answers:
            groups[-1, -1] = ([], unknown)
        top = max((found.hits[0] for _, found in groups.values()), key=lambda hit: hit.score, default=None)
        if top is None:
            return self._abstained(search, None, search.best(None).hits, ())
        shown = [
            (tuple(clouds), found)
            for clouds, found in groups.values()
            if search.stands_beside(found.hits[0], top) and (clouds or found.hits[0] is top)
        ]
        return self._quoted(search, shown, None)

    def _quoted(self, search: _Search, groups: list[tuple[tuple[Cloud, ...], _Found]], cloud: Cloud | None) -> Answer:
        answers = tuple(
            quote_hit(search.searcher, found.hits[0], clouds, search, self._encode) for clouds, found in groups
        )
        other = any(answer.citation.locale != search.locale for answer in answers)
        cited = {(a.citation.article_id, a.citation.anchor) for a in answers}
        related = search.citations((hit for _, found in groups for hit in found.hits[1:]), cited)
        labels = {(label.id, *label.values.values()): label for answer in answers for label in answer.labels}
        return Answer(
            status=Status.OTHER_LOCALE if other else Status.ANSWERED,
            locale=search.locale,
            cloud=cloud,
            confidence=max(answer.confidence for answer in answers),
            answers=answers,
            related=related,
            labels=tuple(labels.values()),
            ask_cloud=cloud is None and len(answers) > 1,
        )

    def _abstained(self, search: _Search, cloud: Cloud | None, hits: Sequence[Hit], elsewhere: Sequence[Hit]) -> Answer:
        citations = tuple(cite_section(search.searcher, hit) for hit in elsewhere)
        named = sorted({c for citation in citations for c in citation.clouds}, key=list(Cloud).index)
        return Answer(
            status=Status.ABSTAINED,
            locale=search.locale,
            cloud=cloud,
            confidence=hits[0].confidence if hits else 0.0,
            related=search.citations(hits, {(c.article_id, c.anchor) for c in citations}, by_article=True),
            help=self._help(search, cloud),
            elsewhere=citations,
            labels=(Label("elsewhere", {"clouds": ",".join(c.value for c in named)}),) if named else (),
        )

    def _help(self, search: _Search, cloud: Cloud | None) -> Citation | None:
        """The section that says how to get help from a person, found by asking the index for it."""
        question = get_texts(search.locale)("help_query")
        asking = _Search(search.searcher, question, self._encode([question])[0], search.locale)
        found = asking.best({cloud} if cloud else {Cloud.GLOBAL})
        if not found.answers and not cloud:
            found = asking.best(None)
        return cite_section(search.searcher, found.hits[0]) if found.answers else None

    def help(self, locale: str, cloud: Cloud | None) -> Citation | None:
        """The cited way to get help from a person, for those who ask for one; None where the articles have none."""
        return self._help(_Search(self.searcher(), "", np.zeros(0, np.float32), canonical(locale)), cloud)


class _Search:
    """One question against one index; lexical scores are computed once a locale."""

    def __init__(self, searcher: Searcher, text: str, vector: np.ndarray, locale: str) -> None:
        self.searcher = searcher
        self.text = text
        self.vector = vector
        self.locale = locale
        self._lexical: dict[str, np.ndarray] = {}

    def best(self, clouds: Iterable[Cloud] | None) -> _Found:
        """The best hits for some clouds (as `Searcher.search` takes them): the user's language first."""
        answers = self.searcher.calibration.answers
        clouds = None if clouds is None else frozenset(clouds)
        own = self._hits(self.locale, clouds)
        if own and answers(own[0].confidence, cross=False):
            return _Found(own, True)
        other = self._other_locales(clouds)
        if other and answers(other[0].confidence, cross=self._is_cross(other[0].locale)):
            twin = self._twin(own, other[0], clouds)
            if twin is None:
                return _Found(other, True)
            sure = replace(twin, confidence=other[0].confidence)
            rest = [hit for hit in own if (hit.article_row, hit.section) != (twin.article_row, twin.section)]
            return _Found((sure, *rest), True)
        return _Found(own or other, False)

    def _twin(self, own: Sequence[Hit], other: Hit, clouds: frozenset[Cloud] | None) -> Hit | None:
        """The hit in the user's language to quote instead of one in another language; None where there is none.

        That is the same section's translation. Where there is none, and the article's text in the user's language
        is the newer one, it is that text's best section: the other language's is a superseded version's.
        """
        if self.locale not in self.searcher.index.locales:
            return None
        lexical = self._lexical[self.locale]
        if translated := self.searcher.translation(other, self.vector, lexical, self.locale, clouds=clouds):
            return translated
        article, least = self.searcher.article(other), self.searcher.calibration.threshold / 10
        for hit in own:
            candidate = self.searcher.article(hit)
            if hit.confidence >= least and _are_siblings(candidate, article) and _is_newer(candidate, article):
                return hit
        return None

    def stands_beside(self, hit: Hit, top: Hit) -> bool:
        """Whether a hit for another cloud is to be shown beside the best one."""
        return hit.score >= top.score - BESIDE or _are_counterparts(
            self.searcher.article(hit), self.searcher.article(top)
        )

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
        return tuple(found)

    def _hits(self, locale: str, clouds: frozenset[Cloud] | None) -> tuple[Hit, ...]:
        if locale not in self.searcher.index.locales:
            return ()
        if locale not in self._lexical:
            self._lexical[locale] = self.searcher.lexical_scores(self.text, locale)
        cross = self._is_cross(locale)
        return tuple(self.searcher.search(self.vector, self._lexical[locale], locale, cross=cross, clouds=clouds))

    def _is_cross(self, locale: str) -> bool:
        """Whether a locale is another language than the question's (zh-TW is not, for zh-CN)."""
        return locale.partition("-")[0] != self.locale.partition("-")[0]

    def _other_locales(self, clouds: frozenset[Cloud] | None) -> tuple[Hit, ...]:
        """Hits in all other locales, best first, all translations of one section as one hit."""
        others = [locale for locale in self.searcher.index.locales if locale != self.locale]
        hits = sorted(
            (hit for locale in others for hit in self._hits(locale, clouds)),
            key=lambda h: (-h.confidence, h.locale, h.row),
        )
        preferred = (*get_texts(self.locale).fallback, "en-US")
        one: dict[tuple[str, str], Hit] = {}
        for hit in hits:
            key = (self.searcher.article(hit).article_id, self.searcher.section(hit).anchor)
            known = one.setdefault(key, hit)
            # The translation that the user most likely reads stands for the section, at the best one's place.
            if _place(hit.locale, preferred) < _place(known.locale, preferred):
                one[key] = hit
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


def _named_cloud(text: str) -> Cloud | None:
    """The cloud that a question names, where it names exactly one."""
    from bot.clouds import clouds_in_question

    clouds = clouds_in_question(text)
    return next(iter(clouds)) if len(clouds) == 1 else None


@lru_cache(maxsize=1)
def get_engine() -> Engine:
    """The engine of this process, from the settings in force; its index is opened when it is first asked."""
    settings = load_settings()
    return Engine(settings.index, settings)
