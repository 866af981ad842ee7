"""A Rasa component that takes a message for small talk only where its words are small talk's.

A classifier of words is sure of “thanks, and who pays?” for the wrong reason, and of a language it never saw for none.
This looks at what the classifier passes over: words that only questions use, and words that nobody ever used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_FILE = "words.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionFirst(GraphComponent, IntentClassifier):
    """Turns a small-talk intent into `nlu_fallback` where a word of the message speaks against it.

    Units are words, and of a script without spaces pairs of neighbouring characters. Against small talk speak a
    unit that the training examples have in questions only, more than `max_strange` of units never seen at all
    (or any of them, below `min_confidence`), and more than `max_units` units.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """A tokenizer. (The classifier it corrects must stand before it too; training cannot check that.)"""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"question_intent": "ask_guidance", "max_units": 14, "max_strange": 0.5, "min_confidence": 0.8}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._chat: frozenset[str] = frozenset()
        self._question: frozenset[str] = frozenset()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuestionFirst:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> QuestionFirst:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            words = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        component._chat, component._question = frozenset(words["chat"]), frozenset(words["question"])
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Note which units small talk uses and which only questions do."""
        chat: set[str] = set()
        question: set[str] = set()
        for example in training_data.intent_examples:
            asks = example.get(INTENT) == self._config["question_intent"]
            (question if asks else chat).update(_units(example))
        with self._storage.write_to(self._resource) as folder:
            words = {"chat": sorted(chat), "question": sorted(question - chat)}
            (folder / _FILE).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            intent = message.get(INTENT) or {}
            name = intent.get(INTENT_NAME_KEY)
            if name in (None, self._config["question_intent"], DEFAULT_NLU_FALLBACK_INTENT_NAME):
                continue
            if not self._is_small_talk(_units(message), intent[PREDICTED_CONFIDENCE_KEY]):
                fallback = {INTENT_NAME_KEY: DEFAULT_NLU_FALLBACK_INTENT_NAME, PREDICTED_CONFIDENCE_KEY: 1.0}
                message.set(INTENT, fallback, add_to_output=True)
                ranking = [fallback, *(message.get(INTENT_RANKING_KEY) or ())]
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _is_small_talk(self, units: Sequence[str], confidence: float) -> bool:
        if len(units) > self._config["max_units"] or any(unit in self._question for unit in units):
            return False
        strange = sum(unit not in self._chat for unit in units)
        if not strange:
            return True
        # a single word may be a misspelt greeting: then the classifier's pieces of words are sure of it
        few = len(units) == 1 or strange / len(units) <= self._config["max_strange"]
        return few and confidence >= self._config["min_confidence"]


def _units(message: Message) -> list[str]:
    """The folded words of a message, and the pairs of neighbouring characters of scripts without spaces."""
    tokens = message.get(TOKENS_NAMES[TEXT]) or []
    units: list[str] = []
    for before, token, after in zip([None, *tokens[:-1]], tokens, [*tokens[1:], None], strict=True):
        if not _is_character(token.text):
            units.append(token.lemma)
        elif after is not None and _is_character(after.text) and after.start == token.end:
            units.append(token.lemma + after.lemma)
        elif before is None or not _is_character(before.text) or before.end != token.start:
            units.append(token.lemma)  # a character by itself
    return units


def _is_character(text: str) -> bool:
    """Whether a token is one character of a script written without spaces."""
    return len(text) == 1 and ord(text) >= 0x0E00 and text.isalpha()
