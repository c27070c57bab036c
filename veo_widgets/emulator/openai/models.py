"""``/models`` of the OpenAI-style wire: which names may be asked for, as OpenAI and LiteLLM's proxy list them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI
from ..jobs.state import Backstage, backstage, note
from ..refusals import Json
from .manners import KEYLESS
from .refusals import worded, wrong_key

# LiteLLM writes this very moment into each entry, whatever the model.
_CREATED = 1_677_610_602


def authorize(request: Request) -> None:
    """Check the key, a bearer's or Azure's.

    Raises:
        RefusalError: there is none, or it is not accepted.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else request.headers.get("api-key", "")
    stage = backstage(request)
    asks_for_none = not stage.keys and stage.standing.get("dialect") in KEYLESS
    if not (key or asks_for_none) or not stage.accepts(key):
        raise wrong_key(key)


async def _answer_list(request: Request) -> Response:
    note(request, "models")
    authorize(request)
    data = _list_entries(backstage(request), azure=request.url.path.startswith("/openai/"))
    return JSONResponse({"object": "list", "data": data})


def _list_entries(stage: Backstage, *, azure: bool) -> list[Json]:
    # Only LiteLLM says what a model is for, and only its operator gives names of his own.
    if stage.listed:
        return [_entry(name) | {"mode": "video_generation"} for name in stage.listed]
    surfaces = (AZURE_OPENAI,) if azure else (OPENAI, AGENT_PLATFORM, GEMINI_API)
    # Both of Google's surfaces serve some models under one id, and a list has each name once.
    listed = [*stage.operations.described(), *(model for surface in surfaces for model in stage.served(surface))]
    names = dict.fromkeys(model.id for model in listed)
    return [_entry(name) for name in names]


def _entry(name: str) -> Json:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "openai"}


list_models = worded(_answer_list)


def routes() -> list[Route]:
    """The routes of this module, but for ``/v1/models``, which the Developer API has too: see `app`."""
    return [Route(path, list_models) for path in ("/models", "/openai/v1/models")]
