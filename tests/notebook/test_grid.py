"""The grid's kernel side: drafts, marks, and the best made well."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain.catalog import find
from veo_widgets.domain.errors import BadRequestError, BudgetError, InvalidRequestError, UnknownOutcomeError
from veo_widgets.domain.pricing import Cost
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import Grid, compare
from veo_widgets.notebook.widgets.grids.comparison import drafts, rendering, total
from veo_widgets.session.client import Client


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def grid(client: Client) -> Iterator[Grid]:
    made = compare("A cat", seeds=[1, 2], client=client, duration_seconds=4)
    yield made
    made.close()


def until(grid: Grid, name: str, reached: Callable[[Any], bool]) -> Any:
    """The value of a trait, once it is as wanted."""
    changed = threading.Event()
    look = lambda _: reached(getattr(grid, name)) and changed.set()  # noqa: E731
    grid.observe(look, name)
    look(None)
    assert changed.wait(600), getattr(grid, name)
    grid.unobserve(look, name)
    return getattr(grid, name)


def say(grid: Grid, **content: Any) -> None:
    grid._handle_custom_msg(content, [])


def filled(grid: Grid, count: int) -> dict[str, Any]:
    """The clips once all are there and their jobs have ended, which is a moment later."""
    found: dict[str, Any] = until(
        grid, "clips", lambda clips: len(clips) == count and all("offers" in clip for clip in clips.values())
    )
    return found


def test_nothing_is_sent_before_a_click_and_the_price_stands_first(grid: Grid, client: Client) -> None:
    assert grid.total == {"count": 2, "usd": 0.4, "text": "$0.40", "note": "on a real account; the emulator is free"}
    assert [cell["values"] for cell in grid.cells] == [{"seed": 1}, {"seed": 2}]
    assert grid.columns == [{"name": "seed", "label": "Seed"}]
    assert client.jobs() == []


def test_a_click_sends_every_draft_once(grid: Grid, client: Client) -> None:
    say(grid, kind="drafts", request="a")
    say(grid, kind="drafts", request="a")
    say(grid, kind="drafts", request="b")
    clips = filled(grid, 2)
    assert grid.total is None
    assert len(client.jobs()) == 2
    assert [clips[key]["facts"]["model"] for key in "01"] == ["veo-3.1-lite-generate-001"] * 2
    assert [cell["job"]["state"] for cell in grid.cells] == ["succeeded"] * 2


def test_a_draft_whose_answer_is_lost_is_shown_and_not_sent_again(
    grid: Grid, client: Client, emulator: Emulator
) -> None:
    emulator.script(on="create", fault="cut")
    with pytest.raises(UnknownOutcomeError):
        grid.submit()
    assert [cell["job"] and cell["job"]["state"] for cell in grid.cells] == ["unknown", None]
    assert grid.total is not None
    assert grid.total["count"] == 1
    grid.submit()
    filled(grid, 1)
    assert len(client.jobs()) == 2


@pytest.mark.usefixtures("interruptible")
def test_drafts_whose_sending_was_interrupted_are_sent_once(grid: Grid, client: Client, emulator: Emulator) -> None:
    emulator.script(on="create", fault="slow", seconds=0.5)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        grid.submit()
    grid.submit()
    filled(grid, 2)
    assert len(client.jobs()) == 2


def test_a_draft_that_was_refused_is_a_draft_again(grid: Grid, client: Client, emulator: Emulator) -> None:
    emulator.script(on="create", fault="status", status=400)
    with pytest.raises(BadRequestError):
        grid.submit()
    assert grid._drafts_total() == {**(grid.total or {}), "count": 2}
    grid.submit()
    filled(grid, 2)


def test_an_accepted_draft_that_could_not_be_written_down_is_not_sent_again(
    make_client: Callable[..., Client],
    emulator: Emulator,
    locked_after_create: Callable[[], AbstractContextManager[None]],
) -> None:
    client = make_client(hasty=True, patience=0.2)
    grid = compare("A cat", seeds=[1], client=client, duration_seconds=4)
    emulator.script(on="create", fault="slow", seconds=0.3)
    say(grid, kind="drafts", request="a")
    with locked_after_create():
        until(grid, "total", lambda total: total is None)
        assert grid.cells[0]["job"]["state"] == "queued"
    grid.submit()
    filled(grid, 1)
    assert len(client.jobs()) == 1
    grid.close()


def test_stars_and_rejections_are_traits(grid: Grid) -> None:
    grid.submit()
    filled(grid, 2)
    say(grid, kind="mark", sample=1, mark="star")
    say(grid, kind="mark", sample=0, mark="reject")
    assert [video.recipe["request"]["seed"] for video in until(grid, "starred", bool)] == [2]
    assert [video.recipe["request"]["seed"] for video in until(grid, "rejected", bool)] == [1]
    say(grid, kind="mark", sample=99, mark="star")
    say(grid, kind="mark", sample=1, mark="")
    assert until(grid, "starred", lambda found: not found) == []
    assert grid.marks == {"0": "reject"}


def test_the_starred_one_is_rendered_once_with_its_seed(grid: Grid, client: Client) -> None:
    grid.submit()
    clips = filled(grid, 2)
    # As many lines come at eight seconds only, which is what the price is for.
    assert clips["1"]["render"]["text"] == "$0.64"
    assert (clips["1"]["render"]["resolution"], clips["1"]["render"]["seconds"]) == ("1080p", 8.0)
    say(grid, kind="mark", sample=1, mark="star")
    until(grid, "starred", bool)
    grid.render()
    grid.render()
    assert [cell["made_from"] for cell in grid.cells] == [None, None, 1]
    filled(grid, 3)
    assert len(client.jobs()) == 3
    made = client.jobs()[0].record
    assert (made.request.resolution, made.request.seed, made.request.model) == (
        "1080p",
        2,
        "veo-3.1-lite-generate-001",
    )
    assert made.retry_of == client.jobs()[1].id
    assert {column["name"] for column in grid.columns} == {"seed", "resolution", "duration_seconds"}


def test_a_click_and_python_render_once(grid: Grid, client: Client, emulator: Emulator) -> None:
    grid.submit()
    filled(grid, 2)
    say(grid, kind="mark", sample=1, mark="star")
    until(grid, "starred", bool)
    emulator.script(on="create", fault="slow", seconds=0.3)
    say(grid, kind="render", samples=[1], request="r")
    grid.render()
    filled(grid, 3)
    assert len(client.jobs()) == 3


def test_clips_of_anywhere_stand_side_by_side(client: Client) -> None:
    job = client.submit("A cat", samples=2, duration_seconds=4)
    shown = Grid([job], client=client)
    assert len(shown.cells) == 2
    assert shown.columns == []
    videos = job.wait().videos
    filled(shown, 2)
    alone = Grid([*videos, job], client=client)
    assert [cell["sample"] for cell in alone.cells] == [0, 1, 2, 3]
    assert [clip["sample"] for clip in alone.clips.values()] == [0, 1, 2, 3]
    shown.close()
    alone.close()


def test_what_continues_a_clip_stands_beside_it(client: Client) -> None:
    shown = Grid(client.submit("A cat", duration_seconds=4).wait(), client=client)
    say(shown, kind="sequel", sample=0, verb="extend", prompt="It falls asleep", request="r")
    clips = filled(shown, 2)
    assert clips["1"]["facts"]["prompt"] == "It falls asleep"
    assert clips["1"]["seconds"] > clips["0"]["seconds"]
    shown.close()


def test_bytes_come_from_the_clip_of_the_cell(client: Client) -> None:
    sent: list[bytes] = []
    whole = threading.Event()

    class HeardGrid(Grid):
        def send(self, content: Any, buffers: Any = None) -> None:
            if content["kind"] == "bytes":
                sent.extend(bytes(buffer) for buffer in buffers)
                if sum(map(len, sent)) == content["total"]:
                    whole.set()

    jobs = [client.submit(prompt, duration_seconds=4).wait() for prompt in ("A cat", "A dog")]
    shown = HeardGrid(jobs, client=client)
    say(shown, kind="need-bytes", sample=1, request="r")
    assert whole.wait(600)
    assert b"".join(sent) == jobs[1].videos[0].path.read_bytes()
    shown.close()


def test_a_clip_whose_job_nobody_knows_is_shown_all_the_same(client: Client, tmp_path: Path) -> None:
    video = client.submit("A cat", duration_seconds=4).wait().videos[0]
    elsewhere = Client(client.settings, home=tmp_path / "elsewhere")
    shown = Grid(video, client=elsewhere)
    assert shown.cells[0]["job"] is None
    assert shown.clips["0"]["facts"]["prompt"] == "A cat"
    assert not shown.clips["0"].get("render")
    shown.close()
    elsewhere.close()


def test_drafts_cost_no_more_than_is_left(make_client: Callable[..., Client]) -> None:
    client = make_client()
    client.budget(day=0.1)
    paid = {"provider": "agent_platform", "prompts": "A cat", "seeds": 3}
    made = Grid(drafts(client.plan, **paid), client=client)
    with pytest.raises(BudgetError, match=r"these 3 drafts cost \$1.20, and \$0.10 is left. Nothing was sent."):
        made.submit()
    assert client.jobs() == []
    made.close()


def test_every_prompt_meets_every_model_and_seed(client: Client) -> None:
    models = ["veo-3.1-generate-001", "emulator/veo-3.1-fast-generate-001"]
    found = drafts(client.plan, ["A cat", "A dog"], [1, 2], models)
    assert [(plan.request.prompt, plan.model.id, plan.request.seed) for plan in found] == [
        (prompt, model, seed)
        for prompt in ("A cat", "A dog")
        for model in ("veo-3.1-generate-001", "veo-3.1-fast-generate-001")
        for seed in (1, 2)
    ]
    assert {plan.request.resolution for plan in found} == {"720p"}


def test_drafts_are_as_asked_for(client: Client) -> None:
    plain = drafts(client.plan, "A cat", 2, draft=False)
    assert [plan.request.resolution for plan in plain] == [None, None]
    assert plain[0].model.id == "veo-3.1-fast-generate-001"
    assert plain[0].request.seed != plain[1].request.seed
    sized = drafts(client.plan, "A cat", resolution="1080p")
    assert [plan.request.resolution for plan in sized] == ["1080p"]


def test_a_model_without_seeds_gets_none_unless_one_is_asked_for(client: Client) -> None:
    found = drafts(client.plan, "A cat", models="gemini-omni-1.1-flash")
    assert [plan.request.seed for plan in found] == [None]
    with pytest.raises(InvalidRequestError, match="seed: 5 cannot be sent"):
        drafts(client.plan, "A cat", [5], models="gemini-omni-1.1-flash")


def test_too_many_are_refused(client: Client) -> None:
    with pytest.raises(InvalidRequestError, match="65 clips are too many"):
        drafts(client.plan, "A cat", 65)


def test_what_has_as_many_lines_is_not_rendered_again(client: Client) -> None:
    job = client.submit("A cat", resolution="1080p", duration_seconds=8, seed=3)
    plan = client.asynchronous.plan
    assert rendering(plan, job.record, "1080p") is None
    better = rendering(plan, job.record, "4k")
    assert better is not None
    assert (better.request.resolution, better.request.seed) == ("4k", 3)
    assert find("veo-3.1-fast-generate-001", ["agent-platform"]).resolutions[-1] == "4k"


def test_a_sum_with_an_unknown_price_is_unknown() -> None:
    assert total([Cost(0.1), Cost(0.2, "estimate"), Cost(0.2, "estimate")]) == Cost(0.5, "estimate")
    assert total([Cost(0.1), Cost(None, "no rate")]).usd is None


def test_a_sheet_has_what_is_in_the_grid(grid: Grid, client: Client) -> None:
    drafted = grid.sheet().items
    assert [(item.title, item.prompt, item.reason) for item in drafted] == [
        ("Seed 1", "A cat", "not sent yet"),
        ("Seed 2", "A cat", "not sent yet"),
    ]
    grid.submit()
    until(grid, "clips", lambda clips: len(clips) == 2)
    say(grid, kind="mark", sample=1, mark="star")
    until(grid, "starred", lambda starred: len(starred) == 1)
    made = grid.sheet(columns=2)
    assert [(item.title, item.reason) for item in made.items] == [("Seed 1", ""), ("★ starred · Seed 2", "")]
    assert all(item.poster for item in made.items)
    assert made.html.count("<figure") == 2
    assert made.image.width == 2 * 28 + 2 * 320 + 18


class HeardGrid(Grid):
    """A grid that notes why it refuses."""

    def refuse(self, command: str, message: str) -> None:
        self.refused.append((command, message))
        self.told.set()

    def __init__(self, *shown: Any, **named: Any) -> None:
        self.refused: list[tuple[str, str]] = []
        self.told = threading.Event()
        super().__init__(*shown, **named)


def test_a_job_that_is_dropped_stands_beside_the_others_once(client: Client) -> None:
    first, second = (client.submit(prompt, seconds=4).wait(600) for prompt in ("A cat", "A dog"))
    grid = HeardGrid(first, client=client)
    say(grid, kind="add", job=second.id)
    until(grid, "cells", lambda cells: len(cells) == 2)
    assert [grid.clips[key]["facts"]["prompt"] for key in "01"] == ["A cat", "A dog"]
    for job_id, why in ((second.id, f"add: job {second.id} is in this grid already."), ("zzzzzzzz", "job: ")):
        grid.told.clear()
        say(grid, kind="add", job=job_id)
        assert grid.told.wait(600)
        assert grid.refused[-1][1].startswith(why)
    assert len(grid.cells) == 2
    assert grid.add(client.submit("A fox", seconds=4).wait(600)) is grid
    assert [job.request.prompt for job in grid.jobs] == ["A cat", "A dog", "A fox"]
    grid.close()
