"""What the body of an HTTP error says, whichever service or gateway wrote it.

Sources: google.rpc.Status with its details, OpenAI's error object, FastAPI's ``detail``, and what LiteLLM's proxy
answers, which puts the service's whole answer into a sentence of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..bodies import read_json

_LENGTH = 600
_WRAPPED = re.compile(r'\{\s*"error"\s*:\s*\{')
# A link is shown to people who will follow it: it has to look like one from beginning to end, and to hold no key.
_LINK = re.compile(r"(?!.*(?:key|token)=)https://[A-Za-z0-9.-]+(?:/[\w./?=&%+~#:,-]{0,200})?")


@dataclass(frozen=True)
class ErrorBody:
    """An error as its writer said it.

    Attributes:
        message: the writer's own sentence, on one line.
        code: its name for the error, such as ``INVALID_ARGUMENT`` or ``insufficient_quota``.
        details: Google's, each an object.
        is_googles: whether Google wrote it, rather than a gateway or somebody who speaks like OpenAI.
        is_relayed: whether a gateway quoted it.
    """

    message: str = ""
    code: str = ""
    details: tuple[dict[str, Any], ...] = ()
    is_googles: bool = False
    is_relayed: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Of google.rpc.ErrorInfo, such as ``API_KEY_INVALID``."""
        return tuple(str(item["reason"]) for item in self.details if item.get("reason"))

    @property
    def violations(self) -> tuple[dict[str, Any], ...]:
        """Of google.rpc.QuotaFailure."""
        listed = (item.get("violations") for item in self.details)
        return tuple(one for many in listed if isinstance(many, list) for one in many if isinstance(one, dict))

    @property
    def links(self) -> tuple[str, ...]:
        """Every https address in ErrorInfo's metadata and in google.rpc.Help, the most specific first."""
        return tuple(dict.fromkeys(link for link in self._links() if _LINK.fullmatch(link)))

    def _links(self) -> Iterator[str]:
        for item in self.details:
            metadata = item.get("metadata")
            if isinstance(metadata, dict) and metadata.get("activationUrl"):
                yield str(metadata["activationUrl"])
        for item in self.details:
            links = item.get("links")
            for link in links if isinstance(links, list) else ():
                if isinstance(link, dict):
                    yield str(link.get("url") or "")

    @property
    def request_id(self) -> str:
        """Of google.rpc.RequestInfo, or empty."""
        return next((str(item["requestId"]) for item in self.details if item.get("requestId")), "")


def read_error(body: bytes) -> ErrorBody:
    """The error in a body; with empty values where there is none.

    Google's may be wrapped in a list.
    """
    try:
        said = read_json(body)
    except ValueError:
        said = None
    if isinstance(said, list) and said:
        said = said[0]
    outer = said if isinstance(said, dict) else {}
    error = outer.get("error", outer.get("detail"))
    if isinstance(error, dict) and isinstance(error.get("error"), str):
        error = error["error"]
    found = _read(error if isinstance(error, dict) else {"message": error if isinstance(error, str) else ""})
    return _quoted(error) or found if isinstance(error, dict) else found


def _read(error: dict[str, Any]) -> ErrorBody:
    details = error.get("details")
    return ErrorBody(
        message=" ".join(str(error.get("message") or "").split())[:_LENGTH],
        code=_code(error),
        details=tuple(item for item in details if isinstance(item, dict)) if isinstance(details, list) else (),
        is_googles=isinstance(error.get("status"), str),
    )


def _code(error: dict[str, Any]) -> str:
    """Google's status; else a code of letters, which OpenAI and LiteLLM write as `code` or as `type`."""
    if error.get("status"):
        return str(error["status"])
    # LiteLLM writes the HTTP status into `code`, and Python's None as a text.
    texts = [text for key in ("code", "type") if isinstance(text := error.get(key), str) and text != "None"]
    return next((text for text in texts if not text.isdigit()), texts[0] if texts else "")


def _quoted(error: dict[str, Any]) -> ErrorBody | None:
    """The service's own error, if a gateway's sentence quotes it whole."""
    sentence = str(error.get("message") or "")
    start = _WRAPPED.search(sentence)
    if start is None:
        return None
    try:
        inner, _ = json.JSONDecoder().raw_decode(sentence, start.start())
    except (ValueError, RecursionError):
        return None
    found = _read(inner["error"])
    if not found.message:
        return None
    return ErrorBody(found.message, found.code, found.details, found.is_googles, is_relayed=True)
