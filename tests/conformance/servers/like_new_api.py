"""new-api (QuantumNous/new-api, as of autumn 2026), written after its source: a gateway in front of other services.

``router/video-router.go`` has its paths, ``relay/common/relay_utils.go`` and ``relay_info.go`` what a create is,
``model/task.go`` (``ToOpenAIVideo``) with ``dto/openai_video.go`` the answers, ``controller/video_proxy.go`` the
content, ``middleware/auth.go``, ``distributor.go`` and ``utils.go`` the refusals. Its texts are those in English.

Reads a JSON object from standard input: ``clip``, ``folder``, ``key``, ``models`` (the names that a channel serves),
``bucket`` (whether the service behind keeps the clip at an address of its own, which the gateway may not fetch),
``old`` (whether a create is answered with ``task_id`` alone, as by the releases of 2025) and ``reason`` (``error``, or
``url`` for the adaptors such as ``relay/channel/task/hailuo`` that leave the reason where a clip would be).
"""

from __future__ import annotations

import json
import secrets
import string
from pathlib import Path
from typing import Any

import recording
from engine import Bucket, Engine, Work
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
VERSION = "v1.0.0"
_KNOWN = {"prompt", "model", "mode", "image", "images", "size", "duration", "input_reference"}
_WORDS = {"queued": "unknown", "running": "in_progress", "done": "completed", "failed": "failed"}


def refusal(status: int, message: str, code: str = "") -> JSONResponse:
    """Of the gateway itself."""
    request = secrets.token_hex(8)
    body = {"message": f"{message} (request id: {request})", "type": "new_api_error", "code": code}
    return JSONResponse({"error": body}, status)


def task_error(code: str, message: str, status: int = 400) -> JSONResponse:
    """Of a task."""
    return JSONResponse({"code": code, "message": message, "data": None}, status)


def proxy_error(status: int, kind: str, message: str) -> JSONResponse:
    """Of the route for content."""
    return JSONResponse({"error": {"message": message, "type": kind}}, status)


