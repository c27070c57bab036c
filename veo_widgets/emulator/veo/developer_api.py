"""Veo at the Gemini Developer API: create, poll, list models (wire reference 1)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...domain.catalog import GEMINI_API, Model
from ..jobs.operations import Operation
from ..jobs.orders import PREDICT
from ..jobs.state import backstage, note
from ..refusals import Json, RefusalError, invalid, missing_key, not_found, service_disabled, unknown_model, wrong_key
from . import predict_long_running

VERSIONS = ("v1", "v1beta")
_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
# Google's own: more is cut down to it, not refused.
_PAGE_LIMIT = 1000


def authorize(request: Request) -> None:
    """Check the key.

    Raises:
        RefusalError: there is none, it is not accepted, or it starts with ``disabled``, as one of a project whose API
            is.
    """
    key = request.headers.get("x-goog-api-key") or request.query_params.get("key")
    if not key:
        raise missing_key()
    if not backstage(request).accepts(key):
        raise wrong_key()
    if key.startswith("disabled"):
        raise service_disabled("Generative Language API", "generativelanguage.googleapis.com", "films")


def version_of(request: Request) -> str:
    """The API version in the path."""
    return request.url.path.split("/")[1]


def base_url(request: Request) -> str:
    """The address the client knows this server by."""
    # Through a tunnel or a container's port this is the only address that leads back here.
    return f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


async def create(request: Request) -> Response:
    """``POST /{v}/models/{model}:predictLongRunning``."""
    authorize(request)
    model_id = request.path_params["model"]

    def model() -> Model:
        found = backstage(request).model(GEMINI_API, model_id)
        if found is None:
            raise unknown_model(True, model_id, version_of(request))  # noqa: FBT003
        return found

    return await predict_long_running.create(request, model, f"models/{model_id}")


async def poll(request: Request) -> Response:
    """``GET /{v}/models/{model}/operations/{id}``, and the older form without the model."""
    note(request, "poll")
    authorize(request)
    operation = backstage(request).operations.get(request.path_params["operation"])
    if operation is None or operation.order.surface != GEMINI_API or operation.order.wire != PREDICT:
        raise not_found()
    # The older path names no model, and is right for any.
    if request.path_params.get("model", operation.order.model) != operation.order.model:
        raise not_found()

    async def results(operation: Operation) -> Json:
        return _response(operation, f"{base_url(request)}/{version_of(request)}")

    return await predict_long_running.poll(request, operation, results)


def _response(operation: Operation, root: str) -> Json:
    order = operation.order
    if order.directions.outcome == "empty":
        return {}
    uris = [f"{root}/files/{operation.file_id(sample)}:download?alt=media" for sample in order.delivered()]
    reply = predict_long_running.filter_fields(order)
    if uris:
        reply["generatedSamples"] = [{"video": {"uri": uri}} for uri in uris]
    return {"@type": _TYPE, "generateVideoResponse": reply}


async def list_models(request: Request) -> Response:
    """``GET /{v}/models`` in pages."""
    note(request, "models")
    authorize(request)
    served = backstage(request).served(GEMINI_API)
    size = min(_read_number(request, "pageSize", 50) or 50, _PAGE_LIMIT)
    start = _read_number(request, "pageToken", 0)
    page: Json = {"models": [_describe_model(model) for model in served[start : start + size]]}
    if start + size < len(served):
        page["nextPageToken"] = str(start + size)
    return JSONResponse(page)


def _read_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name) or str(default)
    if not text.isdigit():
        raise invalid(f"Invalid value at '{name}': {text!r}")
    return int(text)


async def get_model(request: Request) -> Response:
    """``GET /{v}/models/{model}``."""
    note(request, "models", model=request.path_params["model"])
    authorize(request)
    for model in backstage(request).served(GEMINI_API):
        if model.id == request.path_params["model"]:
            return JSONResponse(_describe_model(model))
    raise RefusalError(404, f"Model is not found: models/{request.path_params['model']} for api version v1beta")


def _describe_model(model: Model) -> Json:
    veo = model.api == "predictLongRunning"
    return {
        "name": f"models/{model.id}",
        "version": model.family,
        "displayName": model.id.replace("-", " ").title(),
        "supportedGenerationMethods": ["predictLongRunning"] if veo else ["generateContent", "countTokens"],
    }


def routes() -> list[Route]:
    """The routes of this module, but for `list_models`: who is meant at its path is decided in `app`."""
    found: list[Route] = []
    for version in VERSIONS:
        found += [
            Route(f"/{version}/models/{{model}}:predictLongRunning", create, methods=["POST"]),
            Route(f"/{version}/models/{{model}}/operations/{{operation}}", poll),
            Route(f"/{version}/operations/{{operation}}", poll),
            Route(f"/{version}/models/{{model}}", get_model),
        ]
    return found
