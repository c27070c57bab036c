"""Paths as people write them, on machines where not every folder may be looked into."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from .errors import ConfigError


def expanded(said: str | PathLike[str]) -> Path:
    """A path with the home folder in the place of its ``~``.

    Raises:
        ConfigError: there is no such home folder: not every user has one.
    """
    try:
        return Path(said).expanduser()
    except RuntimeError:
        raise ConfigError(f"{str(said)!r} begins with a home folder, and there is none. Give the whole path.") from None


def is_there(path: Path, kind: Callable[[Path], bool] = Path.exists) -> bool:
    """Whether there is such a path; a folder that may not be looked into has none, where pathlib raises.

    Args:
        path: any.
        kind: `Path.exists`, `Path.is_file` or `Path.is_dir`.
    """
    try:
        return kind(path)
    except OSError:
        return False
