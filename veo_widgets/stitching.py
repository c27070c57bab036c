"""Clips one after the other in one file, and the frame that a clip ends on. Needs the extra ``media``.

The picture is copied as it is where the clips are of one kind, and made anew where they are not. The sound is always
made anew, so that it is exactly as long as the picture of each clip.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import MissingExtraError, VeoError
from .media import MAX_IMAGE_BYTES

if TYPE_CHECKING:
    from av import AudioFrame, Packet
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

_RATE = 48_000
_AAC_FRAME = 1024


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
class _Reel:
    """A clip that is open: where its pictures are, and how many of them are shown."""

    segment: Segment
    container: InputContainer
    # Presentation times in order of decoding, in units of the stream's time base.
    times: tuple[int, ...]

    @property
    def video(self) -> VideoStream:
        return self.container.streams.video[0]

    @property
    def frames(self) -> int:
        return len(self.times) - self.segment.runs_on

    @property
    def step(self) -> Fraction:
        """Seconds from one picture to the next."""
        return 1 / Fraction(self.video.average_rate or 24)

    @property
    def seconds(self) -> Fraction:
        return self.frames * self.step

    @property
    def kind(self) -> tuple[object, ...]:
        """What has to agree for pictures to be copied into one stream."""
        context = self.video.codec_context
        size = (context.name, context.width, context.height, context.pix_fmt)
        return (*size, self.video.average_rate, self.video.time_base, context.extradata)

    @property
    def ends_plainly(self) -> bool:
        """Whether its last picture can be left out: none that is shown was made from it."""
        return not self.segment.runs_on or max(self.times) == self.times[-1]


def check_extra() -> None:
    """See that the media packages are there.

    Raises:
        MissingExtraError: they are not.
    """
    if find_spec("av") is None or find_spec("PIL") is None:
        raise MissingExtraError("A film", "media")


def last_frame(path: Path) -> bytes:
    """The picture that a clip ends on, as PNG; as JPEG where a PNG would be larger than the services take.

    Raises:
        MissingExtraError: the media packages are not installed.
        VeoError: the file is no clip that can be read.
    """
    check_extra()
    import av

    try:
        with av.open(str(path)) as clip:
            stream = clip.streams.video[0]
            # From the last key frame on; a clip has one a second or so.
            clip.seek(stream.duration or 0, stream=stream)
            *_, frame = clip.decode(stream)
            picture: Any = frame.to_image()  # type: ignore[no-untyped-call]
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise VeoError(f"The last frame of {str(path)!r} cannot be read: {error}.") from error
    png = _encoded(picture, "PNG")
    return png if len(png) <= MAX_IMAGE_BYTES else _encoded(picture, "JPEG", quality=95, subsampling=0)


def _encoded(picture: Any, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


def stitch(segments: Sequence[Segment], target: Path) -> None:
    """Write clips into one MP4, in hard cuts and with their sound.

    Args:
        segments: the clips in order; the first decides size and frame rate where they differ.
        target: the file to write.

    Raises:
        MissingExtraError: the media packages are not installed.
        VeoError: a clip cannot be read, or the file cannot be written.
    """
    check_extra()
    import av

    try:
        with ExitStack() as stack:
            reels = [_open(segment, stack) for segment in segments]
            # Picture and sound of a clip come one after the other here, but side by side in the file.
            options = {"movflags": "+faststart", "fflags": "+bitexact", "max_interleave_delta": "0"}
            out = stack.enter_context(av.open(str(target), "w", format="mp4", options=options))
            _write(reels, out)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise VeoError(f"The clips of the film cannot be put together: {error}.") from error


def _open(segment: Segment, stack: ExitStack) -> _Reel:
    import av

    container = stack.enter_context(av.open(str(segment.path)))
    times = tuple(packet.pts for packet in container.demux(video=0) if packet.pts is not None)
    container.seek(0)
    return _Reel(segment, container, times)


def _write(reels: Sequence[_Reel], out: OutputContainer) -> None:
    alike = len({reel.kind for reel in reels}) == 1 and all(reel.ends_plainly for reel in reels)
    pictures = _Copied(reels[0], out) if alike else _Encoded(reels[0], out)
    sound = _Sound(out) if any(reel.container.streams.audio for reel in reels) else None
    at = Fraction(0)
    for reel in reels:
        pictures.write(reel, at)
        if sound is not None:
            sound.write(reel, at + reel.seconds)
        at += reel.seconds
    pictures.close()
    if sound is not None:
        sound.close()


class _Copied:
    """A picture stream of packets that are taken over as they are."""

    def __init__(self, first: _Reel, out: OutputContainer) -> None:
        self._stream = out.add_stream_from_template(first.video)
        self._out = out

    def write(self, reel: _Reel, at: Fraction) -> None:
        base = Fraction(reel.video.time_base or Fraction(1, 24))
        offset = round(at / base) - min(reel.times)
        for packet in _packets(reel):
            packet.pts, packet.dts = (packet.pts or 0) + offset, (packet.dts or 0) + offset
            packet.stream = self._stream
            self._out.mux(packet)

    def close(self) -> None:
        """Nothing is kept back."""


def _packets(reel: _Reel) -> Iterator[Packet[VideoStream]]:
    reel.container.seek(0)
    last = max(reel.times)
    for packet in reel.container.demux(video=0):
        # What has no time only marks the end.
        if packet.pts is not None and not (reel.segment.runs_on and packet.pts == last):
            yield packet


class _Encoded:
    """A picture stream made anew, in the first clip's size and rate."""

    def __init__(self, first: _Reel, out: OutputContainer) -> None:
        self._out, self._step, self._count = out, first.step, 0
        self._stream = out.add_stream("libx264", rate=1 / first.step, options={"preset": "medium", "crf": "16"})
        self._stream.width, self._stream.height = first.video.width, first.video.height
        self._stream.pix_fmt = "yuv420p"
        source = first.video.codec_context
        context = self._stream.codec_context
        context.color_range, context.colorspace = source.color_range, source.colorspace
        context.color_primaries, context.color_trc = source.color_primaries, source.color_trc

    def write(self, reel: _Reel, at: Fraction) -> None:
        """Encode a clip's pictures; a clip of another rate shows some for longer, or leaves some out."""
        reel.container.seek(0)
        end = round((at + reel.seconds) / self._step)
        stream, start, shown = self._stream, min(reel.times) * (reel.video.time_base or Fraction(1, 24)), None
        for number, frame in enumerate(reel.container.decode(video=0)):
            if number >= reel.frames:
                break
            begins = round((at + Fraction(frame.pts or 0) * (frame.time_base or 1) - start) / self._step)
            self._show(shown, begins)
            shown = frame.reformat(width=stream.width, height=stream.height, format="yuv420p")
        self._show(shown, end)

    def _show(self, frame: Any, until: int) -> None:
        while frame is not None and self._count < until:
            frame.pts, frame.time_base = self._count, self._step
            frame.pict_type = 0
            self._out.mux(self._stream.encode(frame))
            self._count += 1

    def close(self) -> None:
        """Encode what was kept back."""
        self._out.mux(self._stream.encode(None))


