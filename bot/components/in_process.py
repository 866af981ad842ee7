"""An action endpoint without a server: Rasa's custom actions run in Rasa's own process."""

from __future__ import annotations

from typing import Any, Protocol

from rasa.utils.endpoints import EndpointConfig


class Executor(Protocol):
    """What `rasa_sdk.executor.ActionExecutor` offers: a call in the action server's JSON, answered in the same."""

    async def run(self, action_call: dict[str, Any]) -> dict[str, Any] | None: ...


class InProcessActions(EndpointConfig):
    """Given to an agent as its action endpoint, it hands each call to the executor instead of to a network."""

    def __init__(self, executor: Executor) -> None:
        # the actions here never read the domain: it is not serialised for each call
        super().__init__(url="in-process", enable_selective_domain=True)
        self._executor = executor

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """The executor's response to `kwargs["json"]`; its errors are raised as they are."""
        return await self._executor.run(kwargs["json"])
