"""The library's kernel side: what a page is sent, and what it may have done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.heard import Heard, until
from tests.made_jobs import RARE, write_many
from veo_widgets.api import sharing
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import Form, Grid, Library
from veo_widgets.notebook.widgets.protocol import PAGE_CARDS
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job
from veo_widgets.storage.clips import trash


class HeardLibrary(Heard, Library):
    """A library that notes what it tells the browser."""

    def find(self, request: str = "r", **filters: Any) -> Mapping[str, Any]:
        """What a search finds: its first page."""
        self.say(kind="find", filters=filters, request=request)
        return self.answer("found", request=request, offset=0)


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def jobs(client: Client) -> list[Job]:
    """Newest first."""
    return [client.submit(f"A {one}", seed=7, duration_seconds=4).wait() for one in ("cat", "dog", "fox")][::-1]


@pytest.fixture
def library(client: Client, jobs: list[Job]) -> Iterator[HeardLibrary]:
    made = HeardLibrary(client=client)
    yield made
    made.close()


def shown(found: Mapping[str, Any]) -> list[str]:
    return [item["job"] for item in found["items"]]


def test_the_newest_come_first_with_what_one_recognises_them_by(library: HeardLibrary, jobs: list[Job]) -> None:
    found = library.find()
    assert shown(found) == [job.id for job in jobs]
    first = found["items"][0]
    assert (first["prompt"], first["state"], first["clips"], first["missing"]) == ("A fox", "succeeded", 1, 0)
    assert first["poster"].startswith("data:image/jpeg;base64,")
    assert first["code"]["magic"].startswith("%%veo --provider emulator")
    assert first["bytes"] == jobs[0].videos[0].path.stat().st_size
    sums = library.answer("sums")
    assert (sums["clips"], sums["bytes"]) == (3, sum(job.videos[0].bytes for job in jobs))
    assert [job.id for job in library.jobs] == [job.id for job in jobs]


def test_a_page_is_sent_and_nothing_else_however_many_jobs_there_are(
    client: Client, jobs: list[Job], tmp_path: Path
) -> None:
    write_many(client.asynchronous.home / "ledger.sqlite3", 5000, tmp_path / "gone")
    library = HeardLibrary(client=client)
    found = library.find()
    assert (found["count"], len(found["items"])) == (5003, PAGE_CARDS)
    library.say(kind="page", offset=4992, request="r")
    last = library.answer("found", offset=4992)
    assert shown(last)[-3:] == [job.id for job in jobs]
    state = library.get_state()
    assert len(json.dumps({name: value for name, value in state.items() if name not in {"_esm", "_css"}})) < 5000
    rare = library.find("s", query=RARE.upper(), state="succeeded")
    assert rare["count"] in {0, 1}
    assert library.find("t", query=RARE)["count"] == 1
    # The page before is still of the search before.
    library.say(kind="page", offset=24, request="r")
    assert library.answer("found", offset=24)["count"] == 5003
    assert library.find("u", price="to1", model="veo-3.1-fast", notebook="/notebooks/cats.ipynb")["count"] == 834


def test_a_missing_file_is_told_on_its_card_and_not_played(library: HeardLibrary, jobs: list[Job]) -> None:
    jobs[1].videos[0].path.unlink()
    item = library.find()["items"][1]
    assert (item["clips"], item["missing"], item["bytes"]) == (1, 1, 0)
    # The still lies in the recipe, which is there.
    assert item["poster"]
    library.say(kind="open", job=jobs[1].id)
    assert library.answer("refused")["message"] == f"job: {jobs[1].id} has no clip that could be played."


def test_a_job_is_played_by_its_own_numbers(library: HeardLibrary, jobs: list[Job]) -> None:
    library.say(kind="open", job=jobs[2].id)
    until(lambda: library.opened.get("job") == jobs[2].id)
    (clip,) = library.opened["clips"]
    assert clip["facts"]["prompt"] == "A cat"
    library.say(kind="need-bytes", sample=clip["sample"], request="b")
    assert library.answer("bytes", request="b")["total"] == jobs[2].videos[0].bytes
    library.say(kind="open", job="")
    until(lambda: library.opened == {})


def test_a_star_is_kept_for_every_library(library: HeardLibrary, client: Client, jobs: list[Job]) -> None:
    library.say(kind="star", job=jobs[1].id, on=1)
    library.answer("changed")
    another = HeardLibrary(client=client, starred=True)
    assert [job.id for job in another.jobs] == [jobs[1].id]
    assert shown(another.find(starred=True)) == [jobs[1].id]
    library.say(kind="star", job=jobs[1].id, on=0)
    library.answer("changed")
    assert another.find("r2", starred=True)["count"] == 0


def test_what_is_deleted_goes_to_the_trash_and_comes_back(
    library: HeardLibrary, client: Client, jobs: list[Job]
) -> None:
    video, spent = jobs[0].videos[0], client.cost()
    library.say(kind="choose", job=jobs[0].id, on=1)
    library.say(kind="choose", job=jobs[1].id, on=1)
    until(lambda: set(library.chosen) == {jobs[0].id, jobs[1].id})
    library.say(kind="delete", job="")
    library.answer("changed")
    assert library.undo.startswith("Deleted 2 jobs (")
    assert library.chosen == []
    assert not video.path.exists()
    assert trash.in_trash(video).path.stat().st_size == video.bytes
    assert shown(library.find()) == [jobs[2].id]
    gone = library.find("d", deleted=True)
    assert shown(gone) == [jobs[0].id, jobs[1].id]
    assert gone["items"][0]["poster"]
    # The ledger keeps the job and what it cost.
    assert client.job(jobs[0].id).cost == jobs[0].cost
    assert repr(client.cost()) == repr(spent)
    library.say(kind="open", job=jobs[0].id)
    until(lambda: library.opened.get("job") == jobs[0].id)
    library.say(kind="restore", job="")
    library.answer("changed")
    assert library.undo == ""
    assert video.path.stat().st_size == video.bytes
    assert video.recipe["job"] == jobs[0].id
    assert shown(library.find("e")) == [job.id for job in jobs]


def test_the_trash_is_emptied_by_python_alone(library: HeardLibrary, jobs: list[Job]) -> None:
    video = jobs[0].videos[0]
    library.say(kind="delete", job=jobs[0].id)
    library.answer("changed")
    assert library.empty_trash() > video.bytes
    assert not trash.in_trash(video).path.exists()
    item = library.find(deleted=True)["items"][0]
    assert (item["missing"], item["state"]) == (1, "succeeded")


def test_a_job_that_runs_is_not_deleted(
    make_client: Callable[..., Client], slow_service: tuple[Emulator, Callable[[], None]], settings: Settings
) -> None:
    emulator, end = slow_service
    client = make_client(replace(settings, base_url=emulator.base_url), hasty=True)
    job = client.submit("---\nseconds: 600\n---\nA cat")
    library = HeardLibrary(client=client)
    library.say(kind="delete", job=job.id)
    assert library.answer("refused")["message"] == f"delete: job {job.id} has not ended; nothing was deleted."
    assert library.find()["count"] == 1
    end()
    library.close()


def test_the_selection_is_for_python_and_is_exported_as_a_folder_that_plays(
    library: HeardLibrary, jobs: list[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    library.find()
    library.say(kind="choose", job="", on=1)
    until(lambda: len(library.chosen) == 3)
    library.say(kind="choose", job=jobs[1].id, on=0)
    until(lambda: len(library.chosen) == 2)
    assert [job.id for job in library.selection] == [jobs[0].id, jobs[2].id]
    library.say(kind="export")
    said = library.answer("told")["message"]
    (folder,) = tmp_path.glob("veo-library-*")
    assert said == f"Exported to {Path(folder.name) / 'index.html'}, which plays offline."
    assert len(list(folder.glob("clips/*.mp4"))) == 2
    assert "A fox" in (folder / "index.html").read_text("utf-8")
    assert (sharing.share(library.selection, tmp_path / "given") / "index.html").exists()


def test_settings_go_to_the_forms(library: HeardLibrary, client: Client, jobs: list[Job]) -> None:
    library.say(kind="use", job=jobs[1].id)
    assert "this notebook shows none yet" in library.answer("refused")["message"]
    form = Form(client=client)
    library.say(kind="use", job=jobs[1].id)
    assert library.answer("told")["message"] == "The form has the settings of this job."
    until(lambda: form.request.prompt == "A dog")


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"state": "done"}, "state: 'done' is not one of"),
        ({"price": "cheap"}, "price: 'cheap' is not one of free, to1, to5, more."),
        ({"day": "today"}, "day: 'today' is not a day"),
        ({"query": 5}, "filters: each is a text."),
        ({"starred": "yes"}, "filters: starred and deleted are True or False."),
        ({"query": "x" * 5000}, "filters: each is a text."),
    ],
)
def test_a_page_that_asks_for_nonsense_is_told_so(library: HeardLibrary, filters: dict[str, Any], said: str) -> None:
    library.say(kind="find", filters=filters, request="bad")
    assert said in library.answer("refused")["message"]


def test_python_is_refused_in_a_sentence(client: Client) -> None:
    for values, said in (
        ({"state": "done"}, "state: 'done' is not one of"),
        ({"since": "soon"}, "since: 'soon' is not a date"),
        ({"since": 5}, "since: '5' is not a date"),
        ({"starred": 1}, "starred: 1 is not True or False."),
    ):
        with pytest.raises(InvalidRequestError, match=said.replace("(", r"\(")):
            Library(client=client, **values)  # type: ignore[arg-type]


def test_what_is_saved_has_the_first_twelve_stills_with_their_prompts(
    client: Client, jobs: list[Job], tmp_path: Path
) -> None:
    empty = Library("nothing has this", client=client)
    assert "There is nothing here yet." in empty.saved_output()["text/html"]
    for number in range(11):
        client.submit(f"Number {number}", duration_seconds=4).wait()
    library = Library(client=client)
    html = library.saved_output()["text/html"]
    assert html.count("data:image/jpeg") == 12
    assert "Number 10" in html
    assert "A dog" not in html
    assert "and 2 more" in html
    assert len(html) < 100_000
    assert repr(library) == "Library(14 jobs)"


def test_a_job_that_is_made_meanwhile_is_told_of_and_not_its_every_percent(
    library: HeardLibrary, client: Client
) -> None:
    library.find()
    job = client.submit("A wren", duration_seconds=4).wait(600)
    library.answer("changed")
    while (found := library.find()["items"][0])["state"] != "succeeded":
        library.answer("changed")
    assert (found["job"], found["prompt"]) == (job.id, "A wren")
    assert library.find(state="failed")["count"] == 0
    states = client.call(client.asynchronous.events, job.id)
    assert [one["kind"] for one in library.heard].count("changed") <= len(states)


def test_what_was_only_looked_at_is_no_news(jobs: list[Job], make_client: Callable[..., Client]) -> None:
    other = make_client()
    library = HeardLibrary(client=other)
    library.find()
    for job in jobs:
        assert other.job(job.id).state == "succeeded"
    library.say(kind="star", job=jobs[0].id, on=1)
    library.answer("changed")
    assert all(one["kind"] != "changed" for one in library.heard)
    library.close()


def test_cards_go_to_the_newest_grid_the_selected_ones_together(
    library: HeardLibrary, jobs: list[Job], client: Client
) -> None:
    library.say(kind="add", job=jobs[0].id)
    assert library.answer("refused")["message"] == "grid: this notebook shows none yet; veo.grid(…) makes one."
    older, newer = Grid(jobs[2], client=client), Grid(jobs[2], client=client)
    library.say(kind="choose", job=jobs[0].id, on=1)
    library.say(kind="choose", job=jobs[1].id, on=1)
    until(lambda: len(library.chosen) == 2)
    library.say(kind="add", job=jobs[0].id)
    assert library.answer("told")["message"] == "2 jobs are in the grid."
    until(lambda: len(newer.cells) == 3)
    assert [job.id for job in newer.jobs] == [jobs[2].id, jobs[0].id, jobs[1].id]
    assert len(older.cells) == 1
    newer.close()
    library.say(kind="choose", job="", on=0)
    until(lambda: not library.chosen)
    library.say(kind="add", job=jobs[1].id)
    library.answer("told", message="The job is in the grid.")
    until(lambda: len(older.cells) == 2)
    older.close()
