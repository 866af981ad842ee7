"""Languages that are written in Latin letters, told apart by their words and pieces of words.

langid (Lui and Baldwin, ACL 2012) knows many texts but was not made for a question of two words. Naive Bayes over
what people ask here (`languages.tsv`, learnt by ingest.training.languages) knows those. Both are added up, where the
file has all the languages in question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FILE = Path(__file__).with_name("languages.tsv")
SCALE = 10  # the file's numbers are tenths
_LENGTHS = (2, 3, 4)  # letters of a piece, a word's ends counted
# Pieces of one word are no independent evidence: on texts kept back from the learning, shares of right answers are
# as high as this makes the probabilities say (it was least surprised with .15 to .2).
_INDEPENDENT = 0.18
_WORD = re.compile(r"[^\W\d_]+")


def pieces(text: str) -> Iterator[str]:
    """The words of a text in lower case, and their pieces; a blank stands where a word begins or ends."""
    for word in _WORD.findall(text.casefold()):
        yield word
        ended = f" {word} "
        for length in _LENGTHS:
            yield from (ended[i : i + length] for i in range(len(ended) - length + 1))


def tell(text: str, languages: Sequence[str]) -> tuple[str, float]:
    """The likeliest of some languages ("pt"), and how likely it is, from 0 to 1."""
    import numpy as np

    known, weights = _weights()
    identifier = _identifier(tuple(sorted(languages)))
    found = identifier.nb_classprobs(identifier.instance2fv(text))
    evidence = dict(zip(identifier.nb_classes, map(float, found), strict=True))
    if evidence.keys() <= set(known):
        own = sum((weights[piece] for piece in pieces(text) if piece in weights), np.zeros(len(known)))
        evidence = {name: evidence[name] + value for name, value in zip(known, own, strict=True) if name in evidence}
    values = np.array([evidence[language] for language in languages]) * _INDEPENDENT
    likely = np.exp(values - values.max())
    best = int(likely.argmax())
    return languages[best], float(likely[best] / likely.sum())


@lru_cache(maxsize=1)
def _weights() -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """The languages of the file, and each piece's logarithm of how much likelier it is in each than on average."""
    import numpy as np

    first, *lines = FILE.read_text(encoding="utf-8").split("\n")
    rows = (line.split("\t") for line in lines if line)
    return tuple(first.split("\t")[1:]), {piece: np.array(row, np.float64) / SCALE for piece, *row in rows}


@lru_cache(maxsize=8)
def _identifier(languages: tuple[str, ...]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_pickled_model(MODEL_FILE)
    identifier.set_languages(list(languages))
    return identifier
