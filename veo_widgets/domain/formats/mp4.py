"""What an MP4 file says of itself: length, picture size, frame rate, sound; and whether it is whole.

A few boxes of ISO/IEC 14496-12 are read and nothing is decoded, so that a clip can be described without a media
package.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO

from . import mp4_tracks
from .mp4_boxes import bodies, boxes, layout
from .mp4_tracks import Track

# What reading a box that is missing or too short raises.
_DAMAGE = (struct.error, KeyError, IndexError)


@dataclass(frozen=True)
class Description:
    """Length in seconds, picture in pixels as it is shown, frames per second; zero where the file does not say."""

    seconds: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    has_audio: bool = False


def is_mp4(start: bytes) -> bool:
    """Whether a file that starts with these 12 bytes or more is an MP4: its first box is ``ftyp``."""
    return start[4:8] == b"ftyp"


def is_whole(file: IO[bytes]) -> bool:
    """Whether an MP4 has its header and its media, and no box of it ends beyond the file.

    A connection that closes early behind a gateway may leave a file that is short and says so nowhere else.
    """
    size = file.seek(0, 2)
    kinds: set[bytes] = set()
    for kind, _, end in layout(file):
        if end > size:
            # What follows the last box may be anything, unless it is the beginning of another.
            return {b"moov", b"mdat"} <= kinds and not kind.isalnum()
        kinds.add(kind)
    return {b"moov", b"mdat"} <= kinds


def describe(file: IO[bytes]) -> Description:
    """Describe an MP4.

    Args:
        file: an open, seekable binary file.

    Returns:
        What it says of itself, with its edit lists, turned as it is shown, in square pixels; an empty description for a
        file that cannot be read as MP4.
    """
    seconds, tracks, default = _read_moov(_moov_body(file))
    if default is not None:
        # In a fragmented file the header says no length: each `moof` brings some samples' times (8.8).
        by_number = {track.number: track for track in tracks}
        for _, moof in bodies(file, b"moof"):
            with suppress(*_DAMAGE):
                mp4_tracks.add_fragment(moof, by_number, default)
    picture = next((track for track in tracks if track.kind == "vide"), None)
    shown = [track.seconds for track in tracks if track.kind in {"vide", "soun"}]
    if default is not None and picture:
        # The header was written before anything else; sound goes on for a little, as its codec has it.
        seconds = picture.seconds or seconds
    # An edit list says what is shown, which the movie's own length need not follow.
    elif shown and (not seconds or any(track.shown for track in tracks)):
        seconds = max(shown)
    found = Description(seconds=round(seconds, 3), has_audio=any(track.kind == "soun" for track in tracks))
    if picture is None:
        return found
    return replace(found, width=picture.size[0], height=picture.size[1], fps=picture.rate)


def tracks_of(file: IO[bytes]) -> list[Track]:
    """The tracks of an MP4, as its header describes them."""
    return _read_moov(_moov_body(file))[1]


def _moov_body(file: IO[bytes]) -> bytes:
    return next((body for _, body in bodies(file, b"moov")), b"")


def _read_moov(moov: bytes) -> tuple[float, list[Track], dict[int, int] | None]:
    """Length, tracks, and the time steps of a file in fragments, of which others have none."""
    seconds, scale, turned, default = 0.0, 0, False, None
    tracks: list[Track] = []
    with suppress(*_DAMAGE):
        for kind, body in boxes(moov):
            if kind == b"mvhd":
                # Before the tracks, as writers put it: edit lists count in the movie's units.
                length, scale = mp4_tracks.duration(body)
                seconds, turned = length / scale if scale else 0.0, mp4_tracks.turns(body)
            elif kind == b"trak":
                tracks.append(mp4_tracks.read(body, scale))
                tracks[-1].turned |= turned
            elif kind == b"mvex":
                default = mp4_tracks.defaults(body)
    return seconds, tracks, default
