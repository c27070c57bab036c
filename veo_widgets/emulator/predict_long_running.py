"""What both flavours of the predictLongRunning wire share: taking an order, and saying how an operation went."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..catalog import Model
from . import front_matter, request_checks
from .faults import FAULTS, Rule, play
from .front_matter import Directions
from .operations import Operation
from .orders import Order
from .refusals import Json, invalid
from .state import Backstage, backstage, json_body, note

Results = Callable[[Operation], Awaitable[Json]]


async def create(request: Request, model: Callable[[], Model], parent: str, project: str = "") -> Response:
    """Answer a create: ``{"name": …}``, or a refusal, or what a fault makes of it."""
    stage = backstage(request)
    entry = note(request, "create", model=request.path_params["model"])
    body = await json_body(request)
    written = request_checks.prompt_of(body)
    subject = f"{request.url.path}\n{written}"

    async def proceed() -> Response:
        read = request_checks.submission(body, model(), project)
        # Decoding pictures takes a while; other connections must not wait for it.
        order = await asyncio.to_thread(request_checks.order, read, stage.operations)
        operation = stage.operations.create(stage.directed(order, subject), parent, stage.pace)
        entry.operation = operation.id
        _bind_later_faults(stage, operation)
        return JSONResponse({"name": operation.name})

    rule = _written_fault(stage, written) or stage.faults.take("create", subject)
    return await proceed() if rule is None else await play(rule, request, proceed)


def _rule(directions: Directions, operation: Operation | None = None) -> Rule | None:
    if not directions.fault:
        return None
    if directions.fault not in FAULTS:
        raise invalid(f"Emulator: there is no fault {directions.fault!r}; known are {', '.join(FAULTS)}.")
    on = directions.on or FAULTS[directions.fault].on
    return Rule(on, directions.fault, times=directions.times, match=operation.id if operation else "")


def _written_fault(stage: Backstage, prompt: str) -> Rule | None:
    directions, _ = front_matter.read(prompt)
    rule = _rule(directions)
    if rule is None or rule.on != "create":
        return None
    mark = hashlib.sha256(prompt.encode()).hexdigest()
    return rule if stage.faults.strikes(mark, directions.times) else None


def _bind_later_faults(stage: Backstage, operation: Operation) -> None:
    rule = _rule(operation.order.directions, operation)
    if rule is not None and rule.on != "create":
        stage.faults.add(rule)


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
