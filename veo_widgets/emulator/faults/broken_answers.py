"""Answers that no service means to give: cut, reset, dribbled, or of a length other than announced."""

from __future__ import annotations

import asyncio
import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

# Enough to be seen as a trickle, few enough that each piece is a packet of its own.
_PIECES = 20
# Larger pieces would hold the event loop while they are copied; smaller ones would make terabytes slow.
_MUCH = 1_000_000


def _transport_of(scope: Scope) -> asyncio.Transport:
    # ASGI offers no way to break a connection; `server` puts its transport into the state.
    transport: asyncio.Transport = scope["state"]["transport"]
    return transport


class ResetResponse(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Reset the connection."""
        transport = _transport_of(scope)
        sock = transport.get_extra_info("socket")
        # Without lingering, closing sends RST rather than FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class SilentResponse(Response):
    """No answer for `seconds`, then the connection is closed without one."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Wait, unless the client gives up first."""
        gone = asyncio.ensure_future(_wait_until_gone(receive))
        await asyncio.wait([gone], timeout=self._seconds)
        # Closing is all that is left: a client with a longer timeout sees a connection that ended without an answer.
        _transport_of(scope).close()
        await gone


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class CutResponse(Response):
    """Announces the whole of another answer, sends `kept` bytes, and lets the server close the connection."""

    def __init__(self, whole: Response, kept: int) -> None:
        headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
        super().__init__(whole.body, whole.status_code, headers)
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the beginning."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        part = bytes(self.body)[: self._kept]
        # No end follows: uvicorn closes the connection of an answer that was not completed.
        await send({"type": "http.response.body", "body": part, "more_body": True})


class DribbleResponse(Response):
    """Another answer in small pieces, which take `seconds` together."""

    def __init__(self, whole: Response, seconds: float) -> None:
        headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
        super().__init__(whole.body, whole.status_code, headers)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send piece by piece."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        # Rounded up, or a remainder would make one piece more than the time is divided by.
        step = max(1, -(-len(body) // _PIECES))
        for at in range(0, len(body), step):
            await send({"type": "http.response.body", "body": body[at : at + step], "more_body": True})
            await asyncio.sleep(self._seconds / _PIECES)
        await send({"type": "http.response.body", "body": b""})


class StallResponse(Response):
    """Another answer whose first `kept` bytes come at once and whose rest comes `seconds` later."""

    def __init__(self, whole: Response, kept: int, seconds: float) -> None:
        super().__init__(whole.body, whole.status_code, dict(whole.headers))
        self._kept = kept
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send, pause, send."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: self._kept], "more_body": True})
        await asyncio.sleep(self._seconds)
        await send({"type": "http.response.body", "body": body[self._kept :]})


class HugeResponse(Response):
    """The beginning of another answer, and then zeros until `size` bytes have come or the client has had enough.

    Args:
        whole: the answer it begins as.
        size: how many bytes there are.
        announced: whether its length is told.
    """

    def __init__(self, whole: Response, size: int, *, announced: bool) -> None:
        length = {"content-length": str(size)} if announced else {}
        super().__init__(whole.body, 200, {"content-type": whole.headers["content-type"]})
        # Starlette has filled in the length of the beginning alone.
        del self.headers["content-length"]
        self.headers.update(length)
        self._size = size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send piece by piece, as fast as the client reads."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        part, left = bytes(self.body)[: self._size], self._size
        while left and not _transport_of(scope).is_closing():
            await send({"type": "http.response.body", "body": part, "more_body": True})
            # Sending into a connection that is gone waits for nothing, and nobody else would get a turn.
            await asyncio.sleep(0)
            left -= len(part)
            part = bytes(min(left, _MUCH))
        await send({"type": "http.response.body", "body": b""})


class RawResponse(Response):
    """An answer written around the HTTP library, which would refuse to send a wrong length.

    Args:
        whole: the answer whose status and type it has.
        part: the bytes to send.
        length: what is announced; None announces nothing, and the end of the connection is the end of the body.
    """

    def __init__(self, whole: Response, part: bytes, *, length: int | None) -> None:
        super().__init__(part, whole.status_code, media_type=whole.headers.get("content-type"))
        self._length = length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Write the answer, close the connection and wait until it is gone."""
        length = "" if self._length is None else f"content-length: {self._length}\r\n"
        head = f"HTTP/1.1 {self.status_code} .\r\ncontent-type: {self.media_type}\r\n{length}connection: close\r\n\r\n"
        transport = _transport_of(scope)
        # h11 refuses to send a body of another length than it announced, which is the very fault to be played.
        transport.write(head.encode() + bytes(self.body))
        transport.close()
        await _wait_until_gone(receive)
