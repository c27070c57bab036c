"""A server that says what it is told to, byte for byte."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from contextlib import suppress
from typing import Any


class Server:
    """A server that answers each path with the bytes it was told, and remembers what it was asked.

    Args:
        tls: to speak HTTPS with.
        drip: seconds between one byte and the next of an answer's body; None sends it at once.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, drip: float | None = None) -> None:
        self._tls, self._drip = tls, drip
        self.answers: dict[str, bytes] = {}
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()
            # asyncio loses the socket of a connection that is accepted in the moment in which its server is closed.
            self._loop.remove_reader(server.sockets[0].fileno())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            server.close()
            # A connection may have been accepted and not been handed on to `_serve` yet.
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.gather(*others, return_exceptions=True)
                await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.seen.append((method, path, headers, body))
            await self._write(writer, self.answers.get(path, b""))
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _write(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        head = len(answer) if self._drip is None else answer.index(b"\r\n\r\n") + 4
        writer.write(answer[:head])
        await writer.drain()
        for at in range(head, len(answer)):
            await asyncio.sleep(self._drip or 0)
            writer.write(answer[at : at + 1])
            await writer.drain()

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._ready.wait(600)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(600)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"


def answer(status: int = 200, body: Any = b"", **headers: str) -> bytes:
    """An HTTP answer; what is not bytes is sent as JSON."""
    kind = "video/mp4" if isinstance(body, bytes) else "application/json"
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Type": kind, "Content-Length": str(len(data)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status} Some Words\r\n{lines}\r\n".encode() + data
