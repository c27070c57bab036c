"""A widget whose pages search by themselves: what each has found is kept, and sent a part at a time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import anyio

from ...domain.errors import VeoError
from ...session.loop import Loop
from .protocol import PAGE_CARDS, Message
from .saved_widget import SavedWidget

# Views and searches whose results are kept, so that what a page asks for next is of the same search.
_KEPT = 8

Work = Callable[[Message], Coroutine[Any, Any, None]]


class Soon:
    """Does something soon, and once for all that ask for it meanwhile.

    Args:
        client: on whose loop.
        work: what is done.
        rest: how many seconds to wait after it, by those that it has taken.
    """

    def __init__(self, client: Loop, work: Callable[[], Awaitable[None]], rest: Callable[[float], float]) -> None:
        self._client, self._work, self._rest = client, work, rest
        self._asked = self._working = False

    def ask(self) -> None:
        """To be called on the loop."""
        self._asked = True
        if not self._working:
            self._working = True
            self._client.start(self._go)

    async def _go(self) -> None:
        try:
            while self._asked:
                self._asked, began = False, time.monotonic()
                await self._work()
                await anyio.sleep(self._rest(time.monotonic() - began))
        finally:
            self._working = False


class SearchedWidget(SavedWidget):
    """A widget of many things, each with a number, of which a page is sent those that it shows."""

    def __init__(self, client: Loop, **traits: Any) -> None:
        self._finds: dict[str, list[int]] = {}
        super().__init__(client, **traits)

    def works(self) -> dict[str, Work]:
        """What is done on the client's loop, by the kinds of messages; what cannot be is refused in words."""
        return {"page": self.send_page}

    def handle(self, message: Message) -> None:
        """Do what a page asks for."""
        work = self.works().get(message.kind)
        if work is None:
            super().handle(message)
        else:
            self.begin(self._carry_out, work, message)

    async def _carry_out(self, work: Work, message: Message) -> None:
        try:
            await work(message)
        except VeoError as error:
            self.refuse(message.kind, str(error))

    def keep_find(self, request: str, numbers: list[int]) -> None:
        """Keep what a search has found, for the parts of it that are asked for next."""
        while request not in self._finds and len(self._finds) >= _KEPT:
            self._finds.pop(next(iter(self._finds)))
        self._finds[request] = numbers

    async def send_page(self, message: Message) -> None:
        """Send a part of what a search has found."""
        await self.send_found(message.request, message.fields["offset"])

    async def send_found(self, request: str, offset: int) -> None:
        """Send what a search has found from a place on."""
        found = self._finds.get(request)
        if found is None:
            # The view that asks has been told of a newer search, or will find again.
            return
        items = await self.items(found[offset : offset + PAGE_CARDS])
        self.send({"kind": "found", "request": request, "offset": offset, "count": len(found), "items": items})

    async def items(self, numbers: Sequence[int]) -> list[dict[str, Any]]:  # noqa: ARG002 (of those that have something)
        """What these numbers stand for, as the browser draws it: nothing, unless a widget has something."""
        return []

    def look_again(self) -> None:
        """Have every view search anew."""
        self.send({"kind": "changed"})
