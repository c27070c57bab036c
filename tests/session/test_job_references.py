"""A job is its id: equal by it, and the same job in another process."""

from __future__ import annotations

import copy
import operator
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.job import Jobs


def test_jobs_of_one_id_are_equal(make_client: Callable[..., Client]) -> None:
    client, other = make_client(), make_client()
    job, another = client.submit("A cat", seconds=4), client.submit("A dog", seconds=4)
    assert job == client.job(job.id) == other.job(job.id[:6])
    assert job != another
    assert job != job.id
    assert {job, client.job(job.id), another} == {job, another}
    assert client.jobs() == [another, job]
    assert client.jobs().index(job) == 1


def test_a_loaded_job_uses_a_client_that_is_open(client: Client) -> None:
    job = client.submit("A cat", seconds=4)
    back = pickle.loads(pickle.dumps(job))
    assert back == job
    assert back.client is client
    assert copy.copy(job) == copy.deepcopy(job) == job
    assert back.wait(600).state is JobState.SUCCEEDED


def test_a_table_of_jobs_is_pickled_whole(client: Client) -> None:
    client.submit("A cat", seconds=4).wait(600)
    jobs = client.jobs()
    back = pickle.loads(pickle.dumps(jobs))
    assert isinstance(back, Jobs)
    assert back == jobs
    assert repr(back) == repr(jobs)


def test_a_job_goes_to_a_pool_of_processes_and_back(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    job = client.submit("---\npolls: 3\n---\nA cat", seconds=4, storage_uri="gs://films/")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        waits = [pool.submit(operator.methodcaller("wait", 60), job) for _ in range(2)]
        assert [wait.result(600) for wait in waits] == [job, job]
        (clip,) = pool.submit(operator.attrgetter("videos"), job).result(600)
    assert clip.path.parent == tmp_path / "veo_clips"
    assert job.state is JobState.SUCCEEDED
    kinds = [entry.kind for entry in emulator.journal()]
    assert kinds.count("create") == 1
    assert len([entry for entry in emulator.journal() if "/storage/" in entry.path]) == 1


LOADER = """
import pickle, sys, threading
job = pickle.loads(sys.stdin.buffer.read())
assert [thread.name for thread in threading.enumerate()] == ["MainThread"], threading.enumerate()
again = pickle.loads(pickle.dumps(job))
assert again == job and len(threading.enumerate()) == 1
print(job.wait(600).videos[0].path)
import veo_widgets as veo
assert again.client is job.client
"""


@pytest.mark.parametrize("elsewhere", [True, False])
def test_loading_opens_nothing_and_finds_the_same_ledger(client: Client, tmp_path: Path, elsewhere: bool) -> None:
    job = client.submit("---\npolls: 1\n---\nA cat", seconds=4)
    pickled = pickle.dumps(job)
    client.close()
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOADER],
        input=pickled,
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / ("other" if elsewhere else "home"))},
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    assert Path(ended.stdout.decode().strip()).parent == tmp_path / "veo_clips"
    assert not (tmp_path / "other").exists()


def test_a_process_that_loads_a_job_has_one_client(client: Client, tmp_path: Path) -> None:
    pickled = pickle.dumps(client.submit("A cat", seconds=4).wait(600))
    program = (
        "import pickle, sys; job = pickle.loads(sys.stdin.buffer.read()); job.state\n"
        "import veo_widgets as veo; assert veo.job(job.id) == job\n"
        "from veo_widgets.api import functions; assert functions.client() is job.client"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        input=pickled,
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")},
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
