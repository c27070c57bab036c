"""Digests of clips: a moment after the clip, whoever is killed in between, and never of another file."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from veo_widgets.api.cli import describe
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.config.settings import Settings
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.media import Video
from veo_widgets.session.client import Client
from veo_widgets.storage.clips.names import copy_to
from veo_widgets.storage.ledger.ledger import Ledger

from ..storage.test_ledger import record as job_record


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def in_ledger(home: Path, job_id: str) -> JobRecord:
    with closing(Ledger(home / "ledger.sqlite3")) as ledger:
        return ledger.read(job_id)


@pytest.fixture
def killed(tmp_path: Path) -> JobRecord:
    """A job as the ledger has it whose program was killed between the clip and its digest."""
    path = tmp_path / "a.mp4"
    path.write_bytes(os.urandom(100_000))
    path.with_suffix(".json").write_text('{"job": "abcd2345", "file": {"bytes": 100000}}', "utf-8")
    state = path.stat()
    video = Video(path, bytes=state.st_size, modified=state.st_mtime_ns, job_id="abcd2345")
    made = job_record(state=JobState.SUCCEEDED, videos=(video,), finished_at=200.0)
    with closing(Ledger(tmp_path / "home" / "ledger.sqlite3")) as ledger:
        ledger.write(made)
    return made


def test_a_clip_is_there_before_its_digest_and_soon_has_it(make_client: Callable[..., Client], tmp_path: Path) -> None:
    client, noted = make_client(), threading.Event()
    job = client.submit("A cat", seconds=4)
    shown: list[JobRecord] = []

    def look(record: JobRecord) -> None:
        shown.append(record)
        if record.state is JobState.SUCCEEDED and not record.lacks_digests:
            noted.set()

    job.listen(lambda seen: look(seen.record))
    job.wait(600)
    assert noted.wait(600)
    assert next(record for record in shown if record.state is JobState.SUCCEEDED).lacks_digests
    (video,) = job.videos
    assert video.digest == digest_of(video.path) == video.recipe["file"]["sha256"]
    kept = in_ledger(tmp_path / "home", job.id)
    assert kept.videos[0].digest == video.digest
    assert replace(kept, polls=0) == replace(job.record, polls=0)
    assert [state for _, state, _ in job.events][-1] == "succeeded"
    assert client.asynchronous.price_again(kept) is not None


def test_whoever_asks_at_once_gets_it_and_nothing_changes_for_them(client: Client) -> None:
    (video,) = client.generate("A cat", seconds=4)
    assert video.sha256 == digest_of(video.path)
    assert video.version
    (later,) = client.jobs()[0].videos
    assert (later, later.version, hash(later)) == (video, video.version, hash(video))


@pytest.mark.anyio
async def test_a_client_that_is_closed_leaves_none_out(settings: Settings, tmp_path: Path) -> None:
    async with AsyncClient(settings, home=tmp_path / "home") as client:
        job = await client.submit("A cat", seconds=4)
        job = await client.wait(job.id)
    assert in_ledger(tmp_path / "home", job.id).videos[0].digest == digest_of(job.videos[0].path)


@pytest.mark.anyio
@pytest.mark.parametrize("verb", ["job", "resume"])
async def test_what_a_killed_program_has_left_is_made_up_for(
    killed: JobRecord, settings: Settings, tmp_path: Path, verb: str
) -> None:
    async with AsyncClient(settings, home=tmp_path / "home") as client:
        await (client.resume() if verb == "resume" else client.job(killed.id))
    (video,) = in_ledger(tmp_path / "home", killed.id).videos
    assert video.digest == digest_of(video.path) == video.recipe["file"]["sha256"]


@pytest.mark.anyio
@pytest.mark.parametrize("change", ["another", "touched", "gone"])
async def test_a_file_that_was_changed_before_is_never_taken_for_the_clip(
    killed: JobRecord, settings: Settings, tmp_path: Path, change: str
) -> None:
    path = killed.videos[0].path
    if change == "another":
        path.write_bytes(os.urandom(path.stat().st_size))
    if change != "gone":
        os.utime(path, ns=(killed.videos[0].modified + 1, killed.videos[0].modified + 1))
    else:
        path.unlink()
    async with AsyncClient(settings, home=tmp_path / "home") as client:
        await client.resume()
        assert (await client.digested(killed)).videos[0].digest == ""
    (video,) = in_ledger(tmp_path / "home", killed.id).videos
    assert (video.digest, video.sha256) == ("", "")
    assert "sha256" not in video.recipe["file"]
    assert video.version


def test_a_digest_that_was_never_reckoned_is_said_to_be_missing(
    killed: JobRecord, make_client: Callable[..., Client]
) -> None:
    killed.videos[0].path.write_bytes(b"another")
    told = describe(make_client().job(killed.id))
    assert "  sha256 not known: the file was changed or removed before it was read for it\n" in told


@pytest.mark.anyio
async def test_two_programs_agree(killed: JobRecord, settings: Settings, tmp_path: Path) -> None:
    """One that saw the job without a digest writes it later; what the other has added is not lost."""
    homes = {"home": tmp_path / "home"}
    async with AsyncClient(settings, **homes) as one, AsyncClient(settings, **homes) as other:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.digested, killed)
            tasks.start_soon(other.digested, killed)
        with closing(Ledger(tmp_path / "home" / "ledger.sqlite3")) as ledger:
            ledger.write(replace(killed, profile="work"))
    kept = in_ledger(tmp_path / "home", killed.id)
    assert (kept.profile, kept.videos[0].digest) == ("work", digest_of(kept.videos[0].path))


def test_a_copy_has_it_in_its_recipe(killed: JobRecord, tmp_path: Path) -> None:
    (video,) = killed.videos
    copy = Video(copy_to(video, tmp_path / "copies", numbered=False))
    assert copy.recipe["file"]["sha256"] == digest_of(copy.path)
    assert video.recipe["file"] == {"bytes": 100_000}
