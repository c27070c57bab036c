"""What the body of an HTTP error says, whichever service or gateway wrote it.

Sources: google.rpc.Status with its details, OpenAI's error object, FastAPI's ``detail`` as a text and as a list,
new-api's ``code`` and ``message`` and its ``fail_reason``, and what LiteLLM's proxy answers, which puts the service's
whole answer into a sentence of its own. MiniMax's is ``base_resp``; Alibaba, Tencent and Volcengine begin their names
with capitals. What stands between us and a service answers with a text or a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ...domain.safe_json import read_json
from .error_pages import page_words
from .fault_lists import words_of_faults
from .statuses import is_nothing

# Enough for every sentence of a service, too little for a page or an echoed prompt to fill a cell.
_LENGTH = 600
# Under which names a sentence stands, the likeliest first.
_SENTENCES = ("message", "msg", "fail_reason", "error_message", "error_msg", "error_description", "reason")
# What services call the fields of an error, as they are called here; each is read whatever its case and underscores.
_FIELDS = {
    **{name.replace("_", ""): name for name in (*_SENTENCES, "error", "errors", "detail", "code", "type", "field")},
    "requestid": "request_id",
    "statuscode": "code",
    "errorcode": "code",
    "statusmsg": "message",
    "statusmessage": "message",
    "errmsg": "message",
    # Apigee's, in front of many services; Kling's, Luma's, Runway's and Kie's, as gateways hand them on.
    "faultstring": "message",
    "taskstatusmsg": "message",
    "failurereason": "fail_reason",
    "failure": "fail_reason",
    "failmsg": "fail_reason",
    "failurecode": "code",
    "failcode": "code",
}
# Objects with the error in them, beside ``error`` and ``detail``.
_ENVELOPES = ("base_resp", "baseResp", "Response", "ResponseMetadata")
# Of a list of faults, as many as a reader takes in.
_FAULTS = 5
_WRAPPED = re.compile(r'\{\s*"error"\s*:\s*\{')
# A link is shown to people who will follow it: it has to look like one from beginning to end, and to hold no key.
_LINK = re.compile(r"(?!.*(?:key|token)=)https://[A-Za-z0-9.-]+(?:/[\w./?=&%+~#:,-]{0,200})?")


@dataclass(frozen=True)
class ErrorBody:
    """An error as its writer said it.

    Attributes:
        message: the writer's own sentence, on one line.
        code: its name for the error, such as ``INVALID_ARGUMENT`` or ``insufficient_quota``.
        own_code: the same if it belongs to the sentence; empty for Google's, HTTP's numbers, and a mere kind of error.
        details: Google's, each an object.
        is_googles: whether Google wrote it, rather than a gateway or somebody who speaks like OpenAI.
        is_relayed: whether a gateway quoted it.
        is_page: whether the sentence is the title of a page, which says little of what was asked.
        named: the request's id where it stands by itself; see `request_id`.
    """

    message: str = ""
    code: str = ""
    own_code: str = ""
    details: tuple[dict[str, Any], ...] = ()
    is_googles: bool = False
    is_relayed: bool = False
    is_page: bool = False
    named: str = ""

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
        """Of google.rpc.RequestInfo, or beside the sentence; or empty."""
        return next((str(item["requestId"]) for item in self.details if item.get("requestId")), self.named)


def read_error(body: bytes) -> ErrorBody:
    """The error in a body; with empty values where there is none.

    Google's may be wrapped in a list.
    """
    try:
        return error_in(read_json(body))
    except ValueError:
        words, is_page = page_words(body)
        return ErrorBody(_one_line(words), is_page=is_page)


def error_in(said: Any) -> ErrorBody:
    """The error in a decoded body; see `read_error`."""
    # Google wraps the error in a list where the answer itself would have been a stream.
    if isinstance(said, list) and said:
        said = said[0]
    if isinstance(said, str):
        return ErrorBody(_one_line(said))
    if not isinstance(said, dict):
        return ErrorBody()
    said = fields_of(said)
    inner = _inner_error(said)
    error = inner if inner is not None else said
    return _quoted_error(error) or _with_surroundings(_read_fields(error), said)


def fields_of(said: dict[str, Any]) -> dict[str, Any]:
    """An answer with the fields of its error under the names used here, out of what it is wrapped in.

    What stands under its own name counts, whatever else is called alike. An envelope that tells of no error adds none.
    """
    told = {**_rename_fields(said), **said}
    for envelope in (value for key in _ENVELOPES if isinstance(value := said.get(key), dict)):
        inner = _rename_fields(envelope)
        if "error" in inner or not is_nothing(inner.get("code")):
            told = {**inner, **{key: value for key, value in told.items() if not is_nothing(value)}}
    listed = told.get("errors")
    first = _rename_fields(listed[0]) if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    return {**{key: first[key] for key in ("code", "request_id") if key in first}, **told}


def _rename_fields(said: dict[str, Any]) -> dict[str, Any]:
    named = ((_FIELDS.get(key.replace("_", "").lower()), value) for key, value in said.items())
    return {name: value for name, value in named if name is not None}


def _inner_error(said: dict[str, Any]) -> dict[str, Any] | None:
    """The object with the error, where it is not the whole body."""
    error = next((told for key in ("error", "detail", "fault") if not is_nothing(told := said.get(key))), None)
    if not isinstance(error, dict):
        return None
    # A gateway's own wrapping of another's answer.
    return error["error"] if isinstance(error.get("error"), dict) and not error.get("message") else error


def _with_surroundings(found: ErrorBody, said: dict[str, Any]) -> ErrorBody:
    """The error with what stands beside its object and not in it."""
    if found.message and found.code and found.named:
        return found
    beside = _read_fields({**said, "error": None, "detail": None})
    return replace(
        found,
        message=found.message or beside.message,
        code=found.code or beside.code,
        own_code=found.own_code or ("" if found.code else beside.own_code),
        named=found.named or beside.named,
    )


def _read_fields(error: dict[str, Any]) -> ErrorBody:
    error = fields_of(error)
    details, code = error.get("details"), _find_code(error)
    return ErrorBody(
        message=_one_line(_find_sentence(error)),
        code=code,
        own_code=code if code == _own_code(error) else "",
        details=tuple(item for item in details if isinstance(item, dict)) if isinstance(details, list) else (),
        is_googles=bool(_rpc_status(error)),
        named=named if isinstance(named := error.get("request_id"), str) else "",
    )


def _one_line(text: str) -> str:
    # Cut before it is split: a body may be millions of words long.
    return " ".join((words_of_faults(text) or text)[: 4 * _LENGTH].split())[:_LENGTH]


def _find_sentence(error: dict[str, Any]) -> str:
    """What is said in an object: under one of the usual names, or as a list of faults."""
    for name in (*_SENTENCES, "error", "detail", "errors", "title"):
        if words := _words_in(error.get(name)):
            return words
    return _words_by_field(error.get("errors"))


def _words_by_field(said: Any) -> str:
    """What is wrong with each field, as Rails and Django tell it: ``{"size": ["is too large"]}``."""
    told = islice(said.items(), _FAULTS) if isinstance(said, dict) else ()
    return "; ".join(f"{name[:100]}: {words}" for name, value in told if (words := _words_in(value)))


def _words_in(said: Any) -> str:
    if isinstance(said, list):
        return "; ".join(filter(None, map(_describe_fault, said[:_FAULTS])))
    return said if isinstance(said, str) and said.strip() else ""


def _describe_fault(item: Any) -> str:
    """One of several faults. FastAPI's says where it is: ``{"loc": ["body", "prompt"], "msg": "Field required"}``."""
    if not isinstance(item, dict):
        return item if isinstance(item, str) else ""
    told = fields_of(item)
    words = next((said for name in (*_SENTENCES, "detail") if isinstance(said := told.get(name), str) and said), "")
    where = item.get("loc", [told.get("field")])
    place = [str(step) for step in where if isinstance(step, str | int)] if isinstance(where, list) else []
    name = ".".join(place[1:] if place[:1] in (["body"], ["query"], ["path"], ["header"]) else place)[:100]
    return f"{name}: {words}" if name and words else words


