"""Gemini Omni by the Interactions API: create, get, cancel, delete, on both services (wire reference 3)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...domain.catalog import AGENT_PLATFORM, GEMINI_API, Model
from ..jobs import creation
from ..jobs.operations import Operation
from ..jobs.orders import INTERACTIONS, Order
from ..jobs.state import backstage, json_body, note
from ..refusals import Json, RefusalError, invalid, not_found, precondition, unauthenticated
from ..veo import agent_platform, developer_api
from . import checks, media, streaming
from .replies import View

# Only the Agent Platform has this version; a key of express mode goes there without a project.
_EXPRESS = "/v1beta1/interactions"
# A minute in all, after which proxies on the way would have given up as well.
_BLOCKING_TRIES = 600
_BLOCKING_STEP_SECONDS = 0.1


@dataclass(frozen=True)
class _Place:
    """Where interactions live: `parent` is what their names begin with, `root` what uris of files begin with."""

    surface: str
    parent: str
    root: str


def _authorized_place(request: Request) -> _Place:
    # By the address the client used: behind a tunnel or a proxy it knows no other.
    root = f"{developer_api.base_url(request)}/{developer_api.version_of(request)}"
    project = request.path_params.get("project")
    # Before the Developer API, which has the same path but for its version.
    if request.url.path.startswith(_EXPRESS):
        agent_platform.authorize(request)
        return _Place(AGENT_PLATFORM, "projects/express/locations/global/interactions", root)
    if project is None:
        developer_api.authorize(request)
        return _Place(GEMINI_API, "interactions", root)
    # A key is enough for express mode alone; with a project in the path it takes a token.
    if "authorization" not in request.headers:
        raise unauthenticated()
    agent_platform.authorize(request)
    location = request.path_params["location"]
    # Omni is served at the location global only, whatever the project's own is.
    if location != "global":
        raise not_found(f"Interactions at the location {location}: only global serves them. The path")
    return _Place(AGENT_PLATFORM, f"projects/{project}/locations/global/interactions", root)


async def create(request: Request) -> Response:
    """``POST …/interactions``: at once with ``background``, else when the video is made."""
    entry = note(request, "create")
    place = _authorized_place(request)
    stage, body = backstage(request), await json_body(request)
    entry.model = str(body.get("model", ""))

    def order() -> Order:
        return checks.order(body, _find_model(request, place, entry.model), place.parent, stage.operations)

    async def answer(operation: Operation) -> Response:
        if checks.is_streamed(body):
            return _streamed(request, operation, place)
        over = not checks.runs_in_background(body)
        if over:
            await _wait_for_end(request, operation)
        return JSONResponse(await View(operation, stage.operations, place.root, over).to_json())

    # A body without input is refused later, in the words of the service and not of its text.
    written = media.text_of(body) if "input" in body else ""
    return await creation.take(request, creation.Create(written, order, place.parent, answer))


def _find_model(request: Request, place: _Place, model_id: str) -> Model:
    if not model_id:
        raise invalid("`model` is required.")
    found = backstage(request).model(place.surface, model_id, INTERACTIONS)
    if found is None:
        raise RefusalError(404, f"Model {model_id} is not found, or does not support the Interactions API.")
    return found


async def _wait_for_end(request: Request, operation: Operation, tries: Iterable[int] = range(_BLOCKING_TRIES)) -> None:
    for _ in tries:
        # Somebody else may cancel it while this request waits.
        if operation.cancelled or await backstage(request).finished(operation):
            return
        await asyncio.sleep(_BLOCKING_STEP_SECONDS)
    raise RefusalError(504, "Deadline expired before operation could complete. Use `background`.")


def _streamed(request: Request, operation: Operation, place: _Place, after: str = "") -> Response:
    view = View(operation, backstage(request).operations, place.root, over=False)

    async def end() -> None:
        # Whoever reads events sees that the service still works, and waits as long as it takes.
        await _wait_for_end(request, operation, itertools.count())

    return streaming.answer(view, end, after)


def _find_interaction(request: Request, place: _Place) -> Operation:
    name = request.path_params["id"]
    stage = backstage(request)
    operation = stage.operations.get(checks.operation_id(name))
    if operation is None or operation.name != f"{place.parent}/{operation.id}":
        raise not_found(f"The interaction {name}")
    # Both look to the client as if there had never been any.
    if not operation.order.stored or not checks.kept(operation.created, stage.clock()):
        raise not_found(f"The interaction {name}")
    note(request, request.state.entry.kind, model=operation.order.model, operation=operation.id)
    return operation


def _text_to_match(request: Request, operation: Operation) -> str:
    return f"{request.url.path}\n{operation.id}\n{operation.order.prompt}"


async def get(request: Request) -> Response:
    """``GET …/interactions/{id}``."""
    note(request, "poll")
    place = _authorized_place(request)
    operation, stage = _find_interaction(request, place), backstage(request)

    async def proceed() -> Response:
        if request.query_params.get("stream") == "true":
            return _streamed(request, operation, place, request.query_params.get("last_event_id", ""))
        over = operation.cancelled or await stage.finished(operation)
        with_input = request.query_params.get("include_input") == "true"
        return JSONResponse(await View(operation, stage.operations, place.root, over, with_input).to_json())

    return await stage.faults.passing("poll", _text_to_match(request, operation), request, proceed)


async def cancel(request: Request) -> Response:
    """``POST …/interactions/{id}/cancel``, and the form with a colon."""
    note(request, "cancel")
    place = _authorized_place(request)
    operation, stage = _find_interaction(request, place), backstage(request)

    async def proceed() -> Response:
        # Cancelling twice is no error, as with every request that may be sent again.
        if not operation.cancelled and stage.operations.over(operation):
            raise precondition(f"The interaction {request.path_params['id']} has ended and cannot be cancelled.")
        stage.operations.cancel(operation)
        return JSONResponse(await View(operation, stage.operations, place.root, over=True).to_json())

    return await stage.faults.passing("cancel", _text_to_match(request, operation), request, proceed)


async def delete(request: Request) -> Response:
    """``DELETE …/interactions/{id}``."""
    note(request, "delete")
    operation = _find_interaction(request, _authorized_place(request))
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
            # LiteLLM spells it like this for the Agent Platform, google-genai with a slash.
            Route(f"{one}:cancel", cancel, methods=["POST"]),
            Route(one, get),
            Route(one, delete, methods=["DELETE"]),
        ]
    return found
