"""LocalAI 4.9.0 (mudler/LocalAI, 82c191a), written after its source: it answers a create when the clip is there.

``core/http/routes/localai.go`` has ``POST /video`` and ``/version``, ``core/http/endpoints/localai/video.go`` what it
does, ``core/schema/localai.go`` (``VideoRequest``) the fields, ``core/http/middleware/request.go`` and ``app.go`` the
refusals, ``core/http/endpoints/openai/list.go`` the models. ``POST /v1/videos`` was there from 3.7.0 to 3.10.0:
``core/http/endpoints/openai/video.go`` before 0fa0ac479, with the same answer.

Reads a JSON object from standard input: ``clip``, ``folder``, ``key`` (that it wants, if any), ``models`` (names),
``version`` (default is 4.9.0; anything before 3.10.1 has ``/v1/videos``) and ``answers``: ``b64_json`` (the clip)
or ``path``, whatever is asked for.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from pathlib import Path
from typing import Any

import recording
from engine import Engine
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
_WHOLE = ("width", "height", "num_frames", "fps", "seed", "step")
_TEXTS = ("model", "prompt", "negative_prompt", "start_image", "end_image", "seconds", "size", "response_format")


def refusal(status: int, message: str, kind: str = "") -> JSONResponse:
    """An error."""
    return JSONResponse({"error": {"code": status, "message": message, "type": kind}}, status)


class LocalAI:
    """The server."""

    def __init__(self, engine: Engine, given: Json) -> None:
        self._engine, self._given = engine, given
        self._folder = Path(given["folder"]) / "generated" / "videos"
        self._folder.mkdir(parents=True, exist_ok=True)

    @property
    def _version(self) -> tuple[int, ...]:
        return tuple(map(int, self._given.get("version", "4.9.0").split(".")))

    @property
    def _models(self) -> list[str]:
        return list(self._given.get("models", ["longcat-video"]))

    def _closed(self, request: Request) -> Response | None:
        key = self._given.get("key", "")
        if not key or request.headers.get("authorization") == f"Bearer {key}":
            return None
        return refusal(401, "An authentication key is required", "invalid_request_error")

    async def create(self, request: Request) -> Response:
        """``POST /video``."""
        if closed := self._closed(request):
            return closed
        if not request.headers.get("content-type", "").startswith("application/json"):
            return refusal(415, "code=415, message=Unsupported Media Type")
        try:
            fields = self._read(await request.body())
        except (ValueError, TypeError) as error:
            return refusal(400, f"code=400, message=failed parsing request body: {error}")
        # Without a name the first model for videos is taken.
        model = fields.get("model") or self._models[0]
        if "/" not in model and model not in self._models:
            told = f'model "{model}" not found. To see available models, call GET /v1/models'
            return refusal(404, told, "invalid_request_error")
        path = self._folder / f"b64{uuid.uuid4().hex[:10]}.mp4"
        try:
            await run_in_threadpool(self._engine.make, fields.get("prompt", ""), path)
        except RuntimeError as error:
            return refusal(500, f"rpc error: code = Unknown desc = {error}")
        return JSONResponse(
            {"created": int(time.time()), "id": str(uuid.uuid4()), "data": [self._item(request, path, fields)]}
        )

    def _item(self, request: Request, path: Path, fields: Json) -> Json:
        how = self._given.get("answers") or fields.get("response_format")
        if how == "b64_json":
            return {"b64_json": base64.b64encode(path.read_bytes()).decode()}
        return {"url": f"{'/' if how == 'path' else request.base_url}generated-videos/{path.name}"}

    def _read(self, body: bytes) -> Json:
        fields: Json = json.loads(body)
        for names, kind, said, wanted in ((_WHOLE, int, "string", "int32"), (_TEXTS, str, "number", "string")):
            for name in names:
                if not isinstance(fields.get(name, kind()), kind):
                    told = f"json: cannot unmarshal {said} into Go struct field VideoRequest.{name} of type {wanted}"
                    raise TypeError(told)
        return fields

    async def generated(self, request: Request) -> Response:
        """``GET /generated-videos/{name}``."""
        if closed := self._closed(request):
            return closed
        path = self._folder / request.path_params["name"]
        return FileResponse(path, media_type="video/mp4") if path.is_file() else self._not_found()

    async def models(self, request: Request) -> Response:
        """``GET /v1/models``."""
        if closed := self._closed(request):
            return closed
        listed = [{"id": name, "object": "model"} for name in self._models]
        return JSONResponse({"object": "list", "data": listed})

    async def capabilities(self, request: Request) -> Response:
        """``GET /v1/models/capabilities``."""
        if closed := self._closed(request):
            return closed
        can = {"capabilities": ["video"], "input_modalities": ["text", "image"], "output_modalities": ["video"]}
        listed = [{"id": name, "object": "model", **can} for name in self._models]
        return JSONResponse({"object": "list", "data": listed})

    async def version(self, _: Request) -> Response:
        """``GET /version``."""
        return JSONResponse(
            {"version": f"v{'.'.join(map(str, self._version))} (82c191afadf5f005281e798ccfa0ffd0d5805030)"}
        )

    async def discovery(self, _: Request) -> Response:
        """``GET /.well-known/localai.json``, shortened."""
        paths = {"models": "/v1/models", "models_capabilities": "/v1/models/capabilities", "video": "/video"}
        return JSONResponse({"version": f"v{'.'.join(map(str, self._version))}", "endpoints": paths})

    async def ready(self, _: Request) -> Response:
        """``GET /readyz``."""
        return Response(status_code=200)

    def _not_found(self) -> Response:
        return refusal(404, "Resource not found")

    async def unknown(self, _: Request, __: Exception) -> Response:
        """Any other path or method."""
        return self._not_found()

    def app(self) -> Any:
        """The application."""
        routes = [
            Route("/video", self.create, methods=["POST"]),
            Route("/generated-videos/{name}", self.generated, methods=["GET"]),
            Route("/v1/models", self.models, methods=["GET"]),
            Route("/models", self.models, methods=["GET"]),
            Route("/v1/models/capabilities", self.capabilities, methods=["GET"]),
            Route("/version", self.version, methods=["GET"]),
            Route("/.well-known/localai.json", self.discovery, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
            Route("/healthz", self.ready, methods=["GET"]),
        ]
        if (3, 7, 0) <= self._version < (3, 10, 1):
            routes.append(Route("/v1/videos", self.create, methods=["POST"]))
        return Starlette(routes=routes, exception_handlers={404: self.unknown, 405: self.unknown})


def main() -> None:
    """Serve."""
    given = recording.said()
    engine = Engine(given["clip"])
    recording.serve(LocalAI(engine, given).app(), engine)


if __name__ == "__main__":
    main()