class _Sound:
    """A stereo stream at 48 kHz, as long as the pictures; silent where a clip is."""

    def __init__(self, out: OutputContainer) -> None:
        import av

        self._out, self._written = out, 0
        self._stream = out.add_stream("aac", rate=_RATE, layout="stereo")
        self._stream.bit_rate = 192_000
        self._fifo = av.AudioFifo()
        self._taken = 0

    def write(self, reel: _Reel, until: Fraction) -> None:
        """Take a clip's sound, cut or filled up so that all of it ends at `until` seconds."""
        end = round(until * _RATE)
        for samples in _sound_of(reel):
            self._take(samples[: (end - self._taken) * 4])
        self._take(bytes((end - self._taken) * 4))
        while (frame := self._fifo.read(_AAC_FRAME)) is not None:
            self._encode(frame)

    def _take(self, samples: bytes) -> None:
        if not samples:
            return
        import av

        frame = av.AudioFrame(format="s16", layout="stereo", samples=len(samples) // 4)
        frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.time_base, frame.pts = _RATE, Fraction(1, _RATE), self._taken
        self._fifo.write(frame)
        self._taken += len(samples) // 4

    def _encode(self, frame: AudioFrame) -> None:
        frame.pts, frame.time_base = self._written, Fraction(1, _RATE)
        self._written += frame.samples
        self._out.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Encode what is left."""
        rest = self._fifo.read(0, partial=True)
        if rest is not None:
            self._encode(rest)
        self._out.mux(self._stream.encode(None))


def _sound_of(reel: _Reel) -> Iterator[bytes]:
    """The sound of a clip as 16-bit stereo at 48 kHz."""
    from av import AudioResampler

    if not reel.container.streams.audio:
        return
    reel.container.seek(0)
    resampler = AudioResampler(format="s16", layout="stereo", rate=_RATE)
    for decoded in (*reel.container.decode(audio=0), None):
        for frame in resampler.resample(decoded):
            yield bytes(frame.planes[0])[: frame.samples * 4]
