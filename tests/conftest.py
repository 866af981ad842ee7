"""What many tests share: real indexes, built once a session by the real ingestion with the shipped encoder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

from bot.engine import Engine
from bot.settings import Settings, load_settings
from ingest.pipeline import build_index

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


LONGEST = ("test_readme.py", "test_cli.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: with several processes none is left to itself at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The shipped settings."""
    return load_settings(ROOT / "guide.yml", {})


@pytest.fixture(scope="session")
def build(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Engine]:
    """Builds an index of folders and gives an engine on it; `before` is an index whose vectors may be taken over."""

    def build(*folders: Path, before: Path | None = None) -> Engine:
        index = tmp_path_factory.mktemp("index") / "index"
        if before and before.is_dir():
            shutil.copytree(before, index)
        build_index(folders, index, settings)
        return Engine(index, replace(settings, index=index))

    return build


@pytest.fixture(scope="session")
def samples(build: Callable[..., Engine]) -> Engine:
    """An engine on the project's sample articles."""
    return build(ROOT / "data" / "articles", before=ROOT / "models" / "index")


@pytest.fixture(scope="session")
def seeds(build: Callable[..., Engine]) -> Engine:
    """An engine on the five articles that the project began with; skips where they are not at hand."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip(f"the seed articles are not here ({folder})")
    return build(folder, before=ROOT / "models" / "index")
