"""Answers that are made to do harm: too large, packed a thousandfold, endless, nested, of values nobody expects."""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any

import anyio
import pytest

from veo_widgets.client.retries import rule_for
from veo_widgets.client.transport.bodies import LIMITS, Limit, unpacked, whole
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.accounts import Account
from veo_widgets.config.credentials import ApiKey, Secret
from veo_widgets.config.log import log
from veo_widgets.domain.catalog import GEMINI_API
from veo_widgets.domain.errors import InvalidReplyError, NoAnswerError, RateLimitError, VeoError
from veo_widgets.domain.safe_json import read_json
from veo_widgets.providers.registry import PROVIDERS, Endpoint
from veo_widgets.providers.wires import Call, Reply

from ..raw_server import Server, answer

_SMALL = Limit(100_000, 0.3)
SMALL = dict.fromkeys(LIMITS, _SMALL)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def dripping() -> Iterator[Server]:
    with Server(drip=0.02) as running:
        yield running


def account(base_url: str) -> Account:
    return Account(PROVIDERS["gemini"], Endpoint("gemini", GEMINI_API, base_url), ApiKey(Secret("AIza-a-secret")))


def send(base_url: str, purpose: Any = "poll", limits: Any = LIMITS) -> Reply:
    async def run() -> Reply:
        made = Transport(limits=limits)
        try:
            return await made.send(Call(purpose, "GET", f"{base_url}/x"), account(base_url))
        finally:
            await made.aclose()

    return anyio.run(run)


def download(base_url: str, limits: Any = LIMITS) -> int:
    async def run() -> int:
        made = Transport(limits=limits)
        try:
            async with made.stream(Call("content", "GET", f"{base_url}/x"), account(base_url)) as stream:
                return max([len(chunk) async for chunk in stream.chunks])
        finally:
            await made.aclose()

    return anyio.run(run)


@cache
def bomb(megabytes: int) -> bytes:
    """So many megabytes of blanks, a thousandth as long."""
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    blanks = b" " * (1 << 20)
    return b"".join(packer.compress(blanks) for _ in range(megabytes)) + packer.flush()


def peak_of(work: Any) -> tuple[VeoError, float]:
    """The error that `work` ends with, and the megabytes it held at most."""
    tracemalloc.start()
    try:
        with pytest.raises(VeoError) as caught:
            work()
        return caught.value, tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("purpose", ["create", "list", "file", "cancel"])
def test_a_packed_bomb_is_not_unpacked(server: Server, purpose: str) -> None:
    server.answers["/x"] = answer(200, bomb(100), Content_Encoding="gzip", Content_Type="application/json")
    error, megabytes = peak_of(lambda: send(server.url, purpose))
    assert type(error) is InvalidReplyError
    assert "more than 8 MB" in str(error)
    assert megabytes < 24


def test_a_bomb_after_a_create_leaves_its_outcome_open(server: Server) -> None:
    server.answers["/x"] = answer(200, bomb(9), Content_Encoding="gzip")
    with pytest.raises(VeoError) as caught:
        send(server.url, "create")
    assert rule_for("create", caught.value).end == "unknown"


def test_an_error_that_says_too_much_is_still_that_error(server: Server) -> None:
    server.answers["/x"] = answer(429, bomb(100), Content_Encoding="gzip", Retry_After="7")
    error, megabytes = peak_of(lambda: send(server.url, "create"))
    assert type(error) is RateLimitError
    assert error.retry_after == 7
    assert megabytes < 24


def test_a_bomb_in_place_of_a_clip_comes_in_small_pieces(server: Server) -> None:
    server.answers["/x"] = answer(200, bomb(50), Content_Encoding="gzip")
    assert download(server.url) <= 1 << 20


def test_a_poll_may_bring_a_large_clip_and_nothing_else_may(server: Server) -> None:
    clip = "A" * (9 << 20)
    server.answers["/x"] = answer(200, {"clip": clip})
    assert send(server.url, "poll").body == {"clip": clip}
    with pytest.raises(InvalidReplyError, match="more than 8 MB"):
        send(server.url, "list")


