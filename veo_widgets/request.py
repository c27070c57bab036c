"""What is asked for: one frozen value that the form, the magic, Python and the ledger share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

from .catalog import Model
from .errors import InvalidRequestError, nearest
from .media import Image, Video
from .params import ALIASES, BY_NAME, SIZES, Param

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


@dataclass(frozen=True)
class VideoRequest:
    """A request for one or several clips. None means "not said": the model's default holds.

    Attributes:
        prompt: what the clips show.
        model: the model's id without a provider's prefix.
        aspect_ratio: ``16:9`` or ``9:16``.
        resolution: ``720p``, ``1080p``, ``4k``, …
        duration_seconds: length of each clip in seconds.
        samples: number of clips.
        extend_from: a clip to continue: its address at the service, or a path.
        storage_uri: a ``gs://`` prefix for the results (Agent Platform).
        allow_retired: send the request even if the catalog says the model has ended.
    """

    prompt: str = ""
    model: str = ""
    negative_prompt: str | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    duration_seconds: float | None = None
    samples: int | None = None
    seed: int | None = None
    person_generation: str | None = None
    generate_audio: bool | None = None
    first_frame: Image | None = None
    last_frame: Image | None = None
    reference_images: tuple[Image, ...] = ()
    extend_from: str | None = None
    storage_uri: str | None = None
    allow_retired: bool = False

    @classmethod
    def build(cls, prompt: str, model: str = "", *, allow_retired: bool = False, **values: Any) -> VideoRequest:
        """Read a request in either spelling.

        Args:
            prompt: what the clips show.
            model: the model's id.
            allow_retired: see the class.
            values: the parameters of `params.PARAMS` under their names or aliases, as values or as text
                (``seconds="8"``), and OpenAI's ``size`` (``"1280x720"`` is 16:9 at 720p).

        Raises:
            InvalidRequestError: an unknown name, an unreadable value, or two spellings that contradict each other.
        """
        found: dict[str, Any] = {}
        for name, value in values.items():
            if value is None:
                continue
            for key, read in _read(name, value).items():
                if key in found and found[key] != read:
                    raise InvalidRequestError(
                        f"{key}: said twice, as {found[key]!r} and as {read!r}; give it once.",
                        parameter=key,
                        value=read,
                    )
                found[key] = read
        if not isinstance(prompt, str):
            raise InvalidRequestError(
                f"prompt: {type(prompt).__name__} is not text.", parameter="prompt", value=prompt, allowed=("text",)
            )
        return cls(prompt=prompt.replace("\r\n", "\n").strip(), model=model, allow_retired=allow_retired, **found)

    @property
    def mode(self) -> str:
        """``text``, ``image``, ``interpolation``, ``reference`` or ``extension``, as the catalog's rules name it."""
        if self.extend_from:
            return "extension"
        if self.reference_images:
            return "reference"
        if self.last_frame:
            return "interpolation"
        return "image" if self.first_frame else "text"

    @property
    def images(self) -> tuple[Image, ...]:
        """Every image of the request."""
        return tuple(image for image in (self.first_frame, self.last_frame, *self.reference_images) if image)

    def completed(self, model: Model) -> VideoRequest:
        """The same request with the model's defaults filled in, so that what is priced is what is sent."""
        return replace(
            self,
            aspect_ratio=self.aspect_ratio or model.default_aspect_ratio,
            resolution=self.resolution or model.default_resolution,
            duration_seconds=self.duration_seconds or _default_duration(self, model),
            samples=self.samples or 1,
            generate_audio=model.audio if self.generate_audio is None else self.generate_audio,
        )

    def picture_size(self, model: Model) -> tuple[int, int]:
        """Width and height in pixels that the clips will have."""
        full = self.completed(model)
        return SIZES.get((full.aspect_ratio or "", full.resolution or ""), (1280, 720))

    def settings(self) -> list[tuple[str, str]]:
        """Label and value of everything that was said but the prompt and the model, for people."""
        shown: list[tuple[str, str]] = []
        for param in BY_NAME.values():
            value = getattr(self, param.name)
            if param.name != "prompt" and value not in (None, (), ""):
                shown.append((param.label, _describe(value, param.unit)))
        return shown

    def said(self) -> dict[str, Any]:
        """The parameters that were said, by name: what `build` would need to make this request again."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        # A seed of 0 and sound switched off are said; `allow_retired` is only when it is on.
        return {
            name: value
            for name, value in values.items()
            if value not in (None, (), "") and not (name == "allow_retired" and not value)
        }


def _default_duration(request: VideoRequest, model: Model) -> float:
    """The model's default, unless a rule that already applies allows other lengths only."""
    for rule in model.constraints:
        allowed = rule["then"].get("duration_s")
        if allowed and model.default_duration_s not in allowed and applies(rule["if"], request, model):
            return float(allowed[0])
    return float(model.default_duration_s)


