"""What lies in a folder of clips once nothing more is written there."""

from __future__ import annotations

import json
import time
from pathlib import Path

_SECONDS = 600


def files_in(folder: Path) -> list[Path]:
    """By name, as soon as every recipe holds the digest of its clip, which is put there after the clip can be played.

    Until then a part file of a recipe may come and go.
    """
    end = time.monotonic() + _SECONDS
    while not all(map(_is_complete, recipes := list(folder.glob("*.json")))):
        assert time.monotonic() < end, f"no digest in {[path.name for path in recipes]}"
        time.sleep(0.01)
    return sorted(folder.iterdir()) if folder.exists() else []


def suffixes_in(folder: Path) -> list[str]:
    """Their kinds, in order."""
    return sorted(path.suffix for path in files_in(folder))


def _is_complete(recipe: Path) -> bool:
    return bool(json.loads(recipe.read_bytes()).get("file", {}).get("sha256"))
