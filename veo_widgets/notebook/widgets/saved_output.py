"""What stays in a saved notebook: prompt, settings, a poster and a link, readable with no kernel and no scripts.

Little HTML is used, and none with a poster in an element that readers refuse: what is refused is often written out.

JupyterLab shows "model not found" in place of a widget whose kernel is gone, even if its output holds HTML too, so this
is an output of its own. The live view hides it, and it hides that line.
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

from ...api.flags import MOST_EMBEDDED
from ...client.progress import Line
from ...domain.errors import DownloadError
from ...domain.job_record import JobRecord
from ...domain.media import UNSTYLED, Video
from ...domain.printable import html_output, printable
from . import job_state

# Grey that is visible on light and on dark: the colours of the page around it are not known.
CARD = (
    "border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:12px;max-width:640px;"
    "font-family:system-ui,sans-serif;font-size:14px;line-height:1.5"
)
GALLERY = "display:flex;flex-wrap:wrap;gap:12px;font-family:system-ui,sans-serif;font-size:14px;line-height:1.5"
QUIET = "opacity:.75;font-size:12px"
_PROGRESS = "display:flex;align-items:center;gap:8px;font-family:system-ui,sans-serif;font-size:13px"
_NO_CLIP = "There is no clip yet."
# In JupyterLab and Notebook an output without elements is a widget that is not there: "Loading widget..." and then
# "model not found". The rule is a comment, since readers that allow no <style> write out what it holds; nbconvert with
# sanitize_html writes out the empty element too, which the classes around it hide as they hide the player.
_HIDES_MISSING_VIEW = (
    f'<div class="{UNSTYLED}"><style><!-- .jp-OutputArea-child:not(:has(>.jp-OutputArea-output *))'
    ":has({above}.{name}){{display:none}} --></style></div>"
)
_NEXT = "+.jp-OutputArea-child "


@dataclass(frozen=True)
class Said:
    """What an output says beside the job itself.

    Attributes:
        remark: of the run of its cell; empty for nothing.
        takes: the earlier clips of the cell, with their numbers.
    """

    remark: str = ""
    takes: tuple[tuple[int, Video], ...] = ()


def bundle(record: JobRecord, *, embed: bool = False, said: Said | None = None, views: int = 1) -> dict[str, str]:
    """The output of a job, running or ended, as MIME types.

    Args:
        record: the job.
        embed: whether it holds the clips themselves, as base64, unless they are too large.
        said: what else it says.
        views: how many live views of the cell stand together, above as many outputs.
    """
    said = said or Said()
    told = [remark for video in record.videos if embed and (remark := _data_address(video)[1])]
    lines = [line for line in (said.remark, text(record), *told) if line]
    return mime_bundle(_job_html(record, said, embed=embed, views=views), lines, record.videos)


def gallery(clips: Sequence[tuple[Video, str]], name: str) -> dict[str, str]:
    """The output of clips side by side, as MIME types.

    Args:
        clips: the clips, each with its title.
        name: the class by which a live view hides it.
    """
    width = 640 if len(clips) == 1 else 240
    figures = "".join(_figure_html(video, title, width) for video, title in clips)
    lines = [" · ".join(filter(None, (video.relative_path(), title))) for video, title in clips]
    return mime_bundle(card(name, GALLERY, figures or _NO_CLIP), lines or [_NO_CLIP], [video for video, _ in clips])


def card(name: str, style: str, body: str, views: int = 1) -> str:
    """The HTML that stays: JupyterLab shows it alone where the live view is gone.

    Args:
        name: the class by which a live view hides it.
        style: its own.
        body: what it shows, as HTML.
        views: see `bundle`.
    """
    # As many outputs stand between a view and its own card as there are other views.
    above = "+*" * (views - 1) + _NEXT
    return html_output(
        _HIDES_MISSING_VIEW.format(above=above, name=escape(name)),
        f'<div class="{escape(name)}" style="{style}">{body}</div>',
    )


def progress_html(line: Line) -> str:
    """How far something is, as HTML: a bar, where that is known, and words."""
    share = "" if line.share is None else f' value="{line.share:.2f}"'
    bar = "" if line.share is None else f'<progress max="1"{share} aria-label="Progress"></progress>'
    return html_output(f'<div style="{_PROGRESS}">{bar}<span>{escape(line.text)}</span></div>')


def mime_bundle(html: str, lines: Iterable[str], videos: Sequence[Video]) -> dict[str, str]:
    """An output as HTML, as text, and as a picture for readers that draw nothing else of it, such as LaTeX.

    With several clips there is no picture, since it could show only one of them.
    """
    still = videos[0].still if len(videos) == 1 else ""
    return {
        "text/html": html,
        **({"image/jpeg": still} if still else {}),
        "text/plain": printable("\n".join(lines)),
    }


def _figure_html(video: Video, title: str, width: int) -> str:
    link = quote(video.relative_path(), safe="/:")
    return (
        f'<div style="max-width:100%;width:{width}px">{video.player_html(link, width)}'
        f'<div style="{QUIET};overflow-wrap:anywhere"><div>{escape(title)}</div>'
        f'<a href="{escape(link)}">{escape(video.path.name)}</a></div></div>'
    )


def text(record: JobRecord) -> str:
    """One line a clip, for terminals and readers that show text only."""
    remark = [record.remark] if record.remark else []
    if not record.videos and not record.state.is_final:
        return "\n".join([f"{_unfinished_text(record)} · {facts(record)}", *remark])
    if not record.videos:
        why = f": {record.problem.title}. {record.problem.message}" if record.problem else ""
        return "\n".join([f"{record.state}{why} · {facts(record)}", *remark])
    return "\n".join([*(f"{path_to(record, video)} · {facts(record, video)}" for video in record.videos), *remark])


def _unfinished_text(record: JobRecord) -> str:
    """What becomes of a job that had not ended when its output was last written, and the way back to it."""
    if record.held_back:
        return (
            f"Job {record.id} was not sent when this was saved. `%veo resume`, or `veo resume` in a terminal, sends it."
        )
    return (
        f"Job {record.id} had not ended when this was saved. "
        "`%veo resume`, or `veo resume` in a terminal, fetches its clip."
    )


def facts(record: JobRecord, video: Video | None = None) -> str:
    """Size, length, model and price."""
    seen = [f"{video.width}×{video.height}", f"{video.seconds:g} s"] if video else []
    seen += [record.model, record.cost.text]
    if record.provider == "emulator":
        seen.append("emulator: nothing was charged")
    return " · ".join(seen)


def path_to(record: JobRecord, video: Video) -> str:
    """The path from the notebook, or from the working folder where no notebook is known."""
    start = Path(record.notebook).parent if record.notebook else Path.cwd()
    try:
        return Path(os.path.relpath(video.path, start)).as_posix()
    except ValueError:
        # Another drive on Windows.
        return video.path.as_posix()


def _data_address(video: Video) -> tuple[str, str]:
    """A clip as a ``data:`` address, which is empty where it is too large or gone, and what to say of it."""
    size = f"{video.bytes / 1e6:.1f} MB"
    if video.bytes > MOST_EMBEDDED:
        most = f"{MOST_EMBEDDED / 1e6:.0f} MB"
        return "", f"Not put into this notebook: the clip has {size}, and at most {most} are. It is linked instead."
    try:
        data = base64.b64encode(video.fetch().read_bytes()).decode("ascii")
    except (OSError, DownloadError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        return "", f"Not put into this notebook: the clip cannot be read ({why or error})."
    return (
        f"data:{video.mime};base64,{data}",
        # Base64 makes four characters of three bytes.
        f"The clip is in this notebook, which it makes {video.bytes / 750_000:.1f} MB larger.",
    )


def _job_html(record: JobRecord, said: Said, *, embed: bool, views: int) -> str:
    prompt = escape(record.request.prompt)
    settings = " · ".join(f"{escape(label)} {escape(value)}" for label, value in job_state.settings(record))
    body = "".join(_clip_html(record, video, embed=embed) for video in record.videos) or without_clip(record)
    parts = (
        _run_remarks_html(record, said),
        f'<div style="white-space:pre-wrap">{prompt}</div>{body}{_job_remark_html(record)}',
        f'<div style="{QUIET}">{escape(facts(record))}</div><div style="{QUIET}">{settings}</div>',
    )
    return card(job_state.saved_class(record.id), CARD, "".join(parts), views)


def _job_remark_html(record: JobRecord) -> str:
    return _paragraph_html(escape(record.remark)) if record.remark else ""


def _paragraph_html(html: str, name: str = "") -> str:
    # Elements that whoever allows little HTML allows: with nbconvert's sanitize_html, <p> and <br> become text.
    named = f' class="{name}"' if name else ""
    return f'<div{named} style="margin:8px 0">{html}</div>'


def _run_remarks_html(record: JobRecord, said: Said) -> str:
    links = (
        f'<a href="{escape(quote(path_to(record, video), safe="/:"))}">Take {number}</a>'
        for number, video in said.takes
    )
    remarks = filter(None, (escape(said.remark), " · ".join(links)))
    return "".join(f'<div style="{QUIET};margin-bottom:8px">{remark}</div>' for remark in remarks)


def _clip_html(record: JobRecord, video: Video, *, embed: bool) -> str:
    # A file name of ours needs no quoting, but a folder of the user's may.
    link = quote(path_to(record, video), safe="/:")
    inside, remark = _data_address(video) if embed else ("", "")
    told = f"<div>{escape(remark)}</div>" if remark else ""
    named = f'<a href="{escape(link)}">{escape(video.path.name)}</a>'
    return (
        f"{video.player_html(inside or link)}"
        f'<div style="{QUIET}">{escape(video.uri) or named} · '
        f"{video.width}×{video.height} · {video.seconds:g} s · {video.bytes / 1e6:.1f} MB{told}</div>"
    )


def without_clip(record: JobRecord) -> str:
    """Why a job has no clip, or how to get one that it had not yet, as HTML."""
    problem = record.problem
    if not record.state.is_final:
        way = re.sub("`(.*?)`", r"<code>\1</code>", escape(_unfinished_text(record)))
        # The class by which a page finds it once the job has been taken up again.
        return _paragraph_html(way, "veo-open")
    if problem is None:
        return _paragraph_html(f"{escape(record.state)}: there is no clip.")
    words = " ".join(escape(word) for word in (problem.message, problem.remedy, problem.charged) if word)
    return _paragraph_html(f"<b>{escape(problem.title)}.</b> {words}")
