"""The faults: what each makes of an answer.

A fault is a coroutine that gets a `Stage` and answers a response; calling the stage's `proceed` lets the real answer be
made. A new fault is one more entry of `FAULTS`.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from ..redirects import redirected
from ..refusals import STATUS_NAMES, RefusalError, day_is_over, no_such_file, not_found, quota, spend_cap
from . import answer_shapes, contents
from .answer_shapes import SHAPES, Words
from .broken_answers import CutResponse, DribbleResponse, RawResponse, ResetResponse
from .stages import Stage

# Of any request, before its body is read; all others are told apart by what is in the body.
ARRIVAL = "arrival"


@dataclass(frozen=True)
class Fault:
    """One kind of trouble; `on` is the request it strikes when nothing else is said."""

    play: Callable[[Stage], Awaitable[Response]]
    on: str = "create"


def _fixed_status(code: int, message: str) -> Fault:
    async def answer(_stage: Stage) -> Response:
        raise RefusalError(code, message)

    return Fault(answer)


def _fixed_refusal(refusal: Callable[[], RefusalError]) -> Fault:
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
    # A first part of the body is read, so that the client is in the middle of sending when the connection goes.
    await stage.request.receive()
    return ResetResponse()


async def _html(_stage: Stage) -> Response:
    return answer_shapes.login()


async def _refused(stage: Stage) -> Response:
    rule, shape = stage.rule, SHAPES[stage.rule.shape]
    status = rule.status or shape.usual
    message = rule.body or f"Scripted answer {status} {STATUS_NAMES.get(status, 'UNKNOWN')}."
    return shape.make(Words(status, message, rule.seconds))


async def _made_then(stage: Stage) -> Response:
    # The operation exists and is paid for, whatever is said then.
    await stage.proceed()
    return await _refused(stage)


async def _cut(stage: Stage) -> Response:
    whole = await stage.whole()
    return CutResponse(whole, len(_first_share(whole, stage.rule.share)))


async def _cut_silently(stage: Stage) -> Response:
    whole = await stage.whole()
    return RawResponse(whole, _first_share(whole, stage.rule.share), length=None)


async def _truncated(stage: Stage) -> Response:
    whole = await stage.whole()
    part = _first_share(whole, stage.rule.share)
    return RawResponse(whole, part, length=len(part))


async def _wrong_length(stage: Stage) -> Response:
    whole = await stage.whole()
    return RawResponse(whole, bytes(whole.body), length=len(_first_share(whole, stage.rule.share)))


def _first_share(whole: Response, share: float) -> bytes:
    return bytes(whole.body)[: int(len(whole.body) * share)]


async def _dribble(stage: Stage) -> Response:
    return DribbleResponse(await stage.whole(), stage.rule.seconds)


async def _gzip(stage: Stage) -> Response:
    whole = await stage.whole()
    whole.body = gzip.compress(bytes(whole.body))
    # Starlette has set it for the plain body.
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
    # An operation that is gone is a 404, but a file a 403: the service does not tell it from another project's.
    if stage.rule.on == "poll" or stage.rule.status == 404:
        raise not_found()
    raise no_such_file(stage.request.url.path.rpartition("/")[2].partition(":")[0])


async def _slow(stage: Stage) -> Response:
    await asyncio.sleep(stage.rule.seconds)
    return await stage.proceed()


FAULTS = {
    "status": Fault(_any_status),
    "status-429": _fixed_refusal(partial(quota, with_details=True)),
    "status-429-bare": _fixed_refusal(partial(quota, with_details=False)),
    # Waiting helps against a minute's quota and against neither of these two: clients have to tell them apart.
    "status-429-day": _fixed_refusal(day_is_over),
    "status-429-spend": _fixed_refusal(spend_cap),
    "status-500": _fixed_status(500, "An internal error has occurred. Please retry."),
    "status-502": _fixed_status(502, "Bad gateway."),
    "status-503": _fixed_status(503, "The service is currently unavailable."),
    "status-504": _fixed_status(504, "Deadline expired before operation could complete."),
    "reset": Fault(_reset),
    "reset-late": Fault(_reset_late),
    # Before and within the body nothing is made, so sending again is safe; after it, as ``reset``, it is not.
    "reset-early": Fault(_reset_early, ARRIVAL),
    "reset-midway": Fault(_reset_midway, ARRIVAL),
    "html": Fault(_html, "poll"),
    "answer": Fault(_answer, "poll"),
    "gzip": Fault(_gzip, "poll"),
    "cut": Fault(_cut, "download"),
    "cut-silently": Fault(_cut_silently, "download"),
    "truncated": Fault(_truncated, "download"),
    "wrong-length": Fault(_wrong_length, "download"),
    "cut-at": Fault(contents.cut_at, "download"),
    "stall": Fault(contents.stall, "download"),
    "webm": Fault(contents.webm, "download"),
    "gif": Fault(contents.gif, "download"),
    "link": Fault(contents.link, "download"),
    "circle": Fault(contents.circle, "download"),
    "huge": Fault(contents.huge, "download"),
    "huge-unannounced": Fault(contents.huge_unannounced, "download"),
    "redirect": Fault(_redirect, "download"),
    "expired": Fault(_expired, "download"),
    "refused": Fault(_refused),
    "made-then": Fault(_made_then),
    "slow": Fault(_slow),
    "dribble": Fault(_dribble, "download"),
}
