"""Jobs whose answer was lost: look whether the service has them, or forget them. What is done is the user's choice."""

from __future__ import annotations

from dataclasses import replace

from . import transitions
from .errors import InvalidRequestError
from .keeper import Keeper
from .problems import FORGOTTEN
from .record import JobRecord, JobState
from .remote import Remote, RemoteVideo

# A service may write a job down before our clock says that it was sent, and no request takes longer than this.
_BEFORE, _AFTER = 120.0, 900.0
# Pages of a service's list that are read, newest first.
_PAGES = 10


class Lost:
    """What can be done about an answer that never came, for one client.

    Args:
        keeper: knows our jobs.
        remote: knows what a service keeps.
    """

    def __init__(self, keeper: Keeper, remote: Remote) -> None:
        self._keeper, self._remote = keeper, remote

    async def look_for(self, record: JobRecord, operation: str = "") -> JobRecord:
        """Look whether the service has a job after all. Costs nothing.

        Args:
            record: a job in the state ``unknown``.
            operation: the service's name for it, as its console tells; default is to search the service's own list for
                a video of that time with that prompt which is no job of ours.

        Returns:
            The job: with its operation if there is exactly one such video, else as it was, with a notice that says what
            was found.

        Raises:
            InvalidRequestError: the job's answer was not lost, or its service keeps no list.
            ServiceError: the service would not tell.
        """
        _check(record)
        if operation:
            return await self._found(record, operation)
        if not record.is_listed:
            raise InvalidRequestError(
                f"job: {record.id} cannot be looked for: its service keeps no list. Look in its console; "
                f"veo.job({record.id!r}).look_for('NAME') takes up the operation that you find there.",
                parameter="job",
                value=record.id,
            )
        fitting = await self._fitting(record)
        if len(fitting) == 1:
            return await self._found(record, fitting[0].video.id)
        ids = ", ".join(item.video.id for item in fitting)
        notice = (
            f"Several videos fit: {ids}. look_for('ID') takes one of them."
            if fitting
            else "The service lists no video with this prompt from that time: it was probably never started."
        )
        now = self._keeper.clock.now()
        return await self._keeper.keep(replace(record, notice=notice, updated_at=now), "looked for")

    async def _found(self, record: JobRecord, operation: str) -> JobRecord:
        seen = replace(record, problem=None, notice="", finished_at=None)
        return await self._keeper.keep(transitions.accepted(seen, operation, self._keeper.clock.now()), "found again")

    async def _fitting(self, record: JobRecord) -> list[RemoteVideo]:
        """The service's videos that may be this job: its prompt, from its time, and nobody else's."""
        found: list[RemoteVideo] = []
        after = ""
        for _ in range(_PAGES):
            page = await self._remote.videos(record.provider, after=after, profile=record.profile or None)
            found += [item for item in page if not item.job_id and _fits(item, record)]
            oldest = page[-1].video.created_at if page else None
            after = page.after
            if not after or (oldest is not None and oldest < record.created_at - _BEFORE):
                break
        return found

    async def forget(self, record: JobRecord) -> JobRecord:
        """Take a job for failed, as the user has decided. Its price stays, since it may be charged.

        Raises:
            InvalidRequestError: the job's answer was not lost.
        """
        _check(record)
        now = self._keeper.clock.now()
        return await self._keeper.keep(transitions.ended(record, JobState.FAILED, FORGOTTEN, now), "forgotten")


def _check(record: JobRecord) -> None:
    if record.state is not JobState.UNKNOWN:
        raise InvalidRequestError(
            f"job: {record.id} is {record.state}; only a job whose answer was lost is looked for or forgotten.",
            parameter="job",
            value=record.id,
        )


def _fits(item: RemoteVideo, record: JobRecord) -> bool:
    at = item.video.created_at
    in_time = at is None or record.created_at - _BEFORE <= at <= record.created_at + _AFTER
    return in_time and " ".join(item.video.prompt.split()) == " ".join(record.request.prompt.split())
