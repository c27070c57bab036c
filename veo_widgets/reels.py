"""A clip that is open to be put into a film: when its pictures and its sound are shown, and in what shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import mp4, video_frames

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Samples a second of a film's sound.
RATE = 48_000
# Sound whose times leap by more is not joined on.
_LEAP = Fraction(1, 50)
# What rounding to a file's units may add.
_EPSILON = Fraction(1, 1000)


@dataclass(frozen=True)
class Segment:
    """A clip of a film.

    Attributes:
        path: its file.
        runs_on: whether the next one begins with the frame that this one ends on, which is then shown once.
    """

    path: Path
    runs_on: bool = False


@dataclass(frozen=True)
class Reel:
    """A clip that is open.

    Attributes:
        segment: which.
        container: its file.
        times: when its pictures are shown, in order of decoding, in units of the stream's time base; those that an
            edit list hides are left out.
        hides: whether an edit list hides some.
        end: when an edit list ends it, in seconds; None where its last picture does.
        last: how long the last picture is shown, in these units.
        turn: degrees, anticlockwise, by which it is turned.
    """

    segment: Segment
    container: InputContainer
    times: tuple[int, ...]
    hides: bool
    end: Fraction | None
    last: int
    turn: int

    @property
    def video(self) -> VideoStream:
        """Its pictures."""
        return self.container.streams.video[0]

    @property
    def base(self) -> Fraction:
        """Seconds in a unit of time."""
        return Fraction(self.video.time_base or Fraction(1, 24))

    @property
    def step(self) -> Fraction:
        """Seconds from one picture to the next, on average."""
        return 1 / Fraction(self.video.average_rate or 24)

    @property
    def start(self) -> Fraction:
        """When it begins, by its own clock: at zero, or where its pictures begin later, with the first of them."""
        first = min(self.times) * self.base
        return first if first >= self.step else Fraction(0)

    @property
    def shown(self) -> frozenset[int]:
        """The times of the pictures that are shown in the film."""
        return frozenset(self.times) - ({max(self.times)} if self.segment.runs_on else set())

    @property
    def seconds(self) -> Fraction:
        """How long it is shown."""
        if self.segment.runs_on:
            return max(self.times) * self.base - self.start
        return (self.end or (max(self.times) + self.last) * self.base) - self.start

    @property
    def is_steady(self) -> bool:
        """Whether all its pictures are shown equally long."""
        times = sorted(self.times)
        return len({after - before for before, after in pairwise(times)}) < 2

    @property
    def shape(self) -> Fraction:
        """Width to height of its pixels."""
        return self.video.sample_aspect_ratio or Fraction(1)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as it is shown: upright, in square pixels, even."""
        width, height = round(self.video.width * self.shape), self.video.height
        if self.turn % 180:
            width, height = height, width
        return width + width % 2, height + height % 2

    @property
    def kind(self) -> tuple[object, ...]:
        """What has to agree for pictures to be copied into one stream."""
        context = self.video.codec_context
        size = (context.name, context.codec_tag, context.width, context.height, context.pix_fmt)
        colours = (context.color_range, context.colorspace, context.color_primaries, context.color_trc)
        return (*size, *colours, self.video.average_rate, self.video.time_base, context.extradata)

    @property
    def can_be_copied(self) -> bool:
        """Whether its packets can be taken over as they are.

        Not if any are hidden or it is shown in another form than it is stored in; nor if its last picture is to be left
        out and others were made from it.
        """
        plain = not self.hides and not self.turn and self.shape == 1
        return plain and (not self.segment.runs_on or max(self.times) == self.times[-1])


def opened(segment: Segment, stack: ExitStack) -> Reel:
    """The clip of a segment; `stack` closes it.

    Raises:
        av.FFmpegError, ValueError, IndexError: it is no clip that can be read.
    """
    import av

    ends, options = _edits(segment.path)
    container = stack.enter_context(av.open(str(segment.path), "r", options=options))
    video = container.streams.video[0]
    base, step = Fraction(video.time_base or Fraction(1, 24)), 1 / Fraction(video.average_rate or 24)
    # What has no time only marks the end.
    packets = [packet for packet in container.demux(video) if packet.pts is not None]
    lasting = {packet.pts or 0: packet.duration or round(step / base) for packet in packets if not packet.is_discard}
    natural = max((pts + length for pts, length in lasting.items()), default=0) * base
    end = ends if ends and ends < natural - step / 2 else None
    # One that begins before the edit list does is shown until the next.
    times = tuple(
        pts for pts, length in lasting.items() if pts + length > 0 and (end is None or pts * base < end - _EPSILON)
    )
    if not times:
        raise ValueError(f"{segment.path.name} has no pictures")
    container.seek(min(times), stream=video)
    turn = video_frames.turn_of(next(container.decode(video)))
    return Reel(segment, container, times, len(times) < len(packets), end, lasting[max(times)], turn)


def _edits(path: Path) -> tuple[Fraction | None, dict[str, str]]:
    """When an edit list ends the pictures of a file, and how FFmpeg is to read it.

    Left to itself FFmpeg moves what an edit list shows to where its first whole picture begins, against the sound by up
    to a picture's time. Lists of several parts it reads in that way only.
    """
    with path.open("rb") as file:
        tracks = [track for track in mp4.tracks_of(file) if track.kind in {"vide", "soun"}]
    if any(track.edits > 1 for track in tracks) or not any(track.edits for track in tracks):
        return None, {}
    picture = next((track.shown for track in tracks if track.kind == "vide"), 0.0)
    return Fraction(picture).limit_denominator(1_000_000) or None, {"advanced_editlist": "0"}


def sound_of(reel: Reel) -> Iterator[tuple[Fraction, bytes]]:
    """The sound of a clip as 16-bit stereo at `RATE`, in runs that each begin at a time by the clip's own clock."""
    from av import AudioResampler

    if not reel.container.streams.audio:
        return
    reel.container.seek(0)
    resampler, began, expected, run = None, Fraction(0), Fraction(0), bytearray()
    for frame in reel.container.decode(audio=0):
        at = Fraction(frame.pts or 0) * Fraction(frame.time_base or Fraction(1, RATE))
        if resampler is None or abs(at - expected) > _LEAP:
            if resampler is not None:
                yield began, bytes(run + _samples(resampler.resample(None)))
            resampler, began, run = AudioResampler(format="s16", layout="stereo", rate=RATE), at, bytearray()
            expected = at
        expected += Fraction(frame.samples, frame.sample_rate)
        # The times were looked at here, and the resampler would fill and cut by them again.
        frame.pts = None
        run += _samples(resampler.resample(frame))
    if resampler is not None:
        yield began, bytes(run + _samples(resampler.resample(None)))


def _samples(frames: Any) -> bytes:
    return b"".join(bytes(frame.planes[0])[: frame.samples * 4] for frame in frames)