def _rpc_status(error: dict[str, Any]) -> str:
    """The name of a google.rpc.Code, which only Google writes beside a sentence."""
    status = error.get("status")
    return status if isinstance(status, str) and re.fullmatch(r"[A-Z][A-Z_]{0,40}", status) else ""


def _find_code(error: dict[str, Any]) -> str:
    """Google's status; else a code of letters, which OpenAI and LiteLLM write as `code` or as `type`."""
    if status := _rpc_status(error):
        return status
    # LiteLLM writes the HTTP status into `code`, and Python's None as a text.
    texts = [text for key in ("code", "type") if isinstance(text := error.get(key), str) and text != "None"]
    return next((text for text in texts if not text.isdigit()), texts[0] if texts else _own_code(error))


def _own_code(error: dict[str, Any]) -> str:
    """What stands as `code`, or is a single word as `error`; the numbers of HTTP and of google.rpc.Code say no more."""
    code = error.get("code")
    if isinstance(code, int) and not isinstance(code, bool) and not 0 <= code < 600:
        return str(code)
    word = error.get("error")
    texts = [text for text in (code, word) if isinstance(text, str) and re.fullmatch(r"[\w.:/-]{1,80}", text)]
    return next((text for text in texts if text not in {"None", _find_sentence(error)} and not text.isdigit()), "")


def _quoted_error(error: dict[str, Any]) -> ErrorBody | None:
    """The service's own error, if a gateway's sentence quotes it whole."""
    sentence = str(error.get("message") or "")
    # Searched for and not parsed from the start: LiteLLM writes exception names before it.
    start = _WRAPPED.search(sentence)
    if start is None:
        return None
    try:
        # raw_decode, since LiteLLM's own words go on behind it.
        inner, _ = json.JSONDecoder().raw_decode(sentence, start.start())
    except (ValueError, RecursionError):
        return None
    found = _read_fields(inner["error"])
    return replace(found, is_relayed=True) if found.message else None
