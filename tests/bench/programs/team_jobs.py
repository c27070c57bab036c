"""What a kernel asks of the ledger for one job, from its intent to its clip."""

import os
import random
import time
from dataclasses import replace
from pathlib import Path

from veo_widgets.config.accounts import Settings
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.media import Video
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.secret import Secret
from veo_widgets.session.client import Client
from veo_widgets.storage.ledger.ledger import Ledger

PRICE, MODEL, LIMITS = 0.8, "veo-3.1-fast-generate-001", {"day": 1e6, "month": 1e6, "session": 1e6}
PROMPT = "A train crosses a river slowly at dawn; the camera follows it from above, and the city wakes up behind it. "


def opened(folder, url):
    """The ledger as a kernel of another machine opens it, or a file."""
    return Ledger(Path(folder) / "ledger.sqlite3", url=Secret(url) if url else None)


def record(name):
    """A new job."""
    now = time.time()
    request = VideoRequest(f"{PROMPT}{name}", MODEL, duration_seconds=8.0)
    given = ("agent_platform", "agent-platform", "predict_long_running", Cost(PRICE, seconds=8), now, now, "/clips")
    return JobRecord(name, JobState.SUBMITTING, request, *given, endpoint={"project": "studio", "location": "global"})


def submitted(ledger, new):
    """Write down what a submit does: its intent, that it leaves, and the answer. Returns the job, and the seconds."""
    began = time.perf_counter()
    ledger.reserve(new, "intent", {}, LIMITS, seconds=75.0)
    sending = replace(new, sending_at=time.time(), updated_at=time.time())
    assert ledger.begin_sending(sending, "", {}, LIMITS)
    job = replace(sending, state=JobState.QUEUED, operation=f"operations/{new.id}", submitted_at=time.time())
    ledger.write(job, "accepted")
    return job, time.perf_counter() - began


def brought_home(ledger, job):
    """Write down the rest of a job's life."""
    ledger.durations(job.provider, job.model)
    for state in (JobState.RUNNING, JobState.DOWNLOADING):
        assert ledger.lease(job.id, time.time(), 75.0)
        job = replace(ledger.reread(job), state=state, polls=job.polls + 1, updated_at=time.time())
        ledger.write(job)
    video = Video(Path(f"/clips/{job.id}.mp4"), bytes=9_000_000, width=1280, height=720)
    job = replace(job, state=JobState.SUCCEEDED, videos=(video,), finished_at=time.time(), updated_at=time.time())
    ledger.write(job)
    ledger.note_digests(replace(job, videos=(replace(video, digest="0" * 64),)))
    ledger.release(job.id)


def client_of(said):
    """A client that sends to the emulator as if that were paid."""
    os.environ |= {"GOOGLE_API_KEY": "a-key", "VEO_LEDGER_URL": said["url"]}
    settings = Settings(
        provider="gemini", base_url=said["base_url"], model="gemini-omni-1.1-flash", requests_per_minute=10_000
    )
    client = Client(settings, home=f"{said['folder']}/home")
    client.budget(day=1e6, month=1e6, session=1e6)
    return client


def submit(client):
    """What `%%veo` does: looks for the same request, then sends a new one. It is not waited for."""
    began = time.perf_counter()
    plan = client.plan(f"A train, take {random.random()}", max_cost=10.0)
    client.call(client.asynchronous.sent_before, plan)
    job = client.submit_plan(plan)
    took = time.perf_counter() - began
    client.call(client.asynchronous.detach, job.id)
    return took * 1000
