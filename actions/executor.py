"""All actions of this package behind rasa_sdk's executor, for a process that runs them without an action server."""

from __future__ import annotations

from rasa_sdk.executor import ActionExecutor


def load_executor() -> ActionExecutor:
    """An executor that knows every action of this package."""
    executor = ActionExecutor()
    executor.register_package(__package__)
    return executor
