"""How a film is rendered, checked before anything is paid for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ...domain import buckets
from ...domain.arguments import FILE, NUMBER, SWITCH, accepts
from ...domain.errors import InvalidRequestError
from ...domain.media import Video
from ...domain.paths import expanded
from ...storage.films.edits import Edit
from ...storage.films.mixing import Track
from ...storage.films.rendering import EVEN, Rendered, render
from ...storage.films.stitching import check_extra
from .cutting import Cut


@dataclass(frozen=True)
class Rendition:
    """How a film is rendered; see `Film.render`."""

    loudness: float | None
    tracks: Sequence[Track]
    shape: Fraction | None
    crop: bool
    text_track: bool

    def write(self, edits: Sequence[Edit], target: Path, progress: Callable[[float], object]) -> Rendered:
        """Render what is shown; see `rendering.render`."""
        return render(
            edits,
            target,
            loudness=self.loudness,
            tracks=self.tracks,
            shape=self.shape,
            crop=self.crop,
            text_track=self.text_track,
            progress=progress,
        )


@accepts(loudness=NUMBER, music=FILE, narration=FILE, music_gain=NUMBER, crop=SWITCH, text_track=SWITCH)
def rendition_of(
    parts: Sequence[Cut],
    *,
    loudness: float | None = EVEN,
    music: str | Path | None = None,
    narration: str | Path | None = None,
    music_gain: float = 0.0,
    aspect_ratio: str | None = None,
    crop: bool = True,
    text_track: bool = False,
) -> Rendition:
    """How a film with these parts is rendered; the arguments are those of `Film.render`.

    Raises:
        InvalidRequestError: an argument is out of range, a file has no sound, or there is no such argument.
        MissingExtraError: the extra ``media`` is not installed.
    """
    check_extra()
    _check_loudness(loudness)
    _check_text_track(parts, wanted=text_track)
    shape, tracks = _shape_of(aspect_ratio), _tracks_of(music, narration, music_gain)
    for track in tracks:
        track.check()
    return Rendition(loudness, tracks, shape, crop, text_track)


@dataclass(frozen=True)
class Target:
    """Where a film is to be written.

    Attributes:
        path: the file; of a film that goes into a bucket, its copy on this machine.
        address: where it goes in a bucket; empty for none.
    """

    path: Path
    address: str = ""


def target_of(path: str | Path, own: Iterable[Video], home: Path) -> Target:
    """Where a film is to be written.

    Args:
        path: a file, or an address in a bucket, which is asked whether it can be written.
        own: the clips in the film, and the film as hard cuts.
        home: the folder of the ledger, with the copies of what is in buckets.

    Raises:
        InvalidRequestError: the name is not that of an MP4, or that of one of its own files; or a bucket refused.
        MissingExtraError: a bucket without the extra ``cloud``.
    """
    address = buckets.file_address_of(path, "path") if buckets.is_address(path) else ""
    target = Target(home / buckets.copy_place(address) if address else expanded(path), address)
    if target.path.suffix.lower() != ".mp4":
        message = f"path: {str(path)!r} does not end in .mp4, which a film is."
        raise InvalidRequestError(message, parameter="path", value=str(path))
    if target.path.resolve() in {video.path.resolve() for video in own}:
        message = f"path: {str(path)!r} is one of the film's own files; choose another name."
        raise InvalidRequestError(message, parameter="path", value=str(path))
    if address:
        buckets.check(address.rpartition("/")[0], "path", spared="made")
    return target


def _check_loudness(value: float | None) -> None:
    """Check how loud a film is to be.

    Raises:
        InvalidRequestError: nobody would hear it, or it could not be without distortion.
    """
    if value is not None and not -70 <= value <= -5:
        message = f"loudness: {value:g} is not between -70 and -5 LUFS; None leaves it as the clips have it."
        raise InvalidRequestError(message, parameter="loudness", value=value)


def _tracks_of(music: str | Path | None, narration: str | Path | None, gain: float | None) -> list[Track]:
    """What is heard beside the clips; the narration last, so that the music is lowered under it too.

    Raises:
        InvalidRequestError: the music would be beyond all measure.
    """
    gain = gain or 0.0
    if not -60 <= gain <= 30:
        message = f"music_gain: {gain:g} is not between -60 and 30 dB."
        raise InvalidRequestError(message, parameter="music_gain", value=gain)
    found = []
    if music is not None:
        found.append(Track("music", expanded(music), leads=False, gain=gain))
    if narration is not None:
        found.append(Track("narration", expanded(narration), leads=True))
    return found


def _check_text_track(parts: Sequence[Cut], *, wanted: bool) -> None:
    """Check that there is something to put into a track of text.

    Raises:
        InvalidRequestError: nothing is said in the film.
    """
    if wanted and not any(part.captions for part in parts):
        message = "text_track: True needs captions, and no shot has any; give some shot captions=…."
        raise InvalidRequestError(message, parameter="text_track", value=True)


def _shape_of(aspect_ratio: str | None) -> Fraction | None:
    """Width to height of a film; None where nothing is said.

    Raises:
        InvalidRequestError: it is no ratio, or one that no screen has.
    """
    if aspect_ratio is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,3}):([1-9]\d{0,3})", str(aspect_ratio))
    shape = Fraction(int(found[1]), int(found[2])) if found else Fraction(0)
    if not Fraction(1, 4) <= shape <= 4:
        message = f"aspect_ratio: {aspect_ratio!r} is not a ratio from 1:4 to 4:1, such as 16:9, 9:16 or 1:1."
        raise InvalidRequestError(message, parameter="aspect_ratio", value=aspect_ratio)
    return shape
