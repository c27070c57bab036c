"""Trouble on request: a table of named faults, and the rules that say which request meets which.

A fault is a coroutine that gets a `Stage` and answers a response; calling the stage's `proceed` lets the real answer be
made. A new fault is one more entry of `FAULTS`.
"""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .broken_answers import CutResponse, DribbleResponse, RawResponse, ResetResponse
from .front_matter import KINDS, OUTCOMES
from .refusals import STATUS_NAMES, RefusalError, day_is_over, no_such_file, not_found, quota, spend_cap

Proceed = Callable[[], Awaitable[Response]]

# Of any request, before its body is read; all others are told apart by what is in the body.
ARRIVAL = "arrival"
_MOMENTS = (*KINDS, ARRIVAL)


@dataclass(frozen=True)
class Rule:
    """One scripted event.

    Attributes:
        on: the kind of request, one of `front_matter.KINDS`, or ``arrival``.
        fault: a name in `FAULTS`; empty when only `outcome` is set.
        times: how many requests still meet it.
        match: a part of the path, the prompt or the operation's id; empty matches all.
        status: the HTTP status, for ``status``, ``answer`` and ``expired``.
        outcome: for a create: how the operation shall end.
        seconds: for ``slow``, ``reset-late`` and ``dribble``: the delay.
        share: for ``cut`` and its like: how much of the body comes, from 0 to 1.
        body: for ``answer``: what is answered instead, as JSON or what passes for it.
        to: for ``redirect``: the origin to send the client to; empty: another name of this host.
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

    def __post_init__(self) -> None:
        if self.on not in _MOMENTS:
            raise ValueError(f"on: {self.on!r} is none of {', '.join(_MOMENTS)}.")
        if self.fault and self.fault not in FAULTS:
            raise ValueError(f"fault: {self.fault!r} is none of {', '.join(FAULTS)}.")
        if self.outcome and self.outcome not in OUTCOMES:
            raise ValueError(f"outcome: {self.outcome!r} is none of {', '.join(OUTCOMES)}.")
        if bool(self.fault) == bool(self.outcome):
            raise ValueError("A rule names either a fault or an outcome.")
        if self.fault and (self.on == ARRIVAL) != (FAULTS[self.fault].on == ARRIVAL):
            raise ValueError(f"fault: {self.fault!r} cannot strike on: {self.on}.")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share: {self.share} is not from 0 to 1.")
        if self.outcome and self.on != "create":
            raise ValueError("An outcome is decided at the create: use on: create.")


@dataclass(frozen=True)
class Stage:
    """What a fault has to play with."""

    request: Request
    rule: Rule
    proceed: Proceed


@dataclass(frozen=True)
class Fault:
    """One kind of trouble; `on` is the request it strikes when nothing else is said."""

    play: Callable[[Stage], Awaitable[Response]]
    on: str = "create"


class Faults:
    """The rules that are still to come true."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._struck: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> None:
        """Put `rule` after the ones there are."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Drop all rules."""
        with self._lock:
            self._rules.clear()
            self._struck.clear()

    def take(self, on: str, subject: str, *, outcome: bool = False) -> Rule | None:
        """The first rule for a request, used up by one; `subject` is what its `match` is looked for in."""
        with self._lock:
            for place, rule in enumerate(self._rules):
                if rule.on == on and bool(rule.outcome) == outcome and rule.match in subject:
                    self._rules[place : place + 1] = [replace(rule, times=rule.times - 1)] if rule.times > 1 else []
                    return rule
        return None

    def strikes(self, mark: str, times: int) -> bool:
        """Whether a fault written into a prompt strikes again; after `times` times it lets that prompt pass."""
        with self._lock:
            self._struck[mark] = self._struck.get(mark, 0) + 1
            return self._struck[mark] <= times

    async def passing(self, on: str, subject: str, request: Request, proceed: Proceed) -> Response:
        """The answer to a request: the real one, or what the rule for it makes of it."""
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
        met = scope["type"] == "http" and not scope["path"].startswith("/_admin/")
        rule = self._faults.take(ARRIVAL, scope["path"]) if met else None
        if rule is None:
            await self._app(scope, receive, send)
            return
        answer = await play(rule, Request(scope, receive), _unread)
        await answer(scope, receive, send)


async def _unread() -> Response:
    raise RefusalError(500, "Emulator: what has not been read cannot be answered.")


def _status(code: int, message: str) -> Fault:
    async def answer(_stage: Stage) -> Response:
        raise RefusalError(code, message)

    return Fault(answer)


