"""Reading one file safely: regular files only, up to a size, as text."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ArticleError

MAX_BYTES = 5_000_000
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text with `\\n` line ends and without byte-order mark; `remarks` say what was put right."""

    text: str
    remarks: tuple[str, ...] = ()


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of at most MAX_BYTES.

    Never blocks on a named pipe or a device. Raises ArticleError for anything else, or where reading is not allowed.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise ArticleError(f"the file cannot be read: {error.strerror or error}") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ArticleError("this is not a regular file")
        if status.st_size > MAX_BYTES:
            raise ArticleError(f"the file has {status.st_size:,} bytes; {MAX_BYTES:,} are the limit")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArticleError(f"the file cannot be read: {error.strerror or error}") from error
    finally:
        os.close(handle)
    if len(data) > MAX_BYTES:
        raise ArticleError(f"the file grew past the limit of {MAX_BYTES:,} bytes")
    return data


def decode(data: bytes) -> Source:
    """The text of a file's bytes. Raises ArticleError with the line where they are not UTF-8, or where all is blank."""
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if data.startswith(mark):
            raise ArticleError(f"the file is {name}, not UTF-8", 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ArticleError(f"byte 0x{data[error.start]:02x} on line {line} is not UTF-8", line) from error
    remarks: list[str] = []
    if text.startswith(BOM):
        text = text.lstrip(BOM)
        remarks.append("a byte-order mark was taken off; ingested in full")
    if "\r" in text:
        if "\r\n" in text:
            remarks.append("CRLF line ends; ingested in full")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise ArticleError(f"a NUL character on line {line}: this is no text file", line)
    if not text.strip():
        raise ArticleError("the file is empty")
    return Source(text, tuple(remarks))
