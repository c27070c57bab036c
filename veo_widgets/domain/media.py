"""Images that go into a request and clips that come out of it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import asdict, dataclass, field, fields
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .arguments import PATH, refusal
from .bodies import read_json
from .errors import InvalidRequestError
from .pictures import MAX_IMAGE_BYTES, sniff_image, taken
from .printable import printable
from .provenance import ContentCredentials, credentials_of

__all__ = ["MAX_IMAGE_BYTES", "Image", "Video", "check_web_address", "sniff_image"]

# A prompt, a poster, and the bytes of clips that were given as text; what is cut off is unreadable.
_MAX_RECIPE_BYTES = 64 << 20
# A sidecar may be anybody's, and this becomes part of a style.
_POSTER = re.compile(r"data:image/jpeg;base64,[A-Za-z0-9+/]+=*")

_IMAGE_ENDINGS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


def check_web_address(address: str, parameter: str) -> None:
    """Refuse what cannot be the address of an image.

    Raises:
        InvalidRequestError: neither http nor https, no host, or a name and a password in it.
    """
    try:
        parts = urlsplit(address)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1)
    except ValueError:
        whole, parts = False, urlsplit("")
    if whole and "@" not in parts.netloc and address.isprintable():
        return
    # Neither a password nor a signature belongs in a message.
    shown = "an address with '@' before its path" if "@" in address else repr(address.partition("?")[0][:80])
    raise InvalidRequestError(
        f"{parameter}: {shown} is not the address of an image; give an http(s):// or gs:// address, a file, or bytes.",
        parameter=parameter,
        value=shown,
    )


@dataclass(frozen=True)
class Image:
    """An image for a request: its bytes, or its address.

    Attributes:
        data: the bytes; empty for an address. `of` cuts out what a file tells beside its picture, such as the place and
            the time it was taken, and encodes nothing but what is none yet. Bytes given here are sent as they are.
        mime: ``image/png``, ``image/jpeg`` or ``image/webp``; of an address what its ending says.
        name: what to call it on screen.
        uri: a ``gs://`` address that the Agent Platform reads by itself, one of the web, or empty.
    """

    data: bytes = field(default=b"", repr=False)
    mime: str = "image/png"
    name: str = ""
    uri: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no bytes, such as a path."""
        given: Any = self.data
        if not isinstance(given, bytes):
            raise refusal("data", given, "the bytes of an image; veo.Image.of(…) reads a file")

    @classmethod
    def of(cls, value: object, parameter: str = "image") -> Image:
        """Take an image in whatever form the user has it.

        Args:
            value: a path, bytes, an open binary file, a ``data:``, ``gs://`` or web address, a Pillow image, an array
                of numpy, a tensor, a figure or axes of matplotlib, a frame of PyAV, or an `Image`.
            parameter: the name to use in messages.

        Raises:
            InvalidRequestError: unreadable, of a kind that is neither taken nor converted, cut off, over 20 MB, or over
                178 megapixels. What is at a web address is looked at when the request is sent.
            MissingExtraError: it needs Pillow, which is not installed.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and "://" in value and value[:5].lower() != "data:":
            return cls._at(value, parameter)
        data, mime, name = taken(value, parameter)
        return cls(data=data, mime=mime, name=name)

    @classmethod
    def _at(cls, address: str, parameter: str) -> Image:
        """An image by its address."""
        if not address.startswith("gs://"):
            check_web_address(address, parameter)
        path = urlsplit(address).path if not address.startswith("gs://") else address
        mime = _IMAGE_ENDINGS.get(Path(path).suffix.lower(), "image/png")
        return cls(uri=address, mime=mime, name=address if path == address else unquote(Path(path).name) or "image")

    @property
    def is_in_bucket(self) -> bool:
        """Whether it is named by a ``gs://`` address."""
        return self.uri.startswith("gs://")

    @property
    def is_on_web(self) -> bool:
        """Whether it is named by an ``http(s)://`` address."""
        return bool(self.uri) and not self.is_in_bucket

    @property
    def address(self) -> str:
        """Its address for people: what follows a question mark may be a signature that lets others in."""
        return self.uri.partition("?")[0]

    @property
    def sha256(self) -> str:
        """The hash of the bytes, or of the address."""
        return hashlib.sha256(self.data or self.uri.encode()).hexdigest()

    @property
    def base64(self) -> str:
        """The bytes as base64, the form the services take; of the web words that say so, until it has been read."""
        if self.is_on_web and not self.data:
            return f"(what is at {self.address})"
        return base64.b64encode(self.data).decode("ascii")

    def describe(self) -> str:
        """A few words for a settings list: name and size."""
        return self.address or f"{self.name} ({len(self.data) / 1000:.0f} kB)"


