"""What goes on in the background of a client, and ends with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import anyio


class BackgroundTasks:
    """Tasks that are cancelled one by one, and never with them the task that waits for them.

    Before 3.13, Python leaves a task in which an `asyncio.TaskGroup` has failed marked as cancelled
    (https://github.com/python/cpython/issues/116720). If anyio cancels such a task as well, it takes its own
    cancellation for somebody else's and lets it out, which ends the whole program.

    Attributes:
        ended: whether they have been cancelled.
    """

    def __init__(self) -> None:
        self.ended = False
        self._group = anyio.create_task_group()
        self._scopes: set[anyio.CancelScope] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            # The task group wraps what it lets through; an error of the block goes on by itself, as it was raised.
            if error is None or not any(one is error for one in group.exceptions):
                raise

    def start(self, verb: Callable[..., Awaitable[object]], *args: Any, name: str | None = None) -> None:
        """Begin a task; nothing waits for it but the end."""
        self._group.start_soon(self._run, verb, args, name=name)

    def end(self) -> None:
        """Cancel all of them; what shields itself goes on."""
        self.ended = True
        for scope in self._scopes:
            scope.cancel()

    async def _run(self, verb: Callable[..., Awaitable[object]], args: tuple[Any, ...]) -> None:
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                if self.ended:
                    scope.cancel()
                await verb(*args)
            finally:
                self._scopes.discard(scope)
