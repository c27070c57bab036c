"""Who works on a job: leases that are short and renewed, holders that are gone, and those who wait for them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from veo_widgets.client.job_store import LEASE_SECONDS
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator, Pace
from veo_widgets.notebook.widgets import job_state
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job
from veo_widgets.storage.ledger.ledger import Ledger

from ..conftest import swift
from .places import OPENING, FilePlace
from .test_ledger import HOLDER, record

JOB = "abcd2345"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.sqlite3"


@pytest.fixture
def ledger(place: FilePlace) -> Iterator[Ledger]:
    with closing(place.open()) as opened:
        opened.write(record())
        yield opened


@pytest.fixture
def holder(place: FilePlace, ledger: Ledger) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lease of the ledger's job from 1000 to 1120."""
    place.at(1000.0)
    command = [sys.executable, "-c", HOLDER, *place.arguments, JOB, "1000"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def part(place: FilePlace, number: int, text: str) -> None:
    """Have the ledger's jobs held by a holder with another host (0), process (1), token (2) or proof (3)."""
    for job_id, holder in place.execute("SELECT id, holder FROM jobs WHERE holder IS NOT NULL"):
        parts = holder.split("/")
        parts[number] = text
        place.execute("UPDATE jobs SET holder = ? WHERE id = ?", ("/".join(parts), job_id))
    place.execute("DELETE FROM holders")


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait(600) == -signal.SIGKILL


# Who is gone


def test_two_with_the_same_name_and_process_id_are_told_apart_while_both_live(
    holder: subprocess.Popen[str], ledger: Ledger, place: FilePlace
) -> None:
    """As in two containers with the same hostname, in each of which the program is process 1."""
    part(place, 1, str(os.getpid()))
    assert not ledger.lease(JOB, 1001.0, 120.0)
    end(holder)
    assert ledger.lease(JOB, 1002.0, 120.0)


def test_a_process_id_that_lives_again_is_not_the_holder(
    holder: subprocess.Popen[str], ledger: Ledger, place: FilePlace
) -> None:
    end(holder)
    part(place, 1, str(os.getppid()))
    assert ledger.lease(JOB, 1002.0, 120.0)


def test_a_holder_that_is_stopped_lives(holder: subprocess.Popen[str], ledger: Ledger) -> None:
    holder.send_signal(signal.SIGSTOP)
    assert not ledger.lease(JOB, 1001.0, 120.0)
    assert ledger.lease(JOB, 1120.0, 120.0)


def test_a_client_of_this_process_that_was_closed_is_gone(ledger: Ledger, place: FilePlace) -> None:
    other = place.open()
    assert other.lease(JOB, 1000.0, 120.0)
    assert not ledger.lease(JOB, 1001.0, 120.0)
    other.close()
    assert ledger.lease(JOB, 1002.0, 120.0)


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("{host}/{pid}/0badcafe", True),
        ("{host}/999999999/0badcafe", True),
        ("{host}/{parent}/0badcafe", False),
        ("elsewhere/{pid}/0badcafe", False),
        ("{host}/{pid}/0badcafe/", False),
        ("{host}/{pid}/0badcafe/0123456789ab.1.1", False),
        ("{host}/{pid}/../../x/y", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_of_what_stands_in_a_ledger_only_what_is_proven_is_gone(
    ledger: Ledger, place: FilePlace, name: str, gone: bool
) -> None:
    assert ledger.lease(JOB, 1000.0, 120.0)
    host = os.uname().nodename
    filled = name.format(host=host, pid=os.getpid(), parent=os.getppid())
    place.execute("UPDATE jobs SET holder = ?", (filled,))
    assert ledger.lease(JOB, 1001.0, 120.0) is gone
    assert ledger.lease(JOB, 1120.0, 120.0)


def test_a_lock_that_somebody_removed_proves_nothing(
    holder: subprocess.Popen[str], ledger: Ledger, place: FilePlace
) -> None:
    (file,) = place.path.with_name("ledger.holders").iterdir()
    file.unlink()
    assert not ledger.lease(JOB, 1001.0, 120.0)
    file.touch()
    assert not ledger.lease(JOB, 1001.0, 120.0)


def test_files_of_holders_long_gone_are_removed_and_those_of_the_living_stay(
    holder: subprocess.Popen[str], ledger: Ledger, place: FilePlace
) -> None:
    folder = place.path.with_name("ledger.holders")
    (living,) = folder.iterdir()
    dead = folder / "0badcafe0badcafe"
    dead.touch()
    for file in (living, dead):
        os.utime(file, (1.0, 1.0))
    assert not ledger.lease(JOB, 1001.0, 120.0)
    assert living.exists()
    assert not dead.exists()


def test_a_forked_child_does_not_keep_its_parents_leases(ledger: Ledger, place: FilePlace) -> None:
    place.at(1000.0)
    program = f"""{OPENING}
import os
ledger = opened()
assert ledger.lease(sys.argv[3], 1000.0, 120.0)
if os.fork():
    os._exit(0)
print("child", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-W", "ignore", "-c", program, *place.arguments, JOB]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "child\n"
        assert process.wait(600) == 0
        assert ledger.lease(JOB, 1001.0, 120.0)


# Renewal


def test_a_thousand_leases_are_renewed_by_one_row(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        for number in range(1000):
            ledger.write(record(f"job{number}"))
            assert ledger.lease(f"job{number}", 1000.0, 120.0)
        with closing(Ledger(path)) as other, closing(sqlite3.connect(path)) as db:
            before = db.execute("PRAGMA data_version").fetchone()[0]
            assert ledger.renew(1100.0, 120.0)
            assert db.execute("PRAGMA data_version").fetchone()[0] == before + 1
            assert not any(other.lease(f"job{number}", 1219.0, 120.0) for number in range(1000))
            assert ledger.lease("job7", 1110.0, 120.0)
            assert db.execute("PRAGMA data_version").fetchone()[0] == before + 1
            assert other.lease("job7", 1220.0, 120.0)


def test_whoever_slept_for_longer_than_a_lease_is_told_so(ledger: Ledger) -> None:
    assert ledger.lease(JOB, 1000.0, 120.0)
    assert ledger.renew(1050.0, 120.0)
    assert ledger.renew(1169.0, 120.0)
    assert not ledger.renew(1290.0, 120.0)
    assert ledger.renew(1300.0, 120.0)


@pytest.mark.parametrize("renewed", [True, False])
def test_whoever_loses_a_job_by_force_is_told_so(ledger: Ledger, place: FilePlace, renewed: bool) -> None:
    with closing(place.open()) as other:
        assert other.lease(JOB, 1000.0, 120.0)
        if renewed:
            assert other.renew(1050.0, 120.0)
        assert not ledger.lease(JOB, 1060.0, 120.0)
        assert ledger.lease(JOB, 1060.0, 120.0, force=True)
        assert not other.renew(1070.0, 120.0)
        assert other.renew(1080.0, 120.0)
        assert not other.lease(JOB, 1080.0, 120.0)


def test_nothing_is_renewed_for_jobs_that_are_over(ledger: Ledger) -> None:
    assert not ledger.leasing
    assert ledger.lease(JOB, 1000.0, 120.0)
    assert ledger.leasing
    ledger.release(JOB)
    assert not ledger.leasing
    ledger.reserve(record("other", at=1000.0), "intent", {}, {}, seconds=120.0)
    assert ledger.leasing
    ledger.write(record("other", "failed"))
    assert not ledger.leasing


def test_a_lease_that_could_not_be_given_back_is_not_renewed_with_the_others(path: Path) -> None:
    with closing(Ledger(path, patience=0.1)) as mine, closing(Ledger(path)) as other:
        for name in ("stopped", "watched"):
            mine.write(record(name))
            assert mine.lease(name, 1000.0, 120.0)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            with pytest.raises(errors.LedgerError, match="keeps it locked"):
                mine.release("stopped")
            db.execute("ROLLBACK")
        assert mine.renew(1050.0, 120.0)
        assert other.lease("stopped", 1051.0, 120.0)
        assert not other.lease("watched", 1051.0, 120.0)


@pytest.mark.parametrize("state", ["unknown", "failed", "succeeded"])
def test_whoever_ends_a_job_holds_it_no_more(ledger: Ledger, place: FilePlace, state: str) -> None:
    """A job whose answer was lost may be found by another program, which then works on it."""
    with closing(place.open()) as other:
        assert ledger.lease(JOB, 1000.0, 120.0)
        ledger.write(record(state=state, updated_at=101.0))
        assert other.lease(JOB, 1001.0, 120.0)


def test_a_create_that_takes_longer_than_a_lease_is_not_taken_for_lost(
    make_client: Callable[..., Client], emulator: Emulator
) -> None:
    emulator.script(on="create", fault="slow", seconds=4)
    clock = swift(60)
    first, second = make_client(clock=clock), make_client(clock=clock)
    sending = first.start(first.asynchronous.submit, "A cat")
    while not emulator.journal():
        time.sleep(0.01)
    (job,) = second.resume()
    record = sending.result(600)
    assert record.submitted_at - record.created_at > LEASE_SECONDS
    assert job.wait(600).state is JobState.SUCCEEDED
    assert "unknown" not in [state for _, state, _ in job.events]
    assert [entry.kind for entry in emulator.journal()].count("create") == 1


# Waiting for somebody else


@pytest.fixture
def left(make_client: Callable[..., Client], path: Path, emulator: Emulator) -> tuple[Client, Job]:
    """A client, and a job that process 7 of pod-1 holds, which was stopped for good."""
    gone = make_client()
    job = gone.submit("---\npolls: 1\n---\nA cat", seconds=4)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        now = time.time()
        # Written at once, so that the holder's own client finds that it has lost the job.
        db.execute("UPDATE jobs SET holder = 'pod-1/7/0badcafe/', held_until = ?", (now + LEASE_SECONDS,))
    gone.close()
    client = make_client()
    return client, client.job(job.id)


def test_whoever_waits_says_for_whom_and_until_when(
    left: tuple[Client, Job], capsys: pytest.CaptureFixture[str]
) -> None:
    client, job = left
    client.resume()
    while job.sighting.held_by is None:
        time.sleep(0.01)
    with pytest.raises(
        errors.WaitTimeoutError, match=r"Held by process 7 on pod-1 until \d\d:\d\d:\d\d.*take_over=True"
    ):
        job.wait(1.5)
    said = capsys.readouterr().err
    assert said.count(f"Job {job.id}: Held by process 7 on pod-1 until ") == 1
    # Whoever waits need do nothing.
    assert "the job goes on here after that; veo.resume(take_over=True) or `veo resume --take-over` takes" in said
    assert "process 7 on pod-1" in job_state.job(job.sighting, time.time())["notice"]
    assert f"{job.id}: Held by process 7 on pod-1 until " in repr(client.jobs())
    assert "goes on here" not in repr(client.jobs())
    assert "process 7 on pod-1" in client.jobs()._repr_html_()


@pytest.mark.anyio
async def test_await_says_it_too(left: tuple[Client, Job], capsys: pytest.CaptureFixture[str]) -> None:
    async def wait() -> None:
        await left[1]

    said = ""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        while "process 7 on pod-1" not in said:
            await anyio.sleep(0.02)
            said += capsys.readouterr().err
        tasks.cancel_scope.cancel()


def test_a_job_is_taken_over_when_asked(left: tuple[Client, Job], emulator: Emulator) -> None:
    client, job = left
    client.resume(take_over=True)
    assert job.wait(600).state is JobState.SUCCEEDED
    assert job.sighting.held_by is None
    assert repr(client.jobs()).count("Held by") == 0
    assert [entry.kind for entry in emulator.journal()].count("create") == 1


def test_the_command_takes_over(left: tuple[Client, Job], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left[0].close()
    environ = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")}
    veo = [sys.executable, "-m", "veo_widgets.api.cli"]
    told = subprocess.run([*veo, "jobs"], env=environ, capture_output=True, text=True, check=True, timeout=600)
    assert "Held by process 7 on pod-1" in told.stdout
    ended = subprocess.run(
        [*veo, "resume", "--take-over"], env=environ, capture_output=True, text=True, check=True, timeout=300
    )
    assert f"{left[1].id}  succeeded" in ended.stdout


def test_one_that_still_lives_leaves_a_job_that_is_taken_over_alone(
    make_client: Callable[..., Client], emulator: Emulator
) -> None:
    clock = swift(60)
    first, second = make_client(clock=clock), make_client(clock=clock)
    job = first.submit("---\npolls: 6\n---\nA cat", seconds=4, storage_uri="gs://films/")
    (taken,) = second.resume(take_over=True)
    assert taken.wait(600).videos == job.wait(600).videos
    kinds = [entry.kind for entry in emulator.journal()]
    assert kinds.count("create") == 1
    assert len([entry for entry in emulator.journal() if "/storage/" in entry.path]) == 1


def test_a_clip_is_left_to_whoever_took_the_job_while_a_poll_was_under_way(
    make_client: Callable[..., Client], settings: Settings, path: Path
) -> None:
    polled, answers = threading.Event(), threading.Event()

    def clock() -> float:
        polled.set()
        assert answers.wait(600)
        return time.time()

    answers.set()
    with Emulator(clips="small", clock=clock, pace=Pace.polls(0)) as emulator:
        client = make_client(replace(settings, base_url=emulator.base_url))
        job = client.submit("A cat", seconds=4, storage_uri="gs://films/")
        answers.clear()
        polled.clear()
        assert polled.wait(600)
        taken = replace(job.record, state=JobState.DOWNLOADING)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            values = (taken.state, json.dumps(taken.to_json()), time.time() + LEASE_SECONDS, taken.id)
            db.execute(
                "UPDATE jobs SET holder = 'pod-1/7/0badcafe/', state = ?, record = ?, held_until = ? WHERE id = ?",
                values,
            )
        answers.set()
        while job.sighting.held_by is None or job.sighting.next_poll_at is not None:
            time.sleep(0.01)
        assert [entry.path for entry in emulator.journal() if "/storage/" in entry.path] == []


def test_a_job_that_was_held_back_and_taken_over_is_sent_once(
    make_client: Callable[..., Client], emulator: Emulator
) -> None:
    emulator.script(on="create", fault="status-429-bare", times=1)
    clock = swift(60)
    first, second = make_client(clock=clock), make_client(clock=clock)
    job = first.submit("A cat", seconds=4)
    assert job.record.held_back
    (taken,) = second.resume(take_over=True)
    assert taken.wait(600).state is JobState.SUCCEEDED
    assert job.wait(600).state is JobState.SUCCEEDED
    assert sum(bool(entry.operation) for entry in emulator.journal() if entry.kind == "create") == 1


def test_a_create_that_is_under_way_is_not_taken_over(make_client: Callable[..., Client], emulator: Emulator) -> None:
    emulator.script(on="create", fault="slow", seconds=2)
    first, second = make_client(), make_client()
    sending = first.start(first.asynchronous.submit, "A cat")
    while not emulator.journal():
        time.sleep(0.01)
    (job,) = second.resume(take_over=True)
    assert job.wait(600).state is JobState.SUCCEEDED
    assert sending.result(600).operation
    assert "unknown" not in [state for _, state, _ in job.events]


def test_a_verb_of_the_notebook_takes_over() -> None:
    from veo_widgets.api.commands import VERBS, read

    assert read(["resume", "--take-over"], VERBS)[1] == {"take_over": True}
    assert read(["resume"], VERBS)[1] == {}
    assert VERBS["resume"].usage == "resume [--take-over]"


def test_a_machine_whose_clock_is_ahead_takes_over_no_create_that_may_have_left(path: Path) -> None:
    sending = record(state=JobState.SUBMITTING)
    late = sending.created_at + LEASE_SECONDS + 1
    with closing(Ledger(path)) as mine, closing(Ledger(path)) as ahead:
        mine.reserve(sending, "", {}, {}, seconds=LEASE_SECONDS)
        assert mine.begin_sending(replace(sending, sending_at=sending.created_at), "")
        # To this clock the lease ran out, although its holder is alive and renews it in time by its own.
        assert ahead.lease(JOB, late, LEASE_SECONDS)
        assert not ahead.begin_sending(sending, "")
        ahead.write(replace(sending, state=JobState.UNKNOWN), "taken for lost")
        mine.write(replace(sending, state=JobState.QUEUED, operation="op"), "answered")
        assert (ahead.read(JOB).state, ahead.read(JOB).operation) == (JobState.QUEUED, "op")


def test_a_create_that_another_machine_has_taken_over_does_not_leave(path: Path) -> None:
    sending = record(state=JobState.SUBMITTING)
    with closing(Ledger(path)) as mine, closing(Ledger(path)) as ahead:
        mine.reserve(sending, "", {}, {}, seconds=LEASE_SECONDS)
        assert ahead.lease(JOB, sending.created_at + LEASE_SECONDS + 1, LEASE_SECONDS)
        assert not mine.begin_sending(sending, "")


def test_an_answer_that_comes_while_another_program_gives_the_job_up_is_kept(
    make_client: Callable[..., Client], path: Path
) -> None:
    """Whoever sent it slept for longer than its lease, and wakes between the other's look and what that writes."""
    sent = record(provider="emulator", sending_at=1.0, at=time.time() - 1000)
    accepted = replace(sent, state=JobState.QUEUED, operation="operations/1", updated_at=time.time())
    with closing(Ledger(path)) as sleeper:
        sleeper.write(sent)

        def now() -> float:
            if sleeper._file.rows("SELECT 1 FROM jobs WHERE holder IS NOT NULL AND state = 'submitting'"):
                sleeper.write(accepted)
            return time.time()

        client = make_client(now=now)
        (job,) = client.resume()
        while job.state is JobState.SUBMITTING:
            client.call(anyio.sleep, 0.01)
        kept = sleeper.read(JOB)
        assert (kept.state is JobState.UNKNOWN, kept.operation) == (False, "operations/1")
