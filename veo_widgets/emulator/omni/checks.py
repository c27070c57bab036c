"""Reads the body of an interaction and refuses what the real service refuses (wire reference 3.2 and 3.5)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ...domain.catalog import AGENT_PLATFORM, Model
from ..jobs import sequels
from ..jobs.operations import Operations
from ..jobs.orders import INTERACTIONS, Order
from ..jobs.sequels import Original
from ..refusals import Json, invalid, not_found, unknown_field, unsupported
from . import media
from .media import Given

# The Interactions API's names for what a request is; without one it follows from the media.
_TASKS = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale")
_SEQUELS = ("edit", "extend", "upscale")
_TOP_LEVEL = {
    "model", "input", "background", "store", "previous_interaction_id", "generation_config", "response_format",
    "response_modalities", "service_tier", "stream", "webhook_config", "tools", "system_instruction",
}  # fmt: skip
_CONFIG = {"video_config", "seed", "thinking_level", "thinking_summaries", "temperature", "top_p"}
_FORMAT = {"type", "aspect_ratio", "duration", "resolution", "delivery", "gcs_uri"}
_CHOICES = {
    "service_tier": ("flex", "standard", "priority", "deferred"),
    "thinking_level": ("low", "high"),
    "delivery": ("inline", "uri"),
}
# An unsigned 32-bit number, as for Veo.
_SEED_LIMIT = 2**32 - 1
# The catalog has no field for these two, which are the same for every model that has them.
_DEVELOPER_EDIT_SECONDS = 10
_UPSCALE_SECONDS = 15
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
# Stored interactions are kept for 55 days on a paid account.
_LIFETIME_SECONDS = 55 * 24 * 3600
# Ids of interactions begin so, those of operations do not: neither can be taken for the other.
_ID_PREFIX = "v1_"


def operation_id(public: str) -> str:
    """The operation's own id in the id of an interaction."""
    return public.removeprefix(_ID_PREFIX)


def public_id(operation_id: str) -> str:
    """The id of an interaction as the client sees it."""
    return _ID_PREFIX + operation_id


def order(body: Json, model: Model, parent: str, operations: Operations) -> Order:
    """Check everything about a create and turn it into an order; `parent` is what the names of interactions begin with.

    Raises:
        RefusalError: the first thing found wrong.
    """
    config, wanted = _check_fields(body, model)
    task = _read_task(config, model)
    previous = _find_previous(body, parent, operations)
    given = media.given(body, model, task, operations, continues=previous is not None)
    media.check_limits(given, model)
    # A video in the input is what the request is about, even if it names an earlier interaction.
    source = given.source or previous
    mode = task or _infer_mode(given, source)
    _check_mode(mode, given, source, model)
    # Only a sequel takes its size from the source; a reference does not shape the clip.
    base = _new_order(body, config, wanted, model, given, source if mode in _SEQUELS else None)
    dressed = _with_media(base, given, operations)
    return _as_sequel(mode, dressed, source, model, operations) if source and mode in _SEQUELS else dressed


def _check_fields(body: Json, model: Model) -> tuple[Json, Json]:
    # Labels are the Agent Platform's way to split a bill; the Developer API has none.
    _refuse_unknown(body, "", _TOP_LEVEL | ({"labels"} if model.surface == AGENT_PLATFORM else set()))
    if "input" not in body:
        raise invalid("`input` is required.")
    # An unstored interaction could never be asked for, and the client would wait forever.
    if _read_flag(body, "background", default=False) and not _read_flag(body, "store", default=True):
        raise invalid("`background` needs `store`: a background interaction cannot be left unstored.")
    if "system_instruction" in body and model.id.startswith("gemini-omni-1.2"):
        raise unsupported("system_instruction")
    config = _read_object(body, "generation_config")
    if "candidate_count" in config:
        raise unsupported("candidate_count")
    _refuse_unknown(config, "generation_config", _CONFIG)
    wanted = _read_object(body, "response_format")
    if wanted and wanted.get("type") != "video":
        raise invalid(f"`response_format.type` {wanted.get('type')!r} is not supported by this model; use video.")
    _refuse_unknown(wanted, "response_format", _FORMAT)
    for fields in (body, config, wanted):
        for name in fields.keys() & _CHOICES.keys():
            _read_choice(fields, name, _CHOICES[name], "")
    return config, wanted


