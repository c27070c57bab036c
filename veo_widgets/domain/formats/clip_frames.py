"""What `Video` offers of a clip's pictures: one, many, a sheet of them, and what the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import COUNT, refusal
from ..errors import InvalidRequestError
from . import contact_sheets, provenance
from .clip_pictures import SHORTEST, Pictures, opened
from .contact_sheets import Still

if TYPE_CHECKING:
    from .video_frames import Picture

# More would be no sheet that anybody looks at.
MOST_STILLS = 400
# The whole sheet is in memory at once.
_WIDEST = 1280


@dataclass(frozen=True)
class Probe:
    """What a clip's file holds, as its streams say it.

    Attributes:
        seconds: how long its pictures are shown.
        width, height: of the picture as it is shown, in square pixels.
        fps: pictures a second; of a variable rate, on average.
        frames: how many pictures are shown.
        video_codec: as FFmpeg calls it, such as ``h264``.
        audio_codec: such as ``aac``; empty without sound.
        sample_rate: of the sound, a second; 0 without.
        channels: of the sound; 0 without.
        bit_rate: of the whole file, in bits a second.
        bytes: its size.
        rotation: degrees, anticlockwise, by which the stored picture is turned: 0, 90, 180 or 270.
        has_credentials: whether it carries a C2PA manifest; `Video.credentials` reads it.
    """

    seconds: float
    width: int
    height: int
    fps: float
    frames: int
    video_codec: str
    audio_codec: str
    sample_rate: int
    channels: int
    bit_rate: int
    bytes: int
    rotation: int
    has_credentials: bool


def at(path: Path, seconds: object, width: object = None) -> Picture:
    """The picture that is shown at a time; see `Video.frame`."""
    time, most = _time_of(seconds, "at"), _box_of(width)
    with opened(path, most) as clip:
        return clip.at(time)


def last(path: Path) -> Picture:
    """The picture that a clip ends on; see `Video.last_frame`."""
    with opened(path) as clip:
        return clip.last()


def every(path: Path, seconds: object, width: object = None) -> Iterator[Picture]:
    """The pictures at each multiple of a time; see `Video.frames`."""
    step = None if seconds is None else _time_of(seconds, "every")
    if step is not None and step < SHORTEST:
        raise refusal("every", seconds, f"a number of seconds from {float(SHORTEST):g}; leave it out for every picture")
    most = _box_of(width)
    # Whoever asks is told at once, and not where the first picture is used.
    with opened(path):
        return _pictures(path, step, most)


def _pictures(path: Path, step: Fraction | None, most: tuple[int, int] | None) -> Iterator[Picture]:
    with opened(path, most) as clip:
        yield from clip.every(step)


def sheet(path: Path, columns: object = 5, stills: object = 20, width: object = 320) -> Picture:
    """Stills from the first picture to the last; see `Video.sheet`."""
    columns, count, width = (
        _count_of(value, name) for value, name in ((columns, "columns"), (stills, "stills"), (width, "width"))
    )
    if count > MOST_STILLS:
        raise InvalidRequestError(
            f"stills: {count} are too many for a sheet; at most {MOST_STILLS} are drawn. frames() gives as many as you "
            "like.",
            parameter="stills",
            value=count,
        )
    if width > _WIDEST:
        raise InvalidRequestError(
            f"width: {width} is too wide for the stills of a sheet; {_WIDEST} is the most. frame() gives one of any "
            "size.",
            parameter="width",
            value=width,
        )
    with opened(path, (width, width)) as clip:
        drawn = [Still(picture, title=_clock(seconds)) for seconds, picture in clip.spread(count)]
        facts = _facts(clip)
    return contact_sheets.drawn(drawn, columns, width, path.name, facts)


def _clock(seconds: Fraction) -> str:
    """A time as players show it, to the hundredth: ``0:05.21``."""
    hundredths = int(seconds * 100)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def _facts(clip: Pictures) -> str:
    width, height = clip.size
    # Pillow's own typeface has no sign of multiplication.
    return f"{width} x {height} · {clip.rate:g} fps · {float(clip.seconds_of(clip.all_samples())):.3g} s"


def probe(path: Path) -> Probe:
    """What a clip's file holds; see `Video.probe`."""
    with opened(path) as clip:
        samples = clip.all_samples()
        seconds = float(clip.seconds_of(samples))
        clip.at(Fraction(0))
        sound: Any = next(iter(clip.container.streams.audio), None)
        size = path.stat().st_size
        return Probe(
            seconds=round(seconds, 3),
            width=clip.size[0],
            height=clip.size[1],
            fps=clip.rate,
            frames=sum(sample.is_shown for sample in samples),
            video_codec=clip.stream.codec_context.name,
            audio_codec=sound.codec_context.name if sound else "",
            sample_rate=sound.sample_rate if sound else 0,
            channels=sound.channels if sound else 0,
            bit_rate=round(size * 8 / seconds) if seconds else 0,
            bytes=size,
            rotation=clip.turn,
            has_credentials=provenance.carries(path),
        )


def _time_of(value: object, name: str) -> Fraction:
    """A time in seconds.

    Raises:
        InvalidRequestError: it is none, or before the beginning.
    """
    # Those of NumPy are real numbers too; True is one in Python, and no time that anybody means.
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value) or value < 0:
        raise refusal(name, value, "a number of seconds from 0")
    return Fraction(float(value))


def _box_of(width: object) -> tuple[int, int] | None:
    """What pictures are to fit in; none is higher than eight times its width."""
    return None if width is None else (_count_of(width, "width"), 1 << 16)


def _count_of(value: Any, name: str) -> int:
    if value is None or not COUNT.fits(value):
        raise refusal(name, value, COUNT.words)
    return int(value)