def _refusal(refusal: Callable[[], RefusalError]) -> Fault:
    async def answer(_stage: Stage) -> Response:
        raise refusal()

    return Fault(answer)


async def _any_status(stage: Stage) -> Response:
    code = stage.rule.status or 500
    raise RefusalError(code, f"Scripted answer {code} {STATUS_NAMES.get(code, 'UNKNOWN')}.")


async def _reset(stage: Stage) -> Response:
    # The work is done and only its answer is lost: the case in which a client cannot know whether it has paid.
    await stage.proceed()
    return ResetResponse()


async def _reset_late(stage: Stage) -> Response:
    await asyncio.sleep(stage.rule.seconds)
    return await _reset(stage)


async def _reset_early(_stage: Stage) -> Response:
    return ResetResponse()


async def _reset_midway(stage: Stage) -> Response:
    await stage.request.receive()
    return ResetResponse()


async def _html(_stage: Stage) -> Response:
    return HTMLResponse("<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>")


async def _cut(stage: Stage) -> Response:
    return CutResponse(await stage.proceed(), stage.rule.share)


async def _cut_silently(stage: Stage) -> Response:
    whole = await stage.proceed()
    return RawResponse(whole, _first(whole, stage.rule.share), length=None)


async def _truncated(stage: Stage) -> Response:
    whole = await stage.proceed()
    part = _first(whole, stage.rule.share)
    return RawResponse(whole, part, length=len(part))


async def _wrong_length(stage: Stage) -> Response:
    whole = await stage.proceed()
    return RawResponse(whole, bytes(whole.body), length=len(_first(whole, stage.rule.share)))


def _first(whole: Response, share: float) -> bytes:
    return bytes(whole.body)[: int(len(whole.body) * share)]


async def _dribble(stage: Stage) -> Response:
    return DribbleResponse(await stage.proceed(), stage.rule.seconds)


async def _gzip(stage: Stage) -> Response:
    whole = await stage.proceed()
    whole.body = gzip.compress(bytes(whole.body))
    whole.headers["content-length"] = str(len(whole.body))
    whole.headers["content-encoding"] = "gzip"
    return whole


async def _answer(stage: Stage) -> Response:
    # The work is done, as when a gateway spoils what the service has said.
    await stage.proceed()
    return Response(stage.rule.body, stage.rule.status or 200, media_type="application/json")


async def _redirect(stage: Stage) -> Response:
    return redirected(stage.request, stage.rule.to)


async def _expired(stage: Stage) -> Response:
    if stage.rule.on == "poll" or stage.rule.status == 404:
        raise not_found()
    raise no_such_file(stage.request.url.path.rpartition("/")[2].partition(":")[0])


async def _slow(stage: Stage) -> Response:
    await asyncio.sleep(stage.rule.seconds)
    return await stage.proceed()


def redirected(request: Request, origin: str = "") -> Response:
    """A 302 to a signed-looking address that needs no key, on `origin` or on another name of this host."""
    path = f"/_moved{quote(request.url.path, safe='/:')}"
    return RedirectResponse(f"{origin or _other_name(request)}{path}?alt=media", 302)


def _other_name(request: Request) -> str:
    name = "localhost" if request.url.hostname == "127.0.0.1" else "127.0.0.1"
    return f"http://{name}:{request.url.port or 80}"


FAULTS = {
    "status": Fault(_any_status),
    "status-429": _refusal(partial(quota, with_details=True)),
    "status-429-bare": _refusal(partial(quota, with_details=False)),
    "status-429-day": _refusal(day_is_over),
    "status-429-spend": _refusal(spend_cap),
    "status-500": _status(500, "An internal error has occurred. Please retry."),
    "status-502": _status(502, "Bad gateway."),
    "status-503": _status(503, "The service is currently unavailable."),
    "status-504": _status(504, "Deadline expired before operation could complete."),
    "reset": Fault(_reset),
    "reset-late": Fault(_reset_late),
    "reset-early": Fault(_reset_early, ARRIVAL),
    "reset-midway": Fault(_reset_midway, ARRIVAL),
    "html": Fault(_html, "poll"),
    "answer": Fault(_answer, "poll"),
    "gzip": Fault(_gzip, "poll"),
    "cut": Fault(_cut, "download"),
    "cut-silently": Fault(_cut_silently, "download"),
    "truncated": Fault(_truncated, "download"),
    "wrong-length": Fault(_wrong_length, "download"),
    "redirect": Fault(_redirect, "download"),
    "expired": Fault(_expired, "download"),
    "slow": Fault(_slow),
    "dribble": Fault(_dribble, "download"),
}
