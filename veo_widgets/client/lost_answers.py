"""Jobs whose answer was lost: look whether the service has them, or forget them. What is done is the user's choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..domain import job_transitions
from ..domain.errors import InvalidRequestError
from ..domain.job_record import JobRecord, JobState
from ..domain.problems import FORGOTTEN
from .job_route import keeps_list
from .job_store import JobStore
from .remote_videos import Remote, RemoteVideo

# A service may write a job down before our clock says that it was sent, and no request takes longer than this.
_BEFORE, _AFTER = 120.0, 900.0
# Pages of a service's list that are read, newest first.
_PAGES = 10


class LostAnswers:
    """What can be done about an answer that never came, for one client.

    Args:
        store: knows our jobs.
        remote: knows what a service keeps.
    """

    def __init__(self, store: JobStore, remote: Remote) -> None:
        self._store, self._remote = store, remote

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
        _refuse_unless_lost(record)
        if operation:
            return await self._take_up(record, operation)
        if not keeps_list(record):
            raise _no_list(record)
        try:
            in_time = await self._videos_of_that_time(record)
        except InvalidRequestError as error:
            raise _no_list(record) from error
        fitting = [item for item in in_time if _words(item.video.prompt) == _words(record.request.prompt)]
        if len(fitting) == 1:
            return await self._take_up(record, fitting[0].video.id)
        now = self._store.clock.now()
        seen = replace(record, notice=_what_was_found(in_time, fitting), updated_at=now)
        return await self._store.keep(seen, "looked for")

    async def _take_up(self, record: JobRecord, operation: str) -> JobRecord:
        seen = replace(record, problem=None, notice="", finished_at=None)
        return await self._store.keep(job_transitions.accepted(seen, operation, self._store.clock.now()), "found again")

    async def _videos_of_that_time(self, record: JobRecord) -> list[RemoteVideo]:
        """The service's videos from about the time of a job that are no jobs of ours."""
        found: list[RemoteVideo] = []
        after = ""
        for _ in range(_PAGES):
            page = await self._remote.beside(record, after)
            found += [item for item in page if not item.job_id and _is_in_time(item, record)]
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
        _refuse_unless_lost(record)
        now = self._store.clock.now()
        return await self._store.keep(job_transitions.ended(record, JobState.FAILED, FORGOTTEN, now), "forgotten")


def _no_list(record: JobRecord) -> InvalidRequestError:
    return InvalidRequestError(
        f"job: {record.id} cannot be looked for: its service keeps no list. Look in its console; "
        f"veo.job({record.id!r}).look_for('NAME') takes up the operation that you find there.",
        parameter="job",
        value=record.id,
    )


def _refuse_unless_lost(record: JobRecord) -> None:
    if record.state is not JobState.UNKNOWN:
        raise InvalidRequestError(
            f"job: {record.id} is {record.state}; only a job whose answer was lost is looked for or forgotten.",
            parameter="job",
            value=record.id,
        )


def _what_was_found(in_time: Sequence[RemoteVideo], fitting: Sequence[RemoteVideo]) -> str:
    """A notice for a job that no single video fits."""
    if fitting:
        return f"Several videos fit: {_ids(fitting)}. look_for('ID') takes one of them."
    # Some servers, such as sglang 0.5.23, list their videos without prompts: nothing tells whose they are.
    unnamed = [item for item in in_time if not item.video.prompt]
    if unnamed:
        return (
            "The service lists its videos without their prompts, so it cannot be told which is this one; from that "
            f"time it has {_ids(unnamed)}. look_for('ID') takes one of them."
        )
    return "The service lists no video with this prompt from that time: it was probably never started."


def _ids(items: Sequence[RemoteVideo]) -> str:
    return ", ".join(item.video.id for item in items)


def _is_in_time(item: RemoteVideo, record: JobRecord) -> bool:
    at = item.video.created_at
    return at is None or record.created_at - _BEFORE <= at <= record.created_at + _AFTER


def _words(prompt: str) -> list[str]:
    return prompt.split()
