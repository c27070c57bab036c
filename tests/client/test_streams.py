"""Clips over aiohttp: the same bytes, ranges, redirects and errors as over httpx, which stands in without it."""

from __future__ import annotations

import gzip
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from veo_widgets.client.transport.transport import Transport
from veo_widgets.domain.errors import VeoError
from veo_widgets.providers.wires import Call

from ..raw_server import Server, answer
from .test_transport import account, error

PATH = "/v1beta/files/a"
CLIP = bytes(range(256)) * 4096
PART = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 9-1048575/1048576\r\nContent-Length: 1048567\r\n\r\n"
ANSWERS = {
    "a clip": answer(200, CLIP, Content_Type="video/mp4", Etag='"1"'),
    "the rest of it": PART + CLIP[9:],
    "another part": PART.replace(b"9-", b"8-") + CLIP[8:],
    "a packed clip": answer(200, gzip.compress(CLIP), Content_Encoding="gzip"),
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "to the end of the connection": b"HTTP/1.1 200 OK\r\n\r\n" + CLIP,
    "half a clip": answer(200, CLIP)[:-1000],
    "a redirect": answer(302, b"", Location="/v1beta/files/b"),
    "a redirect to nowhere": answer(302, b"", Location="ftp://nowhere/"),
    "a redirect without an address": answer(302, b""),
    "beyond the end": answer(416, b""),
    "an error": answer(404, error("NOT_FOUND", "It is gone.")),
    "no answer": b"",
}


async def stream(url: str, http: httpx.AsyncBaseTransport | None, at: int) -> tuple[Any, ...]:
    made, got = Transport(http), bytearray()
    try:
        async with made.stream(Call("content", "GET", url + PATH), account(url), at, '"1"') as incoming:
            async for chunk in incoming.chunks:
                got += chunk
            return bytes(got), incoming.start, incoming.length, incoming.validator, incoming.mime
    except VeoError as failed:
        # httpx adds how much of how much came.
        words = str(failed).partition(" (received")[0].removesuffix(".")
        return bytes(got), type(failed), words, vars(failed) | {"__notes__": None}
    finally:
        await made.aclose()


@pytest.mark.parametrize("at", [0, 9])
@pytest.mark.parametrize("name", ANSWERS)
def test_a_clip_comes_the_same_way_over_both(name: str, at: int) -> None:
    with Server() as server:
        server.answers |= {PATH: ANSWERS[name], "/v1beta/files/b": answer(200, b"elsewhere")}
        ask = partial(anyio.run, stream, server.url)
        by_httpx = ask(httpx.AsyncHTTPTransport(), at)
        asked = _asked(server)
        server.seen.clear()
        assert ask(None, at) == by_httpx
        # aiohttp may ask a second time where no answer has begun.
        assert _asked(server) == asked


def _asked(server: Server) -> set[tuple[str | None, ...]]:
    return {(path, headers.get("range"), headers.get("if-range")) for _, path, headers, _ in server.seen}
