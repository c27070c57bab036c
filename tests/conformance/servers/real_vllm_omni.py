"""vLLM-Omni 0.30.0: its own routes for videos, models and health, with a stub for the engine.

What runs is ``vllm_omni/entrypoints/openai/api_server.py``, with ``video/generation/helpers.py`` (form, job),
``protocol/videos.py``, ``stores.py`` and ``storage.py``. Stand-ins are torch, its own engine and models, and vLLM, of
whose 0.30.0 this program has what a video request meets: the handlers of errors of
``vllm/entrypoints/serve/exception_handling`` and ``middleware/authenticate.py``, and the cards of
``vllm/entrypoints/serve/engine/protocol.py``, field by field.

Reads a JSON object from standard input: ``clip`` (the file that every prompt makes), ``folder``, ``model`` (the name
served), and ``key`` (that it wants, if any).
"""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import time
import types
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import Any

import fastapi
import recording
import standins
from engine import Engine
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

OPENAI = "vllm_omni.entrypoints.openai"
REAL = (
    *(f"{OPENAI}.{name}" for name in ("api_server", "app_state", "errors", "image_api_utils", "models", "storage")),
    *(f"{OPENAI}.{name}" for name in ("protocol.videos", "serving_video", "stores", "utils", "video")),
    *(f"{OPENAI}.video_api_utils", "vllm_omni.errors", "vllm_omni.config.server_settings"),
    "vllm_omni.entrypoints.serve.utils",
)
HOLLOW = (
    *("vllm_omni", "vllm_omni.config", "vllm_omni.entrypoints", "vllm_omni.entrypoints.serve"),
    *(OPENAI, f"{OPENAI}.protocol"),
)
VLLM = "0.30.0"


class ErrorInfo(BaseModel):
    message: str
    type: str
    param: str | None = None
    code: int


class ErrorResponse(BaseModel):
    error: ErrorInfo


class ModelPermission(BaseModel):
    id: str = Field(default_factory=lambda: f"modelperm-{uuid.uuid4().hex}")
    object: str = "model_permission"
    created: int = Field(default_factory=lambda: int(time.time()))
    allow_create_engine: bool = False
    allow_sampling: bool = True
    allow_logprobs: bool = True
    allow_search_indices: bool = False
    allow_view: bool = True
    allow_fine_tuning: bool = False
    organization: str = "*"
    group: str | None = None
    is_blocking: bool = False


class ModelCard(BaseModel):
    id: str
    object: str = "model"
    created: int = Field(default_factory=lambda: int(time.time()))
    owned_by: str = "vllm"
    root: str | None = None
    parent: str | None = None
    max_model_len: int | None = None
    permission: list[ModelPermission] = Field(default_factory=list)


class ModelList(BaseModel):
    object: str = "list"
    data: list[ModelCard] = Field(default_factory=list)


class Registry:
    """Of loaders of videos; what registers there is left as it is."""

    def register(self, _: str) -> Any:
        return lambda loader: loader


def refusal(message: str, kind: str, status: int, param: str | None = None) -> JSONResponse:
    """An error as vLLM writes every one, without memory addresses and the paths of its files."""
    message = re.sub(r" at 0x[0-9a-f]+>", ">", message)
    message = re.sub(r"/(?:home|usr|opt|var|tmp|root|lib|mnt|srv)(?:/[\w.\-]+)+", "<path>", message)
    body = ErrorResponse(error=ErrorInfo(message=message.strip(), type=kind, param=param, code=status))
    return JSONResponse(body.model_dump(), status)


async def on_http(_: Any, error: fastapi.HTTPException) -> JSONResponse:
    return refusal(str(error.detail), HTTPStatus(error.status_code).phrase, error.status_code)


async def on_validation(_: Any, error: RequestValidationError) -> JSONResponse:
    """The faults as a text: each a Python dict on a line of its own; the first names the parameter."""
    faults = [{**fault, "loc": ".".join(map(str, fault["loc"]))} for fault in error.errors()]
    label = "error" if len(faults) == 1 else "errors"
    told = "".join(f"  {fault}\n" for fault in faults)
    message = f"{len(faults)} validation {label}:\n{told}".rstrip()
    return refusal(message, HTTPStatus.BAD_REQUEST.phrase, 400, faults[0]["loc"])


