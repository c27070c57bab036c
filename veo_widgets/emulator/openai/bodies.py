"""Bodies of the OpenAI-style wire, which come as JSON or as forms."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..journal import shortened
from ..refusals import Json, RefusalError

_MULTIPART = "multipart/form-data"
_FORMS = {_MULTIPART, "application/x-www-form-urlencoded"}
# A picture of 20 MB may come as a data URL inside a field; Starlette by itself stops at 1 MB.
_FIELD_BYTES = 40_000_000


@dataclass(frozen=True)
class Upload:
    """One file of a form.

    Attributes:
        filename: as the client named it.
        content_type: as the client says.
        data: the bytes.
    """

    filename: str
    content_type: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.filename} {self.content_type} ({len(self.data)} bytes)"


def is_form(request: Request) -> bool:
    """Whether a body is said to be a form."""
    return _media_type(request) in _FORMS


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read(request: Request) -> Json:
    """The fields of a body, with files as `Upload`; the journal gets them too, shortened.

    Of several fields with one name the last holds.

    Raises:
        RefusalError: the body is neither a form nor a JSON object.
    """
    body = await _read_form(request) if is_form(request) else _read_json(await request.body())
    shown = {name: str(value) if isinstance(value, Upload) else value for name, value in body.items()}
    request.state.entry.body = shortened(shown)
    return body


def _read_json(raw: bytes) -> Json:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise RefusalError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise RefusalError(400, "The body of your request must be a JSON object.")
    return body


async def _read_form(request: Request) -> Json:
    raw = await request.body()
    try:
        # Leaving the block deletes the temporary files that larger uploads are kept in, so they are read within it.
        async with request.form(max_part_size=_FIELD_BYTES) as form:
            fields = [(name, await _read_value(value)) for name, value in form.items()]
    except HTTPException as error:
        raise _unreadable_form(error.detail) from error
    except FormParserError as error:
        # Starlette 0.45, the oldest that is allowed, lets these through.
        raise _unreadable_form(str(error)) from error
    if _media_type(request) == _MULTIPART and _breaks_off(raw, request.headers["content-type"]):
        raise _unreadable_form("It breaks off before its last boundary.")
    return _nest_fields(fields)


async def _read_value(value: UploadFile | str) -> Upload | str:
    if isinstance(value, str):
        return value
    kind = value.content_type or "application/octet-stream"
    return Upload(value.filename or "", kind, await value.read())


def _breaks_off(raw: bytes, content_type: str) -> bool:
    # python-multipart takes what came before the break for the whole form, and drops the part it was in.
    boundary = parse_options_header(content_type)[1][b"boundary"]
    return b"--" + boundary + b"--" not in raw


def _unreadable_form(reason: str) -> RefusalError:
    return RefusalError(400, f"We could not parse the form body of your request. {reason}")


def _nest_fields(fields: Iterable[tuple[str, Upload | str]]) -> Json:
    # In a form, an object is spelt field[name].
    body: Json = {}
    for name, value in fields:
        outer, bracket, inner = name.partition("[")
        if bracket and isinstance(body.setdefault(outer, {}), dict):
            body[outer][inner.rstrip("]")] = value
        else:
            body[name] = value
    return body
