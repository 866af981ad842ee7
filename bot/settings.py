"""Settings: `guide.yml`, overridden by environment variables, as one frozen value.

The file is looked for at `GUIDE_SETTINGS`, else in the working directory and the folders above it, else beside
the installed packages (a checkout installed in place).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot.errors import QueryError, SettingsError
from bot.types import Cloud, Clouds

FILE_NAME = "guide.yml"


@dataclass(frozen=True, slots=True)
class Collection:
    """What holds for all articles under one first folder."""

    clouds: Clouds = frozenset()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Paths are absolute."""

    index: Path
    encoder: str
    cloud: Cloud | None = None
    locale: str = "en-US"
    port: int = 5005
    max_question_chars: int = 2000
    action_timeout_s: float = 8.0
    collections: Mapping[str, Collection] = field(default_factory=dict)
    archived_folders: tuple[str, ...] = ("Archive",)

    def check_question(self, text: str) -> str:
        """The question without white space around it; raises QueryError where it is empty or too long."""
        text = text.strip()
        if not text:
            raise QueryError("The question is empty.")
        if len(text) > self.max_question_chars:
            raise QueryError(f"The question is longer than {self.max_question_chars} characters.")
        return text


def find_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The settings file in force.

    Raises SettingsError where there is none, naming the places looked at.
    """
    if named := environ.get("GUIDE_SETTINGS"):
        path = Path(named)
        if not path.is_file():
            raise SettingsError(f"GUIDE_SETTINGS names {path}, and there is no such file.")
        return path.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (path := folder / FILE_NAME).is_file():
            return path
    raise SettingsError(f"No {FILE_NAME} in {here} or above it. Set GUIDE_SETTINGS to the file.")


def load_settings(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file (`find_file` where no path is given) and apply the environment.

    Raises SettingsError, naming file and setting, for an unknown name or a value of the wrong kind.
    """
    import yaml

    path = path or find_file(environ)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise SettingsError(f"{path} must hold names and values.")
    names = {f.name for f in fields(Settings)}
    if unknown := sorted(set(data) - names):
        raise SettingsError(f"{path}: unknown setting {unknown[0]}. Known: {', '.join(sorted(names))}.")
    for name in names:
        if (value := environ.get(f"GUIDE_{name.upper()}")) is not None:
            data[name] = value
    try:
        return _settings(data, path.parent)
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _settings(data: dict[str, Any], folder: Path) -> Settings:
    encoder = str(data.get("encoder", "models/encoder"))
    if (folder / encoder).exists():
        encoder = str((folder / encoder).resolve())
    collections = {
        name: Collection(
            clouds=frozenset(Cloud(cloud) for cloud in (entry or {}).get("clouds", ())),
            url=(entry or {}).get("url"),
        )
        for name, entry in (data.get("collections") or {}).items()
    }
    return Settings(
        index=(folder / str(data.get("index", "models/index"))).resolve(),
        encoder=encoder,
        cloud=Cloud(data["cloud"]) if data.get("cloud") else None,
        locale=str(data.get("locale") or "en-US"),
        port=int(data.get("port", 5005)),
        max_question_chars=int(data.get("max_question_chars", 2000)),
        action_timeout_s=float(data.get("action_timeout_s", 8)),
        collections=collections,
        archived_folders=tuple(data.get("archived_folders") or ()),
    )
