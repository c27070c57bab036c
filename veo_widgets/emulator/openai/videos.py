"""The OpenAI-style wire: ``/v1/videos`` as OpenAI, Azure and gateways such as LiteLLM's proxy serve it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import files
from ..faults import front_matter
from ..jobs import creation, sequels
from ..jobs.operations import Clip, Operation
from ..jobs.orders import OPENAI_VIDEOS, Order
from ..jobs.sequels import Original
from ..jobs.state import backstage, note
from ..jobs.video_ids import operation_id, public_id
from ..redirects import bucket_url
from ..refusals import Json, RefusalError
from . import bodies, checks, gateway_replies, replies
from .bodies import Upload
from .checks import Served
from .gateway_replies import Kept
from .manners import Manner
from .models import authorize
from .refusals import Endpoint, bad, no_such_video, worded

_AZURE = "/openai/v1"
# OpenAI's own, Azure's, and none: LiteLLM's proxy serves its routes with and without /v1.
_PREFIXES = ("/v1", _AZURE, "")
_DEFAULT_MODEL = "sora-2"
# OpenAI's defaults for every list.
_PAGE = 20
_PAGE_LIMIT = 100
_VARIANTS = {"thumbnail": replies.thumbnail, "spritesheet": replies.spritesheet}


async def create(request: Request) -> Response:
    """``POST /videos``, as a form or as JSON."""
    entry = note(request, "create")
    authorize(request)
    stage, body = backstage(request), await bodies.read(request)
    entry.model = str(body.get("model") or _DEFAULT_MODEL)
    # Before anything else is checked: such a server has not even read the body.
    refusal = gateway_replies.not_taken(_manner_for(request, body), form=bodies.is_form(request))
    if refusal is not None:
        return refusal

    def order() -> Order:
        chosen = checks.served(entry.model, stage, azure=_is_azure(request))
        return checks.order(body, chosen, stage.operations)

    return await _answer_create(request, body, order)


def _manner_for(request: Request, body: Json) -> Manner:
    prompt = body.get("prompt")
    return front_matter.read(str(prompt), backstage(request).standing)[0].manner


def _is_azure(request: Request) -> bool:
    return request.url.path.startswith(_AZURE)


async def _answer_create(request: Request, body: Json, order: Callable[[], Order]) -> Response:
    async def answer(operation: Operation) -> Response:
        manner, stage = operation.order.directions.manner, backstage(request)
        # Some servers answer only when the video is made, and know no state in between.
        if manner.created == "ended":
            return await _answer_video(request, operation, over=await stage.finished(operation, polled=False))
        video = replies.video(operation, stage.operations, over=False)
        reply = gateway_replies.created(video, manner, f"{request.url.replace(query='')}/{video['id']}")
        # OpenAI's SDK polls after as many milliseconds as this header says.
        reply.headers["openai-poll-after-ms"] = "500" if operation.wait.seconds else "100"
        return reply

    prompt = body.get("prompt")
    # A prompt that is no text is refused with the order, in the service's words.
    written = prompt if isinstance(prompt, str) else ""
    return await creation.take(request, creation.Create(written, order, "videos", answer))


async def _answer_video(request: Request, operation: Operation, *, over: bool) -> Response:
    video, manner = await _describe_video(request, operation, over=over), operation.order.directions.manner
    failed = over and not operation.order.delivered()
    # Of a video that has come to its end nothing is to be polled any more.
    headers = {} if over else {"openai-poll-after-ms": "500" if operation.wait.seconds else "100"}
    return JSONResponse(video, manner.failed_get if failed and manner.failed_get else 200, headers)


async def _describe_video(request: Request, operation: Operation, *, over: bool) -> Json:
    operations, manner = backstage(request).operations, operation.order.directions.manner
    video = replies.video(operation, operations, over=over)
    if not over or not operation.order.delivered():
        return gateway_replies.spoken(video, manner, None)
    clip = Clip(operation, 0)
    # Reading may mean rendering, which is only worth its time where the bytes go into the answer.
    data = await asyncio.to_thread(operations.read, clip) if manner.has_bytes else b""
    own = f"{request.base_url}v1/videos/{public_id(operation)}/content"
    return gateway_replies.spoken(video, manner, Kept(bucket_url(request, operation.file_id(0)), own, data))


def _find_video(request: Request, public: str) -> Operation:
    operation = backstage(request).operations.get(operation_id(public))
    if operation is None or operation.order.wire != OPENAI_VIDEOS:
        raise no_such_video(public)
    note(request, request.state.entry.kind, model=operation.order.model, operation=operation.id)
    return operation


def _text_to_match(request: Request, operation: Operation) -> str:
    return f"{request.url.path}\n{operation.id}\n{operation.order.prompt}"


async def retrieve(request: Request) -> Response:
    """``GET /videos/{id}``."""
    note(request, "poll")
    authorize(request)
    operation, stage = _find_video(request, request.path_params["id"]), backstage(request)

    async def proceed() -> Response:
        return await _answer_video(request, operation, over=await stage.finished(operation))

    return await stage.faults.passing("poll", _text_to_match(request, operation), request, proceed)


async def list_videos(request: Request) -> Response:
    """``GET /videos`` in pages: ``after`` an id, at most ``limit``, newest first unless ``order=asc``."""
    note(request, "list")
    authorize(request)
    stage = backstage(request)

    async def proceed() -> Response:
        page, more = _cut_page(request, stage.operations.of_wire(OPENAI_VIDEOS))
        data = [await _describe_video(request, one, over=await stage.finished(one, polled=False)) for one in page]
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
        return JSONResponse({"object": "list", "data": data, **ends, "has_more": more})

    return await stage.faults.passing("list", request.url.path, request, proceed)


def _cut_page(request: Request, videos: list[Operation]) -> tuple[list[Operation], bool]:
    query = request.query_params
    limit, order, after = query.get("limit", str(_PAGE)), query.get("order", "desc"), query.get("after")
    if not limit.isdigit() or not 1 <= int(limit) <= _PAGE_LIMIT:
        raise bad("limit", f"Invalid 'limit': expected a whole number from 1 to {_PAGE_LIMIT}.")
    if order not in {"asc", "desc"}:
        raise bad("order", f"Invalid value: {order!r}. Supported values are: 'asc' and 'desc'.")
    ordered = videos if order == "asc" else videos[::-1]
    start = 0
    if after is not None:
        # Compared by the inner id, since one video may be known by several public ones.
        ids = [one.id for one in ordered]
        if operation_id(after) not in ids:
            raise no_such_video(after)
        start = ids.index(operation_id(after)) + 1
    stop = start + int(limit)
    return ordered[start:stop], stop < len(ordered)


async def delete(request: Request) -> Response:
    """``DELETE /videos/{id}``."""
    note(request, "delete")
    authorize(request)
    public = request.path_params["id"]
    backstage(request).operations.drop(_find_video(request, public))
    return JSONResponse({"id": public, "deleted": True, "object": "video.deleted"})


async def content(request: Request) -> Response:
    """``GET /videos/{id}/content``: the clip, or with ``variant`` its thumbnail or spritesheet."""
    note(request, "download")
    authorize(request)
    operation, stage = _find_video(request, request.path_params["id"]), backstage(request)

    async def proceed() -> Response:
        variant = request.query_params.get("variant", "video")
        if variant != "video" and variant not in _VARIANTS:
            raise bad("variant", f"Invalid value: {variant!r}. Supported values are: 'video', {list(_VARIANTS)}.")
        # Only what is finished can be said to be elsewhere, failed or expired.
        await _check_finished(request, operation)
        refusal = _refuse_content(operation)
        if refusal is not None:
            return refusal
        _check_kept(request, operation)
        clip = Clip(operation, 0)
        if variant == "video":
            return await files.content(request, clip)
        # Decoding takes a while; other connections must not wait for it.
        data = await asyncio.to_thread(stage.operations.read, clip)
        return await asyncio.to_thread(_VARIANTS[variant], data)

    return await stage.faults.passing("download", _text_to_match(request, operation), request, proceed)


def _refuse_content(operation: Operation) -> Response | None:
    manner, made = operation.order.directions.manner, operation.order.delivered()
    if manner.failed_get and not made:
        return gateway_replies.has_failed()
    return gateway_replies.use_the_url() if manner.content == "refused" and made else None


async def _check_finished(request: Request, operation: Operation) -> None:
    if not await backstage(request).finished(operation, polled=False):
        raise RefusalError(404, "Video is not ready yet; ask for its status first.")


def _check_kept(request: Request, operation: Operation) -> None:
    stage, public = backstage(request), request.path_params["id"]
    # The clip goes after a day; the video object stays and still says completed.
    expires = (operation.completed or operation.created) + replies.LIFETIME_SECONDS
    if not operation.order.delivered() or stage.clock() > expires:
        raise no_such_video(public)


async def remix(request: Request) -> Response:
    """``POST /videos/{id}/remix`` with a prompt."""
    note(request, "create")
    authorize(request)
    body, public = await bodies.read(request), request.path_params["id"]
    return await _create_from(request, body, {"id": public}, public)


async def edit(request: Request) -> Response:
    """``POST /videos/edits`` with a prompt and a video: a file, or ``{id}``."""
    note(request, "create")
    authorize(request)
    body = await bodies.read(request)
    return await _create_from(request, body, body.get("video"), "")


async def _create_from(request: Request, body: Json, video: object, remixed_from: str) -> Response:
    # A change is made by the model that made the video; OpenAI's clients name none.
    stage, chosen = backstage(request), _model_behind(request, video)

    def order() -> Order:
        base = replace(checks.blank(body, chosen), parent=remixed_from)
        return checks.remixed(base, _read_original(request, video), stage.operations)

    return await _answer_create(request, body, order)


async def extend(request: Request) -> Response:
    """``POST /videos/extensions`` with a prompt, the seconds to add, and a video: a file, or ``{id}``."""
    note(request, "create")
    authorize(request)
    stage, body = backstage(request), await bodies.read(request)
    video = body.get("video")
    chosen = _model_behind(request, video)

    def order() -> Order:
        base, original = checks.blank(body, chosen), _read_original(request, video)
        return checks.extended(base, original, body.get("seconds"), chosen.model, stage.operations)

    return await _answer_create(request, body, order)


def _find_source(request: Request, video: object) -> Operation | None:
    if isinstance(video, Upload):
        return None
    if not isinstance(video, dict) or not isinstance(video.get("id"), str):
        raise bad("video", "'video' must be a file, or an object with the id of a video.")
    return _find_video(request, video["id"])


def _model_behind(request: Request, video: object) -> Served:
    source = _find_source(request, video)
    if source is None:
        return checks.served(_DEFAULT_MODEL, backstage(request), azure=_is_azure(request))
    order = source.order
    return Served(backstage(request).operations.model_of(order), order.alias or order.model)


def _read_original(request: Request, video: object) -> Original:
    if isinstance(video, Upload):
        return sequels.uploaded(video.data, "video")
    source = _find_source(request, video)
    assert source is not None  # noqa: S101 - only an upload has no operation
    return sequels.result_of(source, backstage(request).operations, f"Video {public_id(source)}")


def routes() -> list[Route]:
    """The routes of this module."""
    table: list[tuple[str, Endpoint, str]] = [
        ("", create, "POST"),
        ("", list_videos, "GET"),
        ("/edits", edit, "POST"),
        ("/extensions", extend, "POST"),
        ("/{id}", retrieve, "GET"),
        ("/{id}", delete, "DELETE"),
        ("/{id}/content", content, "GET"),
        ("/{id}/remix", remix, "POST"),
    ]
    return [
        Route(f"{prefix}/videos{path}", worded(endpoint), methods=[method])
        for prefix in _PREFIXES
        for path, endpoint, method in table
    ]
