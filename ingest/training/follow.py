"""The second step: the student gives a text in any language the teacher's vector of its English original.

Reimers and Gurevych, "Making Monolingual Sentence Embeddings Multilingual", EMNLP 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.training.bags import Bags
from ingest.training.settings import TrainingSettings
from ingest.training.student import Checkpoint, Descent, Student

if TYPE_CHECKING:
    import numpy as np

LONGEST = 64  # tokens of a sentence that are read


def follow_teacher(
    student: Student,
    texts: Bags,
    targets: np.ndarray,
    target_of: np.ndarray,
    settings: TrainingSettings,
    checkpoint: Path,
    progress: Callable[[int, int], None],
) -> None:
    """Train the student in place.

    `texts` are token numbers of the student's; `targets` unit vectors (targets, dimension), `target_of` the row of
    them that each text is to get. A training that was broken off goes on from the file `checkpoint`.
    """
    import numpy as np
    import torch
    from torch.nn import functional

    torch.set_num_threads(settings.threads)
    descent = Descent(
        student, settings.student_token_rate, settings.student_layer_rate, settings.student_steps, warm_up=50
    )
    goal = torch.from_numpy(targets)
    batches = _batches(texts, settings)
    done = 0
    for number in Checkpoint(checkpoint, student, descent).steps(settings.student_steps):
        while done < number:  # what was learnt before the training was broken off
            next(batches)
            done += 1
        rows, chance = next(batches), np.random.default_rng((settings.seed, number))
        done += 1
        shown = [texts.row(i)[:LONGEST] for i in rows]
        if chance.random() < 0.5:
            shown = [row[chance.random(len(row)) >= 0.1] if len(row) > 3 else row for row in shown]
        found = student.embed(shown, LONGEST)
        numbers = torch.from_numpy(target_of[rows])
        wanted = goal[numbers]
        regression = (1 - (found * wanted).sum(1)).mean()
        # Another text with the same original is no wrong answer: it is taken out of the comparison.
        same = (numbers[:, None] == numbers[None]).fill_diagonal_(False)
        scores = (found @ wanted.T / settings.temperature).masked_fill(same, -1e4)
        contrast = functional.cross_entropy(scores, torch.arange(len(rows)))
        descent.step(settings.regression * regression + settings.contrast * contrast, number)
        progress(number + 1, settings.student_steps)


def _batches(texts: Bags, settings: TrainingSettings) -> Iterator[np.ndarray]:
    """Texts of like length, in chance order, as many as fit into `student_tokens` tokens, without end."""
    import numpy as np

    lengths = np.minimum(np.diff(texts.offsets), LONGEST)
    usable = np.flatnonzero(lengths > 0)
    epoch = 0
    while True:
        chance = np.random.default_rng((settings.seed, epoch))
        order = chance.permutation(usable)
        for first in range(0, len(order), 16_384):
            part = order[first : first + 16_384]
            part = part[np.argsort(lengths[part], kind="stable")]
            batches, start = [], 0
            while start < len(part):
                end = start + 1
                while (
                    end < len(part)
                    and end - start < 512
                    and (end - start + 1) * (lengths[part[end]] + 2) <= settings.student_tokens
                ):
                    end += 1
                batches.append(part[start:end])
                start = end
            chance.shuffle(batches)
            yield from batches
        epoch += 1
