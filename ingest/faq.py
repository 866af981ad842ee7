"""FAQ pages (`### YamlMime:FAQ`): each question with its answer becomes a section."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import ArticleError
from ingest import yamlguard
from ingest.document import Document
from ingest.markdown import feed, plain_text
from ingest.textbuilder import TextBuilder

_MIME = re.compile(r"\s*#+\s*YamlMime\s*:\s*([\w-]+)", re.IGNORECASE)
Language = Callable[[str], str]  # picks one language out of a bilingual string

_UNNAMED = frozenset(("", "ignored"))  # what authors call a group of questions that has no heading


def mime(text: str) -> str | None:
    """The page type that a YAML file declares on its first line (`FAQ`, `Landing`, `Hub`, …), or None."""
    match = _MIME.match(text)
    return match[1] if match else None


def load(text: str) -> Mapping[str, Any]:
    """The YAML of a FAQ page. Raises ArticleError where it is broken, hostile or holds no questions."""
    data = yamlguard.load(text)
    if not isinstance(data, dict):
        raise ArticleError("the FAQ page is not a mapping of names to values", 1)
    if not isinstance(data.get("sections"), list):
        raise ArticleError("the FAQ page has no list of sections", 1)
    return data


def title(data: Mapping[str, Any], language: Language) -> str:
    """The page's own title, above the questions."""
    return plain_text(language(_string(data.get("title"))))


def document(data: Mapping[str, Any], language: Language) -> Document:
    """The text of a FAQ page: its summary, the questions as headings with their answers, what follows them.

    Questions have the anchors `faq-1`, `faq-2`, … in page
    order; a heading inside an answer is a paragraph, so that the answer stays one section.
    """
    builder = TextBuilder()
    feed(builder, language(_string(data.get("summary"))))
    number = 0
    for group in data["sections"]:
        if not isinstance(group, dict):
            continue
        name = plain_text(language(_string(group.get("name"))))
        level = 2
        if name.casefold() not in _UNNAMED:
            _heading(builder, 2, name, None)
            level = 3
        questions = group.get("questions")
        for entry in questions if isinstance(questions, list) else ():
            if not isinstance(entry, dict):
                continue
            number += 1
            question = plain_text(language(_string(entry.get("question"))))
            _heading(builder, level, question or f"{number}", f"faq-{number}")
            feed(builder, language(_string(entry.get("answer"))), headings=False)
    feed(builder, language(_string(data.get("additionalContent"))))
    return builder.finish()


def _heading(builder: TextBuilder, level: int, words: str, anchor: str | None) -> None:
    builder.start(f"h{level}", {"id": anchor})
    builder.text(words)
    builder.end(f"h{level}")


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
