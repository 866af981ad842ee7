"""Hybrid search: the passages of one locale ranked by words and by meaning, a section standing for its best one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bot.index import Index, bits_clouds, cloud_bits
from bot.retrieval.asking import Asked
from bot.retrieval.calibration import Calibration
from bot.retrieval.features import PUBLIC, UNASKED, UNKNOWN, Features, exact_phrases, share_held
from bot.retrieval.known import Likeness
from bot.retrieval.late import late_scores
from bot.types import Article, Cloud, Clouds, Section

DEPTH = 200  # passages taken from each retriever before they are joined
RERANKED = 30  # sections, the best by the fused score, that are looked at more closely
KNOWN = 10  # so are so many whose known questions are likest
TRANSLATED = 6  # of all these, the best so far, are looked at in the other languages too


@dataclass(frozen=True, slots=True)
class Hit:
    """A section found, by its best passage (`start`, `end`). Scores are larger for better; equal ones order by row.

    `fused` joins some features, by which candidates are picked; `score`, by which hits are ordered, weighs all
    `features` (see bot.retrieval.features.NAMES).
    """

    locale: str
    row: int
    article_row: int
    section: int
    start: int
    end: int
    clouds: Clouds
    features: tuple[float, ...]
    fused: float
    score: float
    confidence: float

    @property
    def cosine(self) -> float:
        return self.features[0]

    @property
    def lexical(self) -> float:
        return self.features[1]


class Evidence:
    """A question against an index: what does not depend on clouds is looked up once, when it is first wanted.

    Known questions about the articles whose ids are in `forget` do not count.
    """

    def __init__(self, index: Index, asked: Asked, forget: Collection[str] = ()) -> None:
        self.asked = asked
        self._index = index
        self._forget = forget
        self._words: dict[str, np.ndarray] = {}
        self._late: dict[tuple[str, int], float] = {}

    def words(self, locale: str) -> np.ndarray:
        """The lexical scores of a locale's passages, float32 of shape (passages,)."""
        if locale not in self._words:
            self._words[locale] = self._index.locales[locale].lexical.scores(self.asked.subject)
        return self._words[locale]

    def late(self, rows: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """How like the question some passages are token by token, by locale: float32 of shape (len(rows[locale]),).

        0 where the index has no tokens.
        """
        wanted = [(locale, row) for locale, of_locale in rows.items() for row in of_locale.tolist()]
        new = [place for place in wanted if place not in self._late]
        tokens = [self._index.locales[locale].tokens(row) for locale, row in new]
        self._late.update(zip(new, late_scores(tokens, self.asked.tokens).tolist(), strict=True))
        found = np.array([self._late[place] for place in wanted], np.float32)
        return np.split(found, np.cumsum([len(of_locale) for of_locale in rows.values()])[:-1])

    def late_by_locale(self, keys: np.ndarray) -> np.ndarray:
        """`late` of sections' likest passages, float32 of shape (len(keys), locales); NaN where there is none."""
        groups = {locale: index.rows_of_keys(keys) for locale, index in self._index.locales.items()}
        late = self.late({locale: np.concatenate(of_locale) for locale, of_locale in groups.items()})
        found = np.full((len(keys), len(groups)), np.nan, np.float32)
        for place, (of_locale, scores) in enumerate(zip(groups.values(), late, strict=True)):
            lengths = np.array([len(group) for group in of_locale])
            there = np.flatnonzero(lengths)
            if len(there):
                found[there, place] = np.maximum.reduceat(scores, (np.cumsum(lengths) - lengths)[there])
        return found

    @cached_property
    def likeness(self) -> Likeness:
        """How like the question the known questions about each section are."""
        return self._index.known.like(self.asked.vector, self._forget)


class Searcher:
    """Searches one opened index."""

    def __init__(self, index: Index, calibration: Calibration) -> None:
        self.index = index
        self.calibration = calibration
        self._masks: dict[tuple[str, int], np.ndarray] = {}
        self._article_ids: dict[int, str] = {}

    def article(self, hit: Hit) -> Article:
        return self.index.store.article(hit.article_row)

    def section(self, hit: Hit) -> Section:
        return self.article(hit).sections[hit.section]

    def name(self, hit: Hit) -> str:
        """What a section is called in every locale: `article_id#anchor`."""
        return f"{self.article(hit).article_id}#{self.section(hit).anchor}"

    def evidence(self, asked: Asked, forget: Collection[str] = ()) -> Evidence:
        """What this index has to say of a question, which the other methods want; see Evidence for `forget`."""
        return Evidence(self.index, asked, forget)

    def search(
        self,
        evidence: Evidence,
        locale: str,
        *,
        clouds: Iterable[Cloud] | None = None,
        count: int = 10,
    ) -> list[Hit]:
        """The best sections of a locale, best first, at most `count`.

        Sections that are not looked at more closely follow the others, each score lower than theirs. A question
        without a letter or digit finds none. `clouds` limits the passages to those for any of the clouds named; an
        empty iterable to those of unknown cloud; None does not limit them.
        """
        index, asked, words = self.index.locales[locale], evidence.asked, evidence.words(locale)
        if not (asked.vector.any() or words.any()):
            return []
        allowed = None if clouds is None else self._mask(locale, cloud_bits(clouds))
        rows, _ = index.dense.search(asked.vector, DEPTH, allowed)
        known = self._known(locale, evidence, allowed)
        rows = np.union1d(np.union1d(rows, _best(words, DEPTH, allowed)), known)
        if not len(rows):
            return []
        cosines = index.dense.vectors(rows) @ asked.vector
        fused = self._fused(locale, rows, cosines, evidence)
        order = np.lexsort((rows, -fused))
        # a section stands at the place of its best passage
        passages = index.rows[rows[order]]
        sections = (passages["article"].astype(np.int64) << 32) + passages["section"]
        order = order[np.sort(np.unique(sections, return_index=True)[1])]
        looked_at = (np.arange(len(order)) < RERANKED) | np.isin(rows[order], known)

        def hits(of: np.ndarray, count: int) -> list[Hit]:
            return self._hits(locale, rows[of], cosines[of], fused[of], evidence, count)

        found, rest = hits(order[looked_at], count), order[~looked_at]
        if len(found) < count and len(rest):
            behind = hits(rest[: count - len(found)], count)
            lower = min(0.0, found[-1].score - behind[0].score)
            found += [replace(hit, score=hit.score + lower) for hit in behind]
        return found

    def _known(self, locale: str, evidence: Evidence, allowed: np.ndarray | None) -> np.ndarray:
        """The allowed passages of the KNOWN sections that have any and whose known questions are likest."""
        groups = self.index.locales[locale].rows_of_keys(evidence.likeness.likest)
        groups = groups if allowed is None else [group[allowed[group]] for group in groups]
        return np.concatenate([np.zeros(0, np.int64), *[group for group in groups if len(group)][:KNOWN]])

    def _fused(self, locale: str, rows: np.ndarray, cosines: np.ndarray, evidence: Evidence) -> np.ndarray:
        """The fused scores of some passages, float32 of shape (len(rows),)."""
        cross = evidence.asked.is_cross(locale)
        features = {"cosine": cosines, "lexical": evidence.words(locale)[rows]}
        if "sibling" in self.calibration.weights(cross=cross).fused:
            keys = self.index.locales[locale].rows["key"][rows]
            features["sibling"] = self._sibling(locale, keys, evidence.asked)
        return self.calibration.fuse(features, cross=cross)

    def _sibling(self, locale: str, keys: np.ndarray, asked: Asked) -> np.ndarray:
        """The feature `sibling` of sections, float32 of shape (len(keys),)."""
        if asked.is_cross(locale):
            index = self.index.locales[locale]
            return index.mean_cosines(index.rows_of_keys(keys), asked.vector)
        return self.index.means.cosines(keys, asked.vector)

    def _hits(
        self,
        locale: str,
        rows: np.ndarray,
        cosines: np.ndarray,
        fused: np.ndarray,
        evidence: Evidence,
        count: int,
    ) -> list[Hit]:
        """The hits of sections whose best passages are `rows`, best first, at most `count`."""
        cross = evidence.asked.is_cross(locale)
        features = self._features(locale, rows, cosines, evidence).matrix()
        scores = self.calibration.score(features, cross=cross)
        order = np.lexsort((rows, -scores))[:count]
        passages = self.index.locales[locale].rows[rows]
        return [
            Hit(
                locale=locale,
                row=int(rows[i]),
                article_row=int(passages[i]["article"]),
                section=int(passages[i]["section"]),
                start=int(passages[i]["start"]),
                end=int(passages[i]["end"]),
                clouds=bits_clouds(int(passages[i]["clouds"])),
                features=tuple(float(value) for value in features[i]),
                fused=float(fused[i]),
                score=float(scores[i]),
                confidence=self.calibration.confidence(features[i], cross=cross),
            )
            for i in order
        ]

    def _features(self, locale: str, rows: np.ndarray, cosines: np.ndarray, evidence: Evidence) -> Features:
        index, asked = self.index.locales[locale], evidence.asked
        keys = index.rows["key"][rows]
        (late,), sibling = evidence.late({locale: rows}), self._sibling(locale, keys, asked)
        known, articles = evidence.likeness.of(keys), evidence.likeness.articles
        for i in np.flatnonzero(np.isnan(known)):
            is_known = self._article_id(int(index.rows["article"][rows[i]])) in articles
            known[i] = sibling[i] + (UNASKED if is_known else UNKNOWN)
        exact = np.zeros(len(rows), np.float32)
        if wanted := exact_phrases(asked.text):
            for i, row in enumerate(rows):
                passage = index.rows[row]
                text = self.index.store.article(int(passage["article"])).text[passage["start"] : passage["end"]]
                exact[i] = share_held(wanted, text)
        features = Features(
            cosine=cosines,
            lexical=evidence.words(locale)[rows],
            late=late,
            late_all=late,
            sibling=sibling,
            known=known,
            exact=exact,
            cloud=_cloud_fit(index.rows["clouds"][rows], asked.clouds),
            outside=np.full(len(rows), evidence.likeness.outside, np.float32),
        )
        if asked.is_cross(locale) or "late_all" not in self.calibration.same.rank:
            return features
        scores = self.calibration.score(features.matrix(), cross=False)
        best = np.argsort(-scores, kind="stable")[:TRANSLATED]
        return replace(features, late_all=_late_all(late, best, evidence.late_by_locale(keys[best])))

    def _article_id(self, row: int) -> str:
        if row not in self._article_ids:
            self._article_ids[row] = self.index.store.article(row).article_id
        return self._article_ids[row]

    def translation(self, hit: Hit, evidence: Evidence, *, clouds: Iterable[Cloud] | None = None) -> Hit | None:
        """The same section in the question's locale, by its best passage; None where it is not there for the clouds.

        The arguments are those of `search`.
        """
        locale = evidence.asked.locale
        anchor = self.section(hit).anchor
        allowed = None if clouds is None else self._mask(locale, cloud_bits(clouds))
        for article_row in self.index.store.current_rows(self.article(hit).article_id, locale):
            sections = self.index.store.article(article_row).sections
            place = next((i for i, section in enumerate(sections) if section.anchor == anchor), None)
            if place is not None and (found := self.hit_in(article_row, place, evidence, allowed)):
                return found
        return None

    def hit_in(
        self,
        article_row: int,
        section: int,
        evidence: Evidence,
        allowed: np.ndarray | None = None,
    ) -> Hit | None:
        """A given section in the question's locale by its best passage; None where it has none that is `allowed`.

        `section` is its index in the article; `allowed` is bool of shape (passages,), None for all of them; the other
        arguments are those of `search`.
        """
        asked, locale = evidence.asked, evidence.asked.locale
        index = self.index.locales[locale]
        rows = np.flatnonzero((index.rows["article"] == article_row) & (index.rows["section"] == section))
        rows = rows if allowed is None else rows[allowed[rows]]
        if not len(rows):
            return None
        cosines = index.dense.vectors(rows) @ asked.vector
        fused = self._fused(locale, rows, cosines, evidence)
        best = [int(np.argmax(fused))]
        return self._hits(locale, rows[best], cosines[best], fused[best], evidence, 1)[0]

    def _mask(self, locale: str, bits: int) -> np.ndarray:
        if (locale, bits) not in self._masks:
            clouds = self.index.locales[locale].rows["clouds"]
            self._masks[locale, bits] = (clouds & bits) > 0 if bits else clouds == 0
        return self._masks[locale, bits]


def in_one_order(searches: Iterable[Sequence[Hit]]) -> list[Hit]:
    """The hits of several searches, whose scores cannot be compared, the surest first; ties by locale.

    Those of one search stay in their order: each counts as as sure as the surest of those behind it.
    """
    keyed = []
    for number, hits in enumerate(searches):
        surest = 0.0
        for place in reversed(range(len(hits))):
            surest = max(surest, hits[place].confidence)
            keyed.append((-surest, hits[place].locale, number, place, hits[place]))
    return [hit for *_, hit in sorted(keyed, key=lambda entry: entry[:4])]


def _late_all(late: np.ndarray, best: np.ndarray, by_locale: np.ndarray) -> np.ndarray:
    """The feature `late_all` of sections, from `late` and from what it is by locale for the `best` of them.

    How much tokens are like depends on the two languages. So a section that a locale lacks counts there as much more or
    less than in its own as the others do on average, and so do those behind the best in all locales.
    """
    gains = by_locale - late[best, None]
    gains = gains[:, ~np.isnan(gains).all(axis=0)]
    usual = np.nanmean(gains, axis=0)
    found = late + usual.mean()
    found[best] = late[best] + np.where(np.isnan(gains), usual, gains).mean(axis=1)
    return found


def _cloud_fit(clouds: np.ndarray, named: Clouds) -> np.ndarray:
    """The feature `cloud` of passages, float32, by their clouds' bits."""
    if named:
        return ((clouds & cloud_bits(named)) > 0).astype(np.float32)
    return np.where((clouds == 0) | ((clouds & cloud_bits({Cloud.GLOBAL})) > 0), PUBLIC, 0.0).astype(np.float32)


def _best(scores: np.ndarray, count: int, allowed: np.ndarray | None) -> np.ndarray:
    """The rows with the `count` largest scores above 0; of equal ones the first."""
    rows = np.flatnonzero(scores > 0 if allowed is None else (scores > 0) & allowed)
    if len(rows) > count:
        least = np.partition(scores[rows], -count)[-count]
        above, equal = rows[scores[rows] > least], rows[scores[rows] == least]
        rows = np.concatenate([above, equal[: count - len(above)]])
    return rows
