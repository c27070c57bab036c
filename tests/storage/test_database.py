"""The ledger's file when disks, clocks, programs and versions misbehave."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from veo_widgets.domain.errors import LedgerError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.media import Image
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.schema import MIGRATIONS
from veo_widgets.storage.ledger.searches import Search
from veo_widgets.storage.ledger.sqlite_file import journal_for

DAMAGED = pytest.warns(RuntimeWarning, match="was damaged")


def record(job_id: str = "abcd2345", state: str = "queued", at: float = 100.0, **values: object) -> JobRecord:
    request = VideoRequest("A cat", "m")
    made = JobRecord(job_id, JobState(state), request, "gemini", "s", "w", Cost(0.8), at, at, "/clips")
    return replace(made, **values)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def filled(path: Path, jobs: int) -> list[str]:
    """A closed ledger with so many jobs; their ids, newest first."""
    with closing(Ledger(path)) as ledger:
        for number in range(jobs):
            ledger.write(record(f"job{number:05}", folder="/clips" * 50))
        return [job.id for job in ledger.jobs(limit=None)]


def damage(path: Path, share: float, size: int = 4096) -> None:
    """Overwrite some bytes in the middle of the file."""
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * share) // 4096 * 4096)
        file.write(b"\xa5" * size)


def kept(path: Path) -> list[Path]:
    return sorted(found for found in path.parent.glob("ledger.corrupt-*") if found.suffix == ".sqlite3")


# A disk that is full for a while: the kernel refuses to let files grow.
FULL = """
import pathlib, resource, sys
sys.path.insert(0, sys.argv[2])
from test_database import Image, Ledger, LedgerError, VideoRequest, record
ledger = Ledger(pathlib.Path(sys.argv[1]))
ledger.write(record("before"))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, hard))
large = record("large", request=VideoRequest("A cat", "m", first_frame=Image(bytes(1 << 20))))
try:
    ledger.write(large)
except LedgerError as error:
    print(error)
print([job.id for job in ledger.jobs()])
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
ledger.write(large)
print([job.id for job in ledger.jobs()], ledger.read("large") == large)
"""


def run(program: str, *words: object) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_a_full_disk_loses_nothing_and_passes(path: Path) -> None:
    refused, meanwhile, after = run(FULL, path, Path(__file__).parent)
    assert "cannot be written: " in refused
    assert "disk is full" in refused
    assert "nothing that was written before is lost" in refused
    assert (meanwhile, after) == ("['before']", "['large', 'before'] True")


# Root may write everywhere, so it becomes somebody else first.
READ_ONLY = """
import os, pathlib, sys
sys.path.insert(0, sys.argv[2])
from test_database import Ledger, LedgerError, record
if os.geteuid() == 0:
    os.seteuid(65534)
ledger = Ledger(pathlib.Path(sys.argv[1]))
print([job.id for job in ledger.jobs()])
try:
    ledger.write(record("another"))
except LedgerError as error:
    print(error)
try:
    Ledger(pathlib.Path(sys.argv[1]).with_name("none.sqlite3"))
except LedgerError as error:
    print(error)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everyone may reach; pytest's own are their owner's alone."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written_is_still_read(open_folder: Path) -> None:
    path = open_folder / "ledger.sqlite3"
    ids = filled(path, 2)
    path.chmod(0o444)
    open_folder.chmod(0o555)
    jobs, refused, missing = run(READ_ONLY, path, Path(__file__).parent)
    assert jobs == str(ids)
    assert "cannot be written: attempt to write a readonly database. It may be read here" in refused
    assert "cannot be opened" in missing
    assert "VEO_WIDGETS_HOME moves it" in missing


def test_a_locked_ledger_is_waited_for_as_long_as_asked(path: Path) -> None:
    with closing(Ledger(path, patience=0.1)) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="Another program keeps it locked"):
            ledger.write(record())
        other.execute("ROLLBACK")
        ledger.write(record())


