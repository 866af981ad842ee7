"""A trained model, the assistant in this process, and a server of it: each once a session."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from widget_client import LISTED, Client

from bot import engine as engine_module
from bot.engine import Engine

ROOT = Path(__file__).resolve().parent.parent.parent
TRAINED_FROM = ("config.yml", "domain.yml", "data/nlu", "data/rules", "data/stories", "bot/components")
START_S = 180  # a loaded machine imports TensorFlow slowly


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest model in models/, where it is newer than what it is trained from; else one trained now."""
    sources = [path for name in TRAINED_FROM for path in (ROOT / name, *(ROOT / name).rglob("*.*"))]
    newest = max(p.stat().st_mtime for p in sources if p.suffix in (".yml", ".py"))
    models = sorted((ROOT / "models").glob("*.tar.gz"), key=lambda p: p.stat().st_mtime)
    if models and models[-1].stat().st_mtime > newest:
        return models[-1]
    folder = tmp_path_factory.mktemp("models")
    command = [rasa_command(), "train", "--out", str(folder), "--fixed-model-name", "assistant", "--quiet"]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, timeout=600, capture_output=True)
    return folder / "assistant.tar.gz"


def rasa_command() -> str:
    return str(Path(sys.executable).with_name("rasa"))


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process under test."""
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    return {**os.environ, **quiet, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **changes}


@pytest.fixture(scope="session")
def served(samples: Engine) -> Iterator[Engine]:
    """The sample articles' engine as the one that this process's actions use."""
    engine_module.get_engine.cache_clear()
    before = os.environ.get("GUIDE_INDEX")
    os.environ["GUIDE_INDEX"] = str(samples.path)
    yield engine_module.get_engine()
    engine_module.get_engine.cache_clear()
    if before is None:
        del os.environ["GUIDE_INDEX"]
    else:
        os.environ["GUIDE_INDEX"] = before


@dataclass
class Conversation:
    """One user's conversation with an agent in this process; each call is a turn and returns its messages."""

    agent: Any
    sender: str
    metadata: dict[str, str] | None = None
    turns: list[str] = field(default_factory=list)

    def __call__(self, text: str) -> list[dict[str, Any]]:
        from rasa.core.channels.channel import UserMessage

        from bot.channels.rest import WholeMessages

        self.turns.append(text)
        output = WholeMessages()
        message = UserMessage(text, output, self.sender, input_channel="rest", metadata=self.metadata)
        asyncio.run(self.agent.handle_message(message))
        return output.messages

    def one(self, text: str) -> dict[str, Any]:
        """The only message that answers."""
        messages = self(text)
        assert len(messages) == 1, messages
        return messages[0]


def load_agent(model: Path, action_endpoint: Any) -> Any:
    from rasa.core.agent import Agent

    from bot.components.lock_store import FairLockStore
    from bot.components.tracker_store import ShortMemoryTrackerStore

    stores = {"lock_store": FairLockStore(), "tracker_store": ShortMemoryTrackerStore()}
    return Agent.load(model, action_endpoint=action_endpoint, **stores)


@pytest.fixture(scope="session")
def agent(model: Path, served: Engine) -> Any:
    """The trained agent with the real actions in this process."""
    from bot.components.in_process import InProcessActions
    from bot.server import quiet

    quiet()

    from actions.executor import load_executor

    return load_agent(model, InProcessActions(load_executor()))


