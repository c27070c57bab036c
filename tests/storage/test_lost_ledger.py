"""The ledger's file or folder is lost while a job runs: nothing that this process knows is lost with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import anyio
import pytest

from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.job_record import JobState
from veo_widgets.domain.media import Image
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job
from veo_widgets.storage.ledger.ledger import Ledger

from .test_ledger import record


def removed(home: Path) -> None:
    shutil.rmtree(home)


def renamed(home: Path) -> None:
    home.rename(home.with_name("elsewhere"))


def file_removed(home: Path) -> None:
    (home / "ledger.sqlite3").unlink()


def all_files_removed(home: Path) -> None:
    for file in home.glob("ledger.*"):
        if file.is_file():
            file.unlink()


def replaced_by_another(home: Path) -> None:
    shutil.rmtree(home)
    with closing(Ledger(home / "ledger.sqlite3")) as other:
        other.write(record("another"))


def overwritten_in_place(home: Path) -> None:
    """Rows that are gone from the very same file, as after restoring a backup into it."""
    with closing(sqlite3.connect(home / "ledger.sqlite3", isolation_level=None)) as db:
        db.execute("DELETE FROM events")
        db.execute("DELETE FROM jobs")


def emptied(home: Path) -> None:
    """Made anew by another program before this one looks."""
    shutil.rmtree(home)
    Ledger(home / "ledger.sqlite3").close()


LOSSES = [removed, renamed, file_removed, all_files_removed, replaced_by_another, overwritten_in_place, emptied]


class Running(NamedTuple):
    """A paid job under way, its client, and what lets it go on."""

    client: Client
    job: Job
    go_on: threading.Event
    home: Path


@pytest.fixture
def running(emulator: Emulator, tmp_path: Path) -> Iterator[Running]:
    go_on = threading.Event()

    async def held(_seconds: float) -> None:
        while not go_on.is_set():  # noqa: ASYNC110 (set by another thread)
            await anyio.sleep(0.01)

    given = Settings(
        provider="gemini", base_url=emulator.base_url, folder=tmp_path / "clips", api_key=Secret("sk-canary")
    )
    with Client(given, home=tmp_path / "home", clock=Clock(sleep=held)) as client:
        client.budget(day=2)
        job = client.submit("A cat", model="veo-3.1-generate-preview", seconds=4, allow_retired=True)
        yield Running(client, job, go_on, tmp_path / "home")


@pytest.mark.parametrize("lose", LOSSES)
def test_a_running_job_is_written_again_and_ends_with_its_clip(
    running: Running, emulator: Emulator, lose: Callable[[Path], None]
) -> None:
    client, job, go_on, home = running
    price = job.cost.usd
    lose(home)
    go_on.set()
    assert job.wait(600).state is JobState.SUCCEEDED
    assert job.videos[0].path.stat().st_size == job.videos[0].bytes
    assert job.id in [one.id for one in client.jobs()]
    assert client.budget().tallies["day"].spent == pytest.approx(price)
    with closing(Ledger(home / "ledger.sqlite3")) as ledger:
        kept = ledger.read(job.id)
        assert (kept.state, kept.operation) == (JobState.SUCCEEDED, job.record.operation)
    assert [entry.kind for entry in emulator.journal()].count("create") == 1


@pytest.mark.parametrize("lose", [loss for loss in LOSSES if loss is not overwritten_in_place])
def test_its_price_stays_reserved_and_its_job_listed(running: Running, lose: Callable[[Path], None]) -> None:
    client, job, _, home = running
    lose(home)
    assert client.budget().tallies["day"].reserved == pytest.approx(job.cost.usd)
    assert job.id in [one.id for one in client.jobs()]
    with closing(Ledger(home / "ledger.sqlite3")) as other:
        assert not other.lease(job.id, client.asynchronous.now(), 75.0)


@pytest.mark.parametrize("lose", [removed, renamed, file_removed, emptied])
def test_a_limit_goes_on_to_hold(running: Running, lose: Callable[[Path], None]) -> None:
    client, _, _, home = running
    lose(home)
    assert client.budget().limits["day"] == 2
    with pytest.raises(errors.BudgetError, match="limit for a day is"):
        client.submit("A cat", model="veo-3.1-generate-preview", seconds=4, allow_retired=True)


def test_what_has_ended_before_counts_too(running: Running) -> None:
    client, job, go_on, home = running
    go_on.set()
    job.wait(600)
    removed(home)
    assert client.budget().tallies["day"].spent == pytest.approx(job.cost.usd)
    assert [state for _, state, _ in job.events][-1] == "succeeded"


def test_a_folder_that_cannot_be_made_again_names_the_operation(running: Running) -> None:
    client, job, go_on, home = running
    operation = job.record.operation
    renamed(home)
    home.write_text("in its place")
    go_on.set()
    with pytest.raises(errors.LedgerError, match=f"Job {job.id} goes on at the service as {operation}"):
        job.wait(600)
    with pytest.raises(errors.LedgerError, match="cannot be read"):
        client.jobs()
    home.unlink()
    assert job.wait(600).state is JobState.SUCCEEDED
    assert [one.id for one in client.jobs()] == [job.id]


def test_a_folder_that_comes_back_has_what_happened_meanwhile(running: Running) -> None:
    """As a network drive that was away: the program wrote to the empty folder that was in its place."""
    client, job, go_on, home = running
    renamed(home)
    go_on.set()
    job.wait(600)
    home.rename(home.with_name("meanwhile"))
    home.with_name("elsewhere").rename(home)
    assert [(one.id, one.state) for one in client.jobs()] == [(job.id, JobState.SUCCEEDED)]
    with closing(Ledger(home / "ledger.sqlite3")) as ledger:
        assert ledger.read(job.id).videos == job.record.videos


def test_images_that_have_yet_to_be_sent_are_kept(tmp_path: Path) -> None:
    path, frame = tmp_path / "home" / "ledger.sqlite3", Image(b"\x89PNG\r\n\x1a\n\0\xff", name="a.png")
    with closing(Ledger(path)) as before:
        made = record()
        before.write(record(request=made.request.__class__("A cat", "m", first_frame=frame)))
    with closing(Ledger(path)) as ledger:
        found = ledger.read("abcd2345")
        assert ledger.lease(found.id, 1000.0, 120.0)
        ledger.reread(found)
        removed(path.parent)
        assert ledger.jobs()[0].request.first_frame == frame
    with closing(Ledger(path)) as ledger:
        assert ledger.jobs()[0].request.first_frame == frame


def test_two_programs_that_lose_it_at_once_both_keep_their_jobs(tmp_path: Path) -> None:
    path = tmp_path / "home" / "ledger.sqlite3"
    with closing(Ledger(path)) as first, closing(Ledger(path)) as second:
        for ledger, name in ((first, "first"), (second, "second")):
            ledger.reserve(record(name, at=1000.0, provider="gemini"), "intent", {}, {}, seconds=120.0)
        removed(path.parent)
        assert {job.id for job in first.jobs()} == {"first"}
        assert {job.id for job in second.jobs()} == {job.id for job in first.jobs()} == {"first", "second"}
        assert first.budget(local_day(1000.0), {}, {}).tallies["day"].reserved == pytest.approx(1.6)
        assert not first.lease("second", 1001.0, 120.0)


def test_a_damaged_ledger_gets_back_what_this_process_knows(tmp_path: Path) -> None:
    path = tmp_path / "home" / "ledger.sqlite3"
    with closing(Ledger(path, journal="delete")) as ledger:
        ledger.reserve(record(at=1000.0, provider="gemini"), "intent", {}, {}, seconds=120.0)
        path.write_bytes(b"not a database" * 1000)
        with pytest.warns(RuntimeWarning, match="was damaged"):
            assert [job.id for job in ledger.jobs()] == ["abcd2345"]
        assert ledger.budget(local_day(1000.0), {}, {}).tallies["day"].reserved == pytest.approx(0.8)


PROGRAM = """
import os, shutil, sys
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
job = veo.submit("---\\npolls: 3\\n---\\nA cat", seconds=4)
shutil.rmtree(os.environ["VEO_WIDGETS_HOME"])
print(job.wait(600).videos[0].path)
print([one.id for one in veo.jobs()] == [job.id])
"""


def test_a_program_whose_ledger_is_removed_brings_its_clip_home(emulator: Emulator, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, emulator.base_url, str(tmp_path / "clips")],
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    clip, listed = ended.stdout.splitlines()
    assert Path(clip).parent == tmp_path / "clips"
    assert listed == "True"
