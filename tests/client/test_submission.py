"""Creates that find no room: kept back, shown, sent once, whoever sends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest

from veo_widgets.client.clock import Clock
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job

from ..conftest import swift


def creates(emulator: Emulator) -> int:
    return sum(entry.kind == "create" for entry in emulator.journal())


def until(client: Client, job: Job, held_back: bool) -> None:
    while job.record.held_back is not held_back:
        client.call(anyio.sleep, 0.02)


def test_a_job_without_room_is_sent_when_there_is_some(
    make_client: Callable[..., Client], emulator: Emulator, swift_clock: Clock
) -> None:
    client = make_client(clock=swift_clock)
    emulator.script(on="create", fault="status-429-bare", times=2)
    job = client.submit("A cat", seconds=4).wait(600)
    assert job.state is JobState.SUCCEEDED
    assert creates(emulator) == 3
    details = [detail for _, _, detail in job.events]
    assert details.count("held back") == details.count("sending again") == 2
    assert not job.record.notice


def test_who_is_told_to_wait_for_a_moment_waits_and_notices_nothing(client: Client, emulator: Emulator) -> None:
    """The quota's own answer asks for one second."""
    emulator.script(on="create", fault="status-429")
    job = client.submit("A cat", seconds=4)
    assert (job.state, creates(emulator)) == (JobState.QUEUED, 2)


def test_waiting_for_quota_is_seen_with_its_moment(client: Client, emulator: Emulator) -> None:
    emulator.script(on="create", fault="status-429-bare")
    before = time.time()
    job = client.submit("A cat", seconds=4)
    assert job.state is JobState.SUBMITTING
    assert job.record.held_back
    assert job.record.notice.startswith("Waiting for quota since ")
    assert "is usually not charged" in job.record.notice
    assert before + 4 < job.sighting.next_poll_at < time.time() + 6
    with pytest.raises(errors.WaitTimeoutError, match=r"keeps running.*Waiting for quota since"):
        job.wait(0.2)
    assert creates(emulator) == 1


def test_a_job_that_waits_for_quota_can_be_called_off(client: Client, emulator: Emulator) -> None:
    emulator.script(on="create", fault="status-429-bare")
    job = client.submit("A cat", seconds=4).cancel()
    assert job.state is JobState.FAILED
    assert job.record.problem.title == "Cancelled"
    assert job.cost.usd == 0
    with pytest.raises(errors.GenerationFailedError, match="A refused request is usually not charged"):
        job.wait(600)
    assert creates(emulator) == 1


def test_a_refusal_after_the_waiting_ends_the_job(
    make_client: Callable[..., Client], emulator: Emulator, swift_clock: Clock
) -> None:
    client = make_client(clock=swift_clock)
    emulator.script(on="create", fault="status-429-bare")
    emulator.script(on="create", fault="status", status=403)
    job = client.submit("A cat", seconds=4)
    with pytest.raises(errors.GenerationFailedError, match="The service says that it refused the request"):
        job.wait(600)
    assert (job.state, job.cost.usd, creates(emulator)) == (JobState.FAILED, 0, 2)


def test_an_answer_lost_after_the_waiting_is_unknown(
    make_client: Callable[..., Client], emulator: Emulator, swift_clock: Clock
) -> None:
    client = make_client(clock=swift_clock)
    emulator.script(on="create", fault="status-429-bare")
    emulator.script(on="create", fault="reset")
    job = client.submit("A cat", seconds=4)
    with pytest.raises(errors.UnknownOutcomeError):
        job.wait(600)
    assert creates(emulator) == 2


def test_an_unreachable_service_is_asked_a_few_times(make_client: Callable[..., Client], settings: Settings) -> None:
    client = make_client(replace(settings, base_url="http://127.0.0.1:9"))
    with pytest.raises(errors.NoAnswerError, match="could not be reached"):
        client.submit("A cat", seconds=4)
    (job,) = client.jobs()
    assert (job.state, job.cost.usd) == (JobState.FAILED, 0)


def test_many_jobs_stay_below_the_limit_instead_of_finding_it_out(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    """Twelve jobs where five are allowed in a minute: their records tell when each was sent."""
    given = replace(
        settings, provider="gemini", api_key=Secret("AIza-x"), model="veo-3.1-generate-preview", requests_per_minute=5
    )
    all_there = threading.Event()
    # However long it takes to submit them, no minute passes meanwhile.
    client = make_client(given, clock=swift(60, all_there.is_set))
    jobs = [client.submit(f"Cat {number}", seconds=4) for number in range(12)]
    assert [job.record.held_back for job in jobs] == [False] * 5 + [True] * 7
    assert "takes 5 requests a minute" in jobs[5].record.notice
    all_there.set()
    left = sorted(job.wait(600).record.submitted_at for job in jobs)
    assert creates(emulator) == 12
    # A request takes some of the clock's quick seconds itself.
    assert all(later - earlier >= 45 for earlier, later in zip(left, left[5:], strict=False))


def test_two_kernels_send_a_job_that_was_kept_back_once(
    make_client: Callable[..., Client], emulator: Emulator, swift_clock: Clock
) -> None:
    first, second = make_client(clock=swift_clock), make_client(clock=swift_clock)
    emulator.script(on="create", fault="status-429-bare", times=3)
    job = first.submit("A cat", seconds=4)
    second.resume()
    job.wait(600)
    assert second.job(job.id).wait(600).state is JobState.SUCCEEDED
    assert creates(emulator) == 4


PROGRAM = """
import os, signal, sys
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
job = veo.submit("A cat", seconds=4)
assert job.record.held_back
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_kept_back_by_a_program_that_died_is_sent_by_resume(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    emulator.script(on="create", fault="status-429-bare")
    died = subprocess.run(
        [sys.executable, "-c", PROGRAM, emulator.base_url, str(tmp_path / "veo_clips")],
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")},
        timeout=600,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    (job,) = make_client().resume()
    assert job.wait(600).state is JobState.SUCCEEDED
    assert creates(emulator) == 2


def test_a_closing_client_leaves_what_is_kept_back_to_the_next(
    make_client: Callable[..., Client], emulator: Emulator
) -> None:
    emulator.script(on="create", fault="status-429-bare")
    first = make_client()
    job = first.submit("A cat", seconds=4)
    first.close()
    second = make_client()
    assert second.job(job.id).record.held_back
    (again,) = second.resume()
    assert again.wait(600).state is JobState.SUCCEEDED
    assert creates(emulator) == 2


def test_a_gateways_503_without_a_word_of_the_service_is_not_answered_with_a_second_create(
    settings: Settings, tmp_path: Path, emulator: Emulator
) -> None:
    """A proxy on the way says so too when it has lost the answer of a create that was taken up."""

    class Losing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            async with httpx.AsyncClient() as inner:
                answer = await inner.send(
                    inner.build_request(
                        request.method, request.url, headers=request.headers, content=await request.aread()
                    )
                )
            if request.url.path.endswith(":predictLongRunning"):
                return httpx.Response(503, text="upstream connect error or disconnect/reset before headers")
            return httpx.Response(
                answer.status_code, headers={"content-type": "application/json"}, content=answer.content
            )

    with Client(settings, home=tmp_path / "home", transport=lambda: Transport(Losing())) as client:
        with pytest.raises(errors.UnknownOutcomeError):
            client.submit("A cat", seconds=4)
        assert [job.state for job in client.jobs()] == [JobState.UNKNOWN]
    assert creates(emulator) == 1