# Clocks


def test_a_promise_of_a_clock_that_was_ahead_is_cut_to_the_length_of_a_lease(path: Path) -> None:
    with closing(Ledger(path)) as ledger, closing(Ledger(path)) as other:
        ledger.write(record())
        assert ledger.lease("abcd2345", 1e9, 120.0)
        assert not other.lease("abcd2345", 1000.0, 120.0)
        assert not other.lease("abcd2345", 1119.0, 120.0)
        assert other.lease("abcd2345", 1120.0, 120.0)


def test_its_holder_goes_on_when_its_own_clock_is_set_back(path: Path) -> None:
    with closing(Ledger(path)) as ledger, closing(Ledger(path)) as other:
        ledger.write(record())
        assert ledger.lease("abcd2345", 1e9, 120.0)
        assert ledger.lease("abcd2345", 1000.0, 120.0)
        assert not other.lease("abcd2345", 1119.0, 120.0)


def test_a_lease_is_written_again_only_when_half_of_it_is_spent(path: Path) -> None:
    with closing(Ledger(path)) as ledger, closing(sqlite3.connect(path)) as other:

        def promised() -> float:
            return other.execute("SELECT held_until FROM jobs").fetchone()[0]

        def writes() -> int:
            return other.execute("PRAGMA data_version").fetchone()[0]

        ledger.write(record())
        assert ledger.lease("abcd2345", 1000.0, 120.0)
        before = writes()
        assert ledger.lease("abcd2345", 1060.0, 120.0)
        assert (promised(), writes()) == (1120.0, before)
        assert ledger.lease("abcd2345", 1061.0, 120.0)
        assert (promised(), writes()) == (1181.0, before + 1)


