"""What a model allows and charges, as rows of data.

`rules` and `pricing` read them here. The form's schema carries the same rows to the browser, where
``js/src/form/rules.js`` and ``pricing.js`` read them while one types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .catalog import Model
from .params import SIZES

When: TypeAlias = Mapping[str, bool | tuple[object, ...]]
"""Conditions that hold together, by parameter or ``mode``: one of these values, or whether it is given at all."""

# What is asked for, and which parameters make it so; the first that fits counts.
MODES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("upscale", ("upscale_from",)),
    ("edit", ("edit_from", "remix_from")),
    ("extension", ("extend_from",)),
    ("reference", ("reference_images", "reference_videos")),
    ("interpolation", ("last_frame",)),
    ("image", ("first_frame",)),
    ("text", ()),
)
_RESHAPED = ("edit", "upscale")
_SOURCES = ("edit_from", "remix_from", "upscale_from", "extend_from")
# The catalog's rules speak the wire's names.
_IMAGES = ("first_frame", "last_frame", "reference_images")
_NAMES = {"image": "first_frame", "video": "extend_from"}
_PLACES = {
    "agent-platform": "the Agent Platform",
    "gemini-developer-api": "the Gemini Developer API",
    "openai": "OpenAI",
    "azure-openai": "Azure OpenAI",
    "litellm": "the LiteLLM proxy",
    "litellm-gemini": "the LiteLLM proxy",
}
# A condition of the catalog: the parameter that has to be given, and how a message and a hint say so.
_GIVEN = {
    "has_last_frame": ("last_frame", "a last frame is given", "with a last frame"),
    "has_reference_images": ("reference_images", "reference images are given", "with references"),
    "has_reference_videos": ("reference_videos", "reference videos are given", "with video references"),
}


@dataclass(frozen=True)
class Rule:
    """What one parameter has to be, under conditions.

    Attributes:
        parameter: its name.
        test: ``in`` one of the limits, ``between`` the two, at ``most`` the one (a list: so many of them), ``given``,
            ``absent``, or ``bytes``: no image by a ``gs://`` address.
        limits: what the test compares with.
        message: why the value is refused, with ``{value}`` and ``{mode}`` to be filled in.
        hint: the same in few words, for the form, where the parameter and its value are in sight.
        when: the conditions under which the rule counts.
        offered: the limits as an error names them, where that is not one by one.
    """

    parameter: str
    test: str
    limits: tuple[Any, ...] = ()
    message: str = ""
    hint: str = ""
    when: When = field(default_factory=dict)
    offered: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Rate:
    """US dollars for each second of one clip, under conditions; the first rate that applies counts."""

    usd: float
    when: When


@dataclass(frozen=True)
class Length:
    """Seconds that are charged where none are said, or if `fixed` in any case; the first that applies counts."""

    seconds: float
    when: When
    fixed: bool = False


@dataclass(frozen=True)
class Doubt:
    """What makes a price an estimate, under conditions."""

    note: str
    when: When


def place(model: Model) -> str:
    """Where a model is served, for people."""
    return _PLACES.get(model.surface, model.surface)


def rules_of(model: Model) -> tuple[Rule, ...]:
    """Everything that `model` asks of a request, in the order in which faults are told."""
    found = [_prompt(model), *_sources(), *_source_clips(model)]
    if model.is_listed:
        for part in (_choices, _sizes, _durations, _samples, _switches, _frames, _people, _combinations):
            found += part(model)
    return tuple(found)


def rates_of(model: Model) -> tuple[Rate, ...]:
    """The published rates of a model."""
    video = model.usd_per_million_tokens.get("video", 0)
    upscaling = [
        Rate(tokens * video / 1e6, {"mode": ("upscale",), "resolution": (resolution,)})
        for resolution, tokens in model.upscale_tokens_per_second.items()
        if tokens and video
    ]
    without: When = dict.fromkeys(_IMAGES, False) if model.images_cost_extra else {}
    plain = [Rate(usd, {"resolution": (name,), **without}) for name, usd in model.usd_per_second.items() if name]
    whatever = [Rate(usd, without) for name, usd in model.usd_per_second.items() if not name]
    return (*upscaling, *plain, *whatever)


def lengths_of(model: Model) -> tuple[Length, ...]:
    """How long a model's clips are unless a request says so."""
    found = []
    if model.extension and model.extension.get("adds_s"):
        found.append(Length(float(model.extension["adds_s"][0]), {"extend_from": True}, fixed=True))
    # The length of a source is not known here, and no rule of the catalog binds it.
    found.append(Length(float(model.default_duration_s), {"mode": _RESHAPED}))
    for rule in model.constraints:
        allowed = rule["then"].get("duration_s")
        if allowed and model.default_duration_s not in allowed:
            found.append(Length(float(allowed[0]), _when(rule["if"])))
    return (*found, Length(float(model.default_duration_s), {}))


