"""Finished clips by HTTP: files of the Developer API, and objects of Cloud Storage, whole or in ranges."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .faults.answer_shapes import LOGIN, login
from .jobs import video_ids
from .jobs.operations import FILE_LIFETIME_SECONDS, Clip
from .jobs.state import backstage, note
from .redirects import BUCKET, CIRCLE, redirected
from .refusals import Json, invalid, no_such_file, not_active, not_found
from .veo import agent_platform, developer_api

# One range only: no client asks for several, and answering them takes a multipart body.
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def _last_file_in(path: str) -> tuple[str, bool]:
    # Some clients put a whole uri where the id belongs; the last files/… is what they mean.
    found = re.findall(r"files/([a-z0-9]+)(:download)?", path)
    if not found:
        raise not_found()
    return found[-1][0], bool(found[-1][1])


async def file(request: Request) -> Response:
    """``GET /{v}/files/{id}`` and ``GET /{v}/files/{id}:download?alt=media``."""
    note(request, "file")
    file_id, wants_bytes = _last_file_in(request.url.path)
    # The journal has the kind even of a request that is then refused for its key.
    if wants_bytes:
        note(request, "download")
    developer_api.authorize(request)
    return await (_download(request, file_id) if wants_bytes else _metadata(request, file_id))


async def _download(request: Request, file_id: str) -> Response:
    stage = backstage(request)

    async def proceed() -> Response:
        # A test can have any single download redirected by its address alone, with nothing scripted.
        if "redirect" in request.query_params:
            return redirected(request, request.query_params["redirect"].removeprefix("1"))
        # google-genai puts a whole uri where the id belongs, and its own ":download?alt=media" after that.
        if not request.query_params.get("alt", "").startswith("media"):
            raise invalid("A download needs alt=media.")
        clip = _find_clip(request, file_id)
        # Omni's files may be in the making after their interaction is completed; a client has to look first.
        if stage.operations.still_processing(clip):
            raise not_active(file_id)
        return await content(request, clip)

    return await stage.faults.passing("download", _text_to_match(request, file_id), request, proceed)


async def _metadata(request: Request, file_id: str) -> Response:
    stage = backstage(request)

    async def proceed() -> Response:
        clip = _find_clip(request, file_id)
        described = _describe_file(request, file_id, clip)
        # The size is not known before; asking for it would wait for the rendering.
        if not stage.operations.still_processing(clip):
            size = len(await asyncio.to_thread(stage.operations.read, clip))
            described |= {"state": "ACTIVE", "sizeBytes": str(size)}
        return JSONResponse(described)

    return await stage.faults.passing("file", _text_to_match(request, file_id), request, proceed)


def _find_clip(request: Request, file_id: str) -> Clip:
    clip = backstage(request).operations.file(file_id)
    if clip is None:
        raise no_such_file(file_id)
    note(request, request.state.entry.kind, model=clip.operation.order.model, operation=clip.operation.id)
    return clip


def _text_to_match(request: Request, file_id: str) -> str:
    clip = backstage(request).operations.file(file_id)
    # A rule's `match` may be a part of the path, of the id or of the prompt.
    return f"{request.url.path}\n{clip.operation.id}\n{clip.operation.order.prompt}" if clip else request.url.path


def _describe_file(request: Request, file_id: str, clip: Clip) -> Json:
    root = f"{developer_api.base_url(request)}/{developer_api.version_of(request)}"
    created = clip.operation.created
    return {
        "name": f"files/{file_id}",
        "uri": f"{root}/files/{file_id}",
        "downloadUri": f"{root}/files/{file_id}:download?alt=media",
        "mimeType": "video/mp4",
        "createTime": timestamp(created),
        "expirationTime": timestamp(created + FILE_LIFETIME_SECONDS),
        "state": "PROCESSING",
        "source": "GENERATED",
    }


def timestamp(seconds: float) -> str:
    """A moment as Google's services write it, from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


async def moved(request: Request) -> Response:
    """Where a redirected download leads: as a signed address, it asks for no key."""
    note(request, "download")
    path = request.url.path
    video = re.search(r"/videos/([^/]+)/content", path)
    # A redirected content of the OpenAI-style wire names a video, not a file.
    operation = backstage(request).operations.get(video_ids.operation_id(video[1])) if video else None
    file_id = operation.file_id(0) if operation else _last_file_in(path)[0]
    return await content(request, _find_clip(request, file_id))


async def bucket(request: Request) -> Response:
    """``GET /_bucket/{file}.mp4``: a gateway's own bucket; the signature is in the address, and no key is asked for."""
    note(request, "download")
    file_id = request.path_params["file"]

    async def proceed() -> Response:
        return await content(request, _find_clip(request, file_id))

    return await backstage(request).faults.passing("download", _text_to_match(request, file_id), request, proceed)


async def circle(request: Request) -> Response:
    """Two addresses that redirect to each other."""
    note(request, "download")
    return RedirectResponse(f"{CIRCLE}/{1 - int(request.path_params['side'])}", 302)


async def signed_out(request: Request) -> Response:
    """Where a network sends those who have not signed in."""
    note(request, "other")
    return login()


async def stored(request: Request) -> Response:
    """``GET /storage/v1/b/{bucket}/o/{object}``, with ``alt=media`` for the bytes."""
    note(request, "download")
    agent_platform.authorize(request)
    uri = f"gs://{request.path_params['bucket']}/{request.path_params['name']}"

    async def proceed() -> Response:
        clip = backstage(request).operations.object(uri)
        if clip is None:
            raise not_found(f"No such object: {uri}. It")
        note(request, "download", model=clip.operation.order.model, operation=clip.operation.id)
        if request.query_params.get("alt") == "media":
            return await content(request, clip)
        size = len(await asyncio.to_thread(backstage(request).operations.read, clip))
        return JSONResponse(
            {"kind": "storage#object", "size": str(size), "contentType": "video/mp4", **request.path_params}
        )

    return await backstage(request).faults.passing("download", f"{request.url.path}\n{uri}", request, proceed)


async def content(request: Request, clip: Clip) -> Response:
    """The bytes of a clip, or the part of them that a ``Range`` header names."""
    data = await asyncio.to_thread(backstage(request).operations.read, clip)
    headers = {"accept-ranges": "bytes"}
    # Set by faults that make something else of the clip, for which a part is no use.
    asked = "" if hasattr(request.state, "whole") else request.headers.get("range", "")
    wanted = _RANGE.match(asked)
    if wanted is None or not any(wanted.groups()):
        return Response(data, media_type="video/mp4", headers=headers)
    start, end = _range_bounds(wanted[1], wanted[2], len(data))
    # A client that resumes at the very end learns by this that it has everything.
    if start >= end:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(data)}"})
    headers["content-range"] = f"bytes {start}-{end - 1}/{len(data)}"
    return Response(data[start:end], 206, media_type="video/mp4", headers=headers)


def _range_bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        # ``bytes=-7`` are the last seven, of a shorter clip all.
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


def routes() -> list[Route]:
    """The routes of this module."""
    found = [Route(f"/{version}/files/{{rest:path}}", file) for version in developer_api.VERSIONS]
    found += [
        Route("/_moved/{rest:path}", moved),
        Route(f"{BUCKET}/{{file}}.mp4", bucket),
        Route(f"{CIRCLE}/{{side:int}}", circle),
        Route(LOGIN, signed_out),
    ]
    # Google's Cloud Storage client downloads from /download/storage, its plain HTTP users from /storage.
    storage = "/storage/v1/b/{bucket}/o/{name:path}"
    return [*found, Route(storage, stored), Route(f"/download{storage}", stored)]
