"""One run over the pieces of a film or a batch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import anyio

from ...client.async_client import AsyncClient
from ...domain.errors import JobError, VeoError
from ...domain.job_record import JobRecord, JobState

# How many creates are under way at once: enough to keep a service busy, few enough to keep their order.
_SENDING = 4
_ANSWER_SECONDS = 60.0


@dataclass
class Run:
    """One run over the pieces.

    Attributes:
        known: the jobs that there were at its beginning, by place.
        retry: whether pieces without a clip are sent again.
        turns: lets so many pieces run at once.
        sending: lets so many creates be under way at once.
        scope: cancelled to send nothing more.
        hopeless: why nothing more needs to be sent, such as a wrong key.
    """

    known: Mapping[str, JobRecord]
    retry: bool
    turns: anyio.Semaphore
    sending: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(_SENDING))
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    hopeless: VeoError | None = None


async def wait_if_unsent(client: AsyncClient, known: JobRecord | None) -> JobRecord | None:
    """A piece's job, once it has ended: a program may have died before it had sent it."""
    if known is None or known.state.is_final:
        return known
    with suppress(JobError):
        return await client.end_of(known.id)
    return await client.job(known.id)


async def cancel_unsent(client: AsyncClient, group: str) -> None:
    """Cancel the jobs of a film or a batch that the service has not taken up."""
    # The answer to a create under way tells whether its job is held back; of another program's it may never come.
    with anyio.move_on_after(_ANSWER_SECONDS):
        while unsent := [record for record in (await client.group(group)).values() if _is_unsent(record)]:
            for record in unsent:
                if record.held_back:
                    await client.cancel(record.id)
            await anyio.sleep(0.1)


def _is_unsent(record: JobRecord) -> bool:
    return not record.state.is_final and (record.held_back or record.state is JobState.SUBMITTING)
