"""Batches on a cluster of Dask's: its scheduler repeats the tasks of a worker that died."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client as DaskClient
from distributed import LocalCluster

from veo_widgets.config.settings import Settings
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client

from .test_executors import ROWS, at_home, make, sent, wait_until_taken_in

__all__ = ["at_home"]


@pytest.fixture
def dask(at_home: None, tmp_path: Path) -> Iterator[DaskClient]:
    """Two workers, each a process of its own with a place for one task."""
    del at_home
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", local_directory=str(tmp_path)
        ) as cluster,
        DaskClient(cluster) as client,
    ):
        yield client


def test_workers_make_rows_where_the_batch_has_them(
    make_client: Callable[..., Client],
    emulator: Emulator,
    dask: DaskClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The workers have been started somewhere else.
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "cats.ipynb"))
    batch = make(make_client()).run(on=dask).wait(600)
    assert batch.plan().states == {"succeeded": 6}
    assert {video.path.parent for video in batch.videos} == {tmp_path / "veo_clips"}
    assert sent(emulator) == {f"Cat {number}": 1 for number in range(6)}
    assert {job.record.notebook for job in batch.jobs} == {str(tmp_path / "cats.ipynb")}
    assert "Held by" not in capsys.readouterr().err


def test_the_task_of_a_worker_that_is_killed_is_repeated_and_paid_once(
    make_client: Callable[..., Client],
    slow_service: tuple[Emulator, Callable[[], None]],
    settings: Settings,
    dask: DaskClient,
) -> None:
    service, let_end = slow_service
    client = make_client(replace(settings, base_url=service.base_url))
    batch = make(client, ROWS[:1], "---\nseconds: 600\n---\nCat {number}").run(on=dask)
    wait_until_taken_in(batch, 1)
    (busy,) = [worker for worker, tasks in dask.processing().items() if tasks]
    os.kill(dask.run(os.getpid, workers=[busy])[busy], signal.SIGKILL)
    let_end()
    batch.wait(600)
    assert batch.plan().states == {"succeeded": 1}
    assert list(sent(service).values()) == [1]
    # It was Dask that went on with it.
    assert not client.asynchronous.reservations.notices
