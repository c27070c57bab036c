"""`veo worker`, as a program: clips come home with every notebook closed, each once, and in the end nothing is held."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from veo_widgets.config.settings import Settings
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.storage.ledger.ledger import Ledger

from ..conftest import SlowService
from ..storage.test_ledger import record
from .test_sending import environment

pytestmark = pytest.mark.usefixtures("interruptible")

# A notebook: submits a job for each prompt, tells their ids, and holds them until it is killed.
NOTEBOOK = """
import os, sys
import veo_widgets as veo
# A clip in a bucket is a request of its own to fetch.
more = {} if "VEO_PROVIDER" in os.environ else {"storage_uri": "gs://films/"}
for prompt in sys.argv[1:]:
    print(veo.submit(prompt, seconds=4, allow_retired=True, **more).id, flush=True)
sys.stdin.read()
"""
SLOW = "---\nseconds: 600\n---\nA cat"


class Worker:
    """`veo worker` as a process of its own."""

    def __init__(self, said: dict[str, str], *words: str) -> None:
        command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli", "worker", *words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=said, cwd=said["VEO_WIDGETS_HOME"]
        )

    def line(self) -> list[str]:
        """The next line of standard output, in columns."""
        return self.process.stdout.readline().rstrip("\n").split("  ")

    def told(self, words: str) -> str:
        """The line of standard error that says so."""
        while words not in (line := self.process.stderr.readline()):
            assert line, f"it ended before it said {words!r}"
        return line

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """How it ends by a signal, and what it still said on standard output."""
        self.process.send_signal(number)
        rest, errors = self.process.communicate(timeout=600)
        assert "Traceback" not in errors
        return self.process.returncode, rest


@pytest.fixture
def said(tmp_path: Path, emulator: Emulator) -> dict[str, str]:
    (tmp_path / "home").mkdir()
    # The emulator as itself, which is polled sooner than a service whose clips take minutes.
    return {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_EMULATOR_URL": emulator.base_url,
        "VEO_FOLDER": str(tmp_path / "veo_clips"),
    }


@pytest.fixture
def at_slow(said: dict[str, str], slow_service: SlowService) -> dict[str, str]:
    return {**said, "VEO_EMULATOR_URL": slow_service[0].base_url}


@pytest.fixture
def work() -> Iterator[Callable[..., Worker]]:
    """Start workers; those that still run in the end are killed."""
    started: list[Worker] = []

    def start(said: dict[str, str], *words: str) -> Worker:
        started.append(Worker(said, *words))
        return started[-1]

    yield start
    for worker in started:
        worker.process.kill()
        worker.process.communicate()


@contextmanager
def notebook(said: dict[str, str], *prompts: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A program that has sent these prompts and is at work on them, and the ids of its jobs."""
    command = [sys.executable, "-W", "error", "-c", NOTEBOOK, *prompts]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=said) as process:
        yield process, [process.stdout.readline().strip() for _ in prompts]
        process.kill()


def killed(said: dict[str, str], *prompts: str) -> list[str]:
    """The ids of jobs whose program was killed once they were accepted."""
    with notebook(said, *prompts) as (process, ids):
        process.send_signal(signal.SIGKILL)
        assert process.wait(600) == -signal.SIGKILL
    return ids


def holders(said: dict[str, str]) -> dict[str, str | None]:
    """Who holds each job, as the ledger has it."""
    with closing(sqlite3.connect(Path(said["VEO_WIDGETS_HOME"], "ledger.sqlite3"))) as db:
        return dict(db.execute("SELECT id, holder FROM jobs"))


def wait_until_held(said: dict[str, str], ids: list[str], worker: Worker) -> None:
    """Return once the worker holds these jobs."""
    while not all(f"/{worker.process.pid}/" in (holders(said)[job_id] or "") for job_id in ids):
        assert worker.process.poll() is None
        time.sleep(0.05)


def fetched(service: Emulator) -> int:
    """How often a clip was fetched from its bucket."""
    return len([entry for entry in service.journal() if "/storage/" in entry.path])


def count(emulator: Emulator, kind: str) -> int:
    return [entry.kind for entry in emulator.journal()].count(kind)


def test_a_clip_comes_home_whose_program_was_killed(
    at_slow: dict[str, str], slow_service: SlowService, work: Callable[..., Worker]
) -> None:
    service, let_end = slow_service
    (job_id,) = killed(at_slow, SLOW)
    worker = work(at_slow)
    assert str(Path(at_slow["VEO_WIDGETS_HOME"], "ledger.sqlite3")) in worker.told("at work on")
    wait_until_held(at_slow, [job_id], worker)
    let_end()
    told_id, state, model, price, clip = worker.line()
    assert (told_id, state, model[:8], price) == (job_id, "succeeded", "veo-3.1-", "$0.40")
    assert Path(clip).read_bytes()[4:8] == b"ftyp"
    assert Path(clip).with_suffix(".json").is_file()
    assert worker.end() == (0, "")
    assert count(service, "create") == 1


