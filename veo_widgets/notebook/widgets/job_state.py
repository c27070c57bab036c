"""Jobs and clips as the JSON that the browser draws them from."""

from __future__ import annotations

import os
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from ...client.job_route import keeps_list, model_of
from ...client.job_status import typical_seconds
from ...client.live_jobs import Sighting
from ...client.poll_schedule import Pace
from ...config.jupyter_server import files_path
from ...domain import snippets
from ...domain.errors import ConfigError
from ...domain.formats.provenance import TRUST, credentials_of
from ...domain.job_record import JobRecord, JobState
from ...domain.media import Video
from ...domain.pricing import Cost
from ...providers.registry import Endpoint, is_own_server
from ...providers.wires import wire_for
from ...session.loop import on_a_loop
from ...storage.clips import captions

# What clips say of themselves, by the states of their files: to read a signed one takes a look at every byte of it.
_read: dict[tuple[object, ...], list[list[str]]] = {}
_MOST_READ = 1000
# Of a film, whose recipe may be anybody's.
_MOST_SHOTS, _MOST_LETTERS = 1000, 200
_FREE = "on a real account; the emulator is free"
_OWN = "your own server"


def saved_class(job_id: str) -> str:
    """The class of the plain output for readers without a kernel, which the live view hides."""
    return f"veo-saved-{job_id}"


def price(cost: Cost, provider: str) -> dict[str, Any]:
    """Amount, text and remark."""
    note = cost.note
    if provider == "emulator" and cost.usd:
        note = _FREE
    elif cost.usd == 0 and not note and is_own_server(provider):
        note = _OWN
    return {"usd": cost.usd, "text": cost.text, "note": note or None}


def settings(record: JobRecord) -> list[list[str]]:
    """Label and value of what was sent, defaults included; that it is one clip goes without saying."""
    model = model_of(record)
    full = record.request.completed(model) if model else record.request
    return [list(pair) for pair in replace(full, samples=None if full.samples == 1 else full.samples).settings()]


def asked_for(recipe: dict[str, Any]) -> dict[str, Any]:
    """The request in a clip's recipe; the file may be anybody's and hold anything."""
    request = recipe.get("request")
    return request if isinstance(request, dict) else {}


def shots_of(recipe: dict[str, Any]) -> list[list[Any]]:
    """When each shot of a film begins, in seconds, and its name, as its recipe has them; empty of any other clip."""
    given = recipe.get("shots")
    found = [shot for shot in given[:_MOST_SHOTS] if _is_shot(shot)] if isinstance(given, list) else []
    return sorted(found) if len(found) > 1 else []


def _is_shot(given: Any) -> bool:
    match given:
        case [int() | float() as seconds, str() as name]:
            return 0 <= seconds < inf and len(name) <= _MOST_LETTERS
    return False


def clip(video: Video) -> dict[str, Any]:
    """A clip on disk, and the request behind it if its recipe tells.

    On a client's loop its Content Credentials are left out until `read_credentials` has read them elsewhere.
    """
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
        "sha256": video.digest,
        "version": video.version,
        "poster": video.poster or None,
        "credentials": _read.get(_file_state(video)) if on_a_loop() else read_credentials(video),
        "captions": shown.text,
        "captions_language": shown.language,
        "captions_note": shown.note,
        "code": {"python": snippets.python(request, provider), "magic": snippets.magic(request, provider)}
        if request
        else None,
    }


def has_read(video: Video) -> bool:
    """Whether `read_credentials` has read this clip as its file is now."""
    return _file_state(video) in _read


def read_credentials(video: Video) -> list[list[str]]:
    """Label and value of what is known of a clip's Content Credentials; a file is read once, until it changes."""
    state = _file_state(video)
    if state not in _read:
        while len(_read) >= _MOST_READ:
            _read.pop(next(iter(_read)), None)
        _read[state] = _credentials(video)
    return _read[state]


