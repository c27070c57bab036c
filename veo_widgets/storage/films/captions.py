"""What is said in a film, as WebVTT and as a text track, at the times that its cuts and fades leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from .edits import Shown, beginnings

if TYPE_CHECKING:
    from av.container import OutputContainer

# Milliseconds. The muxer holds pictures and sound back for as long as a text lasts that nothing follows.
_LONGEST_PAUSE = 1000


@dataclass(frozen=True)
class Cue:
    """Words that are said in a film, from one of its milliseconds to another."""

    begins: int
    ends: int
    text: str


def cues_of(shown: Sequence[Shown]) -> list[Cue]:
    """The captions of a film, in order; what is cut off is not said."""
    found = []
    for one, begins in zip(shown, beginnings(shown), strict=True):
        start, end = one.edit.start, one.edit.start + one.count * one.step
        for caption in one.edit.captions:
            first = max(caption.begins, start)
            last = end if caption.ends is None else min(caption.ends, end)
            cue = Cue(_milliseconds(begins - start + first), _milliseconds(begins - start + last), caption.text)
            if cue.begins < cue.ends:
                found.append(cue)
    return sorted(found, key=lambda cue: (cue.begins, cue.ends))


def _milliseconds(seconds: Fraction) -> int:
    return round(seconds * 1000)


def webvtt(cues: Sequence[Cue]) -> str:
    """Captions as a WebVTT file has them."""
    blocks = [f"{_time(cue.begins)} --> {_time(cue.ends)}\n{_escaped(cue.text)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def add_text_track(out: OutputContainer, cues: Sequence[Cue], seconds: Fraction) -> None:
    """Put captions into an MP4 as a track of text, before anything else is written to it.

    Args:
        out: the file, with all its other streams.
        cues: in order.
        seconds: how long the film is.
    """
    from av import Packet

    unit = Fraction(1, 1000)
    stream = out.add_stream("mov_text")
    stream.time_base = unit
    # Styles, which its encoder insists on; there are none.
    stream.codec_context.subtitle_header = b"[Script Info]\nScriptType: v4.00+\n"
    for begins, ends, text in _samples(cues, _milliseconds(seconds)):
        # As 3GPP TS 26.245 has it: the length, then the text. PyAV hands its encoder only what its decoders made.
        written = text.encode()
        packet = Packet(len(written).to_bytes(2, "big") + written)
        packet.stream, packet.time_base = stream, unit
        packet.pts = packet.dts = begins
        packet.duration = ends - begins
        out.mux(packet)


def _samples(cues: Sequence[Cue], end: int) -> Iterator[tuple[int, int, str]]:
    """The whole time of a film in pieces of one text each, which may be empty: a track has no gaps and no overlaps."""
    times = {0, end, *(time for cue in cues for time in (cue.begins, cue.ends) if time < end)}
    for begins, ends in pairwise(sorted(times)):
        text = "\n".join(cue.text for cue in cues if cue.begins <= begins < cue.ends)
        for part in range(begins, ends, ends - begins if text else _LONGEST_PAUSE):
            yield part, ends if text else min(part + _LONGEST_PAUSE, ends), text
