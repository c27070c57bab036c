"""A ledger with many jobs: the list, searches, a submit, the resume, and a change of state. Prints milliseconds."""

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from veo_widgets.config.accounts import Settings
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.session.client import Client
from veo_widgets.storage.ledger.ledger import Ledger

said = json.load(sys.stdin)
home = Path(said["folder"]) / "home"
# A clip every quarter of an hour, until now: this month has its share of a ledger of any size.
APART, NOW = 900, time.time()
WORDS = ("a", "cat", "dog", "train", "river", "city", "garden", "mountain", "plays", "crosses", "slowly", "at", "dawn")
random.seed(1)
MODEL = JobRecord(
    id="id-of-it",
    state=JobState.SUCCEEDED,
    request=VideoRequest("prompt-of-it", "gemini-omni-1.1-flash", duration_seconds=8.0),
    provider="gemini",
    surface="gemini-api",
    wire="interactions",
    cost=Cost(0.8, seconds=8),
    created_at=NOW,
    updated_at=NOW,
    submitted_at=NOW,
    finished_at=NOW + 60,
    folder="/clips",
    endpoint={"base_url": said["base_url"]},
    operation="operations/id-of-it",
)


def fill(ledger, jobs):
    """Copies of one job, each with an id, a time and a prompt of its own; the last of them run."""
    ledger.write(MODEL)
    columns = [row[1] for row in ledger._file.rows("PRAGMA table_info(jobs)")]
    kept = dict(zip(columns, ledger._file.rows("SELECT * FROM jobs")[0], strict=True))

    def copy(number):
        at, state = NOW - APART * (jobs - number), "running" if number >= jobs - said["open"] else "succeeded"
        # One of a thousand has a word that the others have not.
        prompt = " ".join(random.choices(WORDS, k=30)) + " zeppelin" * (number % 1000 == 500)
        record = kept["record"].replace("id-of-it", f"job{number:06}").replace('"succeeded"', f'"{state}"')
        row = {"id": f"job{number:06}", "state": state, "created_at": at, "updated_at": at, "submitted_at": at}
        row |= {
            "finished_at": at + 60,
            "day": time.strftime("%Y-%m-%d", time.localtime(at)),
            "program": f"p{number >> 6}",
        }
        request = kept["request"].replace("prompt-of-it", f"{prompt}, take {number}")
        return tuple({**kept, **row, "record": record, "request": request}.values())

    insert = f"INSERT INTO jobs VALUES ({', '.join('?' * len(columns))})"
    ledger._file.write(lambda db: db.executemany(insert, map(copy, range(jobs))))


def timed(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def often(work):
    return median(timed(work) for _ in range(25))


def submit(client):
    """What `%%veo` does: looks for the same request, then sends a new one. It is not waited for."""
    began = time.perf_counter()
    plan = client.plan(f"A train, take {random.random()}", max_cost=10.0)
    client.call(client.asynchronous.sent_before, plan)
    job = client.submit_plan(plan)
    took = (time.perf_counter() - began) * 1000
    client.call(client.asynchronous.detach, job.id)
    return took


ledger = Ledger(home / "ledger.sqlite3")
if "filled" not in said:
    fill(ledger, said["jobs"])
    ledger.close()
    # A process that has just worked hard has to wait for others: what is measured is that of a new one.
    again = subprocess.run(
        [sys.executable, __file__], input=json.dumps({**said, "filled": True}), text=True, check=False
    )
    sys.exit(again.returncode)
opened = ledger.read(f"job{said['jobs'] - 1:06}")
changes = [
    timed(lambda state=state: ledger.write(replace(opened, state=state)))
    for state in (JobState.DOWNLOADING, JobState.RUNNING) * 50
]
ledger.close()
os.environ["GOOGLE_API_KEY"] = "a-key"
settings = Settings(
    provider="gemini", base_url=said["base_url"], model="gemini-omni-1.1-flash", requests_per_minute=1000
)
with Client(settings, home=home) as client:
    client.budget(day=1e6, month=1e6, session=1e6)
    client.jobs(1)
    submit(client)
    found = {
        "jobs_ms": often(client.jobs),
        "first_ms": timed(lambda: client.jobs(search="zeppelin")),
        # Each of these adds to the index of prompts, until it is whole.
        "next_ms": median(timed(lambda: client.jobs(search="zeppelin")) for _ in range(11)),
        # As many are found in a small ledger as in a large one.
        "rare_ms": often(lambda: client.jobs(1, search="zeppelin")),
        "common_ms": often(lambda: client.jobs(search="cat mount")),
        "none_ms": often(lambda: client.jobs(search="submarine")),
        "submit_ms": median(submit(client) for _ in range(15)),
        "resume_ms": timed(client.resume),
        "all_jobs_ms": timed(lambda: client.jobs(None)) if said["jobs"] <= 10_000 else 0.0,
    }
print(json.dumps({**found, "change_ms": median(changes)}), flush=True)
# The jobs are made up: nothing comes of waiting for what was asked about them.
os._exit(0)
