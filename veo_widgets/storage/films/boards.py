"""The files in which the boards of films are kept, beside the ledger: one a film, by its name."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ...domain.errors import VeoError
from ...domain.paths import written_whole
from ...domain.safe_json import read_json
from ..clips import library

# Images may be in it.
_MOST_BYTES = 256 << 20


def file_of(home: Path, name: str) -> Path:
    """Where the board of a film is kept."""
    # Two names may have the same slug.
    return home / "films" / f"{library.slug(name)}_{hashlib.sha256(name.encode()).hexdigest()[:8]}.json"


def read(path: Path) -> dict[str, Any] | None:
    """What is kept; None if there is nothing that can be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        found = read_json(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write(path: Path, board: dict[str, Any]) -> None:
    """Keep a board; what was kept before is there until this is whole.

    Raises:
        VeoError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as part, part.open("w", encoding="utf-8") as file:
            json.dump(board, file)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        why = error.strerror or error
        raise VeoError(f"The film's board could not be kept in {str(path)!r}: {why}. Nothing was changed.") from error