def test_jobs_keep_their_order_when_the_clock_is_set_back(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        for number, at in enumerate((5000.0, 100.0, 200.0)):
            ledger.write(record(f"job{number}", at=at))
        assert [job.id for job in ledger.jobs()] == ["job2", "job1", "job0"]


# Network folders

MOUNTS = """\
overlay / overlay rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sda1 /home/me/scratch\\040disk ext4 rw 0 0
//nas/films /mnt/films cifs rw 0 0
host:/x /mnt/ssh fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("file", "journal"),
    [
        ("/home/me/ledger.sqlite3", "delete"),
        ("/home/me/scratch disk/a/ledger.sqlite3", "wal"),
        ("/mnt/films/ledger.sqlite3", "delete"),
        ("/mnt/ssh/deep/er/ledger.sqlite3", "delete"),
        ("/homes/ledger.sqlite3", "wal"),
        ("/tmp/ledger.sqlite3", "wal"),
    ],
)
def test_a_network_folder_gets_a_rollback_journal(file: str, journal: str) -> None:
    assert journal_for(Path(file), MOUNTS) == journal
    assert journal_for(Path(file), "") == "wal"


WRITER = """
import pathlib, sys
sys.path.insert(0, sys.argv[2])
from test_database import Ledger, record
ledger = Ledger(pathlib.Path(sys.argv[1]), journal="delete")
for number in range(20):
    ledger.write(record(f"{sys.argv[3]}{number}"))
    assert ledger.lease(f"{sys.argv[3]}{number}", 1000.0, 120.0)
print(ledger._file._db.execute("PRAGMA journal_mode").fetchone()[0])
"""


def test_several_programs_share_a_ledger_with_a_rollback_journal(path: Path) -> None:
    # A ledger that was made on a local disk and moved since.
    filled(path, 1)
    with ExitStack() as stack:
        command = [sys.executable, "-W", "error", "-c", WRITER, str(path), str(Path(__file__).parent)]
        programs = [
            stack.enter_context(subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True)) for name in "abc"
        ]
        assert [program.communicate()[0] for program in programs] == ["delete\n"] * 3
    with closing(Ledger(path, journal="delete")) as ledger:
        assert len(ledger.jobs(limit=None)) == 61
        assert not path.with_name(path.name + "-wal").exists()


def test_kernels_that_leave_the_log_at_the_same_moment_do_not_keep_each_other_from_it(path: Path) -> None:
    filled(path, 1)
    together = threading.Barrier(8)

    def opened(_: int) -> int:
        together.wait()
        with closing(Ledger(path, patience=10, journal="delete")) as ledger:
            return len(ledger.jobs(limit=None))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(opened, range(8))) == [1] * 8


# Damage


@pytest.mark.parametrize("content", [b"This is no database, but long enough to look like one. " * 40, b"\0" * 5000])
def test_a_file_that_is_no_ledger_is_kept_and_a_new_one_begun(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with DAMAGED as told, closing(Ledger(path)) as ledger:
        assert ledger.jobs() == []
        ledger.write(record())
    (copy,) = kept(path)
    assert copy.name in str(told[0].message)
    assert copy.read_bytes() == content
    with closing(Ledger(path)) as ledger:
        assert [job.id for job in ledger.jobs()] == ["abcd2345"]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_what_can_be_read_of_a_damaged_ledger_is_taken_over(path: Path, share: float) -> None:
    ids = filled(path, 400)
    damage(path, share)
    before = path.read_bytes()
    with DAMAGED as told, closing(Ledger(path)) as ledger:
        found = [job.id for job in ledger.jobs(limit=None)]
        assert 300 < len(found) < 400
        assert found == [name for name in ids if name in set(found)]
        assert f"has the {len(found)} jobs" in str(told[0].message)
        assert [copy.read_bytes() for copy in kept(path)] == [before]
        ledger.write(record("another"))
        assert ledger.read("another").id == "another"


def test_damage_while_it_is_open_is_met_in_the_same_way(path: Path) -> None:
    ids = filled(path, 400)
    with closing(Ledger(path)) as ledger:
        damage(path, 0.0, path.stat().st_size)
        with DAMAGED:
            ledger.write(replace(record(ids[0]), operation="op", state=JobState.RUNNING))
        assert ledger.read(ids[0]).operation == "op"
        assert len(kept(path)) == 1


def test_the_log_is_kept_with_the_damaged_file(path: Path) -> None:
    ids = filled(path, 100)
    with closing(sqlite3.connect(path)) as other:
        # As long as another program has the file open, nobody tidies the log away.
        other.execute("UPDATE jobs SET state = 'running' WHERE id = ?", (ids[0],))
        other.commit()
        log = path.with_name(path.name + "-wal").read_bytes()
        damage(path, 0.0, path.stat().st_size)
        with DAMAGED, closing(Ledger(path)) as ledger:
            ledger.jobs()
        (copy,) = kept(path)
        assert copy.read_bytes() == b"\xa5" * copy.stat().st_size
        assert log
        assert copy.with_name(copy.name + "-wal").read_bytes() == log


HOLDER = """
import pathlib, sys
sys.path.insert(0, sys.argv[2])
from test_database import Ledger, record
ledger = Ledger(pathlib.Path(sys.argv[1]))
for number in range(40):
    ledger.write(record(f"job{number:05}", folder="/clips" * 50))
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("size", [0, 32, 20_000], ids=["to nothing", "to its head", "in the middle"])
def test_a_log_that_was_cut_under_a_running_program_is_named(path: Path, size: int) -> None:
    command = [sys.executable, "-c", HOLDER, str(path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        with path.with_name("ledger.sqlite3-wal").open("r+b") as log:
            log.truncate(size)
        refused = pytest.raises(LedgerError, match=r"ledger.sqlite3-wal' was cut short .* End every program")
        # Whether it is the opening or the first reading that meets the cut depends on where it is.
        with refused as caught, closing(Ledger(path, patience=1)) as ledger:
            ledger.jobs(limit=None)
        assert "nothing that was written before is lost" not in str(caught.value)
        program.kill()
    # As the message says: once nobody has it open, what is left can be read.
    with closing(Ledger(path)) as ledger:
        assert len(ledger.jobs(limit=None)) < 40
        ledger.write(record())


OPENER = """
import pathlib, sys
sys.path.insert(0, sys.argv[2])
from test_database import Ledger, record
print("ready", flush=True)
sys.stdin.readline()
ledger = Ledger(pathlib.Path(sys.argv[1]))
ledger.write(record(sys.argv[3]))
"""


def test_programs_that_meet_a_damaged_ledger_at_once_set_it_aside_once(path: Path) -> None:
    path.write_bytes(b"\xa5" * 8192)
    with ExitStack() as stack:
        command = [sys.executable, "-c", OPENER, str(path), str(Path(__file__).parent)]
        programs = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
            )
            for name in "abcd"
        ]
        for program in programs:
            program.stdout.readline()
        told = "".join(program.communicate("\n")[1] for program in programs)
    assert told.count("was damaged") == len(kept(path)) == 1
    assert "Traceback" not in told
    with closing(Ledger(path)) as ledger:
        assert sorted(job.id for job in ledger.jobs()) == ["a", "b", "c", "d"]


def test_a_ledger_that_was_set_aside_by_another_program_is_opened_anew(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.write(record())
        for ending in ("", "-wal", "-shm"):
            shutil.move(f"{path}{ending}", f"{path.with_name('elsewhere')}{ending}")
        ledger.write(replace(record(), operation="op"))
        with closing(Ledger(path)) as other:
            assert other.read("abcd2345").operation == "op"


# Versions


def old(path: Path) -> None:
    """A ledger as its first version left it."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(MIGRATIONS[0].sqlite)
        db.execute("PRAGMA user_version = 1")
        for number, (provider, usd) in enumerate([("gemini", 0.8), ("emulator", 0.4), ("litellm", None)]):
            made = record(f"job{number}", "running", at=1_790_000_000.0, provider=provider, cost=Cost(usd))
            values = made.to_json()
            del values["max_cost"]
            db.execute(
                "INSERT INTO jobs VALUES (?, 'running', ?, 'm', ?, ?, NULL, NULL, ?, ?, NULL, NULL)",
                (
                    made.id,
                    provider,
                    made.created_at,
                    made.updated_at,
                    json.dumps(values),
                    '{"prompt": "A", "model": "m"}',
                ),
            )
        db.commit()


def test_an_older_ledger_is_copied_and_brought_up_to_date(path: Path) -> None:
    old(path)
    with closing(Ledger(path)) as ledger, closing(sqlite3.connect(path)) as other:
        assert [job.id for job in ledger.jobs()] == ["job2", "job1", "job0"]
        assert other.execute("SELECT usd FROM jobs ORDER BY id").fetchall() == [(0.8,), (0.0,), (None,)]
        day = time.strftime("%Y-%m-%d", time.localtime(1_790_000_000))
        assert other.execute("SELECT DISTINCT day FROM jobs").fetchall() == [(day,)]
    (copy,) = path.parent.glob("ledger.schema-1-*.sqlite3")
    with closing(sqlite3.connect(copy)) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (1,)
        assert other.execute("SELECT count(*) FROM jobs").fetchone() == (3,)


def test_an_older_ledger_that_cannot_be_copied_stays_as_it_is(path: Path) -> None:
    old(path)
    before = sqlite3.connect(path)
    with closing(before), closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE inputs")
        other.execute("CREATE TABLE budgets (in_the_way TEXT)")
        with pytest.raises(LedgerError, match="already exists"):
            Ledger(path)
        assert before.execute("PRAGMA user_version").fetchone() == (1,)
        assert "usd" not in [row[1] for row in before.execute("PRAGMA table_info(jobs)")]


# Size


def test_ten_thousand_jobs_are_no_burden(path: Path) -> None:
    frame = Image(bytes(2_000_000), name="large.png")
    with closing(Ledger(path)) as ledger:
        for number in range(3):
            large = VideoRequest("A cat", "m", first_frame=replace(frame, data=bytes([number]) * 4_000_000))
            ledger.write(record(f"large{number}", "running", request=large))
        ledger.write(record("dog", "succeeded", provider="gemini", request=VideoRequest("A dog", "m-dogs")))
        ledger.write(record("dogs-too", "succeeded", provider="gemini", request=VideoRequest("A dog", "m")))
        _multiply(path, 10_000)
        assert len(ledger.jobs(limit=None)) == 10_005
        assert ledger.search(Search.of(search="dog", now=0.0), 1)
        steps = {}
        for name, look in {
            "newest": lambda: ledger.jobs(limit=50),
            "open": lambda: ledger.jobs(limit=None, only_open=True),
            "one": lambda: ledger.read("job05000"),
            "history": lambda: ledger.durations("gemini", "m"),
            "operation": lambda: ledger.with_operation("operation/5000"),
            "budget": lambda: ledger.budget("2026-11-01", {}, {}),
            "a beginning": lambda: ledger.read("dogs-"),
            "known again": lambda: ledger.with_prompt("gemini", "m", "A dog"),
            "a word": lambda: ledger.search(Search.of(search="dog", now=0.0), 20),
            "two words": lambda: ledger.search(Search.of(search="cat a", now=0.0), 20),
            "a state": lambda: ledger.search(Search.of(state="running", now=0.0), 20),
            "states": lambda: ledger.search(Search.of(state=["succeeded", "running"], now=0.0), 20),
            "a model": lambda: ledger.search(Search.of(model="dogs", now=0.0), 20),
        }.items():
            steps[name] = 0

            def step(name: str = name) -> None:
                steps[name] += 1000

            ledger._file._db.set_progress_handler(step, 1000)
            assert look()
        ledger._file._db.set_progress_handler(None, 0)
        # To look through all of them takes some hundred thousand, as adding up what a month has cost does.
        assert steps.pop("budget") < 200_000
        assert max(steps.values()) < 20_000, steps
        (open_job, *_) = ledger.jobs(limit=None, only_open=True)
        assert open_job.request.first_frame.data == bytes([2]) * 4_000_000


def _multiply(path: Path, jobs: int) -> None:
    made = record("x", "succeeded", operation="operation/x", submitted_at=1.0, finished_at=60.0, notebook="/a.ipynb")
    text, request = json.dumps(made.to_json()), '{"prompt": "A cat", "model": "m"}'
    with closing(sqlite3.connect(path)) as db:
        db.executemany(
            """INSERT INTO jobs (id, state, provider, model, created_at, updated_at, submitted_at, finished_at, record,
                request, usd, day) VALUES (?, 'succeeded', 'gemini', 'm', 1, 1, 1, ?, ?, ?, 0.5, ?)""",
            (
                (f"job{n:05}", 60.0 + n, text.replace("/x", f"/{n}"), request, f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}")
                for n in range(jobs)
            ),
        )
        db.commit()


def test_an_image_of_the_ledger_is_like_any_other(path: Path) -> None:
    import copy
    import pickle

    image = Image(b"\x89PNG\r\n\x1a\n\0\xff", name="a.png")
    with closing(Ledger(path)) as ledger:
        ledger.write(record(request=VideoRequest("A cat", "m", first_frame=image)))
        found = ledger.read("abcd2345").request.first_frame
        assert repr(found) == repr(image)
        assert found.sha256 == image.sha256
        assert found == image == found
        assert hash(found) == hash(image)
        assert replace(found, name="b.png") == replace(image, name="b.png") != image
        assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == image
        # Sent again, as part of another job.
        ledger.write(record("again", request=VideoRequest("A cat", "m", first_frame=found)))
        assert ledger.read("again").request.first_frame.base64 == image.base64
