"""Films that are edited: what an edit costs, what it keeps, and what is there again after the kernel was killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import veo_widgets as veo
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.emulator import Emulator, Pace
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import shot

FIVE = (
    shot("A train leaves"),
    shot("A bridge"),
    shot("A river below", "continue"),
    shot("A boat", "continue"),
    shot("A station"),
)


@contextmanager
def service(tmp_path: Path) -> Iterator[tuple[Emulator, Callable[[], Client]]]:
    """An emulator that makes clips at once, and clients over one ledger."""
    with Emulator(pace=Pace.at_once(), clips="small") as emulator:
        settings = Settings(provider="emulator", base_url=emulator.base_url, folder=tmp_path / "clips")
        yield emulator, lambda: Client(settings, home=tmp_path / "home")


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def creates(emulator: Emulator) -> int:
    return sum(entry.kind == "create" for entry in emulator.journal())


def make(client: Client, *shots: Any, **common: Any) -> Film:
    return Film(client, "train", shots or FIVE, {"seconds": 4, **common})


def prompts(film: Film) -> list[str]:
    return [one.prompt for one in film.shots]


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


def test_a_change_says_its_price_and_only_that_is_made(tmp_path: Path) -> None:
    """A shot that is edited is made anew, with the one that continues it; moves and trims cost nothing."""
    with service(tmp_path) as (emulator, opened), opened() as client:
        film = make(client)
        assert repr(film.change()) == "all 5 shots: $2.00 (on a real account; the emulator is free)"
        film.run().wait(600)
        assert creates(emulator) == 5
        assert not film.change()
        assert repr(film.change()) == "Nothing to make"
        first = [job.id for job in film.jobs]
        film.shots.move(4, 0)
        film.shots[0].end = 2.5
        assert [job.id for job in film.jobs] == [first[4], *first[:4]]
        assert not film.change()
        film.shots[2].prompt = "A bridge at night"
        assert film.change().text == "shot 3 and the two that continue it"
        assert film.change().usd == pytest.approx(1.2)
        film.run().wait(600)
        assert creates(emulator) == 8
        # Back to the first take, and with it to what went on from that: nothing is paid for again.
        assert [take.prompt for take in film.shots[2].takes] == ["A bridge", "A bridge at night"]
        film.shots[2].chosen = 0
        assert [job.id for job in film.jobs] == [first[4], *first[:4]]
        film.shots[2].prompt = "A bridge at night"
        assert len(film.shots[2].takes) == 2
        assert not film.change()
        film.run().wait(600)
        assert creates(emulator) == 8


def test_takes_are_made_beside_each_other_and_one_is_chosen(tmp_path: Path) -> None:
    """Another take costs its own price alone; the shots after it are only made anew once it is chosen."""
    with service(tmp_path) as (emulator, opened), opened() as client:
        film = make(client)
        film.run().wait(600)
        assert film.shots[2].another_take(seed=5) == 1
        assert film.change().text == "another take of shot 3"
        assert film.change().usd == pytest.approx(0.4)
        assert film.plan().states == {"succeeded": 5, "to be sent": 1}
        film.run().wait(600)
        assert creates(emulator) == 6
        one, other = film.shots[2].takes
        assert (one.is_chosen, other.is_chosen) == (True, False)
        assert other.values == {"seed": 5}
        assert one.video.path != other.video.path
        assert other.job.request.first_frame == one.job.request.first_frame
        assert not film.change()
        film.shots[2].chosen = 1
        assert film.change().text == "shot 4"
        film.run().wait(600)
        assert creates(emulator) == 7
        assert film.videos[2].path == other.video.path
        film.shots[2].remove_take(0)
        assert [take.values for take in film.shots[2].takes] == [{"seed": 5}]
        assert one.video.path.exists()


def test_equal_shots_keep_their_own_clips_whatever_is_moved_or_removed(tmp_path: Path) -> None:
    with service(tmp_path) as (emulator, opened), opened() as client:
        film = make(client, "A cat", "A cat", "A cat")
        film.run().wait(600)
        ids = [job.id for job in film.jobs]
        film.shots.move(2, 0)
        assert [job.id for job in film.jobs] == [ids[2], ids[0], ids[1]]
        film.shots.remove(1)
        assert [job.id for job in film.jobs] == [ids[2], ids[1]]
        # The clip of the one that was removed is there for the next that asks for the same.
        film.shots.append("A cat")
        assert [job.id for job in film.jobs] == [ids[2], ids[1], ids[0]]
        film.run().wait(600)
        assert creates(emulator) == 3


def test_a_text_and_settings_are_shared_by_all_shots(tmp_path: Path) -> None:
    """A text changes the prompts that name it, and those alone; braces that name nothing stay."""
    picture = Image.new("RGB", (640, 360), "navy")
    with service(tmp_path) as (emulator, opened), opened() as client:
        shots = ("{character} walks", "A street", '{character} with {"camera": "low"}')
        film = Film(client, "mia", shots, {"seconds": 8}, {"character": "Mia, in a red scarf"})
        assert [piece.prompt for piece in film.pieces] == [
            "Mia, in a red scarf walks",
            "A street",
            'Mia, in a red scarf with {"camera": "low"}',
        ]
        film.run().wait(600)
        film.texts["character"] = "Mia, in a blue coat"
        assert film.change().text == "shot 1 and shot 3"
        film.shots[0].chosen = 0
        assert film.change().text == "shot 3"
        film.shared["reference_images"] = [picture]
        assert len(film.pieces[1].plan.request.reference_images) == 1
        assert dict(film.texts) == {"character": "Mia, in a blue coat"}
        del film.shared["reference_images"]
        assert film.change().text == "shot 3"
        with pytest.raises(errors.InvalidRequestError, match="texts: 'two words' is not a name"):
            film.texts["two words"] = "x"
        with pytest.raises(KeyError):
            del film.texts["nobody"]
        assert creates(emulator) == 3


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda film: film.shots.move(2, 0), "shot 1: transition: 'continue' needs a shot before"),
        (lambda film: film.shots.move(9, 0), "index: 9 is not one of the shots 0 to 4."),
        (lambda film: film.shots.remove(-6), "index: -6 is not one of the shots 0 to 4."),
        (lambda film: setattr(film.shots[1], "prompt", 5), "prompt: 5 is not text."),
        (lambda film: setattr(film.shots[1], "transition", "cute"), "transition: 'cute' is not one of cut"),
        (lambda film: setattr(film.shots[1], "end", -1), "end: -1 is not a number of seconds."),
        (lambda film: setattr(film.shots[0], "fade", 1), "fade: 1 needs a shot before"),
        (lambda film: setattr(film.shots[1], "chosen", 1), "chosen: 1 is not one of the takes 0 to 0."),
        (lambda film: film.shots[1].set(seconds=5), "shot 2: duration_seconds: 5"),
        (lambda film: film.shots[1].another_take(seed=-1), "another take of shot 2: seed: -1"),
        (lambda film: film.shots[1].remove_take(0), "index: take 0 is in the film"),
        (lambda film: film.shots.insert(1, veo.shot("x", samples=2)), "shot 2: samples: 2 is not 1"),
        (lambda film: film.shared.update(seconds=5), "shot 1: duration_seconds: 5"),
        (lambda film: film.undo(), "there is no edit to take back"),
        (lambda film: film.recall(), "no other board of it is kept"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_changes_nothing(
    client: Client, edit: Callable[[Film], object], said: str
) -> None:
    film = make(client)
    before = repr(film.plan())
    with pytest.raises(errors.VeoError) as refused:
        edit(film)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert repr(film.plan()) == before
    assert repr(make(client).plan()) == before


def test_a_film_shows_itself_as_a_strip_with_whole_prompts(tmp_path: Path) -> None:
    """Cards in their order with stills, title cards, trims, takes and what is to be made; a prompt is no markup."""
    long = "A station with <b>many</b> people and $5 tickets for $3 trains, " * 6
    with service(tmp_path) as (_, opened), opened() as client:
        film = make(
            client, veo.title_card("The train\n& the sea"), "A bridge", shot("A river", "continue", end=2), long
        )
        html = film._repr_html_()
        assert "To make: all 3 shots: $1.20" in html
        film.run().wait(600)
        film.shots[0].another_take(seed=3)
        film.run().wait(600)
        html = film._repr_html_()
        assert re.findall("<strong>(.*?)</strong>", html) == ["Title card", "Shot 1", "Shot 2", "Shot 3"]
        assert "The train\n&amp; the sea" in html
        assert re.sub("</?span>", "", html).count(escape(long)) == 1
        assert "take 1 of 2" in html
        assert "continues the shot before" in html
        assert "shown from 0 s to 2 s" in html
        assert html.count('src="data:image/jpeg') == 4
        assert 'alt="not chosen: A bridge"' in html
        assert "To make" not in html
        film.shots[2].prompt = "A harbour"
        assert "To make: shot 3: $0.40" in film._repr_html_()


def test_the_same_code_brings_the_edits_back_and_other_code_wins(client: Client) -> None:
    film = make(client, veo.title_card("The train"), *FIVE, api_key=Secret("k" * 30, "test"))
    film.shots[0].prompt = "A train arrives"
    film.shots[0].captions = [(0.5, 2, "All aboard")]
    film.shots.move(4, 1)
    film.shots.append(veo.shot("The end", seed=3, first_frame=Image.new("RGB", (1280, 720), "navy")))
    film.texts["who"] = "Mia"
    kept = make(client, veo.title_card("The train"), *FIVE, api_key=Secret("k" * 30, "test"))
    assert repr(kept.shots) == repr(film.shots)
    assert kept.parts[0] == film.parts[0]
    assert [piece.key for piece in kept.pieces] == [piece.key for piece in film.pieces]
    assert kept.shots[0].captions == film.shots[0].captions
    assert kept.shared["api_key"].reveal() == "k" * 30
    (file,) = (client.asynchronous.home / "films").iterdir()
    assert "kkkk" not in file.read_text()
    other = make(client, "Another film")
    assert prompts(other) == ["Another film"]
    assert "the code has changed since this film was edited" in repr(other.plan())
    other.recall()
    assert repr(other.shots) == repr(film.shots)
    assert "the code has changed" not in repr(other.plan())
    other.undo()
    assert prompts(other) == ["Another film"]
    other.shots[0].prompt = "Yet another"
    again = make(client, "Another film")
    assert prompts(again) == ["Yet another"]
    again.recall()
    assert repr(again.shots) == repr(film.shots)


def test_an_edit_is_taken_back(client: Client) -> None:
    film = make(client)
    third = film.shots[2]
    film.shots.remove(0)
    assert third.index == 1
    film.shots[0].prompt = "A tunnel"
    film.undo()
    film.undo()
    assert prompts(film) == [one.prompt for one in FIVE]
    assert prompts(make(client)) == [one.prompt for one in FIVE]
    film.shots.remove(2)
    with pytest.raises(errors.InvalidRequestError, match="no longer in the film"):
        third.prompt = "x"
    assert [one.prompt for one in film.shots[1:3]] == ["A bridge", "A boat"]


@pytest.mark.parametrize("text", ["", "[]", '{"code": "x"', '{"board": {}}'])
def test_a_damaged_board_is_passed_over(client: Client, text: str) -> None:
    film = make(client)
    film.shots.move(4, 0)
    (file,) = (client.asynchronous.home / "films").iterdir()
    file.write_text(text)
    assert prompts(make(client)) == [one.prompt for one in FIVE]
    code = make(client)
    code.shots.move(4, 0)
    board = file.read_text()
    file.write_text(board.replace('"parts"', '"pats"'))
    assert "the edits kept of this film cannot be read" in repr(make(client).plan())


def test_an_edit_while_a_film_runs_sends_nothing_that_is_no_longer_in_it(
    slow_service: tuple[Emulator, Callable[[], None]], make_client: Callable[..., Client], settings: Settings
) -> None:
    """What was sent goes on; what waited for it and was edited is not sent as it was, and the next run makes it."""
    emulator, let_end = slow_service
    client = make_client(replace(settings, base_url=emulator.base_url), hasty=True)
    film = make(client, "---\nseconds: 600\n---\nA bridge", shot("A river", "continue"))
    film.run()
    wait_until(lambda: creates(emulator) == 1)
    film.shots[1].prompt = "A lake"
    assert [take.prompt for take in film.shots[1].takes] == ["A lake"]
    film.shots[0].another_take("A bridge in the rain")
    film.run()
    wait_until(lambda: creates(emulator) == 2)
    let_end()
    film.wait(600)
    sent = [entry.body["instances"][0]["prompt"] for entry in emulator.journal() if entry.kind == "create"]
    assert [text.splitlines()[-1] for text in sent] == ["A bridge", "A bridge in the rain", "A lake"]
    assert not film.change()


def test_a_killed_kernel_loses_nothing(tmp_path: Path) -> None:
    code = """
import os, sys, signal
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
film = veo.film("train", ["A bridge", veo.shot("A river", "continue"), "A boat"], seconds=4)
if sys.argv[3] == "edit":
    film.run().wait(600)
    film.shots.move(2, 0)
    film.shots[0].end = 2
    film.shots[0].another_take(seed=7)
    film.run().wait(600)
    film.shots[0].chosen = 1
    print(repr(film.shots), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
print(repr(film.shots), film.shots[0].end, repr(film.change()), sep="\\n")
"""
    environ = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")}
    with Emulator(pace=Pace.at_once(), clips="small") as emulator:

        def run(what: str) -> subprocess.CompletedProcess[str]:
            arguments = [sys.executable, "-c", code, emulator.base_url, str(tmp_path / "clips"), what]
            return subprocess.run(arguments, env=environ, capture_output=True, text=True, check=False, timeout=600)

        killed, again = run("edit"), run("look")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert again.stdout == f"{killed.stdout}2.0\nNothing to make\n", again.stderr
    assert killed.stdout.splitlines()[0] == "shot 1 · cut · 'A boat' · take 2 of 2"
