"""``[tool.veo_widgets]`` in the nearest ``pyproject.toml``: settings that a project shares, and never a key."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..domain.buckets import is_address
from ..domain.catalog import EntryError, Model, own_models_in
from ..domain.errors import ConfigError, nearest
from ..domain.paths import expanded, is_there

# What may stand there, and the variable of the environment that it stands for.
VARIABLES = {
    "provider": "VEO_PROVIDER",
    "model": "VEO_MODEL",
    "folder": "VEO_FOLDER",
    "requests_per_minute": "VEO_REQUESTS_PER_MINUTE",
    "project": "GOOGLE_CLOUD_PROJECT",
    "location": "GOOGLE_CLOUD_LOCATION",
    "price": "VEO_PRICE",
    "budget_project": "VEO_PROJECT",
}
_NAMES = (*VARIABLES, "models")
_KEY = re.compile(r"key|token|secret|password|credential", re.IGNORECASE)
_ADDRESS = re.compile(r"url|address|endpoint", re.IGNORECASE)
_MOST_BYTES = 1 << 20


def project_file(folder: Path) -> Path | None:
    """The nearest ``pyproject.toml`` from a folder up to the root of its repository.

    Args:
        folder: absolute.
    """
    for place in (folder, *folder.parents):
        if is_there(place / "pyproject.toml", Path.is_file):
            return place / "pyproject.toml"
        if is_there(place / ".git"):
            return None
    return None


def read_project_file(path: Path) -> dict[str, str]:
    """The settings of a ``pyproject.toml``, under the names that the environment has for them.

    Raises:
        ConfigError: a key or an address is in it, or what is no setting.
    """
    found: dict[str, str] = {}
    for name, value in _section(path).items():
        if name == "models":
            continue
        _check(name, value, path)
        text = str(value)
        if name == "folder" and is_address(text):
            raise ConfigError(
                f"{path}, [tool.veo_widgets]: folder is an address, and a file that came with a project must not say "
                "which bucket your clips go to. Set VEO_FOLDER, or call veo.configure(folder=…)."
            )
        # A folder is meant from where the file lies, wherever the kernel has gone.
        found[VARIABLES[name]] = str(path.parent / expanded(text)) if name == "folder" else text
    return found


def project_models(path: Path) -> tuple[Model, ...]:
    """The models of one's own that a ``pyproject.toml`` describes as ``[[tool.veo_widgets.models]]``.

    Raises:
        ConfigError: a field of one is wrong.
    """
    try:
        return own_models_in(_section(path).get("models", []), str(path))
    except EntryError as error:
        raise ConfigError(str(error)) from None


def _section(path: Path) -> dict[str, Any]:
    try:
        found = path.stat()
        return _read(path, (found.st_ino, found.st_size, found.st_mtime_ns))
    except OSError:
        return {}


@lru_cache(maxsize=8)
def _read(path: Path, _state: tuple[int, int, int]) -> dict[str, Any]:
    """The section of a file as it is now: it is asked for at every poll, and parsing takes longer than a poll."""
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES).decode("utf-8-sig", "replace")
    if "veo_widgets" not in text:
        return {}
    import tomllib

    try:
        section = tomllib.loads(text).get("tool", {}).get("veo_widgets", {})
    except (tomllib.TOMLDecodeError, AttributeError):
        raise ConfigError(f"{path}: it is not TOML that can be read; mend it, or set VEO_PYPROJECT=0.") from None
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: tool.veo_widgets is not a table; write [tool.veo_widgets] on a line of its own.")
    return section


def _check(name: str, value: object, path: Path) -> None:
    where = f"{path}, [tool.veo_widgets]"
    if _KEY.search(name):
        raise ConfigError(
            f"{where}: {name} looks like a key, which has no place in a file that others read. Take it out, "
            "consider it known, and set the new one in the environment or by veo.login(…)."
        )
    if _ADDRESS.search(name):
        raise ConfigError(
            f"{where}: {name} is an address; a file that came with a project must not say where your key is sent. "
            "Set it in the environment or by veo.configure(base_url=…)."
        )
    if name not in VARIABLES:
        raise ConfigError(f"{where}: {name} is not one of {', '.join(_NAMES)}.{nearest(name, _NAMES)}")
    is_kind = isinstance(value, str | int | float) and not isinstance(value, bool)
    if not is_kind or (isinstance(value, str) and not value.strip()):
        raise ConfigError(f"{where}: {name} has a value that is neither text nor a number.")
