"""Finding the files of a folder that may be articles, and what each is called.

Symbolic links out of the tree, named pipes and other things that are no regular files are named and not opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot.types import Notice
from ingest.locales import folder_locale

ENDINGS = frozenset((".md", ".markdown", ".txt", ".yml", ".yaml"))

_NOTES = frozenset(
    "readme contributing contributors license licence license-code code_of_conduct code-of-conduct changelog"
    " thirdpartynotices third_party_notices pull_request_template issue_template codeowners".split()
)
_NOTES_IN_CAPITALS = frozenset(("SECURITY", "SUPPORT", "NOTICE", "GOVERNANCE", "MAINTAINERS"))


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be an article: its path, its `article_id`, and the locale of the folder it lies in."""

    path: Path
    article_id: str
    folder_locale: str | None


def discover(folders: Sequence[Path]) -> tuple[list[Found], list[Notice]]:
    """All candidate files under the folders, in the order of their ids, each once; and what was left out.

    A folder may be a single file. What does not end like an article (pictures, code) is passed over in silence.
    """
    found: dict[str, Found] = {}
    notices: list[Notice] = []
    for folder in folders:
        root = Path(folder)
        try:
            real = root.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            notices.append(Notice(_printable(folder), None, f"there is no such folder or file: {_reason(error)}", True))
            continue
        base, name = (root, real.name) if real.is_dir() else (root.parent, real.parent.name)
        paths = _walk(root, real, notices) if real.is_dir() else [(root, str(real))]
        for path, identity in paths:
            if reason := _left_out(path):
                notices.append(Notice(_printable(path), None, reason, False))
                continue
            if _printable(path) != str(path):
                notices.append(Notice(_printable(path), None, "the file's name is not UTF-8", True))
                continue
            if identity not in found:
                found[identity] = Found(path, *_identify(path.relative_to(base).parts, name))
    return sorted(found.values(), key=lambda file: (file.article_id, str(file.path))), notices


def _walk(root: Path, real_root: Path, notices: list[Notice]) -> Iterator[tuple[Path, str]]:
    """The files under a folder that end like articles, with their real paths."""
    folders = [(root, str(real_root))]
    while folders:
        folder, real = folders.pop()
        try:
            with os.scandir(folder) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            notices.append(Notice(_printable(folder), None, f"the folder cannot be read: {_reason(error)}", True))
            continue
        for entry in listing:
            if entry.name.startswith("."):
                continue
            path = folder / entry.name
            try:
                if entry.is_symlink():
                    if _may_follow(path, real_root, notices):
                        yield path, os.path.realpath(path)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append((path, os.path.join(real, entry.name)))
                elif path.suffix.lower() in ENDINGS:
                    mode = entry.stat(follow_symlinks=False).st_mode
                    if stat.S_ISREG(mode):
                        yield path, os.path.join(real, entry.name)
                    else:
                        notices.append(
                            Notice(_printable(path), None, f"this is {_kind(mode)}, not a regular file", True)
                        )
            except OSError as error:
                notices.append(Notice(_printable(path), None, f"the file cannot be read: {_reason(error)}", True))


def _may_follow(path: Path, real_root: Path, notices: list[Notice]) -> bool:
    """Whether a symbolic link leads to a regular file inside the tree. Linked folders are never entered."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        if path.suffix.lower() in ENDINGS:
            notices.append(
                Notice(_printable(path), None, f"a symbolic link that leads nowhere: {_reason(error)}", True)
            )
        return False
    inside = target.is_relative_to(real_root)
    if target.is_dir():
        reason = "a symbolic link to a folder of this tree" if inside else "a symbolic link out of the tree"
        notices.append(Notice(_printable(path), None, reason, not inside))
        return False
    if path.suffix.lower() not in ENDINGS and target.suffix.lower() not in ENDINGS:
        return False
    if not inside:
        notices.append(Notice(_printable(path), None, "a symbolic link out of the tree", True))
        return False
    if not target.is_file():
        notices.append(Notice(_printable(path), None, "a symbolic link to something that is not a regular file", True))
        return False
    return path.suffix.lower() in ENDINGS


def _left_out(path: Path) -> str | None:
    """Why a file is no article by its name alone."""
    stem = path.name.split(".")[0]
    if path.stem.lower() == "toc":
        return "a breadcrumb" if path.parent.name.lower() == "breadcrumb" else "a table of contents"
    if stem.lower() in _NOTES or stem in _NOTES_IN_CAPITALS:
        return "a note for contributors"
    return None


def _identify(inner: tuple[str, ...], root: str) -> tuple[str, str | None]:
    """The article_id (below the first folder named like a locale, the root's own name included) and that locale."""
    names = (root, *inner)
    for position, name in enumerate(names[:-1]):
        if locale := folder_locale(name):
            return _without_ending(names[position + 1 :]), locale
    return _without_ending(inner), None


def _without_ending(parts: Sequence[str]) -> str:
    return PurePosixPath(*parts).with_suffix("").as_posix()


def _printable(path: Path | str) -> str:
    """A path as text that can be written as UTF-8; bytes of a name that are not stand as `\\udcff`."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "something else"


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
