"""The pictures of a film: copied as they are where the clips are of one kind, and made anew where they are not.

What is made anew has the first clip's size and colours. A clip of another shape gets black bars; it is never stretched.
Every picture keeps its own time, so that none moves against its sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from . import video_frames
from .reels import Reel

if TYPE_CHECKING:
    from av import Packet
    from av.container import OutputContainer
    from av.video.stream import VideoStream

# Seconds in a unit of time of what is made anew: every usual rate is a whole number of them.
_TICK = Fraction(1, 240_000)
_LIMITED = 1
_BLACK = (16, 128, 128)
# Matrices as files number them, as the scaler does; it knows no others.
_SCALER = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}


class Copied:
    """A picture stream of packets that are taken over as they are."""

    def __init__(self, first: Reel, out: OutputContainer) -> None:
        self._stream = out.add_stream_from_template(first.video)
        # Apple's players take HEVC as hvc1 only, and a muxer left to itself writes hev1.
        self._stream.codec_context.codec_tag = first.video.codec_context.codec_tag
        self._out = out

    def write(self, reel: Reel, at: Fraction) -> None:
        """Take over a clip that begins at `at` seconds."""
        offset = round((at - reel.start) / reel.base)
        for packet in _packets(reel):
            packet.pts, packet.dts = (packet.pts or 0) + offset, (packet.dts or 0) + offset
            packet.stream = self._stream
            self._out.mux(packet)

    def close(self) -> None:
        """Nothing is kept back."""


def _packets(reel: Reel) -> Iterator[Packet[VideoStream]]:
    reel.container.seek(min(reel.times), stream=reel.video)
    shown = reel.shown
    for packet in reel.container.demux(video=0):
        if packet.pts in shown:
            yield packet


class Encoded:
    """A picture stream made anew."""

    def __init__(self, first: Reel, out: OutputContainer) -> None:
        self._out, self._step, self._size = out, first.step, first.size
        stream = out.add_stream("libx264", rate=1 / first.step, options={"preset": "medium", "crf": "16"})
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        source, context = first.video.codec_context, stream.codec_context
        context.time_base = stream.time_base = _TICK
        self._matrix = video_frames.matrix_of(int(source.colorspace), first.video.height)
        context.color_range, context.colorspace = _LIMITED, self._matrix
        context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
        self._stream, self._latest = stream, -1

    def write(self, reel: Reel, at: Fraction) -> None:
        """Encode a clip that begins at `at` seconds."""
        reel.container.seek(min(reel.times), stream=reel.video)
        repeats, shown = self._repeats(reel), reel.shown
        for frame in reel.container.decode(video=0):
            if frame.pts not in shown:
                continue
            # The first one is there from the beginning.
            begins = max(at, at + frame.pts * reel.base - reel.start) if frame.pts != min(shown) else at
            fitted = self._fitted(frame, reel)
            for repeat in range(repeats):
                self._show(fitted, begins + repeat * self._step)

    def _repeats(self, reel: Reel) -> int:
        """How often each picture is shown, so that a film keeps one rate where that moves nothing."""
        times = reel.step / self._step
        return int(times) if reel.is_steady and times.denominator == 1 and 1 < times <= 10 else 1

    def _show(self, frame: Any, at: Fraction) -> None:
        self._latest = max(round(at / _TICK), self._latest + 1)
        frame.pts, frame.time_base, frame.pict_type = self._latest, _TICK, 0
        self._out.mux(self._stream.encode(frame))

    def _fitted(self, frame: Any, reel: Reel) -> Any:
        """A picture in the film's size, form and colours."""
        width, height = _inside(reel.size, self._size)
        stored = (height, width) if reel.turn % 180 else (width, height)
        own = video_frames.matrix_of(int(frame.colorspace), frame.height)
        frame.colorspace = own
        changes = {}
        if own != self._matrix and {own, self._matrix} <= _SCALER.keys():
            changes = {"src_colorspace": _SCALER[own], "dst_colorspace": _SCALER[self._matrix]}
        sizes = {"width": stored[0], "height": stored[1], "format": "yuv420p"}
        scaled = frame.reformat(**sizes, **changes, dst_color_range=_LIMITED)
        return scaled if not reel.turn and (width, height) == self._size else self._placed(scaled, reel.turn)

    def _placed(self, frame: Any, turn: int) -> Any:
        """A picture turned upright, in the middle of black."""
        import av
        from PIL import Image

        made = av.VideoFrame(*self._size, "yuv420p")
        for target, plane, black in zip(made.planes, frame.planes, _BLACK, strict=True):
            raw = (bytes(plane), "raw", "L", plane.line_size, 1)
            picture = Image.frombytes("L", (plane.width, plane.height), *raw)
            if turn:
                picture = picture.transpose(Image.Transpose[f"ROTATE_{turn}"])
            canvas = Image.new("L", (target.width, target.height), black)
            canvas.paste(picture, ((target.width - picture.width) // 2, (target.height - picture.height) // 2))
            target.update(canvas.tobytes("raw", "L", target.line_size, 1))
        return made

    def close(self) -> None:
        """Encode what was kept back."""
        self._out.mux(self._stream.encode(None))


def _inside(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of the shape of `size` that fits into `frame`."""
    share = min(Fraction(frame[0], size[0]), Fraction(frame[1], size[1]))
    width, height = (max(2, round(side * share / 2) * 2) for side in size)
    # A pixel or two that rounding left are no bars.
    fits = abs(frame[0] - width) <= 2 and abs(frame[1] - height) <= 2
    return frame if fits else (min(width, frame[0]), min(height, frame[1]))
