"""How long a turn takes over REST, beside a stock Rasa turn that does nothing, and how long `guide ask` takes.

Starts `guide serve` (the trained model, the index of the settings) and, in a folder of its own, a stock assistant:
Rasa's own tokenizer, featurizers, classifier and channel, and a custom action that does nothing, on an action server.
Both are asked in turn, so that whatever else the machine does falls on both.

    python benchmarks/turn_latency.py [--turns 300]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
QUESTIONS = (
    "Quem cuida das contestações de cobrança?",
    "How do I suspend a subscription of a customer who does not pay?",
    "¿Cómo escalo un problema a Microsoft?",
    "客户看不到账单，该怎么办？",
    "Where do I see whether a service is down?",
)
TURNS_A_CONVERSATION = 10
START_S = 180
STOCK = {
    "config.yml": """
recipe: default.v1
assistant_id: stock
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: LogisticRegressionClassifier
  - name: FallbackClassifier
policies:
  - name: RulePolicy
""",
    "domain.yml": """
version: "3.1"
intents: [ask, greet]
actions: [action_nothing]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
  - intent: ask
    examples: |
      - who pays the bill
      - how do I do this
      - where is it
  - intent: greet
    examples: |
      - hello
      - good morning
      - hi there
""",
    "data/rules.yml": """
version: "3.1"
rules:
  - rule: ask
    steps: [{intent: ask}, {action: action_nothing}]
  - rule: greet
    steps: [{intent: greet}, {action: action_nothing}]
  - rule: fallback
    steps: [{intent: nlu_fallback}, {action: action_nothing}]
""",
    "credentials.yml": "rest:\n",
    "actions/__init__.py": "",
    "actions/nothing.py": """
from rasa_sdk import Action

class ActionNothing(Action):
    def name(self):
        return "action_nothing"

    def run(self, dispatcher, tracker, domain):
        return []
""",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=300, help="turns measured of each (default 300)")
    turns = parser.parse_args().turns
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stock = stack.enter_context(stock_assistant(folder))
        guide = stack.enter_context(guide_server(folder))
        client = stack.enter_context(httpx.Client(timeout=60))
        ours, theirs = measure(client, guide, stock, turns)
        asking = ask_times()
    print(f"turn over REST, {turns} of each, milliseconds     p50     p95     p99")
    for name, times in (("guide serve, a question answered", ours), ("stock Rasa, an empty action", theirs)):
        print(f"  {name:<43}" + "".join(f"{percentile(times, p):8.1f}" for p in (50, 95, 99)))
    print("  ratio" + " " * 38 + "".join(f"{percentile(ours, p) / percentile(theirs, p):8.2f}" for p in (50, 95, 99)))
    print(f"guide ask with the server up, seconds: median {statistics.median(asking):.2f}, worst {max(asking):.2f}")


def percentile(times: list[float], percent: int) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(times)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def measure(client: httpx.Client, guide: str, stock: str, turns: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each turn: of the guide, of the stock assistant. The first turns of both do not count."""
    ours: list[float] = []
    theirs: list[float] = []
    for i in range(-20, turns):
        sender = f"bench-{i // TURNS_A_CONVERSATION}"
        message = {"sender": sender, "message": QUESTIONS[i % len(QUESTIONS)]}
        for address, times in ((guide, ours), (stock, theirs)):
            started = time.perf_counter()
            client.post(f"{address}/webhooks/rest/webhook", json=message).raise_for_status()
            if i >= 0:
                times.append((time.perf_counter() - started) * 1000)
    return ours, theirs


def ask_times() -> list[float]:
    """Seconds that the command takes, five times."""
    times = []
    for question in QUESTIONS:
        started = time.perf_counter()
        subprocess.run([*guide_command(), "ask", question, "--json"], cwd=ROOT, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return times


def guide_command() -> list[str]:
    installed = BIN / "guide"
    return [str(installed)] if installed.exists() else [sys.executable, "-c", "from ingest.cli import main; main()"]


@contextlib.contextmanager
def guide_server(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [*guide_command(), "serve", "--port", str(port)]
    with running(command, ROOT, f"http://127.0.0.1:{port}", "/guide/status", folder / "guide.log") as address:
        yield address


@contextlib.contextmanager
def stock_assistant(folder: Path) -> Iterator[str]:
    """A stock assistant, trained in that folder; its address."""
    for name, text in STOCK.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    actions, port = free_port(), free_port()
    (folder / "endpoints.yml").write_text(f"action_endpoint:\n  url: http://127.0.0.1:{actions}/webhook\n")
    rasa = str(BIN / "rasa")
    subprocess.run([rasa, "train", "--quiet"], cwd=folder, env=environment(), check=True, capture_output=True)
    server = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(actions)]
    run = [rasa, "run", "-i", "127.0.0.1", "-p", str(port)]
    with (
        running(server, folder, f"http://127.0.0.1:{actions}", "/health", folder / "actions.log"),
        running(run, folder, f"http://127.0.0.1:{port}", "/webhooks/rest/", folder / "rasa.log") as address,
    ):
        yield address


@contextlib.contextmanager
def running(command: list[str], cwd: Path, address: str, ready: str, log: Path) -> Iterator[str]:
    """Run a server until the block ends; the block begins when `address` + `ready` answers 200."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=environment(), stdout=output, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + START_S
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(address + ready, timeout=2).status_code == 200:
                    break
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{command} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
