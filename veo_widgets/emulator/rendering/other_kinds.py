"""A clip as another kind of file: WebM, which browsers play too, and a GIF."""

from __future__ import annotations

import io

import av
from av.audio.resampler import AudioResampler
from av.video.frame import PictureType

from . import encoding
from .scene import FPS
from .sound import RATE

# Enough to move; a whole clip as a GIF would be many times as large.
_GIF_PICTURES = 8


def webm(clip: bytes) -> bytes:
    """`clip` as WebM with VP8 and, if it has sound, Opus."""
    out = io.BytesIO()
    with av.open(io.BytesIO(clip), "r") as source, av.open(out, "w", "webm", options={"fflags": "+bitexact"}) as target:
        shown = source.streams.video[0]
        # The quickest settings: the file has to be real, not beautiful.
        picture = target.add_stream("libvpx", rate=FPS, options={"deadline": "realtime", "cpu-used": "8"})
        picture.width, picture.height, picture.pix_fmt = shown.width, shown.height, "yuv420p"
        sound = target.add_stream("libopus", rate=RATE, layout="stereo") if source.streams.audio else None
        resampler = AudioResampler(format="s16", layout="stereo", rate=RATE)
        for packet in source.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    # The decoder's kinds of frames would be forced on the encoder.
                    frame.pict_type = PictureType.NONE
                    target.mux(picture.encode(frame))
                if isinstance(frame, av.AudioFrame) and sound is not None:
                    target.mux([one for part in resampler.resample(frame) for one in sound.encode(part)])
        target.mux(picture.encode(None))
        if sound is not None:
            target.mux(sound.encode(None))
    return out.getvalue()


def gif(clip: bytes) -> bytes:
    """A few pictures from all along `clip` as an animated GIF."""
    frames = encoding.probe(clip).frames
    pictures = encoding.stills(clip, [frames * place // _GIF_PICTURES for place in range(_GIF_PICTURES)])
    out = io.BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=1000 // FPS, loop=0)
    return out.getvalue()
