"""Question-like texts and the sections that answer them, made from the articles themselves."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.training.everyday import Asked, Everyday, misspell
from ingest.training.material import ENGLISH, Material, SectionText
from ingest.training.settings import TrainingSettings

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*")
_TOGETHER = (1, 2, 3)  # sections taken of one article at a time: its other sections are the hard wrong answers


@dataclass(frozen=True, slots=True)
class Example:
    """A question-like text and its section in some locale.

    `english` is the text that the teacher is to rank by, None where there is none. `left_out` is the number of
    the section's block that the text was taken from.
    """

    question: str
    english: str | None
    section: SectionText
    left_out: int | None


class Questions:
    """Draws examples, without end and the same for the same seed."""

    def __init__(
        self, material: Material, everyday: Everyday, asked: Sequence[Asked], settings: TrainingSettings
    ) -> None:
        self._settings = settings
        self._everyday = everyday
        self._chance = random.Random(settings.seed)
        self._locales: dict[str, dict[str, SectionText]] = defaultdict(dict)
        articles: dict[str, set[str]] = defaultdict(set)
        for section in material.sections:
            self._locales[section.key][section.locale] = section
            articles[section.article_id].add(section.key)
        self._articles = [sorted(articles[name]) for name in sorted(articles)]
        # Long articles are drawn more often, but not in proportion: short ones are articles too.
        self._weights = [len(keys) ** 0.7 for keys in self._articles]
        self._asked = [question for question in asked if question.key in self._locales]
        self._english = {(pair.locale, pair.text): pair.english for pair in material.pairs}

    def draw(self, count: int) -> list[Example]:
        """So many examples (or one or two more), several of one article among them."""
        examples: list[Example] = []
        while len(examples) < count:
            if self._asked and self._chance.random() < self._settings.asked_share:
                examples.append(self._by_hand(self._chance.choice(self._asked)))
                continue
            keys = self._chance.choices(self._articles, self._weights)[0]
            together = min(len(keys), self._chance.choice(_TOGETHER))
            examples += [self._example(self._locales[key]) for key in self._chance.sample(keys, together)]
        return examples

    def _example(self, section: dict[str, SectionText]) -> Example:
        chance, settings = self._chance, self._settings
        locales = list(section)
        answer = section[chance.choice(locales)]
        asked_in = chance.random()
        if asked_in < 0.5:
            asked = answer
        elif asked_in < 0.7 and ENGLISH in section:
            asked = section[ENGLISH]
        else:
            asked = section[chance.choice(locales)]
        left_out: int | None = None
        is_sentence = chance.random() < settings.sentence_share
        if is_sentence:
            question, block = self._sentence(asked)
            english = question if asked.locale == ENGLISH else self._english.get((asked.locale, question))
            if len(asked.blocks) == len(answer.blocks) > 1:
                left_out = block
        else:
            question, english = self._heading(asked, section.get(ENGLISH))
        if chance.random() < settings.swap_share:
            question = self._everyday.swap(question, asked.locale, chance)
        if not is_sentence and chance.random() < settings.wrap_share:
            question = self._everyday.wrap(question, asked.locale, chance)
        if chance.random() < settings.typo_share:
            question = misspell(question, chance)
        return Example(question, english, answer, left_out)

    def _by_hand(self, asked: Asked) -> Example:
        sections = self._locales[asked.key]
        own = [locale for locale in sections if locale.lower() == asked.locale]
        locale = own[0] if own and self._chance.random() < 0.5 else self._chance.choice(list(sections))
        text = misspell(asked.text, self._chance) if self._chance.random() < self._settings.typo_share else asked.text
        return Example(text, asked.text if asked.locale == ENGLISH.lower() else None, sections[locale], None)

    def _sentence(self, section: SectionText) -> tuple[str, int]:
        block = self._chance.randrange(len(section.blocks))
        sentences = [s for s in _SENTENCE_END.split(section.blocks[block]) if len(s) > 8]
        return self._chance.choice(sentences or [section.blocks[block]]), block

    def _heading(self, section: SectionText, english: SectionText | None) -> tuple[str, str | None]:
        kind = self._chance.random()
        if kind < 0.4 and section.heading:
            return section.heading, english.heading if english else None
        if kind < 0.6:
            both = f"{section.title} {section.heading}".strip()
            return both, f"{english.title} {english.heading}".strip() if english else None
        if kind < 0.75:
            return section.title or section.heading, english.title if english else None
        if kind < 0.9 and section.description:
            return section.description, None
        return section.heading or section.title, None


def teacher_texts(material: Material, asked: Sequence[Asked]) -> Iterator[str]:
    """The English texts by which the teacher is asked to rank: headings, titles, both, questions."""
    yield from (question.text for question in asked if question.locale == ENGLISH.lower())
    for section in material.sections:
        if section.locale == ENGLISH:
            yield from (section.heading, section.title, f"{section.title} {section.heading}".strip())


def shown_words(
    example: Example, chance: random.Random, settings: TrainingSettings
) -> tuple[Sequence[str], Sequence[str]]:
    """(header, blocks) of the example's section as shown this time: often without header, sometimes a part."""
    blocks = [block for number, block in enumerate(example.section.blocks) if number != example.left_out]
    if len(blocks) > 2 and chance.random() < 0.4:
        first = chance.randrange(len(blocks) - 1)
        blocks = blocks[first : first + chance.randrange(2, 6)]
    header = example.section.header if not blocks or chance.random() < settings.header_share else ()
    return header, blocks
