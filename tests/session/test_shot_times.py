"""When each shot begins in the file of a film, which players mark on their bar."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from veo_widgets.domain.media import Video
from veo_widgets.notebook.widgets import Player
from veo_widgets.session.client import Client
from veo_widgets.session.groups.cutting import Span
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.piece import Piece
from veo_widgets.session.groups.shot_times import shot_names, shot_times
from veo_widgets.session.groups.shots import shot
from veo_widgets.session.groups.title_cards import title_card
from veo_widgets.storage.films.edits import Edit
from veo_widgets.storage.films.stitching import Segment

FRAME = 1 / 24


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def test_the_shots_of_a_joined_film_begin_where_their_clips_do(client: Client) -> None:
    film = Film(client, "train", ("A train leaves", shot("A bridge", "continue"), "A station"), {"seconds": 4})
    video = film.run().wait(600).video
    times = video.recipe["shots"]
    # The frame that the second goes on from is there once.
    assert times == [
        [0, "Shot 1: A train leaves"],
        [pytest.approx(95 * FRAME, abs=1e-5), "Shot 2: A bridge"],
        [pytest.approx(191 * FRAME, abs=1e-5), "Shot 3: A station"],
    ]
    bridge, station = (job.videos[0] for job in film.jobs[1:])
    joint = times[2][0] + FRAME / 2
    assert difference(video.frame(joint), station.first_frame) < 2
    assert difference(video.frame(joint - FRAME), bridge.last_frame) < 2
    assert difference(bridge.last_frame, station.first_frame) > 4
    assert Player(film, client=client).clips[0]["shots"] == times
    assert Player(str(video.path), client=client).clips[0]["shots"] == times


def test_a_rendered_film_has_them_with_its_cards_trims_and_fades(client: Client, tmp_path: Path) -> None:
    shots = (
        shot("A train leaves", start=1, end=3.5),
        shot("A bridge", fade=0.5),
        title_card("Much\nlater", seconds=2),
        shot("A station", dip=1),
        shot("It is left", "extend", end=7),
        shot("A long tunnel that never seems to come to its end at all"),
    )
    film = Film(client, "train", shots, {"seconds": 4}).run().wait(600)
    video = film.render(tmp_path / "film.mp4", loudness=None)
    assert video.recipe["shots"] == [
        [0, "Shot 1: A train leaves"],
        [2, "Shot 2: A bridge"],
        [6, "Much later"],
        [8, "Shot 3: A station"],
        [12, "Shot 4: It is left"],
        [15, "Shot 5: A long tunnel that never seems to come to its …"],
    ]
    last = film.jobs[-1].videos[0]
    assert difference(video.frame(15 + FRAME / 2), last.first_frame) < 6
    assert difference(video.frame(15 - FRAME / 2), last.first_frame) > 6


def test_a_clip_that_is_the_whole_film_gets_them(client: Client) -> None:
    film = Film(client, "train", ("A train leaves", shot("A bridge", "extend")), {"seconds": 4}).run().wait(600)
    assert film.video.path == film.jobs[1].videos[0].path
    assert film.video.recipe["shots"] == [[0, "Shot 1: A train leaves"], [4, "Shot 2: A bridge"]]
    assert film.video.recipe["job"] == film.jobs[1].id


def test_a_shot_that_is_cut_off_is_not_marked() -> None:
    pieces = [Piece(f"shot {number}", prompt, {}) for number, prompt in enumerate("ABCD", 1)]
    clip = Segment(Path("clip.mp4"))
    span = Span(clip, 0, 3, (4.0, 8.0, 12.0))
    edit = Edit(clip, start=Fraction(5), end=Fraction(10))
    assert shot_times(shot_names(pieces), [span], [edit], [Fraction(0)]) == [(0, "Shot 2: B"), (3, "Shot 3: C")]


UNUSABLE: list[object] = [
    None,
    "shots",
    {"0": "A"},
    [0, 1],
    [[0, "A"]],
    [[0, "A"], [1]],
    [[0, "A"], ["1", "B"]],
    [[0, "A"], [-1, "B"]],
    [[0, "A"], [1, ["B"]]],
    [[0, "A"], [1, "B" * 1000]],
]


def test_what_somebody_else_has_written_there_marks_nothing(client: Client, tmp_path: Path) -> None:
    clip = client.submit("A cat", seconds=4).wait(600).videos[0]
    copy = Video(tmp_path / "film.mp4")
    copy.path.write_bytes(clip.path.read_bytes())
    for given in UNUSABLE:
        copy.sidecar.write_text(json.dumps({"schema": 1, "shots": given}))
        assert "shots" not in Player(copy.path, client=client).clips[0], given
