"""Clips put together: every frame once, in its order, and the sound where it belongs. Real files, really decoded."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from veo_widgets.domain import media
from veo_widgets.domain.errors import VeoError
from veo_widgets.domain.formats import mp4
from veo_widgets.storage.films.stitching import Segment, last_frame, stitch

from ..made_clips import Made

RATE = 48_000


def make(
    path: Path,
    shades: range,
    *,
    size: tuple[int, int] = (64, 48),
    fps: int = 24,
    tone: int | None = 0,
    preset: str = "ultrafast",
    params: str = "",
) -> Path:
    """A clip whose frames are even greys, one after the other; `tone` is the level of its sound."""
    with av.open(str(path), "w") as out:
        options = {"preset": preset, "crf": "10", "g": str(fps), "x264-params": params}
        video = out.add_stream("libx264", rate=fps, options=options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = None if tone is None else out.add_stream("aac", rate=RATE, layout="stereo")
        for shade in shades:
            out.mux(video.encode(av.VideoFrame.from_image(Image.new("RGB", size, (shade,) * 3))))
        out.mux(video.encode(None))
        if audio is not None:
            frame = av.AudioFrame(format="s16", layout="stereo", samples=len(shades) * RATE // fps)
            frame.planes[0].update((tone or 0).to_bytes(2, "little") * (frame.planes[0].buffer_size // 2))
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
            fifo = av.AudioFifo()
            fifo.write(frame)
            for piece in [*fifo.read_many(1024), fifo.read(0, partial=True)]:
                out.mux(audio.encode(piece) if piece else [])
            out.mux(audio.encode(None))
    return path


def shades_of(path: Path) -> list[int]:
    with av.open(str(path)) as clip:
        return [round(ImageStat.Stat(frame.to_image()).mean[0]) for frame in clip.decode(video=0)]


def sound_of(path: Path) -> list[int]:
    """The samples of the left channel."""
    with av.open(str(path)) as clip:
        frames = [frame.to_ndarray() for frame in clip.decode(audio=0)] if clip.streams.audio else []
    return [int(value * 32768) for frame in frames for value in frame[0]]


def packets_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as clip:
        return [bytes(packet) for packet in clip.demux(video=0) if packet.size]


def near(found: list[int], wanted: list[int]) -> bool:
    return len(found) == len(wanted) and all(abs(a - b) <= 2 for a, b in zip(found, wanted, strict=True))


def test_pictures_of_one_kind_are_copied(tmp_path: Path) -> None:
    first = make(tmp_path / "1.mp4", range(20, 68))
    second = make(tmp_path / "2.mp4", range(100, 124))
    stitch([Segment(first), Segment(second), Segment(first)], tmp_path / "film.mp4")
    assert packets_of(tmp_path / "film.mp4") == packets_of(first) + packets_of(second) + packets_of(first)
    assert near(shades_of(tmp_path / "film.mp4"), [*range(20, 68), *range(100, 124), *range(20, 68)])
    with (tmp_path / "film.mp4").open("rb") as file:
        assert mp4.is_whole(file)
        described = mp4.describe(file)
    assert (described.fps, described.width, described.has_audio) == (24, 64, True)
    assert described.seconds == pytest.approx(5, abs=0.001)


def test_a_frame_that_two_clips_share_is_shown_once(tmp_path: Path) -> None:
    first, second = make(tmp_path / "1.mp4", range(20, 44)), make(tmp_path / "2.mp4", range(43, 60))
    stitch([Segment(first, runs_on=True), Segment(second)], tmp_path / "film.mp4")
    assert near(shades_of(tmp_path / "film.mp4"), [*range(20, 60)])
    assert packets_of(tmp_path / "film.mp4") == packets_of(first)[:-1] + packets_of(second)


def test_a_last_frame_that_others_are_made_from_is_left_out_too(tmp_path: Path) -> None:
    """With B frames the last picture that is shown is not the last in the file."""
    first = make(tmp_path / "1.mp4", range(20, 50), preset="medium")
    second = make(tmp_path / "2.mp4", range(49, 60), preset="medium")
    with av.open(str(first)) as clip:
        times = [packet.pts for packet in clip.demux(video=0) if packet.size]
    assert times[-1] != max(times)
    stitch([Segment(first, runs_on=True), Segment(second)], tmp_path / "film.mp4")
    assert near(shades_of(tmp_path / "film.mp4"), [*range(20, 60)])
    stitch([Segment(first), Segment(second)], tmp_path / "cut.mp4")
    assert packets_of(tmp_path / "cut.mp4") == packets_of(first) + packets_of(second)
    assert near(shades_of(tmp_path / "cut.mp4"), [*range(20, 50), *range(49, 60)])


@pytest.mark.parametrize("change", [{"size": (96, 72)}, {"fps": 12}, {"preset": "medium"}])
def test_clips_of_different_kinds_take_the_first_ones_shape(tmp_path: Path, change: dict) -> None:
    first, second = make(tmp_path / "1.mp4", range(20, 44)), make(tmp_path / "2.mp4", range(100, 112), **change)
    stitch([Segment(first), Segment(second)], tmp_path / "film.mp4")
    each = 2 if "fps" in change else 1
    assert near(shades_of(tmp_path / "film.mp4"), [*range(20, 44), *(s for s in range(100, 112) for _ in range(each))])
    with (tmp_path / "film.mp4").open("rb") as file:
        assert (mp4.describe(file).width, mp4.describe(file).fps) == (64, 24)


def test_pixels_that_are_no_squares_are_made_square(tmp_path: Path) -> None:
    """Also where as many are stored as the film has."""
    first = Made().write(tmp_path / "1.mp4")
    wide = Made(shape=Fraction(4, 3)).write(tmp_path / "2.mp4")
    stitch([Segment(first), Segment(wide)], tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as film:
        flashing = list(film.decode(video=0))[48 + 24 + 1].to_image().convert("L")
    # As wide as the film, and so lower than it.
    assert [flashing.getpixel((160, y)) > 128 for y in (5, 90, 175)] == [False, True, False]


def test_sound_stays_with_its_clip_and_silence_fills_up(tmp_path: Path) -> None:
    parts = [(range(20, 44), 4000), (range(43, 67), None), (range(100, 124), 8000)]
    clips = [make(tmp_path / f"{n}.mp4", shades, tone=tone) for n, (shades, tone) in enumerate(parts)]
    stitch([Segment(clips[0], runs_on=True), Segment(clips[1]), Segment(clips[2])], tmp_path / "film.mp4")
    heard = sound_of(tmp_path / "film.mp4")
    # 23 + 24 + 24 frames; the codec works in pieces of 1024.
    assert 0 <= len(heard) - 71 * 2000 <= 1024
    for at, level in ((10, 4000), (22, 4000), (24, 0), (45, 0), (48, 8000), (70, 8000)):
        assert abs(heard[at * 2000 + 1000] - level) < 400, at


def test_a_film_may_have_more_clips_than_files_can_be_open(tmp_path: Path) -> None:
    """In a process of its own, which may have as few files open as this."""
    clip = make(tmp_path / "1.mp4", range(20, 22))
    make(tmp_path / "2.mp4", range(20, 22), size=(96, 72))
    program = """
