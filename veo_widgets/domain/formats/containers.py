"""The file formats of clips: how each is recognized, named, checked and described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from . import mp4, webm

if TYPE_CHECKING:
    from av.container import InputContainer

# How much of a file has to be there to tell what it is.
ENOUGH = 64


@dataclass(frozen=True)
class Container:
    """A kind of file that browsers play.

    Attributes:
        label: its name for people.
        ending: of a file's name, with the dot.
        mime: its type.
        is_whole: whether an open file has nothing missing.
        describe: what an open file says of itself.
    """

    label: str
    ending: str
    mime: str
    is_whole: Callable[[IO[bytes]], bool]
    describe: Callable[[IO[bytes]], mp4.Description]


MP4 = Container("MP4", ".mp4", "video/mp4", mp4.is_whole, mp4.describe)
WEBM = Container("WebM", ".webm", "video/webm", webm.is_whole, webm.describe)
MATROSKA = Container("Matroska", ".mkv", "video/x-matroska", webm.is_whole, webm.describe)
# What the name of a clip may end in.
ENDINGS = tuple(kind.ending for kind in (MP4, WEBM, MATROSKA))

# Beginnings of what services have sent in place of a clip.
_OTHERS = (
    (b"GIF8", "an image/gif"),
    (b"\x89PNG", "an image/png"),
    (b"\xff\xd8\xff", "an image/jpeg"),
    (b"RIFF", "a RIFF file"),
    (b"OggS", "an Ogg file"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"ID3", "an MP3"),
    (b"#EXTM3U", "a playlist"),
    (b"<?xml", "XML"),
    (b"<", "an HTML page"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)


def container_of(start: bytes) -> Container | None:
    """The kind of a clip that starts with these bytes, `ENOUGH` of them if there are as many; None if it is no clip."""
    if mp4.is_mp4(start):
        return MP4
    # Both begin with the same EBML header, which only its DocType tells apart.
    return {"webm": WEBM, "matroska": MATROSKA}.get(webm.doctype(start))


def no_clip(start: bytes) -> str:
    """What a file with these first bytes is, with its article, if it is certainly not a clip; else empty."""
    if start[:4] == b"RIFF":
        # An AVI begins so too.
        return {b"WEBP": "an image/webp", b"WAVE": "a sound in WAV"}.get(start[8:12], "")
    return _name_of_other(start) if start else "empty"


def _name_of_other(start: bytes) -> str:
    return next((name for begins, name in _OTHERS if start.lstrip().startswith(begins)), "")


def named_by(ending: str) -> Container:
    """The kind that a file's ending speaks of; MP4 for any other."""
    return next((kind for kind in (WEBM, MATROSKA) if kind.ending == ending.lower()), MP4)


def described(file: IO[bytes], kind: Container | None = None) -> mp4.Description:
    """What an open clip says of itself, and what PyAV, where it is installed, knows beyond that.

    A codec may say that its pixels are not square where its container does not, and streams tell their rate and length
    where no header does.

    Args:
        file: open and seekable.
        kind: what it is; None: by its first bytes.
    """
    file.seek(0)
    kind = kind or container_of(file.read(ENOUGH)) or MP4
    found = kind.describe(file)
    try:
        import av
    # An extra: the header alone tells enough for most clips.
    except ImportError:
        return found
    file.seek(0)
    try:
        with av.open(file, "r") as clip:
            return _with_av_facts(found, clip)
    except (av.FFmpegError, ValueError, IndexError, OSError):
        return found


def _with_av_facts(found: mp4.Description, clip: InputContainer) -> mp4.Description:
    seconds = found.seconds or round((clip.duration or 0) / 1_000_000, 3)
    found = replace(found, seconds=seconds, has_audio=found.has_audio or bool(clip.streams.audio))
    if not clip.streams.video:
        return found
    video = clip.streams.video[0]
    size = video.codec_context.width, video.codec_context.height
    if (found.width, found.height) in {size, (0, 0)}:
        width = round(size[0] * (video.sample_aspect_ratio or 1))
        found = replace(found, width=width, height=size[1])
    return replace(found, fps=found.fps or round(float(video.average_rate or 0), 3))


def what_came(start: bytes, mime: str = "") -> str:
    """What a file that is not a clip is instead, with its article, for people.

    Args:
        start: its first bytes.
        mime: what the service calls it; empty if it does not say.
    """
    if start.startswith(b"\x1a\x45\xdf\xa3"):
        return "a damaged WebM"
    known = no_clip(start) or _name_of_other(start)
    if known or not mime or mime.startswith("video/"):
        return known or "neither an MP4 nor a WebM"
    return f"{'an' if mime[:1] in 'aeiou' else 'a'} {mime[:60]}"
