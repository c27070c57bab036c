"""What every wire does with a create: faults and directions first, then the order, then the answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from ..faults import front_matter
from ..faults.front_matter import Directions
from ..faults.rules import Rule, play
from ..faults.troubles import FAULTS
from ..refusals import invalid
from .operations import Operation
from .orders import Order
from .state import Backstage, backstage


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
    """Answer a create as its wire does, with a refusal, or with what a fault turns the answer into."""
    stage = backstage(request)
    # The prompt with its front matter, so that a rule can match what stands there.
    subject = f"{request.url.path}\n{create.prompt}"

    async def proceed() -> Response:
        # Decoding pictures takes a while; other connections must not wait for it.
        order = stage.directed(await asyncio.to_thread(create.order), create.prompt, subject)
        _check_outcome(order)
        operation = stage.operations.create(order, create.parent, stage.pace)
        # Noted before the answer is made: a create whose answer is lost has still made something.
        request.state.entry.operation = operation.id
        # Before the answer, which a client may follow by a poll at once.
        _bind_later_faults(stage, operation)
        return await create.answer(operation)

    # What the prompt says goes before what is scripted, as the one who wrote it expects.
    rule = _written_fault(stage, create.prompt) or stage.faults.take("create", subject)
    return await proceed() if rule is None else await play(rule, request, proceed)


def _check_outcome(order: Order) -> None:
    allowed = front_matter.outcomes_of(order.wire)
    if order.directions.outcome not in allowed:
        raise invalid(f"Emulator: {order.wire} knows no outcome {order.directions.outcome!r}; known are {allowed}.")


def _rule_from(directions: Directions, operation: Operation | None = None) -> Rule | None:
    if not directions.fault:
        return None
    # Checked here and not by the front matter, which the faults are built on.
    if directions.fault not in FAULTS:
        raise invalid(f"Emulator: there is no fault {directions.fault!r}; known are {', '.join(FAULTS)}.")
    on = directions.on or FAULTS[directions.fault].on
    try:
        return Rule(
            on,
            directions.fault,
            times=directions.times,
            # A fault for later requests belongs to this one operation; others may be polled meanwhile.
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
    rule = _rule_from(directions)
    # Faults of polls and downloads need the operation's id and are bound once there is one.
    if rule is None or rule.on != "create":
        return None
    # A prompt may be megabytes long, and is kept until the next reset.
    mark = hashlib.sha256(prompt.encode()).hexdigest()
    return rule if stage.faults.strikes(mark, directions.times) else None


def _bind_later_faults(stage: Backstage, operation: Operation) -> None:
    rule = _rule_from(operation.order.directions, operation)
    if rule is not None and rule.on != "create":
        stage.faults.add(rule)
