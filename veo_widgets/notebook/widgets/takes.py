"""The earlier takes of a cell: jobs with the same request, which stay beside the newest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...client.live_jobs import Sighting
from ...client.plan import Plan
from ...domain.media import Video
from ...session.job import Job
from ...session.loop import Loop
from . import job_state

# The clips of the n-th take are numbered from here and n times the step, above those of a job and its sequels.
_FIRST, _STEP = 1_000_000, 1_000
# A still has up to 20 kB.
MOST_TAKES = 8


@dataclass(frozen=True)
class Rerun:
    """What is known of a cell that was run before.

    Attributes:
        remark: what the card says of this run; empty for nothing.
        takes: number and id of the cell's other jobs with the same request, oldest first.
        number: which take the job is that is shown.
        again: what the card asks to have sent again; None where it does not ask.
        sent: called with the job that a click has sent.
    """

    remark: str = ""
    takes: tuple[tuple[int, str], ...] = ()
    number: int = 1
    again: Plan | None = None
    sent: Callable[[Job], None] | None = None


class Takes:
    """The takes that are shown beside a job.

    Args:
        client: whose jobs they are.
        changed: called on the client's loop when one has changed.
    """

    def __init__(self, client: Loop, changed: Callable[[], None]) -> None:
        self._client, self._changed = client, changed
        self._numbers: dict[str, int] = {}
        self._seen: dict[str, Sighting] = {}
        self._ends: list[Callable[[], None]] = []

    async def add(self, takes: Sequence[tuple[int, str]]) -> None:
        """Show jobs as takes: the number and the id of each."""
        client = self._client.asynchronous
        for number, job_id in takes:
            self._seen[job_id], self._numbers[job_id] = await client.sighting(job_id), number
            self._ends.append(client.listen(job_id, self._receive))

    def _receive(self, seen: Sighting) -> None:
        self._seen[seen.record.id] = seen
        self._changed()

    @property
    def newest(self) -> int:
        """The highest number; 0 where there are none."""
        return max(self._numbers.values(), default=0)

    def describe(self) -> list[dict[str, Any]]:
        """The takes with clips as the browser draws them, oldest first."""
        clips = self.clips()
        shown = [job_id for job_id, seen in self._seen.items() if seen.record.videos][-MOST_TAKES:]
        return [
            {
                "id": job_id,
                "number": self._numbers[job_id],
                "clips": [
                    {**job_state.clip(video), "sample": sample}
                    for sample, video in clips.items()
                    if video.job_id == job_id
                ],
            }
            for job_id in shown
        ]

    def videos(self) -> list[tuple[int, Video]]:
        """The first clip of each take that has one, with the number of the take."""
        records = [seen.record for seen in self._seen.values() if seen.record.videos]
        return [(self._numbers[record.id], record.videos[0]) for record in records[-MOST_TAKES:]]

    def clips(self) -> dict[int, Video]:
        """The clips of all takes, under the numbers that the browser knows."""
        return {
            _FIRST + self._numbers[job_id] * _STEP + video.sample: video
            for job_id, seen in self._seen.items()
            for video in seen.record.videos
        }

    def close(self) -> None:
        """Stop following them; the jobs keep running."""
        while self._ends:
            self._ends.pop()()
