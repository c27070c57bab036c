"""Reports the moment in which a create begins to leave, before its first byte does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ...domain.errors import VeoError

# What httpcore traces before the request itself. Source: https://www.python-httpx.org/advanced/extensions/#trace.
_CONNECTING = ("connection.", "socks.", "proxy.")
_CLOSING = ("http11.response_closed", "http2.response_closed")


class WithdrawnError(Exception):
    """Whoever was told that a create leaves now did not let it."""


class FirstByte:
    """The moment in which a create begins to leave.

    Attributes:
        begun: whether it has come.
        error: why it must not leave, if it must not.

    Args:
        begin: told once, when the connection stands and before the first byte; what it raises keeps the create here.
    """

    def __init__(self, begin: Callable[[], Awaitable[None]]) -> None:
        self._begin = begin
        self.begun = False
        self.error: VeoError | None = None

    async def now(self) -> None:
        """Say that it leaves, if that was not said.

        Raises:
            WithdrawnError: it must not; `error` says why.
        """
        if self.begun or self.error is not None:
            return
        try:
            await self._begin()
        except VeoError as error:
            # It must not go through httpx, whose frames hold the signed request.
            self.error = error
            raise WithdrawnError from None
        self.begun = True

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore at every step. One that is not known as one of connecting counts as the beginning."""
        # A proxy is asked for a tunnel by a request of its own, which says nothing of this one.
        tunnel = getattr(info.get("request"), "method", b"") == b"CONNECT"
        if event.endswith(".started") and not tunnel and not event.startswith(_CONNECTING + _CLOSING):
            await self.now()
