"""LocalAI 4.9.0's ``POST /video``, which answers when the clip is there, and the clip at the server's own address.

Sources: ``core/http/endpoints/localai/video.go``, ``core/schema/localai.go`` and ``core/http/app.go`` of LocalAI 4.9.0.
"""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import files
from ..jobs import creation
from ..jobs.operations import Clip, Operation
from ..jobs.orders import Order
from ..jobs.state import backstage, note
from ..openai import bodies, checks
from ..openai.models import authorize
from ..openai.refusals import Endpoint
from ..refusals import Json, RefusalError

# Frames a second where a create says none: that of the models that LocalAI's gallery has most of.
_FPS = 16


async def create(request: Request) -> Response:
    """``POST /video``; the answer comes with the clip."""
    entry = note(request, "create")
    authorize(request)
    if bodies.is_form(request):
        raise RefusalError(415, "code=415, message=Unsupported Media Type")
    stage, body = backstage(request), await bodies.read(request)
    entry.model = str(body.get("model") or "")

    def order() -> Order:
        return checks.order(_as_openai(body), checks.served(entry.model, stage, azure=False), stage.operations)

    async def answer(operation: Operation) -> Response:
        await stage.finished(operation, polled=False)
        if not operation.order.delivered():
            raise RefusalError(500, "rpc error: code = Unknown desc = the backend made no video")
        url = f"{request.base_url}generated-videos/{operation.file_id(0)}.mp4"
        return JSONResponse({"created": int(operation.created), "id": str(uuid.uuid4()), "data": [{"url": url}]})

    prompt = body.get("prompt")
    written = prompt if isinstance(prompt, str) else ""
    return await creation.take(request, creation.Create(written, order, "video", answer))


def _as_openai(body: Json) -> Json:
    """The fields that LocalAI reads, as OpenAI's: frames are a length, and ``seconds`` and ``size`` are not read."""
    told: dict[str, Any] = {name: body[name] for name in ("model", "prompt") if name in body}
    if body.get("width") and body.get("height"):
        told["size"] = f"{body['width']}x{body['height']}"
    if body.get("num_frames"):
        told["seconds"] = f"{body['num_frames'] / (body.get('fps') or _FPS):g}"
    return told


async def generated(request: Request) -> Response:
    """``GET /generated-videos/{name}``."""
    note(request, "download")
    authorize(request)
    stage = backstage(request)

    async def proceed() -> Response:
        clip: Clip | None = stage.operations.file(request.path_params["name"].removesuffix(".mp4"))
        if clip is None:
            raise RefusalError(404, "Resource not found")
        note(request, "download", operation=clip.operation.id)
        return await files.content(request, clip)

    return await stage.faults.passing("download", request.url.path, request, proceed)


async def version(_: Request) -> Response:
    """``GET /version``."""
    return JSONResponse({"version": "v4.9.0 (emulator)"})


async def ready(_: Request) -> Response:
    """``GET /readyz``."""
    return Response()


def _worded(endpoint: Endpoint) -> Endpoint:
    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusalError as refusal:
            error = {"code": refusal.http, "message": refusal.message, "type": ""}
            return JSONResponse({"error": error}, refusal.http)

    return answering


def routes() -> list[Route]:
    """The routes of this module."""
    return [
        Route("/video", _worded(create), methods=["POST"]),
        Route("/generated-videos/{name}", _worded(generated), methods=["GET"]),
        Route("/version", version, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
    ]
