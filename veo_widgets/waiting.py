"""How a thread waits for what goes on in the background loop, and notices Ctrl-C meanwhile."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable
from typing import TypeVar

from .errors import VeoError

T = TypeVar("T")

CLOSED = "This client is closed; its jobs go on. Make a new one and call resume()."
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
