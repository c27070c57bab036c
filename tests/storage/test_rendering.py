"""Films that are cut: every frame of a trim, a fade and a dip, and every sample's place. Real files, really decoded."""

from __future__ import annotations

import json
import wave
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.filter import loudnorm
from PIL import Image

from veo_widgets.domain.errors import InvalidRequestError, VeoError
from veo_widgets.storage.films.rendering import Edit, Track, render
from veo_widgets.storage.films.stitching import Segment

from ..made_clips import Made, events
from .test_stitching import RATE, make, near, packets_of, shades_of, sound_of

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
FRAME = RATE // 24


def edit(path: Path, **said) -> Edit:
    return Edit(Segment(path), path.stem, **said)


def level(path: Path, frame: float) -> int:
    """How loud it is in the middle of a frame of a film of 24 a second."""
    return sound_of(path)[round((frame + 0.5) * FRAME)]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "film.mp4"


@pytest.fixture
def rising(tmp_path: Path) -> Path:
    return make(tmp_path / "rising.mp4", range(20, 68), tone=4000)


@pytest.fixture
def bright(tmp_path: Path) -> Path:
    return make(tmp_path / "bright.mp4", [200] * 48, tone=8000)


def test_a_trim_is_exact_to_the_frame_and_the_sample(target: Path, rising: Path, bright: Path) -> None:
    edits = [edit(rising, start=HALF, end=Fraction(3, 2)), edit(bright, start=Fraction(1), end=Fraction(2))]
    render(edits, target, loudness=None)
    assert near(shades_of(target), [*range(32, 56), *[200] * 24])
    assert 0 <= len(sound_of(target)) - 2 * RATE <= 1024
    assert [abs(level(target, at) - tone) < 300 for at, tone in ((22, 4000), (25, 8000))] == [True, True]


@pytest.mark.parametrize("first", [8, 9, 11, 12, 13])
def test_a_trim_may_begin_with_pictures_that_are_stored_after_the_next_key_frame(
    tmp_path: Path, target: Path, first: int
) -> None:
    open_groups = "keyint=12:min-keyint=12:bframes=3:b-adapt=0:open-gop=1:scenecut=0"
    clip = make(tmp_path / "open.mp4", range(20, 116, 4), preset="medium", params=open_groups)
    render([edit(clip, start=Fraction(first, 24))], target)
    assert near(shades_of(target), range(20 + 4 * first, 116, 4))


def test_clips_that_nothing_is_done_to_are_copied(target: Path, rising: Path, bright: Path) -> None:
    shares: list[float] = []
    render([edit(rising), edit(bright)], target, loudness=None, progress=shares.append)
    assert packets_of(target) == packets_of(rising) + packets_of(bright)
    assert shares == sorted(shares)
    assert shares[-2:] == [pytest.approx(0.55), 1.0]


def test_pictures_that_are_made_anew_are_not_cut_into_slices(tmp_path: Path, target: Path) -> None:
    # Tall enough for several threads at one picture.
    clip = make(tmp_path / "tall.mp4", range(20, 68), size=(96, 720))
    render([edit(clip, start=HALF)], target)
    # What x264 writes down of its settings.
    assert b"sliced_threads=0" in target.read_bytes()


def test_a_cross_fade_mixes_pictures_and_sound_over_the_same_time(target: Path, rising: Path, bright: Path) -> None:
    shares: list[float] = []
    render([edit(rising, end=Fraction(1)), edit(bright, fade=HALF)], target, loudness=None, progress=shares.append)
    # Twelve frames are shared; the first is the old clip by 12/13, the last by 1/13.
    mixed = [round(shade + (200 - shade) * part / 13) for part, shade in enumerate(range(32, 44), 1)]
    found = shades_of(target)
    assert len(found) == 24 + 48 - 12
    assert near(found[:12] + found[24:], [*range(20, 32), *[200] * 36])
    assert all(abs(one - wanted) <= 4 for one, wanted in zip(found[12:24], mixed, strict=True))
    assert [round(level(target, at), -3) for at in (5, 11, 24, 40)] == [4000, 4000, 8000, 8000]
    # Equal power: both by the root of a half in the middle.
    assert abs(level(target, 17.5) - 12000 * 0.5**0.5) < 400
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_dip_goes_through_black_and_silence_and_loses_nothing(target: Path, rising: Path, bright: Path) -> None:
    render([edit(rising), edit(bright, dip=HALF)], target, loudness=None)
    found = shades_of(target)
    assert len(found) == 96
    assert near(found[:43] + found[54:], [*range(20, 63), *[200] * 42])
    assert found[48] <= 2
    assert found[42:49] == sorted(found[42:49], reverse=True)
    assert found[48:55] == sorted(found[48:55])
    assert abs(sound_of(target)[48 * FRAME]) < 200
    assert [round(level(target, at), -3) for at in (40, 55)] == [4000, 8000]


