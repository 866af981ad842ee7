"""Finds the numbers of a calibration on judged questions: fusion, ranking, confidence, threshold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.errors import QueryError
from bot.evaluation.questions import Question
from bot.evaluation.ranking import passages_of
from bot.retrieval.asking import Read, ask
from bot.retrieval.calibration import Weights
from bot.retrieval.features import NAMES, OF_QUESTION
from bot.retrieval.search import RERANKED, Evidence, Hit, Searcher

WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of meaning in the fused score, from which the best is taken
# What meaning is there: as much the passage's as the section's in all languages (chosen on even development questions).
MEANING = {"same": {"cosine": 0.5, "sibling": 0.5}, "cross": {"cosine": 1.0}}
# Share of the answerable questions that the threshold refuses. Chosen on development questions (both halves were in
# sight): they are harder to answer than those of data/calibration.jsonl, and unanswerable ones are easier to tell.
# Across languages more (chosen on the even half): there the farthest questions come nearest to what is answered.
REFUSED = {"same": 0.01, "cross": 0.03}
# Chosen (the second on even development questions): too few questions quote letters or name a cloud for a fit.
CHOSEN = {"exact": 0.1, "cloud": 0.1}
# Not in the confidence: how like the likest tokens are depends on how wordy a question is and on its language, so it
# tells sections apart but not questions. With it the calibration's languages are refused less evenly.
RANKS_ONLY = frozenset({"late", "late_all"})
# Estimated but for the best sections: it is weighed when the others have said which those are.
OF_BEST = frozenset({"late_all"})
ANSWERABLE = 0.8  # share of the questions in use that the articles answer: what the confidence means depends on it
_WRONG = 12  # wrong sections that a right one is compared with


@dataclass(frozen=True, slots=True)
class _Case:
    """A question with its candidates, and which of them are right."""

    question: Question
    locale: str
    hits: list[Hit]
    right: np.ndarray


def calibrate(searcher: Searcher, questions: Sequence[Question], read: Read) -> dict[str, Weights]:
    """All numbers, for questions and passages of one language (`same`) and of two (`cross`).

    The fusion's weight is the one with the best mean reciprocal rank over languages. The ranking's weights are a
    logistic regression on differences between a right and a wrong candidate (RankSVM's pairs: Joachims, KDD 2002).
    The confidence is a logistic regression of the first section being right on what its score would be without
    RANKS_ONLY and without what is CHOSEN, which says for whom it is and not whether it answers, and
    on what the question itself says (OF_QUESTION); every locale counts the same, and so many of its questions as
    ANSWERABLE. (Its features one by one, the lead over the sections behind it and a number a locale made it worse on
    questions that were not fitted.) Each question is asked twice for it, the second time as if the articles that
    answer were new. The threshold refuses the share REFUSED of the answerable ones. Answerable questions whose
    sections are not in the index are left out. Known questions about the sections, and others that no article
    answers, must be in the index, and the encoder must not have learnt from them: else their weights are wrong.
    A kind of passages that has no answerable question, or no unanswerable one, is not in the result. Raises QueryError
    where neither has both.
    """
    if not any(q.relevant for q in questions) or all(q.relevant for q in questions):
        raise QueryError("A calibration needs answerable and unanswerable questions.")
    sections = searcher.index.sections()
    found = {}
    for passages in ("same", "cross"):
        asked = [
            q
            for q in questions
            if (locale := passages_of(q, passages)) in sections
            and (not q.relevant or sections[locale].intersection(q.relevant))
        ]
        if any(q.relevant for q in asked) and not all(q.relevant for q in asked):
            found[passages] = _weights(searcher, asked, read, passages)
    if not found:
        raise QueryError(
            "There is nothing to calibrate by: in none of its languages has the index sections that answer, and "
            "questions that nothing answers."
        )
    return found


def _weights(searcher: Searcher, questions: Sequence[Question], read: Read, passages: str) -> Weights:
    found = ask([(q.text, q.locale) for q in questions], read)
    asked = [searcher.evidence(one) for one in found]
    as_new = [searcher.evidence(one, question.articles) for one, question in zip(found, questions, strict=True)]
    weights = searcher.calibration.weights(cross=passages == "cross")

    def cases(weights: Weights, asked: Sequence[Evidence] = asked) -> list[_Case]:
        return _cases(searcher, questions, asked, passages, weights)

    plain = {share: replace(weights, fused=fused, rank=fused) for share, fused in _fusions(MEANING[passages])}
    best = max(plain, key=lambda share: (_reciprocal_rank(cases(plain[share])), -share))
    candidates = cases(plain[best])
    rank = _rank(candidates, without=OF_BEST)
    if passages == "same":
        rank = {**rank, **dict.fromkeys(OF_BEST, 0.0)}
        for _ in range(2):  # which sections are the best depends on the weights
            rank = _rank(cases(replace(plain[best], rank={**rank, **CHOSEN})))
    weights = replace(plain[best], rank={**rank, **CHOSEN})
    sure = _rank(candidates, without=RANKS_ONLY)
    return _confidence(cases(weights) + cases(weights, as_new), weights, sure, REFUSED[passages])


def _fusions(meaning: Mapping[str, float]) -> Iterator[tuple[float, dict[str, float]]]:
    """The fusions to choose from, by the share that meaning has in them."""
    for share in WEIGHTS:
        yield share, {name: round(share * part, 4) for name, part in meaning.items()} | {"lexical": round(1 - share, 4)}


def _cases(
    searcher: Searcher, questions: Sequence[Question], asked: Sequence[Evidence], passages: str, weights: Weights
) -> list[_Case]:
    searcher = Searcher(searcher.index, replace(searcher.calibration, **{passages: weights}))
    found = []
    for question, one in zip(questions, asked, strict=True):
        locale = passages_of(question, passages) or ""  # none is without: those were left out
        hits = searcher.search(one, locale, count=RERANKED)
        right = np.array([searcher.name(hit) in question.relevant for hit in hits], bool)
        found.append(_Case(question, locale, hits, right))
    return found


def _reciprocal_rank(cases: Sequence[_Case]) -> float:
    """MRR@10 of the answerable questions, the mean over their languages."""
    by_locale: dict[str, list[float]] = {}
    for case in cases:
        if case.question.relevant:
            places = np.flatnonzero(case.right[:10])
            by_locale.setdefault(case.question.locale, []).append(1 / (places[0] + 1) if len(places) else 0.0)
    return float(np.mean([np.mean(values) for values in by_locale.values()]))


def _rank(cases: Sequence[_Case], without: Collection[str] = ()) -> dict[str, float]:
    """Weights of the features, some of which may be left out; the sizes of those that are fitted add up to 1."""
    from sklearn.linear_model import LogisticRegression

    fitted = [i for i, name in enumerate(NAMES) if name not in {*CHOSEN, *OF_QUESTION, *without}]
    better: list[np.ndarray] = []
    for case in cases:
        features = np.array([hit.features for hit in case.hits])[:, fitted] if case.hits else np.zeros((0, len(fitted)))
        wrong = np.flatnonzero(~case.right)[:_WRONG]
        for right in np.flatnonzero(case.right):
            better.extend(features[right] - features[wrong])
    if not better:
        raise QueryError("None of the questions' sections was found: there is nothing to calibrate by.")
    pairs = np.array(better)
    signs = np.where(np.arange(len(pairs)) % 2, 1, -1)  # half of them the other way round: two classes are needed
    model = LogisticRegression(C=10.0, fit_intercept=False, max_iter=2000).fit(pairs * signs[:, None], signs)
    weights = model.coef_[0] / np.abs(model.coef_[0]).sum()
    return {NAMES[i]: round(float(weight), 4) for i, weight in zip(fitted, weights, strict=True)}


def _confidence(cases: Sequence[_Case], weights: Weights, rank: Mapping[str, float], refused: float) -> Weights:
    """The weights with a confidence: of the features summed up by the weights `rank`, and of OF_QUESTION."""
    from sklearn.linear_model import LogisticRegression

    numbers = np.array([rank.get(name, 0.0) for name in NAMES])
    of_question = [NAMES.index(name) for name in sorted(OF_QUESTION)]
    firsts = np.array([case.hits[0].features if case.hits else np.zeros(len(NAMES)) for case in cases])
    seen = np.column_stack([firsts @ numbers, firsts[:, of_question]])
    answerable = np.array([bool(case.question.relevant) for case in cases])
    kinds = [(case.locale, bool(case.question.relevant)) for case in cases]
    share = np.array([(ANSWERABLE if kind[1] else 1 - ANSWERABLE) / kinds.count(kind) for kind in kinds])
    right = np.array([bool(len(case.right)) and bool(case.right[0]) for case in cases])
    if right.all() or not right.any():
        raise QueryError("The first section found is right for all questions or for none: confidence cannot be fitted.")
    model = LogisticRegression(C=10.0, max_iter=2000).fit(seen, right, sample_weight=share * len(cases) / share.sum())
    confidences = model.predict_proba(seen)[answerable, 1]
    return replace(
        weights,
        bias=round(float(model.intercept_[0]), 4),
        sure={name: round(float(model.coef_[0, 0]) * weight, 4) for name, weight in rank.items()}
        | {NAMES[i]: round(float(model.coef_[0, 1 + n]), 4) for n, i in enumerate(of_question)},
        threshold=round(float(np.quantile(confidences, refused)), 3),
    )
