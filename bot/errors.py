"""Every error that this project raises on purpose. A message names the thing and the remedy.

GuideError
├── SettingsError         guide.yml or an environment variable holds a value that cannot be used
├── ArticleError          a file cannot be read as an article (carries the line)
├── IndexProblem
│   ├── IndexMissing      there is no index at that place
│   ├── IndexDamaged      a file of the index is missing or has another checksum
│   └── IndexMismatch     the index was built in another format or with another encoder
├── EncoderError          the encoder cannot be loaded
├── ArticleNotFound       no article of that id, locale and cloud is in the index
└── QueryError            the question is empty or too long, or names an unknown locale or cloud
"""

from __future__ import annotations


class GuideError(Exception):
    """The root: `str()` of it is fit to be shown to the person who ran the command."""


class SettingsError(GuideError):
    """A setting holds a value that cannot be used."""


class ArticleError(GuideError):
    """A file cannot be read as an article.

    `line` is the 1-based line of the file, or None where no line can be named.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class IndexProblem(GuideError):
    """The index cannot be used."""


class IndexMissing(IndexProblem):
    """There is no index at that place."""


class IndexDamaged(IndexProblem):
    """A file of the index is missing or has another checksum than the manifest says."""


class IndexMismatch(IndexProblem):
    """The index was built in another format or with another encoder."""


class EncoderError(GuideError):
    """The encoder cannot be loaded."""


class ArticleNotFound(GuideError):
    """No article of that id, locale and cloud is in the index."""


class QueryError(GuideError):
    """The question is empty or too long, or names an unknown locale or cloud."""
