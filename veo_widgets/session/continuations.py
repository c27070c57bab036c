"""Requests that name a job where a clip is meant: its clip, at the place where it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client.plan import following
from ..domain.params import ALIASES, BY_NAME
from .job import Job


def continued(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a request with clips in the place of jobs.

    The clip that is to be extended or changed brings its job's provider and model along, unless others are said.

    Args:
        values: as `submit` takes them; ``sample`` chooses one of a job's clips.

    Raises:
        InvalidRequestError: a job has no such clip.
    """
    found = dict(values)
    for name, value in values.items():
        known = BY_NAME.get(ALIASES.get(name, name))
        if known is None or known.kind not in {"video", "videos"}:
            continue
        if isinstance(value, Job) and known.kind == "video":
            del found[name]
            found = following(value.record, known.name, found)
        elif known.kind == "videos":
            items = value if isinstance(value, list | tuple) else [value]
            found[name] = [clip for item in items for clip in _clip_paths(item)]
    return found


def _clip_paths(item: Any) -> list[Any]:
    """The first clip of a job; anything else is a clip by itself."""
    if not isinstance(item, Job):
        return [item]
    # Refused in words where there is none.
    following(item.record, "extend_from", {})
    return [item.videos[0].fetch()]