@pytest.mark.parametrize("joint", [{"fade": QUARTER}, {"dip": HALF}])
def test_slower_clips_stand_still_between_their_frames(tmp_path: Path, target: Path, joint: dict) -> None:
    fast = make(tmp_path / "fast.mp4", [50] * 24)
    slow = make(tmp_path / "slow.mp4", range(100, 124), fps=12, size=(96, 72))
    render([edit(fast), edit(slow, **joint)], target, loudness=None)
    shades = [shade for shade in range(100, 124) for _ in range(2)]
    assert near(shades_of(target)[-40:], shades[-40:])
    assert len(shades_of(target)) == 72 - (6 if "fade" in joint else 0)


@pytest.mark.parametrize(
    "made", [Made(), Made(fps=Fraction(30000, 1001)), Made(hidden=0.7), Made(late=0.3), Made(sound=44_100)]
)
def test_picture_and_sound_stay_together_where_a_clip_is_trimmed(tmp_path: Path, target: Path, made: Made) -> None:
    clip = made.write(tmp_path / "clip.mp4")
    render([edit(clip, end=Fraction(3, 2)), edit(clip, start=HALF, fade=QUARTER)], target, loudness=None)
    flashes, beeps = events(target)
    # What is shown between two frames of the film is seen with the second.
    frame = 1 / float(made.fps) + 0.001
    assert flashes == pytest.approx([made.flash_time, made.flash_time + 0.75], abs=frame)
    assert beeps == pytest.approx(flashes, abs=frame)


def test_a_silent_clip_fades_into_one_that_sounds(tmp_path: Path, target: Path, bright: Path) -> None:
    mute = make(tmp_path / "mute.mp4", range(20, 44), tone=None)
    render([edit(mute), edit(bright, fade=QUARTER)], target, loudness=None)
    assert level(target, 10) == 0
    assert abs(level(target, 30) - 8000) < 300
    render([edit(mute), edit(mute, fade=QUARTER)], target)
    with av.open(str(target)) as film:
        assert not film.streams.audio


