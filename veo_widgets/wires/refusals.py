"""HTTP errors of every service as errors of ours: Google's shape, OpenAI's, and what gateways make of them."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from ..errors import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServiceError,
    ServiceUnavailableError,
)

_BY_STATUS: dict[int, type[ServiceError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServiceUnavailableError,
    429: RateLimitError,
}
_REMEDIES: dict[type[ServiceError], str] = {
    AuthenticationError: "Check the key or token; it may have been revoked or belong to another service.",
    PermissionDeniedError: "Check that the key's project may use this model and that billing is on.",
    NotFoundError: "The model, operation or file does not exist there, is in another region, or has expired.",
    RateLimitError: "Wait and try again, or ask for more quota.",
    ServiceUnavailableError: "The service is in trouble; try again later.",
    ServiceError: "The address points elsewhere; check base_url, or sign in where the network asks for it.",
}


def kind_of(headers: Mapping[str, str]) -> str:
    """What a body is, for people."""
    return headers.get("content-type", "").partition(";")[0] or "an empty page"


def service_error(label: str, status: int, headers: Mapping[str, str], body: bytes) -> ServiceError:
    """The error that an HTTP answer stands for.

    Args:
        label: what people call the service.
        status: of HTTP, 300 or more.
        headers: of the answer, by lower-case names.
        body: of the answer.
    """
    error = _error_body(body)
    kind = _BY_STATUS.get(status)
    if kind is None:
        kind = ServiceUnavailableError if status >= 500 else BadRequestError if status >= 400 else ServiceError
    reasons = [str(item.get("reason")) for item in error["details"] if isinstance(item, dict) and item.get("reason")]
    if "API_KEY_INVALID" in reasons:
        # Google answers 400, not 401, to a key it does not know.
        kind = AuthenticationError
    if status == 400 and "No connected db" in error["message"]:
        # LiteLLM without a database of keys answers so to any but its master key.
        kind = AuthenticationError
    said = error["message"] or f"HTTP {status} ({kind_of(headers)})"
    return kind(
        f"{label} refused: {said.rstrip('.')}. {_REMEDIES.get(kind, '')}".strip(),
        status=status,
        code=error["status"] or (reasons[0] if reasons else ""),
        retry_after=retry_after(headers, error),
    )


def _error_body(body: bytes) -> dict[str, Any]:
    """`message`, `status` and `details`, or empty values.

    Google's error has all three and may be wrapped in a list; OpenAI's has a `code` or a `type` of text instead of a
    status; a gateway's own framework may answer with a bare ``detail``.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, list) and said:
        said = said[0]
    outer = said if isinstance(said, dict) else {}
    error = outer.get("error")
    error = error if isinstance(error, dict) else {"message": error if isinstance(error, str) else ""}
    details = error.get("details")
    code = error.get("code") if isinstance(error.get("code"), str) else error.get("type")
    detail = outer.get("detail")
    return {
        "message": str(error.get("message") or (detail if isinstance(detail, str) else ""))[:600],
        "status": str(error.get("status") or (code if isinstance(code, str) else "")),
        "details": details if isinstance(details, list) else [],
    }


def retry_after(headers: Mapping[str, str], body: Any) -> float | None:
    """Seconds to wait: google.rpc.RetryInfo in the body, else a header in milliseconds, in seconds or as a date."""
    details = body.get("details") if isinstance(body, dict) else None
    for item in details if isinstance(details, list) else []:
        delay = item.get("retryDelay") if isinstance(item, dict) else None
        if isinstance(delay, str) and delay.endswith("s") and (seconds := _seconds(delay[:-1])) is not None:
            return seconds
    for name in ("retry-after-ms", "openai-poll-after-ms"):
        if (milliseconds := _seconds(headers.get(name, ""))) is not None:
            return milliseconds / 1000
    said = headers.get("retry-after", "")
    try:
        at = email.utils.parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return _seconds(said)
    # A date without a zone is sloppy, and meant as UTC.
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return max(0.0, seconds) if isfinite(seconds) else None
