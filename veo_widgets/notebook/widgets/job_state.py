"""Jobs and clips as the JSON that the browser draws them from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..board import Sighting
from ..catalog import Model
from ..errors import ConfigError, VeoError
from ..looks import typical_seconds
from ..media import Video
from ..pricing import Cost, estimate
from ..providers import Endpoint, model_at, provider_named
from ..record import JobRecord, JobState
from ..server_files import files_path
from ..wires import wire_for
from . import captions, snippets

_FREE = "on a real account; the emulator is free"


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


def asked_for(recipe: dict[str, Any]) -> dict[str, Any]:
    """The request in a clip's recipe; the file may be anybody's and hold anything."""
    request = recipe.get("request")
    return request if isinstance(request, dict) else {}


def clip(video: Video) -> dict[str, Any]:
    """A clip on disk, and how it was asked for as far as its recipe tells."""
    recipe = video.recipe
    request, provider = asked_for(recipe), str(recipe.get("provider", ""))
    shown = captions.beside(video.path)
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
        "credentials": _credentials(video),
        "captions": shown.text,
        "captions_language": shown.language,
        "captions_note": shown.note,
        "code": {"python": snippets.python(request, provider), "magic": snippets.magic(request, provider)}
        if request
        else None,
    }


def _credentials(video: Video) -> list[list[str]]:
    """Label and value of what is known of a clip's Content Credentials."""
    try:
        found = video.credentials
    except ConfigError as error:
        return [["Content Credentials", str(error)]]
    verdict = "none" if found.state == "none" else found.verdict
    return [["Content Credentials", verdict], *([["Claims", found.claims]] if found.claims else [])]


def job(seen: Sighting, now: float, offers: dict[str, Any] | None = None) -> dict[str, Any]:
    """A job as it is seen at `now`, seconds since the epoch; times in the result are milliseconds.

    Args:
        seen: the job.
        now: seconds since the epoch.
        offers: what can be made of its clips: see `sequels.offers`.
    """
    record = seen.record
    width, height, again = _expectations(record)
    return {
        "version": 1,
        **progress(seen, now),
        "model": record.model,
        "provider": record.provider,
        "emulator": record.provider == "emulator",
        "settings": settings(record),
        "width": width,
        "height": height,
        "polls": record.polls,
        "next_poll_at": _milliseconds(seen.next_poll_at),
        "notice": seen.notice or None,
        "can": _possibilities(seen),
        "retry_price": again,
        "clips": [{**clip(video), "offers": offers or {}} for video in record.videos],
        "saved_class": saved_class(record.id),
    }


def progress(seen: Sighting, now: float) -> dict[str, Any]:
    """How a job stands, in short: enough for a clock, a bar and a reason; times as in `job`."""
    record = seen.record
    receiving = seen.receiving
    typical = typical_seconds(record.provider, record.model)
    return {
        "id": record.id,
        "state": str(record.state),
        "prompt": record.request.prompt,
        "price": price(record.cost, record.provider),
        "created_at": _milliseconds(record.created_at),
        "submitted_at": _milliseconds(record.submitted_at),
        "finished_at": _milliseconds(record.finished_at),
        "now": _milliseconds(now),
        "typical": {"low": typical.low, "likely": typical.likely, "high": typical.high},
        "held_back": record.held_back,
        "watching": seen.watching,
        "download": None
        if receiving is None
        else {"sample": receiving[0], "received": receiving[1], "total": receiving[2]},
        "error": _error(record),
    }


def _expectations(record: JobRecord) -> tuple[int, int, str | None]:
    """Picture size and today's price; a model that has left the catalog has none."""
    model = _model(record)
    if model is None:
        return 1280, 720, None
    width, height = record.request.picture_size(model)
    return width, height, estimate(record.request, model).text


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
        "look": seen.record.is_unfetched or (unknown and seen.record.is_listed),
        "forget": unknown,
    }


def _can_be_cancelled(record: JobRecord) -> bool:
    """Whether the service stops an operation; Veo's wire has no way to."""
    endpoint = Endpoint(record.provider, record.surface, record.endpoint.get("base_url", ""))
    wire = wire_for(record.wire, record.surface)
    return bool(record.operation) and wire.cancel(record.operation, endpoint) is not None


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)