def striped(path: Path) -> Path:
    """A wide clip that is black, white and black from left to right, each a third."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=24, options={"crf": "10"})
        video.width, video.height, video.pix_fmt = 192, 108, "yuv420p"
        picture = Image.new("RGB", (192, 108))
        picture.paste((255, 255, 255), (64, 0, 128, 108))
        for _ in range(12):
            out.mux(video.encode(av.VideoFrame.from_image(picture)))
        out.mux(video.encode(None))
    return path


def shown(path: Path) -> Image.Image:
    with av.open(str(path)) as film:
        return next(film.decode(video=0)).to_image().convert("L")


def test_a_tall_version_of_a_wide_film_shows_its_middle_or_has_bars(tmp_path: Path, target: Path) -> None:
    clip = striped(tmp_path / "wide.mp4")
    render([edit(clip)], target, shape=Fraction(9, 16))
    cropped = shown(target)
    assert cropped.size == (108, 192)
    # 9/16 of 9/16 of the width are left, which lie within the white third.
    assert cropped.getextrema()[0] > 230
    render([edit(clip)], target, shape=Fraction(9, 16), crop=False)
    barred = shown(target)
    assert barred.size == (108, 192)
    assert [barred.getpixel(at) > 128 for at in ((54, 96), (54, 30), (54, 160), (10, 96))] == [
        True,
        False,
        False,
        False,
    ]
    render([edit(clip)], target, shape=Fraction(1))
    assert shown(target).size == (108, 108)
    render([edit(clip)], target, shape=Fraction(16, 9))
    assert packets_of(target) == packets_of(clip)


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """Two seconds that are silent, two that are loud, and two that are silent again."""
    parts = [make(tmp_path / f"{n}.mp4", range(20, 68), tone=tone) for n, tone in enumerate((0, 16000, 0))]
    render([edit(part) for part in parts], tmp_path / "sparse.mp4", loudness=None)
    return tmp_path / "sparse.mp4"


def wav(path: Path, tone: int, seconds: float) -> Path:
    """A sound of one level at 44.1 kHz."""
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, 44_100, 0, "NONE", ""))
        out.writeframes(tone.to_bytes(2, "little") * (2 * round(seconds * 44_100)))
    return path


def heard_at(path: Path, *seconds: float) -> list[int]:
    """How loud a film is at these times, to the next thousand."""
    samples = sound_of(path)
    return [round(samples[round(at * RATE)], -3) for at in seconds]


def test_music_is_lower_where_the_clips_are_heard_and_fades_out_with_the_film(
    tmp_path: Path, target: Path, sparse: Path
) -> None:
    music = Track("music", wav(tmp_path / "music.wav", 4000, 20), leads=False)
    render([edit(sparse)], target, loudness=None, tracks=[music])
    assert packets_of(target) == packets_of(sparse)
    assert len(sound_of(target)) == len(sound_of(sparse))
    assert heard_at(target, 0.5, 1.5, 5, 5.9) == [4000, 4000, 2000, 0]
    # What is left of the music is an eleventh of it.
    assert 16000 < sound_of(target)[3 * RATE] < 16800
    louder = Track("music", music.path, leads=False, gain=6)
    render([edit(sparse)], target, loudness=None, tracks=[louder])
    assert heard_at(target, 0.5, 1.5) == [8000, 8000]


def test_all_is_lower_under_a_narration_and_comes_back_after_it(tmp_path: Path, target: Path, bright: Path) -> None:
    """Which is shorter than the film."""
    tracks = [
        Track("music", wav(tmp_path / "music.wav", 2000, 20), leads=False),
        Track("narration", wav(tmp_path / "voice.wav", 12000, 1), leads=True),
    ]
    render([edit(bright), edit(bright)], target, loudness=None, tracks=tracks)
    assert 12000 < sound_of(target)[round(0.7 * RATE)] < 13500
    assert heard_at(target, 3) == [8000]


def test_music_fades_out_with_a_film_that_is_shorter_than_the_fade(tmp_path: Path, target: Path) -> None:
    mute = make(tmp_path / "mute.mp4", range(20, 44), tone=None)
    render([edit(mute)], target, loudness=None, tracks=[Track("music", wav(tmp_path / "m.wav", 8000, 20), leads=False)])
    assert heard_at(target, 0.5, 0.97) == [4000, 0]


def test_silent_clips_are_heard_with_music(tmp_path: Path, target: Path) -> None:
    mute = make(tmp_path / "mute.mp4", range(20, 68), tone=None)
    music = Track("music", wav(tmp_path / "music.wav", 4000, 1), leads=False)
    render([edit(mute), edit(mute)], target, loudness=None, tracks=[music])
    assert packets_of(target) == packets_of(mute) * 2
    assert heard_at(target, 0.5, 1.5, 3.5) == [4000, 0, 0]


def test_a_track_without_sound_is_refused(tmp_path: Path, target: Path, bright: Path) -> None:
    (tmp_path / "notes.txt").write_text("la la la")
    mute = make(tmp_path / "mute.mp4", range(20, 30), tone=None)
    for path in (tmp_path / "notes.txt", mute):
        with pytest.raises(InvalidRequestError, match=f"music: '.*{path.name}' has no sound that can be read"):
            render([edit(bright)], target, tracks=[Track("music", path, leads=False)])
    with pytest.raises(InvalidRequestError, match=r"narration: there is no file '.*no\.mp3'"):
        render([edit(bright)], target, tracks=[Track("narration", tmp_path / "no.mp3", leads=True)])
    assert not list(tmp_path.glob("film*"))


@pytest.mark.parametrize(("volume", "wanted"), [(0.02, -16.0), (0.5, -23.0), (0.9, -16.0)])
def test_films_are_as_loud_as_was_asked_for(tmp_path: Path, target: Path, volume: float, wanted: float) -> None:
    """By FFmpeg's other meter, that of `loudnorm`."""
    clip = tmp_path / "noise.mp4"
    source = f"anoisesrc=color=pink:amplitude={volume}:sample_rate={RATE}:seed=1:duration=4"
    with av.open(source, format="lavfi") as heard, av.open(str(clip), "w") as out:
        video = out.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("aac", rate=RATE, layout="stereo")
        for _ in range(96):
            out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(video.encode(None))
        for frame in heard.decode(audio=0):
            out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    render([edit(clip), edit(clip)], target, loudness=wanted)
    with av.open(str(target)) as film:
        said = json.loads(loudnorm.stats("I=-16:TP=-1", film.streams.audio[0]))
    assert float(said["input_i"]) == pytest.approx(wanted, abs=0.7)
    assert float(said["input_tp"]) < 0


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"end": Fraction(9)}, {}, r"end: 9 is beyond the end of rising, which lasts 2\.000 s"),
        ({"start": Fraction(2)}, {}, r"start: 2 leaves nothing of rising, which ends at 2\.000 s"),
        ({}, {"fade": Fraction(3)}, "fade: rising is shown for 2 s, and its fades take 3 s; make them shorter"),
        ({"end": HALF}, {"dip": Fraction(2)}, r"dip: rising is shown for 0\.5 s, and its fades take 1 s"),
    ],
)
def test_what_does_not_fit_is_said_and_leaves_nothing(
    target: Path, rising: Path, bright: Path, first: dict, second: dict, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        render([edit(rising, **first), edit(bright, **second)], target)
    assert sorted(path.name for path in target.parent.iterdir()) == ["bright.mp4", "rising.mp4"]


def test_a_clip_that_breaks_off_is_named_and_its_sound_is_cleared_away(target: Path, rising: Path) -> None:
    rising.write_bytes(rising.read_bytes()[:2000])
    with pytest.raises(VeoError, match="The film cannot be rendered"):
        render([edit(rising), edit(rising, fade=HALF)], target)
    assert not list(target.parent.glob("*.sound"))
