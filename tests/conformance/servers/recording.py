"""Serves one of the servers here on a socket of its own, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from engine import Bucket, Engine
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse

Json = dict[str, Any]
# What whoever started the server looks for.
SIGN = "SERVING "


def said() -> Json:
    """What the starter of this program says, as JSON on standard input."""
    given: Json = json.load(sys.stdin)
    return given


class Recorder:
    """An ASGI application around a server's own, which it leaves as it is.

    ``/received`` answers with what came before, oldest first, ``/forget`` empties that, and ``/release`` lets those
    prompts go on that wait.
    """

    def __init__(self, app: Any, engine: Engine, bucket: Bucket | None = None) -> None:
        self._app, self._engine, self._bucket = app, engine, bucket
        self._received: list[Json] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in {"/received", "/forget", "/release"}:
            await JSONResponse(self._control(scope["path"]))(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        self._received.append(await _entry(Request(scope, _again(body)), body))
        await self._app(scope, _again(body, receive), send)

    def _control(self, path: str) -> Json:
        kept = {"requests": list(self._received), "bucket": list(self._bucket.received) if self._bucket else []}
        if path == "/forget":
            self._received.clear()
            if self._bucket:
                self._bucket.received.clear()
        if path == "/release":
            self._engine.release()
        return kept


def _again(body: bytes, more: Any = None) -> Any:
    """A body that can be received a second time, and then what comes after it."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return parts.pop() if parts else await more()

    return receive


async def _entry(request: Request, body: bytes) -> Json:
    kind = request.headers.get("content-type", "")
    fields: Json = {}
    files: Json = {}
    if kind.startswith(("multipart/", "application/x-www-form-urlencoded")):
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = {"name": value.filename, "type": value.content_type, "size": value.size}
                else:
                    fields[name] = value
    elif body:
        fields = json.loads(body)
    return {
        "method": request.method,
        "path": request.url.path,
        "query": dict(request.query_params),
        "authorization": request.headers.get("authorization"),
        "type": kind.partition(";")[0],
        "fields": fields,
        "files": files,
    }


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, engine: Engine) -> None:
        super().__init__(config)
        self._engine = engine

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A thread that waits would keep the process.
        self._engine.release()
        await super().shutdown(sockets)


def listener() -> socket.socket:
    """A socket on a free port."""
    return socket.create_server(("127.0.0.1", 0))


def address(of: socket.socket) -> str:
    """The address of a server that listens on a socket."""
    return f"http://127.0.0.1:{of.getsockname()[1]}"


def serve(app: Any, engine: Engine, bucket: Bucket | None = None, on: socket.socket | None = None) -> None:
    """Serve an application until the process is told to end, and say where on standard output."""
    on = on or listener()
    print(f"{SIGN}{json.dumps({'base_url': address(on), 'bucket': bucket.url if bucket else ''})}", flush=True)
    # By name, since some of the servers here stand something in for uvloop.
    plain = {"loop": "asyncio", "http": "h11", "ws": "none"}
    config = uvicorn.Config(Recorder(app, engine, bucket), log_level="warning", timeout_graceful_shutdown=5, **plain)
    _Server(config, engine).run(sockets=[on])


def bucket_of(given: Json) -> Bucket | None:
    """The bucket that the starter wants, in a folder of its own."""
    return Bucket(Path(given["folder"]) / "bucket") if given.get("bucket") else None
