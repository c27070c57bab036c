"""Stills out of a clip of 8 s in 720p."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av

from veo_widgets.emulator.rendering.clips import Recipe, film

from ..lab import noisy_clip
from ..rows import Row
from ..stage import Json, Stage, cases, others_of, python, rounds

_FFMPEG = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
_TASKS = {"poster": "a poster", "frame": "the frame at 5 s", "sheet": "a contact sheet of 20"}
_OTHERS = ("mediapy", "moviepy")


def frames(stage: Stage) -> list[Row]:
    """A poster, a frame and a contact sheet, of three kinds of clips."""
    command = [str(python("moviepy")), "-c", _FFMPEG]
    ffmpeg = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    found = []
    for clip, path in _clips(stage.folder / "frames").items():
        clients = ("veo_widgets", "pyav", *_OTHERS)
        measured = rounds(cases(stage, "frames", *clients, clip=str(path), at=5.0, ffmpeg=ffmpeg), 3)
        found += [row for task in _TASKS for row in _rows(task, clip, measured)]
    return found


def _clips(folder: Path) -> dict[str, Path]:
    """The clips by what is said of them; in all but the first the whole clip hangs on one key frame."""
    noisy_clip(folder / "noisy.mp4")
    recipe = Recipe("veo-3.1-generate-001", "A cat playing with a ball of yarn", "720p", "16:9", 8.0, seed=7)
    film(recipe, folder / "emulated.mp4", lambda _key: b"", lambda: False)
    return {
        "a key frame a second": folder / "emulated.mp4",
        "one key frame, B frames": _with_b_frames(folder / "emulated.mp4", folder / "b_frames.mp4"),
        "one key frame, 15 MB of noise": folder / "noisy.mp4",
    }


def _with_b_frames(source: Path, path: Path) -> Path:
    """The same pictures as encoders make them that take their time."""
    with av.open(str(source)) as clip, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "medium", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for frame in clip.decode(video=0):
            # Left as they are, the types of the source would be forced on the encoder.
            frame.pict_type = 0
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def _rows(task: str, clip: str, measured: dict[str, Json]) -> list[Row]:
    """PyAV is to be met, and the others are to be left behind."""
    what = f"{_TASKS[task]}, {clip}"
    rows = []
    for key, kind in ((f"{task}_cpu_ms", "CPU"), (f"{task}_ms", "time")):
        ours, others = measured["veo_widgets"][key], others_of(measured, key)
        near = ours <= 1.2 * others["pyav"]
        rows.append(Row("Stills", f"{what}: {kind}", ours, "ms", "≤ 1.2 × PyAV by hand", near, others))
    cpu = others_of(measured, f"{task}_cpu_ms")
    ratio = min(cpu[name] for name in _OTHERS) / measured["veo_widgets"][f"{task}_cpu_ms"]
    rows.append(Row("Stills", f"{what}: CPU of mediapy or moviepy, in ours", ratio, "×", "≥ 5", ratio >= 5))
    return rows
