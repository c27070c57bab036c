"""Downloads that never become the clip: another kind of file, a link, a circle, too much, or cut at one place."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse, RedirectResponse, Response

from . import other_kinds
from .broken_answers import CutResponse, HugeResponse, StallResponse
from .redirects import CIRCLE, bucket_url
from .stages import Stage


async def cut_at(stage: Stage) -> Response:
    """The clip up to one place, the same each time, also when a range begins at or behind it."""
    part = await stage.proceed()
    start, total = _placed(part)
    return CutResponse(part, max(0, int(total * stage.rule.share) - start))


def _placed(part: Response) -> tuple[int, int]:
    """Where in the clip an answer begins, and how long the clip is."""
    placed = part.headers.get("content-range", "")
    if not placed.startswith("bytes ") or "*" in placed:
        return 0, len(part.body)
    bounds, _, total = placed.removeprefix("bytes ").partition("/")
    return int(bounds.partition("-")[0]), int(total)


async def _whole(stage: Stage) -> Response:
    # What is made of the clip is made of all of it, whatever part was asked for.
    stage.request.state.whole = True
    return await stage.proceed()


async def stall(stage: Stage) -> Response:
    """A share at once, the rest after the pause."""
    whole = await stage.proceed()
    return StallResponse(whole, int(len(whole.body) * stage.rule.share), stage.rule.seconds)


async def webm(stage: Stage) -> Response:
    """The clip as WebM, which is a real one."""
    whole = await _whole(stage)
    return Response(await asyncio.to_thread(other_kinds.webm, bytes(whole.body)), media_type="video/webm")


async def gif(stage: Stage) -> Response:
    """The clip as a GIF that moves."""
    whole = await _whole(stage)
    return Response(await asyncio.to_thread(other_kinds.gif, bytes(whole.body)), media_type="image/gif")


async def link(stage: Stage) -> Response:
    """JSON that names where the clip is."""
    await stage.proceed()
    return JSONResponse({"url": bucket_url(stage.request, f"{stage.request.state.entry.operation}s0")})


async def circle(_stage: Stage) -> Response:
    """A redirect into two that name each other."""
    return RedirectResponse(f"{CIRCLE}/0", 302)


async def huge(stage: Stage) -> Response:
    """The clip and zeros behind it, far too many; the length is told."""
    return HugeResponse(await _whole(stage), stage.rule.size, announced=True)


async def huge_unannounced(stage: Stage) -> Response:
    """The clip and zeros behind it, far too many; no length is told."""
    return HugeResponse(await _whole(stage), stage.rule.size, announced=False)
