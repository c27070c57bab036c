"""Paths as people write them, on machines where not every folder may be looked into."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from .errors import ConfigError

# Paths as they were said, and what they were found to mean.
_fixed: dict[str, Path] = {}


def expanded(said: str | PathLike[str]) -> Path:
    """A path with the home folder in the place of its ``~``.

    Raises:
        ConfigError: there is no such home folder: not every user has one.
    """
    try:
        return Path(said).expanduser()
    except RuntimeError:
        raise ConfigError(f"{str(said)!r} begins with a home folder, and there is none. Give the whole path.") from None


def absolute(said: str | PathLike[str], name: str = "") -> Path:
    """The whole path that is meant, wherever the program goes from here.

    Args:
        said: as people write it.
        name: the setting that it is of.

    Raises:
        ConfigError: it begins with a home folder or a working folder that is not there.
    """
    try:
        return expanded(said).absolute()
    except (ConfigError, OSError) as error:
        why = str(error) if isinstance(error, ConfigError) else "The working folder is gone. Give the whole path."
        raise ConfigError(f"{name}: {why}" if name else why) from None


def fixed(said: str, name: str) -> Path:
    """The path that a setting names, absolute.

    A relative one is meant from the folder in which it is first read: going to another must not begin another ledger,
    with a budget of its own.

    Raises:
        ConfigError: as `absolute` does.
    """
    if said not in _fixed:
        _fixed[said] = absolute(said, name)
    return _fixed[said]


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
