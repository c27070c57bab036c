"""LiteLLM's functions for videos that are there already: list, remix, edit, extend; see `videos`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from ...domain.arguments import COUNT, NAME, NONE, SECONDS, TEXT, accepts
from ...domain.job_record import JobRecord
from ...domain.secret import Secret, sealed
from ...providers.video_ids import is_video_id, read_video_id
from .. import functions
from .objects import VideoList, VideoObject, described
from .videos import TIMEOUT, account_profile, checked, looked_at


@accepts(
    after=NAME | NONE,
    limit=COUNT,
    order=NAME | NONE,
    timeout=SECONDS,
    custom_llm_provider=NAME | NONE,
    api_base=NAME | NONE,
)
def video_list(
    after: str | None = None,
    limit: int | None = None,
    order: str | None = None,
    timeout: float | None = TIMEOUT,
    custom_llm_provider: str | None = None,
    *,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
) -> VideoList:
    """One page of the videos that a service keeps.

    Args:
        after: the `last_id` of the page before.
        limit: videos at most.
        order: ``asc`` or ``desc``, by the time they were made.
        timeout: seconds.
        custom_llm_provider: the provider; ``openai`` as in LiteLLM if not said.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.

    Raises:
        BadRequestError: the provider keeps no list.
    """
    api_key = Secret.of(api_key, "argument")
    client = functions.client()
    profile = account_profile(client, api_key, api_base)
    # Our ids name provider and model too; the service knows only its own part.
    start = read_video_id(after).operation if after and is_video_id(after) else after or ""
    ask = partial(
        client.asynchronous.remote.videos,
        custom_llm_provider or "openai",
        after=start,
        limit=limit,
        order=order or "",
        profile=profile,
    )
    return VideoList(checked(client, ask, timeout, "The list of videos"))


@accepts(video_id=NAME, prompt=TEXT, timeout=SECONDS, api_base=NAME | NONE)
def video_remix(
    video_id: str,
    prompt: str,
    timeout: float | None = TIMEOUT,
    custom_llm_provider: str | None = None,
    *,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
) -> VideoObject:
    """Have a finished video made anew with a change. This costs money.

    Args:
        video_id: from `video_generation` or `video_list`, of this or another program.
        prompt: what should be different.
        timeout: seconds to wait for the service's answer.
        custom_llm_provider: taken for compatibility; the id says it.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.

    Raises:
        BadRequestError: the video has not ended with a clip, or its service remixes none.
    """
    del custom_llm_provider
    api_key = Secret.of(api_key, "argument")
    return _start_sequel(video_id, "remix", {"prompt": prompt}, timeout, (api_key, api_base))


@accepts(video_id=NAME, prompt=TEXT, timeout=SECONDS, api_base=NAME | NONE)
def video_edit(
    video_id: str,
    prompt: str,
    timeout: float | None = TIMEOUT,
    custom_llm_provider: str | None = None,
    *,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
) -> VideoObject:
    """Have a finished video changed as `prompt` says; see `video_remix`."""
    del custom_llm_provider
    api_key = Secret.of(api_key, "argument")
    return _start_sequel(video_id, "edit", {"prompt": prompt}, timeout, (api_key, api_base))


@accepts(video_id=NAME, prompt=TEXT, timeout=SECONDS, api_base=NAME | NONE)
def video_extension(
    video_id: str,
    prompt: str,
    seconds: str,
    timeout: float | None = TIMEOUT,
    custom_llm_provider: str | None = None,
    *,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
) -> VideoObject:
    """Have a finished video continued by so many `seconds`; see `video_remix`."""
    del custom_llm_provider
    api_key = Secret.of(api_key, "argument")
    return _start_sequel(video_id, "extend", {"prompt": prompt, "seconds": seconds}, timeout, (api_key, api_base))


def _start_sequel(
    video_id: str, verb: str, said: dict[str, Any], timeout: float | None, given: tuple[Secret | None, str | None]
) -> VideoObject:
    client = functions.client()
    where, profile = read_video_id(video_id), account_profile(client, *given)

    async def follow() -> JobRecord:
        # The ledger may not know of its end yet, and only what has ended can be continued.
        record = await looked_at(client, where, profile)
        started: JobRecord = await getattr(client.asynchronous, verb)(record.id, **said)
        return started

    return described(checked(client, follow, timeout, f"The {verb} of video {video_id}"))


@accepts()
async def avideo_list(**values: Any) -> VideoList:
    """`video_list` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_list, **values))


@accepts(video_id=NAME, prompt=TEXT)
async def avideo_remix(video_id: str, prompt: str, **values: Any) -> VideoObject:
    """`video_remix` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_remix, video_id, prompt, **values))


@accepts(video_id=NAME, prompt=TEXT)
async def avideo_edit(video_id: str, prompt: str, **values: Any) -> VideoObject:
    """`video_edit` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_edit, video_id, prompt, **values))


@accepts(video_id=NAME, prompt=TEXT)
async def avideo_extension(video_id: str, prompt: str, seconds: str, **values: Any) -> VideoObject:
    """`video_extension` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_extension, video_id, prompt, seconds, **values))
