"""Puts clips into buckets once they are whole on this machine, and those again that could not be put there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import anyio
import anyio.to_thread

from ..config.log import LOGGER
from ..domain import buckets, job_transitions
from ..domain.errors import DownloadError, InvalidRequestError, VeoError
from ..domain.job_record import JobRecord
from ..domain.media import Video
from ..domain.paths import is_there
from ..storage.clips import uploading
from .job_store import JobStore

# So long a store may take to say whether it can be written: longer than any package tries to connect.
_CHECK_SECONDS = 60.0


class Uploads:
    """The clips of one client that go into buckets.

    Args:
        store: where it is noted what is there.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def check(self, bucket: str) -> None:
        """Refuse a folder in a bucket that cannot be written, before anything is paid for.

        Args:
            bucket: its address; empty for none.

        Raises:
            InvalidRequestError: it cannot, or does not answer.
            MissingExtraError: the extra ``cloud`` is not installed.
        """
        if not bucket:
            return
        with anyio.move_on_after(_CHECK_SECONDS):
            # Left behind where the store does not answer: its package would go on trying.
            await anyio.to_thread.run_sync(partial(buckets.check, bucket), abandon_on_cancel=True)
            return
        message = f"folder: {bucket!r} has not answered for {_CHECK_SECONDS:g} s, so nothing was sent."
        raise InvalidRequestError(message, parameter="folder", value=bucket)

    async def put_up(self, record: JobRecord) -> JobRecord:
        """A finished job with the address of each clip that is in its bucket now; what could not be put there is told.

        The files on this machine stay. Nothing is written down here.
        """
        videos, troubles = list[Video](), list[str]()
        for video in record.videos:
            try:
                videos.append(await anyio.to_thread.run_sync(uploading.put_up, record, video))
            except DownloadError as error:
                videos.append(video)
                troubles.append(
                    f"{error} It is kept at {str(video.path)!r}; job.save() or veo.resume() tries again, for free."
                )
        record = replace(record, videos=tuple(videos))
        if not troubles:
            return replace(record, troubled=False)
        LOGGER.warning("job %s: %s", record.id, troubles[0])
        return job_transitions.troubled(record, troubles[0], self._store.clock.now())

    async def again(self, record: JobRecord) -> JobRecord:
        """Put up what is left of a finished job, and write down what has changed by that."""
        if not record.lacks_upload:
            return record
        # Once begun it is brought to its end, and noted: a client that is closed waits for it.
        with anyio.CancelScope(shield=True):
            after = await self.put_up(record)
            if (after.trouble, _there(after)) != (record.trouble, _there(record)):
                after = await self._store.keep(after, "put into its bucket")
        return after

    async def put_up_left_over(self) -> list[JobRecord]:
        """Do the same for the newest jobs with such clips on this machine; what fails again is told by the job."""
        found = list[JobRecord]()
        with suppress(VeoError):
            for record in await self._store.ledger.do(lambda ledger: ledger.without_uploads()):
                if await anyio.to_thread.run_sync(_is_here, record):
                    found.append(await self.again(record))
        return found


def _there(record: JobRecord) -> list[bool]:
    return [bool(video.uri) for video in record.videos]


def _is_here(record: JobRecord) -> bool:
    return all(video.uri or is_there(video.path) for video in record.videos)
