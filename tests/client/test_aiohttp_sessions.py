"""Polls over aiohttp: the same answers and errors as over httpx, and nothing else on its connections."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from cryptography import x509

from veo_widgets.client.transport.aiohttp_sessions import Session, Sessions
from veo_widgets.client.transport.bodies import LIMITS, Limit
from veo_widgets.client.transport.routes import TlsContexts
from veo_widgets.client.transport.transport import Transport
from veo_widgets.domain.errors import NoAnswerError, VeoError
from veo_widgets.providers.wires import Call, Reply
from veo_widgets.providers.wires.base import Purpose

from ..raw_server import Server, answer
from .test_hostile_addresses import certificate
from .test_transport import KEY, account, error

PATH = "/v1beta/x"
BY_HTTPX = httpx.AsyncHTTPTransport


async def poll(url: str, http: httpx.AsyncBaseTransport | None = None, key: str = KEY, **limits: Limit) -> Reply:
    """Ask once; over aiohttp, unless a transport of httpx's is given."""
    made = Transport(http, {**LIMITS, **limits})
    try:
        return await made.send(Call("poll", "GET", url + PATH), account(url, key))
    finally:
        await made.aclose()


def outcome(asked: Callable[[], Awaitable[Reply]]) -> tuple[Any, ...]:
    """An answer, or an error with all that it says."""
    try:
        reply = anyio.run(asked)
    except VeoError as error:
        return type(error), str(error), vars(error) | {"__notes__": None}
    return reply.status, reply.body, reply.retry_after


ANSWERS = {
    "an answer": answer(200, {"name": "ä"}, Retry_After="7"),
    "packed": answer(200, gzip.compress(b'{"n": 1}'), Content_Encoding="gzip"),
    "in pieces": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n2\r\n2]\r\n0\r\n\r\n",
    "to the end of the connection": b'HTTP/1.1 200 OK\r\n\r\n{"n": 1}',
    "an error": answer(404, error("NOT_FOUND", "It is gone."), X_Request_Id="req_12345678"),
    "a redirect": answer(307, b"", Location="/elsewhere"),
    "a page": answer(200, b"<html>Sign in</html>", Content_Type="text/html"),
    "nothing in it": answer(204),
    "a header twice": answer(429, {}).replace(
        b"Connection", b"X-Request-Id: req_1\r\nX-Request-Id: req_2\r\nConnection"
    ),
    "a long header": answer(200, {"n": 1}, Content_Security_Policy="a" * 9000),
    "a very long header": answer(200, {"n": 1}, Content_Security_Policy="a" * 60_000),
    "a strange letter": answer(200, b"<", Content_Type="").replace(
        b"Connection", b"Content-Type: \xe4/\xfc\r\nConnection"
    ),
    "no answer": b"",
    "not packed": answer(200, b"not gzip", Content_Encoding="gzip"),
    "packed otherwise": answer(200, b"x", Content_Encoding="br"),
    "packed twice": answer(200, b"x", Content_Encoding="gzip").replace(
        b"Connection", b"Content-Encoding: gzip\r\nConnection"
    ),
    "too large": answer(200, [1] * 500),
    "an error that is too large": answer(500, [1] * 500),
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_means_the_same_over_aiohttp(said: bytes) -> None:
    with Server() as server:
        server.answers[PATH] = said
        small = Limit(1000, 60)
        ours = outcome(lambda: poll(server.url, poll=small))
        # httpx names its connections in each request, and aiohttp does not.
        assert all("connection" not in headers for _, _, headers, _ in server.seen)
        assert ours == outcome(lambda: poll(server.url, BY_HTTPX(), poll=small))
        assert server.seen[-1][2]["connection"] == "keep-alive"


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 200 OK\r\nContent-Le", b"nonsense\r\n\r\n", answer(200, {"name": "n"})[:-3]],
    ids=["half a head", "no http", "half a body"],
)
def test_an_answer_that_cannot_be_read_may_have_been_meant(said: bytes) -> None:
    with Server() as server:
        server.answers[PATH] = said
        kind, words, more = outcome(lambda: poll(server.url))
    assert (kind, more["sent"]) == (NoAnswerError, True)
    assert words.startswith(f"Gemini Developer API at {server.url} did not answer: ")
    assert KEY not in words
    assert "nonsense" not in words


def test_a_service_that_never_answers_holds_up_no_other() -> None:
    async def ask(made: Transport, url: str) -> Reply:
        return await made.send(Call("poll", "GET", url + PATH), account(url, KEY))

    async def main(silent: str, other: str) -> Reply:
        made = Transport()
        try:
            # Has aiohttp loaded, so that the others need no thread to begin.
            await ask(made, other)
            async with anyio.create_task_group() as tasks:
                for _ in range(40):
                    tasks.start_soon(ask, made, silent)
                # They take their places before the other one comes.
                await anyio.wait_all_tasks_blocked()
                with anyio.fail_after(600):
                    reply = await ask(made, other)
                tasks.cancel_scope.cancel()
            return reply
        finally:
            await made.aclose()

    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent, Server() as other:
        other.answers[PATH] = answer(200, {"name": "n"})
        reply = anyio.run(main, f"http://127.0.0.1:{silent.getsockname()[1]}", other.url)
    assert reply.body == {"name": "n"}


