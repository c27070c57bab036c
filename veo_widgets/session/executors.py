"""Has work done elsewhere by an executor: a pool of threads or processes, or a cluster."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any, TypeVar

import anyio.to_thread

from ..client.progress import Line, metered
from ..domain.arguments import shown
from ..domain.errors import InvalidRequestError, MissingExtraError, VeoError
from .waiting import IN_BROWSER, first_of

A = TypeVar("A")
T = TypeVar("T")

# What reads from a store waits for it most of the time.
_THREADS = 8


class LostTaskError(VeoError):
    """A task was lost with its worker, or its executor is gone."""


class TaskExecutor:
    """An executor as it is used here.

    Args:
        on: a `concurrent.futures.Executor`, or a `dask.distributed.Client`.

    Raises:
        InvalidRequestError: it is neither, or it forks.
    """

    def __init__(self, on: Any) -> None:
        self._executor = _executor_of(on)

    async def make(self, work: Callable[[A], T], given: A) -> T:
        """What some work brings, waited for on the running loop.

        Raises:
            LostTaskError: nobody knows what has become of the task.
            VeoError: what the work raised.
        """
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake(_: object) -> None:
            # A loop that is closed waits for nothing any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(done.set)

        # On a thread: a pool may have to start a process first.
        future = await anyio.to_thread.run_sync(self.start, work, given)
        future.add_done_callback(wake)
        try:
            await done.wait()
        finally:
            # What has not begun never does; what has goes on.
            future.cancel()
        return _result_of(future)

    def start(self, work: Callable[[A], T], given: A) -> concurrent.futures.Future[T]:
        """Begin some work.

        Raises:
            LostTaskError: the executor takes none.
        """
        try:
            future: concurrent.futures.Future[T] = self._executor.submit(work, given)
        except Exception as error:
            raise _lost(error) from error
        return future


def each(work: Callable[[A], T], given: Sequence[A], on: Any, title: str) -> Iterator[T]:
    """What some work makes of each of several things, in their order; with a bar.

    Args:
        work: a function of a module, by whose name other processes find it.
        given: what it is called with, each in a task of its own.
        on: as for `TaskExecutor`; None for threads of this program.
        title: of the bar.

    Raises:
        InvalidRequestError: `on` is no executor, or what is installed where it works is not enough.
        VeoError: what the work raised first, or its task was lost; what has not begun by then never does.
    """
    if on is None and (IN_BROWSER or not given):
        yield from map(work, given)
        return
    with ExitStack() as stack:
        executor = TaskExecutor(stack.enter_context(ThreadPoolExecutor(_THREADS)) if on is None else on)
        # Those whose results were handed over are let go, since results may be large.
        begun = deque[concurrent.futures.Future[T]]()
        stack.callback(_cancel, begun)

        def standing(last: bool) -> Line:  # noqa: FBT001 (called by the meter)
            del last
            open_ = sum(not future.done() for future in tuple(begun))
            done = len(given) - left - open_
            return Line(f"{title} · {done} of {len(given)}", done / max(len(given), 1))

        left = len(given)

        with metered(standing, notable=False) as tick:
            try:
                for one in given:
                    begun.append(executor.start(work, one))
                    left -= 1
                    tick()
                while begun:
                    first_of((begun[0],), None, tick)
                    yield _result_of(begun.popleft())
            except LostTaskError as lost:
                raise VeoError(f"on: the executor has not done it ({lost}).") from lost
            except MissingExtraError as error:
                if on is None:
                    raise
                # Installed here it would not help.
                raise InvalidRequestError(f"on: a worker refused: {error}", parameter="on", value=on) from error


def _cancel(begun: Iterable[concurrent.futures.Future[Any]]) -> None:
    for future in begun:
        future.cancel()


def _result_of(future: concurrent.futures.Future[T]) -> T:
    try:
        return future.result()
    except VeoError:
        raise
    except (Exception, concurrent.futures.CancelledError) as error:
        raise _lost(error) from error


def _lost(error: BaseException) -> LostTaskError:
    return LostTaskError(f"{type(error).__name__}: {error}".removesuffix(": "))


def _executor_of(on: Any) -> Any:
    # A cluster's client makes one of its own; without `pure` it would take a row that is sent again for the same task.
    if callable(getattr(on, "get_executor", None)):
        return on.get_executor(pure=False)
    if not isinstance(on, concurrent.futures.Executor):
        message = f"on: {shown(on)} is neither a concurrent.futures.Executor nor a dask.distributed.Client."
        raise InvalidRequestError(message, parameter="on", value=on)
    context = getattr(on, "_mp_context", None)
    if context is not None and context.get_start_method() == "fork":
        message = (
            "on: this pool forks this program, whose background loop no child can use; give it "
            "ProcessPoolExecutor(mp_context=multiprocessing.get_context('spawn'))."
        )
        raise InvalidRequestError(message, parameter="on", value=on)
    return on
