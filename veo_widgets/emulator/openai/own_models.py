"""Creates for a model that somebody has described: what was described is held to, and everything else is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...domain.catalog import ExtraParam, Model, fault_of
from ..jobs.orders import Order
from ..refusals import Json
from ..rendering.scene import FPS
from .refusals import bad

_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")
_LINES = re.compile(r"(\d{3,4})[pP]")
_RATIO = re.compile(r"(\d{1,2}):(\d{1,2})")
_USUAL_SIZE = "1280x720"
_USUAL_SECONDS = 4.0
# What a server of one's own may be told instead of a number of seconds as a text.
_SECONDS = ("seconds", "duration", "duration_seconds")


def order(body: Json, base: Order, model: Model) -> Order:
    """The order of a create.

    Args:
        body: its fields; in a form all of them are texts.
        base: with the prompt.
        model: as it was described.

    Raises:
        RefusalError: the first field that is not as it was described.
    """
    for extra in model.extra:
        _check_extra(extra, body)
    size = _read_size(body, model)
    width, height = (int(side) for side in size.split("x"))
    return replace(
        base,
        # H.264 has no odd sides.
        resolution=f"{width - width % 2}x{height - height % 2}",
        aspect_ratio="16:9" if width >= height else "9:16",
        duration_seconds=_read_seconds(body, model),
        seed=_read_seed(body),
        negative_prompt=str(body.get("negative_prompt") or ""),
        fps=model.fps or FPS,
    )


def _check_extra(extra: ExtraParam, body: Json) -> None:
    said: Any = body
    for part in extra.name.split("."):
        said = said.get(part) if isinstance(said, Mapping) else None
    if said is None:
        return
    if fault := fault_of(extra, _typed(extra, said)):
        raise bad(extra.name, f"Invalid value for '{extra.name}': {fault}.")


def _typed(extra: ExtraParam, said: Any) -> Any:
    """A value of a form as what it stands for."""
    if not isinstance(said, str):
        return said
    if extra.kind == "boolean":
        return {"true": True, "false": False}.get(said.lower(), said)
    try:
        return {"integer": int, "number": float}.get(extra.kind, str)(said)
    except ValueError:
        return said


def _read_size(body: Json, model: Model) -> str:
    size = body.get("size")
    if size is None and {"width", "height"} <= set(body):
        size = f"{body['width']}x{body['height']}"
    if size is None:
        size = _size_of_shape(body, model)
    if not isinstance(size, str) or not _SIZE.fullmatch(size) or (model.sizes and size not in model.sizes):
        allowed = ", ".join(map(repr, model.sizes)) or "width x height"
        raise bad("size", f"Invalid value: {size!r}. Supported values are: {allowed}.")
    return size


def _size_of_shape(body: Json, model: Model) -> str:
    """The size of a resolution and a ratio, or what the model makes where nothing is said."""
    lines = body.get("resolution") or model.default_resolution
    ratio = body.get("aspect_ratio") or model.default_aspect_ratio
    if not lines and not ratio:
        return model.default_size or _USUAL_SIZE
    for name, value, allowed in (
        ("resolution", lines, model.resolutions),
        ("aspect_ratio", ratio, model.aspect_ratios),
    ):
        if value and allowed and value not in allowed:
            raise bad(name, f"Invalid value: {value!r}. Supported values are: {', '.join(map(repr, allowed))}.")
    found, shape = _LINES.fullmatch(str(lines or "720p")), _RATIO.fullmatch(str(ratio or "16:9"))
    short = int(found[1]) if found else 2160 if lines == "4k" else 720
    across, down = (int(shape[1]), int(shape[2])) if shape else (16, 9)
    long = round(short * max(across, down) / min(across, down))
    return f"{long}x{short}" if across >= down else f"{short}x{long}"


def _read_seconds(body: Json, model: Model) -> float:
    said = next((body[name] for name in _SECONDS if body.get(name) is not None), None)
    if said is None:
        return float(model.default_duration_s or _USUAL_SECONDS)
    try:
        seconds = float(said)
    except (TypeError, ValueError):
        raise bad("seconds", f"Invalid value: {said!r}.") from None
    values = model.durations_s
    inside = values and model.durations_continuous and values[0] <= seconds <= values[-1]
    if not 0 < seconds <= 600 or (values and seconds not in values and not inside):
        allowed = ", ".join(f"'{one:g}'" for one in values) or "up to 600"
        raise bad("seconds", f"Invalid value: {said!r}. Supported values are: {allowed}.")
    return seconds


def _read_seed(body: Json) -> int | None:
    said = body.get("seed")
    try:
        return None if said is None else int(str(said))
    except ValueError:
        raise bad("seed", f"Invalid value: {said!r}.") from None
