"""What every model can do and costs, read from ``catalog.json``.

One entry per model and surface: the same model has other limits at the Gemini Developer API than at the Agent Platform.
Each entry names its sources, what about it is unconfirmed, and the day it was checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .errors import UnknownModelError, nearest

GEMINI_API = "gemini-developer-api"
AGENT_PLATFORM = "agent-platform"
OPENAI = "openai"
AZURE_OPENAI = "azure-openai"


@dataclass(frozen=True)
class TypicalSeconds:
    """How long a create takes, from the request to the finished clip, in seconds."""

    low: float
    likely: float
    high: float
    source: str = ""

    def sped_up(self, factor: float) -> TypicalSeconds:
        """The same range for a service that is `factor` times as fast."""
        return TypicalSeconds(self.low / factor, self.likely / factor, self.high / factor, self.source)


@dataclass(frozen=True)
class Model:
    """One model on one surface. Field names are those of ``catalog.json``.

    Attributes:
        usd_per_second: US dollars for each second of one clip with sound, by resolution.
        edit: whether it changes a clip as a prompt says; None if nobody knows.
        reference_videos_max: how many clips can be taken something up from.
        usd_per_million_tokens: US dollars by kind of token (``input``, ``text``, ``video``) where tokens are charged.
        upscale_tokens_per_second: video tokens for each second of a clip made larger, by its new resolution; the most
            where several sources can become it.
        constraints: rules that tie parameters together, as ``{"if": …, "then": …}``.
        unconfirmed: fields that the sources contradict or leave open.
        requests_per_minute: how many creates a project may send by default; None if nobody says.
        shut_down: the ISO date the service ends or ended it, if one is known.
    """

    id: str
    surface: str
    family: str
    api: str
    status: str
    max_samples: int
    durations_s: tuple[float, ...]
    durations_continuous: bool
    default_duration_s: float
    resolutions: tuple[str, ...]
    default_resolution: str
    aspect_ratios: tuple[str, ...]
    default_aspect_ratio: str
    fps: int
    audio: bool
    audio_switch: bool
    seed: bool
    negative_prompt: bool
    image_to_video: bool
    last_frame: bool | None
    reference_images_max: int | None
    extension: Mapping[str, Any] | None
    person_generation: Mapping[str, Any] | None
    constraints: tuple[Mapping[str, Any], ...]
    usd_per_second: Mapping[str, float]
    typical_seconds: TypicalSeconds
    checked_on: str
    source: tuple[str, ...]
    requests_per_minute: int | None = None
    released: str | None = None
    shut_down: str | None = None
    replacement: str | None = None
    usd_notes: str | None = None
    edit: bool | None = False
    reference_videos_max: int | None = 0
    usd_per_million_tokens: Mapping[str, float] = field(default_factory=dict)
    upscale_tokens_per_second: Mapping[str, float] = field(default_factory=dict)
    unconfirmed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def is_retired(self, today: str) -> bool:
        """Whether the service has ended the model by `today`, an ISO date."""
        return self.status == "shut_down" or bool(
            self.shut_down and self.status != "unconfirmed" and self.shut_down <= today
        )

    @property
    def upscales(self) -> bool:
        """Whether it makes a clip again with more lines."""
        return not self.is_listed or any(rule["if"].get("mode") == "upscale" for rule in self.constraints)

    @property
    def is_listed(self) -> bool:
        """Whether the catalog knows the model; if not, it stands for whatever an operator has given that name."""
        return self.status != "unlisted"


def _model(entry: Mapping[str, Any], surface: str) -> Model:
    known = Model.__dataclass_fields__
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items() if key in known
    }
    values["surface"] = surface
    values["typical_seconds"] = TypicalSeconds(**entry["typical_seconds"])
    values["usd_per_second"] = entry["usd_per_second"] or {}
    values["more"] = {key: value for key, value in entry.items() if key not in known}
    return Model(**values)


@cache
def models() -> tuple[Model, ...]:
    """Every model on every surface, in the catalog's order."""
    text = Path(__file__).with_name("catalog.json").read_text("utf-8")
    entries: Iterable[Mapping[str, Any]] = json.loads(text)["models"]
    return tuple(_model(entry, surface) for entry in entries for surface in entry["surfaces"])


def find(model_id: str, surfaces: Iterable[str]) -> Model:
    """The entry for `model_id` on the first of `surfaces` that has it.

    Args:
        model_id: the id without a provider's prefix, such as ``veo-3.1-generate-001``.
        surfaces: surface names in order of preference.

    Raises:
        UnknownModelError: none of the surfaces lists the model.
    """
    wanted = tuple(surfaces)
    for surface in wanted:
        for model in models():
            if model.id == model_id and model.surface == surface:
                return model
    elsewhere = [model.surface for model in models() if model.id == model_id]
    ids = sorted({model.id for model in models() if model.surface in wanted and model.status != "shut_down"})
    raise UnknownModelError(
        f"model: {model_id!r} is not known at {' or '.join(wanted)}; known are {', '.join(ids)}."
        + (f" It is at {' and '.join(elsewhere)}." if elsewhere else nearest(model_id, ids)),
        parameter="model",
        value=model_id,
        allowed=ids,
    )


def unlisted(model_id: str, surface: str, api: str) -> Model:
    """An entry for a name that only the operator of a gateway knows: no limits, no defaults, no price.

    Args:
        model_id: the operator's name.
        surface: where it is served.
        api: the wire it is reached by.
    """
    return Model(
        id=model_id,
        surface=surface,
        family="",
        api=api,
        status="unlisted",
        max_samples=100,
        durations_s=(),
        durations_continuous=True,
        default_duration_s=0.0,
        resolutions=(),
        default_resolution="",
        aspect_ratios=(),
        default_aspect_ratio="",
        fps=0,
        audio=True,
        audio_switch=True,
        seed=True,
        negative_prompt=True,
        image_to_video=True,
        last_frame=None,
        reference_images_max=None,
        extension={},
        person_generation=None,
        constraints=(),
        usd_per_second={},
        typical_seconds=TypicalSeconds(30, 120, 600, "an estimate; gateways differ"),
        checked_on="",
        source=("the operator of the gateway",),
        edit=None,
        reference_videos_max=None,
    )
