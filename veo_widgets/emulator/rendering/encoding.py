"""MP4 files: H.264 with a key frame every second, AAC beside it, exact in length; and reading them back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from .planes import Planes
from .scene import FPS
from .sound import BYTES_PER_SAMPLE, RATE, silence

SAMPLES_PER_FRAME = RATE // FPS
_AAC_FRAME = 1024
_BT709 = 1
_LIMITED_RANGE = 1
# Bit-exact muxing writes no dates and no version strings, so that the same request gives the same bytes.
_CONTAINER_OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}


@dataclass(frozen=True)
class Probe:
    """What a video file holds.

    Attributes:
        frames: its length in frames of 1/24 s.
        width: pixels.
        height: pixels.
        audio: whether it has sound.
    """

    frames: int
    width: int
    height: int
    audio: bool

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.frames / FPS


def probe(data: bytes) -> Probe:
    """Measure a video.

    Raises:
        ValueError: the bytes are no video that can be decoded.
    """
    try:
        with av.open(io.BytesIO(data), "r") as container:
            video = container.streams.video[0]
            # The picture's own length: the sound may be longer, and is then the file's.
            length = float((video.duration or 0) * (video.time_base or 0)) or (container.duration or 0) / 1_000_000
            # Files made in fragments, as browsers record them, have no length in their header.
            length = length or _measure_seconds(container)
            return Probe(round(length * FPS), video.width, video.height, bool(container.streams.audio))
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"not a video: {error}") from error


def _measure_seconds(container: InputContainer) -> float:
    """Seconds of picture in a file whose header does not say."""
    times = [float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.pts is not None]
    return max(times) - min(times) + 1 / FPS if times else 0.0


def pictures(data: bytes, size: tuple[int, int]) -> Iterator[Planes]:
    """The frames of a video, 24 a second, scaled to `size`, and as many as `probe` says.

    Each is the one that is shown in the middle of its 24th of a second; where none is yet or any more, the nearest.
    """
    count, index, start = probe(data).frames, 0, None
    planes: Planes | None = None
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0):
            # Clips that were cut without encoding begin at a time other than 0.
            start = frame.time if start is None else start
            while planes is not None and index < count and (index + 0.5) / FPS <= frame.time - start:
                # The caller paints on what it gets, and the same picture may be needed for several frames.
                yield planes.copy()
                index += 1
            planes = _planes_of(frame, size)
    while planes is not None and index < count:
        yield planes.copy()
        index += 1


def _planes_of(frame: av.VideoFrame, size: tuple[int, int]) -> Planes:
    shown = frame.reformat(width=size[0], height=size[1], format="yuv420p")
    return Planes(
        *(
            Image.frombytes("L", (plane.width, plane.height), bytes(plane), "raw", "L", plane.line_size, 1)
            for plane in shown.planes
        )
    )


def stills(data: bytes, indexes: Iterable[int]) -> list[Image.Image]:
    """The frames of a video with these numbers, in order, as RGB pictures."""
    wanted = set(indexes)
    found: list[Image.Image] = []
    with av.open(io.BytesIO(data), "r") as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in wanted:
                picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
                found.append(picture)
            if len(found) == len(wanted):
                break
    return found


def sound_of(data: bytes, frames: int) -> bytes:
    """The sound of a video as 16-bit stereo at 48 kHz, as long as `frames` of picture; silence where it has none."""
    wanted = frames * SAMPLES_PER_FRAME
    parts: list[bytes] = []
    with av.open(io.BytesIO(data), "r") as container:
        if container.streams.audio:
            resampler = AudioResampler(format="s16", layout="stereo", rate=RATE)
            for decoded in container.decode(audio=0):
                parts += [_sample_bytes(frame) for frame in resampler.resample(decoded)]
            # The resampler holds a few samples back until it is told that no more come.
            parts += [_sample_bytes(frame) for frame in resampler.resample(None)]
    return (b"".join(parts) + silence(wanted))[: wanted * BYTES_PER_SAMPLE]


def _sample_bytes(frame: av.AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * BYTES_PER_SAMPLE]


def write(path: Path, size: tuple[int, int], frames: Iterable[Planes], sound: bytes | None, fps: int = FPS) -> None:
    """Encode `frames`, drawn at 24 a second, and `sound` (16-bit stereo, 48 kHz) into an MP4 of so many a second."""
    with av.open(str(path), "w", format="mp4", options=_CONTAINER_OPTIONS) as container:
        video = _video_stream(container, size, fps)
        audio = _Audio(container, sound) if sound is not None else None
        for index, planes in enumerate(frames):
            # Those of another rate show what is drawn at the moment where they begin.
            for number in range(-(-index * fps // FPS), -(-(index + 1) * fps // FPS)):
                container.mux(video.encode(_video_frame(planes, number, fps)))
            if audio is not None:
                audio.write((index + 1) * SAMPLES_PER_FRAME)
        container.mux(video.encode(None))
        if audio is not None:
            audio.close()


def _video_stream(container: OutputContainer, size: tuple[int, int], fps: int) -> VideoStream:
    # One thread and no scene detection: the same request must give the same bytes on every machine. A constant
    # quantizer makes smaller files of drawings than a constant quality does, and need not look at each frame before.
    options = {"preset": "ultrafast", "qp": "18", "g": str(fps), "x264-params": "scenecut=0:threads=1"}
    stream = container.add_stream("libx264", rate=fps, options=options)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = 1
    # Unless it is said, players guess by size, and the colours of given pictures shift.
    context.color_range = _LIMITED_RANGE
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    return stream


def _video_frame(planes: Planes, index: int, fps: int) -> av.VideoFrame:
    frame = av.VideoFrame(*planes.size, "yuv420p")
    for target, picture in zip(frame.planes, planes, strict=True):
        # FFmpeg pads each row; the raw encoder of Pillow can write with that stride.
        target.update(picture.tobytes("raw", "L", target.line_size, 1))
    frame.pts = index
    frame.time_base = Fraction(1, fps)
    return frame


class _Audio:
    """The sound of a file being written, fed in step with the picture."""

    def __init__(self, container: OutputContainer, sound: bytes) -> None:
        self._container = container
        # The usual search for the best quantizers takes four times as long, and a chord sounds the same.
        options = {"aac_coder": "fast"}
        self._stream: AudioStream = container.add_stream("aac", rate=RATE, layout="stereo", options=options)
        self._stream.bit_rate = 96_000
        self._sound = sound
        self._written = 0

    def write(self, until: int) -> None:
        """Encode up to sample number `until`, in whole frames of the codec."""
        while self._written + _AAC_FRAME <= until:
            self._encode(_AAC_FRAME)

    def close(self) -> None:
        """Encode what is left."""
        self.write(len(self._sound) // BYTES_PER_SAMPLE)
        # The codec takes a shorter frame only as its last one.
        rest = len(self._sound) // BYTES_PER_SAMPLE - self._written
        if rest:
            self._encode(rest)
        self._container.mux(self._stream.encode(None))

    def _encode(self, samples: int) -> None:
        frame = av.AudioFrame(format="s16", layout="stereo", samples=samples)
        start = self._written * BYTES_PER_SAMPLE
        # A picture that lasts longer than the sound goes on in silence.
        wave = self._sound[start : start + samples * BYTES_PER_SAMPLE]
        frame.planes[0].update(wave.ljust(samples * BYTES_PER_SAMPLE, b"\0"))
        frame.sample_rate = RATE
        frame.pts = self._written
        frame.time_base = Fraction(1, RATE)
        self._container.mux(self._stream.encode(frame))
        self._written += samples