def doubts_of(model: Model) -> tuple[Doubt, ...]:
    """What keeps a model's prices from being certain."""
    found = []
    if model.audio and not model.is_own:
        found.append(Doubt("at most; the rate without sound is not published", {"generate_audio": (False,)}))
    of_source: When = {"mode": _RESHAPED, "duration_seconds": False}
    found.append(Doubt("estimate; the length of the source decides", of_source))
    if model.is_offered:
        found.append(Doubt("estimate by the service's own list; what it has charged is booked", {}))
    if any(doubt.startswith("usd_per_second") for doubt in model.unconfirmed):
        found.append(Doubt("estimate; the rate is unconfirmed", {}))
    return tuple(found)


def absent(parameter: str, message: str, hint: str, when: When | None = None) -> Rule:
    """The rule that a parameter is not to be given."""
    return Rule(parameter, "absent", (), message, hint, when or {})


def bytes_only(parameter: str, message: str) -> Rule:
    """The rule that an image is not to be given by its address."""
    return Rule(parameter, "bytes", (), message, "A gs:// address cannot be read here.")


def _at(model: Model) -> str:
    # Who serves a model of one's own is no surface of the catalog.
    return model.id if model.is_own else f"{model.id} at {place(model)}"


def _listed(items: Iterable[object], unit: str = "") -> str:
    *rest, last = [f"{item:g}" if isinstance(item, float) else str(item) for item in items] or [""]
    return f"{', '.join(rest)} or {last}{unit}" if rest else f"{last}{unit}"


def _prompt(model: Model) -> Rule:
    message = f"{{value}} is empty; {model.id} needs a text, or a first frame to start from"
    without = {"first_frame": False, "extend_from": False, "upscale_from": False}
    return Rule("prompt", "given", (), message, "Say what the clip shows.", without)


def _sources() -> Iterator[Rule]:
    for number, name in enumerate(_SOURCES):
        for before, first in enumerate(_SOURCES[:number]):
            yield absent(
                name,
                f"{{value}} cannot be sent together with {first}; one request changes one clip in one way",
                f"One request changes one clip in one way: leave this out, or {first}.",
                {**dict.fromkeys(_SOURCES[:before], False), first: True},
            )


def _source_clips(model: Model) -> Iterator[Rule]:
    at = _at(model)
    if model.extension is None:
        message = f"{{value}} cannot be continued; {at} extends no clips"
        yield absent("extend_from", message, "This model cannot extend clips.")
    if model.edit is False:
        for name in ("edit_from", "remix_from"):
            yield absent(name, f"{{value}} cannot be changed; {at} edits no clips", "This model cannot edit clips.")
    if not model.upscales:
        message = f"{{value}} cannot be made larger; {at} does not upscale"
        yield absent("upscale_from", message, "This model cannot upscale clips.")
    most = model.reference_videos_max
    if most is not None:
        hint = f"At most {most} clips." if most else "This model takes no clips as references."
        offered = (f"at most {most}",) if most else ()
        yield Rule("reference_videos", "most", (most,), f"{{value}} clips are too many for {at}", hint, {}, offered)


def _choices(model: Model) -> Iterator[Rule]:
    for name, what, values in (
        ("aspect_ratio", "a ratio", model.aspect_ratios),
        ("resolution", "a resolution", model.resolutions),
    ):
        # Of a model of one's own, what nobody has described may be anything.
        if model.is_own and not values:
            continue
        yield Rule(name, "in", values, f"{{value}} is not {what} of {model.id}", f"This model makes {_listed(values)}.")


