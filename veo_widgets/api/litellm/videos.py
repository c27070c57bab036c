"""LiteLLM's video functions under their own names, over the same client, ledger and rules as everything else.

Code written for ``litellm.video_generation`` and its companions runs here with its import changed:

```python
import time
from veo_widgets import video_content, video_generation, video_status

video = video_generation(model="emulator/veo-3.1-generate-001", prompt="A cat")
while video_status(video.id).status == "processing":
    time.sleep(1)
with open("cat.mp4", "wb") as file:
    file.write(video_content(video.id))
```

Where LiteLLM 1.106 goes wrong, these do not follow: a failed or filtered job is never ``completed``, no parameter is
dropped, and an unknown size is an error.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

from . import session
from .accounts import CALLS
from .archive import new_job_id
from .arguments import MAPPING, NAME, NONE, SECONDS, TEXT, accepts
from .config import Settings
from .errors import BadRequestError, BudgetError, DownloadError, InvalidRequestError, WaitTimeoutError
from .params import PARAMS
from .record import JobRecord
from .remote import PICTURES
from .sealing import Secret, sealed
from .sync import Client
from .video_ids import VideoId, read_video_id
from .video_objects import VideoObject, described
from .waiting import result

T = TypeVar("T")

# LiteLLM's default.
TIMEOUT = 600.0
# The wires' own spellings are taken too, as LiteLLM hands them through.
_BY_WIRE = {param.wire: param.name for param in PARAMS}


def account_profile(client: Client, api_key: Secret | None, api_base: str | None) -> str | None:
    """The profile for a key or an address that was given with the call; None for those in use."""
    if not api_key and not api_base:
        return None
    # The key is never a variable here: whatever shows the variables of a traceback would show it.
    name = (
        CALLS
        + sha256(
            f"{api_base}\0{api_key.reveal() if api_key else None}".encode("utf-8", "backslashreplace")
        ).hexdigest()[:12]
    )
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


def checked(client: Client, verb: Callable[[], Coroutine[Any, Any, T]], timeout: float | None, what: str) -> T:
    """What a verb returns; a request that is refused here goes by LiteLLM's name for that."""
    try:
        found: T = _within(client.start(verb), timeout, what)
    except InvalidRequestError as error:
        raise BadRequestError(str(error), status=400) from error
    return found


@accepts(prompt=TEXT, model=NAME | NONE, timeout=SECONDS, extra_body=MAPPING, api_base=NAME | NONE)
def video_generation(
    prompt: str,
    model: str | None = None,
    input_reference: object = None,
    seconds: str | None = None,
    size: str | None = None,
    user: str | None = None,
    timeout: float | None = TIMEOUT,
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
        input_reference: the first frame: a path, bytes, an open file, a Pillow image or a web address.
        seconds: length in seconds, as text.
        size: width x height, such as ``1280x720``.
        user: taken for compatibility; no wire has a field for it.
        timeout: seconds to wait for the service's answer.
        custom_llm_provider: the provider, where the model has no prefix.
        extra_headers: refused if given: a header nobody checks could carry a key elsewhere.
        extra_body: more parameters, under our names or the wire's.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.
        values: more parameters, under our names or the wire's, such as ``aspectRatio``; and ``max_cost`` in US dollars,
            which a request of unknown price needs unless ``veo.budget(unknown=…)`` says what to reserve for it.

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
    given = {
        "model": model,
        "provider": custom_llm_provider,
        "profile": account_profile(client, api_key, api_base),
        **more,
    }
    try:
        plan = client.plan(prompt, **{name: value for name, value in given.items() if value is not None})
        for violation in plan.violations:
            raise violation
    except InvalidRequestError as error:
        raise BadRequestError(str(error), status=400) from error
    job_id = new_job_id()
    future = client.start(partial(client.asynchronous.submit_plan, plan, job_id=job_id, patient=False))
    try:
        return described(_within(future, timeout, f"The answer to job {job_id}"))
    except BudgetError as error:
        raise BadRequestError(str(error), status=400) from error
    finally:
        client.tell()


@accepts(video_id=NAME, timeout=SECONDS, api_base=NAME | NONE)
def video_status(
    video_id: str,
    timeout: float | None = TIMEOUT,
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
    where, profile = read_video_id(video_id), account_profile(client, api_key, api_base)
    return described(_within(client.start(looked_at, client, where, profile), timeout, f"Video {video_id}"))


async def looked_at(client: Client, where: VideoId, profile: str | None) -> JobRecord:
    """The job of a video, after a look at how it is."""
    record = await client.asynchronous.adopt(where.provider, where.model, where.operation, profile=profile)
    try:
        return await client.asynchronous.refresh(record.id)
    except DownloadError as error:
        if isinstance(error.__cause__, OSError):
            raise
        # What came is no clip: the next looks try again, and a few of them end the job with that reason.
        return await client.asynchronous.job(record.id)


@accepts(video_id=NAME, timeout=SECONDS, api_base=NAME | NONE)
def video_content(
    video_id: str,
    timeout: float | None = TIMEOUT,
    variant: str | None = None,
    api_key: str | Secret | None = None,
    api_base: str | None = None,
    **_: Any,
) -> bytes:
    """The bytes of a finished video's first clip.

    Args:
        video_id: from `video_generation`, of this or another program.
        timeout: seconds.
        variant: ``video`` or nothing for the clip; ``thumbnail`` or ``spritesheet`` where the service makes such.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.

    Raises:
        BadRequestError: it is not finished, or has no clip; the message says why.
    """
    api_key = Secret.of(api_key, "argument")
    if variant not in (None, "video", *PICTURES):
        allowed = ", ".join(("video", *PICTURES))
        raise BadRequestError(f"variant: {variant!r} is not one of {allowed}.", status=400)
    video = video_status(video_id, timeout, api_key, api_base)
    record = session.client().job(video.job_id).record
    if not record.videos or video.status != "completed":
        why = video.error["message"] if video.error else record.remark or f"it is {record.state}"
        raise BadRequestError(f"Video {video_id} has no content: {why}", status=400)
    if variant in PICTURES:
        client = session.client()
        save = partial(client.asynchronous.remote.picture, record, variant)
        return checked(client, save, timeout, f"The {variant} of video {video_id}").read_bytes()
    return record.videos[0].path.read_bytes()


@accepts(prompt=TEXT, model=NAME | NONE)
async def avideo_generation(prompt: str, model: str | None = None, **values: Any) -> VideoObject:
    """`video_generation` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_generation, prompt, model, **values))


@accepts(video_id=NAME)
async def avideo_status(video_id: str, **values: Any) -> VideoObject:
    """`video_status` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_status, video_id, **values))


@accepts(video_id=NAME)
async def avideo_content(video_id: str, **values: Any) -> bytes:
    """`video_content` for a running event loop."""
    values = sealed(values)
    return await asyncio.to_thread(partial(video_content, video_id, **values))
