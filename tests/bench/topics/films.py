"""Clips put together to a film."""

from __future__ import annotations

from pathlib import Path

import av

from ..rows import Row
from ..stage import BEFORE, Stage, cases, others_of, rounds

WIDE, TALL = (1280, 720), (720, 1280)
_FRAMES, _FPS, _RATE = 192, 24, 48_000


def films(stage: Stage) -> list[Row]:
    """12 clips of 8 s of 720p, of one size and of two, beside FFmpeg's own program."""
    wide = [_clip(stage.folder / f"wide-{number}.mp4", WIDE, sound=True) for number in range(12)]
    tall = [_clip(stage.folder / f"tall-{number}.mp4", TALL, sound=True) for number in range(6)]
    mute = [_clip(stage.folder / f"mute-{number}.mp4", WIDE, sound=False) for number in range(12)]
    both = [clip for pair in zip(wide[:6], tall, strict=True) for clip in pair]
    rows = [
        *_compared(stage, "12 clips alike with sound", wide, alike=True, sound=True),
        *_compared(stage, "12 clips alike without sound", mute, alike=True, sound=False),
        *_compared(stage, "12 clips of two sizes", both, alike=False, sound=True),
    ]
    return [*rows, _memory(stage, wide)]


def _compared(stage: Stage, what: str, clips: list[str], *, alike: bool, sound: bool) -> list[Row]:
    # What is encoded takes a minute, and only FFmpeg is its measure.
    clients = ("veo_widgets", "ffmpeg", BEFORE) if alike else ("veo_widgets", "ffmpeg")
    found = rounds(cases(stage, "films", *clients, clips=clips, alike=alike, sound=sound), 3)
    seconds, others = found["veo_widgets"]["s"], others_of(found, "s")
    how = "FFmpeg's `-c:v copy`" if alike else "FFmpeg scales, pads and encodes with the same settings"
    return [
        Row(
            "Film", what, seconds, "s", "≤ 1.1 × ffmpeg", seconds <= 1.1 * others["ffmpeg"], others,
            f"{how}{', and AAC at 192 kbit/s as here' if sound else ''}; both write the index first",
        ),
        Row("Film", f"CPU for that, {what}", found["veo_widgets"]["cpu_s"], "s", others=others_of(found, "cpu_s")),
    ]  # fmt: skip


def _memory(stage: Stage, clips: list[str]) -> Row:
    few, many = (
        stage.run("veo_widgets", "films", clips=chosen, alike=True, sound=True)["memory_mb"]
        for chosen in (clips[:3], clips * 2)
    )
    return Row("Film", "memory for 24 clips alike, by that for 3", many / few, "×", "≤ 1.2", many <= 1.2 * few)


def _clip(path: Path, size: tuple[int, int], *, sound: bool) -> str:
    """A clip of moving shapes, with noise for its sound, which AAC takes as long for as for music."""
    source = f"testsrc2=size={size[0]}x{size[1]}:rate={_FPS}"
    noise = f"anoisesrc=color=pink:amplitude=0.3:sample_rate={_RATE}"
    with (
        av.open(source, format="lavfi") as pictures,
        av.open(noise, format="lavfi") as heard,
        av.open(str(path), "w") as out,
    ):
        video = out.add_stream("libx264", rate=_FPS, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = out.add_stream("aac", rate=_RATE, layout="stereo") if sound else None
        for number, frame in enumerate(pictures.decode(video=0)):
            if number == _FRAMES:
                break
            frame.pict_type = 0
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            samples = 0
            for frame in heard.decode(audio=0):
                samples += frame.samples
                if samples > _FRAMES * _RATE // _FPS:
                    break
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return str(path)
