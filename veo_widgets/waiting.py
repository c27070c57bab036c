"""How a thread waits for what goes on in the background loop, and notices Ctrl-C meanwhile."""

from __future__ import annotations

import concurrent.futures
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .errors import VeoError

T = TypeVar("T")

CLOSED = "This client is closed; its jobs go on. Make a new one and call resume()."
# Pyodide, and so JupyterLite: Python in a web page, which has neither threads nor sockets.
IN_BROWSER = sys.platform == "emscripten"
NO_THREADS = (
    "Python runs in the browser here, as in JupyterLite, without threads and sockets. Plans, prices and models "
    "work; to make clips, use a Jupyter server, or `veo` in a terminal."
)
# Python handles Ctrl-C between two waits only, so no wait is longer than this.
TICK_SECONDS = 0.2


def result(future: concurrent.futures.Future[T], timeout: float | None = None, *meanwhile: Callable[[], object]) -> T:
    """The result of a future. Ctrl-C is noticed at once and ends the waiting alone.

    Args:
        future: from `Client.start`.
        timeout: seconds to wait at most.
        meanwhile: called now and then in the waiting thread.

    Raises:
        TimeoutError: it takes longer; the task goes on.
    """
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        for one in meanwhile:
            one()
        try:
            return future.result(TICK_SECONDS)
        except TimeoutError:
            # A TimeoutError of the task itself, or merely the end of a tick.
            if future.done():
                return future.result()
            if end is not None and time.monotonic() > end:
                raise
        except concurrent.futures.CancelledError:
            raise VeoError(CLOSED) from None


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