def test_two_hundred_megabytes_of_values_are_not_read(server: Server) -> None:
    server.answers["/x"] = answer(200, b"[" + b"[]," * 1_000_000 + b"0]", Content_Type="application/json")
    error, megabytes = peak_of(lambda: send(server.url, "poll"))
    assert type(error) is InvalidReplyError
    assert megabytes < 30


@pytest.mark.parametrize("level", ["off", "debug"])
@pytest.mark.parametrize("deep", [90, 300, 900, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_deeply_ends_in_one_error(
    server: Server, tmp_path: Any, level: str, deep: int, opening: str, closing: str
) -> None:
    body = (opening * deep + "1" + closing * deep).encode()
    server.answers["/x"] = answer(200, body, Content_Type="application/json")
    log(level, tmp_path / "log")
    try:
        if deep < 100:
            assert send(server.url).status == 200
        else:
            with pytest.raises(InvalidReplyError, match="instead of JSON"):
                send(server.url)
    finally:
        log("off")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "x" * 300])
def test_only_what_was_asked_for_is_unpacked(server: Server, encoding: str) -> None:
    server.answers["/x"] = answer(200, {}, Content_Encoding=encoding)
    with pytest.raises(NoAnswerError, match="which was not asked for"):
        send(server.url)


def test_a_packed_answer_is_read(server: Server) -> None:
    server.answers["/x"] = answer(200, gzip.compress(b'{"a": 1}'), Content_Encoding="GZip")
    assert send(server.url).body == {"a": 1}


def test_a_reply_that_drips_ends_in_time(dripping: Server) -> None:
    dripping.answers["/x"] = answer(200, {"name": "n" * 300})
    with pytest.raises(NoAnswerError, match=r"gave no whole answer in 0\.3 s") as caught:
        send(dripping.url, "create", SMALL)
    assert rule_for("create", caught.value).end == "unknown"


def test_a_clip_that_drips_ends_in_time(dripping: Server) -> None:
    # Its head comes in time on a slow machine, too; a byte each 20 ms does not.
    dripping.answers["/x"] = answer(200, b"\0" * 1000)
    with pytest.raises(NoAnswerError, match="too slowly"):
        download(dripping.url, dict.fromkeys(LIMITS, Limit(100_000, 5)))


def test_a_head_that_never_comes_ends_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for ask in (lambda: send(url, "poll", SMALL), lambda: download(url, SMALL)):
            with pytest.raises(NoAnswerError, match=r"gave no whole answer in 0\.3 s"):
                ask()


def test_cookies_are_not_kept(server: Server) -> None:
    server.answers["/x"] = answer(200, {}, Set_Cookie="who=you; Path=/")

    async def run() -> None:
        made = Transport()
        for _ in range(2):
            await made.send(Call("poll", "GET", f"{server.url}/x"), account(server.url))
        await made.aclose()

    anyio.run(run)
    assert [headers.get("cookie") for _, _, headers, _ in server.seen] == [None, None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"a\ud800b"', "a\ufffdb"),
        (rb'{"\uDFFF": ["\ud800\ud800"]}', {"\ufffd": ["\ufffd\ufffd"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    ],
)
def test_half_a_character_is_none(text: bytes, value: Any) -> None:
    found = read_json(text)
    assert found == value
    json.dumps(found, ensure_ascii=False).encode()


def test_a_body_is_not_kept_beside_its_text() -> None:
    body = bytearray(b'{"bytesBase64Encoded": "AAAA"}')
    assert read_json(body) == {"bytesBase64Encoded": "AAAA"}
    assert body == b""


@pytest.mark.parametrize("text", [b"", b"\xff", b'"\xed\xa0\x80"', b"1" * 5000, '{"a"'.encode("utf-16")])
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever its words)
        read_json(text)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_packed_bytes_come_out_as_they_went_in(size: int) -> None:
    data = bytes(range(256)) * 5000
    packed = gzip.compress(data)
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert anyio.run(whole, chunks(*parts), "gzip", len(data)) == data
    with pytest.raises(ValueError, match="ends in the middle"):
        anyio.run(whole, chunks(*parts[:-1]), "gzip", len(data))

    async def largest() -> int:
        return max([len(piece) async for piece in unpacked(chunks(bomb(20)), "gzip")])

    assert anyio.run(largest) == 1 << 20
