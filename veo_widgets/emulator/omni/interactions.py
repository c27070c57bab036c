"""Gemini Omni by the Interactions API: create, get, cancel, delete, on both services (wire reference 3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..catalog import AGENT_PLATFORM, GEMINI_API, Model
from . import agent_platform, creation, developer_api, interaction_checks, interaction_media
from .interaction_replies import View
from .operations import Operation
from .orders import INTERACTIONS, Order
from .refusals import Json, RefusalError, invalid, not_found, precondition, unauthenticated
from .state import backstage, json_body, note

# Only the Agent Platform has this version; a key of express mode goes there without a project.
_EXPRESS = "/v1beta1/interactions"
_BLOCKING_TRIES = 600
_BLOCKING_STEP_SECONDS = 0.1


@dataclass(frozen=True)
class _Place:
    """Where interactions live: `parent` is what their names begin with, `root` what uris of files begin with."""

    surface: str
    parent: str
    root: str


def _place(request: Request) -> _Place:
    root = f"{developer_api.base_url(request)}/{developer_api.version_of(request)}"
    project = request.path_params.get("project")
    if request.url.path.startswith(_EXPRESS):
        agent_platform.authorize(request)
        return _Place(AGENT_PLATFORM, "projects/express/locations/global/interactions", root)
    if project is None:
        developer_api.authorize(request)
        return _Place(GEMINI_API, "interactions", root)
    if "authorization" not in request.headers:
        raise unauthenticated()
    agent_platform.authorize(request)
    location = request.path_params["location"]
    if location != "global":
        raise not_found(f"Interactions at the location {location}: only global serves them. The path")
    return _Place(AGENT_PLATFORM, f"projects/{project}/locations/global/interactions", root)


async def create(request: Request) -> Response:
    """``POST …/interactions``: at once with ``background``, else when the video is made."""
    entry = note(request, "create")
    place = _place(request)
    stage, body = backstage(request), await json_body(request)
    entry.model = str(body.get("model", ""))

    def order() -> Order:
        return interaction_checks.order(body, _model(request, place, entry.model), place.parent, stage.operations)

    async def answer(operation: Operation) -> Response:
        over = False
        if not interaction_checks.runs_in_background(body):
            over = await _ended(request, operation)
        return JSONResponse(await View(operation, stage.operations, place.root, over).to_json())

    written = interaction_media.text_of(body) if "input" in body else ""
    return await creation.take(request, creation.Create(written, order, place.parent, answer))


def _model(request: Request, place: _Place, model_id: str) -> Model:
    if not model_id:
        raise invalid("`model` is required.")
    found = backstage(request).model(place.surface, model_id, INTERACTIONS)
    if found is None:
        raise RefusalError(404, f"Model {model_id} is not found, or does not support the Interactions API.")
    return found


async def _ended(request: Request, operation: Operation) -> bool:
    for _ in range(_BLOCKING_TRIES):
        if operation.cancelled or await backstage(request).finished(operation):
            return True
        await asyncio.sleep(_BLOCKING_STEP_SECONDS)
    raise RefusalError(504, "Deadline expired before operation could complete. Use `background`.")


def _found(request: Request, place: _Place) -> Operation:
    name = request.path_params["id"]
    stage = backstage(request)
    operation = stage.operations.get(interaction_checks.operation_id(name))
    if operation is None or operation.name != f"{place.parent}/{operation.id}":
        raise not_found(f"The interaction {name}")
    if not operation.order.stored or not interaction_checks.kept(operation.created, stage.clock()):
        raise not_found(f"The interaction {name}")
    note(request, request.state.entry.kind, model=operation.order.model, operation=operation.id)
    return operation


def _subject(request: Request, operation: Operation) -> str:
    return f"{request.url.path}\n{operation.id}\n{operation.order.prompt}"


async def get(request: Request) -> Response:
    """``GET …/interactions/{id}``."""
    note(request, "poll")
    place = _place(request)
    if request.query_params.get("stream") == "true":
        raise invalid("Emulator: `stream` is not emulated; poll instead.")
    operation, stage = _found(request, place), backstage(request)

    async def proceed() -> Response:
        over = operation.cancelled or await stage.finished(operation)
        with_input = request.query_params.get("include_input") == "true"
        return JSONResponse(await View(operation, stage.operations, place.root, over, with_input).to_json())

    return await stage.faults.passing("poll", _subject(request, operation), request, proceed)


async def cancel(request: Request) -> Response:
    """``POST …/interactions/{id}/cancel``, and the form with a colon."""
    note(request, "cancel")
    place = _place(request)
    operation, stage = _found(request, place), backstage(request)

    async def proceed() -> Response:
        if not operation.cancelled and stage.operations.over(operation):
            raise precondition(f"The interaction {request.path_params['id']} has ended and cannot be cancelled.")
        stage.operations.cancel(operation)
        return JSONResponse(await View(operation, stage.operations, place.root, over=True).to_json())

    return await stage.faults.passing("cancel", _subject(request, operation), request, proceed)


async def delete(request: Request) -> Response:
    """``DELETE …/interactions/{id}``."""
    note(request, "delete")
    operation = _found(request, _place(request))
    backstage(request).operations.drop(operation)
    gone: Json = {}
    return JSONResponse(gone)


def routes() -> list[Route]:
    """The routes of this module."""
    roots = [f"/{version}" for version in developer_api.VERSIONS]
    roots += [_EXPRESS.removesuffix("/interactions")]
    roots += [f"/{version}/projects/{{project}}/locations/{{location}}" for version in agent_platform.VERSIONS]
    found: list[Route] = []
    for root in roots:
        one = f"{root}/interactions/{{id}}"
        found += [
            Route(f"{root}/interactions", create, methods=["POST"]),
            Route(f"{one}/cancel", cancel, methods=["POST"]),
            Route(f"{one}:cancel", cancel, methods=["POST"]),
            Route(one, get),
            Route(one, delete, methods=["DELETE"]),
        ]
    return found
