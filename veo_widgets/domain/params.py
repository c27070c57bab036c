"""The one list of request parameters.

Python keywords, magic flags, form controls, the ledger and the docs are all drawn from `PARAMS`. What a value may be
for a given model is in the catalog; what is here holds for every model.

Names on the wire: https://ai.google.dev/gemini-api/docs/video and the Agent Platform's Veo model reference.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from .errors import InvalidRequestError, nearest

Kind = Literal["text", "choice", "integer", "number", "boolean", "image", "images", "video", "videos", "uri"]


@dataclass(frozen=True)
class Param:
    """One parameter of a request.

    Attributes:
        name: the Python keyword and the word used everywhere.
        kind: how a value is read and which control edits it.
        label: what stands beside the control.
        help: one sentence for ``--help`` and tooltips.
        wire: the name in ``parameters`` or ``instances[0]`` of predictLongRunning; empty if it has no place there.
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
        "Exclude",
        "What the video should not show: name it, without “no” or “don't”.",
        "negativePrompt",
    ),
    Param(
        "aspect_ratio",
        "choice",
        "Ratio",
        "Width to height of the picture.",
        "aspectRatio",
        choices=("16:9", "9:16"),
    ),
    Param(
        "resolution",
        "choice",
        "Resolution",
        "Lines of the picture's shorter side.",
        "resolution",
        choices=("360p", "720p", "1024p", "1080p", "4k"),
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
        "Images of people or things to show in the clip.",
        "referenceImages",
        "instance",
        aliases=("reference_image",),
    ),
    Param(
        "extend_from",
        "video",
        "Extend",
        "A clip to continue: its address or id at the service, or its file.",
        "video",
        "instance",
        aliases=("extend",),
    ),
    Param(
        "reference_videos",
        "videos",
        "Video references",
        "Short clips of a movement, a person or a style to imitate.",
        "",
        aliases=("reference_video",),
    ),
    Param(
        "edit_from",
        "video",
        "Edit",
        "A clip to edit as the prompt says: its address or id at the service, or its file.",
        "",
        aliases=("edit",),
    ),
    Param(
        "remix_from",
        "video",
        "Remix",
        "A video at the service to remake as the prompt says: its id.",
        "",
        aliases=("remix",),
    ),
    Param(
        "upscale_from",
        "video",
        "Upscale",
        "A clip to remake at a higher resolution: its address or id at the service, or its file.",
        "",
        aliases=("upscale",),
    ),
    Param(
        "storage_uri",
        "uri",
        "Bucket",
        "Agent Platform: a gs:// prefix to write the clips to, instead of returning them in the response.",
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
    ("16:9", "1024p"): (1792, 1024),
    ("9:16", "1024p"): (1024, 1792),
    ("16:9", "1080p"): (1920, 1080),
    ("9:16", "1080p"): (1080, 1920),
    ("16:9", "4k"): (3840, 2160),
    ("9:16", "4k"): (2160, 3840),
}

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def refusal(param: Param, value: object, wanted: str) -> InvalidRequestError:
    """The error of a value that is not `wanted`."""
    return InvalidRequestError(
        f"{param.name}: {value!r} is not {wanted}.", parameter=param.name, value=value, allowed=(wanted,)
    )


def read_plain(param: Param, value: object) -> Any:
    """A value of a parameter that is no picture and no clip, read from a Python value or from text.

    Raises:
        InvalidRequestError: it cannot be read so, or lies outside the bounds that hold for every model.
    """
    return _READERS[param.kind](param, value)


def read_size(value: object) -> dict[str, Any]:
    """OpenAI's ``size`` as the two parameters it stands for.

    Raises:
        InvalidRequestError: no service knows that size.
    """
    sizes = {f"{width}x{height}": key for key, (width, height) in SIZES.items()}
    key = sizes.get(str(value).lower().replace("×", "x").replace(" ", ""))
    if key is None:
        raise InvalidRequestError(
            f"size: {value!r} is not a size the services know; allowed are {', '.join(sizes)}.{nearest(value, sizes)}",
            parameter="size",
            value=value,
            allowed=sizes,
        )
    return {"aspect_ratio": key[0], "resolution": key[1]}


def _read_number(param: Param, value: object) -> float:
    try:
        text = str(value).strip()
        number = None if isinstance(value, bool) else float(text.removesuffix("s") if param.unit == "s" else text)
    except ValueError:
        number = None
    if number is None or not isfinite(number):
        raise refusal(param, value, "a number of seconds" if param.unit == "s" else "a number")
    if param.minimum is not None and number < param.minimum:
        raise refusal(param, value, f"at least {param.minimum:.0f}")
    if param.maximum is not None and number > param.maximum:
        raise refusal(param, value, f"at most {param.maximum:.0f}")
    return number


def _read_integer(param: Param, value: object) -> int:
    # An integer as text is read as such: a float would blur a long seed before it could be refused.
    if isinstance(value, str):
        with suppress(ValueError):
            value = int(value)
    number = _read_number(param, value)
    if number != int(number):
        raise refusal(param, value, "a whole number")
    return value if isinstance(value, int) else int(number)


def _read_boolean(param: Param, value: object) -> bool:
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise refusal(param, value, "true or false")
    return text in _TRUE


def _read_choice(param: Param, value: object) -> str:
    text = str(value).strip().lower()
    if text not in param.choices:
        raise InvalidRequestError(
            f"{param.name}: {value!r} is not one of {', '.join(param.choices)}.{nearest(value, param.choices)}",
            parameter=param.name,
            value=value,
            allowed=param.choices,
        )
    return text


def _read_text(param: Param, value: object) -> str:
    if not isinstance(value, str):
        raise refusal(param, value, "text")
    return value.strip()


def _read_uri(param: Param, value: object) -> str:
    if not isinstance(value, str) or not value.startswith("gs://"):
        raise refusal(param, value, "a gs:// address")
    return value


_READERS: dict[str, Callable[[Param, Any], Any]] = {
    "text": _read_text,
    "choice": _read_choice,
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
    "uri": _read_uri,
}
