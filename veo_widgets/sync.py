"""A blocking client, for any thread, over one background loop.

One daemon thread runs the loop and the `AsyncClient` on it. A cell that blocks, a running event loop and a plain script
all talk to that thread, so none of them stops the polling.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from .archive import new_job_id
from .arguments import COUNT, NONE, accepts, instance_of
from .budgets import Budget
from .client import AsyncClient
from .clock import Clock
from .config import Settings
from .continuations import continued
from .errors import InvalidRequestError, SubmitInterrupted, VeoError
from .handles import Job, Jobs, Videos
from .holders import Hold, remarks
from .planning import DIRECTIONS, Destination, Plan, plan_for
from .problems import unknown_remark
from .progress import Line, metered
from .record import JobRecord
from .remote import RemoteVideo, RemoteVideos
from .sealing import sealed
from .searches import Search
from .spending import Spend
from .transport import Transport
from .waiting import CLOSED, IN_BROWSER, NO_THREADS, at_once, result

T = TypeVar("T")

_FORKED = "This process was forked from one that uses veo_widgets; start it with the 'spawn' method instead."
_lock = threading.Lock()
_loading = threading.Lock()


class Client:
    """One background loop and the verbs on it.

    Args:
        settings: as `configure` takes them.
        home: the folder of the ledger; default is `config.home`.
        transport: how to reach the services; made on the loop.
        clock: where time comes from.
    """

    @accepts(settings=instance_of(Settings, "Settings") | NONE)
    def __init__(
        self,
        settings: Settings | None = None,
        *,
        home: Path | None = None,
        transport: Callable[[], Transport] = Transport,
        clock: Clock | None = None,
    ) -> None:
        # Called where the waiting for a job was done, once it is over: see `Job.after_wait`.
        self.after_wait: dict[str, list[Callable[[], None]]] = {}
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
        if IN_BROWSER:
            # Without the thread, for what has nothing to wait for.
            self.asynchronous = AsyncClient(settings, home=home, transport=transport(), clock=clock)
            return
        self._thread.start()
        self._portal, self.asynchronous = ready.result()
        _close_at_the_end(self)

    def close(self) -> None:
        """Stop the watching and the loop. Jobs go on; `resume` picks them up."""
        if self._thread.is_alive():
            try:
                self._portal.call(self._portal.stop, True)  # noqa: FBT003 (anyio's own signature)
            except RuntimeError:
                return
            self._thread.join(15)

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked of it any more."""
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def opener(self) -> Callable[[], Client]:
        """Opens a client over the same ledger in another process."""
        return partial(client_at, self.asynchronous.home)

    @property
    def settings(self) -> Settings:
        """What new requests use."""
        return self.asynchronous.settings

    def call(self, verb: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run a coroutine function on the loop and wait for it, interruptibly.

        Raises:
            VeoError: the client is closed, or this is its own loop, where nothing may block.
        """
        if IN_BROWSER:
            return at_once(verb(*arguments))
        if threading.current_thread() is self._thread:
            raise VeoError("A listener runs on the background loop and must not block it; read its argument instead.")
        return result(self.start(verb, *arguments))

    def start(self, verb: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> concurrent.futures.Future[T]:
        """Start a coroutine function on the loop, also from the loop itself.

        Raises:
            VeoError: the client is closed, or Python runs in a browser.
        """
        if IN_BROWSER:
            raise VeoError(NO_THREADS)
        if _forked:
            raise VeoError(_FORKED)
        if threading.current_thread() is self._thread:
            return asyncio.run_coroutine_threadsafe(verb(*arguments), asyncio.get_running_loop())
        try:
            return self._portal.start_task_soon(verb, *arguments)
        except RuntimeError:
            raise VeoError(CLOSED) from None

    def plan(self, prompt: str, **values: Any) -> Plan:
        """Work out request, price and violations; nothing is sent."""
        values = continued(sealed(values))
        return self.asynchronous.plan(prompt, **self.call(self.asynchronous.questions.learn_model, values))

    def planner(self) -> Callable[..., Plan]:
        """A function that plans as `plan` does, and looks up once what holds for many requests.

        That is settings, environment, provider and model. Use it for the requests of a moment, and then no more.
        """
        known: dict[tuple[Any, ...], Destination | InvalidRequestError] = {}
        today = self.asynchronous.today()

        def plan(prompt: str, **values: Any) -> Plan:
            values = continued(sealed(values))
            said = {name: values[name] for name in DIRECTIONS if values.get(name) is not None}
            key = tuple(said.items())
            if key not in known:
                known[key] = self._destination(said)
            where = known[key]
            if isinstance(where, InvalidRequestError):
                raise where
            return plan_for(where, prompt, values, today)

        return plan

    def _destination(self, said: dict[str, Any]) -> Destination | InvalidRequestError:
        try:
            return self.asynchronous.destination(**self.call(self.asynchronous.questions.learn_model, said))
        except InvalidRequestError as error:
            return error

    def submit(self, prompt: str, **values: Any) -> Job:
        """Start a job; see `submit`."""
        values = sealed(values)
        return self.submit_plan(self.plan(prompt, **values))

    def submit_plan(self, plan: Plan) -> Job:
        """Start a job that was planned before."""
        for violation in plan.violations:
            raise violation
        job_id = new_job_id()
        try:
            sending = self.start(partial(self.asynchronous.submit_plan, plan, job_id=job_id))
            with metered(lambda _: Line(f"Sending the request{_size(plan)} …"), notable=False) as tick:
                result(sending, None, tick)
        except KeyboardInterrupt:
            raise SubmitInterrupted(job_id) from None
        finally:
            self.tell()
        return Job(self, job_id)

    def tell(self) -> None:
        """Say what the user has yet to be told, in the thread and the cell that submitted."""
        while self.asynchronous.purse.notices:
            print(self.asynchronous.purse.notices.pop(), file=sys.stderr)  # noqa: T201 (a program's own output stays clean)

    def generate(self, prompt: str, *, timeout: float | None = None, **values: Any) -> Videos:
        """Submit, wait, and return the clips."""
        values = sealed(values)
        return self.submit(prompt, **values).wait(timeout).videos

    def job(self, job_id: str) -> Job:
        """The job of that id, or of the only id that begins so."""
        return Job(self, self.call(self.asynchronous.job, job_id).id)

    @accepts(limit=COUNT)
    def jobs(
        self,
        limit: int | None = 20,
        *,
        state: str | Iterable[str] | None = None,
        search: str | None = None,
        model: str | None = None,
        since: str | date | timedelta | None = None,
    ) -> Jobs:
        """The newest jobs that are so, newest first; see `session.jobs`."""
        wanted = Search.of(state, search, model, since, now=self.asynchronous.now())

        async def read() -> tuple[list[JobRecord], dict[str, Hold]]:
            every = wanted == Search()
            asynchronous = self.asynchronous
            found = await (asynchronous.jobs(limit=limit) if every else asynchronous.search(wanted, limit))
            return found, await asynchronous.held()

        records, holds = self.call(read)
        shown = {record.id: holds[record.id] for record in records if record.id in holds}
        return Jobs(self, records, "No jobs yet." if wanted == Search() else "No job is so.", remarks(shown))

    def budget(self, **values: object) -> Budget:
        """Set limits and show them; see `budget`."""
        return self.call(self.asynchronous.purse.limit, values)

    def cost(self, days: int | None = None) -> Spend:
        """What jobs have cost; see `cost`."""
        return self.call(self.asynchronous.purse.spend, days)

    def remote_videos(self, provider: str | None = None, **values: Any) -> RemoteVideos:
        """One page of the videos that a ``/v1/videos`` service keeps; see `Remote.videos`."""
        return self.call(partial(self.asynchronous.remote.videos, provider, **values))

    def adopt(self, video: RemoteVideo) -> Job:
        """Take up a video of a service's list as a job."""
        said = video.video
        take = partial(self.asynchronous.adopt, video.provider, said.model or "unknown", said.id)
        known = {"profile": video.profile, "surface": video.surface, "prompt": said.prompt}
        return Job(self, self.call(partial(take, **known)).id)

    def resume(self, *, take_over: bool = False) -> Jobs:
        """Watch every open job again; see `resume`."""
        found = self.call(partial(self.asynchronous.resume, take_over=take_over))
        return Jobs(self, found, "No job is open.", unknown_remark(*self.call(self.asynchronous.unknown)))


def _size(plan: Plan) -> str:
    """How large the pictures of a request are, where that takes its time."""
    size = sum(len(image.data) for image in plan.request.images)
    return f" with {size / 1e6:.0f} MB of pictures" if size >= 500_000 else ""


_open: weakref.WeakSet[Client] = weakref.WeakSet()
# Those that were opened for jobs from elsewhere.
_loaded: dict[Path, Client] = {}


def loaded(home: Path) -> Client | None:
    """The client that was opened for jobs from elsewhere over the ledger in `home`, if there is one."""
    found = _loaded.get(home)
    return None if found is None or found.closed else found


def client_at(home: Path) -> Client:
    """A client of this process over the ledger in `home`: one that is open, else a new one.

    What was configured in the process that a job comes from is unknown here; keys come from the environment.
    """
    with _loading:
        found = [client for client in tuple(_open) if client.asynchronous.home == home and not client.closed]
        if not found:
            _loaded[home] = Client(home=home)
        return found[0] if found else _loaded[home]


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


def _refuse_fork() -> None:
    """A forked child has the parent's client without its thread, and SQLite's locks without their owner."""
    global _forked  # noqa: PLW0603 (a fork happens to the whole process)
    _forked = bool(_open)


_forked = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_refuse_fork)
