"""Decoding beside encoding: what comes next is made while what came before is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

T = TypeVar("T")

# Portions that wait to be used; a second or two of pictures would be gigabytes in 4K.
_WAITING = 3


@contextmanager
def prefetched(items: Iterable[T], portion: int = 1) -> Iterator[Iterator[T]]:
    """The same items, made on another thread; the thread is at rest when the block ends, however it ends.

    Args:
        items: made one after the other; FFmpeg lets go of the interpreter while it works.
        portion: how many are handed over at once. Handing over costs some 50 µs.
    """
    source = iter(items)

    def made() -> list[T]:
        return list(islice(source, portion))

    with ThreadPoolExecutor(1, "film") as worker:
        waiting = deque(worker.submit(made) for _ in range(_WAITING))

        def portions() -> Iterator[list[T]]:
            while ready := waiting.popleft().result():
                waiting.append(worker.submit(made))
                yield ready

        try:
            yield chain.from_iterable(portions())
        finally:
            for later in waiting:
                later.cancel()
