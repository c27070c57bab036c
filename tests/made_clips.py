"""Clips as phones, editors and screen recorders write them, each with a flash and a beep that begin together."""

from __future__ import annotations

import functools
import math
import tempfile
from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av

BLACK, WHITE = 20, 235
BEEP_SECONDS = 0.2


@dataclass(frozen=True)
class Made:
    """How a clip is made.

    Attributes:
        flash: in which second it flashes and beeps, as nearly as its frames allow.
        late: seconds that its sound begins later than its picture.
        hidden: seconds at its beginning that an edit list hides.
        jitter: whether its pictures come at changing intervals.
        sound: samples a second, or 0 for none.
        shape: width to height of its pixels.
        turn: degrees that it is turned when it is shown.
    """

    flash: float = 1.0
    seconds: float = 2.0
    size: tuple[int, int] = (320, 180)
    fps: Fraction = Fraction(24)
    late: float = 0.0
    hidden: float = 0.0
    jitter: bool = False
    sound: int = 48_000
    layout: str = "stereo"
    codec: str = "libx264"
    tag: str = ""
    shape: Fraction = Fraction(1)
    turn: int = 0
    flags: str = ""
    format: str = "mp4"

    def write(self, path: Path) -> Path:
        """Write it, and return its path."""
        path.write_bytes(_encoded(self))
        return path

    def encode(self, path: Path) -> Path:
        """Make it at a path, which it returns."""
        if self.hidden:
            whole = path.with_name(f"whole-{path.name}")
            replace(self, hidden=0.0, flash=self.flash + self.hidden, seconds=self.seconds + self.hidden).encode(whole)
            return trimmed(whole, path, self.hidden)
        options = {"movflags": self.flags} if self.flags else {}
        with av.open(str(path), "w", format=self.format, options=options) as out:
            video = out.add_stream(self.codec, rate=self.fps, options=self._encoder())
            video.width, video.height, video.pix_fmt = *self.size, "yuv420p"
            if self.tag:
                video.codec_context.codec_tag = self.tag
            video.codec_context.sample_aspect_ratio = self.shape
            video.codec_context.time_base = video.time_base = Fraction(1, 120_000)
            if self.turn:
                video.set_display_rotation(self.turn)
            audio = out.add_stream("aac", rate=self.sound, layout=self.layout) if self.sound else None
            times = self.times()
            for number, time in enumerate(times):
                frame = grey(self.size, WHITE if self.flash_time <= time < self.flash_time + BEEP_SECONDS else BLACK)
                frame.pts, frame.time_base = round(time * 120_000), Fraction(1, 120_000)
                frame.duration = round(
                    ((times[number + 1] if number + 1 < len(times) else self.seconds) - time) * 120_000
                )
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
            if audio is not None:
                self._beep(out, audio)
        return path

    def _encoder(self) -> dict[str, str]:
        if self.codec == "libx265":
            return {"preset": "ultrafast", "x265-params": "log-level=none"}
        return {"preset": "medium", "crf": "18", "g": "12"}

    def times(self) -> list[float]:
        """When its pictures are shown."""
        step = 1 / float(self.fps)
        count = round(self.seconds * float(self.fps))
        # As a phone in the dark: every third picture comes late.
        return [number * step + (0.4 * step if self.jitter and number % 3 == 1 else 0) for number in range(count)]

    @property
    def flash_time(self) -> float:
        """When its flash is first seen."""
        return next(time for time in self.times() if time >= self.flash - 1e-9)

    def _beep(self, out, audio) -> None:
        channels = 1 if self.layout == "mono" else 2
        begin, count = round(self.late * self.sound), round(self.seconds * self.sound)
        at, fifo = begin, av.AudioFifo()
        wave = array("h")
        first, last = round(self.flash_time * self.sound), round((self.flash_time + BEEP_SECONDS) * self.sound)
        for sample in range(begin, count):
            value = (
                round(24_000 * math.sin(2 * math.pi * 1000 * (sample - first) / self.sound))
                if first <= sample < last
                else 0
            )
            wave.extend([value] * channels)
        frame = av.AudioFrame(format="s16", layout=self.layout, samples=count - begin)
        data = wave.tobytes()
        frame.planes[0].update(data.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = self.sound, 0, Fraction(1, self.sound)
        fifo.write(frame)
        for piece in [*fifo.read_many(1024), fifo.read(0, partial=True)]:
            if piece is not None:
                piece.pts, piece.time_base = at, Fraction(1, self.sound)
                at += piece.samples
                out.mux(audio.encode(piece))
        out.mux(audio.encode(None))


@functools.cache
def _encoded(made: Made) -> bytes:
    """The bytes of a clip, made once."""
    with tempfile.TemporaryDirectory() as folder:
        return made.encode(Path(folder) / "clip").read_bytes()


def grey(size: tuple[int, int], level: int) -> av.VideoFrame:
    """A picture of one grey with a square in its middle, which tells whether it is stretched."""
    frame = av.VideoFrame(*size, "yuv420p")
    for number, plane in enumerate(frame.planes):
        row = bytes([level if number == 0 else 128]) * plane.line_size
        plane.update(row * plane.height)
    return frame


def trimmed(whole: Path, path: Path, seconds: float) -> Path:
    """A copy whose first seconds an edit list hides, as editors that cut without encoding write it."""
    options = {"avoid_negative_ts": "disabled"}
    with av.open(str(whole)) as source, av.open(str(path), "w", format="mp4", options=options) as out:
        streams = {stream: out.add_stream_from_template(stream) for stream in source.streams}
        packets = [packet for packet in source.demux() if packet.dts is not None]
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            shift = round(Fraction(seconds).limit_denominator(1000) / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = streams[packet.stream]
            out.mux(packet)
    return path


def events(path: Path) -> tuple[list[float], list[float]]:
    """When a film flashes, and when it beeps."""
    flashes, beeps = [], []
    with av.open(str(path)) as film:
        bright = False
        for frame in film.decode(video=0):
            row = frame.reformat(format="gray")
            middle = bytes(row.planes[0])[row.planes[0].line_size * (row.height // 2) + row.width // 2]
            if middle > 128 and not bright:
                flashes.append(frame.time)
            bright = middle > 128
        film.seek(0)
        quiet = 1.0
        for frame in film.decode(audio=0) if film.streams.audio else ():
            plane = array("f", bytes(frame.planes[0])[: frame.samples * 4])
            for number, value in enumerate(plane):
                if abs(value) > 0.3:
                    if quiet > 0.1:
                        beeps.append(float(frame.pts * frame.time_base) + number / frame.sample_rate)
                    quiet = 0.0
                else:
                    quiet += 1 / frame.sample_rate
    return flashes, beeps
