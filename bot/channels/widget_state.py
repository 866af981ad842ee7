"""The widget's store and secret of this process: opened when the first request comes, swept now and then, closed."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sanic import Sanic

from bot.channels.widget_store import WidgetStore
from bot.channels.widget_tokens import Signer, load_secret
from bot.dialogue import settings
from bot.errors import SettingsError

logger = logging.getLogger(__name__)

SWEEP_S = 60.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class State:
    """What every request of the widget needs. SQLite is asked in a thread of its own, so that the server goes on."""

    store: WidgetStore
    signer: Signer
    thread: ThreadPoolExecutor

    async def run(self, work: Callable[..., _T], *arguments: Any, **options: Any) -> _T:
        """The result of a method of the store."""
        call = partial(work, *arguments, **options)
        return await asyncio.get_running_loop().run_in_executor(self.thread, call)


async def open_state(app: Sanic) -> State:
    """The state of this application. Raises OSError or sqlite3.Error where it cannot be opened; asked again, tries."""
    state = getattr(app.ctx, "widget_state", None)
    if state is None:
        # not awaited: of two first requests only one opens it
        state = app.ctx.widget_state = _open(settings().state)
        app.ctx.widget_sweep = asyncio.ensure_future(_sweep(state))
    return state


async def close_state(app: Sanic) -> None:
    """Close what is open."""
    state = getattr(app.ctx, "widget_state", None)
    if state is not None:
        app.ctx.widget_sweep.cancel()
        app.ctx.widget_state = None
        state.thread.shutdown(wait=True)
        state.store.close()


def _open(folder: Path) -> State:
    store = WidgetStore(folder)
    try:
        secret = load_secret(folder)
    except SettingsError as error:
        store.close()
        raise OSError(str(error)) from error
    return State(store, Signer(secret), ThreadPoolExecutor(1, "widget-store"))


async def _sweep(state: State) -> None:
    """Delete what is old, for as long as the server runs."""
    while True:
        try:
            await state.run(state.store.forget_old, time.time())
        except sqlite3.Error as error:
            logger.error("Old conversations could not be deleted: %s", error)
        await asyncio.sleep(SWEEP_S)
