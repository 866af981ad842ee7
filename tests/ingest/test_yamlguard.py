"""YAML made to exhaust its reader."""

from __future__ import annotations

import time

import pytest

from bot.errors import ArticleError
from ingest.yamlguard import load


def test_everything_is_a_string() -> None:
    assert load("a: no\nb: 1.0\nc: [2021-01-01, null, '']\nd: {e: ~}\nf: !!python/object:os.system x") == {
        "a": "no", "b": "1.0", "c": ["2021-01-01", "null", ""], "d": {"e": "~"}, "f": "x",
    }  # fmt: skip
    assert load("") is None
    assert load("# only a comment") is None


def test_aliases_within_measure_are_written_out() -> None:
    assert load("a: &x {b: c}\nd: *x\ne: [*x, *x]") == {"a": {"b": "c"}, "d": {"b": "c"}, "e": [{"b": "c"}] * 2}


def test_aliases_that_explode() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    with pytest.raises(ArticleError) as caught:
        load("\n".join(lines))
    assert caught.value.reason == "the YAML stands for more than 20,000 values"
    assert caught.value.line == 5


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- ", "[{a: "])
def test_nesting_without_end(bracket: str) -> None:
    began = time.monotonic()
    with pytest.raises(ArticleError) as caught:
        load(bracket * 200_000)
    assert time.monotonic() - began < 5
    assert caught.value.line == 1


def test_200_000_brackets_are_named_as_what_they_are() -> None:
    with pytest.raises(ArticleError, match="nested more than 24 levels deep"):
        load("title: x\nbad: " + "[" * 200_000)


def test_many_values() -> None:
    with pytest.raises(ArticleError, match="more than 20,000 values"):
        load("a: [" + "x," * 30_000 + "]")


def test_lines_are_counted_from_the_first() -> None:
    with pytest.raises(ArticleError) as caught:
        load("a: 1\nb: [", first_line=10)
    assert caught.value.line in (11, 12)
    with pytest.raises(ArticleError) as caught:
        load("? [a]\n: b", first_line=3)
    assert (caught.value.reason, caught.value.line) == ("the YAML uses a list or a mapping as a name", 3)
