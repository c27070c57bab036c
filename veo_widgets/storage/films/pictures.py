"""The pictures of a film: copied as they are where the clips are of one kind, and made anew where they are not.

What is made anew has the first clip's size and colours. Every picture keeps its own time, so that none moves against
its sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from ...domain.formats import video_frames
from .fitting import FORMAT, LIMITED, Fitting
from .prefetch import prefetched
from .source_clips import SourceClip

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer, OutputContainer

# Seconds in a unit of time of what is made anew: every usual rate is a whole number of them.
_TICK = Fraction(1, 240_000)


class Copied:
    """A picture stream of packets that are taken over as they are."""

    def __init__(self, first: SourceClip, out: OutputContainer) -> None:
        with first.open() as container:
            video = container.streams.video[0]
            self._stream = out.add_stream_from_template(video)
            # Apple's players take HEVC as hvc1 only, and a muxer left to itself writes hev1.
            self._stream.codec_context.codec_tag = video.codec_context.codec_tag
        self._out = out

    def write(self, clip: SourceClip, container: InputContainer, at: Fraction) -> None:
        """Take over an open clip that begins at `at` seconds."""
        offset, shown = round((at - clip.start) / clip.base), clip.shown
        for packet in container.demux(video=0):
            if packet.pts in shown:
                packet.pts, packet.dts = (packet.pts or 0) + offset, (packet.dts or 0) + offset
                packet.stream = self._stream
                self._out.mux(packet)

    def close(self) -> None:
        """Nothing is kept back."""


class Encoded:
    """A picture stream made anew.

    Args:
        first: the clip that decides colours and frame rate.
        out: the film.
        size: width and height; default is that of the first clip.

    Attributes:
        size: width and height.
        matrix: of its colours, as ISO/IEC 23091-2 numbers them.
    """

    def __init__(self, first: SourceClip, out: OutputContainer, size: tuple[int, int] | None = None) -> None:
        self._out, self._step, self.size = out, first.step, size or first.size
        # H.264 in 4:2:0 is what every browser plays; crf 16 is hardly to be told from the clip.
        stream = out.add_stream("libx264", rate=1 / first.step, options={"preset": "medium", "crf": "16"})
        stream.width, stream.height = self.size
        stream.pix_fmt = FORMAT
        context, colours = stream.codec_context, first.colours
        # PyAV's own choice cuts each picture into slices, which keeps cores waiting and makes a larger file.
        context.thread_type = "AUTO"
        context.time_base = stream.time_base = _TICK
        self.matrix = video_frames.matrix_of(colours.matrix, first.stored[1])
        context.color_range, context.colorspace = LIMITED, self.matrix
        context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        self._stream, self._latest = stream, -1

    def write(self, clip: SourceClip, container: InputContainer, at: Fraction) -> None:
        """Encode an open clip that begins at `at` seconds."""
        repeats = self._repeat_count(clip)
        with prefetched(self._fitted(clip, container, at)) as pictures:
            for begins, frame in pictures:
                for repeat in range(repeats):
                    self.encode(frame, begins + repeat * self._step)

    def _fitted(
        self, clip: SourceClip, container: InputContainer, at: Fraction
    ) -> Iterator[tuple[Fraction, VideoFrame]]:
        """The pictures as they are to be encoded, each with its time in the film."""
        fitting, shown = Fitting(clip, self.size, self.matrix), clip.shown
        first = min(shown)
        # PyAV's own choice decodes one picture after the other.
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            if frame.pts in shown:
                # The first one is there from the beginning.
                begins = max(at, at + frame.pts * clip.base - clip.start) if frame.pts != first else at
                yield begins, fitting.fit(frame)

    def _repeat_count(self, clip: SourceClip) -> int:
        """How often to repeat each picture to keep the film's frame rate, where that moves no picture in time."""
        times = clip.step / self._step
        return int(times) if clip.is_steady and times.denominator == 1 and 1 < times <= 10 else 1

    def encode(self, frame: VideoFrame, at: Fraction) -> None:
        """Encode a picture that is shown from `at` seconds on."""
        # Times have to rise, or the muxer refuses the picture.
        self._latest = max(round(at / _TICK), self._latest + 1)
        frame.pts, frame.time_base = self._latest, _TICK
        # Types of the source would force its key frames on the encoder; 0 lets it choose.
        frame.pict_type = 0
        self._out.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Encode what was kept back."""
        self._out.mux(self._stream.encode(None))
