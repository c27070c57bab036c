"""A request: one frozen value that the form, the magic, Python and the ledger share."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from .catalog import Model
from .errors import ConfigError, InvalidRequestError, nearest, together
from .json_values import same_text
from .limits import MODES, When, lengths_of
from .media import Image, Video
from .params import ALIASES, BY_NAME, SIZES, Param, read_plain, read_size, refusal, size_of
from .paths import expanded

# What a clip that was given as bytes begins with; the ledger and the sidecar keep it as text.
_INLINE = "data:video/mp4;base64,"
# Not the aliases that a service may well have another use for, such as `upscale`.
_OWN_NAMES = {*BY_NAME, "model", "seconds", "input_reference"}


@dataclass(frozen=True)
class VideoRequest:
    """A request for one or several clips. None means "not said": the model's default holds.

    Attributes:
        prompt: what the clips show.
        model: the model's id without a provider's prefix.
        aspect_ratio: ``16:9``, ``9:16``; some models take others.
        resolution: ``720p``, ``1080p``, ``4k``, …
        size: width x height in pixels, such as ``832x480``; those in `params.SIZES` are a ratio and a resolution
            instead.
        duration_seconds: length of each clip in seconds.
        samples: number of clips.
        extend_from: a clip to continue: its address or id at the service, a path, or its bytes as a ``data:`` address.
        reference_videos: clips to take something up from, each like `extend_from`.
        edit_from: a clip to change, like `extend_from`.
        remix_from: a video to make anew with a change, by its id at the service.
        upscale_from: a clip to make again at `resolution`, like `extend_from`.
        storage_uri: a ``gs://`` prefix for the results (Agent Platform).
        extra: further fields of the service's own, as JSON values by name; a dotted name is a path in the body.
        allow_retired: send the request even if the catalog says the model has ended.
    """

    prompt: str = ""
    model: str = ""
    negative_prompt: str | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    size: str | None = None
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
    # Left out of the hash, since a dictionary has none.
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    allow_retired: bool = False

    def __post_init__(self) -> None:
        """Take a list, which is what JSON knows, for a tuple."""
        object.__setattr__(self, "reference_videos", tuple(self.reference_videos))
        object.__setattr__(self, "extra", dict(self.extra))

    @classmethod
    def build(cls, prompt: str, model: str = "", *, allow_retired: bool = False, **values: Any) -> VideoRequest:
        """Read a request in either spelling.

        Args:
            prompt: what the clips show.
            model: the model's id.
            allow_retired: see the class.
            values: the parameters of `params.PARAMS` under their names or aliases, as values or as text
                (``seconds="8"``); ``size="1280x720"`` is 16:9 at 720p.

        Raises:
            InvalidRequestError: an unknown name, an unreadable value, or two spellings that contradict each other.
        """
        found: dict[str, Any] = {}
        wrong: list[InvalidRequestError] = []
        for name, value in values.items():
            try:
                _add_argument(found, name, value)
            except InvalidRequestError as error:
                wrong.append(error)
        # All together, so that nobody mends one to be told of the next.
        if wrong:
            raise together(wrong)
        if not isinstance(prompt, str):
            raise InvalidRequestError(
                f"prompt: {type(prompt).__name__} is not text.", parameter="prompt", value=prompt, allowed=("text",)
            )
        # The same prompt typed on Windows has to be the same request.
        return cls(prompt=prompt.replace("\r\n", "\n").strip(), model=model, allow_retired=allow_retired, **found)

    @property
    def mode(self) -> str:
        """What is asked for, as the catalog's rules name it.

        One of ``text``, ``image``, ``interpolation``, ``reference``, ``extension``, ``edit`` and ``upscale``.
        """
        return next(mode for mode, names in MODES if not names or any(getattr(self, name) for name in names))

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
        # The clip at hand decides ratio, lines and length; what is filled in here would be priced and sent.
        reshaped = self.mode in {"edit", "upscale"}
        shaped = reshaped or (self.mode == "extension" and model.api != "predictLongRunning")
        # A size says ratio and lines by itself.
        shape = {} if shaped or self.size else self._default_shape(model)
        return replace(
            self,
            aspect_ratio=self.aspect_ratio or shape.get("aspect_ratio"),
            resolution=self.resolution or shape.get("resolution"),
            size=self.size or shape.get("size"),
            duration_seconds=self.duration_seconds or (None if reshaped else default_seconds(self, model)),
            samples=self.samples or 1,
            # Where sound has no field of its own, as at `/videos`, only what was said is worth sending.
            generate_audio=(
                model.audio if self.generate_audio is None and model.api != "openai_videos" else self.generate_audio
            ),
        )

    def _default_shape(self, model: Model) -> dict[str, str]:
        """What a model makes where nothing is said: one of its sizes, else its ratio and its lines."""
        size = model.default_size or next(iter(model.sizes), "")
        if size and not (self.aspect_ratio or self.resolution):
            return read_size(size)
        shape = {"aspect_ratio": model.default_aspect_ratio, "resolution": model.default_resolution}
        return {name: value for name, value in shape.items() if value}

    def lines(self, model: Model) -> str:
        """The resolution that is made, by which models charge: of a size, the lines of its shorter side."""
        shape = {"size": self.size} if self.size else self._default_shape(model)
        size = shape.get("size")
        return f"{min(size_of(size))}p" if size else self.resolution or shape.get("resolution", "")

    def picture_size(self, model: Model) -> tuple[int, int]:
        """Width and height in pixels that the clips will have."""
        full = self.completed(model)
        if full.size:
            return size_of(full.size)
        # Only for the frame that a job is drawn in before its clip is there.
        return SIZES.get((full.aspect_ratio or "", full.resolution or ""), (1280, 720))

    def settings(self) -> list[tuple[str, str]]:
        """Label and value of everything that was said but the prompt and the model, for people."""
        shown: list[tuple[str, str]] = []
        for param in BY_NAME.values():
            value = getattr(self, param.name)
            if param.kind == "object":
                shown += [(name, value_text(item)) for name, item in value.items()]
            elif param.name != "prompt" and is_said(value):
                described = _clip_text if param.kind in {"video", "videos"} else _value_text
                shown.append((param.label, described(value, param.unit)))
        return shown

    def said(self) -> dict[str, Any]:
        """The parameters that were said, by name: what `build` would need to make this request again."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        # A seed of 0 and sound switched off are said; `allow_retired` is only when it is on.
        return {
            name: value
            for name, value in values.items()
            if is_said(value) and not (name == "allow_retired" and not value)
        }

    def asks_the_same(self, other: VideoRequest) -> bool:
        """Whether another request asks for the same; images are compared by their hash, not their name."""
        # What was said, not the dataclass itself: two names of one image make no other request.
        return bool(_comparable(self.said()) == _comparable(other.said()))

    def __repr__(self) -> str:
        return f"VideoRequest({', '.join(f'{name}={value!r}' for name, value in self.said().items())})"