def test_what_was_never_sent_is_told_in_the_same_words() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert outcome(lambda: poll(url)) == outcome(lambda: poll(url, BY_HTTPX()))
    kind, words, more = outcome(lambda: poll("http://nowhere.invalid"))
    assert (kind, more["sent"]) == (NoAnswerError, False)
    assert "could not be reached: [Errno" in words


def test_a_certificate_is_held_against_the_name_and_the_usual_authorities(tmp_path: Path) -> None:
    path, context = certificate(tmp_path, x509.DNSName("clips.example"))

    async def ask(server: Server, trusted: str | None, name: str | None) -> int:
        session = Session(ssl.create_default_context(cafile=trusted), keeps=False, read_bufsize=1 << 16)
        try:
            response = await session.open("GET", server.url + PATH, {"x-goog-api-key": KEY}, name=name)
            response.close()
            return response.status
        finally:
            await session.aclose()

    with Server(context) as server:
        server.answers[PATH] = answer(200, {})
        for trusted, name, words in (
            (None, "clips.example", "certificate verify failed: self-signed certificate"),
            (str(path), None, "certificate verify failed: IP address mismatch"),
            (str(path), "other.example", "certificate verify failed: Hostname mismatch"),
        ):
            with pytest.raises(httpx.ConnectError, match=words):
                anyio.run(ask, server, trusted, name)
        assert server.seen == []
        assert anyio.run(ask, server, str(path), "clips.example") == 200


@pytest.mark.parametrize("key", ["AIza\nsecret", "AIza\x00secret", "AIzaсekret", "“AIza-secret”"])
def test_a_key_that_cannot_be_sent_is_not_shown(key: str) -> None:
    with Server() as server:
        assert outcome(lambda: poll(server.url, key=key)) == outcome(lambda: poll(server.url, BY_HTTPX(), key=key))
        kind, words, more = outcome(lambda: poll(server.url, key=key))
        assert (kind, more["sent"], server.seen) == (NoAnswerError, False, [])
    assert "AIza" not in words


def test_an_answer_that_trickles_is_not_read_to_its_end() -> None:
    with Server(drip=0.01) as server:
        server.answers[PATH] = answer(200, b" " * 100_000)
        kind, words, more = outcome(lambda: poll(server.url, poll=Limit(1_000_000, 0.2)))
    assert (kind, more["sent"]) == (NoAnswerError, True)
    assert words.endswith("gave no whole answer in 0.2 s.")


def test_a_service_that_says_nothing_more_is_not_waited_for() -> None:
    """Neither for the beginning of its answer nor for the rest of it, within the time for the whole of it."""

    async def ask(said: bytes) -> None:
        served = anyio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            with suppress(ConnectionError):
                await reader.read()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            served.set()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            made = Transport()
            try:
                await made.send(Call("poll", "GET", url, patience=0.3), account(url))
            finally:
                await made.aclose()
                await served.wait()

    for said in (b"", b"HTTP/1.1 200 OK\r\n", answer(200, {"name": "n"})[:-3]):
        with pytest.raises(NoAnswerError, match=r"gave no whole answer in 0\.3 s\.") as caught:
            anyio.run(ask, said)
        assert caught.value.sent


def test_an_address_goes_out_as_httpx_writes_it() -> None:
    async def ask(url: str, http: httpx.AsyncBaseTransport | None) -> None:
        made = Transport(http)
        with suppress(VeoError):
            await made.send(Call("poll", "GET", url), account(url))
        await made.aclose()

    with Server() as server:
        for path in ("/a%2Fb%3D", "/a b", "/ä", "/a?b=c d&e=%20", "/a#b", "", "/a//b/../c", "/%zz"):
            anyio.run(ask, server.url + path, None)
            ours = {asked[1] for asked in server.seen}
            server.seen.clear()
            anyio.run(ask, server.url + path, BY_HTTPX())
            assert ours == {asked[1] for asked in server.seen}
            server.seen.clear()


@pytest.mark.anyio
async def test_only_httpx_goes_through_a_proxy_or_with_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "near.example")
    sessions = Sessions(TlsContexts(ssl.create_default_context))
    assert await sessions.to("http://far.example/x") is None
    assert await sessions.to("http://user:password@near.example/x") is None
    assert await sessions.to("http://[::1/x") is None
    assert await sessions.to("http://near.example/x") is not None
    await sessions.aclose()


