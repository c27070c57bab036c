"""What stays of a form and of a studio in a saved notebook: the draft in words, or the newest jobs as small cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import quote

from ....client.plan import Plan
from ....domain.job_record import JobRecord
from ....domain.media import Video
from ....domain.request import VideoRequest
from ....storage.clips.poster import smaller
from .. import job_state
from ..saved_output import CARD, GALLERY, QUIET, card, facts, mime_bundle, path_to, without_clip

_WIDTH = 240
# All of it is to stay below 40 kB, whatever the prompts hold: an escaped character takes up to fourteen bytes.
_MOST_SHOWN = 5
_STILL_BYTES = 3_200
_LONGEST, _BRIEF = 1_000, 160
_REMARK = "The form as it was when this notebook was saved. Run the cell to open it again."
_EMPTY = "Nothing was written yet."
_MORE = "and {} more; <code>%veo jobs</code> lists them."


def draft(request: VideoRequest, plan: Plan | None, name: str, text: str) -> dict[str, str]:
    """The output of a form as MIME types: prompt, price and settings.

    Args:
        request: what stands in the form.
        plan: the same with everything decided, if that is possible yet.
        name: the class by which a live view hides it.
        text: what readers of text see.
    """
    prompt = escape(_shortened(request.prompt, _LONGEST)) or f'<span style="{QUIET}">{_EMPTY}</span>'
    full = plan.full if plan else request
    pairs = replace(full, samples=None if full.samples == 1 else full.samples).settings()
    settings = " · ".join(f"{label} {_shortened(value, _BRIEF)}" for label, value in pairs)
    lines = (_REMARK, _price_line(plan) if plan else request.model, settings)
    first, *last = (f'<div style="{QUIET}">{escape(line)}</div>' for line in lines if line)
    body = f'{first}<div style="white-space:pre-wrap;margin:8px 0">{prompt}</div>{"".join(last)}'
    return mime_bundle(card(name, CARD, body), [text], ())


def jobs(
    records: Sequence[JobRecord], name: str, text: str, *, most: int = _MOST_SHOWN, others: int = 0
) -> dict[str, str]:
    """The output of a studio or a library as MIME types: the newest clips with still, prompt, link and price.

    Args:
        records: the jobs, newest first.
        name: the class by which a live view hides it.
        text: what readers of text see.
        most: how many clips it shows.
        others: how many jobs there are beside these.
    """
    found = [(record, video) for record in records for video in record.videos or (None,)]
    shown, cards, left = found[:most], "", most * _STILL_BYTES * 4 // 3 + 500
    for record, video in shown:
        still = smaller(video.poster, _WIDTH, _STILL_BYTES) if video and video.poster else ""
        still = still if len(still) <= left else ""
        left -= len(still)
        cards += _job_card(record, video, still)
    more = len(found) - len(shown) + others
    body = cards + (f'<div style="{QUIET};width:100%">{_MORE.format(more)}</div>' if more else "")
    body = body or "There is nothing here yet."
    return mime_bundle(card(name, GALLERY, body), [text], [video for _, video in found if video])


def _job_card(record: JobRecord, video: Video | None, still: str) -> str:
    prompt = escape(_shortened(record.request.prompt, _BRIEF))
    about = f'<div>{prompt}</div><div style="{QUIET}">{escape(facts(record, video))}</div>'
    if video is None:
        body = f"{without_clip(record)}{about}"
    else:
        link = quote(path_to(record, video), safe="/:")
        named = f'<a href="{escape(link)}">{escape(video.path.name)}</a>'
        body = f'{video.player_html(link, _WIDTH, still)}{about}<div style="{QUIET}">{named}</div>'
    return f'<div style="max-width:100%;width:{_WIDTH}px;overflow-wrap:anywhere">{body}</div>'


def _price_line(plan: Plan) -> str:
    price = job_state.price(plan.cost, plan.provider.name)
    return " · ".join(filter(None, (plan.model.id, price["text"], price["note"])))


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest].rstrip()} …"
