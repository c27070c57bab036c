"""Trouble on request: the rules that say which request meets which of the faults of `troubles.FAULTS`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..refusals import RefusalError
from .answer_shapes import SHAPES
from .front_matter import KINDS, OUTCOMES
from .stages import Proceed, Stage
from .troubles import ARRIVAL, FAULTS

_MOMENTS = (*KINDS, ARRIVAL)


@dataclass(frozen=True)
class Rule:
    """One scripted event.

    Attributes:
        on: the kind of request, one of `front_matter.KINDS`, or ``arrival``.
        fault: a name in `FAULTS`; empty when only `outcome` is set.
        times: how many requests still meet it.
        match: a part of the path, the prompt or the operation's id; empty matches all.
        status: the HTTP status, for ``status``, ``answer``, ``expired``, ``refused`` and ``made-then``.
        outcome: for a create: how the operation shall end.
        seconds: for ``slow``, ``reset-late``, ``dribble``, ``stall`` and the shape ``silence``: the delay.
        share: for ``cut`` and its like, and for ``stall``: how much of the body comes, from 0 to 1.
        body: for ``answer``: what is answered instead, as JSON or what passes for it; for ``refused`` and
            ``made-then``: the sentence to say.
        to: for ``redirect``: the origin to send the client to; empty: another name of this host.
        shape: for ``refused`` and ``made-then``: how the refusal looks, a name in `answer_shapes.SHAPES`.
        size: for ``huge`` and ``huge-unannounced``: how many bytes there are.
    """

    on: str
    fault: str = ""
    times: int = 1
    match: str = ""
    status: int | None = None
    outcome: str = ""
    seconds: float = 2.0
    share: float = 0.5
    body: str = ""
    to: str = ""
    shape: str = "own"
    size: int = 10_000_000_000

    def __post_init__(self) -> None:
        if self.on not in _MOMENTS:
            raise ValueError(f"on: {self.on!r} is none of {', '.join(_MOMENTS)}.")
        if self.fault and self.fault not in FAULTS:
            raise ValueError(f"fault: {self.fault!r} is none of {', '.join(FAULTS)}.")
        if self.outcome and self.outcome not in OUTCOMES:
            raise ValueError(f"outcome: {self.outcome!r} is none of {', '.join(OUTCOMES)}.")
        # One decides what the answer looks like, the other how the operation ends; together neither is clear.
        if bool(self.fault) == bool(self.outcome):
            raise ValueError("A rule names either a fault or an outcome.")
        # On arrival no body has been read yet, so a fault that needs the real answer has nothing to work on.
        if self.fault and (self.on == ARRIVAL) != (FAULTS[self.fault].on == ARRIVAL):
            raise ValueError(f"fault: {self.fault!r} cannot strike on: {self.on}.")
        if self.shape not in SHAPES:
            raise ValueError(f"shape: {self.shape!r} is none of {', '.join(SHAPES)}.")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share: {self.share} is not from 0 to 1.")
        if self.outcome and self.on != "create":
            raise ValueError("An outcome is decided at the create: use on: create.")


class Faults:
    """The rules that have not struck yet."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._struck: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> None:
        """Add `rule` after those already there."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Drop all rules."""
        with self._lock:
            self._rules.clear()
            self._struck.clear()

    def take(self, on: str, subject: str, *, outcome: bool = False) -> Rule | None:
        """Take the first rule that fits a request; `subject` is the text in which its `match` is looked for."""
        with self._lock:
            # The oldest that fits, so that a script reads in the order of the requests it is for.
            for place, rule in enumerate(self._rules):
                if rule.on == on and bool(rule.outcome) == outcome and rule.match in subject:
                    # Replaced and not counted down, since rules are values that a test may hold on to.
                    self._rules[place : place + 1] = [replace(rule, times=rule.times - 1)] if rule.times > 1 else []
                    return rule
        return None

    def strikes(self, mark: str, times: int) -> bool:
        """Whether a fault written into a prompt strikes again; after `times` times it lets that prompt pass."""
        with self._lock:
            # Counted by prompt: a client that sends it again must at last get through, whatever else is going on.
            self._struck[mark] = self._struck.get(mark, 0) + 1
            return self._struck[mark] <= times

    async def passing(self, on: str, subject: str, request: Request, proceed: Proceed) -> Response:
        """Answer a request, as the rule for it says if there is one."""
        rule = self.take(on, subject)
        return await proceed() if rule is None else await play(rule, request, proceed)


async def play(rule: Rule, request: Request, proceed: Proceed) -> Response:
    """The answer to a request that meets `rule`."""
    request.state.entry.fault = rule.fault
    return await FAULTS[rule.fault].play(Stage(request, rule, proceed))


class Doorkeeper:
    """ASGI middleware that plays the faults which strike before a request is read."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, unless a rule waits for it; the journal has an entry either way."""
        # The admin routes stay reachable whatever is scripted, or no test could undo it.
        met = scope["type"] == "http" and not scope["path"].startswith("/_admin/")
        rule = self._faults.take(ARRIVAL, scope["path"]) if met else None
        if rule is None:
            await self._app(scope, receive, send)
            return
        answer = await play(rule, Request(scope, receive), _refuse_unread)
        await answer(scope, receive, send)


async def _refuse_unread() -> Response:
    raise RefusalError(500, "Emulator: what has not been read cannot be answered.")
