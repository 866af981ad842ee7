"""The first step: a text in any language gets the teacher's vector of its English original.

Reimers and Gurevych, "Making Monolingual Sentence Embeddings Multilingual", EMNLP 2020, with a bag of token
vectors for a student, and a second loss that tells the targets of a batch apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest.training.bags import Bags, batch
from ingest.training.settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np

_WARM_UP = 30


def start_vectors(bags: Bags, targets: np.ndarray, size: int, settings: TrainingSettings) -> np.ndarray:
    """Each token's mean target over the texts that hold it, as long as its SIF weight: float32, (size, dimension).

    `targets` has the target of each text, (texts, dimension).
    """
    import numpy as np
    import scipy.sparse as sparse

    lengths = np.diff(bags.offsets)
    share = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
    holds = sparse.csr_matrix((share, bags.tokens, bags.offsets), shape=(len(lengths), size))
    sums = holds.T @ (targets - targets.mean(axis=0))
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    counts = np.bincount(bags.tokens, minlength=size)
    weights = settings.sif / (settings.sif + counts / max(counts.sum(), 1))
    vectors = (sums / np.maximum(norms, 1e-6) * weights[:, None] * 3).astype(np.float32)
    vectors[0] = 0  # the unknown token says nothing
    return vectors


def distil(
    bags: Bags,
    targets: np.ndarray,
    target_of: np.ndarray,
    size: int,
    settings: TrainingSettings,
    progress: Callable[[int, int], None],
) -> np.ndarray:
    """Token vectors, float32 of shape (size, dimension).

    `targets` are unit vectors (targets, dimension), `target_of` the row of them that each text is to get.
    """
    import numpy as np
    import torch
    from torch.nn import functional

    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    vectors = torch.from_numpy(start_vectors(bags, targets[target_of], size, settings))
    model = torch.nn.EmbeddingBag.from_pretrained(vectors, freeze=False, mode="mean")
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.distil_rate, betas=(0.9, 0.98))
    usable = np.flatnonzero(np.diff(bags.offsets) > 0)
    goal = torch.from_numpy(targets)
    order, position = random.permutation(usable), 0
    for step in range(settings.distil_steps):
        if position + settings.distil_batch > len(order) and position:
            order, position = random.permutation(usable), 0
        rows = order[position : position + settings.distil_batch]
        position += settings.distil_batch
        set_rate(optimizer, settings.distil_rate, step, settings.distil_steps)
        found = functional.normalize(model(*batch([bags.row(i) for i in rows], settings.distil_drop, random)), dim=1)
        wanted = goal[target_of[rows]]
        regression = (1 - (found * wanted).sum(1)).mean()
        # Another text with the same original is no wrong answer: it is taken out of the comparison.
        same = torch.from_numpy(target_of[rows][:, None] == target_of[rows][None]).fill_diagonal_(False)
        scores = (found @ wanted.T / settings.temperature).masked_fill(same, -1e4)
        right = torch.arange(len(rows))
        contrast = (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2
        loss = settings.regression * regression + settings.contrast * contrast
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        progress(step + 1, settings.distil_steps)
    return model.weight.detach().numpy()


def set_rate(optimizer: object, rate: float, step: int, steps: int) -> None:
    """Warm up, then fall in a line to nothing."""
    for group in optimizer.param_groups:  # type: ignore[attr-defined]
        group["lr"] = rate * min(1, (step + 1) / _WARM_UP) * (1 - step / steps) + 1e-6
