"""What tells languages apart is what is written here in them."""

from __future__ import annotations

from bot.languages import FILE, pieces
from ingest.training.languages import learnt


def test_words_and_their_pieces() -> None:
    assert list(pieces("Já 2")) == ["já", " j", "já", "á ", " já", "já ", " já "]
    assert list(pieces("21")) == []


def test_the_file_is_what_is_learnt_of_the_questions_and_texts() -> None:
    is_learnt = FILE.read_text(encoding="utf-8") == learnt()
    assert is_learnt, "questions or texts have changed: run `python -m ingest.training.languages`"