def test_jobs_that_are_sent_meanwhile_are_taken_up_and_failures_told(
    said: dict[str, str], emulator: Emulator, work: Callable[..., Worker]
) -> None:
    worker = work(said)
    worker.told("at work on")
    good, bad = killed(said, SLOW.replace("600", "1"), "---\nseconds: 1\noutcome: failed\n---\nA dog")
    told = {line[0]: line for line in (worker.line(), worker.line())}
    assert told[good][1] == "succeeded"
    assert told[bad][1] == "failed"
    assert ": " in told[bad][-1]
    assert worker.end(signal.SIGINT) == (0, "")


def test_two_workers_fetch_each_clip_once(
    at_slow: dict[str, str], slow_service: SlowService, work: Callable[..., Worker]
) -> None:
    service, let_end = slow_service
    ids = killed(at_slow, *[f"{SLOW} {number}" for number in range(12)])
    workers = [work(at_slow), work(at_slow)]
    for worker in workers:
        worker.told("at work on")
    let_end()
    while None in states(at_slow, ids):
        time.sleep(0.1)
    told = [line for worker in workers for line in worker.end()[1].splitlines()]
    assert sorted(line.split("  ")[0] for line in told) == sorted(ids)
    assert all("  succeeded  " in line for line in told)
    assert fetched(service) == len(ids)
    assert count(service, "create") == len(ids)


def states(said: dict[str, str], ids: list[str]) -> list[JobState | None]:
    """How jobs have ended that nobody holds any more; None of the others."""
    held = holders(said)
    with closing(Ledger(Path(said["VEO_WIDGETS_HOME"], "ledger.sqlite3"))) as ledger:
        found = {job_id: ledger.read(job_id).state for job_id in ids}
    return [state if state.is_final and held[job_id] is None else None for job_id, state in found.items()]


def test_what_is_held_is_given_back_at_sigterm(
    at_slow: dict[str, str], slow_service: SlowService, work: Callable[..., Worker]
) -> None:
    ids = killed(at_slow, SLOW, f"{SLOW} again")
    worker = work(at_slow)
    wait_until_held(at_slow, ids, worker)
    assert worker.end() == (0, "")
    # In the ledger itself, which a program on another machine reads, and not only by the lock that is gone.
    assert holders(at_slow) == dict.fromkeys(ids)
    slow_service[1]()
    last = work(at_slow, "--once")
    assert sorted(line[0] for line in (last.line(), last.line())) == sorted(ids)
    assert last.process.wait(600) == 0


def test_once_leaves_what_others_work_on_and_waits_for_it(
    at_slow: dict[str, str], slow_service: SlowService, work: Callable[..., Worker]
) -> None:
    with notebook(at_slow, SLOW) as (process, (job_id,)):
        worker = work(at_slow, "--once")
        worker.told("at work on")
        left = killed(at_slow, f"{SLOW} of another")
        wait_until_held(at_slow, left, worker)
        assert f"/{process.pid}/" in holders(at_slow)[job_id]
        slow_service[1]()
        rest, errors = worker.process.communicate(timeout=600)
        assert worker.process.returncode == 0, errors
        assert [line.split("  ")[0] for line in rest.splitlines()] == left
    assert states(at_slow, [job_id]) == [JobState.SUCCEEDED]


def test_once_ends_where_nothing_is_open(said: dict[str, str], work: Callable[..., Worker]) -> None:
    worker = work(said, "--once")
    rest, _ = worker.process.communicate(timeout=600)
    assert (worker.process.returncode, rest) == (0, "")


def test_what_cannot_be_brought_on_is_told_once_and_tried_again(
    tmp_path: Path, said: dict[str, str], slow_service: SlowService, work: Callable[..., Worker]
) -> None:
    at_slow = environment(tmp_path, slow_service[0], VEO_FOLDER=said["VEO_FOLDER"])
    ids = killed(at_slow, SLOW, f"{SLOW} again")
    keyless = {name: value for name, value in at_slow.items() if name != "GOOGLE_API_KEY"}
    once = work(keyless, "--once")
    rest, errors = once.process.communicate(timeout=600)
    assert (once.process.returncode, rest) == (1, "")
    assert errors.count("no key was found") == 1, errors
    assert holders(at_slow) == dict.fromkeys(ids)
    # A key that comes later is found.
    home = Path(at_slow["VEO_WIDGETS_HOME"])
    worker = work(keyless)
    worker.told("no key was found")
    (home / ".env").write_text("GOOGLE_API_KEY=a-key\n", "utf-8")
    wait_until_held(at_slow, ids, worker)
    slow_service[1]()
    assert sorted(line[0] for line in (worker.line(), worker.line())) == sorted(ids)


