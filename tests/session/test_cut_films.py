"""Films that are rendered as their shots are cut, from clips that were paid for once."""

from __future__ import annotations

import json
import os
import signal
import threading
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
from veo_widgets.session.groups.title_cards import title_card
from veo_widgets.storage.clips import captions


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
    Film(client, "train", prompts, {"seconds": 4}).run().wait(600)
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
    film = Film(client, "long", shots, {"seconds": 4}).run().wait(600)
    video = film.render(tmp_path / "film.mp4", loudness=None)
    assert video.seconds == pytest.approx(8 + 4, abs=0.03)


def test_a_shot_that_begins_later_does_not_take_the_last_frame_of_the_one_before(
    client: Client, tmp_path: Path
) -> None:
    film = Film(client, "f", ["A", shot("B", "continue", start=1)], {"seconds": 4}).run().wait(600)
    assert seconds_of(film.render(tmp_path / "film.mp4").path) == 4 + 3


def test_names_that_look_like_protocols_are_files(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film = Film(client, "f", ["A"], {"seconds": 4}).run().wait(600)
    film.render("take:1.mp4")
    film.render("take:2.mp4", music="take:1.mp4")
    assert seconds_of(tmp_path / "take:2.mp4") == 4


def test_room_is_asked_for_only_where_it_lacks(client: Client, tmp_path: Path) -> None:
    film = Film(client, "f", ["A"], {"seconds": 4}).run().wait(600)
    (tmp_path / "file").touch()
    with pytest.raises(VeoError, match=r"The film could not be written to '.*film\.mp4': File exists\.$"):
        film.render(tmp_path / "file" / "film.mp4")


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


CARD = title_card("The end", seconds=1, fade=0.5)


@pytest.mark.parametrize(
    ("shots", "label", "words"),
    [
        (("A", shot("B", end=30)), "shot 2", "end: 30 is beyond the end of the clip, which will last 4 s; give"),
        (("A", shot("B", start=4)), "shot 2", "start: 4 leaves nothing of the clip, which will last 4 s"),
        (("A", shot("B", fade=5)), "shot 1", "fade: 5 is too long: shot 1 lasts 4 s here, and its fades take 5 s."),
        (("A", shot("B", dip=9, start=1)), "shot 1", "dip: 9 is too long: shot 1 lasts 4 s here, and its fades"),
        (("A", shot("B", "extend", end=12)), "shot 2", "end: 12 is beyond the end of the clip, which will last 11 s"),
        (("A", CARD, shot("B", fade=1)), "shot 1", "fade: 0.5 is too long: the card 'The end' lasts 1 s here"),
    ],
)
def test_what_the_clips_will_have_no_room_for_is_refused_before_they_are_paid_for(
    client: Client, emulator: Emulator, shots: tuple, label: str, words: str
) -> None:
    film = Film(client, "f", shots, {"seconds": 4})
    assert "refused" in repr(film.plan())
    with pytest.raises(InvalidRequestError) as refused:
        film.run()
    assert "nothing was sent" in str(refused.value)
    assert f"{label}: {words}" in str(refused.value)
    assert refused.value.parameter == words.partition(":")[0]
    assert emulator.journal() == []


def test_what_the_clips_have_room_for_or_may_have_is_not_refused(client: Client) -> None:
    source = client.submit("A train", seconds=4).wait(600).videos[0]
    shots = [
        shot("A", start=1),
        shot("It goes on", "extend", end=11),
        CARD,
        # A service may send some frames more.
        shot("B", fade=0.5, end=4.04),
        shot("C", seconds=8, start=4, end=8),
        # Another clip decides how long these are.
        shot("D", end=30, extend_from=source),
        shot("E", extend_from=source),
        shot("It goes on", "extend", end=60),
    ]
    assert [str(error) for error in Film(client, "f", shots, {"seconds": 4}).violations] == []


def test_an_edit_beyond_the_end_of_a_clip_is_refused_and_changes_nothing(client: Client) -> None:
    film = Film(client, "f", ["A", "B"], {"seconds": 4})
    with pytest.raises(InvalidRequestError, match=r"shot 2: end: 30 is beyond .* Nothing was changed\."):
        film.shots[1].end = 30
    assert film.shots[1].end is None
    film.shots[1].set(seconds=8)
    film.shots[1].end = 7
    with pytest.raises(InvalidRequestError, match="end: 7 is beyond the end of the clip, which will last 4 s"):
        film.shots[1].set(seconds=4)
    assert film.violations == ()


def test_where_a_film_cannot_go_is_said(client: Client, tmp_path: Path) -> None:
    film = Film(client, "f", ["A", "B"], {"seconds": 4})
    with pytest.raises(VeoError, match="shot 1, shot 2 has no clip yet"):
        film.render(tmp_path / "film.mp4")
    film.run().wait(600)
    with pytest.raises(InvalidRequestError, match=r"path: '.*film\.mov' does not end in \.mp4"):
        film.render(tmp_path / "film.mov")
    for own in (film.videos[0].path, film.path):
        with pytest.raises(InvalidRequestError, match="is one of the film's own files"):
            film.render(own)
    with pytest.raises(InvalidRequestError, match="loudness: 16 is not between -70 and -5"):
        film.render(tmp_path / "film.mp4", loudness=16)
    with pytest.raises(InvalidRequestError, match="aspect_ratio: 'tall' is not a ratio from 1:4 to 4:1"):
        film.render(tmp_path / "film.mp4", aspect_ratio="tall")
    with pytest.raises(InvalidRequestError, match="music_gain: 99 is not between"):
        film.render(tmp_path / "film.mp4", music_gain=99)
    with pytest.raises(InvalidRequestError, match=r"narration: there is no file '.*no\.wav'"):
        Film(client, "f", ["A", "B"], {"seconds": 4}).render(tmp_path / "film.mp4", narration=tmp_path / "no.wav")
    with pytest.raises(InvalidRequestError, match="end: 60 is beyond the end of shot 2"):
        Film(client, "f", ["A", shot("B", end=60)], {"seconds": 4}).render(tmp_path / "film.mp4")
    assert not list(tmp_path.glob("film*"))
    assert json.loads(film.videos[0].path.with_suffix(".json").read_text())


def test_title_cards_and_captions_cost_nothing_and_are_in_the_rendering(
    client: Client, emulator: Emulator, tmp_path: Path
) -> None:
    plain = Film(client, "train", ["A train leaves", shot("A bridge", "continue")], {"seconds": 4}).run().wait(600)
    sent, whole = len(emulator.journal()), seconds_of(plain.path)
    parts = (
        title_card("The Train", seconds=2),
        shot("A train leaves", captions="All aboard!"),
        title_card("Later", seconds=1, background="#fff", fade=0.5),
        shot("A bridge", "continue", captions=[(1, 2, "Over <there>"), (5, 9, "cut off")]),
    )
    film = Film(client, "train", parts, {"seconds": 4})
    assert film.cost.due == 0
    assert [len(film.parts), len(film.shots), len(film.pieces)] == [4, 2, 2]
    video = film.render(tmp_path / "film.mp4", text_track=True)
    assert len(emulator.journal()) == sent
    # The frame that both shots have is not left out, as a card parts them.
    assert video.seconds == pytest.approx(2 + 4 + 1 - 0.5 + 4, abs=0.03)
    assert whole == pytest.approx(8 - 1 / 24)
    assert seconds_of(film.path) == whole
    with av.open(str(video.path)) as opened:
        assert len(opened.streams.subtitles) == 1
        frames = [frame.to_image().convert("L") for frame in opened.decode(video=0)]
    assert [ImageStat.Stat(frames[at]).median[0] < 20 for at in (10, 4 * 24)] == [True, False]
    assert ImageStat.Stat(frames[round(6.3 * 24)]).median[0] > 230
    assert (tmp_path / "film.vtt").read_text() == (
        "WEBVTT\n\n00:00:02.000 --> 00:00:06.000\nAll aboard!\n\n00:00:07.500 --> 00:00:08.500\nOver &lt;there&gt;\n"
    )
    assert captions.beside(video.path).text.startswith("WEBVTT")
    assert sorted(path.name for path in tmp_path.glob("film*")) == ["film.json", "film.mp4", "film.vtt"]


def test_what_is_said_in_an_extension_begins_with_it(client: Client, tmp_path: Path) -> None:
    shots = (
        shot("A train leaves", start=1, captions="One"),
        shot("It goes on", "extend", end=9, captions="Two"),
        shot("It stops", "extend", captions=[(9, 12, "never"), (6, 7, "Three")]),
    )
    with pytest.raises(InvalidRequestError, match="end: shot 2 is extended by shot 3"):
        Film(client, "long", shots, {"seconds": 4})
    film = Film(client, "long", shots[:2], {"seconds": 4}).run().wait(600)
    clip = film.jobs[0].videos[0].seconds
    film.render(tmp_path / "film.mp4", loudness=None)
    said = (tmp_path / "film.vtt").read_text().split("\n\n")[1:]
    assert said[0].startswith(f"00:00:00.000 --> 00:00:0{clip - 1:.3f}\nOne")
    assert said[1].startswith(f"00:00:0{clip - 1:.3f} --> 00:00:08.000\nTwo")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"text": ""}, "text: a card takes from 1 to 500 letters, and these are 0"),
        ({"text": "x" * 501}, "and these are 501"),
        ({"seconds": 0}, "seconds: 0 is not a length of a card"),
        ({"seconds": 61}, "seconds: 61 is not a length of a card, from 0 to 60 seconds"),
        ({"background": "blackish"}, "background: 'blackish' is no colour"),
        ({"color": "#00000080"}, "color: '#00000080' is no colour"),
        ({"font": "no.ttf"}, "font: '.*no.ttf' is no typeface that can be read"),
        ({"fade": 1, "dip": 1}, "dip: a shot either fades in"),
        ({"fade": -1}, "fade: -1 is not a number of seconds"),
    ],
)
def test_a_card_that_cannot_be_drawn_is_refused_at_once(said: dict, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        title_card(**{"text": "Title", **said})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (3, r"captions: 3 is not words, nor a list of \(from, to, words\)"),
        (["Hello"], "captions: 'Hello' is not words, nor a list"),
        ([(2, 1, "Hello")], "captions: 1 is not after 2"),
        ("la " * 1000, "captions: 3000 letters are too many for a caption; 2000 are the most"),
        ([(-1, 1, "Hello")], "captions: -1 is not a number of seconds"),
        ([(0, float("inf"), "Hello")], "captions: inf is not a number of seconds"),
        ([(0, 1, " ")], "captions: a tuple is not words"),
    ],
)
def test_captions_that_cannot_be_shown_are_refused_at_once(said: object, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        shot("A cat", captions=said)


def test_where_a_card_cannot_stand_is_said(client: Client, tmp_path: Path) -> None:
    card = title_card("Title", fade=1)
    with pytest.raises(InvalidRequestError, match="fade: 1 needs a shot before"):
        Film(client, "f", [card, "A"], {"seconds": 4})
    with pytest.raises(InvalidRequestError, match="shot 2 extends shot 1 as one clip, which no title card can part"):
        Film(client, "f", ["A", card, shot("B", "extend")], {"seconds": 4})
    with pytest.raises(InvalidRequestError, match="shots: there are none"):
        Film(client, "f", [title_card("Title")], {"seconds": 4})
    Film(client, "f", ["A"], {"seconds": 4}).run().wait(600)
    film = Film(client, "f", ["A", title_card("Title", seconds=0.5, fade=1)], {"seconds": 4})
    with pytest.raises(InvalidRequestError, match=r"fade: the card 'Title' is shown for 0\.5 s, and its fades take 1"):
        film.render(tmp_path / "film.mp4")
    with pytest.raises(InvalidRequestError, match="text_track: True needs captions, and no shot has any"):
        film.render(tmp_path / "film.mp4", text_track=True)


@pytest.mark.usefixtures("interruptible")
def test_a_rendering_that_is_interrupted_leaves_what_was_there(client: Client, tmp_path: Path) -> None:
    shots = ["A", shot("B", fade=0.5), "C"]
    film = Film(client, "f", shots, {"seconds": 8}).run().wait(600)
    # Ten minutes, so that no machine is done with it before it is interrupted.
    endless = Film(client, "f", [*shots, *(title_card("wait", seconds=60) for _ in range(10))], {"seconds": 8})
    target = tmp_path / "out" / "film.mp4"
    target.parent.mkdir()
    target.write_bytes(b"what was there")
    over = threading.Event()

    def interrupt() -> None:
        while not over.is_set():
            if any(path.stat().st_size for path in target.parent.glob("*.part")):
                os.kill(os.getpid(), signal.SIGINT)
                return

    watching = threading.Thread(target=interrupt)
    watching.start()
    try:
        with pytest.raises(KeyboardInterrupt, match="was not rendered; what was there before still is"):
            endless.render(target, aspect_ratio="9:16")
    finally:
        over.set()
        watching.join()
    assert [path.name for path in target.parent.iterdir()] == ["film.mp4"]
    assert target.read_bytes() == b"what was there"
    film.render(target)
    assert seconds_of(target) == pytest.approx(23.5)


def test_a_film_goes_to_editors_with_its_takes(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    import opentimelineio as otio

    for seed in (1, 2):
        Film(client, "train", [shot("A train leaves", seed=seed), "A bridge"], {"seconds": 4}).run().wait(600)
    parts = [title_card("The Train"), shot("A train leaves", seed=2, end=3), shot("A bridge", dip=1)]
    film = Film(client, "train", parts, {"seconds": 4})
    sent = len(emulator.journal())
    assert film.to_otio(tmp_path / "out" / "film.otio") == tmp_path / "out" / "film.otio"
    assert len(emulator.journal()) == sent
    timeline = otio.adapters.read_from_file(str(tmp_path / "out" / "film.otio"))
    assert timeline.name == "train"
    _, one, two = timeline.tracks[0].find_clips()
    assert one.source_range.duration.value == 72
    assert sorted(one.media_references()) == ["DEFAULT_MEDIA", "take 2"]
    assert sorted(two.media_references()) == ["DEFAULT_MEDIA"]
    assert [one.markers[0].comment, two.markers[0].comment] == ["A train leaves", "A bridge"]
    for suffix in (".fcpxml", ".xml", ".edl"):
        film.to_otio(tmp_path / "out" / f"film{suffix}")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["film-card-1.png", "film.edl", "film.fcpxml", "film.otio", "film.xml"]
    with pytest.raises(InvalidRequestError, match=r"path: '.*film\.mp4' ends in none of \.otio, \.fcpxml"):
        film.to_otio(tmp_path / "out" / "film.mp4")
    with pytest.raises(VeoError, match="shot 1 has no clip yet"):
        Film(client, "other", ["A"], {"seconds": 4}).to_otio(tmp_path / "film.otio")
