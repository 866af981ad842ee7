"""`guide serve`: Rasa's server and the actions in one process, with the page and the routes that `guide ask` uses."""

from __future__ import annotations

import asyncio
import importlib
import ipaddress
import logging
import os
import socket
import sys
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import dialogue
from bot.client import announced
from bot.engine import get_engine
from bot.errors import GuideError, IndexMissing
from bot.index import MANIFEST
from bot.settings import FILE_NAME, Settings, find_file

if TYPE_CHECKING:
    from sanic import Sanic

logger = logging.getLogger(__name__)

READY = """Partner Guide is ready: {url}  (stop it with Ctrl+C)
Ask it on that page, with `make chat`, with `guide ask "Who handles billing disputes?"`, or over REST:
curl {url}/webhooks/rest/webhook --json '{{"sender": "me", "message": "Who handles billing disputes?"}}'"""
ACTIONS = "actions"  # a name, not an import: this package knows nothing of the actions
_MAX_REQUEST = 1024 * 1024  # bytes
_LOGGED = frozenset({"event", "event_info", "level", "log_level", "exc_info", "exception", "url"})


def serve(settings: Settings, *, host: str = "127.0.0.1", model: Path = Path("models")) -> None:
    """Run the assistant until it is stopped.

    `model` is a trained model or a folder of which the newest is taken. Raises GuideError where there is no model,
    no index, or the port is taken.
    """
    trained = find_model(model)
    if not (settings.index / MANIFEST).is_file():
        raise IndexMissing(f"There is no index at {settings.index}. Build one: guide ingest FOLDER --index DIR")
    os.environ["GUIDE_INDEX"] = str(settings.index)
    quiet()
    local = host in ("127.0.0.1", "0.0.0.0", "::1", "::")
    name = "localhost" if local else f"[{host}]" if ":" in host else host
    # Taken before anything slow is loaded: a port in use is said at once, and who asks early waits for the answer.
    with listen(host, settings.port) as sock, ThreadPoolExecutor(1, "warm-up") as pool:
        # Before there are two threads that import: setuptools, which both halves come to through `distutils`, puts
        # itself in its place while it is imported, and two that do so wait for each other for ever.
        import distutils  # noqa: F401

        from bot.channels.protocol import DeadlineProtocol

        # Two libraries take seconds to load, one for each half of the server: both at once.
        warm = pool.submit(_warm_up)
        app = build_app(trained, warm, find_file().parent, settings)
        app.ctx.listens_locally = is_loopback(sock)
        if not app.ctx.listens_locally and not settings.widget.origins:
            logger.warning("No page may use the widget yet: list those that may under widget.origins in %s.", FILE_NAME)
        app.register_listener(partial(_announce, warm, f"http://{name}:{settings.port}"), "after_server_start")
        with announced(settings.index, f"http://{'127.0.0.1' if local else name}:{settings.port}"):
            app.run(sock=sock, protocol=DeadlineProtocol, access_log=False, motd=False)
    if warm.done() and (error := warm.exception()):
        raise error
    if not app.ctx.agent.is_ready():
        raise GuideError(f"The model {trained} cannot be loaded. Train one: rasa train")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises GuideError where the port is taken or the address is none of this machine's."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise GuideError(f"Port {port} of {host} cannot be used: {error.strerror or error}.") from error


def is_loopback(sock: socket.socket) -> bool:
    """Whether a listening socket can be reached from this machine only."""
    return ipaddress.ip_address(sock.getsockname()[0].partition("%")[0]).is_loopback


def find_model(model: Path) -> Path:
    """The model file: `model` itself or the newest in that folder, below the settings' folder where it is relative.

    Raises GuideError where there is none.
    """
    for path in dict.fromkeys((model, find_file().parent / model)):
        if path.is_file():
            return path.resolve()
        if found := sorted(path.glob("*.tar.gz"), key=lambda p: p.stat().st_mtime):
            return found[-1].resolve()
    raise GuideError(f"There is no trained model in {model}. Train one: rasa train")


def build_app(model: Path, warm: Future[None], root: Path, settings: Settings) -> Sanic:
    """The web application: the channels of `root`/credentials.yml, the routes of the guide, the agent on start.

    Of `root`/endpoints.yml everything holds but the action endpoint: the actions run here.
    """
    from rasa.core.channels.channel import register
    from rasa.core.run import close_resources, create_http_input_channels, load_agent_on_start
    from rasa.core.utils import AvailableEndpoints
    from sanic import Sanic

    from bot.channels.guide import guide_routes
    from bot.channels.pages import pages
    from bot.channels.protocol import StrictRequest, add_headers
    from bot.components.in_process import InProcessActions

    endpoints = AvailableEndpoints.read_endpoints(str(root / "endpoints.yml"))
    endpoints.action = InProcessActions(importlib.import_module(f"{ACTIONS}.executor").load_executor())
    app = Sanic(f"partner_guide_{uuid.uuid4().hex}", configure_logging=False, request_class=StrictRequest)
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.REQUEST_MAX_SIZE = _MAX_REQUEST
    app.config.REQUEST_TIMEOUT = settings.request_timeout_s
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 3.0
    register(create_http_input_channels(None, str(root / "credentials.yml")), app, route="/webhooks/")
    app.blueprint(guide_routes(get_engine, lambda: warm.done() and warm.exception() is None))
    app.blueprint(pages())
    app.register_middleware(add_headers, "response")
    app.register_listener(partial(load_agent_on_start, str(model), endpoints, None), "before_server_start")
    app.register_listener(close_resources, "after_server_stop")
    return app


def _warm_up() -> None:
    get_engine().warm_up()
    dialogue.warm_up()


async def _announce(warm: Future[None], url: str, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
    """Say that the assistant is there as soon as it is, or stop where it cannot be."""

    async def wait() -> None:
        try:
            await asyncio.wrap_future(warm)
        except GuideError:
            app.stop()  # `serve` raises the error
            return
        if not app.ctx.agent.is_ready():
            app.stop()
            return
        print(READY.format(url=url), flush=True)

    app.add_task(wait())


def quiet() -> None:
    """No telemetry, no library's chatter, and no log line with what a user wrote."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # Rasa's warnings quote the user (“Failed to parse arguments in line '/…'”). Filters would not do: libraries
    # set their own as they are imported.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)

    import structlog

    structlog.configure(
        processors=[structlog.stdlib.add_log_level, hide_user_text, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def hide_user_text(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor that keeps of an event only what cannot hold a user's words."""
    return {name: value for name, value in event.items() if name in _LOGGED}
