"""Jobs and clips as the JSON that the browser draws them from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..board import Sighting
from ..catalog import Model
from ..errors import VeoError
from ..media import Video
from ..pricing import Cost, estimate
from ..providers import Endpoint, model_at, provider_named
from ..record import JobRecord, JobState
from ..remote import lists
from ..server_files import files_path
from ..watcher import typical_seconds
from ..wires import wire_for

_FREE = "what it would cost; the emulator is free"


def saved_class(job_id: str) -> str:
    """The class of the plain output for readers without a kernel, which the live view hides."""
    return f"veo-saved-{job_id}"


def price(cost: Cost, provider: str) -> dict[str, Any]:
    """Amount, text and remark."""
    note = _FREE if provider == "emulator" and cost.usd else cost.note
    return {"usd": cost.usd, "text": cost.text, "note": note or None}


def _model(record: JobRecord) -> Model | None:
    """The catalog's entry for a job, unless the model has left the catalog since."""
    try:
        return model_at(provider_named(record.provider), record.model)
    except VeoError:
        return None


def settings(record: JobRecord) -> list[list[str]]:
    """Label and value of what was sent, defaults included; that it is one clip goes without saying."""
    model = _model(record)
    full = record.request.completed(model) if model else record.request
    return [list(pair) for pair in replace(full, samples=None if full.samples == 1 else full.samples).settings()]


def clip(video: Video) -> dict[str, Any]:
    """A clip on disk."""
    return {
        "sample": video.sample,
        "name": video.path.name,
        "path": video.relative_path(),
        "files_path": files_path(video.path),
        "mime": video.mime,
        "bytes": video.bytes,
        "seconds": video.seconds,
        "width": video.width,
        "height": video.height,
        "fps": video.fps,
        "has_audio": video.has_audio,
        "sha256": video.sha256,
        "poster": video.poster or None,
    }


def job(seen: Sighting, now: float) -> dict[str, Any]:
    """A job as it is seen at `now`, seconds since the epoch; times in the result are milliseconds."""
    record = seen.record
    width, height, typical, again = _expectations(record)
    receiving = seen.receiving
    return {
        "version": 1,
        "id": record.id,
        "state": str(record.state),
        "prompt": record.request.prompt,
        "model": record.model,
        "provider": record.provider,
        "emulator": record.provider == "emulator",
        "settings": settings(record),
        "width": width,
        "height": height,
        "price": price(record.cost, record.provider),
        "created_at": _milliseconds(record.created_at),
        "submitted_at": _milliseconds(record.submitted_at),
        "finished_at": _milliseconds(record.finished_at),
        "now": _milliseconds(now),
        "typical": typical,
        "held_back": record.held_back,
        "watching": seen.watching,
        "polls": record.polls,
        "next_poll_at": _milliseconds(seen.next_poll_at),
        "download": None
        if receiving is None
        else {"sample": receiving[0], "received": receiving[1], "total": receiving[2]},
        "error": _error(record),
        "notice": record.notice or None,
        "can": _possibilities(seen),
        "retry_price": again,
        "clips": [clip(video) for video in record.videos],
        "saved_class": saved_class(record.id),
    }


def _expectations(record: JobRecord) -> tuple[int, int, dict[str, float], str | None]:
    """Picture size, typical seconds and today's price; a model that has left the catalog has none."""
    typical = typical_seconds(record.provider, record.model)
    seconds = {"low": typical.low, "likely": typical.likely, "high": typical.high}
    model = _model(record)
    if model is None:
        return 1280, 720, seconds, None
    width, height = record.request.picture_size(model)
    return width, height, seconds, estimate(record.request, model).text


def _error(record: JobRecord) -> dict[str, Any] | None:
    problem = record.problem
    if problem is None:
        return None
    return {
        "title": problem.title,
        "message": problem.message,
        "remedy": problem.remedy,
        "charged": problem.charged or None,
    }


def _possibilities(seen: Sighting) -> dict[str, bool]:
    final, unknown = seen.record.state.is_final, seen.record.state is JobState.UNKNOWN
    return {
        "stop": seen.watching and not final,
        "resume": not seen.watching and not final,
        "cancel": not final and (seen.record.held_back or _can_be_cancelled(seen.record)),
        "retry": final,
        "look": unknown and lists(seen.record),
        "forget": unknown,
    }


def _can_be_cancelled(record: JobRecord) -> bool:
    """Whether the service stops an operation; Veo's wire has no way to."""
    endpoint = Endpoint(record.provider, record.surface, record.endpoint.get("base_url", ""))
    wire = wire_for(record.wire, record.surface)
    return bool(record.operation) and wire.cancel(record.operation, endpoint) is not None


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)
