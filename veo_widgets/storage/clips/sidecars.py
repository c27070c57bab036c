"""How a clip was made, in a JSON file beside it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from ...domain.job_record import JobRecord
from ...domain.media import Image, Video
from ...domain.version import own_version
from .poster import data_address

# A poster comes from the browser at the moment in which the digest is reckoned.
_CHANGING = threading.Lock()


def write_sidecar(video: Video, recipe: dict[str, Any]) -> None:
    """Put a recipe beside its clip, at once or not at all."""
    # A reader never sees half a recipe, and a crash leaves the one before.
    part = video.path.with_suffix(".json.part")
    try:
        part.write_bytes(written(recipe))
        part.replace(video.sidecar)
    finally:
        with suppress(OSError):
            part.unlink()


def written(recipe: Mapping[str, Any]) -> bytes:
    """A recipe as it stands in its file."""
    text = json.dumps(recipe, indent=1, ensure_ascii=False) + "\n"
    # Half a surrogate pair, which a prompt may hold, stays readable JSON this way.
    return text.encode("utf-8", "backslashreplace")


def add(video: Video, told: Mapping[str, Any]) -> None:
    """Put into a sidecar what was found out once its clip was there."""
    with _CHANGING:
        write_sidecar(video, {**video.recipe, **told})


def add_poster(video: Video, jpeg: bytes) -> None:
    """Put a poster that was made elsewhere into the sidecar, unless there is one already."""
    with _CHANGING:
        recipe = video.recipe
        # A clip without a recipe is not ours, and no file is put beside it.
        if recipe and not recipe.get("poster"):
            write_sidecar(video, {**recipe, "poster": data_address(jpeg)})


def add_digest(video: Video) -> None:
    """Put the clip's digest into the sidecar, unless it is there already or still unknown."""
    with _CHANGING:
        recipe = video.recipe
        file = recipe.get("file")
        if video.digest and isinstance(file, dict) and not file.get("sha256"):
            write_sidecar(video, {**recipe, "file": {**file, "sha256": video.digest}})


def made_by() -> dict[str, Any]:
    """The head of every recipe."""
    return {"schema": 1, "made_by": f"veo-widgets {own_version()}"}


def recipe_of(record: JobRecord, video: Video, now: float) -> dict[str, Any]:
    """Everything needed to know how a clip was made, and to make it again."""
    return {
        **made_by(),
        "job": record.id,
        "sample": video.sample,
        "provider": record.provider,
        "surface": record.surface,
        "operation": record.operation,
        "model": record.model,
        "request": request_of(record),
        "cost": record.cost.to_json(),
        "created_at": _iso_time(record.created_at),
        "submitted_at": _iso_time(record.submitted_at),
        "finished_at": _iso_time(record.finished_at),
        "saved_at": _iso_time(now),
        "file": facts(video),
    }


def request_of(record: JobRecord) -> dict[str, Any]:
    """What was asked for as recipes have it: images are named, and not in it."""
    return {name: _as_json(value) for name, value in record.request.said().items()}


def facts(video: Video) -> dict[str, Any]:
    """What is known of a clip's file."""
    # The path is left out: clip and sidecar may be moved together.
    left_out = {"path", "uri", "job_id", "sample", "modified"} | (set() if video.digest else {"sha256"})
    return {key: value for key, value in video.to_json().items() if key not in left_out}


def _as_json(value: Any) -> Any:
    if isinstance(value, Image):
        return {
            "name": value.name,
            "mime": value.mime,
            "sha256": value.sha256,
            **({"uri": value.address} if value.uri else {}),
        }
    return [_as_json(item) for item in value] if isinstance(value, tuple) else value


def _iso_time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at).astimezone().isoformat(timespec="milliseconds")
