"""The storyboard's kernel side: edits from the page and from code, what is made at a click, and what is refused."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import veo_widgets as veo
from tests.heard import Heard, until
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import Storyboard
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film import Film

from ..kernels import execute, notebook, started_kernel

SHOTS = (
    veo.title_card("The train", background="navy"),
    "{who} waits",
    veo.shot("A bridge", start=0.5, end=3, captions="All aboard"),
    veo.shot("A river below", "continue"),
)


class HeardBoard(Heard, Storyboard):
    """A storyboard that notes what it tells the browser."""

    def edit(self, what: str, **said: Any) -> str:
        """Edit as a page does; returns why it was refused, or an empty text."""
        request = f"{what}{len(self.heard)}"
        self.say(kind="edit", edit={"edit": what, **said}, request=request)
        with self.told:
            kinds = {"taken", "not-edited"}
            assert self.told.wait_for(
                lambda: any(one["kind"] in kinds and one["request"] == request for one in self.heard), 300
            )
            (answer,) = (one for one in self.heard if one["kind"] in kinds and one["request"] == request)
        return str(answer.get("message", ""))

    def make(self, *, again: int = 0, request: str = "m") -> None:
        """Press the button as it is."""
        (offer,) = (one for one in self.standing["offers"] if one["again"] == bool(again))
        self.say(kind="make", offer=f"{offer['text']}: {offer['price']}", again=again, request=request)

    @property
    def shots(self) -> list[dict[str, Any]]:
        return [part for part in self.parts if "shot" in part]


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def film(client: Client) -> Film:
    return Film(client, "train", SHOTS, {"seconds": 4}, {"who": "Mia"})


@pytest.fixture
def board(film: Film) -> Iterator[HeardBoard]:
    made = HeardBoard(film)
    yield made
    made.close()


def creates(emulator: Emulator) -> int:
    return sum(entry.kind == "create" for entry in emulator.journal())


def made(board: HeardBoard) -> bool:
    return all(shot["state"] == "succeeded" for shot in board.shots) and not board.standing["running"]


def test_the_parts_stand_in_their_order_with_all_that_is_said_of_them(board: HeardBoard) -> None:
    card, first, second, third = board.parts
    assert (card["text"], card["seconds"], card["background"], card["ink"]) == ("The train", 3.0, "#000080", "#ffffff")
    assert (first["prompt"], first["begins"], first["seconds"]) == ("{who} waits", "cut", 4.0)
    assert (first["lengths"], first["state"], first["due"]) == ([4, 6, 8], "to be sent", True)
    assert (second["start"], second["end"], second["captions"]) == (0.5, 3, [["All aboard", 0.0, None]])
    assert (third["begins"], third["state"]) == ("continue", "after shot 2")
    assert first["price"]["text"] == "$0.40"
    assert board.shared == {
        "settings": [{"name": "seconds", "label": "Length", "text": "4", "plain": True}],
        "texts": {"who": "Mia"},
    }
    (offer,) = board.standing["offers"]
    assert (offer["text"], offer["price"], offer["note"]) == ("all 3 shots", "$1.20", "the emulator is free")
    json.dumps({name: value for name, value in board.get_state().items() if name not in {"layout", "_esm", "_css"}})


def test_an_edit_of_the_page_is_one_of_the_film(board: HeardBoard, film: Film) -> None:
    first, second = film.shots[0], film.shots[1]
    number = board.shots[0]["shot"]
    assert board.edit("prompt", shot=number, value="{who} runs") == ""
    assert first.prompt == board.shots[0]["prompt"] == "{who} runs"
    assert board.edit("begins", shot=board.shots[1]["shot"], value="continue") == ""
    assert second.transition == "continue"
    assert board.edit("time", shot=board.shots[1]["shot"], name="fade", value=0.5) == ""
    assert second.fade == 0.5
    assert board.edit("captions", shot=number, value="Hurry up") == ""
    assert first.captions[0].text == "Hurry up"
    assert board.edit("set", shot=number, name="seed", value="7") == ""
    assert first.values == {"seed": 7}
    assert board.edit("set", shot=number, name="seed", value=None) == ""
    assert first.values == {}
    assert board.edit("set", shot=number, name="duration_seconds", value="8") == ""
    assert board.shots[0]["seconds"] == 8
    assert board.edit("text", name="who", value="Tom") == ""
    assert film.pieces[0].prompt == "Tom runs"
    assert board.edit("shared", name="seed", value="3") == ""
    assert film.shared["seed"] == 3
    assert board.edit("insert", value="A station", place=4) == ""
    assert [one.prompt for one in film.shots][-1] == "A station"
    assert board.edit("move", part=f"shot{board.shots[-1]['shot']}", to=0) == ""
    assert board.parts[0]["prompt"] == "A station"
    assert board.edit("move", part="card0", to=4) == ""
    assert board.parts[4]["text"] == "The train"
    assert board.edit("set_card", part="card0", text="The end", seconds=2, background="#ffffff") == ""
    assert (board.parts[4]["text"], board.parts[4]["ink"]) == ("The end", "#000000")
    assert board.edit("add_card", text="Title", place=0) == ""
    assert board.edit("remove", part="card0") == ""
    for _ in range(3):
        assert board.edit("undo") == ""
    assert board.parts[4]["text"] == "The train"
    assert board.standing["undo"] is True


def test_an_edit_in_code_is_seen_at_once(board: HeardBoard, film: Film) -> None:
    film.shots[1].prompt = "A tunnel"
    until(lambda: board.shots[1]["prompt"] == "A tunnel")
    film.shots.append("The end")
    until(lambda: len(board.shots) == 4)
    film.undo()
    until(lambda: len(board.shots) == 3)


def test_the_board_that_was_edited_under_other_code_comes_back_with_its_button(
    board: HeardBoard, client: Client
) -> None:
    assert board.standing["recall"] is False
    board.edit("prompt", shot=board.shots[1]["shot"], value="A bridge at night")
    board.edit("move", part=board.shots[1]["id"], to=1)
    board.edit("text", name="who", value="Tom")
    edited, shared = board.parts, board.shared
    changed = HeardBoard(Film(client, "train", ["A harbour"], {"seconds": 8}))
    assert [part["prompt"] for part in changed.parts] == ["A harbour"]
    assert changed.standing["recall"] is True
    assert "the code has changed since this film was edited" in " ".join(changed.standing["remarks"])
    assert changed.edit("recall") == ""
    assert (changed.parts, changed.shared) == (edited, shared)
    assert "the code has changed" not in " ".join(changed.standing["remarks"])
    # Not for good: the code is an edit away.
    assert changed.edit("undo") == ""
    assert [part["prompt"] for part in changed.parts] == ["A harbour"]
    changed.close()


def test_the_cast_stands_on_the_board_and_follows_every_change(
    board: HeardBoard, client: Client, make_client: Callable[..., Client]
) -> None:
    assert board.cast == []
    client.character("Mia", text="a girl in a red scarf")
    until(lambda: [(one["name"], one["text"]) for one in board.cast] == [("Mia", "a girl in a red scarf")])
    assert board.edit("prompt", shot=board.shots[1]["shot"], value="@Mia on a bridge") == ""
    assert board.shots[1]["prompt"] == "@Mia on a bridge"
    # Another program's is seen when the board is next shown.
    make_client().character("Leo", text="in blue")
    board.say(kind="ready")
    until(lambda: [one["name"] for one in board.cast] == ["Leo", "Mia"])
    board.say(kind="panels")
    assert "veo-face" in board.answer("panels")["code"]
    board.close()
    client.asynchronous.cast.forget("Mia")
    assert client.asynchronous.cast._listeners == []


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"edit": "prompt", "shot": 0, "value": "   "}, "prompt"),
        ({"edit": "begins", "shot": 0, "value": "continue"}, "needs a shot before"),
        ({"edit": "begins", "shot": 0, "value": "cute"}, "is not one of cut, continue, extend"),
        ({"edit": "time", "shot": 0, "name": "end", "value": "x"}, "end: 'x' is not a number of seconds."),
        ({"edit": "time", "shot": 0, "name": "takes", "value": 1}, "is not one of start, end, fade, dip"),
        ({"edit": "move", "part": "shot2", "to": 0}, "needs a shot before"),
        ({"edit": "set_card", "part": "card0", "text": ""}, "text: a card takes from 1"),
        ({"edit": "set_card", "part": "shot0", "text": "x"}, "part: it is no title card."),
        ({"edit": "remove", "part": "shot9"}, "part: it is no longer in the film."),
        ({"edit": "choose", "shot": 0, "take": 9}, "take: 9 is no longer a take of this shot."),
        ({"edit": "set", "shot": 0, "name": "seed", "value": "many"}, "seed: 'many'"),
        ({"edit": "text", "name": "two words", "value": "x"}, "texts: 'two words' is not a name"),
        ({"edit": "job", "job": "nothere2", "place": 0}, "nothere2"),
        ({"edit": "undo"}, "there is no edit to take back"),
        ({"edit": "recall"}, "no other board of it is kept"),
        ({"edit": "burn"}, "there is no such edit"),
        ({"edit": ["prompt"]}, "there is no such edit"),
        ({"edit": "prompt", "shot": True, "value": "x"}, "shot: it is no whole number."),
        ({"edit": "prompt", "shot": 99, "value": "x"}, "no longer in the film"),
        ({"edit": "prompt", "shot": 0, "value": 7}, "value: it is no text"),
        ({}, "there is no such edit"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_changes_nothing(
    board: HeardBoard, film: Film, edit: dict[str, Any], said: str
) -> None:
    before = repr(film.plan())
    board.say(kind="edit", edit=edit, request="r")
    told = board.answer("not-edited", request="r")["message"]
    assert said in told
    assert "\n" not in told
    assert repr(film.plan()) == before


def test_what_is_offered_is_made_once_and_seen_as_it_runs(board: HeardBoard, film: Film, emulator: Emulator) -> None:
    board.make(request="one")
    board.answer("taken", request="one")
    board.say(kind="make", offer="all 3 shots: $1.20", again=0, request="one")
    until(lambda: made(board))
    assert creates(emulator) == 3
    assert board.standing["offers"] == []
    assert set(board.clips) == {str(shot["chosen"]) for shot in board.shots}
    assert all(board.jobs[str(shot["chosen"])]["state"] == "succeeded" for shot in board.shots)
    board.say(kind="need-bytes", sample=board.shots[1]["chosen"], request="b")
    assert board.answer("bytes", request="b")["total"] == film.videos[1].bytes
    board.edit("prompt", shot=board.shots[1]["shot"], value="A bridge at night")
    (offer,) = board.standing["offers"]
    assert (offer["text"], offer["price"]) == ("shot 2 and the one that continues it", "$0.80")
    takes = board.shots[1]["takes"]
    assert [take["prompt"] for take in takes] == ["A bridge", "A bridge at night"]
    # The earlier take is there still, with its clip, and to choose it costs nothing.
    assert str(takes[0]["take"]) in board.clips
    board.edit("choose", shot=board.shots[1]["shot"], take=takes[0]["take"])
    assert board.standing["offers"] == []
    board.edit("another", shot=board.shots[0]["shot"])
    assert board.shots[0]["takes"][1]["due"] is True
    board.make(request="two")
    until(lambda: len(board.clips) == 4)
    assert creates(emulator) == 4
    board.edit("drop", shot=board.shots[0]["shot"], take=board.shots[0]["takes"][1]["take"])
    assert len(board.shots[0]["takes"]) == 1


def test_nothing_is_sent_for_another_price_than_was_said(board: HeardBoard, film: Film, emulator: Emulator) -> None:
    film.shots.append("A station")
    board.say(kind="make", offer="all 3 shots: $1.20", again=0, request="old")
    told = board.answer("refused", command="make")["message"]
    assert told == "offer: the film has changed, so nothing was sent; it would now be all 4 shots: $1.60."
    # An edit that was sent before the click comes first.
    until(lambda: len(board.shots) == 4)
    board.say(kind="edit", edit={"edit": "remove", "part": "shot3"}, request="e")
    board.say(kind="make", offer="all 4 shots: $1.60", again=0, request="late")
    assert "it would now be all 3 shots: $1.20" in board.answer("refused", command="make")["message"]
    assert creates(emulator) == 0


def test_a_budget_is_kept_and_said(make_client: Callable[..., Client], settings: Settings, emulator: Emulator) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-key")), hasty=True)
    client.budget(day=1.0)
    common = {"model": "veo-3.1-fast-generate-preview", "allow_retired": True, "seconds": 4}
    board = HeardBoard(Film(client, "dear", ["A bridge", "A river", "A boat"], common))
    assert board.standing["offers"][0]["price"] == "$1.20"
    board.make()
    assert "these 3 requests take $1.20, but the limit for a day is $1.00" in board.answer("refused")["message"]
    assert emulator.journal() == []
    board.close()


def test_a_job_becomes_a_shot_with_its_prompt_and_settings(board: HeardBoard, client: Client, film: Film) -> None:
    job = client.submit("A heron", seed=7, duration_seconds=8)
    assert board.edit("job", job=job.id, place=2) == ""
    assert film.shots[1].prompt == "A heron"
    assert film.shots[1].values["seed"] == 7
    assert board.parts[2]["seconds"] == 8
    job.wait(600)


def test_a_shot_that_failed_is_made_again_for_its_price(film: Film, board: HeardBoard, emulator: Emulator) -> None:
    board.edit("prompt", shot=board.shots[0]["shot"], value="---\noutcome: failed\n---\nA cat")
    board.make(request="one")
    until(lambda: board.shots[0]["state"] == "failed" and board.shots[2]["state"] == "succeeded")
    until(lambda: not board.standing["running"])
    (offer,) = board.standing["offers"]
    assert (offer["again"], offer["text"], offer["price"]) == (True, "shot 1 again", "$0.40")
    assert board.shots[0]["problem"]
    sent = creates(emulator)
    board.make(again=1, request="two")
    board.answer("taken", request="two")
    until(lambda: creates(emulator) == sent + 1 and not board.standing["running"])


def test_a_job_that_runs_is_seen_and_an_earlier_kernels_is_taken_up(
    slow_service: tuple[Emulator, Callable[[], None]], make_client: Callable[..., Client], settings: Settings
) -> None:
    emulator, let_end = slow_service
    there = replace(settings, base_url=emulator.base_url)
    shots = ("---\nseconds: 600\n---\nA bridge", veo.shot("A river", "continue"))
    first = Film(make_client(there, hasty=True), "slow", shots, {"seconds": 4})
    board = HeardBoard(first)
    first.run()
    until(lambda: any(job["state"] == "running" for job in board.jobs.values()))
    assert board.standing["running"]["text"].startswith("film 'slow'")
    board.close()
    first.client.close()
    again = HeardBoard(Film(make_client(there, hasty=True), "slow", shots, {"seconds": 4}))
    until(lambda: any(job["watching"] for job in again.jobs.values()))
    let_end()
    until(lambda: again.shots[0]["state"] == "succeeded")
    assert [offer["text"] for offer in again.standing["offers"]] == ["shot 2"]
    assert creates(emulator) == 1
    again.close()


def test_what_is_saved_is_the_strip_and_follows(board: HeardBoard, film: Film) -> None:
    said: list[dict[str, str]] = []
    told = threading.Event()

    def follow(**_: Any) -> None:
        said.append(board.saved_output())
        told.set()

    board.follow_saved(follow)
    film.shots[1].prompt = "A <tunnel>"
    assert told.wait(600)
    until(lambda: "A &lt;tunnel&gt;" in said[-1]["text/html"])
    assert board.saved_class in said[-1]["text/html"]
    assert "film 'train'" in said[-1]["text/plain"]


def test_a_widget_that_is_closed_hears_no_more(film: Film) -> None:
    board = HeardBoard(film)
    board.close()
    assert film._listeners == []


@pytest.mark.parametrize("given", ["train", None, 5])
def test_only_a_film_has_a_storyboard(given: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"film: .* is not a film; veo.film\(…\) makes one."):
        Storyboard(given)


FILM = """
import veo_widgets as veo
film = veo.film("train", ["A bridge", "A river"], seconds=4)
film
"""


def test_a_film_shows_itself_as_its_board_to_people_and_as_a_strip_elsewhere(
    tmp_path: Path, emulator: Emulator
) -> None:
    environment = {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator.base_url,
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    manager, client = started_kernel(env=environment, cwd=str(tmp_path))
    shown: list[dict[str, Any]] = []

    def hook(message: dict[str, Any]) -> None:
        if message["msg_type"] in {"display_data", "execute_result"}:
            shown.append(message["content"]["data"])

    for code in (FILM, "film", "len([one for one in film._listeners])"):
        reply = client.execute_interactive(code, timeout=600, output_hook=hook)
        assert reply["content"]["status"] == "ok", reply["content"]
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    views = [
        data["application/vnd.jupyter.widget-view+json"]
        for data in shown
        if len(data) and "text/html" in data and "application/vnd.jupyter.widget-view+json" in data
    ]
    # The same board both times.
    assert len(views) == 2
    assert views[0]["model_id"] == views[1]["model_id"]
    assert shown[-1] == {"text/plain": "1"}
    assert "A bridge" in shown[1]["text/html"]
    ran = execute(notebook(FILM), tmp_path, environment)
    (output,) = ran.cells[0].outputs
    assert output.output_type == "execute_result"
    assert set(output.data) == {"text/plain", "text/html"}
    assert "To make: both shots" in output.data["text/html"]
