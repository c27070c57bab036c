"""The path of a file below the Jupyter server's root, by which the browser can fetch it directly."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def server_root(pid: str) -> Path | None:
    """The root folder of the Jupyter server with process id `pid`, from its own note in the runtime folder."""
    try:
        # Not a dependency: it is there wherever a Jupyter server is.
        from jupyter_core.paths import jupyter_runtime_dir

        note = json.loads((Path(jupyter_runtime_dir()) / f"jpserver-{pid}.json").read_text("utf-8"))
        return Path(note["root_dir"]).resolve(strict=True)
    except (ImportError, OSError, ValueError, KeyError, TypeError):
        return None


def files_path(path: Path, environ: Mapping[str, str] = os.environ) -> str | None:
    """The path below the server's ``/files/``, with forward slashes, or None if the server cannot serve the file.

    Jupyter Server names itself in ``JPY_PARENT_PID`` to the kernels it starts. It serves nothing in hidden folders.
    """
    pid = environ.get("JPY_PARENT_PID", "")
    # The number becomes part of a file's name.
    root = server_root(pid) if pid.isdigit() else None
    if root is None:
        return None
    try:
        relative = path.resolve().relative_to(root)
    except (OSError, ValueError):
        return None
    if any(part.startswith(".") for part in relative.parts):
        return None
    return relative.as_posix()
