"""Jobs: a request, the operation it became at the service, and what came of it.

`advance` is the only place that decides which state follows which.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from .containers import ENDINGS
from .errors import (
    ClipExpiredError,
    DownloadError,
    GenerationFailedError,
    GenerationFilteredError,
    InvalidReplyError,
    JobError,
    UnknownOutcomeError,
)
from .media import Video
from .pricing import Cost, Usage
from .problems import Problem, shown, unfetched_problem
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


_GOOGLES = {"gemini", "agent_platform"}
_FINAL = {JobState.SUCCEEDED, JobState.FILTERED, JobState.FAILED, JobState.EXPIRED, JobState.UNKNOWN}


@dataclass(frozen=True)
class Sample:
    """One result as the service names it: an address, or the clip itself as base64.

    Attributes:
        others: further addresses of the same clip, for when the first brings none.
    """

    index: int
    uri: str = ""
    mime: str = "video/mp4"
    data: str = field(default="", repr=False)
    others: tuple[str, ...] = ()


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
        request_id: of an error, the service's own name for the request.
        status: of one that runs, the service's word for how it is, if no service is known to say it.
        expected: of such a one, where its clips will be, or are if the word means that they are there.
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
    request_id: str = ""
    status: str = ""
    expected: tuple[Sample, ...] = ()


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
        sending_at: when the last create of it began to leave this machine; None if none has.
        waiting_since: when the service first said that it has no room for it; None if it never did.
        max_cost: what the user said it may cost, in US dollars; None if nothing was said.
        output: the folder or the file that the user wants its clips in, absolute; empty for the usual.
        group: the film or the batch that it is a piece of, or empty.
        place: which piece: a hash of what was asked for and of the clip that it goes on from.
        adopted: another program has sent it, so that nobody here knows with what.
        differences: in what its clips are not what was asked for; see `deliveries`.
        trouble: the last trouble that was met in looking for it or in fetching its clips; it is never forgotten.
        troubled: whether that trouble goes on.
        attempts: how many whole downloads have brought no clip.
        fetched: how many bytes came by these.
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
    adopted: bool = False
    differences: tuple[str, ...] = ()
    trouble: str = ""
    troubled: bool = False
    attempts: int = 0
    fetched: int = 0
    sending_at: float | None = None
    waiting_since: float | None = None

    @property
    def remark(self) -> str:
        """What is to be said of the job beside its state and its problem: one text for everywhere; or nothing."""
        differing = f"Not as asked for: {'; '.join(self.differences)}." if self.differences else ""
        trouble = self.trouble if self.troubled and not self.state.is_final else ""
        return " ".join(filter(None, (self.notice, differing, trouble)))

    @property
    def is_unfetched(self) -> bool:
        """Whether its clips were made and could not be had, so that asking for them again may help."""
        return self.state is JobState.FAILED and self.attempts > 0 and bool(self.samples)

    @property
    def is_listed(self) -> bool:
        """Whether its service keeps a list in which it would stand."""
        return self.wire == "openai_videos"

    @property
    def is_surely_free(self) -> bool:
        """Whether a job that brings no clip is known to cost nothing: Google says so of Veo, and of nothing else.

        Source: https://ai.google.dev/gemini-api/docs/pricing.
        """
        return self.provider == "emulator" or (self.wire == "predictLongRunning" and self.provider in _GOOGLES)

    @property
    def model(self) -> str:
        """The model's id."""
        return self.request.model

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the request: that has its own form in the ledger."""
        values = asdict(replace(self, request=VideoRequest(), samples=()))
        del values["request"]
        # What a sample has beside these is only good for fetching it now; earlier versions know of no more either.
        samples = [{"index": item.index, "uri": item.uri, "mime": item.mime, "data": ""} for item in self.samples]
        return {**values, "samples": samples, "videos": [video.to_json() for video in self.videos]}

    @classmethod
    def from_json(cls, values: dict[str, Any], request: VideoRequest) -> JobRecord:
        """The inverse of `to_json`; keys of a later version are left out."""
        # Earlier versions did not say when the sending began: whatever they were sending may have left.
        values = {"sending_at": values["updated_at"], **values}
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
                "differences": tuple(values.get("differences", ())),
            }
        )


def names_file(output: str) -> bool:
    """Whether an `JobRecord.output` is a file's name rather than a folder's."""
    return output.lower().endswith(ENDINGS) and not Path(output).is_dir()


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

    return replace(operation, name=name, samples=under_it(operation.samples), expected=under_it(operation.expected))


def advance(record: JobRecord, operation: Operation, now: float) -> JobRecord:
    """The record after a poll.

    A final record stays as it is: a late answer must not undo it.
    """
    if record.state.is_final:
        return record
    seen = replace(record, polls=record.polls + 1, updated_at=now)
    if operation.outcome == "running":
        return replace(seen, state=JobState.RUNNING, notice=_strange(operation.status) or seen.notice)
    if operation.outcome == "samples":
        bare = tuple(replace(sample, data="", others=()) for sample in operation.samples)
        return replace(
            seen,
            state=JobState.DOWNLOADING,
            samples=bare,
            notice=_withheld_notice(record, operation),
            cost=_settled(record.cost, len(operation.samples)),
            finished_at=record.finished_at or now,
        )
    # Whatever was tried to fetch before, there is no clip.
    seen = replace(seen, attempts=0)
    if operation.outcome == "filtered":
        problem = _filtered(operation, sure=record.is_surely_free)
        return ended(seen, JobState.FILTERED, problem, now, free=True)
    return ended(seen, JobState.FAILED, _failed(operation, sure=record.is_surely_free), now, free=True)


def saved(record: JobRecord, videos: tuple[Video, ...], now: float) -> JobRecord:
    """Every delivered clip is on disk."""
    return replace(record, state=JobState.SUCCEEDED, videos=videos, updated_at=now, troubled=False)


def troubled(record: JobRecord, trouble: str, now: float) -> JobRecord:
    """The record with what is going wrong at the moment."""
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
    dear = fetched > _BYTES and fetched >= _TIMES * size
    if attempts < ATTEMPTS and not (dear and attempts > 1):
        return told
    return ended(told, JobState.FAILED, unfetched_problem(str(error), attempts, record.id), now)


def reopened(record: JobRecord, now: float) -> JobRecord:
    """A job whose clips are asked for again."""
    changes: dict[str, Any] = {"state": JobState.DOWNLOADING, "problem": None, "attempts": 0, "fetched": 0}
    return replace(record, **changes, updated_at=now)


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
        free: nothing is charged, for certain or as a rule; the cost becomes zero.
    """
    cost = replace(record.cost, usd=0.0, note=_why_free(record)) if free else record.cost
    finished = record.finished_at or now
    changes: dict[str, Any] = {"state": state, "problem": problem, "cost": cost, "held_back": False}
    return replace(record, **changes, finished_at=finished, updated_at=now)


