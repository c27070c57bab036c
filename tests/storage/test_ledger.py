"""The ledger, in a file and on a server, shared by real processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.errors import InvalidRequestError, LedgerError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.media import Image, Video
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.problems import Problem
from veo_widgets.domain.request import VideoRequest
from veo_widgets.storage.ledger.async_ledger import AsyncLedger
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.schema import MIGRATIONS

from .places import OPENING, FilePlace

# Another process that takes a lease, says whether it got it, and holds it until it is killed.
HOLDER = f"""{OPENING}
ledger = opened()
print(ledger.lease(sys.argv[3], float(sys.argv[4]), 120.0), flush=True)
sys.stdin.read()
"""

# Another process that opens each file it is told of, at the same moment as others, and writes a job of its own.
WRITER = """
import sys, pathlib
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.request import VideoRequest
print("ready", flush=True)
for line in sys.stdin:
    ledger = Ledger(pathlib.Path(line.strip()))
    ledger.write(JobRecord(sys.argv[1], JobState.QUEUED, VideoRequest("A cat", "m"), "emulator", "s", "w",
                           Cost(0.1), 1.0, 1.0, "/clips"))
    ledger.close()
    print("written", flush=True)
"""


def record(job_id: str = "abcd2345", state: str = "submitting", at: float = 100.0, **values: object) -> JobRecord:
    made = JobRecord(
        id=job_id,
        state=JobState(state),
        request=VideoRequest("A cat", "m"),
        provider="emulator",
        surface="agent-platform",
        wire="predictLongRunning",
        cost=Cost(0.8, seconds=8),
        created_at=at,
        updated_at=at,
        folder="/clips",
    )
    return replace(made, **values)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.sqlite3"


@pytest.fixture
def ledger(place: FilePlace) -> Iterator[Ledger]:
    with closing(place.open()) as opened:
        yield opened


@pytest.fixture
def holder(place: FilePlace, ledger: Ledger) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lease of a job of the ledger."""
    ledger.write(record())
    place.at(1000.0)
    command = [sys.executable, "-c", HOLDER, *place.arguments, "abcd2345", "1000"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_a_record_is_read_as_it_was_written(ledger: Ledger) -> None:
    request = VideoRequest("A “cat” 🐈", "m", seed=0, generate_audio=False, duration_seconds=4.0, allow_retired=True)
    full = record(
        request=request,
        state=JobState.FAILED,
        endpoint={"base_url": "http://x", "project": "", "location": ""},
        videos=(Video(Path("/clips/a.mp4"), sample=1, seconds=8.0),),
        problem=Problem("a", "b", "c"),
    )
    ledger.write(full)
    full = ledger.owned(full)
    assert ledger.read(full.id) == full
    assert ledger.jobs() == [full]


def test_images_survive_the_round_trip_and_are_kept_once(ledger: Ledger, place: FilePlace) -> None:
    frame = Image(b"\x89PNG\r\n\x1a\n\0\xff", name="a.png")
    photo = Image(b"\xff\xd8\xff", mime="image/jpeg", name="b.jpg")
    remote = Image(uri="gs://b/c.png", name="gs://b/c.png")
    request = VideoRequest("A cat", "m", first_frame=frame, last_frame=remote, reference_images=(photo, frame, remote))
    for number in range(3):
        ledger.write(record(f"job{number}", request=request))
    assert ledger.read("job2").request == request
    assert place.execute("SELECT count(*) FROM inputs") == [(3,)]


def test_two_connections_see_the_same(place: FilePlace, ledger: Ledger) -> None:
    with closing(place.open()) as other:
        ledger.write(record())
        other.write(
            replace(other.read("abcd2345"), state=JobState.QUEUED, operation="op", updated_at=101.0), "accepted"
        )
        assert ledger.read("abcd2345").operation == "op"
        assert ledger.events("abcd2345") == other.events("abcd2345")


def test_every_change_of_state_is_an_event_and_a_mere_look_is_none(ledger: Ledger) -> None:
    ledger.write(record(), "intent")
    for at, state, detail in (
        (101.0, "queued", ""),
        (102.0, "running", ""),
        (103.0, "running", ""),
        (102.5, "running", "trouble"),
        (104.0, "failed", "the end"),
    ):
        ledger.write(record(state=state, at=100.0, updated_at=at), detail)
    assert ledger.events("abcd2345") == [
        (100.0, "submitting", "intent"),
        (101.0, "queued", ""),
        (102.0, "running", ""),
        (102.5, "running", "trouble"),
        (104.0, "failed", "the end"),
    ]
    assert ledger.events("nobody") == []


def test_the_newest_jobs_come_first(ledger: Ledger) -> None:
    for number, state in enumerate(["succeeded", "running", "unknown", "queued", "downloading", "submitting"]):
        ledger.write(record(f"job{number}", state, at=100.0 + number // 2))
    assert [job.id for job in ledger.jobs()] == ["job5", "job4", "job3", "job2", "job1", "job0"]
    assert [job.id for job in ledger.jobs(limit=2)] == ["job5", "job4"]
    assert [job.id for job in ledger.jobs(limit=None, only_open=True)] == ["job5", "job4", "job3", "job1"]


def test_a_job_goes_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    for job_id in ("abcd2345", "abce2345", "abc", "xyz%"):
        ledger.write(record(job_id))
    assert ledger.read("abcd").id == "abcd2345"
    assert ledger.read("abc").id == "abc"
    assert ledger.read("x").id == "xyz%"


@pytest.mark.parametrize(
    ("job_id", "words"),
    [
        ("ab", "fits several jobs"),
        ("nobody", "fits no job"),
        ("", "fits no job"),
        ("%", "fits no job"),
        ("abcd_345", "fits no job"),
        ("' OR 1=1 --", "fits no job"),
        ("abcd2345'; DROP TABLE jobs; --", "fits no job"),
        ("a\0", "fits no job"),
        ("ABCD2345", "fits no job"),
    ],
)
def test_an_id_that_fits_none_or_several_is_refused(ledger: Ledger, job_id: str, words: str) -> None:
    ledger.write(record("abcd2345"))
    ledger.write(record("abce2345"))
    with pytest.raises(InvalidRequestError, match=words):
        ledger.read(job_id)
    assert len(ledger.jobs()) == 2


def test_an_id_is_never_read_as_sql(ledger: Ledger) -> None:
    odd = "a'; DROP TABLE jobs; --"
    ledger.write(record(odd), detail="it's; --")
    assert ledger.read(odd).id == odd
    assert ledger.lease(odd, 1.0, 1.0)
    ledger.release(odd)
    assert ledger.events(odd) == [(100.0, "submitting", "it's; --")]


def test_how_long_clips_took(ledger: Ledger) -> None:
    for number in range(60):
        ledger.write(record(f"job{number}", "succeeded", submitted_at=100.0, finished_at=110.0 + number))
    ledger.write(record("failed", "failed", submitted_at=100.0, finished_at=900.0))
    ledger.write(record("other", "succeeded", submitted_at=100.0, finished_at=900.0, provider="gemini"))
    ledger.write(record("backwards", "succeeded", submitted_at=100.0, finished_at=90.0))
    ledger.write(record("open", "running", submitted_at=100.0))
    assert ledger.durations("emulator", "m") == [10.0 + number for number in range(59, 9, -1)]
    assert ledger.durations("emulator", "another") == []


def test_a_lease_is_its_holders_until_it_runs_out(holder: subprocess.Popen[str], ledger: Ledger) -> None:
    assert not ledger.lease("abcd2345", 1000.0, 120.0)
    assert not ledger.lease("abcd2345", 1119.0, 120.0)
    ledger.release("abcd2345")
    assert not ledger.lease("abcd2345", 1119.0, 120.0)
    assert ledger.lease("abcd2345", 1120.0, 120.0)
    assert ledger.lease("abcd2345", 1121.0, 120.0)


def test_the_lease_of_a_killed_process_is_taken_over_at_once(holder: subprocess.Popen[str], ledger: Ledger) -> None:
    assert not ledger.lease("abcd2345", 1001.0, 120.0)
    holder.send_signal(signal.SIGKILL)
    assert holder.wait(600) == -signal.SIGKILL
    assert ledger.lease("abcd2345", 1002.0, 120.0)


def test_a_lease_of_another_machine_holds_until_it_runs_out(
    holder: subprocess.Popen[str], ledger: Ledger, place: FilePlace
) -> None:
    place.execute("UPDATE jobs SET holder = 'another-machine' || substr(holder, instr(holder, '/'))")
    holder.kill()
    holder.wait(600)
    assert not ledger.lease("abcd2345", 1000.0, 120.0)
    assert ledger.lease("abcd2345", 1120.0, 120.0)


def test_two_clients_of_one_process_never_both_hold_a_lease(ledger: Ledger, place: FilePlace) -> None:
    ledger.write(record())
    with closing(place.open()) as other:
        assert ledger.lease("abcd2345", 1000.0, 120.0)
        assert not other.lease("abcd2345", 1001.0, 120.0)
        other.release("abcd2345")
        assert not other.lease("abcd2345", 1002.0, 120.0)
        ledger.release("abcd2345")
        assert other.lease("abcd2345", 1003.0, 120.0)


def test_a_job_that_is_written_down_is_its_writers_from_the_first_moment(ledger: Ledger, place: FilePlace) -> None:
    """Whoever resumes between the intent and the create must not call its answer lost."""
    ledger.reserve(record(at=1000.0), "intent", {}, {}, seconds=120.0)
    with closing(place.open()) as other:
        assert not other.lease("abcd2345", 1000.0, 120.0)
        assert other.lease("abcd2345", 1120.0, 120.0)


def test_a_job_that_was_held_back_is_sent_by_the_holder_of_its_lease_alone(ledger: Ledger, place: FilePlace) -> None:
    ledger.reserve(record(at=1000.0, held_back=True), "intent", {}, {}, seconds=120.0)
    with closing(place.open()) as other:
        assert not other.begin_sending(record(), "again")
        assert other.lease("abcd2345", 1120.0, 120.0)
        assert not ledger.begin_sending(record(), "again")
        assert other.begin_sending(record(), "again")
        assert not other.begin_sending(record(), "again")
    assert [detail for _, _, detail in ledger.events("abcd2345")] == ["intent", "again"]


def test_a_job_that_was_held_back_overnight_counts_on_the_day_it_is_sent(ledger: Ledger) -> None:
    held = record(at=1000.0, held_back=True, provider="gemini")
    ledger.reserve(held, "intent", {}, {}, seconds=120.0)
    days = [local_day(at) for at in (1000.0, 3 * 86_400.0)]
    assert [ledger.budget(day, {}, {}).tallies["day"].reserved for day in days] == [0.8, 0.0]
    assert ledger.begin_sending(replace(held, held_back=False, updated_at=3 * 86_400.0), "again")
    assert [item.day for item in ledger.spend().items] == [days[1]]
    assert ledger.budget(days[1], {}, {}).tallies["day"].reserved == 0.8


def test_an_end_is_not_undone_by_a_late_answer(ledger: Ledger) -> None:
    ledger.write(replace(record(), state=JobState.SUCCEEDED))
    ledger.write(replace(record(), state=JobState.DOWNLOADING), "late")
    assert ledger.read("abcd2345").state is JobState.SUCCEEDED
    assert [state for _, state, _ in ledger.events("abcd2345")] == ["succeeded"]


def test_a_lease_can_be_given_back_and_needs_a_job(ledger: Ledger) -> None:
    ledger.write(record())
    assert ledger.lease("abcd2345", 1000.0, 120.0)
    ledger.release("abcd2345")
    assert ledger.lease("abcd2345", 1000.0, 120.0)
    assert not ledger.lease("nobody", 1000.0, 120.0)


def test_writing_a_record_leaves_the_lease_alone(holder: subprocess.Popen[str], ledger: Ledger) -> None:
    ledger.write(record(state="running", updated_at=101.0))
    assert not ledger.lease("abcd2345", 1000.0, 120.0)


def test_processes_that_make_the_file_at_once_all_get_through(tmp_path: Path) -> None:
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WRITER, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for name in "abcdef"
        ]
        assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 6
        for attempt in range(30):
            file = tmp_path / f"ledger{attempt}.sqlite3"
            for writer in writers:
                writer.stdin.write(f"{file}\n")
                writer.stdin.flush()
            assert [writer.stdout.readline() for writer in writers] == ["written\n"] * 6
            with closing(Ledger(file)) as ledger:
                assert len(ledger.jobs()) == 6


def test_threads_may_share_one_ledger(ledger: Ledger) -> None:
    def work(name: str) -> None:
        for number in range(20):
            ledger.write(record(f"{name}{number}"))
            ledger.read(f"{name}{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.jobs(limit=None)) == 80


def test_a_write_that_fails_changes_nothing_and_the_next_one_works(ledger: Ledger) -> None:
    ledger.write(record())
    with pytest.raises(LedgerError, match="cannot be written"):
        ledger.write(record("new", updated_at=None))
    assert [job.id for job in ledger.jobs()] == ["abcd2345"]
    ledger.write(record("new"))
    assert len(ledger.jobs()) == 2


def test_a_full_disk_is_an_error_that_passes(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.write(record())
        pages = ledger._file._db.execute("PRAGMA page_count").fetchone()[0]
        ledger._file._db.execute(f"PRAGMA max_page_count = {pages}")
        large = VideoRequest("A cat", "m", first_frame=Image(bytes(100_000)))
        with pytest.raises(LedgerError, match="full"):
            ledger.write(record("large", request=large))
        ledger._file._db.execute("PRAGMA max_page_count = 100000")
        ledger.write(record("large", request=large))
        assert ledger.read("large").request == large


def test_the_file_of_a_later_version_is_left_alone(path: Path) -> None:
    Ledger(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"later version \(schema 99.*pip install -U veo-widgets"):
        Ledger(path)
    assert path.read_bytes() == before


def test_opening_twice_migrates_once(path: Path) -> None:
    with closing(Ledger(path)) as first:
        first.write(record())
    with closing(Ledger(path)) as second, closing(sqlite3.connect(path)) as other:
        assert len(second.jobs()) == 1
        assert other.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert other.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="VEO_WIDGETS_HOME"):
        Ledger(tmp_path / "file" / "ledger.sqlite3")
    with pytest.raises(LedgerError, match="VEO_WIDGETS_HOME"):
        Ledger(tmp_path)


def test_a_closed_ledger_says_so(place: FilePlace) -> None:
    ledger = place.open()
    ledger.close()
    with pytest.raises(LedgerError):
        ledger.jobs()
    with pytest.raises(LedgerError):
        ledger.write(record())


def test_no_key_is_ever_in_the_file(ledger: Ledger, place: FilePlace) -> None:
    ledger.write(record(endpoint={"base_url": "https://x", "project": "p", "location": "l"}))
    ((kept,),) = place.execute("SELECT record FROM jobs")
    assert set(json.loads(kept)["endpoint"]) == {"base_url", "project", "location"}


def test_an_event_loop_opens_it_late_and_may_open_it_again(path: Path) -> None:
    async def use() -> list[str]:
        ledger = AsyncLedger(path)
        assert not os.path.exists(path)  # noqa: ASYNC240, PTH110 (nothing else runs yet)
        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(ledger.do, lambda db, number=number: db.write(record(f"job{number}")))
        await ledger.aclose()
        await ledger.aclose()
        found = await ledger.do(lambda db: db.jobs())
        await ledger.aclose()
        return sorted(job.id for job in found)

    assert anyio.run(use) == [f"job{number}" for number in range(10)]
