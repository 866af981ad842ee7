"""The student: a small BERT that reads every language, with the teacher's own layers to start from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.training.tokenizer import UNKNOWN, WORD_START

if TYPE_CHECKING:
    import numpy as np
    import torch
    from tokenizers import Tokenizer

PADDING, START, END = "[PAD]", "[CLS]", "[SEP]"
_NEAREST = 8  # of the teacher's words that a new token is mixed from
_SHARPNESS = 0.05
_SURE = 0.5  # cosine from which on a token spelt like a word of the teacher's is that word
_TOKENS_AT_ONCE = 8192  # read without learning


class Student:
    """A tokenizer and a BERT; a text's vector is the mean over its tokens, at unit length.

    Numbers of tokens ("rows") are int arrays without the tokens that open and close a text.
    """

    def __init__(self, tokenizer: Tokenizer, model: torch.nn.Module) -> None:
        self.tokenizer = tokenizer
        self.model = model
        self._start, self._end, self._padding = (tokenizer.token_to_id(t) for t in (START, END, PADDING))

    def rows(self, texts: Sequence[str]) -> list[list[int]]:
        """The token numbers of the texts."""
        return [e.ids for e in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def embed(self, rows: Sequence[Sequence[int]], limit: int) -> torch.Tensor:
        """Vectors to learn from, float32 of shape (rows, dimension); of a row its first `limit` tokens are read."""
        return self._embed(rows, limit)[0]

    def _embed(self, rows: Sequence[Sequence[int]], limit: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The vectors, and the hidden states that they are means of, float32 of shape (rows, tokens, dimension)."""
        import numpy as np
        import torch

        width = min(limit, max(map(len, rows))) + 2
        tokens = np.full((len(rows), width), self._padding, np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for i, row in enumerate(rows):
            length = min(len(row), limit)
            tokens[i, : length + 2] = [self._start, *row[:length], self._end]
            mask[i, : length + 2] = 1
        # 16-bit products: twice as fast where the processor has them, and no ranking changes
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.model(
                input_ids=torch.from_numpy(tokens), attention_mask=torch.from_numpy(mask)
            ).last_hidden_state
        hidden, weight = hidden.float(), torch.from_numpy(mask)[:, :, None].float()
        mean = (hidden * weight).sum(1) / weight.sum(1)
        return torch.nn.functional.normalize(mean, dim=1), hidden

    def read(
        self, rows: Sequence[Sequence[int]], limit: int, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Rows as they are read now: a row's number, its vector, and its own tokens' hidden states.

        They come as float32 of shapes (dimension,) and (tokens, dimension), in no order.
        """
        import torch

        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        first = 0
        self.model.eval()
        while first < len(order):
            last = first + 1
            while last < len(order) and (last - first + 1) * (len(rows[order[last]]) + 2) <= _TOKENS_AT_ONCE:
                last += 1
            part = order[first:last]
            with torch.no_grad():
                vectors, hidden = self._embed([rows[i] for i in part], limit)
            for row, vector, states in zip(part, vectors.numpy(), hidden.numpy(), strict=True):
                yield row, vector, states[1 : 1 + min(len(rows[row]), limit)]
            first = last
            if progress:
                progress(first, len(order))
        self.model.train()

    def vectors(
        self, rows: Sequence[Sequence[int]], limit: int, progress: Callable[[int, int], None] | None = None
    ) -> np.ndarray:
        """Vectors as they are now, float32 of shape (rows, dimension)."""
        import numpy as np

        found = np.zeros((len(rows), self.model.config.hidden_size), np.float32)
        for row, vector, _ in self.read(rows, limit, progress):
            found[row] = vector
        return found

    def save(self, folder: Path) -> None:
        """Keep tokenizer and model in a folder."""
        import torch

        self.tokenizer.save(str(folder / "tokenizer.json"))
        torch.save(self.model, folder / "model.pt")

    @classmethod
    def load(cls, folder: Path) -> Student:
        """The student that `save` kept; the file is this program's own, or it must not be read."""
        import torch
        from tokenizers import Tokenizer

        model = torch.load(folder / "model.pt", weights_only=False)
        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")), model)


class Descent:
    """Adam with a rate for the tokens' vectors, which are new, and one for the layers, which know already.

    Rates warm up, then fall in a line to nothing. Only the vectors of tokens that were read move.
    """

    def __init__(self, student: Student, token_rate: float, layer_rate: float, steps: int, warm_up: int) -> None:
        import torch

        embedding = student.model.embeddings.word_embeddings
        embedding.sparse = True
        self._layers = [p for p in student.model.parameters() if p is not embedding.weight]
        self._optimizers = {
            token_rate: torch.optim.SparseAdam([embedding.weight], betas=(0.9, 0.98)),
            layer_rate: torch.optim.AdamW(self._layers, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
        }
        self._steps = steps
        self._warm_up = warm_up

    def step(self, loss: torch.Tensor, done: int) -> None:
        """One step down; `done` is the number of steps before this one."""
        import torch

        share = min(1.0, (done + 1) / self._warm_up) * (1 - done / self._steps)
        for rate, optimizer in self._optimizers.items():
            optimizer.param_groups[0]["lr"] = rate * share
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._layers, 1.0)
        for optimizer in self._optimizers.values():
            optimizer.step()

    def state(self) -> list[dict[str, Any]]:
        return [optimizer.state_dict() for optimizer in self._optimizers.values()]

    def restore(self, state: list[dict[str, Any]]) -> None:
        for optimizer, kept in zip(self._optimizers.values(), state, strict=True):
            optimizer.load_state_dict(kept)


class Checkpoint:
    """Where a training that is broken off goes on: student, optimizers and steps done, in one file."""

    EVERY = 100

    def __init__(self, path: Path, student: Student, descent: Descent) -> None:
        self._path = path
        self._student = student
        self._descent = descent

    def steps(self, count: int) -> Iterable[int]:
        """The steps still to do, numbered on from where the file left off; written every so many of them."""
        import torch

        first = 0
        if self._path.is_file():
            kept = torch.load(self._path, weights_only=False)
            self._student.model.load_state_dict(kept["model"])
            self._descent.restore(kept["descent"])
            first = kept["steps"]
        for number in range(first, count):
            yield number
            if (number + 1) % self.EVERY == 0:
                self._keep(number + 1)

    def _keep(self, steps: int) -> None:
        import torch

        new = self._path.with_suffix(".new")
        state = {"model": self._student.model.state_dict(), "descent": self._descent.state(), "steps": steps}
        torch.save(state, new)
        new.replace(self._path)


def start_student(teacher: str, tokenizer: Tokenizer, vectors: np.ndarray, pieces: int) -> Student:
    """A student with the teacher's layers and, for token vectors, mixtures of the teacher's.

    `vectors` are the first step's, (vocabulary, dimension): a token gets the mean of the teacher's words whose own
    vectors there are nearest, weighed by a softmax of the cosines. `pieces` tokens are kept: all single letters and
    the likeliest others. Raises EncoderError where the teacher is no BERT.
    """
    import numpy as np
    import torch

    reader, words = _teacher(teacher)
    theirs = reader.embeddings.word_embeddings.weight.detach().numpy()
    small, kept = _pruned(tokenizer, pieces)
    plain = sorted((w, i) for w, i in words.items() if w.isascii() and w.removeprefix("##").isalnum())
    cut = [e.ids for e in tokenizer.encode_batch([w.removeprefix("##") for w, _ in plain], add_special_tokens=False)]
    known = _unit(np.stack([vectors[ids].mean(axis=0) if ids else np.zeros_like(vectors[0]) for ids in cut]))
    source = theirs[[i for _, i in plain]]
    mine = _unit(vectors[kept])
    mixed = np.zeros((small.get_vocab_size(), theirs.shape[1]), np.float32)
    for first in range(0, len(kept), 4096):
        cosines = mine[first : first + 4096] @ known.T
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :_NEAREST]
        best = np.take_along_axis(cosines, nearest, axis=1)
        weight = np.exp((best - best.max(axis=1, keepdims=True)) / _SHARPNESS)
        weight /= weight.sum(axis=1, keepdims=True)
        mixed[first : first + len(cosines)] = (source[nearest] * weight[:, :, None]).sum(axis=1)
    places = {word: place for place, (word, _) in enumerate(plain)}
    for number in range(len(kept)):
        piece = small.id_to_token(number)
        word = piece[1:] if piece.startswith(WORD_START) else f"##{piece}"
        if word in places and mine[number] @ known[places[word]] > _SURE:
            mixed[number] = source[places[word]]
    mixed = _unit(mixed) * np.linalg.norm(source, axis=1).mean()
    for token in (UNKNOWN, PADDING, START, END):
        mixed[small.token_to_id(token)] = theirs[words[token]]
    reader.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(torch.from_numpy(mixed), freeze=False)
    reader.config.vocab_size = len(mixed)
    reader.config.pad_token_id = small.token_to_id(PADDING)
    for module in reader.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0  # a student that is to give the teacher's very vectors learns better without
    return Student(small, reader.train())


def _teacher(name: str) -> tuple[torch.nn.Module, dict[str, int]]:
    """The teacher's BERT, without its pooler, and its vocabulary."""
    from bot.encoder import transformer_of

    reader, vocabulary = transformer_of(name)
    reader.pooler = None
    return reader, vocabulary


def _pruned(tokenizer: Tokenizer, pieces: int) -> tuple[Tokenizer, list[int]]:
    """The tokenizer with fewer pieces and with the tokens that open, close and pad; and which pieces are kept."""
    from tokenizers import Tokenizer

    data = json.loads(tokenizer.to_str())
    vocabulary = data["model"]["vocab"]
    kept = {i for i, (piece, _) in enumerate(vocabulary) if i == 0 or len(piece) == 1}
    for i in range(len(vocabulary)):  # likeliest first
        if len(kept) >= pieces - 3:
            break
        kept.add(i)
    ordered = sorted(kept)
    special = {token: len(ordered) + place for place, token in enumerate((PADDING, START, END))}
    data["model"]["vocab"] = [vocabulary[i] for i in ordered] + [[token, 0.0] for token in special]
    data["added_tokens"] += [data["added_tokens"][0] | {"id": i, "content": token} for token, i in special.items()]
    small = Tokenizer.from_str(json.dumps(data))
    from tokenizers.processors import TemplateProcessing

    small.post_processor = TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(token, special[token]) for token in (START, END)]
    )
    return small, ordered


def _unit(vectors: np.ndarray) -> np.ndarray:
    import numpy as np

    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
