"""LiteLLM's video functions under their own names, over the same client, ledger and rules as everything else.

Code written for ``litellm.video_generation`` and its companions runs here with its import changed::

    from veo_widgets import video_content, video_generation, video_status

    video = video_generation(model="gemini/veo-3.1-generate-preview", prompt="A cat")
    while video_status(video.id).status == "processing":
        ...
    open("cat.mp4", "wb").write(video_content(video.id))

Where LiteLLM 1.106 goes wrong, these do not follow: a failed or filtered job is never ``completed``, no parameter is
dropped, and an unknown size is an error.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from . import session
from .client import new_job_id
from .config import Settings
from .credentials import Secret, sealed
from .errors import BadRequestError, InvalidRequestError, WaitTimeoutError
from .handles import result
from .params import PARAMS
from .pricing import Cost
from .providers import provider_named
from .record import JobRecord, JobState
from .sync import Client
from .video_ids import VideoId, read_video_id

# LiteLLM's default.
_TIMEOUT = 600.0
# The wires' own spellings are taken too, as LiteLLM hands them through.
_BY_WIRE = {param.wire: param.name for param in PARAMS}
_STATUS = {JobState.SUCCEEDED: "completed", JobState.FILTERED: "failed", JobState.FAILED: "failed"}


@dataclass(frozen=True)
class VideoObject:
    """A video as LiteLLM and OpenAI describe it.

    Attributes:
        id: says by itself where the video is; works in another program and without the ledger.
        status: ``processing``, ``completed`` or ``failed``.
        error: ``code`` and ``message`` of a failed one.
        seconds: length of a clip in seconds, as text.
        size: width x height of the picture.
        usage: ``duration_seconds`` that are charged.
        cost: the price; ``_hidden_params["response_cost"]`` holds it in US dollars as LiteLLM does.
        job_id: of the ledger, or empty if the ledger does not know it.
    """

    id: str
    status: str
    model: str
    created_at: int | None = None
    completed_at: int | None = None
    seconds: str | None = None
    size: str | None = None
    error: dict[str, str] | None = None
    usage: dict[str, float] = field(default_factory=dict)
    progress: int | None = None
    object: str = "video"
    cost: Cost = field(default_factory=lambda: Cost(None))
    job_id: str = ""

    @property
    def _hidden_params(self) -> dict[str, Any]:
        return {"response_cost": self.cost.usd, "model_id": self.model}


def _described(record: JobRecord) -> VideoObject:
    problem = record.problem
    prefix = provider_named(record.provider).prefixes[0]
    seconds = record.request.duration_seconds or record.cost.seconds
    first = record.videos[0] if record.videos else None
    return VideoObject(
        id=str(VideoId(prefix, record.model, record.operation)),
        status=_STATUS.get(record.state, "failed" if record.state.is_final else "processing"),
        model=record.model,
        created_at=int(record.created_at),
        completed_at=int(record.finished_at) if record.finished_at else None,
        seconds=f"{seconds:g}" if seconds else None,
        size=f"{first.width}x{first.height}" if first else None,
        error={"code": str(record.state), "message": f"{problem.title}: {problem.message}"} if problem else None,
        usage={"duration_seconds": record.cost.seconds * record.cost.samples},
        progress=100 if record.state is JobState.SUCCEEDED else None,
        cost=record.cost,
        job_id=record.id,
    )


def _settings(client: Client, api_key: Secret | None, api_base: str | None) -> str | None:
    """The profile for a key or an address that was given with the call; None for those in use."""
    if not api_key and not api_base:
        return None
    # The key is never a variable here: whatever shows the variables of a traceback would show it.
    name = "call " + sha256(f"{api_base}\0{api_key.reveal() if api_key else None}".encode()).hexdigest()[:12]
    given = Settings(
        api_key=api_key or None,
        base_url=api_base,
        folder=client.settings.folder,
        profile=name,
    )
    client.asynchronous.profiles[name] = given
    return name


def _values(extra_body: Mapping[str, Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**values, **(extra_body or {})}
    nested = merged.pop("parameters", None)
    if isinstance(nested, Mapping):
        merged = {**merged, **nested}
    return {_BY_WIRE.get(name, name): value for name, value in merged.items() if value is not None}


def _within(future: concurrent.futures.Future[Any], timeout: float | None, what: str) -> Any:
    """The result of a future, unless it takes longer than `timeout` seconds; it goes on all the same."""
    try:
        return result(future, timeout)
    except TimeoutError as error:
        if isinstance(error, WaitTimeoutError):
            raise
        raise WaitTimeoutError(f"{what} takes longer than {timeout:g} s; it goes on.") from None


def video_generation(
    prompt: str,
    model: str | None = None,
    input_reference: object = None,
    seconds: str | None = None,
    size: str | None = None,
    user: str | None = None,
    timeout: float | None = _TIMEOUT,
    custom_llm_provider: str | None = None,
    *,
    extra_headers: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
    **values: Any,
) -> VideoObject:
    """Start a video, as LiteLLM's function of this name does. This costs money.

    Args:
        prompt: what the video shows.
        model: with a prefix such as ``gemini/`` or ``vertex_ai/``.
        input_reference: the first frame: a path, bytes, an open file or a Pillow image.
        seconds: length in seconds, as text.
        size: width x height, such as ``1280x720``.
        user: taken for compatibility; no wire has a field for it.
        timeout: seconds to wait for the service's answer.
        custom_llm_provider: the provider, where the model has no prefix.
        extra_headers: refused if given: a header nobody checks could carry a key elsewhere.
        extra_body: more parameters, under our names or the wire's.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.
        values: more parameters, under our names or the wire's, such as ``aspectRatio``.

    Returns:
        The video, ``processing``.

    Raises:
        BadRequestError: the request breaks a rule; nothing was sent.
        Timeout: the answer takes longer; the error names the job.
    """
    api_key = Secret.of(api_key, "argument")
    del user
    if extra_headers:
        raise BadRequestError("extra_headers: none can be sent; use api_key and api_base.", status=400)
    client = session.client()
    more = {"input_reference": input_reference, "seconds": seconds, "size": size, **_values(extra_body, values)}
    given = {"model": model, "provider": custom_llm_provider, "profile": _settings(client, api_key, api_base), **more}
    try:
        plan = client.plan(prompt, **{name: value for name, value in given.items() if value is not None})
        for violation in plan.violations:
            raise violation
    except InvalidRequestError as error:
        raise BadRequestError(str(error), status=400) from error
    job_id = new_job_id()
    future = client.start(partial(client.asynchronous.submit_plan, plan, job_id=job_id))
    return _described(_within(future, timeout, f"The answer to job {job_id}"))


def video_status(
    video_id: str,
    timeout: float | None = _TIMEOUT,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
    **_: Any,
) -> VideoObject:
    """How a video is, asked of the service once; a finished one is saved at the same time.

    Args:
        video_id: from `video_generation`, of this or another program.
        timeout: seconds.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.
    """
    api_key = Secret.of(api_key, "argument")
    client = session.client()
    where, profile = read_video_id(video_id), _settings(client, api_key, api_base)
    return _described(_within(client.start(_looked_at, client, where, profile), timeout, f"Video {video_id}"))


async def _looked_at(client: Client, where: VideoId, profile: str | None) -> JobRecord:
    record = await client.asynchronous.adopt(where.provider, where.model, where.operation, profile=profile)
    return await client.asynchronous.refresh(record.id)


def video_content(
    video_id: str,
    timeout: float | None = _TIMEOUT,
    variant: str | None = None,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
    **_: Any,
) -> bytes:
    """The bytes of a finished video's first clip.

    Args:
        video_id: from `video_generation`, of this or another program.
        timeout: seconds.
        variant: ``video`` or nothing; no other is made.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.

    Raises:
        BadRequestError: it is not finished, or has no clip; the message says why.
    """
    api_key = Secret.of(api_key, "argument")
    if variant not in (None, "video"):
        raise BadRequestError(f"variant: {variant!r} is not made; allowed is video.", status=400)
    video = video_status(video_id, timeout, api_key, api_base)
    record = session.client().job(video.job_id).record
    if not record.videos or video.status != "completed":
        why = video.error["message"] if video.error else record.notice or f"it is {record.state}"
        raise BadRequestError(f"Video {video_id} has no content: {why}", status=400)
    return record.videos[0].path.read_bytes()


async def avideo_generation(prompt: str, model: str | None = None, **values: Any) -> VideoObject:
    """`video_generation` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_generation, prompt, model, **values))


async def avideo_status(video_id: str, **values: Any) -> VideoObject:
    """`video_status` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_status, video_id, **values))


async def avideo_content(video_id: str, **values: Any) -> bytes:
    """`video_content` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_content, video_id, **values))