def applies(conditions: Mapping[str, Any], request: VideoRequest, model: Model) -> bool:
    """Whether every condition of a catalog rule holds for the request."""
    facts = {
        "resolution": request.resolution or model.default_resolution,
        "mode": request.mode,
        "has_last_frame": request.last_frame is not None,
        "has_reference_images": bool(request.reference_images),
        "has_reference_videos": False,
    }
    return all(facts.get(key) == wanted for key, wanted in conditions.items())


def _describe(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Image):
        return value.describe()
    if isinstance(value, tuple):
        return ", ".join(_describe(item, unit) for item in value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {unit}".strip()


def _read(name: str, value: object) -> dict[str, Any]:
    """One argument as parameters of ours: usually one, two for ``size``."""
    if name == "size":
        return _read_size(value)
    canonical = ALIASES.get(name, name)
    param = BY_NAME.get(canonical)
    if param is None or canonical == "prompt":
        names = [*BY_NAME, *ALIASES, "size", "model"]
        raise InvalidRequestError(
            f"{name}: no such parameter; there are {', '.join(BY_NAME)}.{nearest(name, names)}",
            parameter=name,
            value=value,
            allowed=names,
        )
    return {canonical: _READERS[param.kind](param, value)}


def _read_size(value: object) -> dict[str, Any]:
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


def _refuse(param: Param, value: object, wanted: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{param.name}: {value!r} is not {wanted}.", parameter=param.name, value=value, allowed=(wanted,)
    )


def _read_number(param: Param, value: object) -> float:
    try:
        text = str(value).strip()
        number = None if isinstance(value, bool) else float(text.removesuffix("s") if param.unit == "s" else text)
    except ValueError:
        number = None
    if number is None or not isfinite(number):
        raise _refuse(param, value, "a number of seconds" if param.unit == "s" else "a number")
    if param.minimum is not None and number < param.minimum:
        raise _refuse(param, value, f"at least {param.minimum:.0f}")
    if param.maximum is not None and number > param.maximum:
        raise _refuse(param, value, f"at most {param.maximum:.0f}")
    return number


def _read_integer(param: Param, value: object) -> int:
    # An integer as text is read as such: a float would blur a long seed before it could be refused.
    if isinstance(value, str):
        with suppress(ValueError):
            value = int(value)
    number = _read_number(param, value)
    if number != int(number):
        raise _refuse(param, value, "a whole number")
    return value if isinstance(value, int) else int(number)


def _read_boolean(param: Param, value: object) -> bool:
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise _refuse(param, value, "true or false")
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
        raise _refuse(param, value, "text")
    return value.strip()


def _read_uri(param: Param, value: object) -> str:
    if not isinstance(value, str) or not value.startswith("gs://"):
        raise _refuse(param, value, "a gs:// address")
    return value


def _read_video(param: Param, value: object) -> str:
    if isinstance(value, Video):
        return str(value.path)
    if not isinstance(value, str | os.PathLike):
        raise _refuse(param, value, "a clip, its path or its address")
    return os.fspath(value)


def _read_images(param: Param, value: object) -> tuple[Image, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(Image.of(item, param.name) for item in values)


_READERS: dict[str, Callable[[Param, Any], Any]] = {
    "text": _read_text,
    "choice": _read_choice,
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
    "image": lambda param, value: Image.of(value, param.name),
    "images": _read_images,
    "video": _read_video,
    "uri": _read_uri,
}
