"""Paths as people write them, on machines where some folders may not be read."""

from __future__ import annotations

import errno
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from urllib.parse import urlsplit

from .errors import ConfigError, InvalidRequestError

# Errors of a disk that is full, or full for this user.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
# Two letters at least: a drive of Windows has one. A `Path` makes one slash of two.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", re.DOTALL)

# Paths as they were said, and what they were found to mean.
# For the life of the process, since `os.chdir` may be called between two reads of a setting.
_fixed: dict[str, Path] = {}


def address_parts(said: object) -> tuple[str, str] | None:
    """The scheme of an address such as ``s3://bucket/clips`` and what follows it; None of a path, and of ``file://``."""
    found = _ADDRESS.match(str(said))
    return None if found is None or found[1].lower() in {"file", "local"} else (found[1].lower(), found[2].strip("/"))


def local_path(said: str | PathLike[str]) -> str | PathLike[str]:
    """The path in a ``file://`` address; anything else as it is."""
    named = str(said)
    if not named.lower().startswith("file://"):
        return said
    # Loads an HTTP client, for which a first cell would wait.
    from urllib.request import url2pathname

    return url2pathname(urlsplit(named).path)


def expanded(said: str | PathLike[str]) -> Path:
    """A path with the home folder in the place of its ``~``; also of a ``file://`` address.

    Raises:
        ConfigError: there is no such home folder: not every user has one.
        InvalidRequestError: it is the address of a bucket.
    """
    if parts := address_parts(said):
        shown = f"{parts[0]}://{parts[1].partition('?')[0].rpartition('@')[2]}"
        raise InvalidRequestError(
            f"path: {shown!r} is in a bucket, and only a path of this machine can be used here. Clips are put into a "
            "bucket by veo.configure(folder=…) or output=….",
            parameter="path",
            value=shown,
        )
    try:
        return Path(local_path(said)).expanduser()
    # What pathlib raises for a user that the system does not know, as in some containers.
    except RuntimeError:
        raise ConfigError(f"{str(said)!r} starts with a home folder that does not exist. Give the full path.") from None


def absolute(said: str | PathLike[str], name: str = "") -> Path:
    """The absolute path, which stays the same if the program changes its folder.

    Args:
        said: as people write it.
        name: the setting that it is of.

    Raises:
        ConfigError: it begins with a home folder or a working folder that is not there.
    """
    try:
        return expanded(said).absolute()
    except (ConfigError, OSError) as error:
        why = str(error) if isinstance(error, ConfigError) else "The working folder is gone. Give the full path."
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


@contextmanager
def written_whole(path: Path, ending: str = "") -> Iterator[Path]:
    """A file to be written in this block, which takes the place of `path` when it is whole.

    What was there stays until then, and nothing is left of a file that was not finished. Two programs may write at
    once.

    Args:
        path: the file that is meant; its folder is there.
        ending: what the file's name ends in meanwhile, where a library goes by that.

    Raises:
        OSError: the disk refused.
    """
    part = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part{ending}")
    try:
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()