async def on_value(_: Any, error: Exception) -> JSONResponse:
    return refusal(str(error), "BadRequestError", 400)


async def on_any(_: Any, error: Exception) -> JSONResponse:
    return refusal(str(error), "InternalServerError", 500)


def built(key: str) -> fastapi.FastAPI:
    """An application as ``vllm/entrypoints/launchers/app.py`` builds it."""
    app = fastapi.FastAPI()
    app.exception_handler(fastapi.HTTPException)(on_http)
    app.exception_handler(RequestValidationError)(on_validation)
    for kind in (ValueError, TypeError, OverflowError):
        app.exception_handler(kind)(on_value)
    app.exception_handler(Exception)(on_any)

    @app.get("/version")
    async def show_version() -> JSONResponse:
        return JSONResponse({"version": VLLM})

    @app.middleware("http")
    async def authenticate(request: fastapi.Request, call_next: Any) -> Any:
        if key and request.url.path.startswith("/v1") and request.headers.get("authorization") != f"Bearer {key}":
            return JSONResponse({"error": "Unauthorized"}, 401)
        return await call_next(request)

    return app


def handler_of(engine: Engine, model: str) -> Any:
    """vLLM-Omni's handler of videos, which gets its bytes from the stub."""
    base = importlib.import_module(f"{OPENAI}.serving_video").OmniOpenAIServingVideo

    class Handler(base):  # type: ignore[misc]
        async def generate_video_bytes(self, request: Any, _: str, *, on_started: Any = None, **__: Any) -> Any:
            if on_started:
                await on_started()
            await asyncio.to_thread(engine.make, request.prompt)
            return engine.clip.read_bytes(), {"diffuse": 0.1}, 1.0, None, {"num_frames": 24, "fps": 24.0}

        async def abort_request(self, _: str) -> None:
            """There is nothing that could be stopped."""

    return Handler(types.SimpleNamespace(), model_name=model)


class EngineDeadError(Exception): ...


class EngineGenerateError(Exception): ...


async def _healthy() -> None: ...


def main() -> None:
    """Serve."""
    given = recording.said()
    engine, model = Engine(given["clip"]), given.get("model", "Wan-AI/Wan2.2-TI2V-5B-Diffusers")
    os.environ["VLLM_OMNI_SERVER_STORAGE__PATH"] = str(Path(given["folder"]) / "storage")
    standins.install(
        ("torch", "vllm", "transformers", "diffusers", "uvloop", "vllm_omni", "pybase64"), but=REAL, hollow=HOLLOW
    )
    cards = {"ModelCard": ModelCard, "ModelList": ModelList, "ModelPermission": ModelPermission}
    standins.give("vllm.entrypoints.serve.engine.protocol", ErrorResponse=ErrorResponse, **cards)
    standins.give("vllm.entrypoints.openai.models.protocol", BaseModelPath=types.SimpleNamespace)
    errors = {"EngineDeadError": EngineDeadError, "EngineGenerateError": EngineGenerateError}
    standins.give("vllm.v1.engine.exceptions", **errors)
    standins.give("vllm.utils", random_uuid=lambda: uuid.uuid4().hex)
    standins.give("vllm.multimodal.video", VIDEO_LOADER_REGISTRY=Registry())
    standins.give("vllm_omni.inputs.data", DIFFUSION_QUALITY_LEVELS=("lossless", "high"))
    standins.give("vllm_omni.entrypoints.async_omni", ABORT_TIMEOUT_S=5.0)
    as_it_is = {"load_aware_call": lambda route: route, "with_cancellation": lambda route: route}
    standins.give("vllm.entrypoints.serve.utils.api_utils", **as_it_is)
    server = importlib.import_module(f"{OPENAI}.api_server")
    app = built(given.get("key", ""))
    app.include_router(server.router)
    served = importlib.import_module(f"{OPENAI}.models.serving")._DiffusionServingModels
    app.state.openai_serving_models = served([types.SimpleNamespace(name=model, model_path=model)])
    app.state.openai_serving_video = handler_of(engine, model)
    app.state.engine_client = types.SimpleNamespace(check_health=_healthy)
    app.state.api_server_count = 1
    recording.serve(app, engine)


if __name__ == "__main__":
    main()
