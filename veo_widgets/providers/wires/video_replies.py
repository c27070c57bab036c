"""What a ``/v1/videos`` server answers: a video that is under way or has ended, in the words of every server known.

Sources: OpenAI's SDK, vLLM-Omni 0.30, sglang 0.5.23, new-api of 2026-11, OpenRouter's reference, LiteLLM 1.108.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...domain.errors import BadRequestError, InvalidReplyError, ServiceError, ServiceUnavailableError
from ...domain.job_record import NO_STATUS, Operation
from .base import Reply, operation_name
from .clip_places import samples_in, words_for_clip
from .error_bodies import ErrorBody, error_in, fields_of
from .filter_reasons import explain, is_filter
from .http_errors import request_name
from .rpc_codes import rpc_failure
from .statuses import Words, is_no_error, is_nothing, plain

# OpenAI's own five, and what other servers and the services behind them say instead. new-api's ``unknown`` is in none:
# it does not know either.
WORDS = Words.of(
    done="completed complete succeeded succeed success successful done finished finish ready available generated",
    failed="failed failure fail error errored timeout timed_out expired rejected refused cancelled canceled deleted "
    "aborted terminated stopped killed blocked moderated filtered content_filtered nsfw",
    running="queued queueing queuing pending waiting scheduled created accepted submitted submitting not_start "
    "not_started started starting in_progress in_queue running processing process preparing generating rendering "
    "uploading downloading retrying active",
)
# These name no reason, as ``timeout`` and ``deleted`` do.
_BARE = {"failed", "failure", "fail", "error", "errored"}
_RETRYABLE = {
    *("ratelimitexceeded", "servererror", "internal", "internalerror", "internalservererror", "timeout", "timedout"),
    *("unavailable", "serviceunavailable", "overloaded", "oom", "outofmemory", "429", "500", "502", "503", "504"),
}
# In this order: new-api has a task_id, and OpenAI's id goes before it where both are there.
_IDS = ("id", "task_id", "taskId", "video_id", "videoId")
# What else services behind a gateway call theirs; fal's is the request's, and refusals have one of those too.
_OTHER_IDS = ("job_id", "jobId", "generation_id", "generationId", "prediction_id", "predictionId", "uuid")
_REQUEST_IDS = ("request_id", "requestId")
# What new-api's ``data`` may be: the id itself, and no sentence.
_BARE_ID = re.compile(r"(?=.*[0-9])[\w.:=-]{1,200}", re.ASCII)
_STATUSES = ("status", "state", "task_status", "taskStatus")
# How much of an answer is quoted that names no video.
_QUOTED = 200
_INSIDE = ("data", "video", "task", "result", "response", "output")


def video_in(body: Any) -> dict[str, Any]:
    """The video in an answer: of the body and what it wraps, whatever names both an id and a status, or most of it.

    An envelope may have a status of its own, which is that of the answer.
    """
    found = _videos_within(_unlisted(body))
    return max(found, key=lambda video: bool(id_of(video)) + bool(status_of(video)), default={})


def _unlisted(body: Any) -> Any:
    """What is in a list of one, else what is given."""
    return body[0] if isinstance(body, list) and len(body) == 1 else body


def _videos_within(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict):
        if id_of(body) or status_of(body):
            yield body
        for key in _INSIDE:
            yield from _videos_within(body.get(key))


def status_of(video: dict[str, Any]) -> str:
    """The word that a video has for how far it is, or the number; an object tells it a level further in."""
    told = map(video.get, _STATUSES)
    words = (
        next(filter(_is_word, map(said.get, (*_STATUSES, "code"))), "") if isinstance(said, dict) else said
        for said in told
    )
    return next((str(word) for word in words if _is_word(word)), "")


def _is_word(said: object) -> bool:
    return isinstance(said, str | int) and not isinstance(said, bool) and bool(plain(str(said)))


def is_id(value: object) -> bool:
    """Whether a value may be a video's id; some servers count."""
    return bool(value) and isinstance(value, str | int) and not isinstance(value, bool)


def id_of(video: dict[str, Any]) -> str:
    """The id that a video gives itself; empty if it gives none."""
    return next((str(value) for key in _IDS if is_id(value := video.get(key))), "")


