"""What the form is drawn from: every parameter, and every model of a provider with its limits, rules and prices.

It is sent once. The browser works out rules and price from it, so that typing never waits for the kernel;
``js/src/lib/rules.js`` is the twin of `rules` and `pricing`, and a table of requests compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .. import choice
from ..catalog import Model, models, unlisted
from ..config import Settings
from ..errors import ConfigError, InvalidRequestError, RetiredModelError
from ..media import MAX_IMAGE_BYTES, Image
from ..params import PARAMS
from ..planning import make_plan
from ..providers import Provider
from .protocol import UPWARD_BYTES

# Source: https://ai.google.dev/gemini-api/docs/video, "Prompt: at most 1,024 tokens"; Omni states no limit.
_PROMPT_TOKENS = {"predictLongRunning": 1024}
_PLAIN = (
    *("id", "surface", "api", "max_samples", "durations_s", "durations_continuous", "default_duration_s"),
    *("resolutions", "default_resolution", "aspect_ratios", "default_aspect_ratio", "audio", "audio_switch", "seed"),
    *("negative_prompt", "image_to_video", "last_frame", "reference_images_max", "reference_videos_max", "edit"),
    *("usd_per_second", "usd_per_million_tokens", "upscale_tokens_per_second", "replacement", "checked_on"),
)
_STILL = Image(b"\x89PNG\r\n\x1a\n", "image/png", "probe.png")
# One value of each parameter that a wire may have no place for.
_PROBES: dict[str, dict[str, Any]] = {
    "seed": {"seed": 1},
    "samples": {"samples": 2},
    "negative_prompt": {"negative_prompt": "rain"},
    "generate_audio": {"generate_audio": False},
    "person_generation": {"person_generation": "allow_adult"},
    "aspect_ratio": {"aspect_ratio": "16:9"},
    "resolution": {"resolution": "720p"},
    "first_frame": {"first_frame": _STILL},
    "last_frame": {"first_frame": _STILL, "last_frame": _STILL},
    "reference_images": {"reference_images": (_STILL,)},
    "reference_videos": {"reference_videos": ("cat.mp4",)},
    "extend_from": {"extend_from": "cat.mp4"},
    "edit_from": {"edit_from": "cat.mp4"},
    "remix_from": {"remix_from": "cat"},
    "upscale_from": {"upscale_from": "cat.mp4", "resolution": "1080p"},
    "storage_uri": {"storage_uri": "gs://bucket/"},
}


def schema(provider: Provider, settings: Settings, today: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """The form of one provider as JSON.

    Args:
        provider: where requests go.
        settings: as configured.
        today: an ISO date, to tell which models have ended.
        environ: the environment.
    """
    default = _default(provider, settings)
    entries = {model.id: model for model in _served(provider)} | ({default.id: default} if default else {})
    if default is None:
        entries = {"": unlisted("", provider.surfaces[0], "openai_videos"), **entries}

    def described(model: Model) -> dict[str, Any]:
        found = _objections(model, provider, settings, today, environ)
        retired = next((str(error) for error in found if isinstance(error, RetiredModelError)), None)
        return {**_limits(model), "retired": retired, "uncarried": _uncarried(found)}

    return {
        "version": 1,
        "provider": {"name": provider.name, "label": provider.label, "emulator": provider.name == "emulator"},
        "params": [_param(param) for param in PARAMS],
        "models": [described(model) for model in entries.values()],
        "default_model": default.id if default else "",
        "image_bytes": MAX_IMAGE_BYTES,
        "chunk_bytes": UPWARD_BYTES,
    }


def _param(param: Any) -> dict[str, Any]:
    """A parameter without what only the wire needs."""
    kept = ("name", "kind", "label", "help", "choices", "unit", "minimum", "maximum")
    return {key: value for key, value in asdict(param).items() if key in kept}


def _served(provider: Provider) -> list[Model]:
    """The catalog's models at a provider, the best surface of each."""
    surfaces = provider.knows or provider.surfaces
    ranked = sorted(models(), key=lambda model: surfaces.index(model.surface) if model.surface in surfaces else 99)
    found = {model.id: model for model in reversed(ranked) if model.surface in surfaces}
    return [model for model in models() if found.get(model.id) is model]


def _default(provider: Provider, settings: Settings) -> Model | None:
    """What is used when no model is named; None where the gateway has to tell."""
    try:
        return choice.choose_model(provider, "", settings)
    except ConfigError:
        return None


def _limits(model: Model) -> dict[str, Any]:
    return {
        **{name: getattr(model, name) for name in _PLAIN},
        "listed": model.is_listed,
        "upscales": model.upscales,
        "extension": dict(model.extension) if model.extension is not None else None,
        "person_generation": dict(model.person_generation) if model.person_generation else None,
        "constraints": [{"if": rule["if"], "then": rule["then"]} for rule in model.constraints],
        "price_doubted": any(doubt.startswith("usd_per_second") for doubt in model.unconfirmed),
        "prompt_tokens": _PROMPT_TOKENS.get(model.api),
    }


def _objections(
    model: Model, provider: Provider, settings: Settings, today: str, environ: Mapping[str, str]
) -> list[InvalidRequestError]:
    """What speaks against each parameter by itself, the model's end among it."""
    found: list[InvalidRequestError] = []
    for name, values in _PROBES.items():
        asked = {**values, "provider": provider.name, "model": model.id or "any"}
        plan = make_plan("A cat", asked, settings=settings, today=today, environ=environ)
        found += [error for error in plan.violations if error.parameter in {name, "model"}]
    return found


def _uncarried(found: list[InvalidRequestError]) -> dict[str, str]:
    """By parameter, why it cannot be sent at all: neither another value nor another combination would help."""
    return {error.parameter: str(error) for error in found if not error.allowed and error.parameter != "model"}