def _refuse_unknown(fields: Json, place: str, allowed: set[str]) -> None:
    for name in fields:
        if name not in allowed:
            raise unknown_field(name, place)


def _read_object(body: Json, name: str) -> Json:
    value = body.get(name) or {}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{name}': expected an object.")
    return value


def _read_flag(body: Json, name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise invalid(f"Invalid value at '{name}' (TYPE_BOOL), {value!r}")
    return value


def runs_in_background(body: Json) -> bool:
    """Whether the create is to be answered before the video is made."""
    return _read_flag(body, "background", default=False)


def is_streamed(body: Json) -> bool:
    """Whether the create is to be answered with events."""
    return _read_flag(body, "stream", default=False)


def _read_choice(fields: Json, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = fields.get(name, default)
    if value not in allowed:
        raise invalid(f"`{name}` {value!r} is not supported by this model; supported values: {', '.join(allowed)}.")
    return str(value)


def _read_task(config: Json, model: Model) -> str:
    video = _read_object(config, "video_config")
    _refuse_unknown(video, "generation_config.video_config", {"task"})
    task = str(video.get("task", ""))
    if task and task not in _TASKS:
        raise invalid(f"`task` {task!r} is unknown; supported values: {', '.join(_TASKS)}.")
    # Which models can is in the catalog, as a rule for upscales and as an `extension`.
    if (task == "upscale" and not _upscale_targets(model)) or (task == "extend" and model.extension is None):
        raise invalid(f"The task {task} isn't supported by this model.")
    return task


def _upscale_targets(model: Model) -> dict[str, list[str]]:
    rules = [rule["then"] for rule in model.constraints if rule["if"].get("mode") == "upscale"]
    return dict(rules[0]["source_to_target"]) if rules else {}


def _find_previous(body: Json, parent: str, operations: Operations) -> Original | None:
    name = body.get("previous_interaction_id")
    if name is None:
        return None
    operation = operations.get(operation_id(str(name)))
    # Another project's and an unstored one are told alike, as the service does not say which exist.
    if operation is None or operation.name != f"{parent}/{operation.id}" or not operation.order.stored:
        raise not_found(f"The interaction {name}")
    return sequels.result_of(operation, operations, f"The interaction {name}")


def kept(created: float, now: float) -> bool:
    """Whether an interaction of that age can still be asked for."""
    return now <= created + _LIFETIME_SECONDS


def _infer_mode(given: Given, source: Original | None) -> str:
    # With a video and no task the service edits; to extend or to upscale has to be asked for.
    if source is not None:
        return "edit"
    if given.first is not None or given.last is not None:
        return "image_to_video"
    return "reference_to_video" if given.references or given.reference_videos else "text_to_video"


def _check_mode(mode: str, given: Given, source: Original | None, model: Model) -> None:
    if mode in _SEQUELS and source is None:
        raise invalid(f"The task {mode} needs a video: an earlier interaction or one in the input.")
    if mode == "image_to_video" and given.first is None and given.last is None:
        raise invalid("The task image_to_video needs an image.")
    if mode == "reference_to_video" and not (given.references or given.reference_videos):
        raise invalid("The task reference_to_video needs a reference image or video.")
    if mode == "extend" and (given.pictures or given.reference_videos):
        raise invalid("The task extend takes no images and no reference videos.")
    if mode == "edit" and source is not None:
        _check_edit(source, model)


def _check_edit(source: Original, model: Model) -> None:
    limits = [rule["then"]["source_video_s"] for rule in model.constraints if "source_video_s" in rule["then"]]
    low, high = limits[0] if limits else (0, _DEVELOPER_EDIT_SECONDS)
    # No limit is known for the Agent Platform's models that extend, whose own results are longer than that.
    unlimited = not limits and model.surface == AGENT_PLATFORM and model.extension is not None
    if not unlimited and not low <= source.probe.seconds <= high:
        raise invalid(f"A video to edit must be {low} to {high} s long; it has {source.probe.seconds:g} s.")


def _new_order(body: Json, config: Json, wanted: Json, model: Model, given: Given, source: Original | None) -> Order:
    by_uri = _read_choice(wanted, "delivery", _CHOICES["delivery"], "inline") == "uri"
    default = source.resolution if source and source.resolution in model.resolutions else model.default_resolution
    ratio = _read_choice(wanted, "aspect_ratio", model.aspect_ratios, model.default_aspect_ratio)
    return Order(
        surface=model.surface,
        model=model.id,
        prompt=given.text,
        resolution=_read_choice(wanted, "resolution", model.resolutions, default),
        # An edit keeps the shape it finds, unless another one is asked for.
        aspect_ratio=source.aspect_ratio if source and "aspect_ratio" not in wanted else ratio,
        duration_seconds=_read_duration(wanted, model),
        seed=_read_seed(config, model),
        storage_uri=_storage_uri(wanted, model, by_uri=by_uri),
        directions=given.directions,
        wire=INTERACTIONS,
        parent=str(body.get("previous_interaction_id", "")),
        by_uri=by_uri,
        stored=_read_flag(body, "store", default=True),
    )


def _read_duration(wanted: Json, model: Model) -> float:
    if "duration" not in wanted:
        return model.default_duration_s
    found = _DURATION.fullmatch(wanted["duration"]) if isinstance(wanted["duration"], str) else None
    low, high = min(model.durations_s), max(model.durations_s)
    if found is None:
        raise invalid(f"`duration` {wanted['duration']!r} must be a text such as '8s'.")
    if not low <= float(found[1]) <= high:
        raise invalid(f"`duration` {wanted['duration']} is out of bound; use {low:g}s to {high:g}s.")
    return float(found[1])


def _read_seed(config: Json, model: Model) -> int | None:
    seed: Any = config.get("seed")
    if seed is None:
        return None
    if not model.seed:
        raise unsupported("seed")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= _SEED_LIMIT:
        raise invalid(f"`seed` {seed!r} must be a whole number from 0 to {_SEED_LIMIT}.")
    return seed


def _storage_uri(wanted: Json, model: Model, *, by_uri: bool) -> str:
    uri = str(wanted.get("gcs_uri", ""))
    # Only there are buckets; the Developer API has files of its own.
    if model.surface != AGENT_PLATFORM:
        if "gcs_uri" in wanted:
            raise unsupported("gcs_uri")
        return ""
    if by_uri and not (uri.startswith("gs://") and len(uri) > len("gs://")):
        raise invalid("`delivery` uri needs `gcs_uri`, a Cloud Storage location such as gs://bucket/folder/.")
    return uri if by_uri else ""


def _as_sequel(mode: str, base: Order, source: Original, model: Model, operations: Operations) -> Order:
    if mode == "extend":
        return _as_extension(base, source, model, operations)
    if mode == "upscale":
        targets = _upscale_targets(model).get(source.resolution, [])
        if base.resolution not in targets:
            raise invalid(f"A video of {source.resolution} cannot be upscaled to {base.resolution}: {targets}.")
        if source.probe.seconds > _UPSCALE_SECONDS:
            raise invalid(f"A video to upscale can be at most {_UPSCALE_SECONDS} s long.")
        return sequels.upscaled(base, source, operations)
    return sequels.edited(base, source, operations)


def _as_extension(base: Order, source: Original, model: Model, operations: Operations) -> Order:
    limits = model.extension or {}
    # The whole clip has a longest length too, of which the source has used up a part.
    low, high = limits["adds_s_min"], min(limits["adds_s_max"], limits["total_max_s"] - source.probe.seconds)
    if not low <= base.duration_seconds <= high:
        raise invalid(f"An extension of this video must be {low} to {high:g} s long, not {base.duration_seconds:g} s.")
    if base.aspect_ratio != source.aspect_ratio:
        raise invalid(f"`aspect_ratio` {base.aspect_ratio} is not that of the video, {source.aspect_ratio}.")
    return sequels.extended(base, source, operations)


def _with_media(base: Order, given: Given, operations: Operations) -> Order:
    keep = operations.storeroom.keep
    # A clip can show a reference video only as a picture, so its first frame stands for it.
    insets = (*given.references, *(video.first_picture() for video in given.reference_videos))
    return replace(
        base,
        first_frame=None if given.first is None else keep(given.first),
        last_frame=None if given.last is None else keep(given.last),
        references=tuple(keep(picture) for picture in insets),
    )
