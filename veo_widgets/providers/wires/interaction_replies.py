"""What an interaction says of itself: still running, done with a video, done without one, or failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...domain.errors import InvalidReplyError
from ...domain.job_record import Operation, Sample
from ...domain.pricing import Usage
from .base import read_samples
from .filter_reasons import explain, is_filter
from .rpc_codes import rpc_failure
from .statuses import Words, is_no_error, plain

# Ends other than `completed`, in words where the service sends none, and whether a new one may well succeed.
_ENDS: dict[str, tuple[str, str]] = {
    "failed": ("", ""),
    "cancelled": ("The interaction was cancelled before it had made a clip.", "Send it again if it is still wanted."),
    "incomplete": ("The service stopped before the clip was whole.", "Ask for less, or send it again."),
    "budget_exceeded": (
        "The project's budget was reached before the clip was made.",
        "Raise the budget in the provider's console, then send it again.",
    ),
    "requires_action": (
        "The service waits for a tool's result, which a request for a clip never has.",
        "Rephrase the prompt so that it only describes a clip.",
    ),
    "requires_continuation": (
        "The service has paused and asks to be continued, which is not described for clips.",
        "Ask for less, or send it again.",
    ),
}
# Sources: the Interactions reference and google-genai's types.
WORDS = Words.of(done="completed", failed=" ".join(_ENDS), running="queued in_progress")
_NAMES = {plain(name): name for name in _ENDS}
# Here the codes are HTTP's: too many requests, and faults of the service's own.
_RETRYABLE = {"429", "500", "503"}
# Source: the Omni page's list of regions, and a `completed` with no output tokens.
_REFUSED = (
    "The service finished without making anything. It does so when its policy forbids the clip, and when uploaded "
    "video is edited or extended in the EEA, Switzerland, the UK and some US states."
)


def read_interaction(body: Any) -> Operation:
    """An interaction as one of the outcomes.

    Raises:
        InvalidReplyError: it is none.
    """
    said = body.get("status") if isinstance(body, dict) else None
    if not isinstance(said, str) or not plain(said):
        raise InvalidReplyError("The service answered a poll with something that is not an interaction.")
    name, meaning = str(body.get("id") or ""), WORDS.meaning(said)
    outputs = list(_outputs(body))
    samples = _samples(outputs)
    if meaning == "running":
        return Operation(name, "running")
    if not meaning:
        # Whatever a later version calls work under way, or done, is told as it came.
        return Operation(name, "running", status=said, expected=samples, usage=read_usage(body.get("usage")))
    status = _NAMES.get(plain(said), "completed")
    # An incomplete interaction may have a clip, which is paid for.
    if samples and status in {"completed", "incomplete"}:
        return Operation(name, "samples", samples=samples, usage=read_usage(body.get("usage")))
    code, message = next(_errors(body), ("", ""))
    # An error beside a completed status is believed: it says more than the status does.
    if status == "completed" and not code and not message:
        return _without_video(name, body, outputs)
    return _read_end(name, status, code, message)


def _read_end(name: str, status: str, code: str, message: str) -> Operation:
    if is_filter(code):
        return Operation(name, "filtered", withheld=1, reasons=(explain(message or code),), code=code)
    words, remedy = _ENDS.get(status, ("", ""))
    if status in {"failed", "completed"} and (known := rpc_failure(name, code, message)):
        return known
    return Operation(
        name,
        "failed",
        code=code or ("" if status in {"failed", "completed"} else status),
        message=message or words,
        remedy=remedy,
        retryable=code in _RETRYABLE or status == "incomplete",
    )


def _without_video(name: str, body: dict[str, Any], outputs: list[dict[str, Any]]) -> Operation:
    """Completed, and no clip: the model's own words if it has said why, else what is known of such ends."""
    said = " ".join(str(part["text"]).strip() for part in outputs if part.get("type") == "text" and part.get("text"))
    usage = body.get("usage")
    tokens = _whole_number(usage, "total_output_tokens") if isinstance(usage, dict) else None
    if said.strip():
        # A model that explains itself may write pages.
        return Operation(name, "filtered", withheld=1, reasons=(explain(said[:600]),))
    if tokens == 0:
        return Operation(name, "filtered", withheld=1, reasons=(_REFUSED,))
    return Operation(name, "empty", message=_REFUSED)


def _steps(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    steps = body.get("steps")
    yield from (step for step in steps if isinstance(step, dict)) if isinstance(steps, list) else ()


def _outputs(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The contents that the model has made; a step of the user's may be listed too."""
    for step in _steps(body):
        content = step.get("content")
        if step.get("type", "model_output") == "model_output" and isinstance(content, list):
            yield from (part for part in content if isinstance(part, dict))


def _samples(outputs: list[dict[str, Any]]) -> tuple[Sample, ...]:
    videos = [part for part in outputs if part.get("type") == "video"]
    return read_samples((part.get("uri"), part.get("data"), part.get("mime_type")) for part in videos)


def _errors(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Code and message of every error, of the interaction first and then of its steps."""
    listed = body.get("errors")
    found = [*(listed if isinstance(listed, list) else ()), body.get("error")]
    for error in [*found, *(step.get("error") for step in _steps(body))]:
        if is_no_error(error):
            continue
        if isinstance(error, dict) and (error.get("code") or error.get("message")):
            yield str(error.get("code") or ""), str(error.get("message") or "")
        elif isinstance(error, str) and error:
            yield "", error


def read_usage(usage: Any) -> Usage | None:
    """The tokens by what they cost; None if they are not told apart.

    ``total_thought_tokens`` come on top of ``total_output_tokens`` and are charged as text.
    """
    split = usage.get("output_tokens_by_modality") if isinstance(usage, dict) else None
    if not isinstance(split, list):
        return None
    video = sum(
        _whole_number(item, "tokens") or 0
        for item in split
        if isinstance(item, dict) and str(item.get("modality")).lower() == "video"
    )
    # Whatever output is not video is charged as text.
    written = max((_whole_number(usage, "total_output_tokens") or 0) - video, 0)
    thought = _whole_number(usage, "total_thought_tokens") or 0
    return Usage(input=_whole_number(usage, "total_input_tokens") or 0, text=written + thought, video=video)


def _whole_number(values: dict[str, Any], key: str) -> int | None:
    value = values.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
