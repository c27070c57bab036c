"""LiteLLM's HTTP errors that mean the end of a job rather than trouble of the proxy's.

Source: LiteLLM 1.106.2, ``llms/gemini/videos`` and ``llms/vertex_ai/videos``. Asked for a finished operation without a
clip, it fails to read what Google has answered, or has nothing to hand out, and says so with 500 each time anew. Its
other 500 (no connection, an overload, "not complete yet") pass. The reason that is lost so is asked for by the
pass-through: see `base.Wire.other_way`.
"""

from __future__ import annotations

import re

from ...domain.errors import ServiceError
from ...domain.job_record import Operation
from .filter_reasons import explain

# What its reader misses in an answer that is done: pydantic's own words, which no passing trouble has.
_UNREAD = re.compile(r"GeminiLongRunningOperationResponse response\.generateVideoResponse\S* Field required")
_HIDDEN = "The proxy passes on neither a clip nor a reason, as for a clip that was filtered. Its log says more."
_BUCKET = "The clip is in the bucket of the proxy's operator, whose address the proxy does not tell; it may be charged."
_ASK = "Ask the operator for the clip, or for use_in_pass_through at this model, by which its address is found."


def proxied_end(error: ServiceError) -> Operation | None:
    """How a job has ended, if an error tells; None if it may pass."""
    # What LiteLLM fails to read is a 500; other statuses are those of the service behind it.
    if error.status != 500:
        return None
    said = str(error)
    if _UNREAD.search(said):
        return _end_of_unread(said)
    if "No response data in completed operation" in said:
        return Operation("", "failed", message="The proxy called the job completed, but it had failed.")
    if "No video data found in completed operation" in said:
        return Operation("", "empty", message=_HIDDEN)
    if "No base64 encoded video data found" in said:
        return Operation("", "failed", message=_BUCKET, remedy=_ASK)
    return None


def _end_of_unread(said: str) -> Operation:
    """A reply with no clip in it: the quoted rest of it tells a filtered job from an empty one."""
    # Pydantic quotes the input that it could not read, and so the field's name.
    if "raiMediaFiltered" not in said:
        return Operation("", "empty", message=_HIDDEN)
    code = re.search(r"codes?: (\d{7,9})", said)
    reason = explain(f"Support codes: {code[1]}") if code else "The proxy did not hand on the filter's reason."
    return Operation("", "filtered", withheld=1, reasons=(reason,))
