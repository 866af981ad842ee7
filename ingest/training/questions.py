"""Question-like texts and the sections that answer them, made from the articles themselves."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.retrieval.known import KnownQuestion
from ingest.training.everyday import Everyday, misspell
from ingest.training.material import ENGLISH, Material, SectionText
from ingest.training.settings import TrainingSettings

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*")
_TOGETHER = (1, 2, 3)  # sections taken of one article at a time: its other sections are the hard wrong answers


@dataclass(frozen=True, slots=True)
class Example:
    """A question-like text and its section in some locale.

    `left_out` is the number of the section's block that the text was taken from.
    """

    question: str
    section: SectionText
    left_out: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question and the section, in one locale, that it is to find."""

    text: str
    key: str
    locale: str


class Questions:
    """Draws questions with their sections; the same for the same chance.

    `by_locale` has all sections by locale and key, `asked_about` the keys of the articles that questions written by
    hand are about.
    """

    def __init__(
        self, material: Material, everyday: Everyday, asked: Sequence[KnownQuestion], settings: TrainingSettings
    ) -> None:
        self._settings = settings
        self._everyday = everyday
        self._chance = random.Random()
        self._locales: dict[str, dict[str, SectionText]] = defaultdict(dict)
        self.by_locale: dict[str, dict[str, SectionText]] = defaultdict(dict)
        articles: dict[str, set[str]] = defaultdict(set)
        for section in material.sections:
            self._locales[section.key][section.locale] = section
            self.by_locale[section.locale][section.key] = section
            articles[section.article_id].add(section.key)
        self._articles = [sorted(articles[name]) for name in sorted(articles)]
        # Long articles are drawn more often, but not in proportion: short ones are articles too.
        self._weights = [len(keys) ** 0.7 for keys in self._articles]
        self._asked = [question for question in asked if question.section in self._locales]
        about = {question.section.partition("#")[0] for question in self._asked}
        self.asked_about = frozenset(key for name, keys in articles.items() if name in about for key in keys)
        self._headed = [s for s in material.sections if s.heading and (s.key in self.asked_about or not about)]

    def asked(self, count: int, bank: Mapping[str, Mapping[str, int]], chance: random.Random) -> list[Wanted]:
        """So many questions, most written by hand, the rest headings as people put them, that a bank's sections answer.

        `bank` has the keys of the sections that it holds by locale.
        """
        settings, found = self._settings, []
        for _ in range(count * 20):  # not every section is in every locale
            if len(found) == count:
                break
            if self._asked and chance.random() < settings.by_hand:
                drawn = chance.choice(self._asked)
                text, key, locale = drawn.text, drawn.section, drawn.locale
                swap, wrap, slip = settings.hand_swap_share, 0.0, settings.hand_typo_share
            elif self._headed:
                section = chance.choice(self._headed)
                title = "" if chance.random() < 0.5 else f"{section.title} "
                text, key, locale = title + section.heading, section.key, section.locale
                swap, wrap, slip = settings.swap_share, settings.wrap_share, settings.typo_share
            else:
                break
            there = [name for name, keys in bank.items() if key in keys]
            own = [name for name in there if name.lower() == locale.lower()]
            if there:
                text = self._everyday.swap(text, locale, chance) if chance.random() < swap else text
                text = self._everyday.wrap(text, locale, chance) if chance.random() < wrap else text
                text = misspell(text, chance) if chance.random() < slip else text
                chosen = own[0] if own and chance.random() < settings.own_share else chance.choice(there)
                found.append(Wanted(text, key, chosen))
        return found

    def draw(self, count: int, chance: random.Random) -> list[Example]:
        """So many examples, several of one article among them."""
        self._chance = chance
        examples: list[Example] = []
        while len(examples) < count:
            if self._asked and chance.random() < self._settings.asked_share:
                examples.append(self._by_hand(chance.choice(self._asked)))
                continue
            keys = chance.choices(self._articles, self._weights)[0]
            together = min(len(keys), chance.choice(_TOGETHER))
            examples += [self._example(self._locales[key]) for key in chance.sample(keys, together)]
        return examples[:count]

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
            if len(asked.blocks) == len(answer.blocks) > 1:
                left_out = block
        else:
            question = self._heading(asked)
        if chance.random() < settings.swap_share:
            question = self._everyday.swap(question, asked.locale, chance)
        if not is_sentence and chance.random() < settings.wrap_share:
            question = self._everyday.wrap(question, asked.locale, chance)
        if chance.random() < settings.typo_share:
            question = misspell(question, chance)
        return Example(question, answer, left_out)

    def _by_hand(self, asked: KnownQuestion) -> Example:
        sections = self._locales[asked.section]
        own = [locale for locale in sections if locale.lower() == asked.locale]
        locale = own[0] if own and self._chance.random() < 0.5 else self._chance.choice(list(sections))
        text = misspell(asked.text, self._chance) if self._chance.random() < self._settings.typo_share else asked.text
        return Example(text, sections[locale], None)

    def _sentence(self, section: SectionText) -> tuple[str, int]:
        block = self._chance.randrange(len(section.blocks))
        sentences = [s for s in _SENTENCE_END.split(section.blocks[block]) if len(s) > 8]
        return self._chance.choice(sentences or [section.blocks[block]]), block

    def _heading(self, section: SectionText) -> str:
        kind = self._chance.random()
        if kind < 0.4 and section.heading:
            return section.heading
        if kind < 0.6:
            return f"{section.title} {section.heading}".strip()
        if kind < 0.75:
            return section.title or section.heading
        if kind < 0.9 and section.description:
            return section.description
        return section.heading or section.title
