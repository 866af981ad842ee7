"""The model card, beside the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from ingest.training.material import Material
from ingest.training.scores import Score
from ingest.training.settings import TrainingSettings

CARD = "README.md"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card says of a training."""

    teacher: str
    material: Material
    settings: TrainingSettings
    dimension: int
    bytes: int
    seconds: Sequence[tuple[str, float]]  # of each stage, in order
    scores: Sequence[Score] = ()


def write_card(folder: Path, facts: Facts) -> None:
    """Write README.md into the encoder's folder."""
    (folder / CARD).write_text(card_text(facts), encoding="utf-8")


def card_text(facts: Facts) -> str:
    """The card's Markdown."""
    settings, material = facts.settings, facts.material
    articles = len({(section.article_id, section.locale) for section in material.sections})
    seconds = "\n".join(f"| {stage} | {took:.0f} |" for stage, took in facts.seconds)
    named = ", ".join(material.locales)
    size = f"{facts.bytes / 1e6:.0f} MB"
    values = "\n".join(f"| `{f.name}` | {getattr(settings, f.name)} |" for f in fields(settings))
    return f"""---
license: cc-by-4.0
language: [{", ".join(sorted({locale.split("-")[0] for locale in material.locales}))}]
library_name: sentence-transformers
pipeline_tag: sentence-similarity
---
# A small multilingual encoder for Partner Center help

A BERT of six layers and {facts.dimension} dimensions, {settings.pieces:,} tokens, 16-bit floats, {size}
in all; a text's vector is the mean over its tokens. It is made for finding help sections together with a lexical
index, in {named}, and across them. Case, accents and punctuation make no difference to it.

```python
from sentence_transformers import SentenceTransformer
SentenceTransformer("models/encoder").encode(["Who handles billing disputes?"])
```

## How it was made
`guide train-encoder` with the settings below, on processor cores alone.

1. *Vocabulary*: a unigram tokenizer, from equally much text of each language.
2. *Teacher*: {facts.teacher} reads the English sentences and sections.
3. *Words*: a bag of token vectors learns to give a sentence, a section and an everyday word the teacher's vector of
   its English original, in all languages.
4. *Student*: the teacher's layers, each new token starting as a mixture of the teacher's words that lie nearest by
   step 3, learn the same from sentences.
5. *Retrieval*: questions written by hand, and titles, headings and sentences put as people put them (everyday words,
   wrapping, misspellings), find their section among all sections of their own language or another one.
6. *Late interaction*: a projection of the tokens (`late.safetensors`), by which a question's are compared with a
   section's one by one, and how much a question's token weighs, learn on the questions written by hand to tell the
   section from those that the finished student holds likest. The student stays as it is.

| stage | seconds |
| --- | --- |
{seconds}

A stage's seconds are of the run that made it; the teacher's reading is among those of `words` as far
as its vectors were not kept from an earlier run. Seed {settings.seed}.

## What it finds
{_scores(facts.scores)}

## Data
- {len(material.pairs):,} pairs of a sentence and its English original, {len(material.sections):,} sections of
  {articles:,} articles in {len(material.locales)} locales: articles of Microsoft's documentation, © Microsoft
  Corporation and contributors, published under the Creative Commons Attribution 4.0 International licence
  (https://creativecommons.org/licenses/by/4.0/). They were cut into sentences and sections and turned into numbers;
  no text of theirs is in this folder but single words and parts of words, the tokens. Microsoft does not endorse
  this work.
- The teacher, sentence-transformers/all-MiniLM-L6-v2, is published under the Apache License 2.0.
- Everyday words and wrappings (`ingest/training/`) and questions (`data/known/learnt.tsv`) were written for this
  project, the questions from the sections that answer them. No evaluation question was used, and no question about
  the articles of `data/calibration.jsonl`.

## What it is not good at
- Negation and fine differences of wording ("before" and "after", "who pays whom").
- Words that are neither in the articles nor among the everyday words, and subjects far from the articles'.
- A measure of truth: a high similarity says that a section is about the question, not that it answers it.
- Matching numbers, codes and product names exactly: the lexical index beside it does that.

## Settings
| setting | value |
| --- | --- |
{values}
"""


def _scores(scores: Sequence[Score]) -> str:
    if not scores:
        return "Not measured in this training: name files of questions to have it measured."
    rows = "\n".join(
        f"| {s.locale} | {s.searched} | {s.questions} | {s.section_at_1:.2f} | {s.section_at_5:.2f} "
        f"| {s.mrr_at_10:.2f} | {s.article_at_5:.2f} |"
        for s in scores
    )
    return f"""The encoder alone on development questions with odd numbers. Other questions on
most of these sections were in the training: on articles that were not, expect less.

| questions | sections | asked | section@1 | section@5 | MRR@10 | article@5 |
| --- | --- | --- | --- | --- | --- | --- |
{rows}"""
