"""Batches on executors: each row paid once, whatever becomes of the programs that make them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch
from veo_widgets.session.groups.row_tasks import task_of

ROWS = [{"number": number} for number in range(6)]


def make(client: Client, rows: Any = ROWS, prompt: str = "Cat {number}", **common: Any) -> Batch:
    return Batch(client, rows, prompt, "cats", {"seconds": 4, **common})


def sent(emulator: Emulator) -> Counter[str]:
    return Counter(entry.body["instances"][0]["prompt"] for entry in emulator.journal() if entry.kind == "create")


def wait_until_taken_in(batch: Batch, count: int) -> None:
    """Until the service has so many of its jobs, and has said so: what it gets later ends later."""
    while sum(bool(job.record.operation) for job in batch.jobs) < count:
        assert batch.is_running


def spawned(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of a pool begin where no settings are."""
    for name in list(os.environ):
        if name.startswith(("GOOGLE_", "VEO_", "GEMINI_")):
            monkeypatch.delenv(name)


def test_threads_make_rows_with_the_client_of_the_batch(client: Client, emulator: Emulator) -> None:
    with ThreadPoolExecutor(3) as pool:
        batch = make(client).run(on=pool).wait(600)
    assert batch.plan().states == {"succeeded": 6}
    assert set(sent(emulator).values()) == {1}
    # What is there needs no executor any more.
    assert make(client).run(on=pool).wait(600).cost.due == 0
    assert sum(sent(emulator).values()) == 6


def test_processes_make_rows_where_the_batch_has_them(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator, tmp_path: Path, at_home: None
) -> None:
    client = make_client()
    with spawned(2) as pool:
        batch = make(client).run(on=pool)
        told = []
        batch.listen(lambda piece, job_id: told.append((piece and piece.label, job_id)))
        batch.wait(600)
    assert batch.plan().states == {"succeeded": 6}
    assert {video.path.parent for video in batch.videos} == {tmp_path / "veo_clips"}
    assert sent(emulator) == {f"Cat {number}": 1 for number in range(6)}
    assert {job_id for label, job_id in told if label} == {job.id for job in batch.jobs}
    with closing(sqlite3.connect(tmp_path / "home" / "ledger.sqlite3")) as db:
        programs = {program for (program,) in db.execute("SELECT program FROM jobs")}
    assert len(programs) in {1, 2}
    from veo_widgets.storage.ledger.job_rows import PROGRAM

    assert PROGRAM not in programs


def test_rows_of_processes_go_into_the_bucket_of_the_batch(
    make_client: Callable[..., Client], settings: Settings, at_home: None
) -> None:
    client = make_client(replace(settings, folder="memory://films/cats"))
    with spawned(1) as pool:
        batch = make(client, ROWS[:1]).run(on=pool).wait(600)
    ((video,),) = [job.record.videos for job in batch.jobs]
    assert video.uri == f"memory://films/cats/{video.path.name}"


def test_a_worker_that_is_killed_costs_nothing_twice(
    make_client: Callable[..., Client],
    slow_service: tuple[Emulator, Callable[[], None]],
    settings: Settings,
    at_home: None,
) -> None:
    service, let_end = slow_service
    client = make_client(replace(settings, base_url=service.base_url))
    with spawned(2) as pool:
        batch = make(client, prompt="---\nseconds: 600\n---\nCat {number}").run(on=pool)
        wait_until_taken_in(batch, 2)
        os.kill(next(iter(pool._processes)), signal.SIGKILL)
        # The pool is broken by that, and what was not sent yet is sent from here.
        wait_until_taken_in(batch, 6)
        let_end()
        batch.wait(600)
    assert batch.plan().states == {"succeeded": 6}
    assert set(sent(service).values()) == {1}
    assert len(sent(service)) == 6


def test_a_task_that_is_repeated_waits_for_the_job_that_is_there(client: Client, emulator: Emulator) -> None:
    batch = make(client, ROWS[:1])
    (piece,) = batch.pieces
    task = task_of(client, piece.plan, batch.group, piece.place(None), "")
    first, again = (client.call(task.bring, client.asynchronous) for _ in range(2))
    assert first.id == again.id
    assert sum(sent(emulator).values()) == 1


