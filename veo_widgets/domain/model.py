"""A model: what it can do and costs. Field names are those of ``catalog.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

# The names of the surfaces in `catalog.json`.
GEMINI_API = "gemini-developer-api"
AGENT_PLATFORM = "agent-platform"
OPENAI = "openai"
AZURE_OPENAI = "azure-openai"
# The status of a model that its gateway's own list describes.
OFFERED = "offered"


@dataclass(frozen=True)
class TypicalSeconds:
    """How long a create takes, from the request to the finished clip, in seconds.

    Attributes:
        is_guess: whether nothing is known of it: it may be done at once or take an hour.
    """

    low: float
    likely: float
    high: float
    source: str = ""
    is_guess: bool = False

    def sped_up(self, factor: float) -> TypicalSeconds:
        """The same range for a service that is `factor` times as fast."""
        return replace(self, low=self.low / factor, likely=self.likely / factor, high=self.high / factor)


@dataclass(frozen=True)
class ExtraParam:
    """A parameter that only this model has, beside those of `domain.params`.

    Attributes:
        name: as the server calls it; a dotted one is a path in the body.
        kind: how its value is read, and what the form shows for it.
        label: what people call it; the name, if empty.
        default: what the server takes where nothing is said. It is shown, and sent only if it is said.
        minimum, maximum: of a number, both included; None for no limit.
        choices: of the kind ``choice``.
        unit: what a number counts, such as ``s``.
    """

    name: str
    kind: Literal["text", "choice", "integer", "number", "boolean"]
    label: str = ""
    help: str = ""
    default: str | int | float | bool | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Model:
    """One model on one surface. Field names are those of ``catalog.json``.

    Attributes:
        usd_per_second: US dollars for each second of one clip with sound, by resolution; under an empty name, whatever
            the resolution.
        usd_per_clip: US dollars for each clip, beside what its seconds cost; 0 alone makes a model free.
        sizes: widths and heights in pixels, such as ``832x480``, of a model that is told no ratio and no resolution.
        default_size: one of them; the first, if empty.
        extra: parameters that only this model has.
        images_cost_extra: whether images are charged beside the seconds, at a price that is not reckoned here.
        provider: of a model of one's own, who serves it; empty for every gateway.
        origin: of a model of one's own, where it was described, for people; empty for one of the shipped catalog.
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
    # In this field and the following ones, None means that no source says it: the service decides.
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
    usd_per_clip: float | None = None
    sizes: tuple[str, ...] = ()
    default_size: str = ""
    extra: tuple[ExtraParam, ...] = ()
    images_cost_extra: bool = False
    provider: str = ""
    origin: str = ""
    unconfirmed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    # Fields of the catalog that this version has no use for.
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def is_retired(self, today: str) -> bool:
        """Whether the service has ended the model by `today`, an ISO date."""
        # A date that no source confirms must not keep a request from being sent.
        return self.status == "shut_down" or (self._is_past(today) and not self.ends_perhaps)

    def may_have_ended(self, today: str) -> bool:
        """Whether a date that no source confirms says that the service has ended the model by `today`."""
        return self._is_past(today) and not self.is_retired(today)

    def _is_past(self, today: str) -> bool:
        return bool(self.shut_down and self.shut_down <= today)

    @property
    def ends_perhaps(self) -> bool:
        """Whether the date of its end is unconfirmed."""
        return self.status == "unconfirmed" or any(doubt.startswith("shut_down") for doubt in self.unconfirmed)

    @property
    def upscales(self) -> bool:
        """Whether it makes a clip again with more lines."""
        # The catalog has no field of its own for it: a rule for the mode is what tells.
        return not self.is_listed or any(rule["if"].get("mode") == "upscale" for rule in self.constraints)

    @property
    def is_listed(self) -> bool:
        """Whether the catalog knows the model; if not, it stands for whatever an operator has given that name."""
        return self.status != "unlisted"

    @property
    def is_own(self) -> bool:
        """Whether somebody described it beside the catalog."""
        return bool(self.origin)

    @property
    def is_offered(self) -> bool:
        """Whether its gateway's own list described it."""
        return self.status == OFFERED

    @property
    def has_price(self) -> bool:
        """Whether anything is said of what its clips cost."""
        return self.usd_per_clip is not None or bool(self.usd_per_second or self.usd_per_million_tokens)

    @property
    def is_free(self) -> bool:
        """Whether its clips are known to cost nothing, whatever is asked for."""
        # An unknown price is not zero: a rate of 0 for one resolution says nothing of the others.
        said = self.usd_per_clip == 0 or self.usd_per_second.get("") == 0
        return said and not (self.usd_per_clip or any(self.usd_per_second.values()) or self.usd_per_million_tokens)


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
        typical_seconds=TypicalSeconds(1, 60, 600, "nobody says it", is_guess=True),
        checked_on="",
        source=("the operator of the gateway",),
        edit=None,
        reference_videos_max=None,
    )
