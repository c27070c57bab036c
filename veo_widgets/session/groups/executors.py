"""Has rows of a batch made by an executor: a pool of threads or processes, or a cluster."""

from __future__ import annotations

import asyncio
import concurrent.futures
from contextlib import suppress
from typing import Any

import anyio.to_thread

from ...domain.arguments import shown
from ...domain.errors import InvalidRequestError, VeoError
from .row_tasks import RowTask, make_row


class LostTaskError(VeoError):
    """A task was lost with its worker, or its executor is gone."""


class RowExecutor:
    """An executor as a batch uses it.

    Args:
        on: a `concurrent.futures.Executor`, or a `dask.distributed.Client`.

    Raises:
        InvalidRequestError: it is neither, or it forks.
    """

    def __init__(self, on: Any) -> None:
        self._executor = _executor_of(on)

    async def make(self, task: RowTask) -> str:
        """The id of a row's job once it has ended.

        Raises:
            LostTaskError: nobody knows what has become of the task.
            VeoError: nothing was sent, or nobody knows.
        """
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake(_: object) -> None:
            # A loop that is closed waits for nothing any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(done.set)

        try:
            # On a thread: a pool may have to start a process first.
            future = await anyio.to_thread.run_sync(self._executor.submit, make_row, task)
        except Exception as error:
            raise _lost(error) from error
        future.add_done_callback(wake)
        try:
            await done.wait()
        finally:
            # What has not begun never does; what has goes on.
            future.cancel()
        try:
            job_id, _ = future.result()
        except VeoError:
            raise
        except (Exception, concurrent.futures.CancelledError) as error:
            raise _lost(error) from error
        return str(job_id)


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