def number(text: str) -> int | float | str:
    """A text of a form as a number, if it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


class Gateway:
    """The gateway."""

    def __init__(self, engine: Engine, bucket: Bucket | None, given: Json) -> None:
        self._engine, self._bucket, self._given = engine, bucket, given
        self._folder = Path(given["folder"]) / "tasks"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._tasks: dict[str, tuple[Work, Json]] = {}

    def _closed(self, request: Request) -> Response | None:
        key = self._given.get("key", "sk-new-api")
        if request.headers.get("authorization", "").removeprefix("Bearer ") == key:
            return None
        return refusal(401, "Invalid token")

    async def create(self, request: Request) -> Response:
        """``POST /v1/videos``."""
        if closed := self._closed(request):
            return closed
        try:
            fields = await self._fields(request)
        except (ValueError, TypeError) as error:
            return task_error("invalid_json", str(error))
        model = fields.get("model")
        if not model:
            return refusal(400, "Model name not specified, model name cannot be empty")
        if model not in self._given.get("models", [model]):
            told = f"No available channel for model {model} under group default (distributor)"
            return refusal(503, told, "model_not_found")
        if not str(fields.get("prompt") or "").strip():
            return task_error("invalid_request", "prompt is required")
        alphabet = string.ascii_letters + string.digits
        task = "task_" + "".join(secrets.choice(alphabet) for _ in range(32))
        work = self._engine.begin(fields["prompt"], self._folder / f"{task}.mp4")
        self._tasks[task] = work, fields
        made = {"id": task, "task_id": task, "object": "video", "model": model, "status": "queued", "progress": 0}
        answer = {"task_id": task} if self._given.get("old") else {**made, "created_at": work.created}
        return JSONResponse(answer, headers={"X-New-Api-Other-Ratios": '{"seconds":4,"size":1}'})

    async def _fields(self, request: Request) -> Json:
        if not request.headers.get("content-type", "").startswith("application/json"):
            async with request.form() as form:
                texts = {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
            beside = {name: number(str(text)) for name, text in texts.items() if name not in _KNOWN}
            return {**texts, "metadata": beside}
        fields = json.loads(await request.body())
        for name in ("prompt", "model", "size", "seconds", "input_reference", "image"):
            if not isinstance(fields.get(name, ""), str):
                kind = "number" if isinstance(fields[name], int | float) else "object"
                place = f"Go struct field Alias.{name} of type string"
                raise TypeError(f"json: cannot unmarshal {kind} into {place}")
        return fields

    async def fetch(self, request: Request) -> Response:
        """``GET /v1/videos/{task_id}``."""
        if closed := self._closed(request):
            return closed
        task = request.path_params["task_id"]
        if task not in self._tasks:
            return task_error("task_not_exist", "task_not_exist")
        work, fields = self._tasks[task]
        video = {
            "id": task,
            "object": "video",
            "model": fields["model"],
            "status": _WORDS[work.state],
            "progress": 100 if work.state in {"done", "failed"} else int(work.part * 100),
            "created_at": work.created,
            "completed_at": work.created + 1,
            "metadata": {"url": self._address(request, task, work)},
        }
        if work.error and self._given.get("reason") != "url":
            video["error"] = {"message": work.error, "code": "upstream_error"}
        return JSONResponse(video)

    def _address(self, request: Request, task: str, work: Work) -> str:
        # What a failed task has in the place of a result is its reason.
        if work.state != "done":
            return work.error
        if self._bucket:
            return self._bucket.put(work.path, work.path.name)
        return f"{request.base_url}v1/videos/{task}/content"

    async def content(self, request: Request) -> Response:
        """``GET /v1/videos/{task_id}/content``."""
        if closed := self._closed(request):
            return closed
        task = request.path_params["task_id"]
        if task not in self._tasks:
            return proxy_error(404, "invalid_request_error", "Task not found")
        work, _ = self._tasks[task]
        if work.state != "done":
            status = {"queued": "NOT_START", "running": "IN_PROGRESS", "failed": "FAILURE"}[work.state]
            told = f"Task is not completed yet, current status: {status}"
            return proxy_error(400, "invalid_request_error", told)
        if self._bucket:
            told = "request blocked: private IP address not allowed: 127.0.0.1"
            return proxy_error(403, "server_error", told)
        return FileResponse(work.path, media_type="video/mp4", headers={"cache-control": "public, max-age=86400"})

    async def models(self, request: Request) -> Response:
        """``GET /v1/models``."""
        if closed := self._closed(request):
            return closed
        listed = [
            {
                "id": name,
                "object": "model",
                "created": 1626777600,
                "owned_by": "custom",
                "supported_endpoint_types": ["openai-video"],
            }
            for name in self._given.get("models", ["wan2.5-t2v-preview"])
        ]
        return JSONResponse({"success": True, "data": listed, "object": "list"})

    async def status(self, _: Request) -> Response:
        """``GET /api/status``, for which no key is needed."""
        return JSONResponse(
            {"success": True, "message": "", "data": {"version": VERSION, "system_name": "New API", "start_time": 1}}
        )

    async def unknown(self, request: Request, _: Exception) -> Response:
        """Any other path or method."""
        told = f"Invalid URL ({request.method} {request.url.path})"
        return JSONResponse({"error": {"message": told, "type": "invalid_request_error", "param": "", "code": ""}}, 404)

    def app(self) -> Any:
        """The application."""
        routes = [
            Route("/v1/videos", self.create, methods=["POST"]),
            Route("/v1/videos/{task_id}", self.fetch, methods=["GET"]),
            Route("/v1/videos/{task_id}/content", self.content, methods=["GET"]),
            Route("/v1/models", self.models, methods=["GET"]),
            Route("/api/status", self.status, methods=["GET"]),
        ]
        inner = Starlette(routes=routes, exception_handlers={404: self.unknown, 405: self.unknown})

        async def powered(scope: Any, receive: Any, send: Any) -> None:
            async def stamped(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-new-api-version", VERSION.encode())]
                await send(message)

            await inner(scope, receive, stamped)

        return powered


def main() -> None:
    """Serve."""
    given = recording.said()
    engine, bucket = Engine(given["clip"]), recording.bucket_of(given)
    recording.serve(Gateway(engine, bucket, given).app(), engine, bucket)


if __name__ == "__main__":
    main()
