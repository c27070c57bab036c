"""An answer whose body is still to come, whichever library has asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from .aiohttp_sessions import Response
from .connections import httpx

# Those that name another address. Source: RFC 9110, section 15.4.
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Stream:
    """The head of an answer, and the way to the rest.

    Attributes:
        status: of HTTP.
        headers: by name.
        chunks: the body as it comes off the socket, packed as `packing` says.
        packing: the ``Content-Encoding``.
        aclose: ends it, whether or not the body was read.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    chunks: AsyncIterator[bytes] = field(repr=False)
    packing: str
    aclose: Callable[[], Awaitable[None]] = field(repr=False)

    @classmethod
    def of_httpx(cls, response: httpx.Response) -> Stream:
        """An answer to httpx."""
        # An injected transport may hand out a whole answer, which httpx has unpacked.
        came = response.is_stream_consumed
        chunks = response.aiter_bytes() if came else response.aiter_raw()
        packing = "" if came else response.headers.get("content-encoding", "")
        return cls(response.status_code, response.headers, chunks, packing, response.aclose)

    @classmethod
    def of_aiohttp(cls, response: Response) -> Stream:
        """An answer to aiohttp."""

        async def close() -> None:
            response.close()

        packing = response.headers.get("content-encoding", "")
        return cls(response.status, response.headers, response.chunks(), packing, close)

    @property
    def location(self) -> str | None:
        """Where it sends whoever asks; None if it is no redirect."""
        return self.headers.get("location") if self.status in _REDIRECTS else None
