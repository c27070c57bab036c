"""What stays in a saved notebook: prompt, settings, a poster and a link, readable with no kernel and no scripts.

Little HTML is used, and none with a poster in an element that readers refuse: what is refused is often written out.

JupyterLab shows "model not found" in place of a widget whose kernel is gone, even if its output holds HTML too, so this
is an output of its own. The live view hides it.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..flags import MOST_EMBEDDED
from ..media import Video
from ..printable import html_output, printable
from ..record import JobRecord
from . import description

_CARD = (
    "border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:12px;max-width:640px;"
    "font-family:system-ui,sans-serif;font-size:14px;line-height:1.5"
)
_GALLERY = "display:flex;flex-wrap:wrap;gap:12px;font-family:system-ui,sans-serif;font-size:14px;line-height:1.5"
_QUIET = "opacity:.75;font-size:12px"
_NO_CLIP = "There is no clip yet."


@dataclass(frozen=True)
class Said:
    """What an output says beside the job itself.

    Attributes:
        remark: of the run of its cell; empty for nothing.
        takes: the earlier clips of the cell, with their numbers.
    """

    remark: str = ""
    takes: tuple[tuple[int, Video], ...] = ()


def bundle(record: JobRecord, *, embed: bool = False, said: Said | None = None) -> dict[str, str]:
    """The output of a job, running or ended, as MIME types.

    Args:
        record: the job.
        embed: whether it holds the clips themselves, as base64, as far as they are not too large.
        said: what else it says.
    """
    said = said or Said()
    told = [remark for video in record.videos if embed and (remark := _embedded(video)[1])]
    lines = [line for line in (said.remark, text(record), *told) if line]
    return _forms(_html(record, said, embed=embed), lines, record.videos)


def gallery(clips: Sequence[tuple[Video, str]], name: str) -> dict[str, str]:
    """The output of clips side by side, as MIME types.

    Args:
        clips: the clips, each with its title.
        name: the class by which a live view hides it.
    """
    width = 640 if len(clips) == 1 else 240
    figures = "".join(_figure(video, title, width) for video, title in clips)
    lines = [" · ".join(filter(None, (video.relative_path(), title))) for video, title in clips]
    html = html_output(f'<div class="{escape(name)}" style="{_GALLERY}">{figures or _NO_CLIP}</div>')
    return _forms(html, lines or [_NO_CLIP], [video for video, _ in clips])


def _forms(html: str, lines: Iterable[str], videos: Sequence[Video]) -> dict[str, str]:
    """An output as HTML, as text, and as a picture for readers that draw nothing else of it, such as LaTeX.

    A picture says nothing of a second clip, so that there is none with several.
    """
    still = videos[0].still if len(videos) == 1 else ""
    return {
        "text/html": html,
        **({"image/jpeg": still} if still else {}),
        "text/plain": printable("\n".join(lines)),
    }


def _figure(video: Video, title: str, width: int) -> str:
    link = quote(video.relative_path(), safe="/:")
    return (
        f'<div style="max-width:100%;width:{width}px">{video.player_html(link, width)}'
        f'<div style="{_QUIET};overflow-wrap:anywhere"><div>{escape(title)}</div>'
        f'<a href="{escape(link)}">{escape(video.path.name)}</a></div></div>'
    )


def text(record: JobRecord) -> str:
    """One line a clip, for terminals and readers that show text only."""
    remark = [record.remark] if record.remark else []
    if not record.videos and not record.state.is_final:
        return "\n".join([f"{_open(record)} · {_facts(record)}", *remark])
    if not record.videos:
        why = f": {record.problem.title}. {record.problem.message}" if record.problem else ""
        return "\n".join([f"{record.state}{why} · {_facts(record)}", *remark])
    return "\n".join([*(f"{_link(record, video)} · {_facts(record, video)}" for video in record.videos), *remark])


def _open(record: JobRecord) -> str:
    """What becomes of a job that had not ended when its output was last written, and the way back to it."""
    if record.held_back:
        return (
            f"Job {record.id} was not sent when this was saved. `%veo resume`, or `veo resume` in a terminal, sends it."
        )
    return (
        f"Job {record.id} had not ended when this was saved, and goes on at the service. "
        "`%veo resume`, or `veo resume` in a terminal, brings its clip home."
    )


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


def _embedded(video: Video) -> tuple[str, str]:
    """A clip as a ``data:`` address, which is empty where it is too large or gone, and what to say of it."""
    size = f"{video.bytes / 1e6:.1f} MB"
    if video.bytes > MOST_EMBEDDED:
        most = f"{MOST_EMBEDDED / 1e6:.0f} MB"
        return "", f"Not put into this notebook: the clip has {size}, and at most {most} are. It is linked instead."
    try:
        data = base64.b64encode(video.path.read_bytes()).decode("ascii")
    except OSError as error:
        return "", f"Not put into this notebook: the clip cannot be read ({error.strerror or error})."
    return (
        f"data:{video.mime};base64,{data}",
        f"The clip is in this notebook, which it makes {video.bytes / 750_000:.1f} MB larger.",
    )


def _html(record: JobRecord, said: Said, *, embed: bool) -> str:
    prompt = escape(record.request.prompt)
    settings = " · ".join(f"{escape(label)} {escape(value)}" for label, value in description.settings(record))
    body = "".join(_clip(record, video, embed=embed) for video in record.videos) or _without_clip(record)
    return html_output(
        f'<div class="{description.saved_class(record.id)}" style="{_CARD}">{_said(record, said)}',
        f'<div style="white-space:pre-wrap">{prompt}</div>{body}{_remark(record)}',
        f'<div style="{_QUIET}">{escape(_facts(record))}</div><div style="{_QUIET}">{settings}</div></div>',
    )


def _remark(record: JobRecord) -> str:
    return _paragraph(escape(record.remark)) if record.remark else ""


def _paragraph(html: str, name: str = "") -> str:
    # Elements that whoever allows little HTML allows: with nbconvert's sanitize_html, <p> and <br> become text.
    named = f' class="{name}"' if name else ""
    return f'<div{named} style="margin:8px 0">{html}</div>'


def _said(record: JobRecord, said: Said) -> str:
    links = (
        f'<a href="{escape(quote(_link(record, video), safe="/:"))}">Take {number}</a>' for number, video in said.takes
    )
    remarks = filter(None, (escape(said.remark), " · ".join(links)))
    return "".join(f'<div style="{_QUIET};margin-bottom:8px">{remark}</div>' for remark in remarks)


def _clip(record: JobRecord, video: Video, *, embed: bool) -> str:
    # A file name of ours needs no quoting, but a folder of the user's may.
    link = quote(_link(record, video), safe="/:")
    inside, remark = _embedded(video) if embed else ("", "")
    told = f"<div>{escape(remark)}</div>" if remark else ""
    return (
        f"{video.player_html(inside or link)}"
        f'<div style="{_QUIET}"><a href="{escape(link)}">{escape(video.path.name)}</a> · '
        f"{video.width}×{video.height} · {video.seconds:g} s · {video.bytes / 1e6:.1f} MB{told}</div>"
    )


def _without_clip(record: JobRecord) -> str:
    problem = record.problem
    if not record.state.is_final:
        way = re.sub("`(.*?)`", r"<code>\1</code>", escape(_open(record)))
        # The class by which a page finds it once the job has been taken up again.
        return _paragraph(way, "veo-open")
    if problem is None:
        return _paragraph(f"{escape(record.state)}: there is no clip.")
    words = " ".join(escape(word) for word in (problem.message, problem.remedy, problem.charged) if word)
    return _paragraph(f"<b>{escape(problem.title)}.</b> {words}")
