"""Everything one emulator holds, handed to its routes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from starlette.requests import Request

from ...domain.catalog import AGENT_PLATFORM, GEMINI_API, Model, models
from ..faults import front_matter
from ..faults.rules import Faults
from ..journal import Entry, Journal, shortened
from ..refusals import Json, invalid
from .operations import Operation, Operations
from .orders import PREDICT, Order
from .pace import Pace
from .storeroom import Storeroom

# google.rpc.Code for a fault of the service's own.
_INTERNAL = 13


@dataclass
class Backstage:
    """The parts of one emulator.

    Attributes:
        operations: every operation.
        storeroom: renders and keeps clips.
        faults: the rules that have not struck yet.
        journal: every request so far.
        pace: how long new operations take.
        clock: answers seconds since 1970.
        refuse_retired: whether models that the real service has ended are refused.
        keys: the only keys and tokens that are accepted; none accepts all that do not begin with ``wrong``.
        listed: the names that a gateway's operator has given; none lists every model that is served.
        standing: lines of front matter that hold for every prompt which does not say otherwise.
    """

    operations: Operations
    storeroom: Storeroom
    faults: Faults
    journal: Journal
    pace: Pace
    clock: Callable[[], float]
    refuse_retired: bool
    keys: frozenset[str] = frozenset()
    listed: tuple[str, ...] = ()
    standing: dict[str, str] = field(default_factory=dict)

    def reset(self) -> None:
        """Forget every operation, rule and journal entry, and the operator's names and directions."""
        self.listed = ()
        self.standing = {}
        self.operations.forget()
        self.faults.clear()
        self.journal.clear()

    def accepts(self, key: str) -> bool:
        """Whether a key or a token is one that was issued."""
        return key in self.keys if self.keys else not key.startswith("wrong")

    def served(self, surface: str) -> list[Model]:
        """The models of a surface, in the catalog's order."""
        # By the emulator's clock, so that a test can live past the day a model ends.
        today = datetime.fromtimestamp(self.clock(), UTC).date().isoformat()
        listed = [model for model in models() if model.surface == surface]
        return [model for model in listed if not (self.refuse_retired and model.is_retired(today))]

    def model(self, surface: str, model_id: str, wire: str = PREDICT) -> Model | None:
        """The model with that id, if it is served there by that wire."""
        found = (one for one in self.served(surface) if one.id == model_id and one.api == wire)
        return next(found, None)

    def direct(self, lines: dict[str, str]) -> None:
        """Apply `lines` of front matter to every prompt from now on.

        Raises:
            RefusalError: one of them is not known, or is a fault, which is for one request.
        """
        self.standing = front_matter.standing_lines(lines)

    def directed(self, order: Order, prompt: str, subject: str) -> Order:
        """The order with the directions of `prompt` and the standing ones, and a scripted outcome if one is due."""
        order = replace(order, directions=front_matter.read(prompt, self.standing)[0])
        rule = self.faults.take("create", subject, outcome=True)
        if rule is None:
            return order
        return replace(order, directions=replace(order.directions, outcome=rule.outcome))

    async def finished(self, operation: Operation, *, polled: bool = True) -> bool:
        """Count one poll, unless told otherwise, and tell whether the operation is done.

        A clip that fails to render makes it a failed one. Where only polls count, the answer waits for the clip, so
        that their number does not depend on the machine.
        """
        # A list shows how videos stand; only a poll is what the pace counts.
        if not (self.operations.due(operation) if polled else self.operations.over(operation)):
            return False
        clips = self.operations.rendering(operation)
        # With a pace in seconds nothing waits: a clip that takes longer is told as running, as the real service would.
        if not operation.wait.seconds:
            rendering = [asyncio.wrap_future(clip) for clip in clips if not clip.done()]
            for clip in rendering:
                # Asked for here, or asyncio complains of a fault that nobody looked at.
                clip.add_done_callback(lambda done: done.cancelled() or done.exception())
            if rendering:
                await asyncio.wait(rendering)
        # Another request may have begun a clip anew that was tidied away.
        if not all(clip.done() for clip in clips):
            return False
        # The clip of a broken source is found out only while it is drawn.
        if any(clip.exception() for clip in clips):
            directions = replace(operation.order.directions, outcome="failed", code=_INTERNAL)
            operation.order = replace(operation.order, directions=directions)
        self.operations.settle(operation)
        return True


Handler = Callable[[Request], Awaitable[Any]]
SURFACES = (GEMINI_API, AGENT_PLATFORM)


def backstage(request: Request) -> Backstage:
    """The emulator that serves `request`."""
    return cast(Backstage, request.app.state.backstage)


def note(request: Request, kind: str, *, model: str = "", operation: str = "") -> Entry:
    """Write into the journal what a request turned out to be."""
    entry = cast(Entry, request.state.entry)
    entry.kind = kind
    # Each step of a request adds what it has learnt and takes nothing back.
    entry.model = model or entry.model
    entry.operation = operation or entry.operation
    return entry


async def json_body(request: Request) -> Json:
    """The request's JSON object, which also goes into the journal, shortened.

    Raises:
        RefusalError: the body is no JSON object.
    """
    raw = await request.body()
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise invalid("Invalid JSON payload received. Unexpected token.") from error
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received. Expected an object.")
    request.state.entry.body = shortened(body)
    return body
