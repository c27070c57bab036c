"""Whether a model takes a request: every rule of the catalog, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .catalog import Model
from .errors import InvalidRequestError, RetiredModelError, nearest
from .request import VideoRequest, applies

# The catalog's rules speak the wire's names.
_NAMES = {
    "image": "first_frame",
    "reference_videos": "reference_videos",
    "last_frame": "last_frame",
    "video": "extend_from",
    "reference_images": "reference_images",
    "resolution": "resolution",
}
_PLACES = {
    "agent-platform": "the Agent Platform",
    "gemini-developer-api": "the Gemini Developer API",
    "openai": "OpenAI",
    "azure-openai": "Azure OpenAI",
    "litellm": "the LiteLLM proxy",
    "litellm-gemini": "the LiteLLM proxy",
}
_CONDITIONS = {
    "has_last_frame": "a last frame is given",
    "has_reference_images": "reference images are given",
    "has_reference_videos": "reference videos are given",
}


def violations(request: VideoRequest, model: Model, today: str) -> list[InvalidRequestError]:
    """Every rule that `request` breaks, worst first.

    Args:
        request: as the user gave it.
        model: the catalog's entry.
        today: an ISO date, to tell whether the model has ended.

    Returns:
        One error per broken rule, none of them raised; each names parameter, value, what is allowed and why.
    """
    checks: tuple[Callable[[VideoRequest, Model], Iterable[InvalidRequestError]], ...] = (
        _prompt,
        _sources,
        *(_LIMITS if model.is_listed else ()),
    )
    found: list[InvalidRequestError] = []
    if model.is_retired(today) and not request.allow_retired:
        found.append(retired(model))
    for check in checks:
        found.extend(check(request, model))
    return found


def check(request: VideoRequest, model: Model, today: str) -> None:
    """Raise the first of `violations`, if there is one."""
    for error in violations(request, model, today):
        raise error


def retired(model: Model) -> RetiredModelError:
    """The refusal of a model that has ended: date, source, replacement."""
    source = next((item for item in model.source if "deprecation" in item or "lifecycle" in item), model.source[0])
    when = f" on {model.shut_down}" if model.shut_down else ""
    instead = f" Use {model.replacement} instead." if model.replacement else " There is no replacement."
    return RetiredModelError(
        f"model: {model.id} was ended{when} at {_place(model)} (source: {source}).{instead}"
        " To send the request anyway, pass allow_retired=True.",
        parameter="model",
        value=model.id,
        allowed=(model.replacement,) if model.replacement else (),
    )


def _place(model: Model) -> str:
    return _PLACES.get(model.surface, model.surface)


def _error(parameter: str, value: object, allowed: Iterable[object], why: str) -> InvalidRequestError:
    names = [f"{item:g}" if isinstance(item, float) else str(item) for item in allowed]
    listed = f"; allowed: {', '.join(names)}" if names else ""
    return InvalidRequestError(
        f"{parameter}: {_show(value)} {why}{listed}.{nearest(value, names) if isinstance(value, str) else ''}",
        parameter=parameter,
        value=value,
        allowed=names,
    )


def _show(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _prompt(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    without = request.first_frame or request.extend_from or request.upscale_from
    if not request.prompt and not without:
        yield InvalidRequestError(
            f"prompt: '' is empty; {model.id} needs a text, or a first frame to start from.",
            parameter="prompt",
            value="",
        )


def _sources(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    at = f"{model.id} at {_place(model)}"
    given = [name for name in ("edit_from", "remix_from", "upscale_from", "extend_from") if getattr(request, name)]
    for name in given[1:]:
        why = f"cannot be sent together with {given[0]}; one request changes one clip in one way"
        yield _error(name, getattr(request, name), (), why)
    if request.extend_from and model.extension is None:
        yield _error("extend_from", request.extend_from, (), f"cannot be continued; {at} extends no clips")
    for name in ("edit_from", "remix_from"):
        if getattr(request, name) and model.edit is False:
            yield _error(name, getattr(request, name), (), f"cannot be changed; {at} edits no clips")
    if request.upscale_from and not model.upscales:
        yield _error("upscale_from", request.upscale_from, (), f"cannot be made larger; {at} does not upscale")
    most = model.reference_videos_max
    if most is not None and len(request.reference_videos) > most:
        allowed = (f"at most {most}",) if most else ()
        yield _error("reference_videos", len(request.reference_videos), allowed, f"clips are too many for {at}")


def _choices(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    if request.aspect_ratio and request.aspect_ratio not in model.aspect_ratios:
        yield _error("aspect_ratio", request.aspect_ratio, model.aspect_ratios, f"is not a ratio of {model.id}")
    if request.resolution and request.resolution not in model.resolutions:
        yield _error("resolution", request.resolution, model.resolutions, f"is not a resolution of {model.id}")


def _duration(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    seconds = request.duration_seconds
    if seconds is None or not model.durations_s:
        return
    extension = model.extension or {}
    if request.mode == "extension" and "adds_s_max" in extension:
        low, high = extension["adds_s_min"], extension["adds_s_max"]
        if not low <= seconds <= high:
            yield _error("duration_seconds", seconds, (f"{low} to {high} s",), f"cannot be added by {model.id}")
        return
    if model.durations_continuous:
        low, high = model.durations_s[0], model.durations_s[-1]
        if not low <= seconds <= high:
            yield _error("duration_seconds", seconds, (f"{low:g} to {high:g} s",), f"is not a length of {model.id}")
    elif seconds not in model.durations_s:
        allowed = [f"{item:g}" for item in model.durations_s]
        yield _error("duration_seconds", seconds, allowed, f"is not a length of {model.id}")


def _samples(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    if request.samples and request.samples > model.max_samples:
        why = f"is too many; {model.id} at {_place(model)} makes at most {model.max_samples} for one request"
        yield _error("samples", request.samples, range(1, model.max_samples + 1), why)


def _switches(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    at = f"{model.id} at {_place(model)}"
    if request.seed is not None and not model.seed:
        yield _error("seed", request.seed, (), f"cannot be sent; {at} takes no seed")
    if request.negative_prompt and not model.negative_prompt:
        yield _error("negative_prompt", request.negative_prompt, (), f"cannot be sent; {at} takes none")
    if request.generate_audio is False and model.audio and not model.audio_switch:
        yield _error("generate_audio", value=False, allowed=("true",), why=f"is not available; {at} always makes sound")
    if request.generate_audio and not model.audio:
        yield _error("generate_audio", value=True, allowed=("false",), why=f"is not available; {at} makes no sound")
    if request.storage_uri and model.surface != "agent-platform":
        yield _error("storage_uri", request.storage_uri, (), f"cannot be sent; {at} does not write to buckets")


def _frames(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    at = f"{model.id} at {_place(model)}"
    if request.first_frame and not model.image_to_video:
        yield _error("first_frame", request.first_frame.describe(), (), f"cannot be sent; {at} starts from text only")
    if request.last_frame and model.last_frame is False:
        yield _error("last_frame", request.last_frame.describe(), (), f"cannot be sent; {at} takes none")
    most = model.reference_images_max
    if most is not None and len(request.reference_images) > most:
        yield _error(
            "reference_images", len(request.reference_images), (f"at most {most}",), f"images are too many for {at}"
        )
    given = {"first_frame": request.first_frame, "last_frame": request.last_frame}
    for name, image in [*given.items(), *(("reference_images", image) for image in request.reference_images)]:
        if image and image.is_in_bucket and model.surface != "agent-platform":
            yield _error(name, image.uri, (), f"cannot be read; {at} takes bytes, not gs:// addresses")


def _people(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    if not request.person_generation:
        return
    rules = model.person_generation
    if not rules:
        why = f"cannot be sent; {model.id} has no such setting"
        yield _error("person_generation", request.person_generation, (), why)
        return
    listed = rules.get("any") or [*rules.get(request.mode, ()), *rules.get("restricted_regions", ())]
    allowed = list(dict.fromkeys(listed))
    if request.person_generation not in allowed:
        why = f"is not taken by {model.id} at {_place(model)} for {request.mode} to video"
        yield _error("person_generation", request.person_generation, allowed, why)


def _combinations(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    for rule in model.constraints:
        if applies(rule["if"], request, model):
            because = _because(rule["if"], request, model)
            yield from _consequences(rule["then"], request, f"{because} ({model.id})")


def _because(conditions: dict[str, object], request: VideoRequest, model: Model) -> str:
    parts = []
    for key, value in conditions.items():
        if key == "resolution":
            parts.append(f"resolution is {request.resolution or model.default_resolution}")
        elif key == "mode":
            parts.append(f"this is {'an' if str(value)[0] in 'aeiou' else 'a'} {value}")
        else:
            parts.append(_CONDITIONS.get(key, key))
    return "when " + " and ".join(parts)


def _consequences(then: dict[str, object], request: VideoRequest, because: str) -> Iterator[InvalidRequestError]:
    for key, wanted in then.items():
        if key == "duration_s" and isinstance(wanted, list):
            yield from _outside("duration_seconds", request.duration_seconds, wanted, because)
        elif key == "resolution" and isinstance(wanted, list):
            yield from _outside("resolution", request.resolution, wanted, because)
        elif key == "source_to_target" and isinstance(wanted, dict):
            # Which lines the source has is not known here, only what any source can become.
            targets = sorted({target for listed in wanted.values() for target in listed})
            yield from _outside("resolution", request.resolution, targets, because)
        elif key == "max_samples" and isinstance(wanted, int):
            if (request.samples or 1) > wanted:
                yield _error("samples", request.samples, (wanted,), f"is too many {because}")
        elif key in {"require", "forbid"} and isinstance(wanted, list):
            yield from _presence(key, wanted, request, because)


def _outside(name: str, value: object, allowed: list[object], because: str) -> Iterator[InvalidRequestError]:
    if value and value not in allowed:
        yield _error(name, value, allowed, f"is not available {because}")


def _presence(key: str, names: list[str], request: VideoRequest, because: str) -> Iterator[InvalidRequestError]:
    for wire_name in names:
        name = _NAMES.get(wire_name, wire_name)
        present = bool(getattr(request, name, None))
        if key == "require" and not present:
            yield InvalidRequestError(f"{name}: none given, but one is needed {because}.", parameter=name, value=None)
        if key == "forbid" and present:
            yield InvalidRequestError(
                f"{name}: cannot be sent {because}; leave one of the two out.", parameter=name, value="given"
            )


_LIMITS = (_choices, _duration, _samples, _switches, _frames, _people, _combinations)