def _sizes(model: Model) -> Iterator[Rule]:
    """A model's sizes; where it has no ratios beside them, a ratio and a resolution must stand for one of them."""
    sizes = model.sizes or tuple(
        f"{width}x{height}"
        for (ratio, lines), (width, height) in SIZES.items()
        if ratio in model.aspect_ratios and lines in model.resolutions
    )
    # Of a model of one's own, what nobody has described may be anything; and a service that lists resolutions has more
    # sizes of them than are known here.
    if (not sizes and model.is_own) or model.is_offered:
        return
    hint = f"This model makes {_listed(sizes)}."
    yield Rule("size", "in", sizes, f"{{value}} is not a size of {model.id}", hint)
    if not model.sizes:
        return
    shapes = [shape for shape, (width, height) in SIZES.items() if f"{width}x{height}" in model.sizes]
    for number, name in enumerate(("aspect_ratio", "resolution")):
        if model.aspect_ratios or model.resolutions:
            return
        values = tuple(dict.fromkeys(shape[number] for shape in shapes))
        message = f"{{value}} is not what {model.id} makes; give size, one of {_listed(model.sizes)}"
        yield Rule(name, "in", values, message, hint)
    for resolution in dict.fromkeys(lines for _, lines in shapes):
        ratios = tuple(ratio for ratio, lines in shapes if lines == resolution)
        message = f"{{value}} is not made by {model.id} at {resolution}"
        yield Rule("aspect_ratio", "in", ratios, message, hint, {"resolution": (resolution,)})


def _durations(model: Model) -> Iterator[Rule]:
    values, extension, when = model.durations_s, model.extension or {}, dict[str, Any]()
    if not values:
        return
    if "adds_s_max" in extension:
        bounds = extension["adds_s_min"], extension["adds_s_max"]
        yield _length_between(bounds, f"{{value}} cannot be added by {model.id}", {"mode": ("extension",)})
        when = {"mode": tuple(mode for mode, _ in MODES if mode != "extension")}
    message = f"{{value}} is not a length of {model.id}"
    if model.durations_continuous:
        yield _length_between((values[0], values[-1]), message, when)
    else:
        yield Rule("duration_seconds", "in", values, message, f"This model makes {_listed(values, ' s')}.", when)


def _length_between(bounds: tuple[float, float], message: str, when: When) -> Rule:
    span = f"{bounds[0]:g} to {bounds[1]:g} s"
    return Rule("duration_seconds", "between", bounds, message, f"From {span}.", when, (span,))


def _samples(model: Model) -> Iterator[Rule]:
    most = model.max_samples
    message = f"{{value}} is too many; {_at(model)} makes at most {most} for one request"
    hint = "This model makes one clip at a time." if most == 1 else f"At most {most} at a time."
    yield _at_most(most, message, hint)


def _at_most(most: int, message: str, hint: str, when: When | None = None) -> Rule:
    return Rule("samples", "most", (most,), message, hint, when or {}, tuple(map(str, range(1, most + 1))))


def _switches(model: Model) -> Iterator[Rule]:
    at = _at(model)
    if not model.seed:
        yield absent("seed", f"{{value}} cannot be sent; {at} takes no seed", "This model takes no seed.")
    if not model.negative_prompt:
        yield absent("negative_prompt", f"{{value}} cannot be sent; {at} takes none", "This model takes none.")
    if not model.audio or not model.audio_switch:
        what = "always makes sound" if model.audio else "makes no sound"
        message = f"{{value}} is not available; {at} {what}"
        yield Rule("generate_audio", "in", (model.audio,), message, f"This model {what}.")
    if model.surface != "agent-platform" and not model.is_own:
        message = f"{{value}} cannot be sent; {at} does not write to buckets"
        yield absent("storage_uri", message, "This service cannot write to a bucket.")


