"""Imports point one way, heavy libraries stand behind one door each, and importing does nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [path for package in ("bot", "ingest", "actions") for path in sorted((ROOT / package).rglob("*.py"))]

# A library and the places that may import it.
DOORS = {
    "rasa": ("bot/components/", "bot/channels/", "bot/server.py"),
    "rasa_sdk": ("actions/",),
    "sentence_transformers": ("bot/encoder.py", "ingest/training/"),
    "faiss": ("bot/retrieval/dense.py",),
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    roots = {module.partition(".")[0] for module in imported(path)}
    if name.startswith("bot/"):
        assert not roots & {"actions", "ingest"}
    if name.startswith("actions/"):
        assert "ingest" not in roots
    if name.startswith("ingest/"):
        assert "actions" not in roots
    for library, doors in DOORS.items():
        if library in roots:
            assert name.startswith(doors), f"{name} imports {library}"


def test_the_rule_can_fail(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f():\n    from ingest.reader import read_corpus\n")
    assert imported(wrong) == {"ingest.reader"}


def run_afresh(code: str) -> None:
    """Run code in a process that has imported nothing yet; what it asserts must hold."""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_words_are_searched_without_jax() -> None:
    code = (
        "import sys\n"
        "from bot.retrieval.lexical import LexicalIndex\n"
        "assert LexicalIndex.build([['a'], ['b']], 'en-US').passages_with('a') == 1\n"
        "assert 'jax' not in sys.modules"
    )
    run_afresh(code)


def test_the_action_server_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, importlib, pkgutil, actions\n"
        "for m in pkgutil.iter_modules(actions.__path__): importlib.import_module('actions.' + m.name)\n"
        "heavy = {'rasa', 'tensorflow', 'torch', 'sentence_transformers', 'faiss', 'spacy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run_afresh(code)
