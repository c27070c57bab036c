"""The one way to wait for what goes on in the background loop: blocking, or in a loop of one's own.

Nobody waits longer than a tick at a time. Python handles Ctrl-C between two waits only, a kernel's loop notices an
interrupt only when it wakes up, and whoever waits has something to show meanwhile.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from ..client.async_client import CLOSED
from ..domain.errors import VeoError

T = TypeVar("T")

# Pyodide, and so JupyterLite: Python in a web page, which has neither threads nor sockets.
IN_BROWSER = sys.platform == "emscripten"
NO_THREADS = (
    "Python runs in the browser here, as in JupyterLite, without threads and sockets. Plans, prices, models, "
    "forms and players work; to make clips, use a Jupyter server, or `veo` in a terminal."
)
_TICK_SECONDS = 0.2


def deadline(timeout: float | None) -> float | None:
    """When so many seconds are over, on the clock of `first_of`; None if never."""
    return None if timeout is None else time.monotonic() + timeout


def first_of(
    futures: Collection[concurrent.futures.Future[T]], until: float | None, *meanwhile: Callable[[], object]
) -> None:
    """Block until one of the futures is done. Ctrl-C is noticed at once and ends the waiting alone.

    Args:
        futures: from `Loop.start`.
        until: the `deadline` of the waiting.
        meanwhile: called now and then in the waiting thread.
    """
    done: set[concurrent.futures.Future[T]] = set()
    while not done and not _has_passed(until):
        for one in meanwhile:
            one()
        done = concurrent.futures.wait(futures, _next_tick(until), concurrent.futures.FIRST_COMPLETED).done


async def first_of_in_loop(
    futures: Collection[concurrent.futures.Future[T]], until: float | None, *meanwhile: Callable[[], object]
) -> None:
    """`first_of` for a caller's own loop. Cancelling it cancels none of the futures."""
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: object) -> None:
        # A loop that is closed waits for nothing any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(arrived.set)

    for future in futures:
        future.add_done_callback(wake)
    await woken(arrived, until, *meanwhile)


async def woken(event: asyncio.Event, until: float | None, *meanwhile: Callable[[], object]) -> None:
    """Wait until an event of the caller's own loop is set; see `first_of`."""
    while not event.is_set() and not _has_passed(until):
        for one in meanwhile:
            one()
        # (asyncio.wait_for would take a cancellation for an arrival, up to Python 3.11.)
        with suppress(TimeoutError):
            async with asyncio.timeout(_next_tick(until)):
                await event.wait()


def result(future: concurrent.futures.Future[T], timeout: float | None = None, *meanwhile: Callable[[], object]) -> T:
    """The result of a future; see `first_of`.

    Raises:
        TimeoutError: it takes longer than `timeout` seconds; the task goes on.
    """
    first_of((future,), deadline(timeout), *meanwhile)
    if not future.done():
        raise TimeoutError
    return _result_of_done(future)


async def result_in_loop(future: concurrent.futures.Future[T], *meanwhile: Callable[[], object]) -> T:
    """`result` for a caller's own loop."""
    await first_of_in_loop((future,), None, *meanwhile)
    return _result_of_done(future)


def _result_of_done(future: concurrent.futures.Future[T]) -> T:
    try:
        return future.result()
    except concurrent.futures.CancelledError:
        raise VeoError(CLOSED) from None


def _has_passed(until: float | None) -> bool:
    return until is not None and time.monotonic() >= until


def _next_tick(until: float | None) -> float:
    return _TICK_SECONDS if until is None else max(min(until - time.monotonic(), _TICK_SECONDS), 0)


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that has nothing to wait for.

    Raises:
        VeoError: it would have to wait.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    except RuntimeError as error:
        # No thread can be started.
        raise VeoError(NO_THREADS) from error
    coroutine.close()
    raise VeoError(NO_THREADS)
