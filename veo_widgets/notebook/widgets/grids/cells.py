"""The cells of a grid as the JSON that the browser draws them from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....client.job_route import model_of
from ....client.live_jobs import Sighting
from ....client.plan import Plan
from ....domain.job_record import JobRecord
from ....domain.media import Image, Video
from ....domain.params import BY_NAME
from ....domain.request import value_text
from .. import job_state
from ..player import described

# The clip that a request continues is named by an id of the service, which says nothing to people.
_LEFT_OUT = {"prompt", "extra", "extend_from", "edit_from", "remix_from", "upscale_from", "storage_uri"}
# What reads by itself, without its parameter's name.
_PLAIN = {"prompt", "model", "resolution", "aspect_ratio"}
_MARKS = {"star": ("★ starred",), "reject": ("rejected",)}
_EXTRA = "extra."
_NAMES = ("prompt", "model", *(name for name in BY_NAME if name not in _LEFT_OUT))


@dataclass
class Cell:
    """A place in the grid: a draft that was not sent, one clip of a job, or a clip alone.

    Attributes:
        made_from: the number of the cell whose clip is made again here.
        take: which run of its notebook's cell it belongs to; 0 where only one is known.
    """

    plan: Plan | None = None
    job_id: str = ""
    sample: int = 0
    video: Video | None = None
    made_from: int | None = None
    take: int = 0


def clip_of(cell: Cell, seen: Mapping[str, Sighting]) -> Video | None:
    """The clip of a cell, once there is one."""
    if cell.job_id not in seen:
        return cell.video
    return next((video for video in seen[cell.job_id].record.videos if video.sample == cell.sample), None)


def columns(cells: Sequence[Cell], seen: Mapping[str, Sighting]) -> list[dict[str, str]]:
    """The parameters in which the cells differ, each with its label."""
    said = [request(cell, seen) for cell in cells]
    # By their text, since lists cannot go into a set.
    extras = dict.fromkeys(name for values in said for name in values if name.startswith(_EXTRA))
    differing = [name for name in (*_NAMES, *extras) if len({repr(values.get(name)) for values in said}) > 1]
    return [{"name": name, "label": _label(name)} for name in differing]


def _label(name: str) -> str:
    if name.startswith(_EXTRA):
        return name.removeprefix(_EXTRA)
    return BY_NAME[name].label if name in BY_NAME else "Model"


def request(cell: Cell, seen: Mapping[str, Sighting]) -> dict[str, Any]:
    """What a cell was asked for with, defaults included, as plain values by name."""
    if cell.plan is not None:
        return _plain_values(cell.plan.full.said())
    if cell.job_id in seen:
        record = seen[cell.job_id].record
        return _plain_values(_completed_request(record).said())
    recipe = cell.video.recipe if cell.video else {}
    return _plain_values(job_state.asked_for(recipe))


def _completed_request(record: JobRecord) -> Any:
    model = model_of(record)
    return record.request.completed(model) if model else record.request


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    extra = values.get("extra")
    extras = (
        {f"{_EXTRA}{name}": value_text(value) for name, value in extra.items()} if isinstance(extra, Mapping) else {}
    )
    return {name: _plain_value(value) for name, value in values.items() if name in _NAMES} | extras


def _plain_value(value: Any) -> Any:
    """A value that can be compared and shown."""
    if isinstance(value, Image):
        return value.name
    if isinstance(value, Mapping):
        return value.get("name", "")
    if isinstance(value, list | tuple):
        return ", ".join(str(_plain_value(item)) for item in value)
    if isinstance(value, bool):
        return "on" if value else "off"
    return int(value) if isinstance(value, float) and value.is_integer() else value


def describe(number: int, cell: Cell, seen: Mapping[str, Sighting], shown: Sequence[str]) -> dict[str, Any]:
    """A cell without its clip: that is sent once, this at every change.

    Args:
        number: what the browser calls it.
        cell: the cell.
        seen: the jobs.
        shown: the names of the parameters in which cells differ.
    """
    values = {name: value for name, value in request(cell, seen).items() if name in shown}
    sighting = seen.get(cell.job_id)
    width, height = _picture_size(cell, sighting)
    return {
        "sample": number,
        "values": values,
        "width": width,
        "height": height,
        "planned": job_state.price(cell.plan.cost, cell.plan.provider.name) if cell.plan else None,
        "job": job_state.progress(sighting, time.time()) if sighting else None,
        "made_from": cell.made_from,
        "take": cell.take,
    }


def title(number: int, values: Mapping[str, Any], labels: Mapping[str, str], mark: str) -> str:
    """A cell's name for readers without a kernel."""
    words = [str(value) if name in _PLAIN else f"{labels.get(name, name)} {value}" for name, value in values.items()]
    return " · ".join([*_MARKS.get(mark, ()), *(words or [f"Clip {number + 1}"])])


def _picture_size(cell: Cell, seen: Sighting | None) -> tuple[int, int]:
    if cell.plan is not None:
        return cell.plan.full.picture_size(cell.plan.model)
    if seen is not None:
        model = model_of(seen.record)
        return seen.record.request.picture_size(model) if model else (1280, 720)
    return (cell.video.width or 1280, cell.video.height or 720) if cell.video else (1280, 720)


def render(plan: Plan, record: JobRecord) -> dict[str, Any]:
    """The offer to make a job's clip again: price, lines, and the length in seconds if that has to change."""
    length = plan.full.duration_seconds
    return {
        **job_state.price(plan.cost, record.provider),
        "resolution": plan.full.resolution,
        "seconds": length if length != _completed_request(record).duration_seconds else None,
    }


def clip(
    number: int, video: Video, record: JobRecord | None, extras: Callable[[JobRecord], Mapping[str, Any]]
) -> dict[str, Any]:
    """A cell's clip, and what can be made from it if its job is known."""
    return {**described(video), "sample": number, **(extras(record) if record else {})}
