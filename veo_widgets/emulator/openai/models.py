"""``/models`` of the OpenAI-style wire: which names may be asked for, as OpenAI and LiteLLM's proxy list them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI
from .openai_refusals import worded, wrong_key
from .refusals import Json
from .state import Backstage, backstage, note

_CREATED = 1_677_610_602


def authorize(request: Request) -> None:
    """Check the key, a bearer's or Azure's.

    Raises:
        RefusalError: there is none, or it starts with ``wrong``.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else request.headers.get("api-key", "")
    if not key or key.startswith("wrong"):
        raise wrong_key(key)


def is_meant(request: Request) -> bool:
    """Whether a request for ``/v1/models``, which Google has too, is one for this list."""
    google = "x-goog-api-key" in request.headers or "key" in request.query_params
    return "authorization" in request.headers and not google


async def _list(request: Request) -> Response:
    note(request, "models")
    authorize(request)
    data = _listed(backstage(request), azure=request.url.path.startswith("/openai/"))
    return JSONResponse({"object": "list", "data": data})


def _listed(stage: Backstage, *, azure: bool) -> list[Json]:
    # Only LiteLLM says what a model is for, and only its operator gives names of his own.
    if stage.listed:
        return [_entry(name) | {"mode": "video_generation"} for name in stage.listed]
    surfaces = (AZURE_OPENAI,) if azure else (OPENAI, AGENT_PLATFORM, GEMINI_API)
    names = dict.fromkeys(model.id for surface in surfaces for model in stage.served(surface))
    return [_entry(name) for name in names]


def _entry(name: str) -> Json:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "openai"}


list_models = worded(_list)


def routes() -> list[Route]:
    """The routes of this module; ``/v1/models`` is reached by way of the Developer API's."""
    return [Route(path, list_models) for path in ("/models", "/openai/v1/models")]
