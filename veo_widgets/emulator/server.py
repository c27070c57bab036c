"""Runs an application on a loopback socket, in a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_BACKLOG = 1024
_STOP_SECONDS = 5


class _OpenProtocol(H11Protocol):
    """HTTP/1.1 that shows applications the connection, so that they can break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """A server that says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # A request under way keeps its connection, which nobody could close once the loop has ended.
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


class LoopbackServer:
    """One application on one port.

    Args:
        app: what to serve.
        host: the address to listen at.
        port: 0 lets the system choose.

    Raises:
        OSError: the port is taken or not allowed.
    """

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # The protocol is named because asyncio sets TCP_NODELAY only then; without it each answer takes 40 ms.
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            # A port left in TIME_WAIT by an earlier run may be used again; one that is listened at may not.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, port))
            self._socket.listen(_BACKLOG)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(_config(app))
        self._thread = threading.Thread(target=self._run, name="veo-emulator", daemon=True)

    def _run(self) -> None:
        arguments: dict[str, Any] = {"sockets": [self._socket]}
        try:
            asyncio.run(self._server.serve(**arguments))
        finally:
            # Whoever waits for a server that fell before it was up must not wait forever.
            self._server.up.set()

    def start(self) -> None:
        """Serve from now on.

        Raises:
            RuntimeError: the server did not come up.
        """
        self._thread.start()
        self._server.up.wait()
        if not self._server.started:
            raise RuntimeError("The emulator's server did not start.")

    def stop(self) -> None:
        """Close the port and every connection; requests under way are cut off."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()


def _config(app: ASGIApp) -> uvicorn.Config:
    # Nothing is logged: in a notebook, standard output belongs to the user.
    return uvicorn.Config(
        app,
        http=_OpenProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        backlog=_BACKLOG,
    )