@pytest.fixture
def talk(agent: Any, request: pytest.FixtureRequest) -> Callable[..., Conversation]:
    """Begins conversations: `talk(locale="pt-BR")` with metadata, `talk()` without."""

    def begin(**metadata: str) -> Conversation:
        begin.count += 1
        return Conversation(agent, f"{request.node.name}-{begin.count}", metadata or None)

    begin.count = 0
    return begin


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: str
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and what it has printed so far."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def call(self, path: str, body: Any = None, timeout: float = 30) -> Reply:
        """GET, or POST where there is a body (bytes are sent as they are)."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"} if data else {})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return Reply(reply.status, reply.read().decode(), dict(reply.headers))
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read().decode(), dict(error.headers))

    def say(self, sender: str, message: str, **metadata: str) -> list[dict[str, Any]]:
        reply = self.call(
            "/webhooks/rest/webhook", {"sender": sender, "message": message, "metadata": metadata or None}
        )
        assert reply.status == 200, reply.body
        return reply.json()


def start(command: list[str], url: str, ready: str, log: Path, **changes: str) -> Server:
    """Start a server and wait until `url` + `ready` answers 200."""
    with log.open("wb") as output:
        streams = {"stdout": output, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, cwd=ROOT, env=environment(**changes), **streams)
    server = Server(url, log, process)
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if server.call(ready, timeout=2).status == 200:
                return server
        except OSError:
            pass
        time.sleep(0.2)
    stop(server)
    raise AssertionError(f"{command} did not start:\n{log.read_text(errors='replace')[-3000:]}")


def stop(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the servers under test write to."""
    return tmp_path_factory.mktemp("server") / "state"


@pytest.fixture(scope="session")
def serve(model: Path, samples: Engine, state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Starts `guide serve` on the sample articles; all of them write to one folder, as replicas on a host do."""
    running = []

    def serve(*options: str, **changes: str) -> Server:
        port = free_port()
        guide = [sys.executable, "-c", "from ingest.cli import main; main()", "serve", "--model", str(model)]
        options = ("--index", str(samples.path), "--port", str(port), *options)
        log = tmp_path_factory.mktemp("server") / "log"
        changes["GUIDE_STATE"] = str(state)
        running.append(start([*guide, *options], f"http://127.0.0.1:{port}", "/guide/status", log, **changes))
        return running[-1]

    yield serve
    for server in running:
        stop(server)


@pytest.fixture(scope="session")
def server(serve: Callable[..., Server]) -> Server:
    """A server for this machine, with limits that no test comes near."""
    limits = ("MESSAGES_PER_MINUTE", "ADDRESS_MESSAGES_PER_MINUTE", "ADDRESS_SESSIONS_PER_MINUTE")
    limits += ("ADDRESS_REQUESTS_PER_MINUTE",)
    return serve(**{f"GUIDE_WIDGET_{name}": "100000" for name in limits})


@pytest.fixture(scope="session")
def strict(serve: Callable[..., Server]) -> Server:
    """A second server, for other machines: behind a proxy that names addresses, one origin allowed, tight limits."""
    return serve(
        "--host",
        "0.0.0.0",
        GUIDE_WIDGET_ORIGINS=LISTED,
        GUIDE_WIDGET_PROXIES="1",
        GUIDE_WIDGET_MESSAGES_PER_MINUTE="5",
        GUIDE_WIDGET_ADDRESS_MESSAGES_PER_MINUTE="8",
        GUIDE_WIDGET_ADDRESS_SESSIONS_PER_MINUTE="3",
        GUIDE_WIDGET_ADDRESS_REQUESTS_PER_MINUTE="60",
        GUIDE_REQUEST_TIMEOUT_S="2",
    )


@pytest.fixture
def client(server: Server) -> Client:
    """A conversation with the local server."""
    return Client(server.url).begin(locale="en-US")


@pytest.fixture
def far(strict: Server) -> Client:
    """A client of the server that other machines reach."""
    return Client(strict.url, origin=LISTED)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, once a module: while it is open a loop runs in this thread, and other modules' asyncio.run cannot."""
    from widget_browser import running_browser

    with running_browser() as browser:
        yield browser


@pytest.fixture
def widget(browser: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Makes pages of the demonstration page with the widget in them, each in a context of its own."""
    from widget_browser import Widget

    contexts = []

    def make(url: str = "", **options: Any) -> Any:
        usual = {"locale": "en-US", "viewport": {"width": 1100, "height": 820}}
        contexts.append(browser.new_context(**usual | options))
        return Widget(contexts[-1].new_page(), server.url + url)

    yield make
    for context in contexts:
        context.close()
