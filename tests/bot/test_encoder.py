"""The encoder: the shipped one, any other folder, and what is said when there is none."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from bot.encoder import Encoder, folder_fingerprint, load_encoder
from bot.errors import EncoderError

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "models" / "encoder"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(str(SHIPPED))


def test_the_shipped_encoder_loads_without_a_network_and_without_a_word() -> None:
    # A socket opened is an error; the card of the folder and the libraries' reports must not be printed.
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from bot.encoder import load_encoder\n"
        f"print(load_encoder({str(SHIPPED)!r}).encode(['Who handles billing disputes?']).shape)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(1, 384)\n", "")


def test_vectors_have_unit_length_and_the_stated_dimension(encoder: Encoder) -> None:
    vectors = encoder.encode(["Wer kümmert sich um Rechnungen?", "请求退款", "invoice"])
    assert vectors.shape == (3, 384) and encoder.dimension == 384
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_and_texts_without_words(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)
    vectors = encoder.encode(["", " \n", "…!?", "invoice"])
    assert np.linalg.norm(vectors, axis=1).round(5).tolist() == [0, 0, 0, 1]


def test_rows_are_in_the_order_given_and_do_not_depend_on_it(encoder: Encoder) -> None:
    texts = [f"invoice {'of a customer ' * (number % 7)}{number}" for number in range(150)]
    together, backwards = encoder.encode(texts), encoder.encode(texts[::-1])
    assert np.allclose(together, backwards[::-1], atol=0.01)
    assert np.allclose(together[3], encoder.encode([texts[3]])[0], atol=0.01)
    assert (together @ encoder.encode(texts[:50]).T).argmax(axis=0).tolist() == list(range(50))


def test_sixteen_bits_change_next_to_nothing(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["Who handles billing disputes?", "请求退款", "The partner who issued the invoice answers for it. " * 30]
    whole = SentenceTransformer(str(SHIPPED), device="cpu").float().encode(texts)
    assert np.abs(encoder.encode(texts) - whole).max() < 0.01
    assert np.abs(encoder.read_questions(texts).vectors - whole).max() < 0.01


def test_numpy_leaves_its_threads_to_torch(encoder: Encoder) -> None:
    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    assert blas and all(library["num_threads"] == 1 for library in blas)


def test_progress_counts_texts(encoder: Encoder) -> None:
    seen: list[tuple[int, int]] = []
    encoder.encode(["invoice"] * 100 + [""], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(65, 101), (101, 101)]


def test_case_accents_and_punctuation_make_no_difference(encoder: Encoder) -> None:
    left, right = encoder.encode(["Contestação de cobrança?", "contestacao de cobranca"])
    assert np.array_equal(left, right)


@pytest.mark.parametrize(
    "text",
    [
        "Onde vejo as minhas faturas?",
        "¿Dónde veo mis facturas?",
        "Wo sehe ich meine Rechnungen?",
        "Où puis-je voir mes factures ?",
        "Dove vedo le mie fatture?",
        "Kde uvidím své faktury?",
        "Где посмотреть мои счета?",
        "在哪里查看我的发票？",
        "在哪裡查看我的發票？",
        "請求書はどこで見られますか？",
        "내 청구서는 어디에서 볼 수 있나요?",
    ],
)
def test_a_question_is_nearest_to_its_translation(encoder: Encoder, text: str) -> None:
    english = ["Where do I see my invoices?", "How do I reset my password?", "Which exam do I need?", "Delete a team"]
    scores = encoder.encode(english) @ encoder.encode([text])[0]
    assert scores.argmax() == 0


def test_the_fingerprint_is_of_the_files_that_make_the_vectors(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "sub" / "b.bin").write_bytes(b"\0")
    lines = [f"a.json\0{hashlib.sha256(b'{}').hexdigest()}\n", f"sub/b.bin\0{hashlib.sha256(bytes(1)).hexdigest()}\n"]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert folder_fingerprint(tmp_path) == expected
    (tmp_path / "README.md").write_text("a card")
    (tmp_path / ".hidden").write_text("")
    assert folder_fingerprint(tmp_path) == expected
    (tmp_path / "a.json").write_text("[]")
    assert folder_fingerprint(tmp_path) != expected


def test_the_encoder_knows_its_name_and_fingerprint(encoder: Encoder) -> None:
    assert (encoder.name, encoder.fingerprint) == (str(SHIPPED), folder_fingerprint(SHIPPED))


def test_a_missing_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(EncoderError) as raised:
        load_encoder(str(tmp_path / "nothing"))
    assert str(raised.value) == (
        f"There is no encoder in the folder {tmp_path / 'nothing'}. "
        "Train one with `guide train-encoder`, or name another folder or model as `encoder` in guide.yml."
    )


def test_a_hub_name_without_a_network_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError) as raised:
        load_encoder("nobody/nothing")
    assert str(raised.value).startswith(
        "There is no encoder in the folder nobody/nothing, and no model of that name could be reached ("
    )
    assert str(raised.value).endswith("or name another folder or model as `encoder` in guide.yml.")


def test_an_empty_folder_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="holds no sentence-transformers model"):
        load_encoder(str(tmp_path))
    damaged = tmp_path / "damaged"
    shutil.copytree(SHIPPED, damaged)
    (damaged / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(str(damaged))


def test_the_shipped_folder_is_small_and_plain() -> None:
    files = [file for file in SHIPPED.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 60_000_000
    assert {file.suffix for file in files} <= {".json", ".md", ".safetensors"}
    assert [module["idx"] for module in json.loads((SHIPPED / "modules.json").read_text())] == [0, 1, 2]
