"""A clip that is to be put into a film: when its pictures and its sound are shown, and in what shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...domain.formats import mp4, video_frames
from ...domain.formats.clip_pictures import edit_list_of

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Samples a second of a film's sound.
RATE = 48_000
_FORM: dict[str, Any] = {"format": "fltp", "layout": "stereo", "rate": RATE}
# Sound whose times leap by more seconds is not joined on.
_LEAP = 1 / 50
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
class Colours:
    """How numbers become colours, as ISO/IEC 23091-2 numbers matrix, primaries and transfer."""

    range: int
    matrix: int
    primaries: int
    transfer: int


@dataclass(frozen=True)
class SourceClip:
    """What is to be known of a clip before a film begins. Its file is closed, so that a film may have any number.

    Attributes:
        segment: which.
        options: how FFmpeg is to read its file.
        times: when its pictures are shown, in order of decoding, in units of the stream's time base; those that an
            edit list hides are left out.
        keys: those that stand by themselves: when they are shown, and by which time they are sought, in these units.
        hides: whether an edit list hides some.
        end: when an edit list ends it, in seconds; None where its last picture does.
        last: how long the last picture is shown, in these units.
        turn: degrees, anticlockwise, by which it is turned.
        base: seconds in a unit of time.
        step: seconds from one picture to the next, on average.
        shape: width to height of its pixels.
        stored: width and height as they are stored.
        colours: of its pictures, as the file says.
        kind: what has to agree for pictures to be copied into one stream.
        sounds: whether it has sound.
    """

    segment: Segment
    options: dict[str, str]
    times: tuple[int, ...]
    keys: tuple[tuple[int, int], ...]
    hides: bool
    end: Fraction | None
    last: int
    turn: int
    base: Fraction
    step: Fraction
    shape: Fraction
    stored: tuple[int, int]
    colours: Colours
    kind: tuple[object, ...]
    sounds: bool

    def open(self) -> AbstractContextManager[InputContainer]:
        """Its file."""
        import av

        return av.open(str(self.segment.path), "r", options=self.options)

    @property
    def start(self) -> Fraction:
        """When it begins by its own clock: at zero, or with its first picture if that comes later."""
        first = min(self.times) * self.base
        return first if first >= self.step else Fraction(0)

    def place_before(self, seconds: Fraction) -> int:
        """Where to seek for the picture at a time: a key frame may come before it in the file and be shown after it."""
        return next((dts for pts, dts in reversed(self.keys) if pts * self.base <= seconds), min(self.times))

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
    def size(self) -> tuple[int, int]:
        """Width and height as it is shown: upright, in square pixels, even."""
        width, height = round(self.stored[0] * self.shape), self.stored[1]
        if self.turn % 180:
            width, height = height, width
        return width + width % 2, height + height % 2

    @property
    def can_be_copied(self) -> bool:
        """Whether its packets can be taken over as they are.

        Not if any are hidden or it is shown in another form than it is stored in; nor if its last picture is to be left
        out and others were made from it.
        """
        plain = not self.hides and not self.turn and self.shape == 1
        return plain and (not self.segment.runs_on or max(self.times) == self.times[-1])


def read_clip(segment: Segment) -> SourceClip:
    """The clip of a segment.

    Raises:
        av.FFmpegError, ValueError, IndexError: it is no clip that can be read.
    """
    import av

    # Before the file is opened, since FFmpeg takes the option only then.
    ends, options = edit_list_of(segment.path)
    with av.open(str(segment.path), "r", options=options) as container:
        video = container.streams.video[0]
        base, step = Fraction(video.time_base or Fraction(1, 24)), 1 / Fraction(video.average_rate or 24)
        # What has no time only marks the end.
        packets = [
            (packet.pts, packet.duration or round(step / base), packet.is_discard, packet.is_keyframe, packet.dts)
            for packet in container.demux(video)
            if packet.pts is not None
        ]
        lasting = {pts: duration for pts, duration, is_discarded, *_ in packets if not is_discarded}
        natural = max((pts + length for pts, length in lasting.items()), default=0) * base
        end = ends if ends and ends < natural - step / 2 else None
        # One that begins before the edit list does is shown until the next.
        last = None if end is None else end - _EPSILON
        times = tuple(
            pts for pts, length in lasting.items() if pts + length > 0 and (last is None or pts * base < last)
        )
        if not times:
            raise ValueError(f"{segment.path.name} has no pictures")
        return SourceClip(
            segment,
            options,
            times,
            keys=tuple((pts, pts if dts is None else dts) for pts, _, _, is_key, dts in packets if is_key),
            hides=len(times) < len(packets),
            end=end,
            last=lasting[max(times)],
            turn=_turn(container, min(times)) if _may_be_turned(segment.path) else 0,
            base=base,
            step=step,
            shape=video.sample_aspect_ratio or Fraction(1),
            stored=(video.width, video.height),
            colours=_colours(video),
            kind=_kind(video),
            sounds=bool(container.streams.audio),
        )


def _turn(container: InputContainer, first: int) -> int:
    video = container.streams.video[0]
    # It has been read to the end.
    container.seek(first, stream=video)
    return video_frames.turn_of(next(container.decode(video)))


def _colours(video: VideoStream) -> Colours:
    context = video.codec_context
    return Colours(
        int(context.color_range), int(context.colorspace), int(context.color_primaries), int(context.color_trc)
    )


def _kind(video: VideoStream) -> tuple[object, ...]:
    context = video.codec_context
    size = (context.name, context.codec_tag, context.width, context.height, context.pix_fmt)
    return (*size, _colours(video), video.average_rate, video.time_base, context.extradata)


def _may_be_turned(path: Path) -> bool:
    """Whether a picture has to be decoded to learn if it is turned; an MP4 says that it is not."""
    with path.open("rb") as file:
        return next((track.turned for track in mp4.tracks_of(file) if track.kind == "vide"), True)


def sound_of(container: InputContainer) -> Iterator[tuple[float | None, AudioFrame]]:
    """The sound of a clip in the form of a film's.

    Yields:
        Frames, each with the time by the clip's own clock at which it begins; None where it goes on from the last.
    """
    from av import AudioResampler

    if not container.streams.audio:
        return
    container.seek(0)
    resampler, began, expected = AudioResampler(**_FORM), None, None
    for frame in container.decode(audio=0):
        at = (frame.pts or 0) * float(frame.time_base or 1 / RATE)
        if expected is None or abs(at - expected) > _LEAP:
            yield from _timed(began, resampler.resample(None))
            resampler, began, expected = AudioResampler(**_FORM), at, at
        expected += frame.samples / frame.sample_rate
        # The times were looked at here, and the resampler would fill and cut by them again.
        frame.pts = None
        for made in resampler.resample(frame):
            yield began, made
            began = None
    yield from _timed(began, resampler.resample(None))


def _timed(began: float | None, frames: Iterable[AudioFrame | None]) -> Iterator[tuple[float | None, AudioFrame]]:
    for frame in frames:
        # A resampler that has nothing to do hands on what it is given, the word that nothing follows among it.
        if frame is not None:
            yield began, frame
            began = None
