"""The one list of request parameters.

Python keywords, magic flags, form controls, the ledger and the docs are all drawn from `PARAMS`. What a value may be
for a given model is in the catalog; what is here holds for every model.

Names on the wire: https://ai.google.dev/gemini-api/docs/video and the Agent Platform's Veo model reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "choice", "integer", "number", "boolean", "image", "images", "video", "uri"]


@dataclass(frozen=True)
class Param:
    """One parameter of a request.

    Attributes:
        name: the Python keyword and the word used everywhere.
        kind: how a value is read and which control edits it.
        label: what stands beside the control.
        help: one sentence for ``--help`` and tooltips.
        wire: the name in ``parameters`` or ``instances[0]`` of predictLongRunning.
        place: which of the two it belongs in.
        choices: every value any model takes, for completion; a model may take fewer.
        aliases: other names taken for it, of flags and keywords alike.
        unit: the unit of a number.
        minimum, maximum: bounds that hold for every model.
    """

    name: str
    kind: Kind
    label: str
    help: str
    wire: str
    place: Literal["parameters", "instance"] = "parameters"
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def flag(self) -> str:
        """The magic's flag, such as ``--aspect-ratio``."""
        return "--" + self.name.replace("_", "-")


PARAMS: tuple[Param, ...] = (
    Param("prompt", "text", "Prompt", "What the video shows.", "prompt", "instance"),
    Param(
        "negative_prompt",
        "text",
        "Leave out",
        "What the video should not show, described rather than negated.",
        "negativePrompt",
    ),
    Param(
        "aspect_ratio",
        "choice",
        "Ratio",
        "Width to height.",
        "aspectRatio",
        choices=("16:9", "9:16"),
    ),
    Param(
        "resolution",
        "choice",
        "Resolution",
        "Lines of the picture's shorter side.",
        "resolution",
        choices=("360p", "720p", "1080p", "4k"),
    ),
    Param(
        "duration_seconds",
        "number",
        "Length",
        "Length of each clip in seconds.",
        "durationSeconds",
        aliases=("seconds",),
        unit="s",
        minimum=1,
    ),
    Param("samples", "integer", "Clips", "How many clips to make.", "sampleCount", minimum=1),
    Param(
        "seed",
        "integer",
        "Seed",
        "A number that makes the result repeatable as far as the model allows.",
        "seed",
        minimum=0,
        maximum=4294967295,
    ),
    Param(
        "person_generation",
        "choice",
        "People",
        "Which people may appear.",
        "personGeneration",
        choices=("allow_adult", "dont_allow", "allow_all"),
    ),
    Param("generate_audio", "boolean", "Sound", "Whether the clip has sound.", "generateAudio"),
    Param(
        "first_frame",
        "image",
        "First frame",
        "The image the clip starts from.",
        "image",
        "instance",
        aliases=("input_reference",),
    ),
    Param(
        "last_frame",
        "image",
        "Last frame",
        "The image the clip ends on; needs a first frame.",
        "lastFrame",
        "instance",
    ),
    Param(
        "reference_images",
        "images",
        "References",
        "Images of people or things that the clip should show.",
        "referenceImages",
        "instance",
        aliases=("reference_image",),
    ),
    Param(
        "extend_from",
        "video",
        "Extend",
        "A clip to continue: its address at the service, or its file.",
        "video",
        "instance",
    ),
    Param(
        "storage_uri",
        "uri",
        "Bucket",
        "Agent Platform: a gs:// prefix for the clips, instead of sending them in the answer.",
        "storageUri",
    ),
)

BY_NAME: dict[str, Param] = {param.name: param for param in PARAMS}
ALIASES: dict[str, str] = {alias: param.name for param in PARAMS for alias in param.aliases}

# OpenAI's `size` for each ratio and resolution: width x height of the picture in pixels.
SIZES: dict[tuple[str, str], tuple[int, int]] = {
    ("16:9", "360p"): (640, 360),
    ("9:16", "360p"): (360, 640),
    ("16:9", "720p"): (1280, 720),
    ("9:16", "720p"): (720, 1280),
    ("16:9", "1080p"): (1920, 1080),
    ("9:16", "1080p"): (1080, 1920),
    ("16:9", "4k"): (3840, 2160),
    ("9:16", "4k"): (2160, 3840),
}
