"""Jobs: a request, the operation it became at the service, and what came of it.

`advance` is the only place that decides which state follows which.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from .errors import (
    ClipExpiredError,
    GenerationFailedError,
    GenerationFilteredError,
    JobError,
    UnknownOutcomeError,
)
from .media import Video
from .pricing import Cost, Usage
from .problems import Problem, shown
from .request import VideoRequest


class JobState(StrEnum):
    """Where a job stands.

    ``filtered`` is neither success nor failure: the service made clips and withheld them. ``unknown`` means that the
    answer to the create was lost, so the job may run and may be charged.
    """

    SUBMITTING = "submitting"
    QUEUED = "queued"
    RUNNING = "running"
    DOWNLOADING = "downloading"
    SUCCEEDED = "succeeded"
    FILTERED = "filtered"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in _FINAL


_FINAL = {JobState.SUCCEEDED, JobState.FILTERED, JobState.FAILED, JobState.EXPIRED, JobState.UNKNOWN}


@dataclass(frozen=True)
class Sample:
    """One result as the service names it: an address, or the clip itself as base64."""

    index: int
    uri: str = ""
    mime: str = "video/mp4"
    data: str = field(default="", repr=False)


@dataclass(frozen=True)
class Operation:
    """What one poll said, whatever the wire.

    Attributes:
        outcome: exactly one of these; ``done`` at the service is not success.
        samples: every clip that was delivered.
        withheld: how many clips the filter held back.
        reasons: the service's reasons for that, and what its support codes mean.
        code: of an error, the service's own name or number.
        message: of an error, the service's own sentence.
        retryable: of an error, whether a new job may well succeed.
        remedy: of an error, what to do about it where that is known.
        usage: the tokens that were counted, where the service charges by them.
    """

    name: str
    outcome: Literal["running", "samples", "failed", "filtered", "empty"]
    samples: tuple[Sample, ...] = ()
    withheld: int = 0
    reasons: tuple[str, ...] = ()
    code: str = ""
    message: str = ""
    retryable: bool = False
    remedy: str = ""
    usage: Usage | None = None


# A service's sentence is kept in the ledger and in notebooks.
@dataclass(frozen=True)
class JobRecord:
    """A job as the ledger keeps it. Times are seconds since the epoch.

    Attributes:
        endpoint: where the operation lives (address, project, location); never a key.
        operation: the service's name for it, empty until the create is answered.
        samples: what the service delivered, without inline data.
        videos: the clips on disk.
        folder: where clips of this job are saved.
        notebook: the notebook it was submitted from, or empty.
        profile: the name of the settings it was submitted with, or empty.
        held_back: nothing of it has been taken up by the service, which has no room; it will be sent.
        max_cost: what the user said it may cost, in US dollars; None if nothing was said.
        output: the folder or the file that the user wants its clips in, absolute; empty for the usual.
        group: the film or the batch that it is a piece of, or empty.
        place: which piece: a hash of what was asked for and of the clip that it goes on from.
        cell: the id of the notebook's cell that sent it, or empty.
    """

    id: str
    state: JobState
    request: VideoRequest
    provider: str
    surface: str
    wire: str
    cost: Cost
    created_at: float
    updated_at: float
    folder: str
    endpoint: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    submitted_at: float | None = None
    finished_at: float | None = None
    polls: int = 0
    samples: tuple[Sample, ...] = ()
    videos: tuple[Video, ...] = ()
    problem: Problem | None = None
    notice: str = ""
    notebook: str = ""
    retry_of: str = ""
    profile: str = ""
    held_back: bool = False
    max_cost: float | None = None
    output: str = ""
    group: str = ""
    place: str = ""
    cell: str = ""

    @property
    def model(self) -> str:
        """The model's id."""
        return self.request.model

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the request: that has its own form in the ledger."""
        values = asdict(replace(self, request=VideoRequest(), samples=tuple(replace(s, data="") for s in self.samples)))
        del values["request"]
        return {**values, "videos": [video.to_json() for video in self.videos]}

    @classmethod
    def from_json(cls, values: dict[str, Any], request: VideoRequest) -> JobRecord:
        """The inverse of `to_json`; keys of a later version are left out."""
        problem = values.get("problem")
        known = {item.name for item in fields(cls)}
        return cls(
            **{
                **{key: value for key, value in values.items() if key in known},
                "state": JobState(values["state"]),
                "request": request,
                "cost": Cost(**values["cost"]),
                "samples": tuple(Sample(**item) for item in values["samples"]),
                "videos": tuple(Video.from_json(item) for item in values["videos"]),
                "problem": Problem(**problem) if problem else None,
            }
        )


def names_file(output: str) -> bool:
    """Whether an `JobRecord.output` is a file's name rather than a folder's."""
    return output.lower().endswith(".mp4") and not Path(output).is_dir()


def accepted(record: JobRecord, operation: str, now: float) -> JobRecord:
    """The create was answered: the operation exists."""
    state = JobState.QUEUED
    return replace(record, state=state, operation=operation, submitted_at=now, updated_at=now, held_back=False)


def as_created(operation: Operation, name: str) -> Operation:
    """The operation with clips that go by its own name going by the name that the create gave it.

    LiteLLM 1.106 gives another id at every status, which leaves out the deployment and with it the key.
    """
    samples = (replace(item, uri=name) if item.uri == operation.name else item for item in operation.samples)
    return replace(operation, name=name, samples=tuple(samples))


def advance(record: JobRecord, operation: Operation, now: float) -> JobRecord:
    """The record after a poll.

    A final record stays as it is: a late answer must not undo it.
    """
    if record.state.is_final:
        return record
    seen = replace(record, polls=record.polls + 1, updated_at=now)
    if operation.outcome == "running":
        return replace(seen, state=JobState.RUNNING)
    if operation.outcome == "samples":
        bare = tuple(replace(sample, data="") for sample in operation.samples)
        return replace(
            seen,
            state=JobState.DOWNLOADING,
            samples=bare,
            notice=_withheld_notice(record, operation),
            cost=_settled(record.cost, len(operation.samples)),
            finished_at=record.finished_at or now,
        )
    if operation.outcome == "filtered":
        return ended(seen, JobState.FILTERED, _filtered(operation), now, free=True)
    return ended(seen, JobState.FAILED, _failed(operation), now, free=True)


def saved(record: JobRecord, videos: tuple[Video, ...], now: float) -> JobRecord:
    """Every delivered clip is on disk."""
    return replace(record, state=JobState.SUCCEEDED, videos=videos, updated_at=now)


def _settled(cost: Cost, delivered: int) -> Cost:
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
        free: nothing is charged; the cost becomes zero.
    """
    cost = replace(record.cost, usd=0.0, note="nothing is charged without a clip") if free else record.cost
    finished = record.finished_at or now
    changes: dict[str, Any] = {"state": state, "problem": problem, "cost": cost, "held_back": False}
    return replace(record, **changes, finished_at=finished, updated_at=now)


