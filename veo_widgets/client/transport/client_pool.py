"""A pool of clients, each used by one call at a time; the one used last is taken first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import anyio

C = TypeVar("C")


class ClientPool(Generic[C]):
    """So many calls at once at most, each with a client of its own while it lasts.

    httpx's pool looks through all its connections at the beginning and at the end of every call, and asks the system
    about each that is idle. A client that serves one call at a time has hardly any to look through.

    Args:
        make: makes a client, when there is none to spare.
        most: how many there may be.
    """

    def __init__(self, make: Callable[[], C], most: int) -> None:
        self._make, self._gate = make, anyio.Semaphore(most)
        self._spare: list[C] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[C]:
        """A client that nobody else uses until the block ends."""
        async with self._gate:
            # The one used last, whose connection is the likeliest to be open still.
            client = self._spare.pop() if self._spare else self._make()
            try:
                yield client
            finally:
                # Also after an error: httpx has closed the broken connection itself, and the client opens another.
                self._spare.append(client)

    def drain(self) -> list[C]:
        """Take all the spare clients out, to be closed."""
        spare, self._spare = self._spare, []
        return spare
