"""A Rasa tokenizer for every script: words by letters and digits, Chinese, Japanese and Korean by the character.

Rasa's own WhitespaceTokenizer takes Chinese words for emoji and deletes them.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.text import fold

# Scripts written without spaces: each character is a token, and the featurizer's n-grams make words of them.
_UNSPACED = (
    r"\u0e00-\u0e7f"  # Thai
    r"\u3040-\u30ff"  # Hiragana and Katakana
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    r"\uac00-\ud7af"  # Hangul: spaced, but particles are written onto words
    r"\U00020000-\U0003134f"  # rare Han
)
_TOKEN = re.compile(
    rf"[{_UNSPACED}]"
    rf"|(?:(?![{_UNSPACED}])\w)+(?:[.'’&-](?:(?![{_UNSPACED}])\w)+)*"  # don't, e-mail, R&D, 21.5
    r"|[?？¿]"  # the best sign of a question
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class EveryScriptTokenizer(Tokenizer):
    """Splits a message into tokens whose lemma is folded: no case, no accents, no full-width forms."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options that the base class reads; none of them changes how messages are split."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute, in order; the whole text as one token where it has no word (“:-)”)."""
        text = message.get(attribute)
        tokens = [Token(m[0], m.start(), m.end(), lemma=fold(m[0])) for m in _TOKEN.finditer(text)]
        return tokens or [Token(text, 0)]
