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
from difflib import get_close_matches
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

from ...client.job_accounts import CALLS
from ...client.offline_client import new_job_id
from ...client.remote_videos import PICTURES
from ...config.settings import Settings
from ...domain.arguments import MAPPING, NAME, NONE, SECONDS, TEXT, accepts
from ...domain.errors import BadRequestError, BudgetError, DownloadError, InvalidRequestError, WaitTimeoutError
from ...domain.job_record import JobRecord
from ...domain.json_values import read_object
from ...domain.params import ALIASES, BY_NAME, PARAMS
from ...domain.secret import Secret, sealed
from ...providers.video_ids import VideoId, read_video_id
from ...providers.wires.proxied_videos import LITELLMS_OWN
from ...session.client import Client
from ...session.waiting import result
from .. import functions
from .objects import VideoObject, described

T = TypeVar("T")

# LiteLLM's default.
TIMEOUT = 600.0
# The wires' own spellings are taken too, as LiteLLM hands them through.
_BY_WIRE = {param.wire: param.name for param in PARAMS} | {"n": "samples"}
_KNOWN = {*BY_NAME, *ALIASES, "model", "provider", "profile", "max_cost", "output", "allow_retired"}


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


def _merged_values(extra_body: Mapping[str, Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**values, **(extra_body or {})}
    # Veo's own requests have their parameters one level below the rest.
    nested = merged.pop("parameters", None)
    if isinstance(nested, Mapping):
        merged = {**merged, **nested}
    said = {_BY_WIRE.get(name, name): value for name, value in merged.items() if value is not None}
    extra = {name: value for name, value in said.items() if name in (extra_body or {}) or _may_be_extra(name)}
    extra = {name: value for name, value in extra.items() if name not in _KNOWN and name not in LITELLMS_OWN}
    plain = {name: value for name, value in said.items() if name not in extra}
    if extra:
        plain["extra"] = read_object([extra, *([plain["extra"]] if "extra" in plain else [])], "extra")
    return plain


def _may_be_extra(name: str) -> bool:
    """Whether a keyword is for the service, as LiteLLM takes it, rather than a slip of the pen."""
    return not get_close_matches(name, _KNOWN, n=1, cutoff=0.8)


def _result_within(future: concurrent.futures.Future[Any], timeout: float | None, what: str) -> Any:
    """The result of a future, unless that takes longer than `timeout` seconds, which does not stop it."""
    try:
        return result(future, timeout)
    except TimeoutError as error:
        if isinstance(error, WaitTimeoutError):
            raise
        raise WaitTimeoutError(f"{what} is not done after {timeout:g} s. It keeps running.") from None


def checked(client: Client, verb: Callable[[], Coroutine[Any, Any, T]], timeout: float | None, what: str) -> T:
    """What a verb returns; a request that is refused here goes by LiteLLM's name for that."""
    try:
        found: T = _result_within(client.start(verb), timeout, what)
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
        extra_body: more parameters, under our names or the wire's; any other is sent as it is, as one of ``extra``.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.
        values: more parameters, as in `extra_body`, such as ``aspectRatio``, unless they look like a slip of the pen;
            and ``max_cost`` in US dollars, which a request of unknown price needs unless ``veo.budget(unknown=…)`` says
            what to reserve for it.

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
    client = functions.client()
    given = {
        "model": model,
        "provider": custom_llm_provider,
        "profile": account_profile(client, api_key, api_base),
        "input_reference": input_reference,
        "seconds": seconds,
        "size": size,
    }
    try:
        given |= _merged_values(extra_body, values)
        plan = client.plan(prompt, **{name: value for name, value in given.items() if value is not None})
        plan.check()
    except InvalidRequestError as error:
        raise BadRequestError(str(error), status=400) from error
    # Chosen here, so that an error of the waiting can name it.
    job_id = new_job_id()
    # Not patient: a request that is held back for quota has no id of the service's yet, which this function returns.
    future = client.start(partial(client.asynchronous.submit_plan, plan, job_id=job_id, patient=False))
    try:
        return described(_result_within(future, timeout, f"The answer to job {job_id}"))
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
    """Ask the service once how a video is doing; a finished one is saved at the same time.

    Args:
        video_id: from `video_generation`, of this or another program.
        timeout: seconds.
        api_key: instead of the configured one.
        api_base: an address instead of the configured one.
    """
    api_key = Secret.of(api_key, "argument")
    client = functions.client()
    where, profile = read_video_id(video_id), account_profile(client, api_key, api_base)
    return described(_result_within(client.start(looked_at, client, where, profile), timeout, f"Video {video_id}"))


async def looked_at(client: Client, where: VideoId, profile: str | None) -> JobRecord:
    """The job of a video, after asking the service about it."""
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
    record = functions.client().job(video.job_id).record
    if not record.videos or video.status != "completed":
        why = video.error["message"] if video.error else record.remark or f"it is {record.state}"
        raise BadRequestError(f"Video {video_id} has no content: {why}", status=400)
    if variant in PICTURES:
        client = functions.client()
        save = partial(client.asynchronous.remote.picture, record, variant)
        return checked(client, save, timeout, f"The {variant} of video {video_id}").read_bytes()
    return record.videos[0].fetch().read_bytes()


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
