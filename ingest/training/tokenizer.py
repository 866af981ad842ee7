"""The vocabulary: one unigram tokenizer for all languages, blind to case, accents and punctuation."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ingest.training.settings import TrainingSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN = "[UNK]"
WORD_START = "▁"
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}ー"  # written without spaces: no word starts are marked in them


def empty_tokenizer() -> Tokenizer:
    """How a text is cut before any vocabulary is known.

    Case, accents (U+0300 to U+036F; kana keep their voicing marks) and punctuation go, since people leave them
    out; a change between CJK and other characters cuts; every other word starts with a mark.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.NFD(),
            normalizers.Replace(Regex("[\u0300-\u036f]"), ""),
            normalizers.NFC(),
            normalizers.Replace(Regex(r"[^\p{L}\p{N}\p{M}ー]+"), " "),
            normalizers.Replace(Regex(rf"(?<=[{_CJK}])(?=[^{_CJK} ])|(?<=[^{_CJK} ])(?=[{_CJK}])"), " "),
            normalizers.Replace(Regex(rf"(?<![^ ])(?=[^{_CJK} ])"), WORD_START),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def train_tokenizer(
    texts: Mapping[str, Iterable[str]], everyday: Iterable[str], settings: TrainingSettings
) -> Tokenizer:
    """Learn the vocabulary from the same number of bytes of each language, and from the everyday words."""
    from tokenizers import trainers

    chance = random.Random(settings.seed)
    sample: list[str] = []
    for language in sorted(texts):
        rows = sorted(set(texts[language]))
        chance.shuffle(rows)
        size = 0
        for row in rows:
            sample.append(row)
            size += len(row.encode())
            if size > settings.bytes_per_language:
                break
    sample += list(everyday) * settings.everyday_repeats
    tokenizer = empty_tokenizer()
    trainer = trainers.UnigramTrainer(
        vocab_size=settings.vocabulary,
        unk_token=UNKNOWN,
        special_tokens=[UNKNOWN],
        max_piece_length=settings.longest_token,
        n_sub_iterations=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(sample, trainer)
    return tokenizer
