"""Jobs that continue or change a clip, begun from under it."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from ...client.async_client import AsyncClient
from ...client.live_jobs import Sighting
from ...client.plan import following
from ...domain.errors import AcceptedError, JobError, VeoError
from ...domain.job_record import JobRecord, JobState
from ...domain.media import Video
from ...session.loop import Loop
from . import job_state

_PARAMETERS = {"extend": "extend_from", "edit": "edit_from"}
# The clips of the n-th sequel are numbered from n times this, so that they never take a number of the widget's own.
_STEP = 1000


def offers(client: AsyncClient, record: JobRecord) -> dict[str, Any]:
    """What can be made of a finished job's clips, by verb, and at what price; what its model cannot is left out."""
    found: dict[str, Any] = {}
    if record.state is not JobState.SUCCEEDED:
        return found
    for verb, parameter in _PARAMETERS.items():
        try:
            # Any prompt will do: what counts is whether the model can, and at what price.
            plan = client.plan("what happens next", **following(record, parameter, {}))
        except VeoError:
            continue
        if not plan.violations:
            found[verb] = job_state.price(plan.cost, plan.provider.name)
    return found


def offers_of(client: Loop, videos: Iterable[Video]) -> dict[str, dict[str, Any]]:
    """The offers by job; a job that is not in the ledger has none.

    Raises:
        VeoError: the client is closed, or this is its own loop.
    """
    ids = {video.job_id for video in videos if video.job_id}

    async def read() -> dict[str, dict[str, Any]]:
        found = {}
        for job_id in ids:
            with suppress(VeoError):
                found[job_id] = offers(client.asynchronous, await client.asynchronous.job(job_id))
        return found

    return client.call(read) if ids else {}


async def even_if_lost(client: AsyncClient, sending: Coroutine[Any, Any, JobRecord]) -> JobRecord:
    """The job that was sent, also one whose answer was lost or could not be written down.

    That one is there to be seen, and not to be sent again.
    """
    try:
        return await sending
    except (AcceptedError, JobError) as error:
        if not error.job_id:
            raise
        return (await client.sighting(error.job_id)).record


class Sequels:
    """What was begun from the clips of one widget.

    Args:
        client: whose jobs they are.
        changed: called on the client's loop when one has changed.
    """

    def __init__(self, client: Loop, changed: Callable[[], None]) -> None:
        self._client, self._changed = client, changed
        self._seen: dict[str, Sighting] = {}
        self._verbs: dict[str, str] = {}
        self._ends: list[Callable[[], None]] = []

    async def begin(self, verb: str, video: Video, prompt: str) -> JobRecord:
        """Submit a job that continues or changes a clip; it is returned also if its answer was lost.

        Raises:
            VeoError: it cannot be, or may not be paid for; nothing was sent.
        """
        client = self._client.asynchronous
        submit = {"extend": client.extend, "edit": client.edit}[verb]
        record = await even_if_lost(client, submit(video.job_id, prompt, sample=video.sample))
        self._verbs[record.id] = verb
        self._ends.append(client.listen(record.id, self._receive))
        # Only now, so that nothing is missed between the look and the listening.
        self._receive(await client.sighting(record.id))
        return record

    def _receive(self, seen: Sighting) -> None:
        self._seen[seen.record.id] = seen
        self._changed()

    def describe(self) -> list[dict[str, Any]]:
        """Each job as the browser draws it, oldest first."""
        clips = self.clips()
        return [
            {
                **job_state.progress(seen, time.time()),
                "verb": self._verbs[job_id],
                "clips": [
                    {**job_state.clip(video), "sample": number}
                    for number, video in clips.items()
                    if video.job_id == job_id
                ],
            }
            for job_id, seen in self._seen.items()
        ]

    def clips(self) -> dict[int, Video]:
        """The clips of those that have ended, under the numbers that the browser knows."""
        return {
            order * _STEP + video.sample: video
            for order, seen in enumerate(self._seen.values(), 1)
            for video in seen.record.videos
        }

    def close(self) -> None:
        """Stop following them; the jobs keep running."""
        while self._ends:
            self._ends.pop()()
