"""Trouble on request: a table of named faults, and the rules that say which request meets which.

A fault is a coroutine that gets a `Stage` and answers a response; calling the stage's `proceed` lets the real answer be
made. A new fault is one more entry of `FAULTS`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from .front_matter import KINDS, OUTCOMES
from .refusals import STATUS_NAMES, RefusalError, day_is_over, no_such_file, not_found, quota, spend_cap

Proceed = Callable[[], Awaitable[Response]]


@dataclass(frozen=True)
class Rule:
    """One scripted event.

    Attributes:
        on: the kind of request, one of `front_matter.KINDS`.
        fault: a name in `FAULTS`; empty when only `outcome` is set.
        times: how many requests still meet it.
        match: a part of the path, the prompt or the operation's id; empty matches all.
        status: the HTTP status, for ``status`` and ``expired``.
        outcome: for a create: how the operation shall end.
        seconds: for ``slow``: the delay.
        to: for ``redirect``: the origin to send the client to; empty: another name of this host.
    """

    on: str
    fault: str = ""
    times: int = 1
    match: str = ""
    status: int | None = None
    outcome: str = ""
    seconds: float = 2.0
    to: str = ""

    def __post_init__(self) -> None:
        if self.on not in KINDS:
            raise ValueError(f"on: {self.on!r} is none of {', '.join(KINDS)}.")
        if self.fault and self.fault not in FAULTS:
            raise ValueError(f"fault: {self.fault!r} is none of {', '.join(FAULTS)}.")
        if self.outcome and self.outcome not in OUTCOMES:
            raise ValueError(f"outcome: {self.outcome!r} is none of {', '.join(OUTCOMES)}.")
        if bool(self.fault) == bool(self.outcome):
            raise ValueError("A rule names either a fault or an outcome.")
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


class CutResponse(Response):
    """Announces the whole body, sends the first half, and lets the server close the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the first half."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class ResetResponse(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Reset the connection."""
        transport: asyncio.Transport = scope["state"]["transport"]
        sock = transport.get_extra_info("socket")
        # Without lingering, closing sends RST rather than FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


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


async def _html(_stage: Stage) -> Response:
    return HTMLResponse("<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>")


async def _cut(stage: Stage) -> Response:
    whole = await stage.proceed()
    headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
    return CutResponse(whole.body, whole.status_code, headers)


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
    "reset": Fault(_reset),
    "html": Fault(_html, "poll"),
    "cut": Fault(_cut, "download"),
    "redirect": Fault(_redirect, "download"),
    "expired": Fault(_expired, "download"),
    "slow": Fault(_slow),
}
