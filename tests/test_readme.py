"""Every command in the README is run: those of `guide` on the sample articles, the targets of make by name."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from guide_command import guide

from bot.engine import Engine

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("   #")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
GUIDE = [command for command in COMMANDS if command.startswith("guide ")]


def test_the_readme_has_commands() -> None:
    assert {"make run", "make test", "rasa run", "python -m rasa_sdk --actions actions"} <= set(COMMANDS)
    assert len(GUIDE) >= 5


def test_the_commands_of_guide_work_one_after_the_other(samples: Engine, tmp_path: Path) -> None:
    shutil.copytree(samples.path, tmp_path / "index")  # its vectors are taken over
    for command in GUIDE:
        words = [word.replace("results/", f"{tmp_path}/") for word in shlex.split(command)]
        if words[1] in ("serve", "chat", "train-encoder"):
            continue  # tests of their own run these
        done = guide(*words[1:])
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert done.stdout.strip(), command


@pytest.mark.parametrize("target", sorted({*re.findall(r"\bmake ([a-z]+)", README)}))
def test_make_knows_the_targets(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
