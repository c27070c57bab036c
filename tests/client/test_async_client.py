"""Jobs from submit to clip, over real sockets."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest

from tests.clip_folders import suffixes_in
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.clock import Clock
from veo_widgets.client.offline_client import new_job_id
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator, Entry
from veo_widgets.session.client import Client


def creates(emulator: Emulator) -> list[Entry]:
    return [entry for entry in emulator.journal() if entry.kind == "create"]


def script(**keys: object) -> str:
    """Front matter that tells the emulator what to make of a prompt."""
    lines = "\n".join(f"{key}: {value}" for key, value in keys.items())
    return f"---\n{lines}\n---\nA cat"


@pytest.fixture
def held_client(make_client: Callable[..., Client]) -> tuple[Client, threading.Event]:
    """A client that does not go on after a pause before the event is set."""
    go_on = threading.Event()

    async def held(_seconds: float) -> None:
        while not go_on.is_set():  # noqa: ASYNC110 (set by another thread)
            await anyio.sleep(0.01)

    return make_client(clock=Clock(sleep=held)), go_on


def test_a_job_goes_from_prompt_to_clip(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    job = client.submit("A cat & a ball", seconds=4, seed=7)
    assert job.state is JobState.QUEUED
    assert job.cost.usd == pytest.approx(0.4)
    assert job.wait(timeout=600) is job
    (video,) = job.videos
    assert job.state is JobState.SUCCEEDED
    assert video.path.parent == tmp_path / "veo_clips"
    assert video.path.name.endswith(f"_a-cat-a-ball_{job.id}.mp4")
    assert video.seconds == pytest.approx(4, abs=0.05)
    assert video.path.stat().st_size == video.bytes
    assert video.recipe["request"] == {
        "prompt": "A cat & a ball",
        "model": "veo-3.1-fast-generate-001",
        "duration_seconds": 4,
        "seed": 7,
    }
    assert suffixes_in(tmp_path / "veo_clips") == [".json", ".mp4"]
    assert len(creates(emulator)) == 1
    assert [(state, detail) for _, state, detail in job.events] == [
        ("submitting", "intent"),
        ("queued", ""),
        ("running", ""),
        ("downloading", ""),
        ("downloading", "saved clip 1"),
        ("succeeded", ""),
    ]


def test_all_samples_arrive(client: Client) -> None:
    videos = client.generate("Four cats", samples=4, seconds=4)
    assert len({video.sha256 for video in videos}) == 4
    assert [video.path.name.rpartition("_")[2] for video in videos] == ["1.mp4", "2.mp4", "3.mp4", "4.mp4"]


@pytest.mark.parametrize(
    ("provider", "model"),
    [("gemini", "veo-3.1-generate-preview"), (None, "gemini/veo-2.0-generate-001")],
)
def test_the_developer_api_flavour(
    make_client: Callable[..., Client], settings: Settings, provider: str | None, model: str
) -> None:
    client = make_client(replace(settings, provider=provider, api_key=Secret("a-key")), hasty=True)
    job = client.submit("A cat", provider=provider, model=model, allow_retired=True).wait(600)
    assert job.record.surface == "gemini-developer-api"
    assert job.record.operation.startswith("models/")
    assert job.videos[0].bytes > 0


def test_clips_in_a_bucket_come_through_the_storage_api(client: Client, emulator: Emulator) -> None:
    job = client.submit("A cat", seconds=4, storage_uri="gs://films/cats/").wait(600)
    assert job.record.samples[0].uri.startswith("gs://films/cats/")
    assert any("/storage/v1/b/films/o/" in entry.path for entry in emulator.journal())


@pytest.mark.parametrize(
    ("front", "error", "state", "words"),
    [
        ({"outcome": "filtered", "support_code": "58061214"}, errors.GenerationFilteredError, "filtered", "a child"),
        ({"outcome": "failed", "code": 13}, errors.GenerationFailedError, "failed", "code 13"),
        ({"outcome": "empty"}, errors.GenerationFailedError, "failed", "without a reason"),
    ],
)
def test_a_job_without_a_clip_says_why_and_costs_nothing(
    client: Client, tmp_path: Path, front: dict, error: type[Exception], state: str, words: str
) -> None:
    job = client.submit(script(**front), seconds=4)
    with pytest.raises(error, match=words):
        job.wait(600)
    assert job.state == state
    assert job.cost.usd == 0
    assert not (tmp_path / "veo_clips").exists()


def test_a_withheld_sample_is_told_of_and_the_others_are_kept(client: Client) -> None:
    job = client.submit(script(outcome="partial"), seconds=4, samples=3)
    assert job.cost.usd == pytest.approx(1.2)
    with pytest.warns(errors.DeliveryWarning, match="2 clips instead of 3"):
        job.wait(600)
    # Once is enough.
    job.wait(600)
    assert len(job.videos) == 2
    assert job.cost.usd == pytest.approx(0.8)
    assert job.videos[0].recipe["cost"]["usd"] == pytest.approx(0.8)
    assert job.record.notice.startswith("1 of 3 clips did not come.")


def test_a_broken_rule_sends_nothing(client: Client, emulator: Emulator) -> None:
    with pytest.raises(
        errors.InvalidRequestError, match="duration_seconds: 4 is not available when resolution is 1080p"
    ):
        client.submit("A cat", resolution="1080p", duration_seconds=4)
    with pytest.raises(errors.RetiredModelError, match="2026-06-30"):
        client.submit("A cat", model="veo-3.0-generate-001")
    assert emulator.journal() == []
    assert client.jobs() == []


def test_a_refusal_by_the_service_is_kept_in_the_ledger(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("wrong-key")))
    with pytest.raises(errors.AuthenticationError):
        client.submit("A cat", model="veo-3.1-generate-preview", allow_retired=True)
    (job,) = client.jobs()
    assert job.state is JobState.FAILED
    assert job.record.problem.charged == (
        "The service says that it refused the request. A refused request is usually not charged."
    )


def test_a_lost_answer_makes_the_job_unknown_and_is_not_sent_again(client: Client, emulator: Emulator) -> None:
    emulator.script(on="create", fault="reset")
    with pytest.raises(errors.UnknownOutcomeError) as caught:
        client.submit("A cat", seconds=4)
    job = client.job(caught.value.job_id)
    assert job.state is JobState.UNKNOWN
    assert job.cost.usd == pytest.approx(0.4)
    assert len(creates(emulator)) == 1


@pytest.mark.parametrize("fault", ["status-503", "status-500", "reset", "html"])
def test_trouble_while_polling_passes(make_client: Callable[..., Client], emulator: Emulator, fault: str) -> None:
    client = make_client(hasty=True)
    emulator.script(on="poll", fault=fault, times=1)
    job = client.submit("A cat", seconds=4).wait(600)
    assert job.state is JobState.SUCCEEDED
    assert "trouble" in [detail for _, _, detail in job.events]


def test_trouble_that_goes_on_is_one_event(make_client: Callable[..., Client], emulator: Emulator) -> None:
    client = make_client(hasty=True)
    emulator.script(on="poll", fault="status-503", times=4)
    emulator.script(on="poll", fault="html", times=1)
    emulator.script(on="poll", fault="status-503", times=2)
    job = client.submit("A cat", seconds=4).wait(600)
    polls = [entry for entry in emulator.journal() if entry.kind == "poll"]
    assert len(polls) > 7
    assert [detail for _, _, detail in job.events].count("trouble") == 3


@pytest.mark.parametrize("model", ["gemini-omni-1.1-flash", "veo-3.1-fast-generate-001"])
def test_a_late_job_in_a_state_that_nobody_knows_never_ends_without_its_clip(
    make_client: Callable[..., Client], emulator: Emulator, model: str
) -> None:
    began = time.time()

    def polls() -> int:
        return [entry.kind for entry in emulator.journal()].count("poll")

    # A poll takes a hundred seconds, however fast the machine is: most of these are late.
    client = make_client(hasty=True, now=lambda: began + 100 * polls())
    emulator.script(on="poll", fault="answer", times=10, body='{"id": "v1_a", "name": "a/b", "status": "daydreaming"}')
    job = client.submit("A cat", model=model, seconds=4).wait(600)
    assert job.state is JobState.SUCCEEDED
    assert polls() > 10
    assert [video.seconds for video in job.videos] == [pytest.approx(4, abs=0.1)]


@pytest.mark.parametrize("fault", ["cut", "html", "status-503"])
def test_a_broken_download_is_done_again_and_leaves_no_part(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path, fault: str
) -> None:
    client = make_client(hasty=True)
    emulator.script(on="download", fault=fault, times=1)
    job = client.submit("A cat", seconds=4, storage_uri="gs://films/").wait(600)
    assert job.videos[0].seconds == pytest.approx(4, abs=0.05)
    assert suffixes_in(tmp_path / "veo_clips") == [".json", ".mp4"]


def test_a_download_that_is_cut_goes_on_where_it_was(client: Client, emulator: Emulator) -> None:
    emulator.script(on="download", fault="cut", times=1)
    job = client.submit("A cat", seconds=4, storage_uri="gs://films/").wait(600)
    whole, rest = [entry.headers.get("range") for entry in emulator.journal() if entry.kind == "download"]
    assert whole is None
    assert 0 < int(rest.removeprefix("bytes=").removesuffix("-")) < job.videos[0].bytes
    assert hashlib.sha256(job.videos[0].path.read_bytes()).hexdigest() == job.videos[0].sha256
    assert "trouble" not in [detail for _, _, detail in job.events]


def test_an_expired_clip_ends_the_job(make_client: Callable[..., Client], emulator: Emulator) -> None:
    ahead = [0.0]
    client = make_client(hasty=True, now=lambda: time.time() + ahead[0])
    emulator.script(on="download", fault="expired", times=99)
    job = client.submit("A cat", seconds=4, storage_uri="gs://films/")
    with pytest.raises(errors.ServiceError, match="refused"):
        job.wait(600)
    assert job.state is JobState.DOWNLOADING
    ahead[0] = 49 * 3600
    with pytest.raises(errors.ClipExpiredError, match="two days"):
        job.wait(600)
    assert job.state is JobState.EXPIRED


def test_a_profile_that_is_missing_writes_no_old_job_off(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    """What only this program lacks says nothing of the clip, however old the job is."""
    ahead = [0.0]
    first = make_client(replace(settings, profile="work"), now=lambda: time.time() + ahead[0])
    job = first.submit(script(polls=1), seconds=4)
    first.close()
    ahead[0] = 49 * 3600
    second = make_client(hasty=True, now=lambda: time.time() + ahead[0])
    with pytest.raises(errors.ConfigError, match="profile: 'work' is not known here"):
        second.job(job.id).wait(600)
    assert not second.job(job.id).state.is_final
    second.asynchronous.profiles["work"] = replace(settings, profile="work")
    assert second.job(job.id).wait(600).state is JobState.SUCCEEDED


@pytest.mark.parametrize("status", [401, 403, 404])
def test_refused_polls_end_the_watching_not_the_job(
    make_client: Callable[..., Client], emulator: Emulator, status: int
) -> None:
    """A wrong key in one session must not cost a clip that the right key can still fetch."""
    client = make_client(hasty=True)
    emulator.script(on="poll", fault="status", status=status, times=4)
    job = client.submit("A cat", seconds=4)
    with pytest.raises(errors.ServiceError):
        job.wait(600)
    assert not job.state.is_final
    assert [found.id for found in client.resume()] == [job.id]
    assert job.wait(600).state is JobState.SUCCEEDED


def test_a_folder_that_cannot_be_written_keeps_the_job_resumable(
    make_client: Callable[..., Client], settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    client = make_client(replace(settings, folder=tmp_path / "file" / "clips"))
    job = client.submit("A cat", seconds=4)
    with pytest.raises(errors.DownloadError, match="choose another folder"):
        job.wait(600)
    assert job.state is JobState.DOWNLOADING
    client.asynchronous.settings = replace(client.settings, folder=tmp_path / "elsewhere")
    assert job.wait(600).videos[0].path.parent == tmp_path / "elsewhere"


def test_a_timeout_ends_the_waiting_not_the_job(
    make_client: Callable[..., Client], settings: Settings, slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    service, let_end = slow_service
    client = make_client(replace(settings, base_url=service.base_url), hasty=True)
    job = client.submit(script(seconds=600), seconds=4)
    with pytest.raises(errors.WaitTimeoutError, match="keeps running"):
        job.wait(timeout=0.05)
    assert not job.state.is_final
    let_end()
    assert job.wait(600).state is JobState.SUCCEEDED


def test_detached_jobs_are_taken_up_again(client: Client) -> None:
    job = client.submit(script(polls=3), seconds=4)
    job.detach()
    assert not job.sighting.watching
    assert [found.id for found in client.resume()] == [job.id]
    assert job.wait(600).videos


def test_a_listener_that_fails_harms_nobody(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    job = client.submit(script(polls=1), seconds=4)
    job.listen(lambda _: 1 / 0)
    assert job.wait(600).state is JobState.SUCCEEDED
    assert "A listener of job" in caplog.text


def test_a_retry_is_a_new_job(client: Client, emulator: Emulator) -> None:
    job = client.submit(script(outcome="filtered"), seconds=4, seed=3)
    with pytest.raises(errors.GenerationFilteredError):
        job.wait(600)
    again = job.retry()
    assert again.id != job.id
    assert again.record.retry_of == job.id
    assert again.request == job.request
    assert len(creates(emulator)) == 2


def test_waiting_inside_a_running_loop(client: Client) -> None:
    async def main() -> list[JobState]:
        jobs = [client.submit(f"Cat {number}", seconds=4) for number in range(3)]
        return [(await job).state for job in jobs]

    assert anyio.run(main) == [JobState.SUCCEEDED] * 3


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_the_waiting_and_leaves_the_job(held_client: tuple[Client, threading.Event]) -> None:
    client, go_on = held_client
    job = client.submit("A cat", seconds=4)
    threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt, match=f"job {job.id} keeps running"):
        job.wait()
    assert not job.state.is_final
    go_on.set()
    assert job.wait(600).state is JobState.SUCCEEDED


def test_the_table_of_jobs_is_text_everywhere(client: Client) -> None:
    assert repr(client.jobs()) == "No jobs yet."
    client.submit("<b>bold</b>", seconds=4).wait(600)
    assert "<b>bold</b>" in repr(client.jobs())
    html = client.jobs()._repr_html_()
    assert "&lt;b&gt;bold" in html
    assert "<b>" not in html


@pytest.mark.anyio
async def test_the_asynchronous_client_has_the_same_verbs(settings: Settings, tmp_path: Path) -> None:
    async with AsyncClient(settings, home=tmp_path / "home") as client:
        record = await client.submit("A cat", seconds=4)
        seen: list[str] = []
        client.listen(record.id, lambda sighting: seen.append(sighting.record.state))
        record = await client.wait(record.id, timeout=600)
        assert record.videos[0].path.exists()
        assert seen[-1] == "succeeded"
        assert (await client.refresh(record.id)).state is JobState.SUCCEEDED
        (video,) = await client.generate("A dog", seconds=4, timeout=600)
        assert video.job_id in {job.id for job in await client.jobs()}


@pytest.mark.anyio
async def test_refresh_polls_once_and_downloads(settings: Settings, tmp_path: Path, emulator: Emulator) -> None:
    async with AsyncClient(settings, home=tmp_path / "home") as client:
        job = (await client.submit(script(polls=1), seconds=4)).id
        await client.detach(job)
        assert (await client.refresh(job)).state is JobState.RUNNING
        assert (await client.refresh(job)).state is JobState.SUCCEEDED


def test_refresh_asks_at_once_where_the_schedule_says_later(
    held_client: tuple[Client, threading.Event], emulator: Emulator
) -> None:
    client, _ = held_client
    job = client.submit(script(polls=1), seconds=4)
    while job.sighting.next_poll_at is None:
        client.call(anyio.sleep, 0.01)
    states = [client.call(client.asynchronous.refresh, job.id).state for _ in range(3)]
    assert states == [JobState.RUNNING, JobState.SUCCEEDED, JobState.SUCCEEDED]
    assert [entry.kind for entry in emulator.journal()].count("poll") == 2


def test_stop_and_resume_at_once_goes_on_watching(client: Client) -> None:
    job = client.submit(script(polls=2), seconds=4)

    async def stop_and_resume() -> None:
        await client.asynchronous.detach(job.id)
        client.asynchronous.watch(job.id)

    client.call(stop_and_resume)
    assert job.wait(600).state is JobState.SUCCEEDED


def test_a_takeover_during_a_download_ends_in_one_whole_clip(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    """A second kernel whose clock is ahead takes the first one's lease for spent while bytes still flow."""
    emulator.script(on="download", fault="slow", seconds=1.5, times=1)
    first, second = make_client(), make_client(now=lambda: time.time() + 910)
    job = first.submit("A cat", seconds=4, storage_uri="gs://films/")
    while job.state is not JobState.DOWNLOADING:
        first.call(anyio.sleep, 0.02)
    second.job(job.id).wait(600)
    job.wait(600)
    first.close()
    assert second.job(job.id).state is JobState.SUCCEEDED
    (clip,) = (tmp_path / "veo_clips").glob("*.mp4")
    assert clip.stat().st_size == second.job(job.id).videos[0].bytes
    assert suffixes_in(tmp_path / "veo_clips") == [".json", ".mp4"]


