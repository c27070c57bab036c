"""Time, so that tests can bring their own."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from ..storage.ledger.ledger import PATIENCE_SECONDS


@dataclass(frozen=True)
class Clock:
    """Where time comes from.

    Attributes:
        now: seconds since the epoch.
        sleep: wait that many seconds.
        patience: how many seconds the ledger waits for another program's lock.
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    patience: float = PATIENCE_SECONDS
