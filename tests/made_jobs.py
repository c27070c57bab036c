"""Thousands of jobs in a ledger, at once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.media import Video
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.storage.ledger.job_rows import write_job
from veo_widgets.storage.ledger.ledger import Ledger

# In one prompt of them all.
RARE = "zeppelin"
NOTEBOOKS = ("/notebooks/cats.ipynb", "/notebooks/films/dusk.ipynb")
_STATES = ("succeeded", "succeeded", "succeeded", "failed", "filtered", "succeeded")
_MODELS = ("veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001", "gemini-omni-1.1-flash")
_SUBJECTS = ("A cat in a garden", "A lighthouse at dusk", "Rain on a window", "A market in the morning")
_HOUR = 3600.0


def write_many(path: Path, count: int, folder: Path, *, now: float = 1_790_000_000.0) -> list[JobRecord]:
    """Write jobs, one for each of the last hours, in one transaction; returns them newest first.

    Args:
        path: the ledger.
        count: how many.
        folder: where their clips were, which are not made.
        now: when the newest was submitted, in seconds since the epoch.
    """
    made = [_job(number, count, folder, now) for number in range(count)]
    with closing(Ledger(path)) as ledger:
        ledger._file.write(lambda db: [write_job(db, record, "") for record in made])
    return made[::-1]


def _job(number: int, count: int, folder: Path, now: float) -> JobRecord:
    state = _STATES[number % len(_STATES)]
    name, at = f"made{number:05}", now - (count - 1 - number) * _HOUR
    words = f"{_SUBJECTS[number % len(_SUBJECTS)]}, take {number}"
    clip = Video(folder / f"{name}.mp4", bytes=1_000_000 + number, seconds=8.0, width=1280, height=720, job_id=name)
    return JobRecord(
        id=name,
        state=JobState(state),
        request=VideoRequest(f"{words}, with a {RARE}" if number == count // 3 else words, _MODELS[number % 3]),
        provider="agent_platform",
        surface="agent-platform",
        wire="predictLongRunning",
        cost=Cost((0.4, 1.2, 6.0)[number % 3], seconds=8),
        created_at=at,
        updated_at=at,
        submitted_at=at,
        finished_at=at + 60,
        folder=str(folder),
        videos=(clip,) if state == "succeeded" else (),
        notebook=NOTEBOOKS[number % 2],
    )