import resource, sys
from pathlib import Path
from veo_widgets.storage.films.stitching import Segment, stitch
folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
stitch([Segment(folder / "1.mp4")] * 30, folder / "alike.mp4")
stitch([Segment(folder / "1.mp4"), Segment(folder / "2.mp4")] * 15, folder / "mixed.mp4")
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert packets_of(tmp_path / "alike.mp4") == packets_of(clip) * 30
    assert len(shades_of(tmp_path / "mixed.mp4")) == 60


def test_silent_clips_make_a_film_without_sound(tmp_path: Path) -> None:
    clip = make(tmp_path / "1.mp4", range(20, 30), tone=None)
    stitch([Segment(clip), Segment(clip)], tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert not film.streams.audio


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
def test_the_last_frame_is_the_one_shown_last(tmp_path: Path, preset: str) -> None:
    clip = make(tmp_path / "1.mp4", range(20, 61), preset=preset)
    picture = Image.open(io.BytesIO(last_frame(clip)))
    with av.open(str(clip)) as opened:
        *_, wanted = opened.decode(video=0)
        assert ImageChops.difference(picture, wanted.to_image()).getbbox() is None
    assert picture.format == "PNG"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    with pytest.raises(VeoError, match=r"The pictures of '.*no\.mp4' cannot be read"):
        last_frame(tmp_path / "no.mp4")
    with pytest.raises(VeoError, match="cannot be put together"):
        stitch([Segment(tmp_path / "no.mp4")], tmp_path / "film.mp4")


def test_a_last_frame_that_is_too_large_as_png_comes_as_jpeg(tmp_path: Path) -> None:
    """A picture of nothing but noise, in 4k."""
    size = (3840, 2160)
    noise = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    with av.open(str(tmp_path / "noise.mp4"), "w") as out:
        video = out.add_stream("libx264", rate=24, options={"preset": "ultrafast", "crf": "0"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        out.mux(video.encode(av.VideoFrame.from_image(noise)))
        out.mux(video.encode(None))
    data = last_frame(tmp_path / "noise.mp4")
    assert media.Image.of(data).mime == "image/jpeg"
    assert Image.open(io.BytesIO(data)).size == size