def read_video(body: Any) -> Operation:
    """A video as one of the outcomes.

    An unknown word means that it is under way, and is kept in `Operation.status`. So is a video
    without any word, unless it names a clip.

    Raises:
        InvalidReplyError: it is no video.
    """
    body = _unlisted(body)
    video = video_in(body)
    status = status_of(video) or _status_by_fields(video)
    if not status:
        told = error_in(body).message if isinstance(body, dict) else ""
        raise InvalidReplyError(
            f"The service answered a poll with something that is not a video{told and f': {told}'}."
        )
    name, meaning = id_of(video), WORDS.meaning(status)
    if meaning == "done":
        samples, error = samples_in(video, name), video.get("error")
        failure = None if is_no_error(error) else _failure(error)
        named = any(sample.data or sample.others for sample in samples)
        return Operation(name, "samples", samples=samples) if named or failure is None else _failed(name, "", failure)
    if meaning == "failed":
        found = (
            _failure(video.get("error"))
            or _failure(_fields_beside(video))
            or _failure(_fields_beside(body))
            or _failure(words_for_clip(video))
            or ErrorBody()
        )
        return _failed(name, "" if plain(status) in _BARE else plain(status), found)
    share = _progress(video)
    if meaning == "running":
        return Operation(name, "running", progress=share)
    return Operation(name, "running", status=status, expected=samples_in(video, name), progress=share)


def _progress(video: dict[str, Any]) -> float | None:
    """The share that is done by what a video says: percent, also as the text ``30%``, or a part such as 0.3.

    None where nothing is said, and for 0 and for the whole: many servers know no other two, and they tell nothing of a
    video that runs.
    """
    said = video.get("progress")
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    text = str(said).strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return None
    # 1 is one percent; a number with a point in it and up to 1 is a part.
    share = number if "." in text and not text.endswith("%") and number <= 1 else number / 100
    return share if 0 < share < 1 else None


def _status_by_fields(video: dict[str, Any]) -> str:
    """What stands for the status of a video that gives none; empty for what is no video or tells of an error."""
    if not id_of(video) or not is_no_error(video.get("error")):
        return ""
    progress = video.get("progress")
    # 1 and 100 are the whole, by whether a server counts in parts or in percent.
    is_part = isinstance(progress, int | float) and progress not in {1, 100}
    is_named = any(sample.data or sample.others for sample in samples_in(video, id_of(video)))
    if (is_named and not is_part) or video.get("done") is True:
        return "completed"
    words = error_in(_fields_beside(video)).message
    return words if words and not WORDS.meaning(words) else NO_STATUS


def _fields_beside(video: dict[str, Any]) -> dict[str, Any]:
    """What may tell of a failure beside the status, which a video's title does not."""
    return {key: value for key, value in video.items() if key not in {*_STATUSES, "title", "type", *_IDS}}


def _failure(error: Any) -> ErrorBody | None:
    """What an error says; None if it says that there is none, or nothing at all."""
    if is_nothing(error):
        return None
    if not isinstance(error, dict):
        return error_in(error if isinstance(error, str | list) else str(error))
    said = {key: value for key, value in error.items() if not is_nothing(value)}
    found, code = error_in(said), _code_text(said)
    return replace(found, code=found.code or code) if found.message or found.code or code else None


def _code_text(error: dict[str, Any]) -> str:
    code = error.get("code")
    return str(code) if isinstance(code, str | int) and not isinstance(code, bool) else ""


def _failed(name: str, status: str, said: ErrorBody) -> Operation:
    code, message = said.code or status, said.message
    if is_filter(code):
        return Operation(name, "filtered", withheld=1, reasons=(explain(message or code),), code=code)
    if known := rpc_failure(name, code, message):
        # LiteLLM hands on the Agent Platform's error as it is.
        return known
    retryable, request = plain(code) in _RETRYABLE, request_name(said)
    return Operation(name, "failed", code=code, message=message, retryable=retryable, request_id=request)


def created_video(reply: Reply) -> str:
    """The id in the answer to a create: ``id``, new-api's ``task_id``, or either of them a level further in.

    Raises:
        ServiceError: the answer is an error, although its status is 200.
        InvalidReplyError: it names no video; what it says instead is told.
    """
    body, video = _unlisted(reply.body), video_in(reply.body)
    if name := id_of(video) or next(filter(None, map(id_of, _videos_within(body))), ""):
        return operation_name(name, "video")
    if isinstance(body, dict) and (refusal := _refusal(replace(reply, body=body), video)):
        raise refusal
    if name := _other_id(body):
        return operation_name(name, "video")
    if words := error_in(body).message:
        raise InvalidReplyError(f"The service accepted the request but named no video: {words.rstrip('.')}.")
    # The name may be in it all the same, for people to find.
    said = f": {json.dumps(body, ensure_ascii=False)[:_QUOTED]}" if body else ""
    raise InvalidReplyError(f"The service accepted the request but named no video{said}.")


def _other_id(body: Any) -> str:
    """An id by a name that is none of OpenAI's; empty if there is none."""
    if not isinstance(body, dict):
        return ""
    if isinstance(data := body.get("data"), str) and _BARE_ID.fullmatch(data):
        return data
    places = [body, *(inner for key in _INSIDE if isinstance(inner := body.get(key), dict))]
    names = [place.get(key) for place in places for key in _OTHER_IDS]
    names += [place.get(key) for place in places if status_of(place) for key in _REQUEST_IDS]
    return next((str(name) for name in names if is_id(name)), "")


