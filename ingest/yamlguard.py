"""YAML from strangers: every value stays a string, and a document made to exhaust the reader is refused.

The parser's events are counted before anything is built: nesting depth, number of values, and the number of values
that aliases would stand for. Composing first and checking later is what crashes on 200,000 nested brackets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from bot.errors import ArticleError

MAX_DEPTH = 24
MAX_VALUES = 20_000

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class _Node:
    """A collection being built, and how many values it holds with its aliases written out."""

    value: Any
    anchor: str | None
    line: int
    values: int = 1
    key: str | None = None


def load(text: str, first_line: int = 1, max_values: int = MAX_VALUES) -> Any:
    """The first document of `text` as dicts, lists and strings; None where there is none.

    Tags are ignored: `no`, `2021-06-17` and `!!python/object` are strings. `first_line` is the line of the file on
    which `text` begins. Raises ArticleError with the line for broken or hostile YAML.
    """
    try:
        return _build(yaml.parse(text, Loader=_LOADER), first_line, max_values)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + first_line if mark is not None else None
        raise ArticleError(f"the YAML cannot be read: {error.problem or error.context}", line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + first_line if isinstance(error.position, int) else None
        raise ArticleError(f"the YAML holds a character that is not allowed: {error.reason}", line) from error
    except yaml.YAMLError as error:
        raise ArticleError(f"the YAML cannot be read: {error}", first_line) from error


def _build(events: Iterator[yaml.Event], first_line: int, max_values: int) -> Any:
    stack: list[_Node] = []
    anchors: dict[str, tuple[Any, int]] = {}
    root: list[Any] = []
    for event in events:
        line = event.start_mark.line + first_line
        if isinstance(event, yaml.DocumentEndEvent):
            break
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(stack) >= MAX_DEPTH:
                raise ArticleError(f"the YAML is nested more than {MAX_DEPTH} levels deep", line)
            stack.append(_Node({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor, line))
            continue
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            node = stack.pop()
            value, values, anchor = node.value, node.values, node.anchor
        elif isinstance(event, yaml.ScalarEvent):
            value, values, anchor = event.value, 1, event.anchor
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise ArticleError(f"the YAML refers to {event.anchor!r}, which is not defined", line)
            (value, values), anchor = anchors[event.anchor], None
        else:
            continue
        if anchor is not None:
            anchors[anchor] = value, values
        if stack:
            stack[-1].values += values
            if stack[-1].values > max_values:
                raise ArticleError(f"the YAML stands for more than {max_values:,} values", line)
            _put(stack[-1], value, line)
        else:
            root.append(value)
    return root[0] if root else None


def _put(node: _Node, value: Any, line: int) -> None:
    if isinstance(node.value, list):
        node.value.append(value)
    elif node.key is None:
        if not isinstance(value, str):
            raise ArticleError("the YAML uses a list or a mapping as a name", line)
        node.key = value
    else:
        node.value[node.key] = value
        node.key = None
