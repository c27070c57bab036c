"""Films that are rendered as their shots are cut, from clips that were paid for once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import ImageStat

from veo_widgets.domain.errors import InvalidRequestError, VeoError
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import Shot, shot


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as film:
        return sum(1 for packet in film.demux(video=0) if packet.size) / 24


def test_a_film_is_rendered_as_its_shots_are_cut_and_nothing_is_paid_again(
    client: Client, emulator: Emulator, tmp_path: Path
) -> None:
    prompts = ("A train leaves", "A bridge", "A station")
    Film(client, "train", prompts, {"seconds": 4}).run().wait(120)
    sent = len(emulator.journal())
    shots = (shot(prompts[0], start=1, end=3.5), shot(prompts[1], fade=0.5), shot(prompts[2], dip=1))
    film = Film(client, "train", shots, {"seconds": 4})
    assert film.cost.due == 0
    video = film.render(tmp_path / "cut" / "film.mp4")
    assert video.path == tmp_path / "cut" / "film.mp4"
    assert video.seconds == pytest.approx(2.5 + 4 + 4 - 0.5, abs=0.03)
    assert video.has_audio
    assert video.recipe["jobs"] == [job.id for job in film.jobs]
    assert len(emulator.journal()) == sent
    # The other film is as it was, and another rendering takes the place of the first.
    assert seconds_of(film.path) == 12
    film.render(str(tmp_path / "cut" / "film.mp4"), loudness=None)
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == ["film.json", "film.mp4"]
    with av.open(str(video.path)) as opened:
        frames = [frame.to_image() for frame in opened.decode(video=0)]
    tall = film.render(tmp_path / "cut" / "tall.mp4", aspect_ratio="9:16")
    assert (tall.height, tall.width) == (video.width, video.height)
    # The third shot begins in the middle of its dip.
    assert max(ImageStat.Stat(frames[6 * 24]).mean) < 2


def test_shots_that_are_one_clip_are_cut_as_one(client: Client, tmp_path: Path) -> None:
    shots = (shot("A train leaves", start=1), shot("It goes on", "extend", end=9), shot("B", "continue"))
    film = Film(client, "long", shots, {"seconds": 4}).run().wait(120)
    video = film.render(tmp_path / "film.mp4", loudness=None)
    assert video.seconds == pytest.approx(8 + 4, abs=0.03)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"start": 3, "end": 2}, "end: 2 is not after start=3"),
        ({"fade": 1, "dip": 1}, "dip: a shot either fades in"),
        ({"start": -1}, "start: -1 is not a number of seconds"),
        ({"end": float("inf")}, "end: inf is not a finite number"),
        ({"transition": "extend", "fade": 1}, "fade: 1 has no place where a clip is extended"),
    ],
)
def test_a_cut_that_contradicts_itself_is_refused_at_once(said: dict, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        shot("A cat", **said)


@pytest.mark.parametrize(
    ("shots", "words"),
    [
        ((shot("A", fade=1), "B"), "fade: 1 needs a shot before"),
        ((shot("A", end=2), shot("B", "extend")), "end: shot 1 is extended by shot 2"),
        ((Shot("A", start=3, end=2),), "end: 2 is not after start=3"),
    ],
)
def test_shots_that_cannot_be_cut_together_are_refused_before_they_cost_anything(
    client: Client, emulator: Emulator, shots: tuple, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        Film(client, "f", shots, {"seconds": 4})
    assert emulator.journal() == []


def test_where_a_film_cannot_go_is_said(client: Client, tmp_path: Path) -> None:
    film = Film(client, "f", ["A", shot("B", end=60)], {"seconds": 4})
    with pytest.raises(VeoError, match="shot 1, shot 2 has no clip yet"):
        film.render(tmp_path / "film.mp4")
    film.run().wait(120)
    with pytest.raises(InvalidRequestError, match=r"path: '.*film\.mov' does not end in \.mp4"):
        film.render(tmp_path / "film.mov")
    clip = film.videos[0].path
    with pytest.raises(InvalidRequestError, match="is one of the film's own clips"):
        film.render(clip)
    with pytest.raises(InvalidRequestError, match="loudness: 16 is not between -70 and -5"):
        film.render(tmp_path / "film.mp4", loudness=16)
    with pytest.raises(InvalidRequestError, match="aspect_ratio: 'tall' is not a ratio from 1:4 to 4:1"):
        film.render(tmp_path / "film.mp4", aspect_ratio="tall")
    with pytest.raises(InvalidRequestError, match="music_gain: 99 is not between"):
        film.render(tmp_path / "film.mp4", music_gain=99)
    with pytest.raises(InvalidRequestError, match=r"narration: there is no file '.*no\.wav'"):
        Film(client, "f", ["A", "B"], {"seconds": 4}).render(tmp_path / "film.mp4", narration=tmp_path / "no.wav")
    with pytest.raises(InvalidRequestError, match="end: 60 is beyond the end of shot 2"):
        film.render(tmp_path / "film.mp4")
    assert not list(tmp_path.glob("film*"))
    assert json.loads(clip.with_suffix(".json").read_text())
