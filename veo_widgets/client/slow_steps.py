"""Tells of what takes long while it goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio

from ..config.log import LOGGER
from ..domain.errors import VeoError
from .background_tasks import BackgroundTasks
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


class Wait:
    """Something that is waited for.

    Attributes:
        tell: called once if it takes long.
        began: when the waiting began, by the clock.
        telling: set when that call is over; None before it.
    """

    __slots__ = ("began", "tell", "telling")

    def __init__(self, tell: Callable[[], Awaitable[None]], began: float) -> None:
        self.tell, self.began = tell, began
        self.telling: anyio.Event | None = None


class Waits:
    """Tells of waits that take long: one task for all of them, since a task for each would cost as much as a poll.

    Args:
        clock: what time it is.
        seconds: how long is long.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._waits: set[Wait] = set()
        self._some = anyio.Event()

    async def watch(self) -> None:
        """Look at all of them now and then, for as long as this runs."""
        while True:
            await self._some.wait()
            while self._waits:
                await anyio.sleep(_TICK_SECONDS)
                for wait in [one for one in self._waits if one.telling is None]:
                    if wait in self._waits and self._clock.now() >= wait.began + self._seconds:
                        await self._tell(wait)
            self._some = anyio.Event()

    async def _tell(self, wait: Wait) -> None:
        wait.telling = anyio.Event()
        try:
            await wait.tell()
        except VeoError as error:
            LOGGER.info("A wait could not be told of: %s", error)
        finally:
            wait.telling.set()

    def begin(self, tell: Callable[[], Awaitable[None]]) -> Wait:
        """A wait that begins now."""
        wait = Wait(tell, self._clock.now())
        self._waits.add(wait)
        if not self._some.is_set():
            self._some.set()
        return wait

    async def end(self, wait: Wait) -> None:
        """It is over; where it is being told of, that is ended first."""
        self._waits.discard(wait)
        if wait.telling is not None:
            await wait.telling.wait()


async def quiet_for(clock: Clock, seconds: float, last: Callable[[], float]) -> None:
    """Return once so many seconds have passed since `last`, which may move on meanwhile."""
    while (left := last() + seconds - clock.now()) > 0:  # noqa: ASYNC110 (see `moved`)
        await anyio.sleep(min(left, _TICK_SECONDS))


async def moved(last: Callable[[], float]) -> None:
    """Return once `last` is another than now."""
    before = last()
    while last() == before:  # noqa: ASYNC110 (a chunk that comes is no event: there are thousands)
        await anyio.sleep(_TICK_SECONDS)


async def apart(tasks: BackgroundTasks, verb: Callable[[], Awaitable[T]]) -> T:
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