@pytest.mark.anyio
async def test_a_client_that_was_not_entered_pays_for_nothing(
    settings: Settings, tmp_path: Path, emulator: Emulator
) -> None:
    with pytest.raises(errors.VeoError, match="context manager"):
        await AsyncClient(settings, home=tmp_path / "home").submit("A cat", seconds=4)
    assert emulator.journal() == []


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_while_sending_names_the_job(client: Client, emulator: Emulator) -> None:
    emulator.script(on="create", fault="slow", seconds=1)
    threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(errors.SubmitInterrupted, match="may run and be charged") as caught:
        client.submit("A cat", seconds=4)
    assert client.job(caught.value.job_id).wait(600).state is JobState.SUCCEEDED
    assert len(creates(emulator)) == 1


def test_closing_a_client_waits_for_the_answer_to_a_create(
    make_client: Callable[..., Client], emulator: Emulator
) -> None:
    emulator.script(on="create", fault="slow", seconds=1)
    client = make_client()
    future = client.start(client.asynchronous.submit, "A cat")
    while not creates(emulator):
        time.sleep(0.01)
    client.close()
    assert future.done()
    (job,) = make_client().jobs()
    assert job.record.operation
    assert job.wait(600).state is JobState.SUCCEEDED


def test_an_operation_that_could_not_be_written_down_is_not_lost(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    """Another program locks the ledger between the create and its answer, for longer than SQLite is patient."""
    emulator.script(on="create", fault="slow", seconds=0.3)
    client = make_client(hasty=True, patience=0.2)
    client.jobs()
    job_id = new_job_id()
    plan = client.plan(script(polls=1), seconds=4)
    future = client.start(partial(client.asynchronous.submit_plan, plan, job_id=job_id))
    while not creates(emulator):
        client.call(anyio.sleep, 0.01)
    with closing(sqlite3.connect(tmp_path / "home" / "ledger.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.AcceptedError, match="runs at the service as projects/") as caught:
            future.result(600)
        assert caught.value.job_id == job_id
        # Looking at the job must not put the ledger's older record in place of the accepted one.
        assert client.job(job_id).state is JobState.SUBMITTING
        other.execute("ROLLBACK")
    assert client.job(job_id).wait(600).state is JobState.SUCCEEDED
    assert len(creates(emulator)) == 1


def test_a_closed_client_says_so(client: Client) -> None:
    job = client.submit(script(polls=99), seconds=4)
    threading.Timer(0.2, client.close).start()
    with pytest.raises(errors.VeoError, match="client is closed"):
        job.wait(600)
    with pytest.raises(errors.VeoError, match="client is closed"):
        _ = job.state


def test_a_button_pressed_twice_pays_once(client: Client, emulator: Emulator) -> None:
    from veo_widgets.notebook.widgets import JobView
    from veo_widgets.notebook.widgets.protocol import Message

    job = client.submit(script(outcome="filtered"), seconds=4)
    with pytest.raises(errors.GenerationFilteredError):
        job.wait(600)
    view = JobView(job)
    emulator.script(on="create", fault="slow", seconds=0.5)
    view.handle(Message("retry", fields={"job": job.id}))
    view.handle(Message("retry", fields={"job": job.id}))
    while view.job["id"] == job.id:
        client.call(anyio.sleep, 0.02)
    assert len(creates(emulator)) == 2
    assert job.id != view.job["id"]
    assert job.state is JobState.FILTERED
    view.close()


def test_two_clients_on_one_ledger_create_and_download_once(
    make_client: Callable[..., Client], emulator: Emulator
) -> None:
    first, second = make_client(), make_client()
    job = first.submit(script(polls=3), seconds=4, storage_uri="gs://films/")
    assert second.job(job.id).wait(600).videos == job.wait(600).videos
    downloads = [entry for entry in emulator.journal() if "/storage/" in entry.path]
    assert len(creates(emulator)) == len(downloads) == 1


def test_what_another_client_has_ended_is_not_downloaded_again(
    held_client: tuple[Client, threading.Event], make_client: Callable[..., Client], emulator: Emulator
) -> None:
    """The other's clock is ahead, so it takes the lease for spent while the first is about to poll."""
    first, go_on = held_client
    job = first.submit("A cat", seconds=4, storage_uri="gs://films/")
    while job.sighting.next_poll_at is None:
        first.call(anyio.sleep, 0.01)
    other = make_client(hasty=True, now=lambda: time.time() + 910)
    clip = other.job(job.id).wait(600).videos[0]
    go_on.set()
    assert job.wait(600).videos[0] == clip
    assert len([entry for entry in emulator.journal() if "/storage/" in entry.path]) == 1


def test_two_hundred_jobs_at_once(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    """Every clip arrives, none twice."""
    jobs = [client.submit(f"Cat {number}", seconds=4, storage_uri="gs://films/") for number in range(200)]
    videos = [job.wait(600).videos[0] for job in jobs]
    assert len({video.sha256 for video in videos}) == 200
    assert len(list((tmp_path / "veo_clips").glob("*.mp4"))) == 200
    assert len(creates(emulator)) == 200
    assert len([entry for entry in emulator.journal() if "/storage/" in entry.path]) == 200


PROGRAM = """
import os, signal, sys
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
job = veo.submit("---\\npolls: 2\\n---\\nA cat", seconds=4)
print(job.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def started(program: str, emulator: Emulator, folder: Path) -> subprocess.Popen[str]:
    """Start a program of a user's, with a ledger of its own in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, emulator.base_url, str(folder / "clips")],
        env={**os.environ, "VEO_WIDGETS_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(program: str, emulator: Emulator, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of a user's to its end; see `started`."""
    with started(program, emulator, folder) as process:
        out, errors = process.communicate(timeout=600)
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def test_a_killed_program_loses_nothing_and_pays_once(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    killed = run(PROGRAM, emulator, tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    job = make_client().job(killed.stdout.strip())
    assert job.wait(600).videos[0].path.parent == tmp_path / "clips"
    assert len(creates(emulator)) == 1


def test_a_job_whose_create_was_under_way_when_the_program_died_is_unknown(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    emulator.script(on="create", fault="slow")
    with started(PROGRAM, emulator, tmp_path) as program:
        while not creates(emulator):
            assert program.poll() is None
            time.sleep(0.01)
        program.kill()
    (job,) = make_client().jobs()
    with pytest.raises(errors.UnknownOutcomeError, match="may be charged"):
        job.wait(600)


FORK = """
import os, sys
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
job = veo.submit("A cat", seconds=4)
child = os.fork()
if child == 0:
    try:
        print(job.state)
    except veo.VeoError as error:
        os._exit(7 if "spawn" in str(error) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_is_told_instead_of_left_waiting(emulator: Emulator, tmp_path: Path) -> None:
    assert run(FORK, emulator, tmp_path).stdout.strip() == "7"


def test_a_plain_script_ends_when_its_code_ends(emulator: Emulator, tmp_path: Path) -> None:
    """No thread of ours keeps a program alive, not even with a job still running."""
    program = PROGRAM.replace("os.kill(os.getpid(), signal.SIGKILL)", "").replace("polls: 2", "polls: 9999")
    ended = run(program, emulator, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_no_key_is_written_anywhere(
    make_client: Callable[..., Client], settings: Settings, tmp_path: Path, emulator: Emulator
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("canary-5f3a")), hasty=True)
    job = client.submit("A cat", model="veo-3.1-generate-preview", allow_retired=True).wait(600)
    shown = repr(client.settings) + repr(job.record) + repr(vars(client.asynchronous))
    client.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"canary-5f3a" not in path.read_bytes(), path
    assert "canary" not in shown + repr(emulator.journal())
