"""From a question to an answer: what is searched in which language and cloud, and when to say "I don't know".

The order of preference, for a user's cloud: passages for it in the user's language, then in another one; then
passages whose cloud is unknown, likewise. Each counts only from the threshold of confidence on. Where another
language has the answer, the same section in the user's own language is quoted, or the same article's newer text.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.citing import cite_section, quote_hit
from bot.encoder import Reading
from bot.errors import ArticleNotFound, IndexProblem
from bot.explain import Explanation, Outcome, Purpose, Source
from bot.index import MANIFEST, Index, open_index
from bot.locales import canonical, detect, get_texts
from bot.record import Record, Recorder
from bot.retrieval.asking import ask
from bot.retrieval.calibration import load_calibration
from bot.retrieval.search import Hit, Searcher
from bot.seeking import Found, Search
from bot.settings import Settings, load_settings
from bot.types import Answer, Article, Citation, Cloud, Label, Query, Status

log = logging.getLogger(__name__)

# From this probability on a question's language counts as told.
TOLD = 0.5


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
        self.encode(["warm-up"])
        self.searcher()

    @property
    def index(self) -> Index:
        """The build in force."""
        return self.searcher().index

    def ask(self, query: Query) -> Answer:
        """Answer a question.

        Raises QueryError for an empty or too long question and an unknown locale, IndexProblem without an index.
        """
        return self._ask(query, Record())

    def explain(self, query: Query) -> tuple[Answer, Explanation]:
        """The answer that `ask` gives, and how it came about. Raises what `ask` raises."""
        recorder = Recorder()
        answer = self._ask(query, recorder)
        return answer, recorder.explanation()

    def _ask(self, query: Query, record: Record) -> Answer:
        started = time.perf_counter()
        text = self.settings.check_question(query.text)
        searcher = self.searcher()
        locale, locale_from = self._locale_of(query, text)
        cloud, cloud_from = self._cloud_of(query, text)
        (asked,) = ask([(text, locale)], self.read)
        encoded = time.perf_counter()
        record.asks(searcher, asked, locale_from, (cloud, cloud_from))
        search = Search(searcher, asked, record)
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
        return self._locale_of(Query(text), text)[0]

    def _locale_of(self, query: Query, text: str) -> tuple[str, Source]:
        if query.locale:
            return canonical(query.locale), Source.GIVEN
        locale, probability = detect(text)
        return (locale, Source.QUESTION) if probability >= TOLD else (canonical(self.settings.locale), Source.SETTINGS)

    def _cloud_of(self, query: Query, text: str) -> tuple[Cloud | None, Source]:
        """The cloud given, the one that the question names where it names exactly one, or else the settings'."""
        if query.cloud:
            return query.cloud, Source.GIVEN
        from bot.clouds import clouds_in_question

        named = clouds_in_question(text)
        return (next(iter(named)), Source.QUESTION) if len(named) == 1 else (self.settings.cloud, Source.SETTINGS)

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

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of texts, float32 of shape (texts, dimension)."""
        encoder = self.encoder
        with self._encode_lock:
            return encoder.encode(texts)

    def read(self, questions: Sequence[str]) -> Reading:
        """The vectors and tokens of questions."""
        encoder = self.encoder
        with self._encode_lock:
            return encoder.read_questions(questions)

    def _answer_for(self, search: Search, cloud: Cloud) -> Answer:
        """The answer for a user whose cloud is known."""
        found = search.best({cloud})
        if not found.answers:
            unknown = search.best(())
            if unknown.answers:
                found = unknown
        if found.answers:
            return self._quoted(search, [((cloud,), found)], cloud)
        others = [c for c in Cloud if c is not cloud]
        elsewhere = search.best(others, Purpose.ELSEWHERE)
        return self._abstained(search, cloud, found.hits, elsewhere.hits[:1] if elsewhere.answers else ())

    def _answer_any(self, search: Search) -> Answer:
        """The answer for a user whose cloud is not known: the best for each cloud, side by side where they differ."""
        groups: dict[tuple[int, int], tuple[list[Cloud], Found]] = {}
        for cloud in Cloud:
            found = search.best({cloud})
            if found.answers:
                key = (found.hits[0].article_row, found.hits[0].section)
                clouds, first = groups.setdefault(key, ([], found))
                clouds.append(cloud)
                if first is not found:
                    search.record.settles(found.hits[0], Outcome.SAME_SECTION)
        unknown = search.best(())
        if unknown.answers:
            groups[-1, -1] = ([], unknown)
        top = max((found.hits[0] for _, found in groups.values()), key=lambda hit: hit.score, default=None)
        if top is None:
            return self._abstained(search, None, search.best(None, Purpose.NEAREST).hits, ())
        shown: list[tuple[tuple[Cloud, ...], Found]] = []
        for clouds, found in groups.values():
            if not clouds and found.hits[0] is not top:
                search.record.settles(found.hits[0], Outcome.UNKNOWN_CLOUD)
            elif not search.stands_beside(found.hits[0], top):
                search.record.settles(found.hits[0], Outcome.OUTSCORED)
            else:
                shown.append((tuple(clouds), found))
        return self._quoted(search, shown, None)

    def _quoted(self, search: Search, groups: list[tuple[tuple[Cloud, ...], Found]], cloud: Cloud | None) -> Answer:
        answers = tuple(
            quote_hit(search.searcher, found.hits[0], clouds, search.asked, self.encode, search.record)
            for clouds, found in groups
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

    def _abstained(self, search: Search, cloud: Cloud | None, hits: Sequence[Hit], elsewhere: Sequence[Hit]) -> Answer:
        citations = tuple(cite_section(search.searcher, hit) for hit in elsewhere)
        named = sorted({c for citation in citations for c in citation.clouds}, key=list(Cloud).index)
        return Answer(
            status=Status.ABSTAINED,
            locale=search.locale,
            cloud=cloud,
            confidence=hits[0].confidence if hits else 0.0,
            related=search.citations(hits, {(c.article_id, c.anchor) for c in citations}, by_article=True),
            help=self._help(search.searcher, search.locale, cloud, search.record),
            elsewhere=citations,
            labels=(Label("elsewhere", {"clouds": ",".join(c.value for c in named)}),) if named else (),
        )

    def _help(self, searcher: Searcher, locale: str, cloud: Cloud | None, record: Record) -> Citation | None:
        """The section that says how to get help from a person, found by asking the index for it."""
        (asked,) = ask([(get_texts(locale)("help_query"), locale)], self.read)
        search = Search(searcher, asked, record)
        found = search.best({cloud} if cloud else {Cloud.GLOBAL}, Purpose.HELP)
        if not found.answers and not cloud:
            found = search.best(None, Purpose.HELP)
        return cite_section(searcher, found.hits[0]) if found.answers else None

    def help(self, locale: str, cloud: Cloud | None) -> Citation | None:
        """The cited way to get help from a person, for those who ask for one; None where the articles have none."""
        return self._help(self.searcher(), canonical(locale), cloud, Record())


@lru_cache(maxsize=1)
def get_engine() -> Engine:
    """The engine of this process, from the settings in force; its index is opened when it is first asked."""
    settings = load_settings()
    return Engine(settings.index, settings)
