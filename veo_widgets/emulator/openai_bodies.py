"""Bodies of the OpenAI-style wire, which come as JSON or as forms."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from starlette.requests import Request

from . import multipart
from .journal import shortened
from .multipart import Upload
from .refusals import Json, RefusalError

_FORM, _PLAIN_FORM = "multipart/form-data", "application/x-www-form-urlencoded"


def is_form(request: Request) -> bool:
    """Whether a body is said to be a form."""
    return request.headers.get("content-type", "").startswith((_FORM, _PLAIN_FORM))


async def read(request: Request) -> Json:
    """The fields of a body, with files as `Upload`; the journal gets them too, shortened.

    Raises:
        RefusalError: the body is neither a form nor a JSON object.
    """
    raw, kind = await request.body(), request.headers.get("content-type", "")
    if kind.startswith(_FORM):
        body = _nested(multipart.read(raw, kind))
    else:
        body = dict(parse_qsl(raw.decode("latin-1"))) if kind.startswith(_PLAIN_FORM) else _json(raw)
    shown = {name: str(value) if isinstance(value, Upload) else value for name, value in body.items()}
    request.state.entry.body = shortened(shown)
    return body


def _json(raw: bytes) -> Json:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise RefusalError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise RefusalError(400, "The body of your request must be a JSON object.")
    return body


def _nested(form: multipart.Form) -> Json:
    # In a form, an object is spelt field[name].
    body: Json = {}
    for name, value in form.items():
        outer, bracket, inner = name.partition("[")
        if bracket and isinstance(body.setdefault(outer, {}), dict):
            body[outer][inner.rstrip("]")] = value
        else:
            body[name] = value
    return body
