"""Work on a film that is waited for: with a bar that leaves one line, and an end at once where Ctrl-C asks for it."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

from ...client.progress import Line, metered
from ..loop import Loop
from ..waiting import result

T = TypeVar("T")


class _StoppedError(Exception):
    """Nobody waits any more."""


def with_bar(loop: Loop, title: str, work: Callable[[Callable[[float], object]], T]) -> T:
    """What some work brings, done on a thread of its own.

    Args:
        loop: where the thread belongs.
        title: of the bar.
        work: is given what to tell how much is done, from 0 to 1, and has to tell it often.

    Raises:
        KeyboardInterrupt: it was interrupted; the work has cleared away what it had begun.
    """
    share, stopped = [0.0], threading.Event()

    def progress(done: float) -> None:
        if stopped.is_set():
            raise _StoppedError
        share[0] = done

    def standing(last: bool) -> Line:  # noqa: FBT001 (as `Meter` asks)
        if not last:
            return Line(f"{title} · rendering · {share[0]:.0%}", share[0])
        return Line(f"{title} · {'rendered' if is_there() else 'not rendered'}")

    def is_there() -> bool:
        return making.done() and not making.cancelled() and making.exception() is None

    making: concurrent.futures.Future[T] = loop.start(anyio.to_thread.run_sync, work, progress)
    with metered(standing) as tick:
        try:
            return result(making, None, tick)
        except KeyboardInterrupt:
            stopped.set()
            concurrent.futures.wait([making])
            became = "is there, though" if is_there() else "was not rendered; what was there before still is"
            raise KeyboardInterrupt(f"Stopped: {title} {became}.") from None
