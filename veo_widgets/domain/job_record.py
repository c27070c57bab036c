"""Jobs: a request, the operation it became at the service, and what came of it.

`job_transitions` decides which state follows which.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from .formats.containers import ENDINGS
from .media import Video
from .paths import is_there
from .pricing import Cost, Usage
from .problems import Problem
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


# Those whose pricing page promises it; a gateway in front of Google promises nothing.
_GOOGLES = {"gemini", "agent_platform"}
_FINAL = {JobState.SUCCEEDED, JobState.FILTERED, JobState.FAILED, JobState.EXPIRED, JobState.UNKNOWN}


# What stands for the word of a service that says nothing of how far a job is.
NO_STATUS = "no status"


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
        charged: of one with clips, the US dollars that the service says it has charged; None if it says nothing.
        progress: of one that runs, the share that the service says is done, between 0 and 1; None if it says none.
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
    progress: float | None = None
    charged: float | None = None


# A service's sentence is kept in the ledger and in notebooks.
@dataclass(frozen=True)
class JobRecord:
    """A job as the ledger keeps it. Times are seconds since the epoch.

    Attributes:
        endpoint: where the operation lives (address, project, location); never a key.
        operation: the service's name for it, empty until the create is answered.
        samples: what the service delivered, without inline data.
        videos: the clips on disk.
        folder: where clips of this job are saved; if they go into a bucket, where their copies are on this machine.
        bucket: the address of the folder in a bucket that they are put into; empty for none.
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
        owner: who has submitted it; empty for jobs of earlier versions. It stays, whoever works on the job.
        project: what it was spent for, or empty.
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
    # What a later version has added needs a default: records of earlier ones lack it.
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
    bucket: str = ""
    owner: str = ""
    project: str = ""

    @property
    def remark(self) -> str:
        """What to say of the job beside its state and its problem, in the same words everywhere; may be empty."""
        differing = f"Not as asked for: {'; '.join(self.differences)}." if self.differences else ""
        # What a job ended with is its problem; its last trouble would say it twice.
        trouble = self.trouble if self.troubled and (not self.state.is_final or self.lacks_upload) else ""
        return " ".join(filter(None, (self.notice, differing, trouble)))

    @property
    def is_unfetched(self) -> bool:
        """Whether its clips were made but not downloaded, so that asking for them again may help."""
        # Attempts are counted for whole downloads only, and set back where the service says that there is no clip.
        return self.state is JobState.FAILED and self.attempts > 0 and bool(self.samples)

    @property
    def is_listed(self) -> bool:
        """Whether its service keeps a list in which it would stand."""
        # Only this wire has a list of videos to look in.
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

    @property
    def lacks_upload(self) -> bool:
        """Whether a clip is on this machine that could not be put into its bucket yet."""
        return self.state is JobState.SUCCEEDED and bool(self.bucket) and not all(video.uri for video in self.videos)

    @property
    def wished(self) -> str:
        """What the user has named for the clips, as `output` takes it; empty for the usual."""
        if not (self.bucket and self.output):
            return self.output
        return self.bucket if self.output == self.folder else f"{self.bucket}/{Path(self.output).name}"

    @property
    def lacks_digests(self) -> bool:
        """Whether its clips are all there, and the digest of one is still to come."""
        return self.state is JobState.SUCCEEDED and not all(video.digest for video in self.videos)

    def with_digests(self, known: Iterable[Video]) -> JobRecord:
        """The same with the digests that are known of its clips."""
        # Two clips are equal whether or not their digest is known.
        digests = {video: video.digest for video in known if video.digest}
        videos = (replace(video, digest=video.digest or digests.get(video, "")) for video in self.videos)
        return replace(self, videos=tuple(videos))

    def to_json(self) -> dict[str, Any]:
        """Plain values, without request, owner and project: these have columns of their own in the ledger."""
        # Emptied before, since `asdict` would copy every image and every clip in base64.
        values = asdict(replace(self, request=VideoRequest(), samples=()))
        for name in ("request", "owner", "project"):
            del values[name]
        # What a sample has beside these is only good for fetching it now; earlier versions know of no more either.
        samples = [{"index": item.index, "uri": item.uri, "mime": item.mime, "data": ""} for item in self.samples]
        return {**values, "samples": samples, "videos": [video.to_json() for video in self.videos]}

    @classmethod
    def from_json(cls, values: dict[str, Any], request: VideoRequest) -> JobRecord:
        """The inverse of `to_json`; keys of a later version are left out."""
        # Earlier versions did not say when the sending began: whatever they were sending may have left.
        values = {"sending_at": values["updated_at"], **values}
        problem = values.get("problem")
        # The ledger may be shared with a program of a later version.
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
    return output.lower().endswith(ENDINGS) and not is_there(Path(output), Path.is_dir)
