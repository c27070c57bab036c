"""What both flavours of the predictLongRunning wire share: taking an order, and saying how an operation went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..catalog import Model
from . import creation, request_checks
from .operations import Operation
from .orders import Order
from .refusals import Json
from .state import backstage, json_body, note

Results = Callable[[Operation], Awaitable[Json]]


async def create(request: Request, model: Callable[[], Model], parent: str, project: str = "") -> Response:
    """Answer a create: ``{"name": …}``, or a refusal, or what a fault makes of it."""
    note(request, "create", model=request.path_params["model"])
    body = await json_body(request)

    def order() -> Order:
        return request_checks.order(request_checks.submission(body, model(), project), backstage(request).operations)

    async def named(operation: Operation) -> Response:
        return JSONResponse({"name": operation.name})

    create = creation.Create(request_checks.prompt_of(body), order, f"{parent}/operations", named)
    return await creation.take(request, create)


async def poll(request: Request, operation: Operation, results: Results) -> Response:
    """Answer a poll: the bare name while it runs, then an error or what `results` makes of the samples."""
    stage = backstage(request)
    note(request, "poll", model=operation.order.model, operation=operation.id)

    async def proceed() -> Response:
        if not await stage.finished(operation):
            return JSONResponse({"name": operation.name})
        return JSONResponse(await _done(operation, results))

    subject = f"{request.url.path}\n{operation.id}\n{operation.order.prompt}"
    return await stage.faults.passing("poll", subject, request, proceed)


async def _done(operation: Operation, results: Results) -> Json:
    directions = operation.order.directions
    reply: Json = {"name": operation.name, "done": True}
    if directions.outcome == "failed":
        message = "Video generation failed due to an internal server issue. Please try again in a few minutes."
        return reply | {"error": {"code": directions.code, "message": message, "details": []}}
    return reply | {"response": await results(operation)}


def filter_fields(order: Order) -> Json:
    """The count and the reasons of withheld samples; nothing where none was."""
    count = order.filtered()
    if not count:
        return {}
    reason = (
        "The generated video was withheld because it may go against the usage guidelines. Try rephrasing the prompt."
        f" Support codes: {order.directions.support_code}"
    )
    return {"raiMediaFilteredCount": count, "raiMediaFilteredReasons": [reason] * count}
