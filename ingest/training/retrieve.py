"""The third step: a question finds its section among all sections of a language.

Most questions are compared with a bank: vectors of all sections of some locales, read every so many steps by the
student as it then is (Xiong et al., "Approximate Nearest Neighbor Negative Contrastive Learning", ICLR 2021), so that
every section is a wrong answer to learn from at the price of the question alone. A few sections a step are read live,
so that sections move too. Sentences keep their teacher's vectors meanwhile, so that the second step is not lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.training.bags import Bags
from ingest.training.material import ENGLISH, SectionText
from ingest.training.questions import Example, Questions, Wanted
from ingest.training.settings import TrainingSettings
from ingest.training.student import Checkpoint, Descent, Student

if TYPE_CHECKING:
    import numpy as np
    import torch

QUESTION_TOKENS = 46


@dataclass(frozen=True, slots=True)
class Kept:
    """Sentences and the teacher's vectors of their originals: `targets[target_of[i]]` is the one of text i."""

    texts: Bags
    targets: np.ndarray
    target_of: np.ndarray


def learn_retrieval(
    student: Student,
    questions: Questions,
    kept: Kept,
    settings: TrainingSettings,
    checkpoint: Path,
    progress: Callable[[int, int], None],
) -> None:
    """Train the student in place; goes on from the file `checkpoint` where there is one."""
    import numpy as np
    import torch

    torch.set_num_threads(settings.threads)
    shower = _Shower(student, settings)
    bank: _Bank | None = None
    steps = settings.retrieval_steps
    descent = Descent(student, settings.retrieval_token_rate, settings.retrieval_layer_rate, steps, warm_up=30)
    for number in Checkpoint(checkpoint, student, descent).steps(steps):
        chance, numbers = random.Random(f"{settings.seed} {number}"), np.random.default_rng((settings.seed, number))
        if bank is None or number % settings.bank_steps == 0:
            bank = _Bank(student, questions, shower, number // settings.bank_steps, settings)
        asked = questions.asked(settings.retrieval_batch, bank.rows, chance)
        live = questions.draw(settings.live_batch, chance)
        sentences = numbers.choice(len(kept.target_of), min(settings.kept_batch, len(kept.target_of)), replace=False)
        rows = student.rows([q.text for q in asked] + [example.question for example in live])
        rows = [_without_some(row, settings.question_drop, numbers) for row in rows]
        rows += [list(kept.texts.row(i)) for i in sentences]
        found = _embed_by_length(student, rows)
        ours, theirs, same = torch.split(found, [len(asked), len(live), len(sentences)])
        sections = student.embed([shower.shown(e.section, e.left_out, numbers) for e in live], settings.section_tokens)
        loss = bank.loss(ours, asked, settings)
        loss = loss + _live_loss(theirs, sections, live, settings)
        wanted = torch.from_numpy(kept.targets[kept.target_of[sentences]])
        loss = loss + settings.keep * (1 - (same * wanted).sum(1)).mean()
        descent.step(loss, number)
        progress(number + 1, steps)


class _Shower:
    """Sections as the student is shown them: a part, often without header; their tokens are cut once."""

    def __init__(self, student: Student, settings: TrainingSettings) -> None:
        self._student = student
        self._settings = settings
        self._cut: dict[tuple[str, str], list[list[int]]] = {}

    def tokens(self, section: SectionText) -> list[list[int]]:
        """The header's tokens, then each block's."""
        name = (section.key, section.locale)
        if name not in self._cut:
            self._cut[name] = self._student.rows([" ".join(section.header), *section.blocks])
        return self._cut[name]

    def shown(
        self, section: SectionText, left_out: int | None = None, chance: np.random.Generator | None = None
    ) -> list[int]:
        """The section's tokens, at most `section_tokens`: by chance from a later block on, by chance without header."""
        header, *blocks = self.tokens(section)
        blocks = [block for number, block in enumerate(blocks) if number != left_out]
        limit = self._settings.section_tokens
        if chance is not None and chance.random() >= self._settings.header_share and blocks:
            header = []
        header = header[: limit // 3]
        if chance is not None and sum(map(len, blocks)) > limit - len(header) and chance.random() < 0.6:
            blocks = blocks[chance.integers(len(blocks)) :]
        shown = list(header)
        for block in blocks:
            if len(shown) >= limit:
                break
            shown += block
        return shown[:limit] or [0]


class _Bank:
    """Vectors of the sections of English and some other locales, as the student reads them now.

    The `number`s of banks go through all locales in turn.
    """

    def __init__(
        self, student: Student, questions: Questions, shower: _Shower, number: int, settings: TrainingSettings
    ) -> None:
        import torch

        others = sorted(locale for locale in questions.by_locale if locale != ENGLISH)
        count = min(settings.bank_locales, len(others))
        random.Random(f"{settings.seed} banks").shuffle(others)
        chosen = [others[(number * count + i) % len(others)] for i in range(count)]
        chance = random.Random(f"{settings.seed} bank {number}")
        self.rows: dict[str, dict[str, int]] = {}
        self._vectors: dict[str, torch.Tensor] = {}
        for locale in (ENGLISH, *sorted(chosen)):
            sections = questions.by_locale.get(locale, {})
            asked = [key for key in sorted(sections) if key in questions.asked_about]
            rest = [key for key in sorted(sections) if key not in questions.asked_about]
            keys = asked + chance.sample(rest, min(settings.bank_others, len(rest)))
            if keys:
                self.rows[locale] = {key: row for row, key in enumerate(keys)}
                shown = [shower.shown(sections[key]) for key in keys]
                self._vectors[locale] = torch.from_numpy(student.vectors(shown, settings.section_tokens))

    def loss(self, found: torch.Tensor, asked: Sequence[Wanted], settings: TrainingSettings) -> torch.Tensor:
        """Cross entropy of each question's section among all of its locale."""
        import torch

        total = found.sum() * 0
        for locale, rows in self.rows.items():
            of_locale = [i for i, wanted in enumerate(asked) if wanted.locale == locale]
            if of_locale:
                scores = found[of_locale] @ self._vectors[locale].T / settings.temperature
                right = torch.tensor([rows[asked[i].key] for i in of_locale])
                total = total + torch.nn.functional.cross_entropy(scores, right, reduction="sum")
        return total / max(1, len(asked))


def _live_loss(
    found: torch.Tensor, sections: torch.Tensor, examples: Sequence[Example], settings: TrainingSettings
) -> torch.Tensor:
    """Examples against the sections of the batch, and sections against the questions.

    Never against the bank: what tells sections read live from sections read earlier is no answer to a question.
    """
    import torch
    from torch.nn.functional import log_softmax

    keys = [example.section.key for example in examples]
    right = torch.tensor([[one == other for other in keys] for one in keys]).float()
    right = right / right.sum(1, keepdim=True)
    scores = found @ sections.T / settings.temperature
    forward = -(right * log_softmax(scores, 1)).sum(1).mean()
    backward = -(right * log_softmax(scores.T, 1)).sum(1).mean()
    return settings.forward * forward + settings.backward * backward


def _embed_by_length(student: Student, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Vectors of texts of unlike length, in groups of like length: little is padded."""
    import numpy as np
    import torch

    order = np.argsort([len(row) for row in rows], kind="stable")
    groups = [
        group for group in np.split(order, [int(len(order) * share) for share in (0.33, 0.67, 0.9)]) if len(group)
    ]
    found = torch.cat([student.embed([rows[i] for i in group], QUESTION_TOKENS) for group in groups])
    return found[torch.from_numpy(np.argsort(np.concatenate(groups)))]


def _without_some(row: list[int], share: float, chance: np.random.Generator) -> list[int]:
    """A question's tokens, now and then without a share of them."""
    if len(row) < 5 or chance.random() < 0.7:
        return row
    kept = [token for token, drawn in zip(row, chance.random(len(row)), strict=True) if drawn >= share]
    return kept or row