@dataclass(frozen=True)
class Video:
    """A clip on disk.

    Attributes:
        path: where it lies, absolute.
        sample: its index among the clips of its job, from 0.
        bytes: its size.
        sha256: the hash of the file.
        seconds: its length; 0.0 when the file does not say.
        width, height: of the picture in pixels; 0 when the file does not say.
        fps: frames per second; 0.0 when the file does not say.
        has_audio: whether it has a sound track.
        job_id: the job that made it.
    """

    path: Path
    sample: int = 0
    bytes: int = 0
    sha256: str = ""
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    has_audio: bool = False
    mime: str = "video/mp4"
    job_id: str = ""

    def __post_init__(self) -> None:
        """Take a path in whatever form, as `path` is one."""
        given: Any = self.path
        if not PATH.fits(given):
            raise refusal("path", given, PATH.words)
        if not isinstance(given, Path):
            object.__setattr__(self, "path", Path(given).expanduser().absolute())

    @property
    def sidecar(self) -> Path:
        """The JSON file beside the clip that says how it was made."""
        return self.path.with_suffix(".json")

    @property
    def recipe(self) -> dict[str, Any]:
        """What the sidecar says; empty if it is gone or unreadable."""
        try:
            with self.sidecar.open("rb") as file:
                found = read_json(file.read(_MAX_RECIPE_BYTES))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def credentials(self) -> ContentCredentials:
        """What the manifest in the clip claims of it, and whether that holds.

        Raises:
            ConfigError: the list of whom to trust cannot be read.
        """
        return credentials_of(self.path)

    @property
    def poster(self) -> str:
        """A small JPEG of a frame as a ``data:`` address, from the sidecar, or empty."""
        poster = self.recipe.get("poster", "")
        return poster if isinstance(poster, str) and _POSTER.fullmatch(poster) else ""

    @property
    def still(self) -> str:
        """The poster's bytes in base64, as notebooks hold an ``image/jpeg``; empty if there is none."""
        return self.poster.rpartition(",")[2]

    def to_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return {**asdict(self), "path": str(self.path)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Video:
        """The inverse of `to_json`; keys of a later version are left out."""
        known = {item.name for item in fields(cls)}
        return cls(**{**{key: values[key] for key in values if key in known}, "path": Path(values["path"])})

    def relative_path(self, start: Path | None = None) -> str:
        """The path from `start` (the working folder) with forward slashes, or the absolute one if there is none."""
        try:
            return self.path.relative_to(start or Path.cwd()).as_posix()
        except ValueError:
            return self.path.as_posix()

    def __repr__(self) -> str:
        seen = [f"{self.width}×{self.height}"] if self.width else []
        seen += [f"{self.seconds:g} s"] if self.seconds else []
        return f"Video({', '.join([repr(printable(self.relative_path())), *seen])})"

    def _repr_html_(self) -> str:
        return self.player_html(quote(self.relative_path(), safe="/:"))

    def _repr_jpeg_(self) -> str | None:
        return self.still or None

    def player_html(self, address: str, width: int = 640) -> str:
        """A player for whoever reads a notebook without a kernel.

        Args:
            address: of the clip.
            width: in pixels; less where the clip would be higher than 480, or the page narrower.
        """
        ratio = self.width / self.height if self.width and self.height else 16 / 9
        # Behind the player, not in it: readers that allow no <video> may write the element out, whatever it holds.
        still = f" url({self.poster}) center/contain no-repeat" if self.poster else ""
        box = f"max-width:{min(width, round(480 * ratio))}px;aspect-ratio:{ratio:.4g};background:#000{still}"
        player = f'<video controls preload="metadata" width="100%" src="{escape(address)}"></video>'
        return f'<div style="margin:8px 0;{box}">{player}</div>'
