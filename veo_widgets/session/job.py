"""Jobs and clips as people hold them: to wait for, to look at, to show.

A `Job` is a handle for something that runs elsewhere; losing it or interrupting it does nothing to the job.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from ..client.live_jobs import Listener, Sighting
from ..client.notices import aside, warn_of_differences
from ..client.progress import Line, metered
from ..client.remote_videos import Picture
from ..domain.arguments import NAME, NONE, PATH, SECONDS, TEXT, accepts
from ..domain.errors import DownloadError, InvalidRequestError, LedgerError
from ..domain.job_record import JobRecord, JobState
from ..domain.paths import expanded
from ..domain.pricing import Cost
from ..domain.request import VideoRequest
from ..domain.tables import Table
from ..storage.clips import names
from .comm_queue import serve_comms
from .job_references import Reference, teller
from .job_tables import frame_of, table_of
from .loop import Loop
from .status_lines import line_of, shorten
from .videos import Videos
from .waiting import result, result_in_loop, woken


class Job(Reference):
    """A submitted request and its result.

    ``job.wait()`` blocks, ``await job`` does not; both end when the clips are on disk. Interrupting the wait or losing
    this object does not affect the job. Jobs with the same id are equal, and a job pickled by Dask or for a pool of
    processes is the same job there.
    """

    @accepts(job_id=NAME)
    def __init__(self, client: Loop | Callable[[], Loop], job_id: str) -> None:
        super().__init__(client, job_id)

    @property
    def record(self) -> JobRecord:
        """Everything the ledger knows about the job."""
        return self.client.call(self.client.asynchronous.job, self.id)

    @property
    def sighting(self) -> Sighting:
        """The record, and what is happening right now."""
        return self.client.call(self.client.asynchronous.sighting, self.id)

    @property
    def state(self) -> JobState:
        """The state of the job."""
        return self.record.state

    @property
    def cost(self) -> Cost:
        """The price: an estimate while the job runs, final when it has ended."""
        return self.record.cost

    @property
    def request(self) -> VideoRequest:
        """The request that was sent."""
        return self.record.request

    @property
    def videos(self) -> Videos:
        """The clips on disk; empty until the job has succeeded."""
        return Videos(self.record.videos)

    @property
    def differences(self) -> tuple[str, ...]:
        """How the clips differ from the request, such as ``4 s instead of 8 s``."""
        return self.record.differences

    @property
    def events(self) -> list[tuple[float, str, str]]:
        """Time, state and detail of each change, oldest first."""
        return self.client.call(self.client.asynchronous.events, self.id)

    def start_waiting(self, timeout: float | None = None) -> concurrent.futures.Future[JobRecord]:
        """Begin to wait on the background loop; whoever does calls `waited` in the end."""
        return self.client.start(self.client.asynchronous.end_of, self.id, timeout)

    @accepts(timeout=SECONDS)
    def wait(self, timeout: float | None = None) -> Self:
        """Block until the clips are on disk, with progress. Problems are reported on standard error.

        If the clips differ from the request, you get a `DeliveryWarning`, once per program.

        Args:
            timeout: seconds; after that the waiting ends, not the job.

        Returns:
            This job.

        Raises:
            WaitTimeoutError: it took longer.
            JobError: the job ended without a clip; its type says why.
            KeyboardInterrupt: the waiting was interrupted; the job carries on.
        """
        future = self.start_waiting(timeout)
        try:
            with metered(self._progress_line) as tick:
                result(future, None, tick, teller([self]), serve_comms)
        except KeyboardInterrupt:
            # This ends the waiting for the job, not the job.
            future.cancel()
            raise KeyboardInterrupt(
                f"Stopped waiting; job {self.id} keeps running. Call job.wait() to wait again."
            ) from None
        finally:
            self.waited(future)
        return self

    def __await__(self) -> Generator[Any, None, Self]:
        # Through a generator: where the end comes as a tick is cancelled, CPython leaves whoever awaits a coroutine's
        # wrapper out of the stack, and a warning is blamed on the loop.
        return (yield from self._wait_in_loop().__await__())

    async def _wait_in_loop(self) -> Self:
        future = self.start_waiting()
        try:
            with metered(self._progress_line) as tick:
                await result_in_loop(future, tick, teller([self]), serve_comms)
        finally:
            future.cancel()
            self.waited(future)
        return self

    def _progress_line(self, last: bool) -> Line:  # noqa: FBT001 (what `Meter` asks with)
        return line_of(self.sighting, self.client.asynchronous.now(), last=last)

    async def watch(self) -> AsyncIterator[JobState]:
        """Yield each state from now on, until the job ends. Leaving the loop does not affect the job.

        ```python
        job = veo.submit("A cat playing with a ball of yarn")
        async for state in job.watch():
            print(state)
        ```
        """
        loop, states, arrived = asyncio.get_running_loop(), deque[JobState](), asyncio.Event()

        def tell(seen: Sighting) -> None:
            states.append(seen.record.state)
            # It is called on the background loop, and asyncio's events belong to the loop that waits for them.
            loop.call_soon_threadsafe(arrived.set)

        end_listening = self.listen(tell)
        # Whoever waits has the job watched; otherwise nothing might ever change.
        waiting = self.start_waiting()
        try:
            shown = state = self.state
            yield state
            while not state.is_final:
                await woken(arrived, None, serve_comms)
                arrived.clear()
                # Several may have come between two turns of this loop, and none is left out.
                while states:
                    state = states.popleft()
                    if state is not shown:
                        shown = state
                        yield state
        finally:
            end_listening()
            self.waited(waiting)
            waiting.cancel()

    def after_wait(self, action: Callable[[], None]) -> None:
        """Have `action` called by whoever has waited for the clips, in the waiting thread and cell.

        Programs that run notebooks read only what the cell that runs now has to say; what the background says for an
        earlier cell is lost on them.
        """
        self.client.after_wait.setdefault(self.id, []).append(action)

    def waited(self, future: concurrent.futures.Future[JobRecord]) -> None:
        """Do what was to be done `after_wait`, if the job has ended."""
        # A wait that timed out has nothing to say yet, and one that the ledger ended has said why.
        if not future.done() or future.cancelled() or isinstance(future.exception(), LedgerError):
            return
        if (record := self.record).state.is_final:
            for action in self.client.after_wait.pop(self.id, ()):
                action()
            warn_of_differences(record)

    @accepts(path=PATH | NONE)
    def save(self, path: str | Path | None = None) -> list[Path]:
        """Copy the clips, each with its recipe. Nothing is overwritten.

        Args:
            path: a folder or a file name. With several clips a number is added; each clip keeps its own extension.
                Without one, clips that could not be put into their bucket are put there now.

        Returns:
            The copies; without `path`, the clips on this machine.

        Raises:
            InvalidRequestError: there is no clip yet.
            DownloadError: the disk refused.
        """
        if path is None:
            return self._upload()
        videos, target = self.videos, expanded(path).absolute()
        if not videos:
            message = f"job: {self.id} is {self.state} and has no clip to save; wait for it first."
            raise InvalidRequestError(message, parameter="job", value=self.id)
        try:
            return [names.copy_to(video, target, numbered=len(videos) > 1) for video in videos]
        except OSError as error:
            raise DownloadError(f"path: cannot save to {str(path)!r}: {error.strerror or error}.") from error

    def _upload(self) -> list[Path]:
        record = self.record
        if not (record.bucket and record.videos):
            message = (
                f"path: job {self.id} has no clip that goes into a bucket; give the folder or the file to copy to."
            )
            raise InvalidRequestError(message, parameter="path", value=None)
        return [video.path for video in self.client.call(self.client.asynchronous.upload, self.id).videos]

    def detach(self) -> None:
        """Stop watching. The job carries on; `wait` watches it again."""
        self.client.call(self.client.asynchronous.detach, self.id)

    def retry(self) -> Job:
        """Send the same request again as a new job; this costs money again."""
        return Job(self.client, self.client.call(self.client.asynchronous.retry, self.id).id)

    def look_for(self, operation: str = "") -> Self:
        """Check whether the service has this job, whose answer was lost; if so, watch it. Free.

        If the clips could not be downloaded, the download is tried again.

        Args:
            operation: the service's name for the job, if you found it in the service's console.

        Raises:
            InvalidRequestError: the answer was not lost, or the service keeps no list of jobs.
        """
        self.client.call(self.client.asynchronous.look_for, self.id, operation)
        return self

    def forget(self) -> Self:
        """Mark this job, whose answer was lost, as failed. If the service runs it, it is still charged."""
        self.client.call(self.client.asynchronous.forget, self.id)
        return self

    @accepts(prompt=TEXT)
    def edit(self, prompt: str, **values: Any) -> Job:
        """Edit the finished clip as `prompt` says, in a new job at the same provider; this costs money.

        Args:
            prompt: what to change, such as ``"make it night"``.
            values: as for `submit`; ``sample`` chooses one of several clips, counted from 0.

        Raises:
            InvalidRequestError: there is no clip, or the model cannot edit clips.
        """
        return self._start_sequel(self.client.asynchronous.edit, prompt, values)

    @accepts(prompt=TEXT)
    def remix(self, prompt: str, **values: Any) -> Job:
        """Have a ``/v1/videos`` service remake the video with a change, in a new job there; this costs money.

        Args:
            prompt: what should be different.
            values: as for `edit`.

        Raises:
            InvalidRequestError: there is no clip, or the service cannot remix videos.
        """
        return self._start_sequel(self.client.asynchronous.remix, prompt, values)

    @accepts(prompt=TEXT, seconds=SECONDS)
    def extend(self, prompt: str, seconds: float | None = None, **values: Any) -> Job:
        """Continue the finished clip in a new job at the same provider; this costs money.

        Args:
            prompt: what happens next.
            seconds: how much longer to make it; default is the model's.
            values: as for `edit`.

        Raises:
            InvalidRequestError: there is no clip, or the model cannot extend clips.
        """
        return self._start_sequel(self.client.asynchronous.extend, prompt, {**values, "seconds": seconds})

    def _start_sequel(
        self, verb: Callable[..., Coroutine[Any, Any, JobRecord]], prompt: str, values: dict[str, Any]
    ) -> Job:
        return Job(self.client, self.client.call(partial(verb, self.id, prompt, **values)).id)

    def thumbnail(self) -> Path:
        """Save the service's thumbnail of the video beside the clip; returns the file.

        Raises:
            InvalidRequestError: there is no clip, or the service makes no thumbnails.
        """
        return self._save_picture("thumbnail")

    def spritesheet(self) -> Path:
        """Save the service's sheet of frames from the video beside the clip; see `thumbnail`."""
        return self._save_picture("spritesheet")

    def _save_picture(self, variant: Picture) -> Path:
        return self.client.call(self.client.asynchronous.remote.picture, self.record, variant)

    def delete_remote(self) -> Self:
        """Delete the video of a finished job at the service; the clip on disk stays.

        Raises:
            InvalidRequestError: the job has not ended, or the service cannot delete videos.
        """
        self.client.call(self.client.asynchronous.remote.delete, self.record)
        return self

    def cancel(self) -> Self:
        """Ask the service to stop the job, if it can. A job that has ended stays as it is.

        Raises:
            InvalidRequestError: the service cannot stop it.
        """
        self.client.call(self.client.asynchronous.cancel, self.id)
        return self

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called on the background loop at every change; returns a function that ends it."""

        async def begin() -> Callable[[], None]:
            return self.client.asynchronous.listen(self.id, listener)

        return self.client.call(begin)

    def __repr__(self) -> str:
        told = aside(record := self.record)
        return f"Job({shorten(record.request.prompt, 60)!r}{told and f', {told}'})"

    def _ipython_display_(self) -> None:
        # By name: what draws a job lies above, and is loaded only where there is something to draw on.
        import_module("veo_widgets").show(self)


class Jobs(list[Job]):
    """Jobs as a list; in a notebook and as text, a table.

    Args:
        client: looks after them.
        records: of each what is known.
        remark: what is said where there are none.
        note: what is said in any case.
    """

    def __init__(
        self, client: Loop, records: Iterable[JobRecord], remark: str = "No jobs yet.", note: str = ""
    ) -> None:
        self._records, self._remark, self.note = list(records), remark, note
        super().__init__(Job(client, record.id) for record in self._records)

    @property
    def videos(self) -> Videos:
        """The clips of all of them, in their order, as they were when the jobs were listed."""
        return Videos(video for record in self._records for video in record.videos)

    def _table(self) -> Table:
        return table_of(self._records, " ".join(filter(None, ("" if self._records else self._remark, self.note))))

    def __repr__(self) -> str:
        return repr(self._table())

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()

    def to_frame(self) -> Any:
        """One row for each job as a pandas ``DataFrame``, with whole prompts, US dollars and times.

        Raises:
            VeoError: pandas is not installed.
        """
        return frame_of(self._records)
