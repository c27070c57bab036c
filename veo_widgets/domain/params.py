"""The one list of request parameters.

Python keywords, magic flags, form controls, the ledger and the docs are all drawn from `PARAMS`. What a value may be
for a given model is in the catalog; what is here holds for every model.

Names on the wire: https://ai.google.dev/gemini-api/docs/video and the Agent Platform's Veo model reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from .errors import InvalidRequestError, nearest
from .json_values import read_object

Kind = Literal[
    "text", "choice", "integer", "number", "boolean", "image", "images", "video", "videos", "uri", "size", "object"
]


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
        choices: every value any model of the catalog takes, for completion; a model may take fewer.
        form: how values look that only models outside the catalog take, as a pattern; empty where there are none.
        example: one of them, for messages.
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
    form: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def flag(self) -> str:
        """The magic's flag, such as ``--aspect-ratio``."""
        return "--" + self.name.replace("_", "-")


PARAMS: tuple[Param, ...] = (
    # The order is that of forms, `--help` and tables.
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
        # Neither side is nothing.
        form=r"(?![0.]+:)\d{1,4}(\.\d{1,3})?:(?![0.]+$)\d{1,4}(\.\d{1,3})?",
        example="1:1",
    ),
    Param(
        "resolution",
        "choice",
        "Resolution",
        "Lines of the picture's shorter side.",
        "resolution",
        # All that any model knows; each takes a few of them.
        choices=("360p", "720p", "1024p", "1080p", "4k"),
        form=r"[1-9]\d{2,3}p|[1-9]\d?k",
        example="480p",
    ),
    Param(
        "size",
        "size",
        "Size",
        "Width and height in pixels: 1280x720 is 16:9 at 720p; 832x480 is for models that are in no catalog.",
        "",
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
        # 32 bits without a sign, as Google's reference says of it.
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
    Param(
        "extra",
        "object",
        "Extra",
        "Any other field that the model takes, sent as it is; a dotted name is a path in the body.",
        "",
    ),
)

BY_NAME: dict[str, Param] = {param.name: param for param in PARAMS}
ALIASES: dict[str, str] = {alias: param.name for param in PARAMS for alias in param.aliases}

# OpenAI's `size` for each ratio and resolution: width x height of the picture in pixels.
# OpenAI has one field for two of ours; its sizes of 1024 lines are those of Sora's pro model.
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

_SIZE = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")
_PIXELS = re.compile(r"-?[0-9]+x-?[0-9]+")
# As people write flags and settings files.
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def refusal(param: Param, value: object, wanted: str) -> InvalidRequestError:
    """The error of a value that is not `wanted`."""
    return InvalidRequestError(
        f"{param.name}: {value!r} is not {wanted}.", parameter=param.name, value=value, allowed=(wanted,)
    )


def read_plain(param: Param, value: object) -> Any:
    """The value of a parameter other than a picture or a clip, read from a Python value or from text.

    Raises:
        InvalidRequestError: it cannot be read so, or lies outside the bounds that hold for every model.
    """
    return _READERS[param.kind](param, value)


def read_size(value: object) -> dict[str, Any]:
    """OpenAI's ``size`` as the two parameters it stands for; any other size as it is, for models that take such.

    Raises:
        InvalidRequestError: it is no size.
    """
    # `×` is what our own pages and tables show, so it comes back by copying.
    sizes = {f"{width}x{height}": key for key, (width, height) in SIZES.items()}
    text = str(value).lower().replace("×", "x").replace(" ", "")
    if key := sizes.get(text):
        return {"aspect_ratio": key[0], "resolution": key[1]}
    if _PIXELS.fullmatch(text) and not _SIZE.fullmatch(text):
        message = f"size: {value!r} is out of range; a side has 10 to 99999 pixels, as in 832x480."
        raise InvalidRequestError(message, parameter="size", value=value, allowed=sizes)
    if not _SIZE.fullmatch(text):
        raise InvalidRequestError(
            f"size: {value!r} is not a width and a height in pixels such as 832x480; services know {', '.join(sizes)}."
            f"{nearest(value, sizes)}",
            parameter="size",
            value=value,
            allowed=sizes,
        )
    return {"size": text}


def size_of(text: str) -> tuple[int, int]:
    """Width and height of a size as `read_size` returns it."""
    width, _, height = text.partition("x")
    return int(width), int(height)


def _read_number(param: Param, value: object) -> float:
    try:
        text = str(value).strip()
        # True would be read as 1.
        number = None if isinstance(value, bool) else float(text.removesuffix("s") if param.unit == "s" else text)
    except ValueError:
        number = None
    # "nan" and "inf" are floats to Python.
    if number is None or not isfinite(number):
        raise refusal(param, value, "a number of seconds" if param.unit == "s" else "a number")
    # Bounds of the model are the rules' business.
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
    # `bool("no")` would be true.
    return text in _TRUE


def _read_choice(param: Param, value: object) -> str:
    text = str(value).strip().lower()
    if text not in param.choices and not (param.form and re.fullmatch(param.form, text)):
        other = f", nor anything like {param.example}" if param.form else ""
        # Numbers in the right shape are no slip of the pen.
        hint = "" if re.fullmatch(r"[-0-9.]+:[-0-9.]+", text) else nearest(value, param.choices)
        raise InvalidRequestError(
            f"{param.name}: {value!r} is not one of {', '.join(param.choices)}{other}.{hint}",
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
    # The Agent Platform writes to its own cloud's buckets only.
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
    "object": lambda param, value: read_object(value, param.name),
}