def _frames(model: Model) -> Iterator[Rule]:
    at = _at(model)
    if not model.image_to_video:
        message = f"{{value}} cannot be sent; {at} starts from text only"
        yield absent("first_frame", message, "This model starts from text only.")
    if model.last_frame is False:
        yield absent("last_frame", f"{{value}} cannot be sent; {at} takes none", "This model takes no last frame.")
    most = model.reference_images_max
    if most is not None:
        hint = f"At most {most} images." if most else "This model takes no references."
        message = f"{{value}} images are too many for {at}"
        yield Rule("reference_images", "most", (most,), message, hint, {}, (f"at most {most}",))
    if model.surface != "agent-platform" and not model.is_own:
        message = f"{{value}} cannot be read; {at} takes bytes, not gs:// addresses"
        for name in _IMAGES:
            yield bytes_only(name, message)


def _people(model: Model) -> Iterator[Rule]:
    rules = model.person_generation
    if not rules and model.is_own:
        return
    if not rules:
        message = f"{{value}} cannot be sent; {model.id} has no such setting"
        yield absent("person_generation", message, "This model has no such setting.")
        return
    modes: dict[tuple[str, ...], list[str]] = {}
    for mode, _ in MODES:
        listed = rules.get("any") or [*rules.get(mode, ()), *rules.get("restricted_regions", ())]
        modes.setdefault(tuple(dict.fromkeys(listed)), []).append(mode)
    message = f"{{value}} is not taken by {_at(model)} for {{mode}} to video"
    for allowed, those in modes.items():
        when: When = {} if len(modes) == 1 else {"mode": tuple(those)}
        yield Rule("person_generation", "in", allowed, message, f"Here only {_listed(allowed)}.", when)


def _combinations(model: Model) -> Iterator[Rule]:
    for rule in model.constraints:
        when, because, hint = _when(rule["if"]), *_because(rule["if"])
        for key, wanted in rule["then"].items():
            yield from _consequence(key, wanted, when, f"{because} ({model.id})", hint)


def _when(conditions: Mapping[str, Any]) -> When:
    """Conditions of the catalog in the words of `When`."""
    return {
        (_GIVEN[key][0] if key in _GIVEN else key): (wanted if key in _GIVEN else (wanted,))
        for key, wanted in conditions.items()
    }


def _because(conditions: Mapping[str, Any]) -> tuple[str, str]:
    """Why a rule applies, for a message and for a hint."""
    message, hint = [], []
    for key, value in conditions.items():
        article = "an" if str(value)[0] in "aeiou" else "a"
        said = {
            "resolution": ("", f"resolution is {value}", f"at {value}"),
            "mode": ("", f"this is {article} {value}", f"for {article} {value}"),
        } | _GIVEN
        message.append(said[key][1])
        hint.append(said[key][2])
    return "when " + " and ".join(message), " and ".join(hint)


def _consequence(key: str, wanted: Any, when: When, because: str, hint: str) -> Iterator[Rule]:
    """What one line of a catalog's rule asks for; lines about the source clip itself cannot be checked here."""
    if key == "duration_s":
        yield _only("duration_seconds", tuple(wanted), when, because, hint)
    elif key == "resolution":
        yield _only("resolution", tuple(wanted), when, because, hint)
    elif key == "source_to_target":
        # Which lines the source has is not known here, only what any source can become.
        targets = sorted({target for listed in wanted.values() for target in listed})
        yield _only("resolution", tuple(targets), when, because, hint)
    elif key == "max_samples":
        yield _at_most(wanted, f"{{value}} is too many {because}", f"{wanted} only {hint}.", when)
    elif key == "require":
        for name in wanted:
            message = f"none given, but one is needed {because}"
            yield Rule(_NAMES.get(name, name), "given", (), message, f"Needed {hint}.", when)
    elif key == "forbid":
        for name in wanted:
            message = f"cannot be sent {because}; leave one of the two out"
            yield absent(_NAMES.get(name, name), message, f"Not {hint}.", when)


def _only(parameter: str, allowed: tuple[Any, ...], when: When, because: str, hint: str) -> Rule:
    what = _listed(allowed, " s" if parameter == "duration_seconds" else "")
    if len(allowed) > 1:
        short = f"{what} only {hint}."
    else:
        short = f"{hint[3:]} is always {what}." if hint.startswith("at ") else f"Always {what} {hint}."
    return Rule(parameter, "in", allowed, f"{{value}} is not available {because}", short, when)
