"""Tells of what takes long while it goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio

from .clock import Clock

T = TypeVar("T")

# How often it is looked whether something has moved.
_TICK_SECONDS = 0.5


async def accompanied(work: Callable[[], Awaitable[T]], *companions: Callable[[], Coroutine[Any, Any, None]]) -> T:
    """Do `work`, with `companions` beside it that end with it; its errors arrive as they were raised."""
    result: list[T] = []
    trouble: Exception | None = None
    async with anyio.create_task_group() as tasks:
        for companion in companions:
            tasks.start_soon(companion)
        try:
            result.append(await work())
        except Exception as error:  # noqa: BLE001 (raised outside the group, which would wrap it)
            trouble = error
        tasks.cancel_scope.cancel()
    if trouble is not None:
        raise trouble
    return result[0]


async def quiet_for(clock: Clock, seconds: float, last: Callable[[], float]) -> None:
    """Return once so many seconds have passed since `last`, which may move on meanwhile."""
    while (left := last() + seconds - clock.now()) > 0:  # noqa: ASYNC110 (see `moved`)
        await anyio.sleep(min(left, _TICK_SECONDS))


async def moved(last: Callable[[], float]) -> None:
    """Return once `last` is another than now."""
    before = last()
    while last() == before:  # noqa: ASYNC110 (a chunk that comes is no event: there are thousands)
        await anyio.sleep(_TICK_SECONDS)
