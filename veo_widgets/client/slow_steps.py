"""Tells of what takes long while it goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio

from .clock import Clock
from .errors import VeoError
from .logbook import LOGGER
from .upkeep import Upkeep

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


async def apart(tasks: Upkeep, verb: Callable[[], Awaitable[T]]) -> T:
    """What `verb` returns, in a task of its own: whoever is cancelled while it waits here leaves it running.

    A shield would not do: asyncio's own cancellation, as by `asyncio.wait_for`, goes through those of anyio.
    """
    done, results, errors = anyio.Event(), list[T](), list[Exception]()

    async def run() -> None:
        try:
            results.append(await verb())
        except Exception as error:  # noqa: BLE001 (it must not end the other tasks)
            errors.append(error)
            LOGGER.info("A create that may have nobody waiting for it has met: %s", error)
        finally:
            done.set()

    tasks.start(run)
    await done.wait()
    for error in errors:
        raise error
    for result in results:
        return result
    raise VeoError("The client was closed before the service's answer came. veo.jobs() shows what is known of the job.")
