"""What the form is drawn from: every parameter, and every model of a provider with its limits, rules and prices.

It is sent once, and once more where a server says which models and parameters it has. The browser works out rules and
price from it, so that typing never waits for the kernel: it reads the same rows of `domain.limits` as Python does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ....client.model_discovery import Offer
from ....client.plan import Plan, make_plan
from ....config import resolution
from ....config.settings import Settings
from ....domain.catalog import ExtraParam, Model, unlisted
from ....domain.errors import ConfigError
from ....domain.limits import (
    MODES,
    Doubt,
    Length,
    Rate,
    Rule,
    absent,
    bytes_only,
    doubts_of,
    lengths_of,
    rates_of,
    rules_of,
)
from ....domain.media import MAX_IMAGE_BYTES, Image
from ....domain.params import BY_NAME, PARAMS, SIZES
from ....domain.request import VideoRequest
from ....domain.rules import broken, retired
from ....providers.registry import Provider, models_at

# Source: https://ai.google.dev/gemini-api/docs/video, "Prompt: at most 1,024 tokens"; Omni states no limit.
_PROMPT_TOKENS = {"predictLongRunning": 1024}
_PLAIN = (*("id", "replacement", "default_aspect_ratio", "audio", "image_to_video", "last_frame"),)
_SHAPE = {"aspect_ratio", "resolution"}
# What few models have.
_WHERE_SAID = ("sizes", "default_size", "usd_per_clip")
_STILL = Image(b"\x89PNG\r\n\x1a\n", "image/png", "probe.png")
_REMOTE = Image(uri="gs://bucket/probe.png", name="probe.png")
# What a wire may have no place for, by parameter.
_PROBES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("prompt", {"prompt": "", "first_frame": _STILL}),
    ("seed", {"seed": 1}),
    ("samples", {"samples": 2}),
    ("negative_prompt", {"negative_prompt": "rain"}),
    ("generate_audio", {"generate_audio": False}),
    ("person_generation", {"person_generation": "allow_adult"}),
    ("aspect_ratio", {"aspect_ratio": "16:9"}),
    ("resolution", {"resolution": "720p"}),
    ("size", {"size": "832x480"}),
    ("first_frame", {"first_frame": _STILL}),
    ("first_frame", {"first_frame": _REMOTE}),
    ("last_frame", {"first_frame": _STILL, "last_frame": _STILL}),
    ("reference_images", {"reference_images": (_STILL,)}),
    ("reference_videos", {"reference_videos": ("cat.mp4",)}),
    ("extend_from", {"extend_from": "cat.mp4"}),
    ("edit_from", {"edit_from": "cat.mp4"}),
    ("remix_from", {"remix_from": "cat"}),
    ("upscale_from", {"upscale_from": "cat.mp4", "resolution": "1080p"}),
    ("storage_uri", {"storage_uri": "gs://bucket/"}),
    ("extra.x", {"extra": {"x": 1}}),
    ("aspect_ratio", {"aspect_ratio": "1:1"}),
    ("resolution", {"resolution": "480p"}),
    ("size", {"size": "832x480"}),
)


def schema(
    provider: Provider,
    settings: Settings,
    today: str,
    environ: Mapping[str, str],
    offered: tuple[Model, ...] = (),
) -> dict[str, Any]:
    """The form of one provider as JSON.

    Args:
        provider: where requests go.
        settings: as configured.
        today: an ISO date, to tell which models have ended.
        environ: the environment.
        offered: what the provider's own list says of its models.
    """
    default = _default(provider, settings, offered)
    known = (*offered, *models_at(provider), *([default] if default else ()))
    entries = {model.id: model for model in known if model.is_listed}

    # Models share most of their rules, so each names them by their places in one list.
    rows: dict[str, dict[str, Any]] = {}

    def described(model: Model) -> dict[str, Any]:
        own = [_row(rule, message=rule.hint) for rule in _rules(model, plan)]
        for row in own:
            rows.setdefault(repr(row), row)
        places = list(rows)
        ended = str(retired(plan({}, model).model)) if model.is_retired(today) else None
        free = {"free": True} if plan({"extra": {"x": 1}}, model).cost.usd == 0 else {}
        return {**_facts(model), **free, "retired": ended, "rules": [places.index(repr(row)) for row in own]}

    def plan(values: dict[str, Any], model: Model) -> Plan:
        asked = {"prompt": "A cat", **values, "provider": provider.name, "model": model.id or "any"}
        return make_plan(asked.pop("prompt"), asked, settings=settings, today=today, environ=environ, offered=offered)

    found = [described(model) for model in entries.values()]
    # Any other name is the operator's.
    others = {"unlisted": described(unlisted("", provider.surfaces[0], "openai_videos"))} if provider.knows else {}
    return {
        "version": 3,
        "provider": {"name": provider.name, "label": provider.label, "emulator": provider.name == "emulator"},
        "params": [_param(param) for param in PARAMS],
        "modes": MODES,
        "rules": list(rows.values()),
        "models": found,
        **others,
        "default_model": default.id if default else "",
        "image_bytes": MAX_IMAGE_BYTES,
        "parts": _prompt_parts(),
        "sizes": {f"{width}x{height}": key for key, (width, height) in SIZES.items()},
    }


@cache
def _prompt_parts() -> list[list[Any]]:
    """What a prompt may be put together from: of each part its name, its label, an example, and phrases."""
    return json.loads(Path(__file__).with_name("prompt_parts.json").read_text("utf-8"))  # type: ignore[no-any-return]


def with_offer(said: dict[str, Any], offer: Offer) -> dict[str, Any]:
    """A form with what a server says of itself; the same form where that is nothing.

    Args:
        said: from `schema`.
        offer: the models that it lists, and the parameters that it names.
    """
    # As for a request that names no model: the only one that there is.
    only = {"default_model": offer.models[0]} if len(offer.models) == 1 and not said["default_model"] else {}
    models = {"offered": list(offer.models)} if offer.models else {}
    learned = {"learned": [_extra(param) for param in offer.parameters]} if offer.parameters else {}
    return {**said, **only, **models, **learned}


def _extra(param: ExtraParam) -> dict[str, Any]:
    return {name: value for name, value in asdict(param).items() if value not in ("", None, ())}


def _param(param: Any) -> dict[str, Any]:
    """A parameter without what only the wire needs."""
    kept = ("name", "kind", "label", "help", "choices", "unit", "minimum", "maximum")
    return {key: value for key, value in asdict(param).items() if key in kept}


def _default(provider: Provider, settings: Settings, offered: tuple[Model, ...]) -> Model | None:
    """What is used when no model is named; None where the gateway has to tell."""
    try:
        return resolution.choose_model(provider, "", settings, offered)
    except ConfigError:
        return None


def _facts(model: Model) -> dict[str, Any]:
    """What the form shows of a model, and what it reckons prices with."""
    return {
        **{name: getattr(model, name) for name in _PLAIN},
        "default_resolution": VideoRequest().lines(model),
        "listed": model.is_listed,
        **({"own": True} if model.is_own and not model.is_offered else {}),
        **{name: value for name in _WHERE_SAID if (value := getattr(model, name)) not in (None, (), "")},
        **({"extra": [_extra(param) for param in model.extra]} if model.extra else {}),
        "prompt_tokens": _PROMPT_TOKENS.get(model.api),
        "rates": [_row(rate) for rate in rates_of(model)],
        "lengths": [_row(length) for length in lengths_of(model)],
        "doubts": [_row(doubt) for doubt in doubts_of(model)],
    }


def _row(row: Rule | Rate | Length | Doubt, **more: Any) -> dict[str, Any]:
    """A row without what only Python needs, and without what says nothing, since every byte goes to each form."""
    kept = {name: value for name, value in asdict(row).items() if name not in {"message", "hint", "offered", "note"}}
    return {name: value for name, value in {**kept, **more}.items() if value}


def _rules(model: Model, plan: Callable[[dict[str, Any], Model], Plan]) -> Iterator[Rule]:
    """What the model asks, then what the way to it has no place for, found out for each parameter by itself."""
    # A gateway serves a model of another place, whose rules are told as the gateway's.
    served = plan({}, model).model
    yield from rules_of(served)
    for name, values in _PROBES:
        probe = plan(values, model)
        known = {rule.parameter for rule, _ in broken(probe.request, served)}
        for error in probe.violations:
            # Which sizes a wire has is not the model's business, whose own values an error of its rules would name.
            if error.parameter == name and name not in known and (name in _SHAPE or not error.allowed):
                words = str(error).removeprefix(f"{name}: ").replace("'any'", "'NAME'")
                remote = values.get(name) == _REMOTE
                yield bytes_only(name, "") if remote else _uncarried(name, values, words, model)


def _uncarried(name: str, values: Mapping[str, Any], message: str, model: Model) -> Rule:
    """The rule for what cannot be sent, by which what is sent anyway can still be said."""
    choices = BY_NAME[name].choices if name in BY_NAME else ()
    if choices and values[name] not in choices:
        return Rule(name, "in", choices, hint=f"Here only {', '.join(choices)}.")
    if name == "prompt":
        return next(Rule(name, "given", hint=rule.hint) for rule in rules_of(model) if rule.parameter == name)
    if name == "samples":
        return Rule(name, "most", (1,), hint=message)
    if name == "generate_audio":
        return Rule(name, "in", (model.audio,), hint=message)
    return absent(name.removesuffix(".x"), "", message)
