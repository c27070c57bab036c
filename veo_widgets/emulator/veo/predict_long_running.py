"""What both flavours of the predictLongRunning wire share: taking an order, and reporting how an operation went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...domain.catalog import Model
from ..jobs import creation
from ..jobs.operations import Operation
from ..jobs.orders import Order
from ..jobs.state import backstage, json_body, note
from ..refusals import Json
from . import request_checks

Results = Callable[[Operation], Awaitable[Json]]


async def create(request: Request, model: Callable[[], Model], parent: str, project: str = "") -> Response:
    """Answer a create: with ``{"name": …}``, a refusal, or what a fault turns the answer into."""
    note(request, "create", model=request.path_params["model"])
    body = await json_body(request)

    # Put off: a scripted fault must strike whatever the body holds.
    def order() -> Order:
        return request_checks.order(request_checks.submission(body, model(), project), backstage(request).operations)

    async def named(operation: Operation) -> Response:
        return JSONResponse({"name": operation.name})

    create = creation.Create(request_checks.prompt_of(body), order, f"{parent}/operations", named)
    return await creation.take(request, create)


async def poll(request: Request, operation: Operation, results: Results) -> Response:
    """Answer a poll: with the bare name while it runs, then with an error or the samples as `results` shapes them."""
    stage = backstage(request)
    note(request, "poll", model=operation.order.model, operation=operation.id)

    async def proceed() -> Response:
        # The service leaves `done` out while it runs, rather than sending false.
        if not await stage.finished(operation):
            return JSONResponse({"name": operation.name})
        return JSONResponse(await _final_reply(operation, results))

    subject = f"{request.url.path}\n{operation.id}\n{operation.order.prompt}"
    return await stage.faults.passing("poll", subject, request, proceed)


async def _final_reply(operation: Operation, results: Results) -> Json:
    directions = operation.order.directions
    reply: Json = {"name": operation.name, "done": True}
    if directions.outcome == "failed":
        message = "Video generation failed due to an internal server issue. Please try again in a few minutes."
        return reply | {"error": {"code": directions.code, "message": message, "details": []}}
    return reply | {"response": await results(operation)}


def filter_fields(order: Order) -> Json:
    """The count of withheld samples and the reasons; empty if none was withheld."""
    count = order.filtered()
    if not count:
        return {}
    reason = (
        "The generated video was withheld because it may go against the usage guidelines. Try rephrasing the prompt."
        f" Support codes: {order.directions.support_code}"
    )
    # One sentence for each clip that was withheld, even where they are alike.
    return {"raiMediaFilteredCount": count, "raiMediaFilteredReasons": [reason] * count}
