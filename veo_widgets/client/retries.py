"""What is asked again after trouble, when, and for how long: one table, and the functions that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..domain.errors import (
    BadRequestError,
    ConfigError,
    DownloadError,
    NoAnswerError,
    NotFoundError,
    RateLimitError,
    ServiceError,
    ServiceUnavailableError,
    VeoError,
)
from ..domain.job_transitions import ATTEMPTS

Answer = Literal[
    "unreachable",
    "no room",
    "no quota",
    "no reason",
    "trouble",
    "refused",
    "no word",
    "unread",
    "astray",
    "diverted",
    "lost",
    "no clip",
]
Question = Literal["create", "look"]
End = Literal["failed", "unknown", "stopped"]


@dataclass(frozen=True)
class Rule:
    """What follows when a question meets an answer.

    Attributes:
        question: a create, which costs money, or a look: a poll, a download, a listing.
        answer: what came back.
        pauses: the first pause in seconds, doubled each time up to the second; None: it is not asked again.
        times, seconds: how often and for how long it is asked again; None: without end.
        end: what then becomes of the job. ``stopped`` ends the watching only.
        why: the reason.
    """

    question: Question
    answer: Answer
    pauses: tuple[float, float] | None
    times: int | None
    seconds: float | None
    end: End
    why: str


# How long a create is sent again for want of quota, from the first refusal on.
QUOTA_SECONDS = 6 * 3600.0
_LOOKING = "Looking is free."
RULES = (
    Rule("create", "unreachable", (0.5, 1), 3, None, "failed", "No byte of the request has left this machine."),
    Rule(
        "create",
        "no room",
        (5, 60),
        None,
        QUOTA_SECONDS,
        "failed",
        "A 429 whose text names a quota is sent instead of doing the work: Google's rate limits "
        "(ai.google.dev/gemini-api/docs/rate-limits, cloud.google.com/vertex-ai/generative-ai/docs/error-code-429), "
        "OpenAI's (platform.openai.com/docs/guides/rate-limits), and LiteLLM's limiters, which run before its router.",
    ),
    Rule(
        "create", "no quota", None, None, None, "failed", "Waiting does not restore a daily quota or a spending limit."
    ),
    Rule(
        "create",
        "unread",
        (0, 0),
        1,
        None,
        "failed",
        "The form was not read, so the same create is sent as JSON: 415 says so (RFC 9110, 15.5.16), and FastAPI "
        "checks a body before it calls the handler (fastapi.tiangolo.com/tutorial/handling-errors).",
    ),
    Rule(
        "create",
        "no reason",
        None,
        None,
        None,
        "unknown",
        "RFC 6585 does not say that a request answered with 429 was not carried out; only the name of a quota does.",
    ),
    Rule(
        "create",
        "refused",
        None,
        None,
        None,
        "failed",
        "A 4xx with the service's own error, or a status that by RFC 9110 means that the request was not carried out "
        "(401, 404, 405, 407, 411, 413, 414, 415; by RFC 6585 431). LiteLLM 1.106 gives a 500 with the words "
        "“not supported for” before it sends anything, new-api a 503 with the code model_not_found where nobody serves "
        "the model. The same request would be refused again.",
    ),
    Rule(
        "create",
        "no word",
        None,
        None,
        None,
        "unknown",
        "A 4xx that does not come from the service itself may be a gateway's, with the work going on behind it.",
    ),
    Rule(
        "create",
        "astray",
        None,
        None,
        None,
        "failed",
        "301, 307 and 308 say that the service is at another address (RFC 9110, 15.4); the server that answered has "
        "done nothing.",
    ),
    Rule(
        "create",
        "diverted",
        None,
        None,
        None,
        "unknown",
        "303 answers a POST whose work is done (RFC 9110, 15.4.4), and many servers send 302 for it.",
    ),
    Rule(
        "create",
        "trouble",
        None,
        None,
        None,
        "unknown",
        "The work may have begun before the error: no 5xx rules that out, nor do 408, 409, 425 and 499.",
    ),
    Rule(
        "create",
        "lost",
        None,
        None,
        None,
        "unknown",
        "The service may have seen the request, and there is no way to ask.",
    ),
    Rule("look", "unreachable", (2, 30), None, None, "stopped", "The job carries on whether or not it is polled."),
    Rule("look", "no room", (2, 60), None, None, "stopped", _LOOKING),
    Rule("look", "no quota", (30, 60), None, None, "stopped", _LOOKING),
    Rule("look", "no reason", (2, 60), None, None, "stopped", _LOOKING),
    Rule("look", "trouble", (2, 30), None, None, "stopped", _LOOKING),
    Rule("look", "lost", (2, 30), None, None, "stopped", _LOOKING),
    Rule(
        "look",
        "astray",
        (2, 30),
        None,
        None,
        "stopped",
        "A hotel network, for example, lets nothing through until you sign in.",
    ),
    Rule("look", "unread", (2, 30), 3, None, "stopped", "A look has no body, so this never happens."),
    Rule("look", "diverted", (2, 30), None, None, "stopped", "A redirected look usually leads to a login page."),
    Rule(
        "look",
        "no clip",
        (2, 30),
        ATTEMPTS - 1,
        None,
        "failed",
        "Five answers without a clip are taken as final. The price stays counted.",
    ),
    Rule("look", "refused", (2, 30), 3, None, "stopped", "Someone has to fix the key, the network or the project."),
    Rule(
        "look", "no word", (2, 30), 3, None, "stopped", "Such answers come from a gateway, whose operator has to act."
    ),
)
_TABLE = {(rule.question, rule.answer): rule for rule in RULES}

# Timeouts and cancellations on the far side of a gateway: the work may go on behind it.
_AMBIGUOUS = {408, 409, 425, 499}
_ELSEWHERE = {301, 307, 308}
# What the statuses themselves say was not carried out. Sources: RFC 9110, 15.5; RFC 6585, 5.
_NOT_APPLIED = {401, 404, 405, 407, 411, 413, 414, 415, 431}


def answer_of(error: VeoError) -> Answer:
    """Which row of the table an error belongs to."""
    if isinstance(error, NoAnswerError):
        return "lost" if error.sent else "unreachable"
    if isinstance(error, ServiceError):
        return _answer_of_service(error)
    if isinstance(error, ConfigError):
        return "refused"
    # An answer that cannot be read may have been a yes.
    return "no clip" if isinstance(error, DownloadError) else "lost"


def _answer_of_service(error: ServiceError) -> Answer:
    if error.status >= 500:
        # Those that are refusals are known by their words; see `wires.http_errors`.
        return "refused" if isinstance(error, BadRequestError | NotFoundError) else "trouble"
    if error.status in _AMBIGUOUS or isinstance(error, ServiceUnavailableError):
        return "trouble"
    if isinstance(error, RateLimitError):
        if error.is_passing:
            return "no room" if error.names_quota else "no reason"
        return "no quota" if error.said else "no reason"
    if 300 <= error.status < 400:
        return "astray" if error.status in _ELSEWHERE else "diverted"
    worded = error.said or error.status in _NOT_APPLIED
    return "unread" if error.unread else "refused" if worded else "no word"


def rule_for(question: Question, error: VeoError) -> Rule:
    """The rule that holds for an error in answer to a question."""
    return _TABLE.get((question, answer_of(error)), _TABLE[question, "lost"])


def pause(question: Question, error: VeoError, *, tried: int, waited: float = 0.0) -> float | None:
    """How long to wait before asking again; None if it is not asked again.

    Args:
        question: a create or a look.
        error: what the last one met.
        tried: how many have met the like in a row, this one included; 1 or more.
        waited: seconds since the first.

    Returns:
        Seconds: what the service asked for, else the table's. A look never waits longer than the table says. A create
        waits for as long as it is told to if that is not beyond the rule's end, and from the second time on no less
        than the table says.
    """
    if isinstance(error, DownloadError) and isinstance(error.__cause__, OSError):
        # This machine's disk is at fault, which waiting does not mend.
        return None
    rule = rule_for(question, error)
    if rule.pauses is None or (rule.times is not None and tried > rule.times):
        return None
    first, longest = rule.pauses
    seconds = min(first * 2.0 ** min(tried - 1, 20), longest)
    asked = error.retry_after if isinstance(error, ServiceError) else None
    if asked is not None:
        # A service that goes on asking for a second is not asked thousands of times.
        patient = max(asked, seconds if tried > 1 else 1.0)
        seconds = patient if question == "create" else min(max(asked, 1.0), longest)
    return None if rule.seconds is not None and waited + seconds > rule.seconds else seconds
