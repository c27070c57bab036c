"""Videos as LiteLLM and OpenAI describe them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...client.remote_videos import RemoteVideo, RemoteVideos
from ...domain.job_record import JobRecord, JobState
from ...domain.pricing import Cost
from ...providers.registry import provider_named
from ...providers.video_ids import VideoId

# A filtered job is never "completed", as it is with LiteLLM: there is no clip to fetch.
_STATUS = {JobState.SUCCEEDED: "completed", JobState.FILTERED: "failed", JobState.FAILED: "failed"}


@dataclass(frozen=True)
class VideoObject:
    """A video as LiteLLM and OpenAI describe it.

    Attributes:
        id: names provider, model and video, so that it works in another program and without the ledger.
        status: ``processing``, ``completed`` or ``failed``.
        error: ``code`` and ``message`` of a failed one.
        seconds: length of a clip in seconds, as text.
        size: width x height of the picture.
        usage: ``duration_seconds`` that are charged.
        cost: the price; ``_hidden_params["response_cost"]`` holds it in US dollars as LiteLLM does.
        job_id: of the ledger, or empty if the ledger does not know it.
    """

    id: str
    status: str
    model: str
    created_at: int | None = None
    completed_at: int | None = None
    seconds: str | None = None
    size: str | None = None
    error: dict[str, str] | None = None
    usage: dict[str, float] = field(default_factory=dict)
    progress: int | None = None
    object: str = "video"
    cost: Cost = field(default_factory=lambda: Cost(None))
    job_id: str = ""

    @property
    def _hidden_params(self) -> dict[str, Any]:
        return {"response_cost": self.cost.usd, "model_id": self.model}


def described(record: JobRecord) -> VideoObject:
    """A job as a video."""
    problem = record.problem
    prefix = provider_named(record.provider).prefixes[0]
    seconds = record.request.duration_seconds or record.cost.seconds
    first = record.videos[0] if record.videos else None
    return VideoObject(
        id=str(VideoId(prefix, record.model, record.operation)),
        status=_STATUS.get(record.state, "failed" if record.state.is_final else "processing"),
        model=record.model,
        created_at=int(record.created_at),
        completed_at=int(record.finished_at) if record.finished_at else None,
        seconds=f"{seconds:g}" if seconds else None,
        size=f"{first.width}x{first.height}" if first else None,
        error={"code": str(record.state), "message": f"{problem.title}: {problem.message}"} if problem else None,
        usage={"duration_seconds": record.cost.seconds * record.cost.samples},
        progress=100 if record.state is JobState.SUCCEEDED else None,
        cost=record.cost,
        job_id=record.id,
    )


class VideoList(list[VideoObject]):
    """One page of a service's videos.

    Attributes:
        data: the videos, as OpenAI calls them; the list itself holds the same.
        first_id, last_id: of the page; the next one is asked for with ``after=last_id``.
        has_more: whether there is a next one.
    """

    def __init__(self, videos: RemoteVideos) -> None:
        super().__init__(_from_listing(item) for item in videos)
        self.has_more = bool(videos.after)
        self.object = "list"

    @property
    def data(self) -> list[VideoObject]:
        """The videos."""
        return list(self)

    @property
    def first_id(self) -> str | None:
        """The id of the first video."""
        return self[0].id if self else None

    @property
    def last_id(self) -> str | None:
        """The id of the last video."""
        return self[-1].id if self else None


def _from_listing(item: RemoteVideo) -> VideoObject:
    video = item.video
    return VideoObject(
        id=str(VideoId(provider_named(item.provider).prefixes[0], video.model or "unknown", video.id)),
        status=video.status,
        model=video.model,
        created_at=None if video.created_at is None else int(video.created_at),
        seconds=video.seconds or None,
        size=video.size or None,
        cost=Cost(None, "not told by a list"),
        job_id=item.job_id,
    )
