"""The shapes of refusals by services, frameworks and gateways, and of whatever answers in their place.

A shape is one more entry of `SHAPES`. Beside the service's own: FastAPI's ``detail``, as a text and as its list of
what is wrong; ``{code, message, data}``, ``{code, msg}``, ``{message}``, an error inside a 200; plain text, a proxy's
page, a login page, a redirect to one, and no answer at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from ..refusals import Json, RefusalError
from .broken_answers import SilentResponse

# Paths with an underscore belong to no service, so they can never hide a real route.
LOGIN = "/_login"
REQUEST_ID = "req_emulator_7f3a"
_LOGIN_PAGE = "<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>"


@dataclass(frozen=True)
class Words:
    """What a refusal has to say.

    Attributes:
        status: the HTTP status.
        message: the sentence.
        seconds: how long nothing is answered, where that is the shape.
    """

    status: int
    message: str
    seconds: float


@dataclass(frozen=True)
class Shape:
    """One way to say it; `usual` is the status when none is asked for."""

    make: Callable[[Words], Response]
    usual: int = 500


def _in_the_services_words(words: Words) -> Response:
    raise RefusalError(words.status, words.message)


def _json_shape(body: Callable[[Words], Json], *, status: int | None = None) -> Callable[[Words], Response]:
    def make(words: Words) -> Response:
        return JSONResponse(body(words), status or words.status, {"x-request-id": REQUEST_ID})

    return make


def _detail_list(words: Words) -> Json:
    # Pydantic 2's form, as FastAPI answers a body that does not validate.
    return {"detail": [{"type": "value_error", "loc": ["body", "prompt"], "msg": words.message, "input": None}]}


def _error_page(words: Words) -> Response:
    known = {status.value: status.phrase for status in HTTPStatus}
    title = f"{words.status} {known.get(words.status, '')}".strip()
    # nginx's own error page is built like this, with the title as the only words that say anything.
    page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    # Proxies in maintenance send this header; a client should heed it on a page as well.
    return HTMLResponse(page, words.status, {"retry-after": "1"})


def login(status: int = 200) -> Response:
    """The sign-in page of a network."""
    return HTMLResponse(_LOGIN_PAGE, status)


SHAPES = {
    "own": Shape(_in_the_services_words),
    "detail": Shape(_json_shape(lambda words: {"detail": words.message})),
    # FastAPI answers its own validation with 422 and nothing else.
    "detail-list": Shape(_json_shape(_detail_list), 422),
    "code-message-data": Shape(
        _json_shape(lambda words: {"code": "upstream_error", "message": words.message, "data": None}),
    ),
    "code-msg": Shape(_json_shape(lambda words: {"code": 10_001, "msg": words.message, "request_id": REQUEST_ID})),
    "message": Shape(_json_shape(lambda words: {"message": words.message})),
    "error-in-200": Shape(
        _json_shape(lambda words: {"error": {"code": words.status, "message": words.message}}, status=200),
    ),
    "text": Shape(lambda words: PlainTextResponse(words.message, words.status, {"x-request-id": REQUEST_ID})),
    # The page a balancer shows while nothing is behind it.
    "page": Shape(_error_page, 503),
    # A captive portal answers every request with its page and a status that says success.
    "login": Shape(lambda words: login(words.status), 200),
    "redirect": Shape(lambda words: RedirectResponse(LOGIN, words.status), 302),
    "silence": Shape(lambda words: SilentResponse(words.seconds)),
}