def test_nothing_is_created_for_a_program_that_died_while_it_sent(
    said: dict[str, str], emulator: Emulator, work: Callable[..., Worker]
) -> None:
    """As after `resume`: what never left is not sent, and what may have left is not sent again."""
    with closing(Ledger(Path(said["VEO_WIDGETS_HOME"], "ledger.sqlite3"))) as ledger:
        ledger.write(record("neversent"))
        ledger.write(record("mayhavegone", sending_at=101.0))
    worker = work(said, "--once")
    rest, errors = worker.process.communicate(timeout=600)
    assert worker.process.returncode == 1, errors
    told = {line.split("  ")[0]: line.split("  ")[1] for line in rest.splitlines()}
    assert told == {"neversent": "failed", "mayhavegone": "unknown"}
    assert emulator.journal() == []


def test_what_waits_for_quota_is_sent_once(
    said: dict[str, str], emulator: Emulator, work: Callable[..., Worker]
) -> None:
    emulator.script(on="create", fault="status-429-bare", times=1)
    (job_id,) = killed(said, "A cat")
    worker = work(said)
    assert worker.line()[:2] == [job_id, "succeeded"]
    assert sum(bool(entry.operation) for entry in emulator.journal() if entry.kind == "create") == 1


def test_a_job_that_is_taken_over_from_a_worker_is_left_to_whoever_took_it(
    make_client: Callable[..., Client],
    settings: Settings,
    at_slow: dict[str, str],
    slow_service: SlowService,
    work: Callable[..., Worker],
) -> None:
    service, let_end = slow_service
    ids = killed(at_slow, SLOW)
    worker = work(at_slow)
    wait_until_held(at_slow, ids, worker)
    client = make_client(replace(settings, base_url=service.base_url))
    (job,) = client.resume(take_over=True)
    let_end()
    assert job.wait(600).state is JobState.SUCCEEDED
    assert worker.end() == (0, "")
    assert fetched(service) == 1


def test_a_network_that_is_lost_is_told_and_waited_for(
    said: dict[str, str], tmp_path: Path, work: Callable[..., Worker]
) -> None:
    ahead = [0.0]
    service = Emulator(clips="small", state_dir=tmp_path / "service", clock=lambda: time.time() + ahead[0]).start()
    there = {**said, "VEO_EMULATOR_URL": service.base_url}
    (job_id,) = killed(there, SLOW)
    service.stop()
    worker = work(there)
    assert "veo worker: " in worker.told("127.0.0.1")
    ahead[0] = 700.0
    service.start()
    assert worker.line()[:2] == [job_id, "succeeded"]
    assert worker.end() == (0, "")
    service.stop()


def test_a_ledger_that_cannot_be_used_is_told_and_waited_for(
    said: dict[str, str], emulator: Emulator, work: Callable[..., Worker]
) -> None:
    ledger = Path(said["VEO_WIDGETS_HOME"], "ledger.sqlite3")
    ledger.mkdir()
    worker = work(said)
    worker.told("at work on")
    assert str(ledger) in worker.told("ledger")
    assert worker.process.poll() is None
    ledger.rmdir()
    (job_id,) = killed(said, "A cat")
    assert worker.line()[:2] == [job_id, "succeeded"]
    assert worker.end() == (0, "")


def test_it_shows_that_it_is_alive(said: dict[str, str], tmp_path: Path, work: Callable[..., Worker]) -> None:
    alive, address = tmp_path / "alive", str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(address)
        worker = work({**said, "NOTIFY_SOCKET": address}, "--alive", str(alive))
        for _ in range(2):
            assert supervisor.recv(100) == b"READY=1\nWATCHDOG=1"
        before = alive.stat().st_mtime_ns
        while alive.stat().st_mtime_ns == before:
            time.sleep(0.05)
        worker.process.send_signal(signal.SIGTERM)
        while supervisor.recv(100) != b"STOPPING=1":
            pass
        assert worker.process.wait(600) == 0


def test_a_file_that_cannot_be_written_is_refused(said: dict[str, str], work: Callable[..., Worker]) -> None:
    worker = work(said, "--alive", "/nowhere/alive")
    _, errors = worker.process.communicate(timeout=600)
    assert (worker.process.returncode, errors) == (
        1,
        "veo: alive: cannot write '/nowhere/alive': No such file or directory.\n",
    )
