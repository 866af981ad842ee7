"""The teacher's vectors, kept in a file so that no text is read twice."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot.encoder import Encoder, load_encoder
from bot.errors import EncoderError
from ingest.training.settings import TEACHER_NAME, TEACHER_PACKAGE, TEACHER_SHA256

if TYPE_CHECKING:
    import numpy as np

_CHUNK = 1024


def find_teacher() -> str:
    """The folder of all-MiniLM-L6-v2 in the installed package that carries it, else its name on the model hub.

    Raises EncoderError where the package's weights are not those that the model's authors published.
    """
    spec = find_spec(TEACHER_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return TEACHER_NAME
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        return TEACHER_NAME
    if hashlib.sha256(weights.read_bytes()).hexdigest() != TEACHER_SHA256:
        raise EncoderError(
            f"{weights} is not the published all-MiniLM-L6-v2 (another SHA-256). "
            "Reinstall the package, or name another teacher with --teacher."
        )
    return str(folder)


class Teacher:
    """An encoder whose vectors are kept, as 16-bit floats, in a SQLite file; loaded when a text is new to it."""

    def __init__(self, name_or_path: str, store: Path) -> None:
        self.name = name_or_path
        self._store = store
        self._encoder: Encoder | None = None

    def vectors(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """Unit vectors, float32 of shape (len(texts), dimension), rows in the order given."""
        import numpy as np

        keys = [hashlib.sha256(f"{self.name}\0{text}".encode()).digest()[:16] for text in texts]
        with closing(sqlite3.connect(self._store)) as store:
            store.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
            known = dict(store.execute("SELECT text, vector FROM vectors"))
            # Long texts first: what is padded together is of like length, and the memory needed shows at once.
            missing = sorted({k: t for k, t in zip(keys, texts, strict=True) if k not in known}.items(), key=_length)
            for start in range(0, len(missing), _CHUNK):
                part = missing[start : start + _CHUNK]
                found = self._load().encode([text for _, text in part]).astype(np.float16)
                rows = [(key, vector.tobytes()) for (key, _), vector in zip(part, found, strict=True)]
                with store:
                    store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
                known.update(rows)
                if progress:
                    progress(len(texts) - len(missing) + start + len(part), len(texts))
        if not keys:
            return np.zeros((0, self._load().dimension), dtype=np.float32)
        vectors = np.stack([np.frombuffer(known[key], dtype=np.float16) for key in keys]).astype(np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(norms, 1e-9)

    def _load(self) -> Encoder:
        if self._encoder is None:
            self._encoder = load_encoder(self.name)
        return self._encoder


def _length(row: tuple[bytes, str]) -> tuple[int, bytes]:
    return -len(row[1]), row[0]
