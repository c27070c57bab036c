"""Pictures of a clip by the time at which they are shown, exact to the frame. Needs the extra ``media``.

Time is the player's: it begins at zero, and a picture is shown from its own time until the next one's. The packets are
looked through first, which costs next to nothing, so that only what leads to a wanted picture is decoded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, repeat
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidRequestError, MissingExtraError, VeoError
from . import mp4, video_frames

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from .video_frames import Picture

# Files round times, to a millisecond in WebM, and people who count in frames divide by a rate.
_ROUNDING = SHORTEST = Fraction(1, 1000)
# The largest time that FFmpeg counts to.
_LATEST = (1 << 62) - 1
# Seconds; a clip that is longer is damaged, or means harm.
_LONGEST = 1_000_000
# Whose packets say for certain that nothing is made from them; in HEVC pictures of a higher layer still may be.
_SAYS_WHAT_IS_NEEDED = {"h264"}
# For fewer pictures threads take longer to set up than they save; and each holds a picture.
_WORTH_THREADS, _MOST_THREADS = 8, 5


@dataclass(frozen=True, slots=True)
class _Sample:
    """A picture that is not decoded: when it is shown and until when, and whether it stands by itself and is seen."""

    pts: int
    end: int
    is_key: bool
    is_shown: bool


@dataclass
class _Run:
    """A stretch of packets to be decoded: from a key frame to the last picture that is wanted, and which are."""

    first: int
    last: int
    wanted: set[int]


class Pictures:
    """A clip that is open to have pictures taken out of it; see `opened`.

    Args:
        path: the clip.
        most: width and height that pictures are made smaller to fit in; None: as large as they are.

    Attributes:
        stream: its pictures, as PyAV has them.
        base: seconds in a unit of time.
        turn: degrees, anticlockwise, by which the last picture that was taken is turned.
        size: width and height of that one in the file, as it is shown.
    """

    turn, size = 0, (0, 0)

    def __init__(self, path: Path, most: tuple[int, int] | None = None) -> None:
        self._path, self._most = path, most
        # Before the file is opened, since FFmpeg takes the option only then.
        self._ends, self._options = edit_list_of(path)
        self._place = 0
        self._all: list[_Sample] = []
        self._open()

    def _open(self) -> None:
        import av

        self._container: InputContainer = av.open(str(self._path), "r", options=self._options)
        self.stream: VideoStream = self._container.streams.video[0]
        # FFmpeg's word for what it has no decoder for, though PyAV's types do not know it.
        if getattr(self.stream, "codec_context", None) is None:
            raise ValueError("their codec is not known")
        self.base = Fraction(self.stream.time_base or Fraction(1, 24))
        self._step = max(round(1 / Fraction(self.stream.average_rate or 24) / self.base), 1)
        begin = Fraction(self._container.start_time or 0, 1_000_000)
        # A first picture that is a little late is shown from the beginning.
        self._start = begin if begin >= self._step * self.base else Fraction(0)

    @property
    def container(self) -> InputContainer:
        """The open file."""
        return self._container

    @property
    def rate(self) -> float:
        """Pictures a second, on average; 0.0 where the file does not say."""
        return round(float(self.stream.average_rate or 0), 3)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def at(self, seconds: Fraction) -> Picture:
        """The picture that is shown at a time.

        Raises:
            InvalidRequestError: the clip has ended by then.
        """
        unit = self._unit_of(seconds)
        samples = self._samples_around(unit)
        shown = [sample for sample in samples if sample.is_shown]
        if not shown:
            raise _unreadable(self._path, "it has no pictures")
        if all(sample.pts <= unit for sample in shown):
            self._check_end(seconds, shown)
        return self._only(samples, _last_until(unit, shown))

    def last(self) -> Picture:
        """The picture that the clip ends on."""
        samples = self._samples_around(None)
        return self._only(samples, max(self._shown(samples)))

    def every(self, seconds: Fraction | None) -> Iterator[Picture]:
        """The pictures that are shown at each multiple of a time, or all of them, in one pass."""
        samples = self.all_samples()
        shown = sorted(self._shown(samples))
        if self._end_of(samples) > _LONGEST:
            raise _unreadable(self._path, "its times make no sense")
        # How often each is wanted, which a list of the times themselves would need memory for.
        often = dict.fromkeys(shown, 1) if seconds is None else self._counts(shown, self._end_of(samples), seconds)
        wanted = {pts: count for pts, count in often.items() if count > 0}
        times = chain.from_iterable(repeat(pts, count) for pts, count in wanted.items())
        yield from (picture for _, picture in self._decoded(samples, times, wanted.keys()))

    def _counts(self, shown: Sequence[int], end: Fraction, step: Fraction) -> dict[int, int]:
        """At how many multiples of a time each picture is shown."""
        first = [max(ceil((pts * self.base - self._start - _ROUNDING) / step), 0) for pts in shown]
        # The first picture is shown before its time as well, and is there for every clip.
        beyond = [*first[1:], max(ceil((end - _ROUNDING) / step), first[-1], 1)]
        return {pts: after - at for pts, at, after in zip(shown, [0, *first[1:]], beyond, strict=True)}

    def spread(self, most: int) -> Iterator[tuple[Fraction, Picture]]:
        """So many pictures from the first to the last one, each with its time in seconds; fewer if there are fewer."""
        samples = self.all_samples()
        shown = sorted(self._shown(samples))
        first, last, parts = shown[0], shown[-1], max(most - 1, 1)
        wanted = dict.fromkeys(_shown_at([first + (last - first) * part // parts for part in range(most)], shown))
        for pts, picture in self._decoded(samples, wanted, wanted.keys()):
            yield max(pts * self.base - self._start, Fraction(0)), picture

    def all_samples(self) -> Sequence[_Sample]:
        """Every picture of the file, in order of decoding; read once."""
        if not self._all:
            self._rewind()
            self._all = list(self._samples())
        return self._all

    def seconds_of(self, samples: Sequence[_Sample]) -> Fraction:
        """How long the pictures are shown."""
        return self._end_of(samples)

    # Times

    def _unit_of(self, seconds: Fraction) -> int:
        return min(int((seconds + self._start + _ROUNDING) / self.base), _LATEST)

    def _end_of(self, samples: Sequence[_Sample]) -> Fraction:
        end = max((sample.end for sample in samples if sample.is_shown), default=0) * self.base
        return min(end, self._ends or end) - self._start

    def _said_seconds(self) -> Fraction:
        """How long the file says that it is, sound included."""
        return Fraction(self._container.duration or 0, 1_000_000)

    def _check_end(self, seconds: Fraction, shown: Sequence[_Sample]) -> None:
        end = max(self._end_of(shown), self._said_seconds())
        if seconds > end + _ROUNDING:
            raise InvalidRequestError(
                f"at: {float(seconds):g} is beyond the end of {self._path.name!r}, which lasts {float(end):.3f} s; "
                "last_frame is the picture it ends on.",
                parameter="at",
                value=float(seconds),
            )

    def _shown(self, samples: Sequence[_Sample]) -> list[int]:
        found = [sample.pts for sample in samples if sample.is_shown]
        if not found:
            raise _unreadable(self._path, "it has no pictures")
        return found

    # Packets

    def _go_to(self, unit: int) -> None:
        """Go to a key frame at this time or before it; where there is no index, to the beginning."""
        import av

        self._place = unit
        try:
            self._container.seek(unit, stream=self.stream)
        except av.FFmpegError:
            # A recording that was made live can be read on only.
            self.close()
            self._open()

    def _rewind(self) -> None:
        self._go_to(min(self.stream.start_time or 0, 0))

    def _samples_around(self, unit: int | None) -> list[_Sample]:
        """Those from which the picture at a time can be made, and those that might be it; None: at the end."""
        at = self._unit_of(self._said_seconds()) if unit is None else unit
        # The second is for key frames that are shown after pictures which follow them in the file.
        for place in (at, at - round(1 / self.base)):
            self._go_to(place)
            samples = list(self._samples(until=unit))
            times = [sample.pts for sample in samples if sample.is_shown and sample.pts <= at]
            if times and any(sample.is_key and sample.pts <= max(times) for sample in samples):
                return samples
        self._rewind()
        return list(self._samples(until=unit))

    def _samples(self, until: int | None = None) -> Iterator[_Sample]:
        """The pictures from here on, in order of decoding, up to the last that can be shown by the time `until`."""
        until = None if until is None else max(until, self.stream.start_time or 0)
        cut = _LATEST if self._ends is None else ceil((self._ends - _ROUNDING) / self.base)
        for packet in self._container.demux(self.stream):
            pts = packet.pts
            # What has no time only marks the end.
            if pts is None:
                continue
            end = pts + (packet.duration or self._step)
            # One that begins before the edit list does is shown until the next.
            yield _Sample(pts, end, packet.is_keyframe, pts < cut and end > 0 and not packet.is_discard)
            if until is not None and packet.dts is not None and packet.dts > until:
                return

    # Pictures

    def _only(self, samples: Sequence[_Sample], pts: int) -> Picture:
        return next(picture for _, picture in self._decoded(samples, [pts], {pts}))

    def _decoded(
        self, samples: Sequence[_Sample], wanted: Iterable[int], distinct: AbstractSet[int]
    ) -> Iterator[tuple[int, Picture]]:
        """The pictures with these times, which rise and may be repeated; `distinct` has each once."""
        frames = self._frames(samples, _runs(samples, distinct))
        frame, times = None, iter(wanted)
        for pts in times:
            while frame is None or frame.pts < pts:
                if (frame := next(frames, None)) is None:
                    break
            if frame is None or frame.pts != pts:
                yield from self._decoded_from_beginning(chain([pts], times))
                return
            yield pts, self._picture_of(frame)

    def _decoded_from_beginning(self, wanted: Iterable[int]) -> Iterator[tuple[int, Picture]]:
        """As `_decoded`, for clips with damage, or without a picture that stands by itself.

        In place of one that cannot be decoded stands the one before it, as in players, or else the next one.
        """
        samples = self.all_samples()
        frames = self._frames(samples, [_Run(0, len(samples) - 1, {sample.pts for sample in samples})])
        before = frame = next(frames, None)
        for pts in wanted:
            while frame is not None and frame.pts < pts:
                before, frame = frame, next(frames, None)
            found = frame if frame is not None and (frame.pts == pts or before is None) else before
            if found is None:
                raise _unreadable(self._path, "none of its pictures can be decoded")
            yield pts, self._picture_of(found)

    def _frames(self, samples: Sequence[_Sample], runs: Sequence[_Run]) -> Iterator[Any]:
        """The wanted frames of each run."""
        # By the time of a key frame, formats without an index may go beyond it.
        self._rewind() if samples is self._all else self._go_to(self._place)
        context, packets = self.stream.codec_context, iter(self._container.demux(self.stream))
        self._set_threads(max((run.last - run.first for run in runs), default=0))
        for run in runs:
            if context.is_open:
                context.flush_buffers()
            begin, end, begun = samples[run.first].pts, samples[run.last].pts, False
            for packet in packets:
                begun = begun or packet.pts == begin
                if not begun or packet.pts is None:
                    continue
                needed = packet.is_keyframe or packet.pts in run.wanted or context.name not in _SAYS_WHAT_IS_NEEDED
                context.skip_frame = "DEFAULT" if needed else "NONREF"
                yield from (frame for frame in self.stream.decode(packet) if frame.pts in run.wanted)
                if packet.pts == end:
                    break
            yield from (frame for frame in self.stream.decode(None) if frame.pts in run.wanted)

    def _set_threads(self, longest: int) -> None:
        context = self.stream.codec_context
        if not context.is_open:
            many = longest > _WORTH_THREADS
            context.thread_type = "AUTO" if many else "SLICE"
            context.thread_count = min((os.cpu_count() or 1) + 1, _MOST_THREADS) if many else 1

    def _picture_of(self, frame: Any) -> Picture:
        shape = self.stream.sample_aspect_ratio
        self.turn, self.size = video_frames.turn_of(frame), video_frames.size_of(frame, shape)
        picture = video_frames.picture_of(frame, shape, self._most)
        picture.info["seconds"] = max(float(frame.pts * self.base - self._start), 0.0)
        return picture


@contextmanager
def opened(path: Path, most: tuple[int, int] | None = None) -> Iterator[Pictures]:
    """A clip whose pictures can be taken, until the block ends.

    Raises:
        MissingExtraError: the media packages are not installed.
        VeoError: there is no such file, or it is no clip that can be read.
    """
    try:
        import av
        import PIL  # noqa: F401 (asked for now, and not after a clip was decoded)
    except ImportError:
        raise MissingExtraError("Taking pictures out of a clip", "media") from None
    pictures: Pictures | None = None
    try:
        pictures = Pictures(path, most)
        yield pictures
    except VeoError:
        raise
    except FileNotFoundError:
        raise VeoError(f"There is no clip at {str(path)!r}; it was moved or deleted.") from None
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise _unreadable(path, str(error)) from error
    finally:
        if pictures is not None:
            pictures.close()


def edit_list_of(path: Path) -> tuple[Fraction | None, dict[str, str]]:
    """When an edit list ends the pictures of a file, and how FFmpeg is to read it.

    Left to itself FFmpeg moves what an edit list shows to where its first whole picture begins, against the sound by up
    to a picture's time. Lists of several parts it reads in that way only.
    """
    with path.open("rb") as file:
        tracks = [track for track in mp4.tracks_of(file) if track.kind in {"vide", "soun"}]
    # Without an edit list there is nothing to read otherwise.
    if any(track.edits > 1 for track in tracks) or not any(track.edits for track in tracks):
        return None, {}
    picture = next((track.shown for track in tracks if track.kind == "vide"), 0.0)
    return Fraction(picture).limit_denominator(1_000_000) or None, {"advanced_editlist": "0"}


def _unreadable(path: Path, why: str) -> VeoError:
    return VeoError(f"The pictures of {str(path)!r} cannot be read: {why}.")


def _last_until(unit: int, shown: Sequence[_Sample]) -> int:
    """The time of the picture that is shown at a time: of the first one where that comes later."""
    times = [sample.pts for sample in shown]
    return max((pts for pts in times if pts <= unit), default=min(times))


def _shown_at(units: Sequence[int], shown: Sequence[int]) -> list[int]:
    """The times of the pictures that are shown at `units`; both rise."""
    found, at = [], 0
    for unit in units:
        while at + 1 < len(shown) and shown[at + 1] <= unit:
            at += 1
        found.append(shown[at])
    return found


def _runs(samples: Sequence[_Sample], wanted: AbstractSet[int]) -> list[_Run]:
    """What has to be decoded for the pictures with these times, in order."""
    runs: list[_Run] = []
    keys: list[int] = []
    for number, sample in enumerate(samples):
        if sample.is_key:
            keys.append(number)
        if sample.pts not in wanted:
            continue
        # Pictures that follow a key frame in the file and are shown before it are made from the one before.
        first = next((key for key in reversed(keys) if samples[key].pts <= sample.pts), 0)
        if runs and first <= runs[-1].last + 1:
            runs[-1].last = number
            runs[-1].wanted.add(sample.pts)
        else:
            runs.append(_Run(first, number, {sample.pts}))
    return runs
