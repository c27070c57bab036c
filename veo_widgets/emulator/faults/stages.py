"""What a fault is played with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

Proceed = Callable[[], Awaitable[Response]]


class Terms(Protocol):
    """The fields of a `Rule` that say how its fault is played; they are described there."""

    @property
    def on(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> int | None: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def share(self) -> float: ...  # noqa: D102
    @property
    def body(self) -> str: ...  # noqa: D102
    @property
    def to(self) -> str: ...  # noqa: D102
    @property
    def shape(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Stage:
    """A request that meets a fault.

    Attributes:
        request: as it came.
        rule: how the fault is to be played.
        proceed: does what would be done without a fault.
    """

    request: Request
    rule: Terms
    proceed: Proceed

    async def whole(self) -> Response:
        """The answer without a fault, with all of its body, of which a fault then shows a part."""
        answer = await self.proceed()
        if not isinstance(answer, StreamingResponse):
            return answer
        parts = [bytes(part) async for part in answer.body_iterator if not isinstance(part, str)]
        return Response(b"".join(parts), answer.status_code, dict(answer.headers))
