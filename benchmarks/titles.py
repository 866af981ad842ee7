"""How well encoders find articles without judged questions: titles, as questions, against bodies, by language.

A body's vectors are of its passages' own words, without title and headings; it is as good as its best passage.

    python benchmarks/titles.py FOLDER [FOLDER …] --encoder models/encoder [--encoder …] [--locale de-DE …]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.encoder import Encoder, load_encoder
from bot.settings import load_settings
from bot.types import Article
from ingest.reader import read_corpus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--encoder", action="append", required=True, help="a folder, or a name on the model hub")
    parser.add_argument("--locale", action="append", help="only this one (more may be named)")
    parser.add_argument("--cache", type=Path, help="parsed articles, kept in this file")
    options = parser.parse_args()
    by_locale: dict[str, list[Article]] = defaultdict(list)
    for article in read_corpus(options.folders, load_settings(), cache=options.cache).articles:
        if article.current and article.title and article.passages:
            by_locale[article.locale].append(article)
    locales = sorted(by_locale.keys() & set(options.locale or by_locale))
    for name in options.encoder:
        encoder = load_encoder(name)
        print(f"{name}\n{'locale':<8}{'titles':>8}{'@1':>8}{'@5':>8}{'MRR@10':>8}", flush=True)
        found = []
        for locale in locales:
            ranks = ranked(by_locale[locale], encoder)
            found.append([(ranks <= 1).mean(), (ranks <= 5).mean(), np.where(ranks <= 10, 1 / ranks, 0).mean()])
            print(f"{locale:<8}{len(ranks):>8}" + "".join(f"{value:>8.3f}" for value in found[-1]), flush=True)
        print(f"{'mean':<16}" + "".join(f"{value:>8.3f}" for value in np.mean(found, axis=0)) + "\n", flush=True)


def ranked(articles: Sequence[Article], encoder: Encoder) -> np.ndarray:
    """The place, from 1, of the best article that has each title, int of shape (titles,); each title counts once."""
    titles = sorted({article.title for article in articles})
    bodies = [(i, a.text[p.start : p.end]) for i, a in enumerate(articles) for p in a.passages]
    starts = np.searchsorted([i for i, _ in bodies], np.arange(len(articles)))
    cosines = encoder.encode(titles) @ encoder.encode([text for _, text in bodies]).T
    scores = np.maximum.reduceat(cosines, starts, axis=1)
    own = np.array([[article.title == title for article in articles] for title in titles])
    best = np.where(own, scores, -2).max(axis=1)
    return 1 + (scores > best[:, None]).sum(axis=1)


if __name__ == "__main__":
    main()
