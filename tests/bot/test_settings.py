from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings
from bot.types import Cloud


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "guide.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file() -> None:
    settings = load_settings(Path(__file__).parents[2] / "guide.yml", {})
    assert settings.port == 5005
    assert settings.cloud is None
    assert settings.collections["partner-center"].clouds == {Cloud.GLOBAL}
    assert settings.collections["partner-center"].url == "https://learn.microsoft.com/{locale}/{article_id}"
    assert settings.collections["marketplace"].url == settings.collections["partner-center"].url


def test_paths_are_the_files_and_the_environment_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "index: here\nport: 1\n")
    assert load_settings(path, {}).index == tmp_path / "here"
    changed = load_settings(path, {"GUIDE_INDEX": "/elsewhere", "GUIDE_PORT": "7", "GUIDE_CLOUD": "germany"})
    assert (changed.index, changed.port, changed.cloud) == (Path("/elsewhere"), 7, Cloud.GERMANY)


def test_files_of_known_questions_are_a_list_in_the_file_or_the_environment(tmp_path: Path) -> None:
    path = write(tmp_path, "known_questions: [a.tsv, sub/b.tsv]\n")
    assert load_settings(path, {}).known_questions == (tmp_path / "a.tsv", tmp_path / "sub" / "b.tsv")
    assert load_settings(path, {"GUIDE_KNOWN_QUESTIONS": "/c.tsv, d.tsv"}).known_questions == (
        Path("/c.tsv"),
        tmp_path / "d.tsv",
    )
    assert load_settings(path, {"GUIDE_KNOWN_QUESTIONS": ""}).known_questions == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("indx: a", "unknown setting indx"),
        ("port: many", "invalid literal"),
        ("cloud: mars", "'mars' is not a valid Cloud"),
        ("- a", "must hold names and values"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings(path, {})
    assert str(path) in str(caught.value)


def test_a_named_file_must_be_there() -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(environ={"GUIDE_SETTINGS": "/nowhere/guide.yml"})
