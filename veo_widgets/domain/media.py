"""The images that go into a request and the clips that come out of it."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from ..domain.safe_json import read_json
from . import buckets
from .arguments import PATH, accepts, refusal
from .digests import digest_of
from .errors import DownloadError, InvalidRequestError
from .formats import clip_frames
from .formats.clip_frames import Probe
from .formats.pictures import MAX_IMAGE_BYTES, sniff_image, taken
from .formats.provenance import ContentCredentials, credentials_of
from .paths import is_there
from .printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .formats.video_frames import Picture

__all__ = ["MAX_IMAGE_BYTES", "Image", "Probe", "Video", "check_web_address", "sniff_image"]

# A prompt, a poster, and the bytes of clips that were given as text; what is cut off is unreadable.
MAX_RECIPE_BYTES = 64 << 20
# A sidecar may be anybody's, and this becomes part of a style.
# Nothing but base64, so that no quote or bracket can end the style it is put into.
_POSTER = re.compile(r"data:image/jpeg;base64,[A-Za-z0-9+/]+=*")
# By these, pages of nbconvert (JupyterLab's and Bootstrap's style) hide things. With sanitize_html it drops styles and
# writes <video> out as text: that text is hidden, and where styles are kept, the style shows the player.
UNSTYLED = "jp-FileSize-hidden collapse"

_IMAGE_ENDINGS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


def check_web_address(address: str, parameter: str) -> None:
    """Refuse what cannot be the address of an image.

    Raises:
        InvalidRequestError: neither http nor https, no host, or a name and a password in it.
    """
    try:
        parts = urlsplit(address)
        # `port` raises for one that is no number, which is why it is looked at here.
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
        # A path never holds these signs in a row; a misspelt scheme is refused as an address, not as a missing file.
        if isinstance(value, str) and "://" in value and value[:5].lower() != "data:":
            return cls._by_address(value, parameter)
        data, mime, name = taken(value, parameter)
        return cls(data=data, mime=mime, name=name)

    @classmethod
    def _by_address(cls, address: str, parameter: str) -> Image:
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


def poster_of(recipe: Mapping[str, Any]) -> str:
    """The poster in a recipe as a ``data:`` address, or empty."""
    poster = recipe.get("poster", "")
    return poster if isinstance(poster, str) and _POSTER.fullmatch(poster) else ""


@dataclass(frozen=True)
class Video:
    """A clip on disk, or in a bucket.

    Attributes:
        path: where it lies, absolute; of a clip in a bucket, where its copy on this machine is or will be: see `fetch`.
        uri: its address in the bucket; empty of one that is on this machine only.
        sample: its index among the clips of its job, from 0.
        bytes: its size.
        digest: SHA-256 of the file in hex; empty until it is known, a moment after the clip is there, and for good
            where the file was changed or removed before that. See `sha256`.
        seconds: its length; 0.0 when the file does not say.
        width, height: of the picture in pixels; 0 when the file does not say.
        fps: frames per second; 0.0 when the file does not say.
        has_audio: whether it has a sound track.
        job_id: the job that made it.
        modified: when the file as it was saved was last changed, in nanoseconds since the epoch; 0 if nobody knows.
    """

    path: Path
    sample: int = 0
    bytes: int = 0
    # It is the same clip before and after.
    digest: str = field(default="", compare=False)
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    has_audio: bool = False
    mime: str = "video/mp4"
    job_id: str = ""
    modified: int = 0
    # Also while it is on its way there.
    uri: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Take a path in whatever form, as `path` is one."""
        given: Any = self.path
        if not PATH.fits(given):
            raise refusal("path", given, PATH.words)
        if not isinstance(given, Path):
            object.__setattr__(self, "path", Path(given).expanduser().absolute())

    @property
    def is_kept(self) -> bool:
        """Whether it is where it was saved; a bucket is not asked."""
        return bool(self.uri) or is_there(self.path, Path.is_file)

    def fetch(self) -> Path:
        """The clip as a file of this machine: one in a bucket is fetched, with its recipe, unless it was before.

        Raises:
            DownloadError: it cannot be read there any more.
        """
        if self.uri:
            buckets.fetch(self.uri, self.path, self.bytes, self.modified)
            with suppress(DownloadError):
                buckets.fetch(f"{self.uri.rpartition('.')[0]}.json", self.sidecar, 0, 0)
        return self.path

    @property
    def sha256(self) -> str:
        """SHA-256 of the file as it was saved, in hex. While `digest` is empty, the file is read for it.

        Empty where nobody can tell any more, since the file was changed or removed before it was ever read for this.
        """
        return self.digest or digest_of(self.path, self.bytes, self.modified)

    @property
    def version(self) -> str:
        """What tells the file from others of its name; known from the beginning, and for good."""
        return f"{self.job_id}{self.modified:x}" if self.modified else self.digest[:16]

    @property
    def sidecar(self) -> Path:
        """The JSON file beside the clip that says how it was made."""
        return self.path.with_suffix(".json")

    @property
    def recipe(self) -> dict[str, Any]:
        """What the sidecar says; empty if it is gone or unreadable."""
        try:
            with self.sidecar.open("rb") as file:
                # The file lies in a folder that others may write to.
                found = read_json(file.read(MAX_RECIPE_BYTES))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def credentials(self) -> ContentCredentials:
        """What the manifest in the clip claims of it, and whether that holds.

        Raises:
            ConfigError: the list of whom to trust cannot be read.
        """
        return credentials_of(self.fetch())

    @property
    def poster(self) -> str:
        """A small JPEG of a frame as a ``data:`` address, from the sidecar, or empty."""
        return poster_of(self.recipe)

    @property
    def still(self) -> str:
        """The poster's bytes in base64, as notebooks hold an ``image/jpeg``; empty if there is none."""
        return self.poster.rpartition(",")[2]

    @accepts()
    def frame(self, at: float, *, width: int | None = None) -> Picture:
        """The picture that is shown at a time, as a Pillow image; ``numpy.asarray`` makes an array of it.

        A picture is shown from its own time until the next one's, so frame ``n`` of a clip of 24 a second is
        ``frame(n / 24)``. Its own time is in the image's ``info["seconds"]``.

        Args:
            at: seconds from the beginning; at the clip's full length, its last picture.
            width: pixels that it is made smaller to; default is its own size.

        Raises:
            InvalidRequestError: no such time.
            MissingExtraError: the extra ``media`` is not installed.
            VeoError: the clip is gone, or cannot be read.
        """
        return clip_frames.at(self.fetch(), at, width)

    @property
    def first_frame(self) -> Picture:
        """The picture that the clip begins with; see `frame`."""
        return clip_frames.at(self.fetch(), 0)

    @property
    def last_frame(self) -> Picture:
        """The picture that the clip ends on, to begin the next one with; see `frame`."""
        return clip_frames.last(self.fetch())

    @accepts()
    def frames(self, every: float | None = None, *, width: int | None = None) -> Iterator[Picture]:
        """The pictures that are shown at each multiple of a time, one after the other, in constant memory.

        ```python
        import numpy as np

        clip = veo.generate("A cat playing with a ball of yarn", seconds=4)[0]
        seconds = np.stack([np.asarray(frame) for frame in clip.frames(every=1.0, width=320)])
        ```

        Args:
            every: seconds from one to the next; default is every picture of the clip, once.
            width: as for `frame`.

        Raises:
            InvalidRequestError: no such time.
            MissingExtraError: the extra ``media`` is not installed.
            VeoError: the clip is gone, or cannot be read.
        """
        return clip_frames.every(self.fetch(), every, width)

    @accepts()
    def sheet(self, columns: int = 5, *, stills: int = 20, width: int = 320) -> Picture:
        """A contact sheet: pictures from the first to the last, each with its time, as one Pillow image.

        Args:
            columns: how many stand beside each other.
            stills: how many there are, up to 400; fewer if the clip has fewer pictures.
            width: of each in pixels, up to 1280, and its height at most.

        Raises:
            InvalidRequestError: what is no number from 1, or too many.
            MissingExtraError: the extra ``media`` is not installed.
            VeoError: the clip is gone, or cannot be read.
        """
        return clip_frames.sheet(self.fetch(), columns, stills, width)

    def probe(self) -> Probe:
        """What the file holds: length, size, rate, count of pictures, codecs, sound.

        Raises:
            MissingExtraError: the extra ``media`` is not installed.
            VeoError: the clip is gone, or cannot be read.
        """
        return clip_frames.probe(self.fetch())

    def to_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        values = asdict(self)
        # JSON has no paths, and the digest has always gone by this name there.
        return {**values, "path": str(self.path), "sha256": values.pop("digest")}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Video:
        """The inverse of `to_json`; keys of a later version are left out."""
        # The ledger may be shared with a program of a later version.
        known = {item.name for item in fields(cls)}
        taken = {key: values[key] for key in values if key in known}
        return cls(**{**taken, "path": Path(values["path"]), "digest": values.get("sha256", "")})

    def relative_path(self, start: Path | None = None) -> str:
        """The path from `start` (the working folder) with forward slashes, or the absolute one if there is none."""
        try:
            return self.path.relative_to(start or Path.cwd()).as_posix()
        except ValueError:
            return self.path.as_posix()

    def __repr__(self) -> str:
        seen = [f"{self.width}×{self.height}"] if self.width else []
        seen += [f"{self.seconds:g} s"] if self.seconds else []
        return f"Video({', '.join([repr(printable(self.uri or self.relative_path())), *seen])})"

    def _repr_html_(self) -> str:
        return self.player_html(quote(self.relative_path(), safe="/:"))

    def _repr_jpeg_(self) -> str | None:
        return self.still or None

    def player_html(self, address: str, width: int = 640, still: str | None = None) -> str:
        """A player for people who read a notebook without a kernel.

        Args:
            address: of the clip.
            width: in pixels; less where the clip would be higher than 480, or the page narrower.
            still: the ``data:`` address of the picture behind it; default is the poster, and empty is none.
        """
        # So the page does not jump when the clip has loaded; 16:9 is what most models make.
        ratio = self.width / self.height if self.width and self.height else 16 / 9
        # Behind the player, not in it: readers that allow no <video> may write the element out, whatever it holds.
        picture = self.poster if still is None else still
        # Each property by itself: of the short form JupyterLab drops everything where the notebook is not trusted.
        box = f"max-width:{min(width, round(480 * ratio))}px;aspect-ratio:{ratio:.4g};background-color:#000"
        if picture:
            box += f";background-image:url({picture});background-size:contain;background-position:center"
            box += ";background-repeat:no-repeat"
        # Where there is a picture no byte is needed, and a live view of the same clip may be loading just then.
        # Chromium paints a player without a poster grey, and what is behind it too; this one is no picture.
        loads = 'preload="none" poster="data:,"' if picture else 'preload="metadata"'
        player = f'<video controls {loads} width="100%" src="{escape(address)}"></video>'
        # In a flex box the player is as high as the box; by itself it is 150 pixels high until the clip has loaded.
        return f'<div class="{UNSTYLED}" style="display:flex;margin:8px 0;{box}">{player}</div>'
