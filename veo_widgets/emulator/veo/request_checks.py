"""Reads the body of a create and refuses what the real service refuses, by the rules of the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...domain.catalog import GEMINI_API, Model
from ..faults import front_matter
from ..jobs import media_checks
from ..jobs.operations import Operations
from ..jobs.orders import Order, has_sound, mode_of
from ..refusals import Json, invalid, unknown_field, unsupported

# The documented limit is in tokens, of which a word is at least one.
_WORD_LIMIT = 1024
_SEED_LIMIT = 2**32 - 1
_MEDIA = ("image", "lastFrame", "referenceImages", "video")
_DEVELOPER_INSTANCE = {"prompt", *_MEDIA}
_DEVELOPER_PARAMETERS = {
    "aspectRatio", "durationSeconds", "resolution", "negativePrompt", "personGeneration", "sampleCount",
    "numberOfVideos", "enhancePrompt", "seed",
}  # fmt: skip
# Known fields that the Developer API refuses in other words than unknown ones.
_PLATFORM_ONLY = {"fps", "generateAudio", "storageUri", "pubsubTopic", "mask", "compressionQuality", "resizeMode"}
# By whether it is the Developer API, which has webhooks where the platform has labels for bills.
_TOP_LEVEL = {True: {"instances", "parameters", "webhookConfig"}, False: {"instances", "parameters", "labels"}}
_CATALOG_NAMES = {"image": "image", "last_frame": "lastFrame", "video": "video"}


@dataclass(frozen=True)
class Submission:
    """One create, as far as it was read.

    Attributes:
        model: the catalog's entry for the model on this surface.
        instance: the only one of ``instances``.
        parameters: possibly empty.
        project: the path's project; empty on the Developer API.
    """

    model: Model
    instance: Json
    parameters: Json
    project: str = ""

    @property
    def developer(self) -> bool:
        """Whether this is the Developer API."""
        return self.model.surface == GEMINI_API

    @property
    def media(self) -> set[str]:
        """The names of the media fields that are set."""
        return {name for name in _MEDIA if self.instance.get(name) not in (None, [])}


def submission(body: Json, model: Model, project: str = "") -> Submission:
    """Take the body of a create apart.

    Raises:
        RefusalError: its shape is wrong, or a strict surface does not know a field.
    """
    developer = model.surface == GEMINI_API
    if developer and "labels" in body:
        raise unsupported("labels")
    for name in body:
        if name not in _TOP_LEVEL[developer]:
            raise unknown_field(name, "")
    instances, parameters = body.get("instances"), body.get("parameters", {})
    # The shape is a list because predict takes several; Veo takes one.
    if not isinstance(instances, list) or len(instances) != 1 or not isinstance(instances[0], dict):
        raise invalid("The request must have exactly one instance in `instances`.")
    if not isinstance(parameters, dict):
        raise invalid("Invalid value at 'parameters': expected an object.")
    read = Submission(model, instances[0], parameters, project)
    # The Agent Platform passes fields it does not know over in silence.
    if developer:
        _refuse_unknown(read)
    return read


def _refuse_unknown(read: Submission) -> None:
    places = (
        (read.instance, "instances[0]", _DEVELOPER_INSTANCE),
        (read.parameters, "parameters", _DEVELOPER_PARAMETERS),
    )
    for fields, place, known in places:
        for name in fields:
            if name in _PLATFORM_ONLY:
                raise unsupported(name)
            if name not in known:
                raise unknown_field(name, place)


def prompt_of(body: Json) -> str:
    """The prompt of a create, front matter included; empty where the body holds none."""
    try:
        prompt = body["instances"][0]["prompt"]
    except (KeyError, IndexError, TypeError):
        return ""
    return prompt if isinstance(prompt, str) else ""


def order(read: Submission, operations: Operations) -> Order:
    """Check everything about a create and turn it into an order.

    Raises:
        RefusalError: the first thing found wrong.
    """
    model, parameters = read.model, read.parameters
    directions, prompt = front_matter.read(_read_text(read.instance, "prompt"))
    _check_prompt(prompt, read)
    resolution, duration = _read_resolution(read), _read_duration(read)
    samples = _read_whole_number(parameters.get("sampleCount", parameters.get("numberOfVideos", 1)), "sampleCount")
    _check_range("sampleCount", samples, 1, model.max_samples)
    _check_media_kinds(read)
    _check_constraints(read, {"resolution": resolution, "duration_s": duration, "samples": samples})
    _check_person_generation(read)
    _check_platform_fields(read)
    # Last, since decoding pictures costs far more than every check before it.
    media = _read_media(read, operations)
    return Order(
        surface=model.surface,
        model=model.id,
        prompt=prompt,
        resolution=resolution,
        aspect_ratio=_read_choice(parameters, "aspectRatio", model.aspect_ratios, model.default_aspect_ratio),
        # An extension has one length, and ignores what was asked for.
        duration_seconds=model.extension["adds_s"][0] if model.extension and "video" in read.media else duration,
        samples=samples,
        seed=_read_seed(read),
        audio=has_sound(model, parameters.get("generateAudio")),
        negative_prompt=_read_text(parameters, "negativePrompt"),
        crop=str(parameters.get("resizeMode", "pad")).lower() == "crop",
        storage_uri=_read_text(parameters, "storageUri"),
        directions=directions,
        **media,
    )


def _read_text(fields: Json, name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(f"Invalid value at '{name}' (TYPE_STRING), {value!r}")
    return value


def _read_whole_number(value: Any, name: str) -> int:
    # Proto JSON takes a number in quotes as well.
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise invalid(f"The value type for `{name}` needs to be a number.") from error
    if isinstance(value, bool) or not number.is_integer():
        raise invalid(f"The value type for `{name}` needs to be a whole number.")
    return int(number)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise invalid(
            f"The number value for `{name}` is out of bound. Please provide a value between {low:g} and {high:g},"
            " inclusive."
        )


def _read_choice(fields: Json, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = fields.get(name, default)
    for one in allowed:
        # Documents and SDKs differ in the case of these words, and the services take either.
        if str(value).lower() == one.lower():
            return one
    raise invalid(f"`{name}` {value!r} is not supported by this model; supported values: {', '.join(allowed)}.")


def _check_prompt(prompt: str, read: Submission) -> None:
    if not prompt.strip() and not read.media & {"image", "video"}:
        raise invalid("The prompt must not be empty when no image is given.")
    if len(prompt.split()) > _WORD_LIMIT:
        raise invalid(f"The prompt is longer than {_WORD_LIMIT} tokens.")
    if read.parameters.get("negativePrompt") and not read.model.negative_prompt:
        raise unsupported("negativePrompt")


def _read_resolution(read: Submission) -> str:
    model = read.model
    # Veo 2 has one resolution and refuses the field; the catalog tells it in the notes of such models.
    if "resolution" in read.parameters and "omit the resolution field" in model.notes:
        raise unsupported("resolution")
    return _read_choice(read.parameters, "resolution", model.resolutions, model.default_resolution)


def _read_duration(read: Submission) -> float:
    model = read.model
    duration = _read_whole_number(read.parameters.get("durationSeconds", model.default_duration_s), "durationSeconds")
    _check_range("durationSeconds", duration, min(model.durations_s), max(model.durations_s))
    if duration not in model.durations_s:
        allowed = ", ".join(f"{one:g}" for one in model.durations_s)
        raise invalid(f"`durationSeconds` {duration} is not supported by this model; supported values: {allowed}.")
    return duration


def _read_seed(read: Submission) -> int | None:
    if read.parameters.get("seed") is None:
        return None
    if not read.model.seed:
        raise unsupported("seed")
    seed = _read_whole_number(read.parameters["seed"], "seed")
    _check_range("seed", seed, 0, _SEED_LIMIT)
    return seed


def _check_media_kinds(read: Submission) -> None:
    model = read.model
    if "lastFrame" in read.media:
        # None means that nobody has found out, and is let pass.
        if model.last_frame is False:
            raise unsupported("lastFrame")
        if "image" not in read.media:
            raise invalid("`lastFrame` needs `image`: the first frame must be given too.")
    references = read.instance.get("referenceImages") or []
    if not isinstance(references, list) or not all(isinstance(one, dict) for one in references):
        raise invalid("Invalid value at 'referenceImages': expected a list of objects.")
    if references and model.reference_images_max == 0:
        raise unsupported("referenceImages")
    if len(references) > (model.reference_images_max or 3):
        raise invalid(f"At most {model.reference_images_max or 3} reference images are supported.")
    for one in references:
        if str(one.get("referenceType", "asset")).lower() != "asset":
            raise invalid(f"`referenceType` {one.get('referenceType')!r} is not supported by this model.")
    if "mask" in read.instance or "cameraControl" in read.instance:
        raise unsupported("mask" if "mask" in read.instance else "cameraControl")


def _check_constraints(read: Submission, asked: Json) -> None:
    # Under the names that the catalog's rules have for them.
    facts: Json = {
        "resolution": asked["resolution"],
        "mode": mode_of(read.media),
        "has_last_frame": "lastFrame" in read.media,
        "has_reference_images": "referenceImages" in read.media,
    }
    for rule in read.model.constraints:
        if all(facts.get(name) == wanted for name, wanted in rule["if"].items()):
            cause = ", ".join(f"{name} {wanted}" for name, wanted in rule["if"].items())
            _apply_rule(rule["then"], cause, read, asked)


def _apply_rule(then: Json, cause: str, read: Submission, asked: Json) -> None:
    for name in then.get("require", []):
        if _CATALOG_NAMES[name] not in read.media:
            raise invalid(f"`{_CATALOG_NAMES[name]}` is required with {cause}.")
    for name in then.get("forbid", []):
        if _CATALOG_NAMES[name] in read.media:
            raise invalid(f"`{_CATALOG_NAMES[name]}` cannot be combined with {cause}.")
    if "duration_s" in then and asked["duration_s"] not in then["duration_s"]:
        raise invalid(f"`durationSeconds` {asked['duration_s']} is not supported with {cause}: {then['duration_s']}.")
    if "resolution" in then and asked["resolution"] not in then["resolution"]:
        raise invalid(f"`resolution` {asked['resolution']} is not supported with {cause}: {then['resolution']}.")
    if "max_samples" in then:
        _check_range("sampleCount", asked["samples"], 1, then["max_samples"])


def _check_person_generation(read: Submission) -> None:
    rules, asked = read.model.person_generation, read.parameters.get("personGeneration")
    if asked is None or rules is None:
        return
    mode = mode_of(read.media)
    allowed = rules.get("any") or rules.get(mode) or rules.get("image", [])
    value = str(asked).lower()
    # The services serve some values to listed customers only; here these are projects named `allow-listed…`.
    listed_only = value in rules.get("allow_listed_only", []) and not read.project.startswith("allow-listed")
    if value not in allowed or listed_only:
        raise invalid(f"{value} for personGeneration is currently not supported.")


def _check_platform_fields(read: Submission) -> None:
    parameters = read.parameters
    sound = parameters.get("generateAudio")
    if sound is not None and not isinstance(sound, bool):
        raise invalid(f"Invalid value at 'generateAudio' (TYPE_BOOL), {sound!r}")
    # Turning off a sound that is not there is no error.
    if sound and not read.model.audio:
        raise unsupported("generateAudio")
    for name, allowed in (("resizeMode", ("pad", "crop")), ("compressionQuality", ("optimized", "lossless"))):
        if name in parameters:
            _read_choice(parameters, name, allowed, allowed[0])
    uri = _read_text(parameters, "storageUri")
    if uri and not (uri.startswith("gs://") and len(uri) > len("gs://")):
        raise invalid("`storageUri` must be a Cloud Storage location such as gs://bucket/folder/.")


def _read_media(read: Submission, operations: Operations) -> Json:
    keep, instance, surface = operations.storeroom.keep, read.instance, read.model.surface
    found: Json = {}
    for name, kept_as in (("image", "first_frame"), ("lastFrame", "last_frame")):
        if name in read.media:
            found[kept_as] = keep(media_checks.image(instance[name], name, surface))
    references = [one.get("image") for one in instance.get("referenceImages") or []]
    found["references"] = tuple(keep(media_checks.image(one, "referenceImages", surface)) for one in references)
    if "video" in read.media:
        source = media_checks.video(instance["video"], read.model, operations)
        found |= {"source": keep(source.data), "source_frames": source.probe.frames, "hops": source.hops + 1}
    return found
