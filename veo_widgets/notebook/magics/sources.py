"""What the words after ``--extend``, ``--first-frame`` and their like stand for: a variable, a job's id, a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...api import functions
from ...client.plan import following
from ...domain.errors import VeoError
from ...domain.media import Video
from ...domain.params import BY_NAME
from ...session.job import Job

_JOB_ID = re.compile(r"[a-z2-9]{4,8}")


def with_sources(values: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a line, with pictures and clips in place of the words that stand for them.

    A job's clip that is to be continued or edited brings the job's provider and model with it.

    Args:
        values: as the line has them.
        names: the notebook's variables.

    Raises:
        InvalidRequestError: the job that is named has no clip.
    """
    meant = dict(values)
    for name, value in values.items():
        kind = BY_NAME[name].kind if name in BY_NAME else ""
        if kind == "video":
            meant = _continue_from(name, _resolve_word(value, names, clips=True), meant)
        elif kind == "image":
            meant[name] = _resolve_word(value, names)
        elif kind in {"images", "videos"}:
            meant[name] = _resolve_words(value, names, clips=kind == "videos")
    return meant


def _resolve_words(words: list[str], names: Mapping[str, Any], *, clips: bool) -> list[Any]:
    found = []
    for word in words:
        value = _resolve_word(word, names, clips=clips)
        if isinstance(value, Job):
            found += [video.fetch() for video in value.videos[:1]]
        else:
            found += value if isinstance(value, list | tuple) else [value]
    return found


def _resolve_word(word: str, names: Mapping[str, Any], *, clips: bool = False) -> Any:
    """A file goes before a variable, and that before a job's id."""
    if Path(word).exists():
        return word
    if word in names:
        return names[word]
    if clips and _JOB_ID.fullmatch(word):
        try:
            return functions.job(word)
        except VeoError:
            # An address or an id of the service's own, which is looked at where it is sent.
            return word
    return word


def _continue_from(name: str, value: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What a request that continues a clip takes over from its job."""
    # `job.videos` where there is one clip.
    if isinstance(value, tuple | list) and len(value) == 1:
        value = value[0]
    job, sample = (value, 0) if isinstance(value, Job) else _job_of_clip(value)
    rest = {key: item for key, item in values.items() if key != name}
    if job is None:
        return {**rest, name: value}
    return following(job.record, name, {**rest, "sample": sample})


def _job_of_clip(value: Any) -> tuple[Job | None, int]:
    """The job of a clip, if the ledger has it, and which of its clips it is."""
    if isinstance(value, Video) and value.job_id:
        try:
            return functions.job(value.job_id), value.sample
        except VeoError:
            return None, 0
    return None, 0