def _comparable(value: Any) -> Any:
    if isinstance(value, Image):
        return value.sha256
    if isinstance(value, Mapping):
        # Extras by their JSON: to Python True is 1.
        return {name: same_text(item) if name == "extra" else _comparable(item) for name, item in value.items()}
    return [_comparable(item) for item in value] if isinstance(value, tuple) else value


def default_seconds(request: VideoRequest, model: Model) -> float | None:
    """The length that is made where none is said; None if there is none."""
    lengths = (row for row in lengths_of(model) if not row.fixed)
    return next(row.seconds for row in lengths if applies(row.when, request, model)) or None


def is_said(value: object) -> bool:
    """Whether a parameter says anything; a seed of 0 and sound switched off do."""
    return value is not None and value not in ("", (), {})


def value_text(value: object) -> str:
    """The value of an extra parameter for people: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def applies(when: When, request: VideoRequest, model: Model) -> bool:
    """Whether every condition of a row holds for the request."""
    return all(_holds(name, wanted, request, model) for name, wanted in when.items())


def _holds(name: str, wanted: object, request: VideoRequest, model: Model) -> bool:
    value = request.mode if name == "mode" else getattr(request, name)
    if not isinstance(wanted, tuple):
        return is_said(value) is wanted
    if name == "resolution":
        value = value or request.lines(model)
    return value in wanted


def _value_text(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Image):
        return value.describe()
    if isinstance(value, tuple):
        return ", ".join(_value_text(item, unit) for item in value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {unit}".strip()


def _clip_text(value: object, unit: str) -> str:
    """A clip by the name its user knows; readers of a notebook need not see the folders."""
    if isinstance(value, tuple):
        return ", ".join(_clip_text(item, unit) for item in value)
    given = str(value)
    if given.startswith(_INLINE):
        # Base64 has four letters for three bytes.
        return f"clip ({(len(given) - len(_INLINE)) * 3 // 4000} kB)"
    return Path(given).name if Path(given).is_absolute() else given


def _add_argument(found: dict[str, Any], name: str, value: object) -> None:
    """Add what an argument says to what was said before it."""
    for key, read in (_read_argument(name, value) if value is not None else {}).items():
        # Aliases and `size` may say the same parameter; the same value twice contradicts nothing.
        if key in found and found[key] != read:
            message = f"{key}: said twice, as {found[key]!r} and as {read!r}; give it once."
            raise InvalidRequestError(message, parameter=key, value=read)
        found[key] = read


def _read_argument(name: str, value: object) -> dict[str, Any]:
    """One argument as parameters of ours: usually one, two for ``size``."""
    if name == "size":
        return read_size(value)
    canonical = ALIASES.get(name, name)
    param = BY_NAME.get(canonical)
    if param is None or canonical == "prompt":
        names = [*BY_NAME, *ALIASES, "model"]
        raise InvalidRequestError(
            f"{name}: no such parameter; choose one of {', '.join(BY_NAME)}.{nearest(name, names)} A field of the "
            f"service's own is sent with extra={{{name!r}: …}}.",
            parameter=name,
            value=value,
            allowed=names,
        )
    read = _READERS.get(param.kind) or read_plain
    found = read(param, value)
    if param.kind == "object":
        _check_own_names(found)
    return {canonical: found}


def _check_own_names(extra: Mapping[str, Any]) -> None:
    """Refuse extras that are parameters: what they say would be neither checked nor priced."""
    for name in extra:
        if name in _OWN_NAMES:
            message = f"extra.{name}: {name} is a parameter by itself; give {name}=… beside extra."
            raise InvalidRequestError(message, parameter=f"extra.{name}", value=extra[name])


def _read_video(param: Param, value: object) -> str:
    if isinstance(value, Video):
        return str(value.path)
    # As text, so that ledger, sidecar and JSON can hold it like any other clip.
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