def started_in(body: Any, *, lost: bool) -> str:
    """The id of a video in an error that answers a create: the video is there all the same.

    Args:
        body: decoded.
        lost: whether nothing else tells what has become of the create. Then the id of a video that has failed counts
            too, if the answer is that video: a poll tells why.
    """
    whole = video_in(body)
    if lost and whole.get("object") == "video" and status_of(whole) and (name := id_of(whole)):
        return operation_name(name, "video")
    for found in (body, *_quoted(body)):
        video = video_in(found)
        status = status_of(video)
        is_video = video.get("object") == "video" or WORDS.meaning(status)
        if is_video and WORDS.meaning(status) != "failed" and (name := id_of(video)):
            return operation_name(name, "video")
    return ""


def _refusal(reply: Reply, video: dict[str, Any]) -> ServiceError | None:
    """The error that an answer with a good status is, if it clearly is one.

    The status proves nothing either way. So it is a refusal only in the shapes in which services refuse, where nothing
    names a video, and where the code is none of those that leave open what has become of the work.
    """
    body, status = fields_of(reply.body), video.get("status")
    refused = _http_error(status)
    if isinstance(status, str) and not refused and WORDS.meaning(status) != "failed":
        return None
    coded = "code" in body and not is_nothing(body["code"]) and not _is_good(body["code"])
    listed = not is_nothing(body.get("errors")) or _is_fault(body.get("detail"))
    denied = refused or listed or body.get("success") is False or (isinstance(status, str) and not body.get("error"))
    said = _failure(body.get("error")) or (_failure(body) if coded or denied else None)
    if said is None:
        return None
    inner = error if isinstance(error := body.get("error"), dict) else body
    number = _http_error(_code_text(inner)) or refused or reply.status
    words = f"{said.message or 'no reason is given'}{f' (code {said.own_code})' if said.own_code else ''}"
    request = request_name(said) or request_name(error_in(body))
    told = f"The service refused: {words}.{f' [request {request}]' if request else ''}"
    is_trouble = number >= 500 or number in {408, 429} or {plain(said.code), plain(said.message)} & _RETRYABLE
    kind = ServiceUnavailableError if is_trouble else BadRequestError
    return kind(told, status=number, code=said.code, request_id=request, answer=f"The service answered: {words}.")


def _http_error(said: object) -> int:
    """The status of an HTTP error that a number or a text is; 0 if it is none."""
    word = str(said) if isinstance(said, int | str) else ""
    return int(word) if re.fullmatch(r"[45][0-9]{2}", word) else 0


def _is_good(code: object) -> bool:
    """Whether a code is one of HTTP's that refuse nothing, such as 202."""
    return re.fullmatch(r"[123][0-9]{2}", str(code)) is not None


def _is_fault(detail: object) -> bool:
    """Whether FastAPI's ``detail`` is that of an error; a sentence with a word for work taken up may be none."""
    if is_nothing(detail):
        return False
    words = error_in({"detail": detail}).message.split()
    return isinstance(detail, list) or not {"done", "running"} & set(map(WORDS.meaning, words))


def ended_in(body: Any, operation: str) -> Operation | None:
    """How a video has ended, if the body of an HTTP error is that video; None if the error is one.

    vLLM-Omni answers 500, or the 4xx of its cause, with the whole video once a job has failed, and LiteLLM's proxy
    quotes that in a sentence of its own. Whatever else comes with such a status is trouble, which may pass.

    Args:
        body: decoded.
        operation: the video's id by the create.
    """
    for found in (body, *_quoted(body)):
        video = video_in(found)
        is_that = video.get("object") == "video" or (operation and id_of(video) == operation)
        if is_that and status_of(video):
            read = read_video(video)
            return None if read.outcome == "running" else read
    return None


def _quoted(body: Any) -> Iterator[Any]:
    """What an error holds: objects, and those in its sentence if it speaks of a status."""
    for key in ("error", "detail"):
        yield from _quoted_by(body.get(key) if isinstance(body, dict) else None)


def _quoted_by(error: Any) -> Iterator[Any]:
    sentence = error.get("message") if isinstance(error, dict) else error
    yield from (said for said in (error, sentence) if isinstance(said, dict))
    if not isinstance(sentence, str) or "status" not in sentence:
        return
    at = sentence.find("{")
    # A sentence may quote a head before the body; more than a few are not what a gateway writes.
    for _ in range(3):
        if at < 0:
            return
        try:
            found, end = json.JSONDecoder().raw_decode(sentence, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = sentence.find("{", end)
