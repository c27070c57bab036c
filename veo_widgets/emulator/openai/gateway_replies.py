"""Videos and creates in the words of servers other than OpenAI's; see `manners`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from ..refusals import Json
from .manners import Manner

_SAYS_NOTHING: dict[str, Json] = {
    "nulls": {"code": None, "message": None},
    "empty": {"code": "", "message": "", "type": ""},
    "zero": {"code": 0, "message": "success"},
}
# Well formed and nobody's: a client that trusts it polls a video that does not exist.
_OTHER_ID = "video_0000000000000000"
# FastAPI, which expects form fields, misses the first of them in a JSON body.
_FIELD_REQUIRED = {"type": "missing", "loc": ["body", "prompt"], "msg": "Field required", "input": None}
# The same by vLLM, which writes FastAPI's list into a sentence.
_MISSING_BY_VLLM = {
    "message": "1 validation error:\n  {'type': 'missing', 'loc': 'body.prompt', 'msg': 'Field required'}",
    "type": "Bad Request",
    "param": "body.prompt",
    "code": 400,
}
# Pydantic's words when FastAPI expects JSON and gets a form, whose first characters it shows.
_NO_MODEL = {
    "type": "model_attributes_type",
    "loc": ["body"],
    "msg": "Input should be a valid dictionary or object to extract fields from",
    "input": "--form",
}


@dataclass(frozen=True)
class Kept:
    """Where the clip of a finished video is, in a bucket and as the video's content, and what is in it."""

    url: str
    content: str
    data: bytes = b""


def spoken(video: Json, manner: Manner, kept: Kept | None) -> Json:
    """OpenAI's video object as this server writes it; `kept` is given once the video is finished."""
    reply = video | {"status": _status_word(video["status"], manner)}
    if manner.progress:
        reply["progress"] = _progress(video["progress"], manner)
    if video["error"]:
        reply |= _failure(video["error"], manner)
    # Only a good end has a clip and costs anything.
    elif kept is not None:
        reply["error"] = _SAYS_NOTHING.get(manner.error)
        reply |= _CLIPS[manner.clip](kept) if manner.clip else {}
        reply |= {"usage": {"cost": manner.cost}} if manner.cost else {}
    return _with_id(reply, manner)


def _status_word(status: str, manner: Manner) -> str:
    words = manner.vocabulary
    table = {"queued": words.queued, "in_progress": words.running, "completed": words.completed, "failed": words.failed}
    # One word for every end: a client has to look at what else the answer holds.
    if manner.end and status in {"completed", "failed"}:
        return manner.end
    # A word that a prompt has directed is said as it is.
    return table.get(status, status)


def _progress(progress: int, manner: Manner) -> object:
    if manner.progress == "percent":
        return f"{progress}%"
    # The server does not measure: nothing until it is everything.
    return progress if progress == 100 else 0


def _failure(error: Json, manner: Manner) -> Json:
    message = error["message"]
    said: dict[str, Json] = {
        "fail-reason": {"error": None, "fail_reason": message},
        "message": {"error": None, "message": message},
        "text": {"error": message},
        "metadata": {"error": None, "metadata": {"url": message}},
    }
    return said.get(manner.failure, {})


def _with_id(reply: Json, manner: Manner) -> Json:
    if not manner.id:
        return reply
    if manner.id == "other":
        return reply | {"id": _OTHER_ID}
    id_ = reply.pop("id")
    return {"task_id": id_, **reply} if manner.id == "task-id" else reply


def _base64(kept: Kept) -> str:
    return base64.b64encode(kept.data).decode()


# A path is the server's own and no use to a client.
_CLIPS: dict[str, Callable[[Kept], Json]] = {
    "url": lambda kept: {"url": kept.url, "file_path": "/srv/outputs/clip.mp4"},
    "urls": lambda kept: {"urls": [kept.url], "file_paths": ["/srv/outputs/clip.mp4"]},
    "metadata": lambda kept: {"metadata": {"url": kept.url}},
    "unsigned-urls": lambda kept: {"unsigned_urls": [kept.url]},
    "signed-urls": lambda kept: {"urls": [kept.url], "unsigned_urls": [kept.content]},
    "b64-json": lambda kept: {"data": [{"b64_json": _base64(kept)}]},
    "data-url": lambda kept: {"url": f"data:video/mp4;base64,{_base64(kept)}"},
}


def created(video: Json, manner: Manner, polling_url: str) -> Response:
    """The answer to a create."""
    id_ = video["id"]
    # No status and no id: everything else has to be polled for.
    if manner.created in {"task-id", "job-id"}:
        return JSONResponse({manner.created.replace("-", "_"): id_})
    if manner.created == "data":
        return JSONResponse({"code": "success", "message": "", "data": id_})
    if manner.created == "pending":
        return JSONResponse({"id": id_, "polling_url": polling_url, "status": manner.vocabulary.queued}, 202)
    return JSONResponse(spoken(video, manner, None) | {"id": id_})


def not_taken(manner: Manner, *, form: bool) -> Response | None:
    """The refusal of a create whose kind of body this server does not take; ``None``: it does."""
    if manner.takes == "forms-400" and not form:
        return JSONResponse({"error": _MISSING_BY_VLLM}, 400)
    if manner.takes == "forms" and not form:
        return JSONResponse({"detail": [_FIELD_REQUIRED]}, 422)
    if manner.takes == "json" and form:
        return JSONResponse({"detail": "Unsupported media type: send application/json."}, 415)
    if manner.takes == "json-422" and form:
        return JSONResponse({"detail": [_NO_MODEL]}, 422)
    return None


def use_the_url() -> Response:
    """The answer of a server whose clips are in a bucket."""
    return JSONResponse({"detail": "The video is in remote storage. Use the url of the video object instead."}, 400)


def has_failed() -> Response:
    """The answer to a request for the clip of a failed video."""
    return JSONResponse({"detail": "Video generation failed; there is no content."}, 422)
