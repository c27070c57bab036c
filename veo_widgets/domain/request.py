"""What is asked for: one frozen value that the form, the magic, Python and the ledger share."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from .catalog import Model
from .errors import ConfigError, InvalidRequestError, nearest, together
from .media import Image, Video
from .params import ALIASES, BY_NAME, SIZES, Param, read_plain, read_size, refusal
from .paths import expanded

# What a clip that was given as bytes begins with; the ledger and the sidecar keep it as text.
_INLINE = "data:video/mp4;base64,"


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
        extend_from: a clip to continue: its address or id at the service, a path, or its bytes as a ``data:`` address.
        reference_videos: clips to take something up from, each like `extend_from`.
        edit_from: a clip to change, like `extend_from`.
        remix_from: a video to make anew with a change, by its id at the service.
        upscale_from: a clip to make again at `resolution`, like `extend_from`.
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
    reference_videos: tuple[str, ...] = ()
    edit_from: str | None = None
    remix_from: str | None = None
    upscale_from: str | None = None
    storage_uri: str | None = None
    allow_retired: bool = False

    def __post_init__(self) -> None:
        """Take a list, which is what JSON knows, for a tuple."""
        object.__setattr__(self, "reference_videos", tuple(self.reference_videos))

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
        wrong: list[InvalidRequestError] = []
        for name, value in values.items():
            try:
                _take(found, name, value)
            except InvalidRequestError as error:
                wrong.append(error)
        if wrong:
            raise together(wrong)
        if not isinstance(prompt, str):
            raise InvalidRequestError(
                f"prompt: {type(prompt).__name__} is not text.", parameter="prompt", value=prompt, allowed=("text",)
            )
        return cls(prompt=prompt.replace("\r\n", "\n").strip(), model=model, allow_retired=allow_retired, **found)

    @property
    def mode(self) -> str:
        """What is asked for, as the catalog's rules name it.

        One of ``text``, ``image``, ``interpolation``, ``reference``, ``extension``, ``edit`` and ``upscale``.
        """
        if self.edit_from or self.remix_from or self.upscale_from:
            return "upscale" if self.upscale_from else "edit"
        if self.extend_from:
            return "extension"
        if self.reference_images or self.reference_videos:
            return "reference"
        if self.last_frame:
            return "interpolation"
        return "image" if self.first_frame else "text"

    @property
    def source(self) -> str:
        """The clip to extend, edit, remix or upscale, or an empty text."""
        return self.edit_from or self.remix_from or self.upscale_from or self.extend_from or ""

    @property
    def images(self) -> tuple[Image, ...]:
        """Every image of the request."""
        return tuple(image for image in (self.first_frame, self.last_frame, *self.reference_images) if image)

    def completed(self, model: Model) -> VideoRequest:
        """The same request with the model's defaults filled in, so that what is priced is what is sent.

        What a source clip decides is left to it. An empty default, as of a model that the catalog does not list,
        fills in nothing.
        """
        reshaped = self.mode in {"edit", "upscale"}
        shaped = reshaped or (self.mode == "extension" and model.api != "predictLongRunning")
        return replace(
            self,
            aspect_ratio=self.aspect_ratio or (None if shaped else model.default_aspect_ratio or None),
            resolution=self.resolution or (None if shaped else model.default_resolution or None),
            duration_seconds=self.duration_seconds or (None if reshaped else _default_duration(self, model)),
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
                described = _clip_name if param.kind in {"video", "videos"} else _describe
                shown.append((param.label, described(value, param.unit)))
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

    def asks_the_same(self, other: VideoRequest) -> bool:
        """Whether another request would be sent as this one is; images are compared by their hash, not their name."""
        return bool(_compared(self.said()) == _compared(other.said()))

    def __repr__(self) -> str:
        return f"VideoRequest({', '.join(f'{name}={value!r}' for name, value in self.said().items())})"


def _compared(value: Any) -> Any:
    if isinstance(value, Image):
        return value.sha256
    if isinstance(value, Mapping):
        return {name: _compared(item) for name, item in value.items()}
    return [_compared(item) for item in value] if isinstance(value, tuple) else value


def _default_duration(request: VideoRequest, model: Model) -> float | None:
    """The model's default, unless a rule that already applies allows other lengths only; None if there is none."""
    for rule in model.constraints:
        allowed = rule["then"].get("duration_s")
        if allowed and model.default_duration_s not in allowed and applies(rule["if"], request, model):
            return float(allowed[0])
    return float(model.default_duration_s) or None


def applies(conditions: Mapping[str, Any], request: VideoRequest, model: Model) -> bool:
    """Whether every condition of a catalog rule holds for the request."""
    facts = {
        "resolution": request.resolution or model.default_resolution,
        "mode": request.mode,
        "has_last_frame": request.last_frame is not None,
        "has_reference_images": bool(request.reference_images),
        "has_reference_videos": bool(request.reference_videos),
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


def _clip_name(value: object, unit: str) -> str:
    """A clip as its user knows it; folders are nobody's business who is shown a notebook."""
    if isinstance(value, tuple):
        return ", ".join(_clip_name(item, unit) for item in value)
    given = str(value)
    if given.startswith(_INLINE):
        return f"clip ({(len(given) - len(_INLINE)) * 3 // 4000} kB)"
    return Path(given).name if Path(given).is_absolute() else given


def _take(found: dict[str, Any], name: str, value: object) -> None:
    """Add what an argument says to what was said before it."""
    for key, read in (_read(name, value) if value is not None else {}).items():
        if key in found and found[key] != read:
            message = f"{key}: said twice, as {found[key]!r} and as {read!r}; give it once."
            raise InvalidRequestError(message, parameter=key, value=read)
        found[key] = read


def _read(name: str, value: object) -> dict[str, Any]:
    """One argument as parameters of ours: usually one, two for ``size``."""
    if name == "size":
        return read_size(value)
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
    read = _READERS.get(param.kind) or read_plain
    return {canonical: read(param, value)}


def _read_video(param: Param, value: object) -> str:
    if isinstance(value, Video):
        return str(value.path)
    if isinstance(value, bytes | bytearray | memoryview):
        return _INLINE + base64.b64encode(value).decode("ascii")
    if not isinstance(value, str | os.PathLike):
        raise refusal(param, value, "a clip, its path, its bytes or its address")
    clip = os.fspath(value)
    if not isinstance(clip, str):
        raise refusal(param, value, "a clip, its path, its bytes or its address")
    # As the shell does, so that it means the same wherever it is read again.
    try:
        return str(expanded(clip)) if clip.startswith("~") else clip
    except ConfigError as error:
        raise InvalidRequestError(f"{param.name}: {error}", parameter=param.name, value=clip) from None


def _read_videos(param: Param, value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(_read_video(param, item) for item in values)


def _read_images(param: Param, value: object) -> tuple[Image, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(Image.of(item, param.name) for item in values)


_READERS: dict[str, Callable[[Param, Any], Any]] = {
    "image": lambda param, value: Image.of(value, param.name),
    "images": _read_images,
    "video": _read_video,
    "videos": _read_videos,
}
