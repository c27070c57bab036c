"""How a clip was made, in a JSON file beside it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import Any

from .deliveries import of_clip
from .media import Image, Video
from .poster import data_address
from .record import JobRecord
from .version import own_version


def write_sidecar(video: Video, recipe: dict[str, Any]) -> None:
    """Put a recipe beside its clip, at once or not at all."""
    part = video.path.with_suffix(".json.part")
    text = json.dumps(recipe, indent=1, ensure_ascii=False) + "\n"
    try:
        # Half a surrogate pair, which a prompt may hold, stays readable JSON this way.
        part.write_bytes(text.encode("utf-8", "backslashreplace"))
        part.replace(video.sidecar)
    finally:
        with suppress(OSError):
            part.unlink()


def add_poster(video: Video, jpeg: bytes) -> None:
    """Put a poster that was made elsewhere into the sidecar, unless there is one already."""
    recipe = video.recipe
    if recipe and not recipe.get("poster"):
        write_sidecar(video, {**recipe, "poster": data_address(jpeg)})


def made_by() -> dict[str, Any]:
    """The head of every recipe."""
    return {"schema": 1, "made_by": f"veo-widgets {own_version()}"}


def recipe_of(record: JobRecord, video: Video, now: float) -> dict[str, Any]:
    """Everything that is needed to know how a clip came about, and to make it again."""
    return {
        **made_by(),
        "job": record.id,
        "sample": video.sample,
        "provider": record.provider,
        "surface": record.surface,
        "operation": record.operation,
        "model": record.model,
        "request": {name: _plain(value) for name, value in record.request.said().items()},
        "cost": record.cost.to_json(),
        "created_at": _iso(record.created_at),
        "submitted_at": _iso(record.submitted_at),
        "finished_at": _iso(record.finished_at),
        "saved_at": _iso(now),
        "file": facts(video),
        **({"differences": list(differing)} if (differing := of_clip(record, video)) else {}),
    }


def facts(video: Video) -> dict[str, Any]:
    """What is known of a clip's file."""
    return {key: value for key, value in video.to_json().items() if key not in {"path", "job_id", "sample"}}


def _plain(value: Any) -> Any:
    if isinstance(value, Image):
        return {
            "name": value.name,
            "mime": value.mime,
            "sha256": value.sha256,
            **({"uri": value.address} if value.uri else {}),
        }
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at).astimezone().isoformat(timespec="milliseconds")
