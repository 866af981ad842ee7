"""Rasa's own commands in the checkout, and the form with two processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import ROOT, environment, free_port, rasa_command, start, stop

from bot.engine import Engine
from bot.locales import get_texts


def test_the_training_data_are_valid() -> None:
    command = [rasa_command(), "data", "validate", "--fail-on-warnings"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stories_pass(model: Path, tmp_path: Path) -> None:
    command = [rasa_command(), "test", "core", "--model", str(model), "--stories", "tests/assistant"]
    command += ["--out", str(tmp_path), "--fail-on-prediction-errors"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "None of the test stories failed" in (tmp_path / "failed_test_stories.yml").read_text()


def test_rasa_run_beside_the_action_server(model: Path, samples: Engine, tmp_path: Path) -> None:
    action_port, port = free_port(), free_port()
    endpoints = tmp_path / "endpoints.yml"
    shipped = (ROOT / "endpoints.yml").read_text(encoding="utf-8")
    assert "http://localhost:5055/webhook" in shipped
    endpoints.write_text(shipped.replace(":5055/", f":{action_port}/"), encoding="utf-8")
    index = {"GUIDE_INDEX": str(samples.path)}
    actions = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(action_port)]
    address = f"http://127.0.0.1:{action_port}"
    action_server = start(actions, address, "/health", tmp_path / "actions.log", **index)
    command = [rasa_command(), "run", "--model", str(model), "--endpoints", str(endpoints), "-p", str(port)]
    server = None
    try:
        url = f"http://127.0.0.1:{port}"
        server = start([*command, "-i", "127.0.0.1"], url, "/webhooks/rest/", tmp_path / "rasa.log", **index)
        question = "Quem cuida das contestações de cobrança?"
        (message,) = server.say("two", question, cloud="21vianet")
        for _ in range(10):
            if "unavailable" not in message["custom"]:  # the action server had not loaded its engine yet
                break
            (message,) = server.say("two", question, cloud="21vianet")
        (answer,) = message["custom"]["answers"]
        assert answer["citation"]["article_id"] == "Archive/China-billing-disputes"
        assert answer["quote"] in message["text"]
        assert server.call("/webhooks/rest/webhook", {"message": ""}).status == 400

        stop(action_server)
        (message,) = server.say("two", "E quem paga?")
        assert message["text"] == get_texts("pt-BR")("chat.unavailable")
    finally:
        stop(action_server)
        if server:
            stop(server)
