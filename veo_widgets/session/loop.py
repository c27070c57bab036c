"""One background loop: a daemon thread with an `AsyncClient` on it.

A cell that blocks, a running event loop and a plain script all talk to that thread, so none of them stops the polling.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from ..client.async_client import CLOSED, AsyncClient
from ..client.clock import Clock
from ..client.transport.transport import Transport
from ..config.settings import Settings
from ..domain.arguments import NONE, accepts, instance_of
from ..domain.errors import VeoError
from .waiting import IN_BROWSER, NO_THREADS, at_once, result

T = TypeVar("T")

_FORKED = "This process was forked from one that uses veo_widgets; start it with the 'spawn' method instead."
_lock = threading.Lock()
_opening = threading.Lock()


class Loop:
    """A loop in the background, its client, and how other threads talk to it.

    Args:
        settings: as `configure` takes them.
        home: the folder of the ledger; default is `accounts.home`.
        transport: how to reach the services; made on the loop.
        clock: where time comes from.
    """

    # Those that were opened for jobs from elsewhere.
    _opened: ClassVar[dict[Path, Self]] = {}

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

        # A daemon: a thread that is none would keep the program from ending; see `_close_at_the_end`.
        self._thread = threading.Thread(target=run, name="veo_widgets", daemon=True)
        if IN_BROWSER:
            # Without the thread, for what has nothing to wait for.
            self.asynchronous = AsyncClient(settings, home=home, transport=transport(), clock=clock)
            return
        _threads.add(self._thread)
        self._thread.start()
        self._portal, self.asynchronous = ready.result()
        _close_at_the_end(self)

    def close(self) -> None:
        """Stop the watching and the loop. Jobs keep running; `resume` picks them up."""
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
    def settings(self) -> Settings:
        """What new requests use."""
        return self.asynchronous.settings

    @property
    def opener(self) -> Callable[[], Self]:
        """Opens one of its kind over the same ledger in another process."""
        return partial(type(self).over, self.asynchronous.home)

    @classmethod
    def over(cls, home: Path) -> Self:
        """The one of this process over the ledger in `home`: one that is open, else a new one.

        What was configured in the process that a job comes from is unknown here; keys come from the environment.
        """
        # Several threads may load jobs at once, as with Dask, and are all to get the same one.
        with _opening:
            for known in tuple(_open):
                if isinstance(known, cls) and known.asynchronous.home == home and not known.closed:
                    return known
            cls._opened[home] = opened = cls(home=home)
            return opened

    @classmethod
    def opened(cls, home: Path) -> Self | None:
        """The one that was opened for jobs from elsewhere over the ledger in `home`, if there is one."""
        found = cls._opened.get(home)
        return None if found is None or found.closed else found

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
            # A portal takes no calls from its own thread.
            return asyncio.run_coroutine_threadsafe(verb(*arguments), asyncio.get_running_loop())
        try:
            return self._portal.start_task_soon(verb, *arguments)
        except RuntimeError:
            raise VeoError(CLOSED) from None

    def tell(self) -> None:
        """Print the notices that the user has not seen yet, in the thread and cell that submitted."""
        while self.asynchronous.reservations.notices:
            print(self.asynchronous.reservations.notices.pop(), file=sys.stderr)  # noqa: T201 (a program's own output stays clean)


_open: weakref.WeakSet[Loop] = weakref.WeakSet()
_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def on_a_loop() -> bool:
    """Whether this is the thread of a client's loop, where nothing may wait for a file."""
    return threading.current_thread() in _threads


def _close_at_the_end(loop: Loop) -> None:
    """Have a loop closed when the main thread ends.

    Its worker threads are joined before ``atexit`` gets its turn, so the loop has to end earlier than that.
    """

    def guard() -> None:
        threading.main_thread().join()
        # A copy: loops may be opened and collected meanwhile.
        for open_loop in tuple(_open):
            open_loop.close()

    with _lock:
        if not _open:
            threading.Thread(target=guard, name="veo_widgets guard", daemon=True).start()
        _open.add(loop)


def _refuse_fork() -> None:
    """A forked child has the parent's client without its thread, and SQLite's locks without their owner."""
    global _forked  # noqa: PLW0603 (a fork happens to the whole process)
    _forked = bool(_open)


_forked = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_refuse_fork)
