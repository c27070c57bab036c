"""What is asked again after trouble, when, and for how long: one table, and the functions that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import (
    AuthenticationError,
    BadRequestError,
    ConfigError,
    DownloadError,
    NoAnswerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServiceError,
    ServiceUnavailableError,
    VeoError,
)
from .record import ATTEMPTS

Answer = Literal["unreachable", "no room", "no quota", "busy", "trouble", "refused", "astray", "lost", "no clip"]
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


RULES = (
    Rule("create", "unreachable", (0.5, 1), 3, None, "failed", "Nothing has left this machine."),
    Rule("create", "no room", (5, 60), None, 6 * 3600.0, "failed", "429 is given before any work is taken up."),
    Rule("create", "busy", (2, 30), None, 600.0, "failed", "A service's own 503 is given before any work is taken up."),
    Rule(
        "create", "no quota", None, None, None, "failed", "A day's quota or a spend cap does not come back by waiting."
    ),
    Rule("create", "refused", None, None, None, "failed", "The same request would be refused again."),
    Rule("create", "astray", None, None, None, "failed", "A redirect is a login page or a wrong address, no service."),
    Rule("create", "trouble", None, None, None, "unknown", "The work may have begun before the trouble."),
    Rule(
        "create", "lost", None, None, None, "unknown", "The service may have seen the request, and it cannot be asked."
    ),
    Rule("look", "unreachable", (2, 30), None, None, "stopped", "The job goes on whether or not it is seen."),
    Rule("look", "no room", (2, 60), None, None, "stopped", "Looking costs nothing."),
    Rule("look", "no quota", (30, 60), None, None, "stopped", "Looking costs nothing."),
    Rule("look", "busy", (2, 30), None, None, "stopped", "Looking costs nothing."),
    Rule("look", "trouble", (2, 30), None, None, "stopped", "Looking costs nothing."),
    Rule("look", "lost", (2, 30), None, None, "stopped", "Looking costs nothing."),
    Rule(
        "look", "astray", (2, 30), None, None, "stopped", "Networks in hotels let nothing through until one signs in."
    ),
    Rule(
        "look", "no clip", (2, 30), ATTEMPTS - 1, None, "failed", "What is no clip five times is none. Its price stays."
    ),
    Rule("look", "refused", (2, 30), 3, None, "stopped", "Somebody has to change the key, the network or the project."),
)
_TABLE = {(rule.question, rule.answer): rule for rule in RULES}

_REFUSALS = AuthenticationError | BadRequestError | ConfigError | NotFoundError | PermissionDeniedError
# Timeouts and cancellations on the far side of a gateway: the work may go on behind it.
_AMBIGUOUS = {408, 409, 425, 499}


def answer_of(error: VeoError) -> Answer:
    """Which row of the table an error belongs to."""
    if isinstance(error, NoAnswerError):
        return "lost" if error.sent else "unreachable"
    if isinstance(error, RateLimitError):
        return "no room" if error.is_passing else "no quota"
    if isinstance(error, ServiceUnavailableError) or (isinstance(error, ServiceError) and error.status in _AMBIGUOUS):
        # A 503 without a word of the service's own is a gateway's, which may have lost the answer on its way.
        says_so = bool(error.code) or error.retry_after is not None
        return "busy" if error.status == 503 and says_so else "trouble"
    if isinstance(error, ServiceError) and 300 <= error.status < 400:
        return "astray"
    if isinstance(error, _REFUSALS | ServiceError):
        return "refused"
    # An answer that cannot be read may have been a yes.
    return "no clip" if isinstance(error, DownloadError) else "lost"


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
        Seconds: what the service asked for, else the table's. A look never waits longer than the table says, a create
        as long as it is told to if that is not beyond the rule's end.
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
        seconds = max(asked, 1.0) if question == "create" else min(max(asked, 1.0), longest)
    return None if rule.seconds is not None and waited + seconds > rule.seconds else seconds
