"""Every fault of the table that is this machine's: disk, clock, other programs."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio
import pytest

from veo_widgets.client.clock import Clock
from veo_widgets.client.offline_client import new_job_id
from veo_widgets.config.accounts import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job

from ..conftest import swift
from .checks import check_files, check_requests
from .fault_table import MACHINE, PLATFORM, Fault

DAY = 24 * 3600.0
PROGRAM = """
import resource, sys
from pathlib import Path
from veo_widgets.config.accounts import Settings
from veo_widgets.domain.errors import DownloadError
from veo_widgets.session.client import Client
url, folder, limit = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
client = Client(Settings(provider="emulator", base_url=url, folder=folder / "veo_clips"), home=folder / "home")
job = client.submit("A cat", seconds=4, storage_uri="gs://films/")

def tighten(sighting):
    if limit and sighting.record.state == "downloading":
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

job.listen(tighten)
try:
    job.wait(600)
except DownloadError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
client.close()
"""


@dataclass
class Scene:
    """One machine: a service, a folder, and a clock that can be set."""

    emulator: Emulator
    settings: Settings
    folder: Path
    make_client: Callable[..., Client]
    ahead: float = 0.0

    def client(self, **changes: object) -> Client:
        quick = swift(600)
        clock = Clock(lambda: quick.now() + self.ahead, quick.sleep, patience=0.2)
        return self.make_client(replace(self.settings, **changes), clock=clock)

    def submit(self, client: Client, prompt: str = "A cat") -> Job:
        return client.submit(prompt, model=PLATFORM.model, **PLATFORM.said)

    def until(self, job: Job, state: str) -> None:
        while job.state != state:
            job.client.call(anyio.sleep, 0.005)


def nobody(scene: Scene) -> None:
    scene.submit(scene.client(base_url="http://127.0.0.1:9"))


def locked(scene: Scene, fault: str) -> None:
    scene.emulator.script(on="create", fault=fault, seconds=2)
    client = scene.client()
    client.jobs()
    job_id, plan = new_job_id(), client.plan("A cat", model=PLATFORM.model, **PLATFORM.said)
    future = client.start(partial(client.asynchronous.submit_plan, plan, job_id=job_id))
    while not scene.emulator.journal():
        client.call(anyio.sleep, 0.005)
    with closing(sqlite3.connect(scene.folder / "home" / "ledger.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = future.exception(600)
        other.execute("ROLLBACK")
    assert error is not None
    if fault == "slow":
        client.job(job_id).wait(600)
    else:
        assert client.job(job_id).state is JobState.UNKNOWN
    raise error


def clock_set(scene: Scene, days: int) -> None:
    job = scene.submit(scene.client(), "---\npolls: 3\n---\nA cat")
    scene.until(job, "running")
    scene.ahead = days * DAY
    job.wait(600)


def quota(scene: Scene) -> None:
    scene.emulator.script(on="create", fault="status-429-bare")
    job = scene.submit(scene.client())
    scene.ahead = -DAY
    job.wait(600)


def two_kernels(scene: Scene) -> None:
    # The clock stands still: a kernel that this machine is too slow for would lose its lease, and the other take over.
    began = time.time()
    first, *kernels = (scene.make_client(scene.settings, hasty=True, now=lambda: began) for _ in range(3))
    scene.submit(first, "---\npolls: 2\n---\nA cat")
    first.close()
    waiting = [threading.Thread(target=job.wait, args=(600,)) for kernel in kernels for job in kernel.resume()]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    assert [entry.kind for entry in scene.emulator.journal()].count("download") == 1


def deleted(scene: Scene) -> None:
    scene.emulator.script(on="download", fault="dribble", seconds=0.5)
    job = scene.submit(scene.client())
    while not list((scene.folder / "veo_clips").glob("*.part")):
        job.client.call(anyio.sleep, 0.005)
    shutil.rmtree(scene.folder / "veo_clips")
    job.wait(600)


def in_the_way(scene: Scene) -> None:
    (scene.folder / "veo_clips").write_text("A file.")
    try:
        scene.submit(scene.client()).wait(600)
    finally:
        (scene.folder / "veo_clips").unlink()


def limited(scene: Scene, options: str = "") -> None:
    """In a program of its own, on a file system of its own; where none may be mounted, with a limit on files."""
    clips = scene.folder / "veo_clips"
    clips.mkdir()
    mount = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        f'mount -t tmpfs -o {options} tmpfs "$0" && shift 0 && exec "$@"',
        str(clips),
    ]
    mounted = bool(options) and subprocess.run([*mount, "true"], capture_output=True, check=False).returncode == 0
    program = [sys.executable, "-c", PROGRAM, scene.emulator.base_url, str(scene.folder), "0" if mounted else "20000"]
    command = [*mount, *program] if mounted else program
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr
    raise errors.DownloadError(ended.stdout)


PLAYS: dict[str, Callable[[Scene], None]] = {
    "nobody listens at the address": nobody,
    "ledger locked by another program when the create is answered": partial(locked, fault="slow"),
    "ledger locked by another program when the answer to the create is lost": partial(locked, fault="reset-late"),
    "clock set ahead by a day while the job runs": partial(clock_set, days=1),
    "clock set back by a day while the job runs": partial(clock_set, days=-1),
    "clock set back by a day while a create waits for quota": quota,
    "two kernels resume at once": two_kernels,
    "folder of the clips deleted during the download": deleted,
    "folder of the clips is a file": in_the_way,
    "disk full (ENOSPC)": partial(limited, options="size=64k"),
    "disk read-only (EROFS)": partial(limited, options="ro"),
    "file may not grow (EFBIG)": limited,
}


@pytest.mark.parametrize("fault", MACHINE, ids=[fault.what for fault in MACHINE])
def test_a_fault_of_the_machine_ends_as_the_table_says(
    fault: Fault, make_client: Callable[..., Client], settings: Settings, emulator: Emulator, tmp_path: Path
) -> None:
    scene = Scene(emulator, settings, tmp_path, make_client)
    raised, told = "", ""
    try:
        PLAYS[fault.what](scene)
    except errors.VeoError as error:
        raised, told = type(error).__name__, str(error)
    reader = scene.client()
    (job,) = reader.jobs()
    assert (raised, job.state) == (fault.raises, fault.state), told
    for words in fault.words:
        assert words in told
        told = told.partition(words)[2]
    check_requests(fault, emulator)
    check_files(tmp_path, fault)
    if not job.state.is_final:
        assert job.wait(600).state is JobState.SUCCEEDED
        check_files(tmp_path, replace(fault, clips=1))
