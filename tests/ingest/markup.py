"""Finds what is left of Markdown and HTML in a text that should be plain."""

from __future__ import annotations

import re

PATTERN = re.compile(
    r"""
      data-(?:ttu|stu)-id | sxs-lookup                # bilingual spans
    | </?[a-zA-Z][^<>\n]*>                            # tags
    | <!--|-->                                        # comments
    | \]\(                                            # links
    | \*\*|(?<!\w)__(?=\w)                            # emphasis
    | ```|~~~                                         # fences
    | \[\s*!\s*[A-Za-z]                               # note marks
    | :::                                             # directives
    | &(?:nbsp|amp|lt|gt|quot|\#\d+|\#x[0-9a-f]+);    # entities
    | ^\#{1,6}\s                                      # headings
    | \\[][*_<>|#`]                                   # escapes
    | ^\s*\|.*\|\s*$                                  # table rows
    | ^\s*>\s                                         # quotations
    """,
    re.VERBOSE | re.MULTILINE,
)


def markup_in(text: str) -> list[str]:
    """Every piece of markup in the text, in order."""
    return [match[0] for match in PATTERN.finditer(text)]
