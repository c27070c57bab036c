"""How a thread waits for what goes on in the background loop, and notices Ctrl-C meanwhile."""

from __future__ import annotations

import concurrent.futures
import queue
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from .errors import VeoError
from .printable import printable

T = TypeVar("T")

CLOSED = "This client is closed; its jobs go on. Make a new one and call resume()."
# Python handles Ctrl-C between two waits only, so no wait is longer than this.
TICK_SECONDS = 0.2


def result(
    future: concurrent.futures.Future[T], timeout: float | None = None, each: Callable[[], object] | None = None
) -> T:
    """The result of a future. Ctrl-C is noticed at once and ends the waiting alone.

    Args:
        future: from `Client.start`.
        timeout: seconds to wait at most.
        each: called now and then while it waits.

    Raises:
        TimeoutError: it takes longer; the task goes on.
    """
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        if each is not None:
            each()
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


@contextmanager
def telling(who: str, listen: Callable[[Callable[[str], None]], Callable[[], None]]) -> Iterator[Callable[[], None]]:
    """A function that says on stderr what was heard since it was last called; nothing twice in a row, nor nothing.

    The background prints nothing itself: what it says for a cell that has ended is lost.

    Args:
        who: what each line begins with.
        listen: begins to hand what it hears to its argument, and returns a function that ends it.
    """
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    said = ""

    def tell() -> None:
        nonlocal said
        while not heard.empty():
            words = heard.get()
            if words and words != said:
                print(f"{who}: {printable(words)}", file=sys.stderr)  # noqa: T201 (of whoever waits)
                said = words

    end_listening = listen(heard.put)
    try:
        yield tell
    finally:
        end_listening()
