"""Veo at the Agent Platform, formerly Vertex AI: create, fetchPredictOperation, tokens (wire reference 2)."""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...domain.catalog import AGENT_PLATFORM, Model
from ..jobs.operations import Clip, Operation
from ..jobs.state import backstage, json_body, note
from ..refusals import Json, invalid, not_found, service_disabled, unauthenticated, unknown_model, wrong_key
from . import predict_long_running

_TYPE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
VERSIONS = ("v1", "v1beta1")
# An express key names no project, but names of operations have to begin with one.
_EXPRESS = "projects/express/locations/global/"
# What google-auth sends for a service account and for a user's own login.
_GRANTS = ("urn:ietf:params:oauth:grant-type:jwt-bearer", "refresh_token")
_GIVEN_OUT = "emulator-access-token"
_TOKEN_SECONDS = 3600
# A location that serves no model.
_NOWHERE = "nowhere1"


def authorize(request: Request) -> None:
    """Check the token, or the key of express mode, and the project.

    Raises:
        RefusalError: there is neither, or it is not accepted; the project's name starts with ``disabled``.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-goog-api-key", "")
    if scheme.lower() == "bearer" and token.strip():
        # Whoever signs in gets a token, which nobody could have put on a list of keys.
        if token.strip() != _GIVEN_OUT and not backstage(request).accepts(token.strip()):
            raise unauthenticated()
    elif not key:
        raise unauthenticated()
    # Express mode speaks as the Developer API does of its keys.
    elif not backstage(request).accepts(key):
        raise wrong_key()
    project = request.path_params.get("project", "")
    if project.startswith("disabled"):
        raise service_disabled("Vertex AI API", "aiplatform.googleapis.com", project)


def _place_of(request: Request) -> str:
    path = request.path_params
    return f"projects/{path['project']}/locations/{path['location']}/" if "project" in path else _EXPRESS


async def create(request: Request) -> Response:
    """``POST /{v}/[projects/{p}/locations/{l}/]publishers/google/models/{model}:predictLongRunning``."""
    authorize(request)
    model_id, place = request.path_params["model"], _place_of(request)

    # Looked up only when the body has been read, so that a fault can strike before.
    def model() -> Model:
        found = backstage(request).model(AGENT_PLATFORM, model_id)
        if found is None:
            raise unknown_model(False, model_id, "", place)  # noqa: FBT003
        return found

    parent = f"{place}publishers/google/models/{model_id}"
    return await predict_long_running.create(request, model, parent, request.path_params.get("project", ""))


async def poll(request: Request) -> Response:
    """``POST …:fetchPredictOperation`` with the operation's name in the body."""
    note(request, "poll", model=request.path_params["model"])
    authorize(request)
    place, model_id = _place_of(request), request.path_params["model"]
    name = (await json_body(request)).get("operationName")
    parent = f"{place}publishers/google/models/{model_id}"
    if not isinstance(name, str) or not name.startswith(f"{parent}/operations/"):
        raise invalid(f"The operation name {name!r} does not belong to {parent}.")
    operation = backstage(request).operations.get(name)
    if operation is None or operation.name != name:
        # Model and location are judged first: a client asks for a made-up operation to learn about these.
        if backstage(request).model(AGENT_PLATFORM, model_id) is None or place.endswith(f"/{_NOWHERE}/"):
            raise unknown_model(False, model_id, "", place)  # noqa: FBT003
        raise not_found(f"The operation {name}")

    async def results(operation: Operation) -> Json:
        return await _response(request, operation)

    return await predict_long_running.poll(request, operation, results)


async def _response(request: Request, operation: Operation) -> Json:
    order = operation.order
    if order.directions.outcome == "empty":
        return {}
    reply: Json = {"@type": _TYPE, "raiMediaFilteredCount": 0, **predict_long_running.filter_fields(order)}
    videos = [await _deliver(request, Clip(operation, sample)) for sample in order.delivered()]
    return reply | ({"videos": videos} if videos else {})


async def _deliver(request: Request, clip: Clip) -> Json:
    if clip.operation.order.storage_uri:
        return {"gcsUri": clip.operation.object_uri(clip.sample), "mimeType": "video/mp4"}
    data = await asyncio.to_thread(backstage(request).operations.read, clip)
    return {"bytesBase64Encoded": base64.b64encode(data).decode(), "mimeType": "video/mp4"}


async def get_model(request: Request) -> Response:
    """``GET …/publishers/google/models/{model}``."""
    model_id = request.path_params["model"]
    note(request, "models", model=model_id)
    authorize(request)
    for model in backstage(request).served(AGENT_PLATFORM):
        if model.id == model_id:
            stage = {"ga": "GA", "preview": "PUBLIC_PREVIEW"}.get(model.status, "GA")
            return JSONResponse(
                {"name": f"publishers/google/models/{model_id}", "versionId": "default", "launchStage": stage}
            )
    raise unknown_model(False, model_id, "")  # noqa: FBT003


async def token(request: Request) -> Response:
    """``POST /token``: an access token for a signed assertion, as google-auth asks for it."""
    note(request, "token")
    # google-auth sends the assertion as a form, never as JSON.
    form = parse_qs((await request.body()).decode("latin-1"))
    if form.get("grant_type", [""])[0] not in _GRANTS:
        return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
    if not (form.get("assertion") or form.get("refresh_token")):
        return JSONResponse({"error": "invalid_request"}, status_code=400)
    return JSONResponse({"access_token": _GIVEN_OUT, "expires_in": _TOKEN_SECONDS, "token_type": "Bearer"})


def routes() -> list[Route]:
    """The routes of this module."""
    found = [Route("/token", token, methods=["POST"])]
    for version in VERSIONS:
        for place in ("", "projects/{project}/locations/{location}/"):
            model = f"/{version}/{place}publishers/google/models/{{model}}"
            found += [
                Route(f"{model}:predictLongRunning", create, methods=["POST"]),
                Route(f"{model}:fetchPredictOperation", poll, methods=["POST"]),
                Route(model, get_model),
            ]
    return found
