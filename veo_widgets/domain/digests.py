"""Digests of files as they were when they were saved."""

from __future__ import annotations

import hashlib
import os
import threading
from functools import lru_cache
from pathlib import Path

# Whoever asks for what somebody reckons already waits for that.
_ONE_AT_A_TIME = threading.Lock()


class _ChangedError(OSError):
    """The file is not what it was."""


def digest_of(path: Path, size: int, modified: int) -> str:
    """SHA-256 of a file in hex; empty if it is gone, or is another one by now.

    Args:
        path: of the file.
        size: in bytes, as it was saved.
        modified: when it was last changed then, in nanoseconds since the epoch.
    """
    with _ONE_AT_A_TIME:
        try:
            return _digest_of(path, size, modified)
        except OSError:
            return ""


@lru_cache(maxsize=1024)
def _digest_of(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        _check_unchanged(file.fileno(), size, modified)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        # It may have been changed while it was read.
        _check_unchanged(file.fileno(), size, modified)
    return digest


def _check_unchanged(file: int, size: int, modified: int) -> None:
    state = os.fstat(file)
    if (state.st_size, state.st_mtime_ns) != (size, modified):
        raise _ChangedError