def test_a_row_that_failed_is_sent_again_once_however_often_its_task_is_repeated(
    client: Client, emulator: Emulator
) -> None:
    rows = [{"prompt": "---\noutcome: failed\n---\nA cat"}]
    with ThreadPoolExecutor(1) as pool:
        batch = make(client, rows, "").run(on=pool).wait(600)
        assert batch.plan().states == {"failed": 1}
        (failed,) = batch.jobs
        assert make(client, rows, "").run(on=pool).wait(600).jobs[0].id == failed.id
        again = make(client, rows, "").run(on=pool, retry=True).wait(600)
    (second,) = again.jobs
    assert second.record.retry_of == failed.id
    (piece,) = batch.pieces
    task = task_of(client, piece.plan, batch.group, piece.place(None), failed.id)
    assert client.call(task.bring, client.asynchronous).id == second.id
    assert sum(sent(emulator).values()) == 2


def test_a_task_holds_no_key(make_client: Callable[..., Client], settings: Settings) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-secret-key")))
    batch = make(client, ROWS[:1], model="veo-3.1-fast-generate-preview", allow_retired=True)
    (piece,) = batch.pieces
    pickled = pickle.dumps(task_of(client, piece.plan, batch.group, piece.place(None), ""))
    assert b"a-secret-key" not in pickled


def test_a_key_that_a_worker_has_not_is_missed_there_and_nothing_is_sent(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator, at_home: None
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-secret-key")))
    with spawned(1) as pool:
        batch = make(client, model="veo-3.1-fast-generate-preview", allow_retired=True).run(on=pool).wait(600)
    assert batch.plan().states == {"not sent": 6}
    assert all("key" in entry.problem for entry in batch.plan().entries)
    assert not sent(emulator)


def test_price_and_budget_are_looked_at_first(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-secret-key")))
    client.budget(day=1)
    with ThreadPoolExecutor(1) as pool, pytest.raises(errors.BudgetError):
        make(client, model="veo-3.1-fast-generate-preview", allow_retired=True).run(on=pool)
    assert not sent(emulator)


def test_a_worker_with_another_ledger_sends_nothing(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    batch = make(client, ROWS[:1])
    (piece,) = batch.pieces
    task = replace(task_of(client, piece.plan, batch.group, piece.place(None), ""), home=tmp_path / "other", origin="")
    with pytest.raises(errors.ConfigError, match="not the same folder here"):
        task.client()
    assert not (tmp_path / "other").exists()


def test_a_worker_whose_ledger_is_on_a_server_sends_nothing_for_one_whose_is_not(
    client: Client, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make(client, ROWS[:1])
    (piece,) = batch.pieces
    task = replace(task_of(client, piece.plan, batch.group, piece.place(None), ""), origin="")
    monkeypatch.setenv("VEO_LEDGER_URL", "postgresql://mia:a-secret@db.example.com/veo")
    with pytest.raises(errors.ConfigError, match=r"is postgresql://db\.example\.com/veo here and") as caught:
        task.client()
    assert "a-secret" not in str(caught.value)
    assert not sent(emulator)


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (7, "on: 7 is neither a concurrent.futures.Executor nor a dask.distributed.Client."),
        ("threads", "on: 'threads' is neither"),
    ],
)
def test_what_is_no_executor_is_refused(client: Client, emulator: Emulator, on: Any, words: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words):
        make(client).run(on=on)
    assert not sent(emulator)


def test_a_pool_that_forks_is_refused(client: Client, emulator: Emulator) -> None:
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
    with pool, pytest.raises(errors.InvalidRequestError, match=r"get_context\('spawn'\)"):
        make(client).run(on=pool)
    assert not sent(emulator)


def test_a_stopped_batch_sends_nothing_more(
    make_client: Callable[..., Client], slow_service: tuple[Emulator, Callable[[], None]], settings: Settings
) -> None:
    service, let_end = slow_service
    client = make_client(replace(settings, base_url=service.base_url))
    with ThreadPoolExecutor(2) as pool:
        batch = make(client, prompt="---\nseconds: 600\n---\nCat {number}").run(on=pool)
        wait_until_taken_in(batch, 2)
        batch.stop().wait(600)
        assert batch.plan().states["to be sent"] == 4
        let_end()
    assert batch.plan().states == {"succeeded": 2, "to be sent": 4}
