"""The fourth step: by what the tokens of a question and of a section are compared (bot.retrieval.late).

The student stays as it is and reads everything once. What is learnt is small, a projection of its tokens and how much
a question's token weighs, by telling the right section from those that the student itself holds likest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.retrieval.known import KnownQuestion
from bot.retrieval.late import Head
from ingest.training.material import ENGLISH, Material, SectionText
from ingest.training.settings import TrainingSettings
from ingest.training.student import Student
from ingest.training.tokenizer import UNKNOWN

if TYPE_CHECKING:
    import numpy as np
    import torch

_SECTION_TOKENS, _QUESTION_TOKENS = 254, 62  # that are read


@dataclass(frozen=True, slots=True)
class _States:
    """The hidden states of some texts' tokens, 16-bit floats: those of text i from `starts[i]` to `starts[i + 1]`.

    `vectors` are the texts' own, `filled` says which have tokens, bool of shape (texts,).
    """

    states: np.ndarray
    starts: np.ndarray
    vectors: np.ndarray
    filled: np.ndarray

    def of(self, texts: Sequence[int]) -> tuple[torch.Tensor, list[int]]:
        """The states of some texts, float32 of shape (tokens, hidden), and how many tokens each has."""
        import numpy as np
        import torch

        parts = [self.states[self.starts[i] : self.starts[i + 1]] for i in texts]
        return torch.from_numpy(np.concatenate(parts).astype(np.float32)), [len(part) for part in parts]


def learn_late(
    student: Student,
    material: Material,
    asked: Sequence[KnownQuestion],
    settings: TrainingSettings,
    scratch: Path,
    progress: Callable[[int, int], None],
) -> Head:
    """The head, learnt from questions written by hand.

    Most questions look for their section in their own language, the rest in English. Where none is about the
    material, tokens are compared by their principal components. What is read, some gigabytes, lies in a folder inside
    `scratch` meanwhile.
    """
    import numpy as np
    import torch

    torch.set_num_threads(settings.threads)
    chance = np.random.default_rng(settings.seed)
    keys = {section.key for section in material.sections}
    asked = [question for question in asked if question.section in keys]
    about = {question.article for question in asked}
    texts = [section for section in material.sections if section.article_id in about or not about]
    with tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as folder:
        held = Path(folder)
        sections = _read(student, [section.whole for section in texts], _SECTION_TOKENS, held / "sections", progress)
        questions = _read(student, [question.text for question in asked], _QUESTION_TOKENS, held / "questions")
        rivals = _rivals(asked, questions, texts, sections, settings, chance)
        learner = _Learner(sections.states, settings, chance)
        steps = settings.late_steps if rivals else 0
        for step in range(steps):
            examples = []
            for place in chance.integers(len(rivals), size=settings.late_batch):
                number, right, others = rivals[place]
                wrong = chance.choice(others, min(settings.late_wrong, len(others)), replace=False)
                examples.append((questions.of([number])[0], *sections.of([right, *wrong.tolist()])))
            learner.learn(examples, 1 - step / steps)
            progress(step + 1, steps)
        return learner.head()


def _rivals(
    asked: Sequence[KnownQuestion],
    questions: _States,
    texts: Sequence[SectionText],
    sections: _States,
    settings: TrainingSettings,
    chance: np.random.Generator,
) -> list[tuple[int, int, np.ndarray]]:
    """The number of each question that has its section, that section's, and those of the likest others."""
    import numpy as np

    places = {(section.locale.lower(), section.key): place for place, section in enumerate(texts)}
    locales = np.array([section.locale.lower() for section in texts])
    of_locale = {locale: np.flatnonzero((locales == locale) & sections.filled) for locale in set(locales.tolist())}
    vectors_of = {locale: sections.vectors[there] for locale, there in of_locale.items()}
    found = []
    for number, question in enumerate(asked):
        locale = question.locale if chance.random() < settings.late_own_share else ENGLISH.lower()
        right = places.get((locale, question.section))
        if right is not None and sections.filled[right] and questions.filled[number]:
            cosines = vectors_of[locale] @ questions.vectors[number]
            likest = of_locale[locale][np.argsort(-cosines)[: settings.late_depth + 1]]
            found.append((number, right, likest[likest != right]))
    return found


class _Learner:
    """The head while it is learnt: it starts as the principal components of the tokens, all of which weigh the same."""

    def __init__(self, states: np.ndarray, settings: TrainingSettings, chance: np.random.Generator) -> None:
        import numpy as np
        import torch

        some = states[np.sort(chance.choice(len(states), min(len(states), 100_000), replace=False))].astype(np.float32)
        middle = some.mean(axis=0)
        _, directions = np.linalg.eigh((some - middle).T @ (some - middle) / len(some))
        best = np.ascontiguousarray(directions[:, ::-1][:, : settings.late_dimension], dtype=np.float32)
        self._projection = torch.nn.Parameter(torch.from_numpy(best))
        self._bias = torch.nn.Parameter(torch.from_numpy((-middle @ best).astype(np.float32)))
        self._gate = torch.nn.Parameter(torch.zeros(states.shape[1]))
        self._sharpness = torch.nn.Parameter(torch.tensor(20.0).log())
        self._rate = settings.late_rate
        head = [self._projection, self._bias, self._gate]
        self._optimizer = torch.optim.Adam([{"params": head}, {"params": [self._sharpness], "lr": 0.01}])

    def learn(self, examples: Sequence[tuple[torch.Tensor, torch.Tensor, list[int]]], rate: float) -> None:
        """One step. An example is a question's states, its sections' states, the right one first, and their lengths."""
        import torch

        small = self._small(torch.cat([states for _, states, _ in examples]))
        loss = torch.zeros(())
        for (question, _, lengths), tokens in zip(
            examples, small.split([len(states) for _, states, _ in examples]), strict=True
        ):
            weights = torch.nn.functional.softplus(question @ self._gate)
            cosines = self._small(question) @ tokens.T
            likest = torch.stack([part.max(dim=1).values for part in cosines.split(lengths, dim=1)])
            scores = likest @ (weights / weights.sum())
            loss = loss - torch.log_softmax(scores * self._sharpness.exp(), 0)[0] / len(examples)
        self._optimizer.param_groups[0]["lr"] = self._rate * rate
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()

    def head(self) -> Head:
        """The head as it is now."""
        return Head(*(part.detach().numpy() for part in (self._projection, self._bias, self._gate)))

    def _small(self, states: torch.Tensor) -> torch.Tensor:
        import torch

        return torch.nn.functional.normalize(states @ self._projection + self._bias, dim=1)


def _read(
    student: Student,
    texts: Sequence[str],
    limit: int,
    file: Path,
    progress: Callable[[int, int], None] | None = None,
) -> _States:
    """What the student makes of the texts' known tokens, kept in a file, and of the texts."""
    import numpy as np

    unknown = student.tokenizer.token_to_id(UNKNOWN)
    rows = [row[:limit] for row in student.rows(texts)]
    known = [np.array(row, int) != unknown for row in rows]
    starts = np.concatenate([[0], np.cumsum([int(kept.sum()) for kept in known])]).astype(np.int64)
    hidden = student.model.config.hidden_size
    shape = (max(1, int(starts[-1])), hidden)  # one at least: a mean is taken of them
    states = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=shape)
    vectors = np.zeros((len(rows), hidden), np.float32)
    for place, vector, tokens in student.read(rows, limit, progress):
        states[starts[place] : starts[place + 1]] = tokens[known[place]]
        vectors[place] = vector
    return _States(states, starts, vectors, starts[:-1] < starts[1:])
