"""Downloads that are not the clip: another kind of file, a link, a loop, too many bytes, or cut at one place."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse, RedirectResponse, Response

from ..redirects import CIRCLE, bucket_url
from ..rendering import other_kinds
from .broken_answers import CutResponse, HugeResponse, StallResponse
from .stages import Stage


async def cut_at(stage: Stage) -> Response:
    """The clip up to one fixed place, also for a range that begins there or later."""
    part = await stage.proceed()
    start, total = _start_and_total(part)
    # A place in the clip, not in the answer: a client that resumes meets the same break, as with a damaged file.
    return CutResponse(part, max(0, int(total * stage.rule.share) - start))


def _start_and_total(part: Response) -> tuple[int, int]:
    """Where in the clip an answer begins, and how long the clip is."""
    placed = part.headers.get("content-range", "")
    # A 416 names only the total, as ``bytes */N``, and holds nothing that could be cut.
    if not placed.startswith("bytes ") or "*" in placed:
        return 0, len(part.body)
    bounds, _, total = placed.removeprefix("bytes ").partition("/")
    return int(bounds.partition("-")[0]), int(total)


async def _proceed_without_range(stage: Stage) -> Response:
    # What is made of the clip is made of all of it, whatever part was asked for.
    stage.request.state.whole = True
    return await stage.proceed()


async def stall(stage: Stage) -> Response:
    """A share at once, the rest after the pause."""
    whole = await stage.proceed()
    return StallResponse(whole, int(len(whole.body) * stage.rule.share), stage.rule.seconds)


async def webm(stage: Stage) -> Response:
    """The clip as WebM, which is a real one."""
    whole = await _proceed_without_range(stage)
    # Encoding takes seconds; other connections must not wait for it.
    return Response(await asyncio.to_thread(other_kinds.webm, bytes(whole.body)), media_type="video/webm")


async def gif(stage: Stage) -> Response:
    """The clip as an animated GIF."""
    whole = await _proceed_without_range(stage)
    return Response(await asyncio.to_thread(other_kinds.gif, bytes(whole.body)), media_type="image/gif")


async def link(stage: Stage) -> Response:
    """JSON that names where the clip is."""
    # The clip has to exist, or the link would lead nowhere.
    await stage.proceed()
    return JSONResponse({"url": bucket_url(stage.request, f"{stage.request.state.entry.operation}s0")})


async def circle(_stage: Stage) -> Response:
    """A redirect into a loop of two addresses."""
    return RedirectResponse(f"{CIRCLE}/0", 302)


async def huge(stage: Stage) -> Response:
    """The clip followed by far too many zeros, with a content-length."""
    return HugeResponse(await _proceed_without_range(stage), stage.rule.size, announced=True)


async def huge_unannounced(stage: Stage) -> Response:
    """The clip followed by far too many zeros, without a content-length."""
    return HugeResponse(await _proceed_without_range(stage), stage.rule.size, announced=False)
