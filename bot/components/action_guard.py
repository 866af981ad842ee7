"""Keeps a broken action server from meaning silence, and a turn from being spent on validation.

Two changes to Rasa's `RemoteAction`, made by `install` and by nothing else:

1. `_validate_action_result`: Rasa re-checks a large constant schema for every response; the same schema is
   compiled once here. Malformed responses are refused as before.
2. `run`: an action that fails or takes longer than the time allowed says so to the user, in their language,
   instead of saying nothing. Without it a hanging action server means 300 s of silence.

The pipeline component `ActionGuard` installs them in whatever process loads the model: `guide serve`, `rasa run`,
`rasa shell`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Any

from jsonschema.exceptions import ValidationError, best_match
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.events import BotUttered, Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from bot.dialogue import settings, speaker, words_of
from bot.locales import get_texts

logger = logging.getLogger(__name__)

_stock_run: Callable[..., Awaitable[list[Event]]] = RemoteAction.run
_timeout_s = 8.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ActionGuard(GraphComponent):
    """Installs the guard when a model is loaded; leaves every message as it is.

    Option `timeout_s`: how long an action may take, in seconds; null takes `action_timeout_s` of the settings.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"timeout_s": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ActionGuard:
        """Called when a model is loaded (for training there is nothing to guard, and nothing breaks)."""
        timeout_s = config.get("timeout_s")
        install(float(timeout_s) if timeout_s is not None else settings().action_timeout_s)
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        return messages


def install(timeout_s: float) -> None:
    """Change `RemoteAction` for this process, as the module's docstring says. Installing again sets the time."""
    global _timeout_s
    _timeout_s = timeout_s
    RemoteAction._validate_action_result = _validate_action_result
    RemoteAction.run = _guarded_run


def uninstall() -> None:
    """Give Rasa its own behaviour back (what the benchmark measures against)."""
    RemoteAction._validate_action_result = _stock_validate
    RemoteAction.run = _stock_run


_stock_validate = RemoteAction._validate_action_result


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema.validators import extend, validator_for

    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return extend(kind, {"oneOf": partial(_one_of, kind.VALIDATORS["oneOf"])})(schema)


def _one_of(stock: Callable[..., Any], validator: Any, schemas: list[dict[str, Any]], instance: Any, _: Any) -> Any:
    """`oneOf` of events, each demanding another constant for `event`: only the one of the instance's need be tried.

    Any other `oneOf`, and an instance that fits no constant, goes Rasa's long way.
    """
    event = instance.get("event") if isinstance(instance, dict) else None
    fitting = [one for one in schemas if event and one.get("properties", {}).get("event", {}).get("const") == event]
    if len(fitting) == 1:
        return validator.descend(instance, fitting[0])
    return stock(validator, schemas, instance, _)


def _validate_action_result(self: RemoteAction, result: Any) -> bool:
    """Whether the action server's response has the form that Rasa asks for; raises jsonschema's error if not."""
    if error := best_match(_validator().iter_errors(result)):
        raise error
    return True


async def _guarded_run(
    self: RemoteAction, output_channel: Any, nlg: Any, tracker: DialogueStateTracker, domain: Any
) -> list[Event]:
    try:
        return await asyncio.wait_for(_stock_run(self, output_channel, nlg, tracker, domain), _timeout_s)
    except ActionExecutionRejection:
        raise  # Rasa's own way for an action to decline, and another action's turn
    except asyncio.TimeoutError:
        logger.error("Action '%s' took longer than %g s.", self.name(), _timeout_s)
    except Exception as error:  # whatever it was: the user must not be left without a word
        logger.error("Action '%s' failed: %s", self.name(), _reason(error))
    return [_apology(tracker)]


def _reason(error: Exception) -> str:
    """The error and its cause, one line, without the response (which may quote the user)."""
    if isinstance(error, ValidationError):
        where = "/".join(str(part) for part in error.absolute_path) or "the whole of it"
        return f"malformed response ({where})"
    cause = error.__cause__ or error.__context__
    text = f"{type(error).__name__}: {error}" + (f" ({type(cause).__name__})" if cause else "")
    return " ".join(text.split())[:300]


def _apology(tracker: DialogueStateTracker) -> BotUttered:
    message = tracker.latest_message
    words = words_of(message.text) if message else ""
    who = speaker(words, tracker.current_slot_values(), message.metadata if message else None, settings())
    return BotUttered(
        get_texts(who.locale)("chat.unavailable"), {}, {"answer": {"locale": who.locale, "unavailable": True}}
    )
