"""A ledger with ten thousand jobs: the list, the resume, and one change of state. Prints milliseconds."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from veo_widgets.config import Settings
from veo_widgets.ledger import Ledger
from veo_widgets.ledger_rows import write_job
from veo_widgets.pricing import Cost
from veo_widgets.record import JobRecord, JobState
from veo_widgets.request import VideoRequest
from veo_widgets.sync import Client

said = json.load(sys.stdin)
home = Path(said["folder"]) / "home"


def job(number, state):
    return JobRecord(
        id=f"job{number:05}",
        state=state,
        request=VideoRequest(f"A cat, take {number}", "veo-3.1-fast-generate-001", duration_seconds=8.0),
        provider="emulator",
        surface="agent-platform",
        wire="predictLongRunning",
        cost=Cost(0.8, seconds=8),
        created_at=1e9 + number,
        updated_at=1e9 + number,
        submitted_at=1e9 + number,
        finished_at=1e9 + number + 60,
        folder="/clips",
        endpoint={"base_url": said["base_url"]},
        operation=f"projects/p/locations/l/publishers/google/models/m/operations/{number}",
    )


def timed(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


ledger = Ledger(home / "ledger.sqlite3")
states = [JobState.SUCCEEDED] * (said["jobs"] - said["open"]) + [JobState.RUNNING] * said["open"]
records = [job(number, state) for number, state in enumerate(states)]
ledger._file.write(lambda db: [write_job(db, record, "") for record in records])
opened = records[-1]
changes = [
    timed(lambda state=state: ledger.write(replace(opened, state=state)))
    for state in (JobState.DOWNLOADING, JobState.RUNNING) * 50
]
ledger.close()
with Client(Settings(provider="emulator", base_url=said["base_url"]), home=home) as client:
    client.jobs(1)
    listed = median(timed(client.jobs) for _ in range(9))
    every = timed(lambda: client.jobs(None))
    resumed = timed(client.resume)
print(json.dumps({"jobs_ms": listed, "all_jobs_ms": every, "resume_ms": resumed, "change_ms": median(changes)}))
