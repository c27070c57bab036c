"""Whether an error proves that the form which a request was has not even been read.

Sources: RFC 9110, 15.5.16, for 415. FastAPI checks a body against the parameters of its handler before it calls that
handler, and answers 422 with the list of what it misses there. Others parse the whole body as JSON first and say that
it is none, in their parser's words.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from .base import Call
from .error_bodies import ErrorBody

_KINDS = {"missing", "value_error.missing", "model_attributes_type", "dict_type", "type_error.dict", "json_invalid"}
# Each speaks of the request's own body. The last four are what Go, Node and Python say of a form's first characters.
_WORDS = re.compile(
    r"unsupported (media|content)[- ]?type|unsupported content-type"
    r"|content[- ]type\W+(must|should|has to) be\W+application/json|(expected|expects|requires) application/json"
    r"|(could not|couldn't|cannot|can't|failed to|unable to|error) (parse|parsing|decode|decoding|read|reading) "
    r"(the |your )?(json |request )?(body|payload|request)\b"
    r"|(body|payload) (is not|must be|isn't) (a )?(valid )?json"
    r"|(malformed|invalid) json (body|payload|in (the )?request)"
    r"|invalid character '-' in numeric literal|no number after minus sign in json at position 1\b"
    r"|unexpected token '?-'?,? |unexpected token - in json at position 0\b",
    re.IGNORECASE,
)
# A gateway may speak so of what it got from the service behind it, which has done its work then.
_BEHIND = re.compile(r"upstream|response|reply|answer|provider|backend", re.IGNORECASE)


def is_unread(call: Call | None, status: int, body: Any, said: ErrorBody) -> bool:
    """Whether the form of a create was not read, so that nothing of it can have been taken up.

    Args:
        call: what was asked; one without another body to send is never called unread.
        status: of HTTP.
        body: the answer, decoded; None if it is no JSON.
        said: the error in it.
    """
    if call is None or call.purpose != "create" or not call.form or call.json is None:
        return False
    if isinstance(body, dict) and {"id", "task_id", "video_id"} & set(body):
        # Whoever names a video has read what it is to show.
        return False
    if status == 415:
        return True
    if status not in {400, 422} or said.is_relayed:
        return False
    faults = body.get("detail") if isinstance(body, dict) else None
    if isinstance(faults, list) and faults:
        return all(_is_of_the_whole(fault, call.json) for fault in faults)
    return bool(_WORDS.search(said.message)) and not _BEHIND.search(said.message)


def _is_of_the_whole(fault: Any, sent: Collection[str]) -> bool:
    """Whether one of FastAPI's faults is the body's own, or the lack of a field that was sent."""
    where, kind = (fault.get("loc"), fault.get("type")) if isinstance(fault, dict) else (None, None)
    if not isinstance(where, list) or where[:1] != ["body"] or kind not in _KINDS:
        return False
    return len(where) == 1 or kind == "json_invalid" or where[1] in sent
