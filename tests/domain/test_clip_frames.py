"""Pictures taken out of real clips, each exactly the one that is shown at its time: every picture has its number."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.made_clips import Made, grey, trimmed
from tests.numbered_clips import SIZE, Numbered, number_of
from veo_widgets.domain.errors import InvalidRequestError, MissingExtraError, VeoError
from veo_widgets.domain.formats import contact_sheets
from veo_widgets.domain.formats.contact_sheets import Still
from veo_widgets.domain.media import Video

MILLISECOND = Fraction(1, 1000)
H264 = {"preset": "medium", "bf": "3"}
# Each changes its rate from picture to picture, as phones do in the dark.
UNEVEN = tuple(Fraction(n, 30) + (Fraction(1, 60) if n % 5 == 2 else 0) + Fraction(n // 20, 4) for n in range(60))
CLIPS = {
    "one key frame": Numbered(60),
    "a key frame a second": Numbered(60, options=H264 | {"g": "24"}),
    "an open group": Numbered(60, options=H264 | {"g": "12", "x264-params": "open-gop=1"}),
    "no whole picture but the first": Numbered(60, options=H264 | {"g": "20", "x264-params": "intra-refresh=1"}),
    "uneven times": Numbered(60, times=UNEVEN, options=H264 | {"g": "20"}),
    "fragments": Numbered(60, options=H264 | {"g": "12"}, flags={"movflags": "frag_keyframe+empty_moov"}),
    "QuickTime": Numbered(60, format="mov", flags={"movflags": "negative_cts_offsets"}),
    "HEVC": Numbered(60, codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none:keyint=20"}),
    "WebM": Numbered(60, codec="libvpx-vp9", options={"g": "20", "cpu-used": "8"}, format="webm", unit=MILLISECOND),
    "WebM without an index": Numbered(
        60, codec="libvpx", options={"g": "20"}, format="webm", flags={"live": "1"}, unit=MILLISECOND
    ),
    "Matroska": Numbered(60, options=H264 | {"g": "20"}, format="matroska", unit=MILLISECOND),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Video]:
    folder, made = tmp_path_factory.mktemp("clips"), {}

    def clip(name: str) -> Video:
        if name not in made:
            made[name] = Video(CLIPS[name].write(folder / f"{name}.clip"))
        return made[name]

    return clip


@pytest.mark.parametrize("name", CLIPS)
def test_the_picture_at_a_time_is_the_one_that_is_shown_then(clip: Callable[[str], Video], name: str) -> None:
    video, times = clip(name), CLIPS[name].times
    # As they begin, as people count them, and in the middle of some.
    for number in (*range(0, 60, 7), 11, 12, 13, 58, 59):
        assert number_of(video.frame(float(times[number]))) == number
    for number in (0, 19, 20, 23, 24, 40):
        assert number_of(video.frame(float(times[number] + times[number + 1]) / 2)) == number
    assert number_of(video.first_frame) == 0
    assert number_of(video.last_frame) == 59


@pytest.mark.parametrize("name", CLIPS)
def test_many_pictures_come_in_one_pass(clip: Callable[[str], Video], name: str) -> None:
    video, times = clip(name), CLIPS[name].times
    assert [number_of(frame) for frame in video.frames()] == list(range(60))
    for step in (Fraction(1, 3), Fraction(1, 100)):
        # More often than there are pictures, they are repeated.
        found = [number_of(frame) for frame in video.frames(every=float(step))]
        shown_at = (times[0] + number * step + MILLISECOND for number in range(len(found)))
        assert found == [max(n for n in range(60) if times[n] <= at) for at in shown_at]
        assert len(found) * step >= times[-1]


def test_a_picture_tells_its_time_and_becomes_an_array(clip: Callable[[str], Video]) -> None:
    frame = clip("one key frame").frame(1.03)
    assert frame.info["seconds"] == 1.0
    assert np.asarray(frame).shape == (SIZE[1], SIZE[0], 3)
    assert np.asarray(frame).dtype == np.uint8


def test_what_an_edit_list_hides_is_not_counted(tmp_path: Path) -> None:
    whole = Numbered(60, options=H264 | {"g": "12"}).write(tmp_path / "whole.mp4")
    video = Video(trimmed(whole, tmp_path / "cut.mp4", 0.5))
    assert [number_of(frame) for frame in video.frames()] == list(range(12, 60))
    assert number_of(video.first_frame) == 12
    assert number_of(video.frame(0.5)) == 24
    assert number_of(video.last_frame) == 59
    assert (video.probe().frames, video.probe().seconds) == (48, 2.0)


def test_pictures_are_upright_and_in_square_pixels(tmp_path: Path) -> None:
    turned = Video(Numbered(12, turn=90).write(tmp_path / "turned.mp4"))
    assert turned.first_frame.size == (SIZE[1], SIZE[0])
    assert number_of(turned.frame(0.25).rotate(-90, expand=True)) == 6
    assert turned.frame(0.25, width=16).size == (16, 64)
    wide = Video(Made(shape=Fraction(4, 3), size=(240, 180), seconds=0.5, flash=0).write(tmp_path / "wide.mp4"))
    assert wide.first_frame.size == (320, 180)
    assert (wide.probe().width, wide.probe().height) == (320, 180)


def test_pictures_are_made_smaller_and_never_larger(clip: Callable[[str], Video]) -> None:
    video = clip("one key frame")
    assert [frame.size for frame in video.frames(every=1, width=64)] == [(64, 16)] * 3
    assert number_of(video.frame(1.5, width=64)) == 36
    assert video.frame(0, width=4000).size == SIZE


def test_a_clip_is_described(tmp_path: Path) -> None:
    path = Made(seconds=2, size=(320, 180)).write(tmp_path / "a.mp4")
    found = Video(path).probe()
    assert (found.seconds, found.width, found.height, found.fps, found.frames) == (2.0, 320, 180, 24.0, 48)
    assert (found.video_codec, found.audio_codec, found.sample_rate, found.channels) == ("h264", "aac", 48_000, 2)
    assert found.bytes == path.stat().st_size
    assert found.bit_rate == round(found.bytes * 4)
    assert (found.rotation, found.has_credentials) == (0, False)
    silent = Video(Made(sound=0, turn=270, seconds=1, flash=0).write(tmp_path / "b.mp4")).probe()
    assert (silent.audio_codec, silent.sample_rate, silent.channels) == ("", 0, 0)
    assert (silent.rotation, silent.width, silent.height) == (270, 180, 320)


@pytest.mark.parametrize("wrong", [-1, -0.001, float("nan"), float("inf"), "1", None, True, [1]])
def test_what_is_no_time_is_refused(clip: Callable[[str], Video], wrong: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"^at: .* is not a number of seconds from 0\.$"):
        clip("one key frame").frame(wrong)


def test_times_come_as_numbers_of_numpy_too(clip: Callable[[str], Video]) -> None:
    video = clip("one key frame")
    assert [number_of(video.frame(at)) for at in (np.float32(0.5), np.int64(2), Fraction(5, 24))] == [12, 48, 5]


def test_a_time_beyond_the_end_is_refused_and_the_end_is_not(clip: Callable[[str], Video]) -> None:
    video = clip("one key frame")
    assert number_of(video.frame(2.5)) == 59
    for late in (2.51, 9, 1e300):
        with pytest.raises(
            InvalidRequestError, match=r"^at: .* is beyond the end of .*, which lasts 2\.500 s; last_frame"
        ):
            video.frame(late)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda video: video.frames(every=0), r"^every: 0 is not a number of seconds from 0\.001; leave it out"),
        (lambda video: video.frames(every="a"), r"^every: 'a' is not a number of seconds"),
        (lambda video: video.frames(width=0), r"^width: 0 is not a whole number from 1\.$"),
        (lambda video: video.frame(0, width=1.5), r"^width: 1\.5 is not a whole number from 1\.$"),
        (lambda video: video.sheet(0), r"^columns: 0 is not a whole number from 1\.$"),
        (lambda video: video.sheet(width=1281), r"^width: 1281 is too wide for the stills of a sheet; 1280 is"),
        (lambda video: video.sheet(stills=401), r"^stills: 401 are too many for a sheet; at most 400"),
        (lambda video: video.frame(), r"^frame: missing a required argument: 'at'\. Call it as frame\("),
    ],
)
def test_wrong_arguments_are_refused_at_once(clip: Callable[[str], Video], call: Callable, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        call(clip("one key frame"))


def test_a_clip_that_is_gone_or_none_is_named(tmp_path: Path) -> None:
    gone = Video(tmp_path / "gone.mp4")
    for call in (lambda: gone.frame(0), gone.frames, lambda: gone.last_frame, gone.sheet, gone.probe):
        with pytest.raises(VeoError, match=r"^There is no clip at '.*gone\.mp4'; it was moved or deleted\.$"):
            call()
    (tmp_path / "text.mp4").write_text("no clip")
    with pytest.raises(VeoError, match=r"^The pictures of '.*text\.mp4' cannot be read: "):
        Video(tmp_path / "text.mp4").frame(0)
    sound = Made(seconds=1, flash=0).write(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(sound[: len(sound) // 2])
    with pytest.raises(VeoError, match=r"cannot be read"):
        Video(tmp_path / "half.mp4").frame(0)


def test_a_clip_of_an_unknown_codec_is_refused(tmp_path: Path) -> None:
    path = Made(seconds=1, flash=0).write(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"avxx"))
    for call in (lambda: Video(path).frame(0), Video(path).probe, Video(path).frames):
        with pytest.raises(VeoError, match=r"cannot be read: their codec is not known\.$"):
            call()


def test_without_the_extra_it_is_said_which_one() -> None:
    code = (
        "import sys; sys.modules['av'] = None\n"
        "import veo_widgets as veo\n"
        "try: veo.Video('a.mp4').frame(1)\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(MissingExtraError("Taking pictures out of a clip", "media"))


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    """The pictures of clips in 4K, of which each has 25 MB: of 48 more not a fourth is ever held at once."""
    few, many = (_peak_of_frames(tmp_path / f"{count}.mp4", count) for count in (16, 64))
    # How many are under way at once is up to the machine.
    assert many - few < 12 * 3840 * 2160 * 3 / 2**20


def _peak_of_frames(path: Path, count: int) -> float:
    """How much memory all pictures of such a clip take one after the other, in MB."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 3840, 2160, "yuv420p"
        for number in range(count):
            out.mux(stream.encode(grey((3840, 2160), 20 + number)))
        out.mux(stream.encode(None))
    code = (
        "import sys; sys.path.insert(0, 'tests/bench/programs')\n"
        "from peak import Peak\n"
        "from veo_widgets.domain.media import Video\n"
        "peak = Peak(); count = sum(1 for _ in Video(sys.argv[1]).frames())\n"
        "print(count, peak.above())"
    )
    command = [sys.executable, "-c", code, str(path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    seen, megabytes = done.stdout.split()
    assert int(seen) == count
    return float(megabytes)


def test_a_sheet_has_the_first_and_the_last_picture_in_its_corners(clip: Callable[[str], Video]) -> None:
    sheet = clip("one key frame").sheet(4, stills=8, width=SIZE[0])
    found = [_number_at(sheet, column, row) for row in range(2) for column in range(4)]
    assert found == [0, 8, 16, 25, 33, 42, 50, 59]
    assert sheet.size == (2 * 28 + 4 * SIZE[0] + 3 * 18, sheet.height)


def test_a_sheet_repeats_no_picture(tmp_path: Path) -> None:
    video = Video(Numbered(3).write(tmp_path / "short.mp4"))
    assert video.sheet(width=SIZE[0]).size == video.sheet(3, stills=3, width=SIZE[0]).size
    one = Video(Numbered(1).write(tmp_path / "one.mp4"))
    assert number_of(one.last_frame) == number_of(one.first_frame) == 0
    assert one.sheet(width=SIZE[0]).width == 2 * 28 + SIZE[0]


def _number_at(sheet: Image.Image, column: int, row: int) -> int:
    """The number of the picture in this place, below a heading of two lines."""
    top = sheet.height - 28 - (2 - row) * (SIZE[1] + 8 + 22) - (1 - row) * 18
    left = 28 + column * (SIZE[0] + 18)
    return number_of(sheet.crop((left, top, left + SIZE[0], top + SIZE[1])))


def test_words_under_a_still_stay_within_their_lines() -> None:
    grey = Image.new("RGB", (320, 180), "grey")
    words = "A cat with a ball of yarn, " * 40
    short = contact_sheets.drawn([Still(grey, "row 1", "A cat", "$1.20")], 1, 320)
    for text in (words, "x" * 4000, "猫が毛糸で遊ぶ" * 200, "\u202edrawkcab\x1b[2J " * 99, "\n\n"):
        sheet = contact_sheets.drawn([Still(grey, text, text, text)], 1, 320, text, text)
        assert sheet.width == short.width
        assert sheet.height < short.height + 150


def test_a_place_without_a_picture_says_why() -> None:
    empty = Still(None, "row 1", "A cat", "$0", reason="Blocked by a safety filter. " * 20, shape=(9, 16))
    sheet = contact_sheets.drawn([empty, Still(Image.new("RGB", (320, 180)), "row 2")], 5, 320)
    assert sheet.height > 320
    written = np.asarray(sheet)[28 : 28 + 320, 28 : 28 + 180]
    assert written.max() > 150
