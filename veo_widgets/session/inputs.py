"""What a player, a grid or a form is given: jobs, clips, films, batches, files and ids, alone or several."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..client.plan import Plan
from ..domain.arguments import PATH, refusal
from ..domain.errors import InvalidRequestError, VeoError
from ..domain.formats.containers import ENDINGS, ENOUGH, container_of, described, what_came
from ..domain.media import Video
from ..domain.request import VideoRequest
from .groups.film import Film
from .groups.group import Group
from .groups.piece import has_clip
from .job import Job
from .loop import Loop
from .recipes import Recipe

Shown = Job | Video | Plan

_CLIPS = "a job, a clip, a film, a batch, a file's path, a job's id, or several of them"


def clips_of(given: Iterable[Any], client: Loop) -> list[Video]:
    """The clips that are there.

    Args:
        given: what a player was given.
        client: knows the jobs whose ids are named.

    Raises:
        InvalidRequestError: it is none of these, or there is no such file or job.
        VeoError: a film has no clip yet.
    """
    videos: list[Video] = []
    for item in shown_of(given, client, "clips"):
        if isinstance(item, Plan):
            raise refusal("clips", item, _CLIPS)
        videos += item.videos if isinstance(item, Job) else [item]
    return videos


def shown_of(given: Iterable[Any], client: Loop, parameter: str) -> list[Shown]:
    """Jobs, clips and plans, one after the other; a film that is whole is its one clip.

    Args:
        given: in whatever form the user has them.
        client: knows the jobs whose ids are named.
        parameter: what messages call them.
    """
    return [one for item in given for one in _flattened(item, client, parameter)]


def _flattened(item: Any, client: Loop, parameter: str) -> Iterator[Shown]:
    if isinstance(item, Shown):
        yield item
    elif isinstance(item, Group):
        yield from _clips_of_group(item)
    elif isinstance(item, str | os.PathLike):
        yield _file_or_job(os.fspath(item), isinstance(item, str), client, parameter)
    # These can be iterated over too, but yield numbers and names.
    elif isinstance(item, Iterable) and not isinstance(item, bytes | bytearray | dict):
        for one in item:
            yield from _flattened(one, client, parameter)
    else:
        raise refusal(parameter, item, _CLIPS)


def whole_film(item: Group) -> Video | None:
    """A film as its one clip; None of a batch, and while a shot has no clip."""
    if not isinstance(item, Film):
        return None
    jobs = item.jobs
    return item.video if len(jobs) == len(item.pieces) and all(has_clip(job.record) for job in jobs) else None


def _clips_of_group(item: Group) -> Iterator[Shown]:
    if whole := whole_film(item):
        yield whole
        return
    jobs = item.jobs
    if not jobs:
        raise VeoError(f"{item.title}: there is nothing to show yet; run() makes its clips.")
    yield from jobs


def _file_or_job(name: Any, may_be_id: bool, client: Loop, parameter: str) -> Job | Video:  # noqa: FBT001 (of `_flattened`)
    """A file, or the job of that id."""
    if not PATH.fits(name):
        raise InvalidRequestError(f"{parameter}: {name[:80]!r} is neither a file nor a job's id.", parameter=parameter)
    path = Path(name)
    with suppress(RuntimeError):
        # A ~name without a home is a file's name like any other.
        path = path.expanduser()
    # Names that no file system takes raise here; they are refused below, in a sentence.
    with suppress(OSError):
        if path.is_file():
            return video_at(path.absolute(), parameter)
    if may_be_id and not name.lower().endswith(ENDINGS) and not {"/", "\\"} & set(name) and name:
        with suppress(InvalidRequestError):
            return Job(client, client.call(client.asynchronous.job, name).id)
        raise InvalidRequestError(f"{parameter}: {name[:80]!r} is neither a file nor a job's id.", parameter=parameter)
    raise InvalidRequestError(f"{parameter}: there is no file {str(name)[:200]!r}.", parameter=parameter, value=name)


def video_at(path: Path, parameter: str) -> Video:
    """A clip on disk as the file itself describes it, with the job that its sidecar names.

    Raises:
        InvalidRequestError: it is not a clip, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(ENOUGH)
            kind = container_of(start)
            if kind is None:
                message = f"{parameter}: {path.name!r} is {what_came(start)}; MP4, WebM and Matroska can be played."
                raise InvalidRequestError(message, parameter=parameter, value=str(path))
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            facts = asdict(described(file, kind))
        named = Video(path).recipe.get("job")
        # The sidecar may be anybody's.
        job_id = named if isinstance(named, str) else ""
        return Video(path, bytes=path.stat().st_size, digest=digest, job_id=job_id, mime=kind.mime, **facts)
    except OSError as error:
        message = f"{parameter}: cannot read {str(path)!r}: {error.strerror or error}."
        raise InvalidRequestError(message, parameter=parameter, value=str(path)) from None


def request_of(given: Any) -> tuple[str, dict[str, Any]]:
    """The prompt and the values that a form begins with: a prompt, or a request in whatever form the user has it.

    Raises:
        InvalidRequestError: it is none of these.
    """
    if isinstance(given, str):
        return given, {}
    provider = given.record.provider if isinstance(given, Job) else getattr(given, "provider", None)
    request = getattr(given, "request", given)
    if not isinstance(request, VideoRequest) or not isinstance(given, VideoRequest | Recipe | Job | Plan):
        raise refusal("prompt", given, "a prompt, a recipe, a request or a job")
    said = request.said()
    # A plan has the provider itself, a recipe and a job its name.
    named = getattr(provider, "name", provider)
    return said.pop("prompt", ""), {**said, **({"provider": named} if named else {})}