def _withheld_notice(record: JobRecord, operation: Operation) -> str:
    asked = record.request.samples or 1
    missing = max(operation.withheld, asked - len(operation.samples))
    if missing <= 0:
        return ""
    why = f" {operation.reasons[0]}" if operation.reasons else ""
    told = f"{missing} of {max(asked, missing + len(operation.samples))} clips did not come.{why}"
    return shown(told)


def _filtered(operation: Operation) -> Problem:
    reasons = " ".join(operation.reasons) or "The service gave no reason."
    return Problem(
        "Withheld by the safety filter",
        reasons,
        "Rephrase the prompt, or send the same one again: the filter is not always of the same mind.",
        "Nothing is charged for a withheld clip.",
    )


def _failed(operation: Operation) -> Problem:
    if operation.outcome == "empty":
        return Problem(
            "No clip came back",
            operation.message or "The service finished without a clip and without a reason.",
            "Send it again; if it happens twice, change the prompt or the model.",
            "Only a delivered clip is charged.",
        )
    remedy = "Send it again." if operation.retryable else "Change what the message names and send it again."
    cancelled = operation.code in {"cancelled", "canceled"}
    code = f" (code {operation.code})" if operation.code else ""
    return Problem(
        "Cancelled" if cancelled else "The service could not make the clip",
        f"{operation.message or 'No message was given.'}{'' if cancelled else code}",
        operation.remedy or remedy,
        "Only a delivered clip is charged.",
    )


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
    raise kind(" ".join(word for word in words if word), job_id=record.id)
