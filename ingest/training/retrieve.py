"""The second step: question-like texts and their sections come close, other sections of a batch stay away.

The target is half the right section and half the teacher's own ranking of the batch, where the teacher knows the
question; sentences keep their teacher's vectors meanwhile, so that what the first step learnt is not lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ingest.training.bags import Bags, batch, make_bags
from ingest.training.distil import set_rate
from ingest.training.questions import Example, Questions, shown_words
from ingest.training.settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer


class SectionBags:
    """The tokens of every header and block, cut once."""

    def __init__(self, tokenizer: Tokenizer, texts: set[str], progress: Callable[[int, int], None]) -> None:
        ordered = sorted(texts)
        self._row = {text: number for number, text in enumerate(ordered)}
        self._bags = make_bags(tokenizer, ordered, progress)

    def tokens(self, header: tuple[str, ...], blocks: list[str], limit: int) -> np.ndarray:
        """The tokens of the words, the first `limit` of them."""
        import numpy as np

        rows = [self._bags.row(self._row[text]) for text in (*header, *blocks)]
        return np.concatenate(rows)[:limit] if rows else np.zeros(0, dtype=np.int32)


def learn_retrieval(
    vectors: np.ndarray,
    tokenizer: Tokenizer,
    questions: Questions,
    sections: SectionBags,
    question_targets: Mapping[str, np.ndarray],
    section_targets: Mapping[str, np.ndarray],
    kept: Bags,
    kept_targets: np.ndarray,
    settings: TrainingSettings,
    progress: Callable[[int, int], None],
) -> np.ndarray:
    """Token vectors after the second step, float32 of the shape of `vectors`.

    `question_targets` has the teacher's vectors by English text, `section_targets` by section key (article_id and
    anchor), `kept_targets` one a text of `kept`.
    """
    import numpy as np
    import torch
    from torch.nn import functional

    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    numbers = np.random.default_rng(settings.seed)
    chance = random.Random(settings.seed)
    model = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(vectors.copy()), freeze=False, mode="mean")
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.retrieval_rate, betas=(0.9, 0.98))
    goal = torch.from_numpy(kept_targets)
    for step in range(settings.retrieval_steps):
        set_rate(optimizer, settings.retrieval_rate, step, settings.retrieval_steps)
        examples = questions.draw(settings.retrieval_batch)
        asked = make_bags(tokenizer, [example.question for example in examples])
        shown = []
        for example in examples:
            header, blocks = shown_words(example, chance, settings)
            shown.append(sections.tokens(tuple(header), list(blocks), settings.section_tokens))
        left = functional.normalize(
            model(*batch([asked.row(i) for i in range(len(examples))], settings.question_drop, numbers)), dim=1
        )
        right = functional.normalize(model(*batch(shown, settings.section_drop, numbers)), dim=1)
        scores = left @ right.T / settings.temperature
        exact, target = _targets(examples, question_targets, section_targets, settings)
        forward = -(target * functional.log_softmax(scores, 1)).sum(1).mean()
        backward = -(exact * functional.log_softmax(scores.T, 1)).sum(1).mean()
        rows = numbers.integers(0, len(kept.offsets) - 1, min(1024, len(kept.offsets) - 1))
        found = functional.normalize(model(*batch([kept.row(i) for i in rows], settings.distil_drop, numbers)), dim=1)
        regression = (1 - (found * goal[rows]).sum(1)).mean()
        loss = forward + settings.backward * backward + settings.keep * regression
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        progress(step + 1, settings.retrieval_steps)
    return model.weight.detach().numpy()


def _targets(
    examples: list[Example],
    question_targets: Mapping[str, np.ndarray],
    section_targets: Mapping[str, np.ndarray],
    settings: TrainingSettings,
) -> tuple[object, object]:
    """(right sections, what is to be learnt), each (examples, examples) with rows that add up to 1."""
    import numpy as np
    import torch

    keys = np.array([example.section.key for example in examples])
    exact = torch.from_numpy(keys[:, None] == keys[None]).float()
    exact /= exact.sum(1, keepdim=True)
    target = exact.clone()
    known = [i for i, example in enumerate(examples) if example.english in question_targets]
    if known and all(key in section_targets for key in keys):
        asked = torch.from_numpy(np.stack([question_targets[examples[i].english or ""] for i in known]))
        shown = torch.from_numpy(np.stack([section_targets[key] for key in keys]))
        ranking = torch.softmax(asked @ shown.T / settings.temperature, dim=1)
        target[known] = (1 - settings.teacher_share) * exact[known] + settings.teacher_share * ranking
    return exact, target
