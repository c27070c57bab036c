"""The ledger for an event loop, which must never wait for the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from ...domain.secret import Secret
from .ledger import PATIENCE_SECONDS, Ledger

T = TypeVar("T")


class AsyncLedger:
    """A ledger for an event loop: opened when first used, every call on a thread of its own.

    Args:
        path: the database file.
        patience: seconds to wait for another program's lock, or for a server that is away.
        url: of a PostgreSQL server, if it is there.

    Attributes:
        is_on_server: whether it may be shared by several machines.
    """

    def __init__(self, path: Path, patience: float = PATIENCE_SECONDS, url: Secret | None = None) -> None:
        self._path, self._patience, self._url = path, patience, url
        self.is_on_server = url is not None
        self._ledger: Ledger | None = None
        # SQLite takes one writer at a time; more threads would only wait for each other.
        self._limiter = anyio.CapacityLimiter(1)

    async def do(self, verb: Callable[[Ledger], T]) -> T:
        """What `verb` returns for the ledger.

        Raises:
            LedgerError: it cannot be opened, read or written.
        """

        def work() -> T:
            # Opened here, on the thread: even that may wait for another program's lock.
            if self._ledger is None:
                self._ledger = Ledger(self._path, patience=self._patience, url=self._url)
            return verb(self._ledger)

        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    @property
    def leasing(self) -> bool:
        """Whether there are leases to renew; a ledger that was never opened has none."""
        return self._ledger is not None and self._ledger.leasing

    async def aclose(self) -> None:
        """Close the file."""
        if self._ledger is not None:
            await anyio.to_thread.run_sync(self._ledger.close, limiter=self._limiter)
            self._ledger = None
