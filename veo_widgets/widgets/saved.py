"""What stays in a saved notebook: prompt, settings, a poster and a link, readable with no kernel and no scripts.

JupyterLab shows "model not found" in place of a widget whose kernel is gone, even if its output holds HTML too, so this
is an output of its own. The live view hides it.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..media import Video
from ..printable import printable
from ..record import JobRecord
from . import description

_CARD = (
    "border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:12px;max-width:640px;"
    "font-family:system-ui,sans-serif;font-size:14px;line-height:1.5"
)
_FRAME = "display:block;width:100%;max-height:480px;margin:8px 0;border-radius:4px;background:#000"
_QUIET = "opacity:.75;font-size:12px"


def bundle(record: JobRecord) -> dict[str, str]:
    """The output of a job, running or ended, as MIME types."""
    return {"text/html": _html(record), "text/plain": printable(text(record))}


def text(record: JobRecord) -> str:
    """One line a clip, for terminals and readers that show text only."""
    if not record.videos:
        why = f": {record.problem.title}. {record.problem.message}" if record.problem else ""
        return f"{record.state}{why} · {_facts(record)}"
    return "\n".join(f"{_link(record, video)} · {_facts(record, video)}" for video in record.videos)


def _facts(record: JobRecord, video: Video | None = None) -> str:
    seen = [f"{video.width}×{video.height}", f"{video.seconds:g} s"] if video else []
    seen += [record.model, record.cost.text]
    if record.provider == "emulator":
        seen.append("emulator: nothing was charged")
    return " · ".join(seen)


def _link(record: JobRecord, video: Video) -> str:
    """The path from the notebook, or from the working folder where no notebook is known."""
    start = Path(record.notebook).parent if record.notebook else Path.cwd()
    try:
        return Path(os.path.relpath(video.path, start)).as_posix()
    except ValueError:
        # Another drive on Windows.
        return video.path.as_posix()


def _html(record: JobRecord) -> str:
    prompt = escape(record.request.prompt)
    settings = " · ".join(f"{escape(label)} {escape(value)}" for label, value in description.settings(record))
    body = "".join(_clip(record, video) for video in record.videos) or _without_clip(record)
    return (
        f'<div class="{description.saved_class(record.id)}" style="{_CARD}">'
        f'<div style="white-space:pre-wrap">{prompt}</div>{body}'
        f'<div style="{_QUIET}">{escape(_facts(record))}<br>{settings}</div></div>'
    )


def _clip(record: JobRecord, video: Video) -> str:
    # A file name of ours needs no quoting, but a folder of the user's may.
    link = escape(quote(_link(record, video), safe="/:"))
    poster = escape(video.poster)
    # Readers that drop <video> keep what is inside it.
    still = f'<img src="{poster}" alt="A frame of the clip" style="max-width:100%">' if poster else ""
    attributes = f' poster="{poster}"' if poster else ""
    return (
        f'<video controls preload="metadata" src="{link}"{attributes} '
        f'style="{_FRAME}">{still}</video>'
        f'<div style="{_QUIET}"><a href="{link}">{escape(video.path.name)}</a> · {video.width}×{video.height} · '
        f"{video.seconds:g} s · {video.bytes / 1e6:.1f} MB</div>"
    )


def _without_clip(record: JobRecord) -> str:
    problem = record.problem
    if problem is None:
        return f'<p style="margin:8px 0">{escape(record.state)}: the clip was not there yet when this was saved.</p>'
    words = " ".join(escape(word) for word in (problem.message, problem.remedy, problem.charged) if word)
    return f'<p style="margin:8px 0"><b>{escape(problem.title)}.</b> {words}</p>'
