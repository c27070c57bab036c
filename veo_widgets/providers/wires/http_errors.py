"""HTTP errors of every service as errors of ours: Google's shape, OpenAI's, and what gateways make of them."""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from ...domain.errors import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServiceError,
    ServiceUnavailableError,
)
from ...domain.safe_json import read_json
from ..registry import PROVIDERS, Endpoint, at_address
from .base import Call
from .error_bodies import ErrorBody, read_error
from .filter_reasons import explain
from .limits import is_about_money, limit_of, limit_remedy
from .remedies import remedy_for
from .statuses import is_nothing
from .unread import is_unread

_BY_STATUS: dict[int, type[ServiceError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: RateLimitError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServiceUnavailableError,
    429: RateLimitError,
}
# What LiteLLM calls a key it does not take: without a database it answers 400 to any but its master key.
_WRONG_KEYS = {"API_KEY_INVALID", "no_db_connection", "expired_key", "token_not_found_in_db"}
# LiteLLM answers 500 before it has sent anything, where the service behind it has no such verb.
_NO_SUCH_VERB = re.compile(r"not supported (for|by) (Gemini|Vertex AI|Google Veo)")
# Where services name a request: LiteLLM, OpenAI, Azure, Google, Google's storage. An id is quoted to support, so what
# might be a key must not get in by a gateway that echoes headers.
_ID_HEADERS = (
    "x-litellm-call-id",
    "x-request-id",
    "apim-request-id",
    "x-goog-request-id",
    "x-guploader-uploadid",
    "x-cloud-trace-context",
)
_ID = re.compile(r"(?!sk-|AIza|AQ\.|ya29\.|eyJ)[A-Za-z0-9][\w.:/=-]{2,99}")
# How much is quoted of an answer without a sentence.
_QUOTED = 200
# Less than so many characters in a header are a counter or a flag.
_SHORTEST = 6


def kind_of(headers: Mapping[str, str]) -> str:
    """What a body is, for people."""
    return headers.get("content-type", "").partition(";")[0] or "an empty page"


def service_error(
    label: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    call: Call | None = None,
    endpoint: Endpoint | None = None,
    keyless: bool = False,
) -> ServiceError:
    """The error that an HTTP answer stands for.

    Args:
        label: what people call the service.
        status: of HTTP, 300 or more.
        headers: of the answer, by lower-case names.
        body: of the answer.
        call: what was asked, on which the remedy depends.
        endpoint: of whom it was asked.
        keyless: whether it was asked without a key.
    """
    said, read = read_error(body), _json_or_none(body)
    kind, name, wait = (
        _error_class(status, said),
        _request_id(headers, said),
        retry_after(headers, {"details": said.details}),
    )
    told = _quote_answer(said, status, headers, read)
    more: dict[str, Any] = {
        "said": "" if said.is_page else said.message or said.code or next(iter(said.reasons), ""),
        "answer": f"{label} answered {'' if f'HTTP {status}' in told else f'HTTP {status}: '}{told}.",
    }
    if kind is RateLimitError:
        more["limit"] = limit = "spend" if status == 402 else limit_of(said)
        remedy = limit_remedy(limit, said, _account_asked(endpoint), wait)
    elif keyless and status in {401, 403}:
        remedy = _key_wanted(endpoint)
    else:
        remedy = remedy_for(kind, said, call, endpoint)
    links = [f"See {link}" for link in said.links if link not in f"{told} {remedy}"]
    words = (f"{label} refused: {told}.", remedy, *links[:1], f"[request {name}]" if name else "")
    return kind(
        " ".join(filter(None, words)),
        status=status,
        code=said.code or next(iter(said.reasons), ""),
        retry_after=wait,
        request_id=name,
        unread=is_unread(call, status, read, said),
        body=read if _may_be_a_video(call, endpoint) else None,
        **more,
    )


def _may_be_a_video(call: Call | None, endpoint: Endpoint | None) -> bool:
    """Whether an error may hold a video: that of a create or a poll, and of a clip that the service itself keeps."""
    if call is None or call.purpose not in {"create", "poll", "content"}:
        return False
    # Who only keeps clips says nothing of how a job is.
    own = endpoint is not None and urlsplit(call.url)[:2] == urlsplit(endpoint.base_url)[:2]
    return call.purpose != "content" or own


def _key_wanted(endpoint: Endpoint | None) -> str:
    """What to do where a server was asked without a key and wants one."""
    provider = PROVIDERS[endpoint.provider] if endpoint and endpoint.provider in PROVIDERS else None
    # The provider of any server has keys for the one that the environment names alone.
    variables = f"set {' or '.join(provider.key_env)}, or " if provider and provider.base_url else ""
    return f"This server wants a key, and none was given: {variables}call veo.configure(api_key=…)."


def _account_asked(endpoint: Endpoint | None) -> str:
    """The provider whose account is asked; empty at a server of somebody's own that speaks its wire."""
    if endpoint is None or endpoint.provider not in PROVIDERS:
        return ""
    provider = PROVIDERS[endpoint.provider]
    return provider.name if at_address(provider, endpoint.base_url).label == provider.label else ""


def _json_or_none(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError:
        return None


def _quote_answer(said: ErrorBody, status: int, headers: Mapping[str, str], body: Any) -> str:
    """The service's own sentence with its code; of a page, what came and what it is called; else what is in it."""
    words, answered = explain(said.message).rstrip("."), f"HTTP {status} ({kind_of(headers)})"
    if said.is_page or not words:
        # What nobody here can read may be read by people.
        quoted = "" if _is_empty(body) else f": {json.dumps(body, ensure_ascii=False)[:_QUOTED]}"
        return f"{answered}, {words!r}" if words else f"{answered}{quoted}"
    return f"{words} (code {said.own_code})" if said.own_code and said.own_code not in words else words


def _is_empty(body: Any) -> bool:
    return is_nothing(body) or (isinstance(body, dict) and all(map(is_nothing, body.values())))


def _error_class(status: int, said: ErrorBody) -> type[ServiceError]:
    # First, since LiteLLM's operators choose the status of a spent budget.
    if status >= 400 and is_about_money(said):
        return RateLimitError
    if status < 500 and _WRONG_KEYS & {said.code, *said.reasons}:
        # Google too answers 400, not 401, to a key it does not know.
        return AuthenticationError
    if status == 500 and _NO_SUCH_VERB.search(said.message):
        return BadRequestError
    if status == 503 and said.code == "model_not_found" and not said.is_relayed:
        # new-api (``middleware/distributor.go``) answers so before it has asked anybody.
        return NotFoundError
    fallback = ServiceUnavailableError if status >= 500 else BadRequestError if status >= 400 else ServiceError
    return _BY_STATUS.get(status, fallback)


def _request_id(headers: Mapping[str, str], said: ErrorBody) -> str:
    # Options of a trace come after a semicolon.
    named = (headers.get(name, "").partition(";")[0] for name in _ID_HEADERS)
    return request_name(said) or next((name for name in named if len(name) >= _SHORTEST and _ID.fullmatch(name)), "")


def request_name(said: ErrorBody) -> str:
    """The request's id in a body, if it can be shown."""
    return said.request_id if _ID.fullmatch(said.request_id) else ""


def retry_after(headers: Mapping[str, str], body: Any) -> float | None:
    """Seconds to wait: google.rpc.RetryInfo in the body, else a header in milliseconds, in seconds or as a date."""
    details = body.get("details") if isinstance(body, dict) else None
    for item in details if isinstance(details, list | tuple) else ():
        delay = item.get("retryDelay") if isinstance(item, dict) else None
        if isinstance(delay, str) and delay.endswith("s") and (seconds := _read_seconds(delay[:-1])) is not None:
            return seconds
    for name in ("retry-after-ms", "openai-poll-after-ms"):
        if (milliseconds := _read_seconds(headers.get(name, ""))) is not None:
            return milliseconds / 1000
    said = headers.get("retry-after", "")
    if not said:
        return None
    try:
        at = email.utils.parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return _read_seconds(said)
    # A date without a zone is sloppy, and meant as UTC.
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def _read_seconds(text: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return None
    # float() also reads nan and inf, for which nobody can wait.
    return max(0.0, seconds) if isfinite(seconds) else None
