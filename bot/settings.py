"""Settings: `guide.yml`, overridden by environment variables, as one frozen value.

The file is looked for at `GUIDE_SETTINGS`, else in the working directory and the folders above it, else beside
the installed packages (a checkout installed in place).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot.errors import QueryError, SettingsError
from bot.types import Cloud, Clouds

FILE_NAME = "guide.yml"
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Collection:
    """What holds for all articles under one first folder."""

    clouds: Clouds = frozenset()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class WidgetSettings:
    """What the web widget's channel allows. Rates are counts in any 60 seconds; the address is the client's."""

    origins: tuple[str, ...] = ()  # pages that may embed it: scheme://host or scheme://host:port, exactly
    proxies: int = 0  # reverse proxies in front that append to X-Forwarded-For; 0: the header is not believed
    max_body: int = 64 * 1024  # bytes
    conversation_hours: float = 24.0  # what a token and all that was said live for
    messages_per_minute: int = 20  # of one conversation
    address_messages_per_minute: int = 60
    address_sessions_per_minute: int = 10
    address_requests_per_minute: int = 600  # of every kind, refused ones included


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
    known_questions: tuple[Path, ...] = ()  # files of questions and the sections that answer them
    state: Path = Path("state")  # what the server writes: the widget's conversations, feedback, its secret
    request_timeout_s: float = 10.0  # for a client to send its whole request
    widget: WidgetSettings = field(default_factory=WidgetSettings)

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
    if isinstance(widget := data.get("widget") or {}, dict):
        named = {f.name: f"GUIDE_WIDGET_{f.name.upper()}" for f in fields(WidgetSettings)}
        data["widget"] = widget | {name: environ[key] for name, key in named.items() if key in environ}
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
        known_questions=tuple((folder / name).resolve() for name in _listed(data.get("known_questions"))),
        state=(folder / str(data.get("state", "state"))).resolve(),
        request_timeout_s=float(data.get("request_timeout_s", 10)),
        widget=_widget(data.get("widget") or {}),
    )


def _widget(data: dict[str, Any]) -> WidgetSettings:
    """The widget's settings."""
    kinds = {f.name: type(f.default) for f in fields(WidgetSettings) if f.name != "origins"}
    if unknown := sorted(set(data) - set(kinds) - {"origins"}):
        raise ValueError(f"unknown setting widget.{unknown[0]}. Known: {', '.join(sorted({*kinds, 'origins'}))}.")
    values = {name: kinds[name](value) for name, value in data.items() if name != "origins"}
    if negative := next((name for name, value in values.items() if value < 0), None):
        raise ValueError(f"widget.{negative} must not be negative.")
    return WidgetSettings(origins=tuple(_origin(entry) for entry in _listed(data.get("origins"))), **values)


def _listed(value: Any) -> list[str]:
    """A list's entries; it may come from the environment as one text with commas between them."""
    entries = value.split(",") if isinstance(value, str) else value or ()
    return [entry for entry in (str(entry).strip() for entry in entries) if entry]


def _origin(text: str) -> str:
    """An origin as browsers write it: lower case, without the scheme's own port."""
    origin = text.strip().lower()
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(f"widget.origins holds {text!r}; an origin is scheme://host or scheme://host:port, no more.")
    return origin.removesuffix(":80" if origin.startswith("http:") else ":443")
