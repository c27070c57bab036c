"""The same verbs for people: blocking or awaitable, from any thread, over one background loop.

One daemon thread runs the loop and the `AsyncClient` on it. A cell that blocks, a running event loop and a plain script
all talk to that thread, so none of them stops the polling.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Generator, Iterable
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Self, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from .board import Listener, Sighting
from .client import AsyncClient, new_job_id
from .config import Settings
from .credentials import Secret
from .errors import InvalidRequestError, SubmitInterrupted, VeoError, nearest
from .media import Video
from .planning import Plan
from .pricing import Cost
from .record import JobRecord, JobState
from .request import VideoRequest
from .transport import Transport
from .watcher import Clock

T = TypeVar("T")

_lock = threading.RLock()
_FORKED = "This process was forked from one that uses veo_widgets; start it with the 'spawn' method instead."
_CLOSED = "This client is closed; its jobs go on. Make a new one and call resume()."

# Python handles Ctrl-C between two waits only, so no wait is longer than this.
_TICK = 0.2


class Videos(tuple[Video, ...]):
    """The clips of a job; in a notebook each is shown with a player."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return "".join(video._repr_html_() for video in self)


class Client:
    """One background loop and the verbs on it.

    Args:
        settings: as `configure` takes them.
        home: the folder of the ledger; default is `config.home`.
        transport: how to reach the services; made on the loop.
        clock: where time comes from.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        home: Path | None = None,
        transport: Callable[[], Transport] = Transport,
        clock: Clock | None = None,
    ) -> None:
        ready: concurrent.futures.Future[tuple[BlockingPortal, AsyncClient]] = concurrent.futures.Future()

        async def main() -> None:
            made = AsyncClient(settings, home=home, transport=transport(), clock=clock)
            async with BlockingPortal() as portal, made as client:
                ready.set_result((portal, client))
                await portal.sleep_until_stopped()

        def run() -> None:
            try:
                anyio.run(main)
            except BaseException as error:
                if ready.done():
                    raise
                ready.set_exception(error)

        self._thread = threading.Thread(target=run, name="veo_widgets", daemon=True)
        self._thread.start()
        self._portal, self.asynchronous = ready.result()
        # Called where the waiting for a job was done, once it is over: see `Job.after_wait`.
        self.after_wait: dict[str, list[Callable[[], None]]] = {}
        _close_at_the_end(self)

    def close(self) -> None:
        """Stop the watching and the loop. Jobs go on; `resume` picks them up."""
        if self._thread.is_alive():
            try:
                self._portal.call(self._portal.stop, True)  # noqa: FBT003 (anyio's own signature)
            except RuntimeError:
                return
            self._thread.join(15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def settings(self) -> Settings:
        """What new requests use."""
        return self.asynchronous.settings

    def call(self, verb: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run a coroutine function on the loop and wait for it, interruptibly.

        Raises:
            VeoError: the client is closed, or this is its own loop, where nothing may block.
        """
        if threading.current_thread() is self._thread:
            raise VeoError("A listener runs on the background loop and must not block it; read its argument instead.")
        return result(self.start(verb, *arguments))

    def start(self, verb: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> concurrent.futures.Future[T]:
        """Start a coroutine function on the loop.

        Raises:
            VeoError: the client is closed.
        """
        if _forked:
            raise VeoError(_FORKED)
        try:
            return self._portal.start_task_soon(verb, *arguments)
        except RuntimeError:
            raise VeoError(_CLOSED) from None

    def plan(self, prompt: str, **values: Any) -> Plan:
        """Work out request, price and violations; nothing is sent."""
        return self.asynchronous.plan(prompt, **values)

    def submit(self, prompt: str, **values: Any) -> Job:
        """Start a job; see `submit`."""
        return self.submit_plan(self.plan(prompt, **values))

    def submit_plan(self, plan: Plan) -> Job:
        """Start a job that was planned before."""
        for violation in plan.violations:
            raise violation
        job_id = new_job_id()
        try:
            self.call(partial(self.asynchronous.submit_plan, plan, job_id=job_id))
        except KeyboardInterrupt:
            raise SubmitInterrupted(job_id) from None
        return Job(self, job_id)

    def generate(self, prompt: str, *, timeout: float | None = None, **values: Any) -> Videos:
        """Submit, wait, and return the clips."""
        return self.submit(prompt, **values).wait(timeout).videos

    def job(self, job_id: str) -> Job:
        """The job of that id, or of the only id that begins so."""
        return Job(self, self.call(self.asynchronous.job, job_id).id)

    def jobs(self, limit: int | None = 20) -> Jobs:
        """The newest jobs, newest first."""

        async def read() -> list[JobRecord]:
            return await self.asynchronous.jobs(limit=limit)

        return Jobs(self, self.call(read))

    def resume(self) -> Jobs:
        """Watch every open job again."""
        return Jobs(self, self.call(self.asynchronous.resume))


_open: weakref.WeakSet[Client] = weakref.WeakSet()


def _close_at_the_end(client: Client) -> None:
    """Have a client closed when the main thread ends.

    The loop's worker threads are joined before ``atexit`` gets its turn, so the loop has to end earlier than that.
    """

    def guard() -> None:
        threading.main_thread().join()
        for open_client in tuple(_open):
            open_client.close()

    with _lock:
        if not _open:
            threading.Thread(target=guard, name="veo_widgets guard", daemon=True).start()
        _open.add(client)


def result(future: concurrent.futures.Future[T], timeout: float | None = None) -> T:
    """The result of a future. Ctrl-C is noticed at once and ends the waiting alone.

    Args:
        future: from `Client.start`.
        timeout: seconds to wait at most.

    Raises:
        TimeoutError: it takes longer; the task goes on.
    """
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        try:
            return future.result(_TICK)
        except TimeoutError:
            # A TimeoutError of the task itself, or merely the end of a tick.
            if future.done():
                return future.result()
            if end is not None and time.monotonic() > end:
                raise
        except concurrent.futures.CancelledError:
            raise VeoError(_CLOSED) from None


class Job:
    """A submitted request and what becomes of it.

    ``job.wait()`` blocks, ``await job`` does not; both end when the clips are on disk. Neither being interrupted nor
    losing this object does anything to the job.
    """

    def __init__(self, client: Client, job_id: str) -> None:
        self.client = client
        self.id = job_id

    @property
    def record(self) -> JobRecord:
        """Everything the ledger knows of the job."""
        return self.client.call(self.client.asynchronous.job, self.id)

    @property
    def sighting(self) -> Sighting:
        """The record, and what happens at this moment."""
        return self.client.call(self.client.asynchronous.sighting, self.id)

    @property
    def state(self) -> JobState:
        """Where the job stands."""
        return self.record.state

    @property
    def cost(self) -> Cost:
        """The price: expected while the job runs, final when it has ended."""
        return self.record.cost

    @property
    def request(self) -> VideoRequest:
        """What was asked for."""
        return self.record.request

    @property
    def videos(self) -> Videos:
        """The clips on disk; empty until the job has succeeded."""
        return Videos(self.record.videos)

    @property
    def events(self) -> list[tuple[float, str, str]]:
        """Time, state and detail of each change, oldest first."""
        return self.client.call(self.client.asynchronous.events, self.id)

    def _start_waiting(self, timeout: float | None) -> concurrent.futures.Future[JobRecord]:
        return self.client.start(self.client.asynchronous.wait, self.id, timeout)

    def wait(self, timeout: float | None = None) -> Self:
        """Block until the clips are on disk.

        Args:
            timeout: seconds; when they are over the waiting ends, not the job.

        Returns:
            This job.

        Raises:
            WaitTimeoutError: it took longer.
            JobError: the job ended without a clip; the kind says why.
            KeyboardInterrupt: the waiting was interrupted; the job goes on.
        """
        future = self._start_waiting(timeout)
        try:
            result(future)
        except KeyboardInterrupt:
            future.cancel()
            raise KeyboardInterrupt(f"Stopped waiting; job {self.id} goes on. job.wait() waits again.") from None
        finally:
            self._waited(future)
        return self

    def __await__(self) -> Generator[Any, None, Self]:
        return self._wait_in_loop().__await__()

    async def _wait_in_loop(self) -> Self:
        future = self._start_waiting(None)
        waiting = asyncio.wrap_future(future)
        try:
            while not waiting.done():
                # A kernel's loop notices an interrupt only when it wakes up.
                await asyncio.wait({waiting}, timeout=_TICK)
        finally:
            waiting.cancel()
            self._waited(future)
        waiting.result()
        return self

    def after_wait(self, action: Callable[[], None]) -> None:
        """Have `action` called by whoever has waited for the clips, in the waiting thread and cell.

        Programs that run notebooks read only what the cell that runs now has to say; what the background says for an
        earlier cell is lost on them.
        """
        self.client.after_wait.setdefault(self.id, []).append(action)

    def _waited(self, future: concurrent.futures.Future[JobRecord]) -> None:
        # A wait that timed out has nothing to say yet.
        if future.done() and not future.cancelled() and self.record.state.is_final:
            for action in self.client.after_wait.pop(self.id, ()):
                action()

    def detach(self) -> None:
        """Stop watching. The job goes on; `wait` watches again."""
        self.client.call(self.client.asynchronous.detach, self.id)

    def retry(self) -> Job:
        """Send the same request again as a new job, which costs money again."""
        return Job(self.client, self.client.call(self.client.asynchronous.retry, self.id).id)

    def edit(self, prompt: str, **values: Any) -> Job:
        """Have the finished clip changed as `prompt` says, by a new job at the same provider, which costs money.

        Args:
            prompt: what to change, such as ``"make it night"``.
            values: as for `submit`; ``sample`` chooses one of several clips, counted from 0.

        Raises:
            InvalidRequestError: there is no clip, or the model edits none.
        """
        return self._follow(self.client.asynchronous.edit, prompt, values)

    def extend(self, prompt: str, seconds: float | None = None, **values: Any) -> Job:
        """Have the finished clip continued, by a new job at the same provider, which costs money.

        Args:
            prompt: what happens next.
            seconds: how much longer it gets; the model's default if not said.
            values: as for `edit`.

        Raises:
            InvalidRequestError: there is no clip, or the model extends none.
        """
        return self._follow(self.client.asynchronous.extend, prompt, {**values, "seconds": seconds})

    def _follow(self, verb: Callable[..., Coroutine[Any, Any, JobRecord]], prompt: str, values: dict[str, Any]) -> Job:
        return Job(self.client, self.client.call(partial(verb, self.id, prompt, **values)).id)

    def cancel(self) -> Self:
        """Have the service stop the job, where it can; a job that has ended stays as it is.

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
        return f"Job({_shorten(self.record.request.prompt, 60)!r})"

    def _ipython_display_(self) -> None:
        # A job draws itself where there is something to draw on; only then is the widget package loaded.
        from .widgets import show

        show(self)


class Jobs(list[Job]):
    """Jobs as a list; in a notebook and as text, a table."""

    def __init__(self, client: Client, records: Iterable[JobRecord]) -> None:
        self._records = list(records)
        super().__init__(Job(client, record.id) for record in self._records)

    _columns = ("job", "state", "model", "price", "submitted", "prompt", "clip")

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                record.id,
                str(record.state),
                record.model,
                record.cost.text,
                datetime.fromtimestamp(record.created_at).strftime("%Y-%m-%d %H:%M"),  # noqa: DTZ006 (local, for people)
                _shorten(record.request.prompt, 48),
                ", ".join(video.relative_path() for video in record.videos),
            )
            for record in self._records
        ]

    def __repr__(self) -> str:
        if not self._records:
            return "No jobs yet."
        rows = [self._columns, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self._columns))]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        if not self._records:
            return "<p>No jobs yet.</p>"
        head = "".join(f'<th style="text-align:left">{name}</th>' for name in self._columns)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) + "</tr>"
            for row in self._rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shorten(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


_default: Client | None = None


def _refuse_fork() -> None:
    """A forked child has the parent's client without its thread, and SQLite's locks without their owner."""
    global _forked  # noqa: PLW0603 (a fork happens to the whole process)
    _forked = _default is not None or bool(_open)


_forked = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_refuse_fork)


def client() -> Client:
    """The client behind the functions of this module, made when first needed."""
    global _default  # noqa: PLW0603 (one loop for the whole process, as the design wants)
    with _lock:
        if _default is None:
            _default = Client()
        return _default


def submit(prompt: str, **values: Any) -> Job:
    """Start a job. This costs money, unless the provider is the emulator.

    Args:
        prompt: what the clips show.
        values: ``model`` (with or without a prefix such as ``vertex_ai/``), ``provider``, ``profile``,
            ``allow_retired``, and the parameters: ``aspect_ratio``, ``resolution``, ``duration_seconds`` (seconds),
            ``samples``, ``seed``, ``negative_prompt``, ``person_generation``, ``generate_audio``, ``first_frame``,
            ``last_frame``, ``reference_images``, ``reference_videos``, ``extend_from``, ``edit_from``,
            ``upscale_from``, ``storage_uri``; OpenAI's spellings ``seconds``, ``size`` and ``input_reference`` are
            taken too.

    Returns:
        The job, accepted by the service. It is polled for and downloaded in the background.

    Raises:
        InvalidRequestError: the request breaks a rule; nothing was sent.
        ConfigError: no credentials.
        ServiceError: the service refused; nothing was started.
        UnknownOutcomeError: the service's answer was lost.
    """
    return client().submit(prompt, **values)


def generate(prompt: str, *, timeout: float | None = None, **values: Any) -> Videos:
    """Submit, wait until the clips are on disk, and return them; see `submit`.

    Args:
        prompt: what the clips show.
        timeout: seconds to wait at most.
        values: as for `submit`.
    """
    return client().generate(prompt, timeout=timeout, **values)


def job(job_id: str) -> Job:
    """The job of that id, or of the only id that begins so: also one of another notebook or an earlier kernel."""
    return client().job(job_id)


def jobs(limit: int | None = 20) -> Jobs:
    """The newest jobs of every notebook, newest first, as a table.

    Args:
        limit: how many; None for all.
    """
    return client().jobs(limit)


def resume() -> Jobs:
    """Take up every open job again: after a restart, in another notebook, on the same ledger."""
    return client().resume()


def plan(prompt: str, **values: Any) -> Plan:
    """What `submit` would send, its price, and every rule it breaks. Nothing is sent."""
    return client().plan(prompt, **values)


def configure(**values: Any) -> None:
    """Set what new requests use; what is not named stays as it is, and None means "look in the environment" again.

    Args:
        values: ``provider``, ``model``, ``api_key``, ``base_url``, ``project``, ``location``, ``folder``, where clips
            are saved, and ``profile``: the account that these are of and that is used from now on. A name that is new
            begins with nothing set but the folder; None is the account without a name.

    Raises:
        InvalidRequestError: there is no such setting.
    """
    names = [item.name for item in fields(Settings)]
    for name, value in values.items():
        if name not in names:
            raise InvalidRequestError(
                f"{name}: no such setting; there are {', '.join(names)}.{nearest(name, names)}",
                parameter=name,
                value=value,
            )
    if values.get("api_key") is not None:
        values["api_key"] = Secret(str(values["api_key"]))
    if values.get("folder") is not None:
        values["folder"] = Path(values["folder"])
    asynchronous = client().asynchronous
    current = asynchronous.settings
    name = str(values.get("profile", current.profile) or "")
    begun = asynchronous.profiles.get(name, Settings(folder=current.folder))
    asynchronous.settings = replace(begun, **values)
