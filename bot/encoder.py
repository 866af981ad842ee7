"""Texts to vectors: the only module that imports sentence_transformers.

The encoder is a folder (the shipped one is models/encoder, written by `guide train-encoder`) or, where there is a
network, the name of any sentence-transformers model on the hub. Importing this module loads no model.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import EncoderError
from bot.retrieval.late import Head

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer

BATCH = 64
BATCH_TOKENS = 3072
LONGEST = 256  # tokens of a text that are read: as many as the teacher was made for
HUB_TIMEOUT_S = 10
_REMEDY = "Train one with `guide train-encoder`, or name another folder or model as `encoder` in guide.yml."
Progress = Callable[[int, int], None]
_NOT_WEIGHTS = frozenset({"README.md", ".gitattributes", "calibration.json"})  # what changes no vector


@dataclass(frozen=True, slots=True)
class Reading:
    """Texts as an encoder reads them, in the order given.

    `vectors` are unit vectors, float32 of shape (texts, dimension). A text without a letter or digit has the zero
    vector, which is equally far from everything. Where the processor has 16-bit products these are used: half as fast
    again for a question, twice for many passages, and no component of a vector differs by more than a hundredth.

    `tokens` holds for each text what the encoder's Head makes of the tokens, of a question or of a passage: unknown
    ones are left out; none where the encoder has no head.
    """

    vectors: np.ndarray
    tokens: tuple[np.ndarray, ...]


class Encoder:
    """A loaded sentence-transformers model; made by `load_encoder`. Safe to call from several threads.

    `name` is what it was loaded by, `dimension` the length of its vectors. `fingerprint` identifies what the
    vectors depend on: for a folder the SHA-256 over its files in hexadecimal (the model card left out), for a
    model of the hub its name and revision. `head` makes small vectors of the tokens, where the folder has one.
    """

    def __init__(self, name: str, fingerprint: str, model: Any, head: Head | None = None) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.head = head
        self._model = model
        self.dimension: int = int(model.get_embedding_dimension())

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray:
        """The vectors of texts (see Reading). `progress` is called with the texts done and the texts in all."""
        return self._read(texts, None, progress).vectors

    def read_questions(self, texts: Sequence[str]) -> Reading:
        """Questions, with their tokens as Head.question makes them."""
        return self._read(texts, self.head and self.head.question, None)

    def read_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> Reading:
        """Passages, with their tokens as Head.passage makes them; `progress` as of `encode`."""
        return self._read(texts, self.head and self.head.passage, progress)

    def _read(
        self, texts: Sequence[str], make: Callable[[np.ndarray], np.ndarray] | None, progress: Progress | None
    ) -> Reading:
        import numpy as np

        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        none = np.zeros((0, self.head.dimension if self.head else 0), np.int8)
        tokens = [none] * len(texts)
        wanted = [i for i, text in enumerate(texts) if any(map(str.isalnum, text))]
        done = len(texts) - len(wanted)
        for rows in _batches(dict(zip(wanted, self._lengths([texts[i] for i in wanted]), strict=True))):
            batch = [texts[i] for i in rows]
            if make:
                found, hidden = self._hidden(batch)
                for row, states in zip(rows, hidden, strict=True):
                    tokens[row] = make(states)
            else:
                found = self._model.encode(batch, batch_size=len(rows), show_progress_bar=False)
            vectors[rows] = np.asarray(found, dtype=np.float32)
            done += len(rows)
            if progress:
                progress(done, len(texts))
        vectors = np.nan_to_num(vectors, copy=False)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return Reading(np.divide(vectors, norms, out=vectors, where=norms > 0), tuple(tokens))

    def _hidden(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """The vectors of a batch, and the hidden states of each text's known tokens, float32 of shape (tokens, hidden).

        (encode's own way to both, output_value=None, fails in 5.7 for more texts than "text" has letters.)
        """
        import torch

        with torch.inference_mode():
            read = self._model(self._model.preprocess(list(texts)))
            added = torch.isin(read["input_ids"], torch.tensor(self._model.tokenizer.all_special_ids))
            own = read["attention_mask"].bool() & ~added
            states = read["token_embeddings"].float()
            return read["sentence_embedding"].float().numpy(), [s[o].numpy() for s, o in zip(states, own, strict=True)]

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text are read; of a model that is no transformer about so many."""
        tokenizer = self._model.tokenizer
        if len(texts) <= 1 or not callable(tokenizer):
            return [min(LONGEST, 2 + len(text) // 4) for text in texts]
        return [len(ids) for ids in tokenizer(list(texts), truncation=True, max_length=LONGEST)["input_ids"]]


def _batches(lengths: Mapping[int, int]) -> Iterator[list[int]]:
    """Texts, given by their tokens, the longest first, in batches of at most BATCH texts and BATCH_TOKENS tokens.

    A batch is padded to its longest text, so texts of like length go together (ties by number); and what is read at
    once stays in the processor's caches: half as fast again as batches of as many texts whatever their length.
    """
    order = sorted(lengths, key=lambda i: (-lengths[i], i))
    while order:
        count = max(1, min(BATCH, BATCH_TOKENS // max(1, lengths[order[0]])))
        yield order[:count]
        order = order[count:]


def load_encoder(name_or_path: str) -> Encoder:
    """The encoder in that folder, or of that name on the model hub (the local copy where there is no network).

    A folder is loaded without any network. Raises EncoderError, naming it and the remedy, where it is neither a
    folder with a model nor a name that can be reached.
    """
    _leave_threads_to_torch()
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise EncoderError(f"{folder} holds no sentence-transformers model. {_REMEDY}")
        model = _shortened(_load(str(folder), None, offline=True))
        head = Head.load(folder, int(model.get_embedding_dimension()))
        return Encoder(name_or_path, folder_fingerprint(folder), model, head)
    revision, offline = _hub_revision(name_or_path)
    model = _shortened(_load(name_or_path, revision, offline=offline))
    return Encoder(name_or_path, f"{name_or_path}@{revision}", model)


def folder_fingerprint(folder: Path) -> str:
    """SHA-256, in hexadecimal, over names and contents of the model's files, hidden files and the card left out."""
    whole = hashlib.sha256()
    for file in sorted(folder.rglob("*"), key=lambda f: f.relative_to(folder).as_posix()):
        name = file.relative_to(folder).as_posix()
        if not file.is_file() or file.name in _NOT_WEIGHTS or any(part.startswith(".") for part in name.split("/")):
            continue
        content = hashlib.sha256()
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                content.update(block)
        whole.update(f"{name}\0{content.hexdigest()}\n".encode())
    return whole.hexdigest()


def write_encoder(folder: Path, tokenizer: Tokenizer, model: Any) -> None:
    """Make the folder (it must be new or empty) an encoder that any sentence-transformers loads.

    `model` is a BERT of transformers; a text's vector is the mean over its tokens, at unit length. The weights are
    kept as 16-bit floats: half the size, and no ranking of ours changed.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import PreTrainedTokenizerFast

    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=LONGEST,
    )
    with _quiet(), tempfile.TemporaryDirectory() as parts:
        wrapped.save_pretrained(parts)
        model.half().save_pretrained(parts)
        reader = Transformer(parts, max_seq_length=LONGEST, model_kwargs={"dtype": "float16"})
        modules = [reader, Pooling(model.config.hidden_size, pooling_mode="mean"), Normalize()]
        folder.mkdir(parents=True, exist_ok=True)
        SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder), create_model_card=False)


def transformer_of(name_or_path: str) -> tuple[Any, dict[str, int]]:
    """The BERT inside an encoder, and its vocabulary. Raises EncoderError where there is none."""
    model = _load(name_or_path, None, offline=Path(name_or_path).is_dir())
    reader = getattr(model[0], "model", None)
    if not hasattr(getattr(reader, "embeddings", None), "word_embeddings"):
        raise EncoderError(f"{name_or_path} is no BERT: a student cannot start from its layers.")
    return reader, model.tokenizer.get_vocab()


def _hub_revision(name: str) -> tuple[str, bool]:
    """The revision of a model of the hub, and whether only the local copy is to be used."""
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return str(HfApi().model_info(name, timeout=HUB_TIMEOUT_S).sha), False
    except HFValidationError as error:
        raise EncoderError(f"There is no encoder in the folder {name}. {_REMEDY}") from error
    except (OSError, HfHubHTTPError, RuntimeError) as error:  # no network, or no such model
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        reached = error
    except Exception as error:  # the HTTP client's own errors share no root with the above
        if not type(error).__module__.startswith(("httpx", "httpcore", "requests", "urllib3")):
            raise
        reason, reached = f"{type(error).__name__}: {error}", error
    for file in ("modules.json", "config.json"):
        local = try_to_load_from_cache(name, file)
        if isinstance(local, (str, os.PathLike)):
            return Path(local).parent.name, True
    raise EncoderError(
        f"There is no encoder in the folder {name}, and no model of that name could be reached ({reason}). {_REMEDY}"
    ) from reached


def _load(name: str, revision: str | None, *, offline: bool) -> Any:
    with _quiet():
        from sentence_transformers import SentenceTransformer

        try:
            # weights are kept as 16-bit floats; processors compute with them in 32 bits, unless told otherwise
            return SentenceTransformer(name, revision=revision, local_files_only=offline, device="cpu").float()
        except Exception as error:  # whatever a damaged folder raises, from a dozen libraries: said in one line
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            raise EncoderError(f"The encoder {name} cannot be loaded ({reason}). {_REMEDY}") from error


@lru_cache(maxsize=1)
def _leave_threads_to_torch() -> None:
    """NumPy multiplies on one thread from now on: after each question its threads and torch's waited for each other."""
    import numpy  # noqa: F401 - its library can be limited only once it is loaded
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


def _shortened(model: Any) -> Any:
    """The model with its transformer in 16 bits (bfloat16), where it has one and the processor multiplies such.

    What is made of the hidden states, a text's vector first of all, is computed in 32 bits.
    """
    import torch

    reader = getattr(model[0], "model", None)
    if reader is not None and torch.ops.mkldnn._is_mkldnn_bf16_supported():
        reader.bfloat16()
        model[0].register_forward_hook(
            lambda _, __, read: read | {"token_embeddings": read["token_embeddings"].float()}
        )
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Loading without the libraries' progress bars and reports, which are no words of ours."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
    from transformers.utils import logging as transformers_logging

    names = ("sentence_transformers", "huggingface_hub")
    levels = {name: logging.getLogger(name).level for name in names}
    verbosity = transformers_logging.get_verbosity()
    bars, hub_bars = transformers_logging.is_progress_bar_enabled(), not are_progress_bars_disabled()
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    disable_progress_bars()
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
        if hub_bars:
            enable_progress_bars()
