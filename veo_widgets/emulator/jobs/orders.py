"""What a create asked for, once it has passed every check."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ...domain.catalog import Model
from ..faults.front_matter import Directions
from ..rendering.clips import Recipe
from ..rendering.scene import FPS

PREDICT = "predictLongRunning"
INTERACTIONS = "interactions"
OPENAI_VIDEOS = "openai_videos"


@dataclass(frozen=True)
class Order:
    """One accepted create.

    Attributes:
        surface: the catalog's name of the surface.
        model: the model's id.
        prompt: without front matter.
        resolution: one of the model's; of one that has sizes, the size.
        aspect_ratio: one of the model's.
        duration_seconds: of what is made: of an extension, what it adds; 0 where a given video is only changed.
        samples: how many clips.
        seed: if one was given.
        audio: whether the clips have sound.
        negative_prompt: may be empty.
        crop: whether pictures are cropped rather than padded.
        first_frame: the key of a picture in the media store; so are the next three.
        last_frame: likewise.
        references: likewise.
        source: likewise, a video to extend or to change.
        source_frames: its length.
        hops: how many extensions the result has behind it.
        storage_uri: where the clips shall be put, ``gs://…``; empty: into the reply.
        directions: how the request shall go.
        wire: the catalog's name of the wire it came by.
        alias: what the client called the model, where that is not its id.
        parent: the public id of the job this one continues or changes.
        scene: as in `Recipe`; so is the next.
        theme: likewise.
        by_uri: whether an interaction names a file rather than holding the bytes.
        stored: whether an interaction can be asked for again.
        upscaled_from: the resolution before an upscale.
        fps: frames a second.
    """

    surface: str
    model: str
    prompt: str
    resolution: str
    aspect_ratio: str
    duration_seconds: float
    samples: int = 1
    seed: int | None = None
    audio: bool = True
    negative_prompt: str = ""
    crop: bool = False
    first_frame: str | None = None
    last_frame: str | None = None
    references: tuple[str, ...] = ()
    source: str | None = None
    source_frames: int = 0
    hops: int = 0
    storage_uri: str = ""
    directions: Directions = field(default_factory=Directions)
    wire: str = PREDICT
    alias: str = ""
    parent: str = ""
    scene: int | None = None
    theme: str = ""
    by_uri: bool = False
    stored: bool = True
    upscaled_from: str = ""
    fps: int = FPS

    @property
    def total_seconds(self) -> float:
        """The length of the result, a source included."""
        return self.source_frames / FPS + self.duration_seconds

    def recipe(self, sample: int) -> Recipe:
        """How to render clip number `sample`."""
        return Recipe(
            model=self.model,
            prompt=self.prompt,
            resolution=self.resolution,
            aspect_ratio=self.aspect_ratio,
            duration_seconds=self.duration_seconds,
            seed=self.seed,
            sample=sample,
            samples=self.samples,
            audio=self.audio,
            negative_prompt=self.negative_prompt,
            first_frame=self.first_frame,
            last_frame=self.last_frame,
            references=self.references,
            source=self.source,
            crop=self.crop,
            scene=self.scene,
            theme=self.theme,
            fps=self.fps,
        )

    def delivery(self, sample: int) -> Recipe:
        """How clip number `sample` is rendered: as asked, unless the directions say otherwise."""
        asked, said = self.recipe(sample), self.directions
        return replace(
            asked,
            duration_seconds=asked.duration_seconds if said.gives_seconds is None else said.gives_seconds,
            resolution=said.gives_resolution or asked.resolution,
            aspect_ratio=said.gives_ratio or asked.aspect_ratio,
            audio=asked.audio and said.gives_sound != "no",
        )

    def delivered(self) -> tuple[int, ...]:
        """The indexes of the samples that come out; the filter takes the last one of a partial outcome."""
        count = {"done": self.samples, "partial": self.samples - 1}.get(self.directions.outcome, 0)
        return tuple(range(count))

    def filtered(self) -> int:
        """How many samples the filter withholds."""
        return {"filtered": self.samples, "partial": 1}.get(self.directions.outcome, 0)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Order:
        """The inverse of `to_json`."""
        # JSON has no tuples and no nested classes.
        directions = Directions.from_json(values["directions"])
        return cls(**{**values, "references": tuple(values["references"]), "directions": directions})


def mode_of(order_has: set[str]) -> str:
    """The mode that the media of a request imply, as the catalog's rules name it."""
    # In this order, since a request for an extension may have pictures beside the video.
    if "video" in order_has:
        return "extension"
    if "referenceImages" in order_has:
        return "reference"
    if "lastFrame" in order_has:
        return "interpolation"
    return "image" if "image" in order_has else "text"


def has_sound(model: Model, asked: object) -> bool:
    """Whether clips of `model` have sound when the request said `asked`."""
    # A model whose sound cannot be turned off keeps it, whatever was asked.
    return model.audio and (asked is not False or not model.audio_switch)
