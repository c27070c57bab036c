"""The one state machine of jobs, and what people are told when a job ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .errors import (
    ClipExpiredError,
    DownloadError,
    GenerationFailedError,
    GenerationFilteredError,
    InvalidReplyError,
    JobError,
    UnknownOutcomeError,
)
from .job_record import NO_STATUS, JobRecord, JobState, Operation, Sample
from .media import Video
from .pricing import Cost
from .problems import Problem, shown, unfetched_problem
from .values import changed


def accepted(record: JobRecord, operation: str, now: float) -> JobRecord:
    """The create was answered: the operation exists."""
    state = JobState.QUEUED
    return replace(record, state=state, operation=operation, submitted_at=now, updated_at=now, held_back=False)


def as_created(operation: Operation, name: str) -> Operation:
    """The operation with clips that go by its own name going by the name that the create gave it.

    LiteLLM 1.106 gives another id at every status, which leaves out the deployment and with it the key.
    """

    def under_it(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
        return tuple(replace(item, uri=name) if item.uri == operation.name else item for item in samples)

    if operation.name == name:
        return operation
    return replace(operation, name=name, samples=under_it(operation.samples), expected=under_it(operation.expected))


def advance(record: JobRecord, operation: Operation, now: float) -> JobRecord:
    """The record after a poll.

    A final record stays as it is: a late answer must not undo it.
    """
    # Polls of two programs may cross, and the older answer arrive last.
    if record.state.is_final:
        return record
    seen = changed(record, polls=record.polls + 1, updated_at=now)
    if operation.outcome == "running":
        return changed(seen, state=JobState.RUNNING, notice=_unknown_status_notice(operation.status) or seen.notice)
    if operation.outcome == "samples":
        # The clip itself may be in the answer, up to hundreds of megabytes, which no ledger should hold.
        bare = tuple(replace(sample, data="", others=()) for sample in operation.samples)
        return replace(
            seen,
            state=JobState.DOWNLOADING,
            samples=bare,
            notice=_withheld_notice(record, operation),
            cost=_cost_of_delivered(record.cost, len(operation.samples)),
            # A poll after a restart must not move the end, which the statistics of durations are made from.
            finished_at=record.finished_at or now,
        )
    # Whatever was tried to fetch before, there is no clip.
    seen = replace(seen, attempts=0)
    if operation.outcome == "filtered":
        problem = _filtered_problem(operation, sure=record.is_surely_free)
        return ended(seen, JobState.FILTERED, problem, now, free=True)
    return ended(seen, JobState.FAILED, _failed_problem(operation, sure=record.is_surely_free), now, free=True)


def saved(record: JobRecord, videos: tuple[Video, ...], now: float) -> JobRecord:
    """Every delivered clip is on disk."""
    return replace(record, state=JobState.SUCCEEDED, videos=videos, updated_at=now, troubled=False)


def troubled(record: JobRecord, trouble: str, now: float) -> JobRecord:
    """The record with its present trouble."""
    return replace(record, trouble=shown(trouble), troubled=True, updated_at=now)


# So many whole downloads may bring no clip; fewer where they brought so many times the clip, and so many bytes.
ATTEMPTS, _TIMES, _BYTES = 5, 4, 8_000_000


def without_clip(record: JobRecord, error: DownloadError | InvalidReplyError, now: float) -> JobRecord:
    """The record after a whole download that brought no clip; the job ends after a few of these.

    What is at fault is at the service or on the way from it, and may be mended there. So the price stays, and the
    clip can be asked for again.
    """
    came, size = (error.fetched, error.size) if isinstance(error, DownloadError) else (0, 0)
    attempts, fetched = record.attempts + 1, record.fetched + came
    told = replace(troubled(record, str(error), now), attempts=attempts, fetched=fetched)
    # Small clips may be tried again and again; of large ones every attempt costs traffic and time.
    dear = fetched > _BYTES and fetched >= _TIMES * size
    if attempts < ATTEMPTS and not (dear and attempts > 1):
        return told
    return ended(told, JobState.FAILED, unfetched_problem(str(error), attempts, record.id), now)


def reopened(record: JobRecord, now: float) -> JobRecord:
    """A job whose clips are asked for again."""
    changes: dict[str, Any] = {"state": JobState.DOWNLOADING, "problem": None, "attempts": 0, "fetched": 0}
    return replace(record, **changes, updated_at=now)


def _cost_of_delivered(cost: Cost, delivered: int) -> Cost:
    """The price of the clips that came; a withheld one is not charged."""
    if cost.usd is None or delivered >= cost.samples:
        return cost
    return replace(cost, usd=round(cost.usd * delivered / cost.samples, 6), samples=delivered)


def ended(record: JobRecord, state: JobState, problem: Problem, now: float, *, free: bool = False) -> JobRecord:
    """The job is over without a clip.

    Args:
        record: the job before.
        state: a final state.
        problem: why.
        now: seconds since the epoch.
        free: nothing is charged, for certain or as a rule; the cost becomes zero.
    """
    cost = replace(record.cost, usd=0.0, note=_why_free(record)) if free else record.cost
    # The first end counts, also where a job was reopened and failed again.
    finished = record.finished_at or now
    changes: dict[str, Any] = {"state": state, "problem": problem, "cost": cost, "held_back": False}
    return replace(record, **changes, finished_at=finished, updated_at=now)


def _why_free(record: JobRecord) -> str:
    if not record.operation:
        return "nothing was sent" if record.sending_at is None else "a refused request is usually free"
    return "nothing is charged without a clip" if record.is_surely_free else "a job without a clip is usually free"


def _unknown_status_notice(status: str) -> str:
    """The notice for a status that this package does not know."""
    if not status:
        return ""
    said = f"The service says {status[:80]!r}, a word that is not known here."
    if status == NO_STATUS:
        said = "The service does not say how far the job is."
    return shown(
        f"{said} The job is taken to be under way; if that lasts, its clip is asked for all the same, which costs "
        "nothing."
    )


def _withheld_notice(record: JobRecord, operation: Operation) -> str:
    asked = record.request.samples or 1
    # Services that withhold clips do not always say how many.
    missing = max(operation.withheld, asked - len(operation.samples))
    if missing <= 0:
        return ""
    why = f" {operation.reasons[0]}" if operation.reasons else ""
    told = f"{missing} of {max(asked, missing + len(operation.samples))} clips did not come.{why}"
    return shown(told)


_AS_A_RULE = "A job without a clip is usually not charged."


def _filtered_problem(operation: Operation, *, sure: bool) -> Problem:
    # The same reason comes once for each clip.
    reasons = " ".join(dict.fromkeys(operation.reasons)) or "The service gave no reason."
    return Problem(
        "Withheld by the safety filter",
        reasons,
        "Rephrase the prompt, or send the same one again: the filter does not always decide the same way.",
        "Nothing is charged for a withheld clip." if sure else _AS_A_RULE,
    )


def _failed_problem(operation: Operation, *, sure: bool) -> Problem:
    charged = "Only a delivered clip is charged." if sure else _AS_A_RULE
    if operation.outcome == "empty":
        return Problem(
            "No clip came back",
            operation.message or "The service finished without a clip and without a reason.",
            "Send it again; if it happens twice, change the prompt or the model.",
            charged,
        )
    cancelled = operation.code in {"cancelled", "canceled"}
    code = f" (code {operation.code})" if operation.code and not cancelled else ""
    request = f" [request {operation.request_id}]" if operation.request_id else ""
    return Problem(
        "Cancelled" if cancelled else "The service could not make the clip",
        f"{operation.message or 'No message was given.'}{code}{request}",
        operation.remedy or _usual_remedy(operation),
        charged,
    )


def _usual_remedy(operation: Operation) -> str:
    if operation.retryable or operation.code in {"cancelled", "canceled"}:
        return "Send it again."
    if operation.message:
        return "Change what the message names and send it again."
    return "Send it again; if it happens twice, change the prompt or the model."


def raise_for_state(record: JobRecord) -> JobRecord:
    """The record if it has clips, else the error that says why it has none.

    Raises:
        GenerationFilteredError, GenerationFailedError, ClipExpiredError, UnknownOutcomeError: by its state.
    """
    kinds: dict[JobState, type[JobError]] = {
        JobState.FILTERED: GenerationFilteredError,
        JobState.FAILED: GenerationFailedError,
        JobState.EXPIRED: ClipExpiredError,
        JobState.UNKNOWN: UnknownOutcomeError,
    }
    kind = kinds.get(record.state)
    if kind is None:
        return record
    problem = record.problem or Problem("No clip", "", "")
    words = (f"{problem.title}:", problem.message, problem.remedy, problem.charged)
    # A service's own sentence may lack its full stop.
    told = (f"{word}." if word[-1].isalnum() or word[-1] in ")]'\"" else word for word in words if word)
    raise kind(" ".join(told), job_id=record.id)
