"""What every wire does with a create: faults and directions first, then the order, then the answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from . import front_matter
from .faults import Rule, play
from .front_matter import Directions
from .operations import Operation
from .orders import Order
from .refusals import invalid
from .state import Backstage, backstage
from .troubles import FAULTS


@dataclass(frozen=True)
class Create:
    """One create, as its wire understands it.

    Attributes:
        prompt: as it was sent, front matter included.
        order: checks the request and answers what is asked for; it may take a while.
        parent: what the operation's name begins with.
        answer: makes the reply once the operation exists.
    """

    prompt: str
    order: Callable[[], Order]
    parent: str
    answer: Callable[[Operation], Awaitable[Response]]


async def take(request: Request, create: Create) -> Response:
    """Answer a create: what its wire answers, or a refusal, or what a fault makes of it."""
    stage = backstage(request)
    subject = f"{request.url.path}\n{create.prompt}"

    async def proceed() -> Response:
        # Decoding pictures takes a while; other connections must not wait for it.
        order = stage.directed(await asyncio.to_thread(create.order), create.prompt, subject)
        _check_outcome(order)
        operation = stage.operations.create(order, create.parent, stage.pace)
        request.state.entry.operation = operation.id
        _bind_later_faults(stage, operation)
        return await create.answer(operation)

    rule = _written_fault(stage, create.prompt) or stage.faults.take("create", subject)
    return await proceed() if rule is None else await play(rule, request, proceed)


def _check_outcome(order: Order) -> None:
    allowed = front_matter.outcomes_of(order.wire)
    if order.directions.outcome not in allowed:
        raise invalid(f"Emulator: {order.wire} knows no outcome {order.directions.outcome!r}; known are {allowed}.")


def _rule(directions: Directions, operation: Operation | None = None) -> Rule | None:
    if not directions.fault:
        return None
    if directions.fault not in FAULTS:
        raise invalid(f"Emulator: there is no fault {directions.fault!r}; known are {', '.join(FAULTS)}.")
    on = directions.on or FAULTS[directions.fault].on
    try:
        return Rule(
            on,
            directions.fault,
            times=directions.times,
            match=operation.id if operation else "",
            status=directions.http,
            shape=directions.shape,
            seconds=directions.pause,
            share=directions.share,
        )
    except ValueError as error:
        raise invalid(f"Emulator: {error}") from error


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