def _file_state(video: Video) -> tuple[object, ...]:
    """What changes with a clip's file, and with the list of whom to trust."""
    state: list[object] = []
    for path in (str(video.path), os.environ.get(TRUST, "")):
        try:
            found = Path(path).stat()
            state += [path, found.st_ino, found.st_size, found.st_mtime_ns]
        except (OSError, ValueError):
            state.append(path)
    return tuple(state)


def _credentials(video: Video) -> list[list[str]]:
    try:
        # Of a clip in a bucket only its copy here: nothing is fetched in order to be drawn.
        found = credentials_of(video.path)
    except ConfigError as error:
        return [["Content Credentials", str(error)]]
    verdict = "none" if found.state == "none" else found.verdict
    return [["Content Credentials", verdict], *([["Claims", found.claims]] if found.claims else [])]


def job(seen: Sighting, now: float, offers: dict[str, Any] | None = None, again: Cost | None = None) -> dict[str, Any]:
    """A job as it is seen at `now`, seconds since the epoch; times in the result are milliseconds.

    Args:
        seen: the job.
        now: seconds since the epoch.
        offers: what can be made of its clips: see `sequels.offers`.
        again: what its request would cost now, if it is known.
    """
    record = seen.record
    model = model_of(record)
    width, height = record.request.picture_size(model) if model else (1280, 720)
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
        "can": _allowed_commands(seen),
        "retry_price": again and again.text,
        "clips": [{**clip(video), "offers": offers or {}} for video in record.videos],
        "saved_class": saved_class(record.id),
    }


def progress(seen: Sighting, now: float) -> dict[str, Any]:
    """How a job stands, in short: enough for a clock, a bar and a reason; times as in `job`."""
    record = seen.record
    receiving = seen.receiving
    typical = seen.usual or typical_seconds(record.provider, record.model)
    return {
        "id": record.id,
        "state": str(record.state),
        "prompt": record.request.prompt,
        "price": price(record.cost, record.provider),
        "created_at": _milliseconds(record.created_at),
        "submitted_at": _milliseconds(record.submitted_at),
        "finished_at": _milliseconds(record.finished_at),
        # The browser counts from here, since its own clock may be off.
        "now": _milliseconds(now),
        "typical": {"low": typical.low, "likely": typical.likely, "high": typical.high, "guess": typical.is_guess},
        "pace": _pace(seen.pace),
        "held_back": record.held_back,
        "watching": seen.watching,
        "download": None
        if receiving is None
        else {"sample": receiving[0], "received": receiving[1], "total": receiving[2]},
        "error": error(record),
    }


def _pace(pace: Pace | None) -> dict[str, Any] | None:
    if pace is None:
        return None
    return {"share": pace.share, "at": _milliseconds(pace.at), "ends_at": _milliseconds(pace.ends_at)}


def error(record: JobRecord) -> dict[str, Any] | None:
    """Why a job has no clip, and what to do; None where there is nothing to say."""
    problem = record.problem
    if problem is None:
        return None
    return {
        "title": problem.title,
        "message": problem.message,
        "remedy": problem.remedy,
        "charged": problem.charged or None,
    }


def _allowed_commands(seen: Sighting) -> dict[str, bool]:
    final, unknown = seen.record.state.is_final, seen.record.state is JobState.UNKNOWN
    return {
        "stop": seen.watching and not final,
        "resume": not seen.watching and not final,
        # What was not sent yet can be cancelled whatever the service can do.
        "cancel": not final and (seen.record.held_back or _can_be_cancelled(seen.record)),
        "retry": final,
        # A job whose id never arrived can be found only where the service keeps a list.
        "look": seen.record.is_unfetched or (unknown and keeps_list(seen.record)),
        "forget": unknown,
    }


def _can_be_cancelled(record: JobRecord) -> bool:
    """Whether the service stops an operation; Veo's wire has no way to."""
    endpoint = Endpoint(record.provider, record.surface, record.endpoint.get("base_url", ""))
    wire = wire_for(record.wire, record.surface)
    return bool(record.operation) and wire.cancel(record.operation, endpoint) is not None


def _milliseconds(at: float | None) -> int | None:
    # JavaScript counts time in milliseconds.
    return None if at is None else round(at * 1000)