def _why_free(record: JobRecord) -> str:
    if not record.operation:
        return "nothing was sent" if record.sending_at is None else "a refused request is usually free"
    return "nothing is charged without a clip" if record.is_surely_free else "a job without a clip is usually free"


def _strange(status: str) -> str:
    """What is told of a word for which no meaning is known."""
    if not status:
        return ""
    return shown(
        f"The service says {status[:80]!r}, a word that is not known here. The job is taken to be under way; if that "
        "lasts, its clip is asked for all the same, which costs nothing."
    )


def _withheld_notice(record: JobRecord, operation: Operation) -> str:
    asked = record.request.samples or 1
    missing = max(operation.withheld, asked - len(operation.samples))
    if missing <= 0:
        return ""
    why = f" {operation.reasons[0]}" if operation.reasons else ""
    told = f"{missing} of {max(asked, missing + len(operation.samples))} clips did not come.{why}"
    return shown(told)


_AS_A_RULE = "A job without a clip is usually not charged."


def _filtered(operation: Operation, *, sure: bool) -> Problem:
    reasons = " ".join(dict.fromkeys(operation.reasons)) or "The service gave no reason."
    return Problem(
        "Withheld by the safety filter",
        reasons,
        "Rephrase the prompt, or send the same one again: the filter does not always decide the same way.",
        "Nothing is charged for a withheld clip." if sure else _AS_A_RULE,
    )


def _failed(operation: Operation, *, sure: bool) -> Problem:
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
        operation.remedy or _remedy(operation),
        charged,
    )


def _remedy(operation: Operation) -> str:
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