class Keeping:
    """A server that keeps connections, and closes each after having read the second request on it.

    Attributes:
        seen: method, path, and the number of the connection, of every request.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []
        self._connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            for turn in range(2):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = head.split(" ", 2)
                length = [line for line in head.lower().split("\r\n") if line.startswith("content-length: ")]
                await reader.readexactly(int(length[0].split()[1]) if length else 0)
                self.seen.append((method, path, number))
                if turn == 0:
                    writer.write(answer(200, {"name": "n"}).replace(b"Connection: close", b"Connection: keep-alive"))
                    await writer.drain()
        writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Its address, until the block ends."""
        async with await asyncio.start_server(self.serve, "127.0.0.1", 0) as server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.anyio
async def test_a_create_and_a_cancel_are_never_sent_twice_and_a_poll_may_be() -> None:
    keeping, lost = Keeping(), list[str]()

    async def begin() -> None:
        pass

    async def once(purpose: Purpose, method: Any, path: str) -> None:
        call = Call(purpose, method, url + path, json={} if method == "POST" else None)
        try:
            if purpose == "create":
                await made.post(await made.prepare(call, account(url)), begin)
            else:
                await made.send(call, account(url))
        except NoAnswerError:
            lost.append(path)

    async with keeping.running() as url:
        made = Transport()
        for number in range(8):
            await once("create", "POST", f"/create/{number}")
            await once("cancel", "DELETE", f"/cancel/{number}")
            await once("poll", "GET", f"/poll/{number}")
            if number > 4:
                await once("poll", "POST", f"/ask/{number}")
        await made.aclose()
    times = Counter(path for _, path, _ in keeping.seen)
    assert {path: count for path, count in times.items() if path.startswith(("/create", "/cancel"))} == {
        f"/{what}/{number}": 1 for what in ("create", "cancel") for number in range(8)
    }
    # The poll that is lost on a kept connection is asked again, and nobody hears of it.
    assert max(times[f"/poll/{number}"] for number in range(8)) == 2
    assert not any(path.startswith("/poll") for path in lost)
    assert any(path.startswith("/cancel") for path in lost)
    # No connection of a create's has seen anything else.
    creates = {number for _, path, number in keeping.seen if path.startswith("/create")}
    assert not creates & {number for _, path, number in keeping.seen if not path.startswith("/create")}


WITHOUT = """
import sys
sys.modules["aiohttp"] = None
import anyio
from tests.client.test_aiohttp_sessions import poll
print(anyio.run(poll, sys.argv[1]).body)
"""


def test_polls_work_without_aiohttp() -> None:
    with Server() as server:
        server.answers[PATH] = answer(200, {"n": 1})
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT, server.url], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.stdout == "{'n': 1}\n", done.stderr
        assert server.seen[0][2]["connection"] == "keep-alive"


TOGETHER = """
import sys, threading
import anyio
from tests.client.test_aiohttp_sessions import poll
together = threading.Barrier(8)
def ask():
    together.wait()
    told.append(anyio.run(poll, sys.argv[1]).body)
told, threads = [], [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(told.count({"n": 1}))
"""


def test_an_import_that_fails_is_no_half_library_in_other_threads() -> None:
    """SSLKEYLOGFILE makes it fail, and each client has a thread of its own."""
    with Server() as server:
        server.answers[PATH] = answer(200, {"n": 1})
        done = subprocess.run(
            [sys.executable, "-c", TOGETHER, server.url],
            capture_output=True, text=True, check=False, timeout=600, env={**os.environ, "SSLKEYLOGFILE": "/absent/x"},
        )  # fmt: skip
    assert done.stdout == "8\n", done.stderr


LET_GO = """
import asyncio, gc, sys
from tests.client.test_aiohttp_sessions import Call, KEY, PATH, Transport, account
async def main():
    made = Transport()
    await made.send(Call("poll", "GET", sys.argv[1] + PATH), account(sys.argv[1], KEY))
    if sys.argv[2] == "within":
        del made
        gc.collect()
        await asyncio.sleep(0)
    else:
        kept.append(made)
kept = []
asyncio.run(main())
kept.clear()
gc.collect()
"""


@pytest.mark.anyio
@pytest.mark.parametrize("when", ["within", "after"])
async def test_a_client_that_nobody_closes_is_let_go_in_silence(when: str) -> None:
    async with Keeping().running() as url:
        done = await anyio.run_process([sys.executable, "-c", LET_GO, url, when], check=False)
    assert (done.returncode, done.stderr) == (0, b"")


LATE = """
import sys
import veo_widgets as veo
print("aiohttp" in sys.modules)
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
job = veo.submit("A cat")
print("aiohttp" in sys.modules)
job.wait()
print("aiohttp" in sys.modules)
"""


def test_aiohttp_is_loaded_by_the_first_poll(emulator: Any, tmp_path: Path) -> None:
    home = {"VEO_WIDGETS_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", LATE, emulator.base_url, str(tmp_path / "clips")],
        capture_output=True, text=True, check=False, timeout=600, env=home,
    )  # fmt: skip
    assert done.stdout.split()[:2] == ["False", "False"], done.stderr
    assert done.stdout.split()[-1] == "True", done.stderr
