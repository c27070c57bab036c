"""Contact sheets of several clips: a still of each with prompt, model, length and price, as a picture and as HTML."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..client.plan import Plan
from ..domain.arguments import COUNT, PATH, accepts, refusal
from ..domain.buckets import file_address_of, is_address, put
from ..domain.errors import DownloadError, InvalidRequestError, MissingExtraError, VeoError
from ..domain.formats import contact_sheets
from ..domain.formats.clip_frames import MOST_STILLS
from ..domain.formats.contact_sheets import Still
from ..domain.job_record import JobRecord
from ..domain.media import Video
from ..domain.paths import expanded
from ..domain.pricing import Cost
from ..domain.printable import html_output, printable
from ..storage.clips.stills import still_of
from .executors import each

if TYPE_CHECKING:
    from ..domain.formats.video_frames import Picture

# Of each still in a picture, in pixels; the stills that lie beside clips have up to 480.
_WIDTH = 320
_PAGES, _PICTURES = (".html", ".htm"), (".png", ".jpg", ".jpeg", ".webp")
# Pixels on a side, at most: of WebP by its format, of JPEG by libjpeg.
_LONGEST = {".webp": 16_383, ".jpg": 65_500, ".jpeg": 65_500}
# Greys that are seen on light and on dark: in a notebook the colours of the page are not known.
_QUIET, _BOX = "opacity:.72", "border:1px dashed rgba(128,128,128,.7)"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; padding: 28px; background: light-dark(#fafafa, #1b1c1f); color: light-dark(#1c1d20, #ececee); }}
@media print {{ figure {{ break-inside: avoid; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Item:
    """A clip on a sheet, or the place of one that there is not.

    Attributes:
        title: what it is called, such as ``row 3``.
        prompt: what was asked for.
        facts: model, length and price.
        poster: its still as a ``data:`` address; empty where there is none.
        reason: why there is no clip, or what becomes of it.
        file: its name.
        shape: width and height of the picture.
        video: the clip, while its file is there.
    """

    title: str
    prompt: str
    facts: str
    poster: str = field(default="", repr=False)
    reason: str = ""
    file: str = ""
    shape: tuple[int, int] = (16, 9)
    video: Video | None = field(default=None, repr=False)

    @property
    def jpeg(self) -> bytes | None:
        """The still as a file of its own."""
        try:
            return base64.b64decode(self.poster.partition(",")[2]) or None
        except binascii.Error:
            return None


class ContactSheet:
    """Stills of several clips, each with its prompt, model, length and price; one without a clip says why.

    In a notebook it shows itself. `save` writes it as a picture or as a page.

    Attributes:
        title: what it is of.
        items: what is on it, in order.

    Args:
        title: as above.
        items: as above.
        columns: how many stand beside each other, where there is room.
    """

    def __init__(self, title: str, items: Iterable[Item], columns: int = 5) -> None:
        if columns is None or not COUNT.fits(columns):
            raise refusal("columns", columns, COUNT.words)
        self.title, self.items, self._columns = title, tuple(items), columns

    @property
    def image(self) -> Picture:
        """The sheet as a Pillow image, of the first 400 clips.

        Raises:
            MissingExtraError: the extra ``media`` is not installed.
        """
        stills = [
            Still(item.jpeg, item.title, item.prompt, item.facts, item.reason or "There is no still.", item.shape)
            for item in self.items[:MOST_STILLS]
        ]
        more = f", of which the first {MOST_STILLS} are here" if len(self.items) > MOST_STILLS else ""
        try:
            return contact_sheets.drawn(stills, self._columns, _WIDTH, self.title, self._count_text() + more)
        except ImportError:
            raise MissingExtraError("A contact sheet as a picture", "media") from None

    @property
    def html(self) -> str:
        """The sheet as a page that needs no other file."""
        return _PAGE.format(title=escape(printable(self.title)), body=self._body("h1"))

    @accepts(path=PATH)
    def save(self, path: str | os.PathLike[str]) -> Path | str:
        """Write the sheet, in place of what is there.

        Args:
            path: a file that ends in ``.html``, ``.png``, ``.jpg`` or ``.webp``; in a bucket its address, such as
                ``s3://films/cats.html``.

        Returns:
            The file, or the address.

        Raises:
            InvalidRequestError: another ending, or a kind of picture that cannot be so large.
            MissingExtraError: a picture without the extra ``media``, or a bucket without ``cloud``.
            VeoError: the disk or the bucket refused.
        """
        if not is_address(path):
            return self._write(path, expanded(path))
        address = file_address_of(path, "path")
        with tempfile.TemporaryDirectory() as folder:
            put(self._write(path, Path(folder, address.rpartition("/")[2])), address)
        return address

    def _write(self, path: str | os.PathLike[str], target: Path) -> Path:
        ending = target.suffix.lower()
        if ending not in (*_PAGES, *_PICTURES):
            allowed = (*_PAGES[:1], *_PICTURES)
            message = f"path: {str(path)!r} is no name for a sheet; let it end in {', '.join(allowed)}."
            raise InvalidRequestError(message, parameter="path", value=str(path), allowed=allowed)
        try:
            if ending in _PAGES:
                target.write_text(self.html, "utf-8")
            else:
                _checked(self.image, target).save(target, quality=90)
        except OSError as error:
            raise VeoError(f"path: cannot write {str(target)!r}: {error.strerror or error}.") from error
        return target

    def _count_text(self) -> str:
        without = sum(bool(item.reason) for item in self.items)
        there = len(self.items) - without
        clips = f"{there} clip{'' if there == 1 else 's'}"
        return f"{clips} · {without} without a clip" if without else clips

    def _body(self, heading: str) -> str:
        top = (
            f'<{heading} style="font-size:20px;font-weight:600;margin:0">{escape(printable(self.title))}</{heading}>'
            f'<div style="margin:2px 0 18px;{_QUIET}">{self._count_text()}</div>'
        )
        grid = "display:grid;gap:22px 16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,220px),1fr))"
        figures = "".join(map(_figure, self.items))
        style = f"max-width:{self._columns * (_WIDTH + 16)}px;font:14px/1.45 system-ui,sans-serif"
        return html_output(f'<div style="{style}">{top}<div style="{grid}">{figures}</div></div>')

    def _repr_html_(self) -> str:
        return self._body("div")

    def __repr__(self) -> str:
        return f"ContactSheet({self.title!r}: {self._count_text()})"


def _checked(image: Picture, target: Path) -> Picture:
    longest = _LONGEST.get(target.suffix.lower(), 0)
    if longest and max(image.size) > longest:
        message = (
            f"path: {str(target)!r} would be {image.width} x {image.height} pixels, and {target.suffix} has at most "
            f"{longest} on a side; save it as .png or .html, or with other columns."
        )
        raise InvalidRequestError(message, parameter="path", value=str(target))
    return image


def _figure(item: Item) -> str:
    prompt, rounded = escape(printable(item.prompt)), "max-height:320px;border-radius:4px"
    if item.poster:
        top = f'<img src="{escape(item.poster)}" alt="{prompt}" style="display:block;max-width:100%;{rounded}">'
    else:
        reason = escape(printable(item.reason or "There is no still."))
        box = f"aspect-ratio:{item.shape[0]}/{item.shape[1]};box-sizing:border-box;padding:12px;overflow-wrap:anywhere"
        top = f'<div style="{box};{rounded};{_BOX}">{reason}</div>'
    lines = [
        f'<div style="font-weight:600">{escape(printable(item.title))}</div>' if item.title else "",
        f'<div style="white-space:pre-wrap">{prompt}</div>' if item.prompt else "",
        f'<div style="font-size:13px;{_QUIET}">{escape(printable(item.facts))}</div>' if item.facts else "",
        f'<div style="font-size:13px;{_QUIET}">{escape(printable(item.file))}</div>' if item.file else "",
    ]
    caption = f'<figcaption style="margin-top:6px;overflow-wrap:anywhere">{"".join(lines)}</figcaption>'
    return f'<figure style="margin:0;min-width:0">{top}{caption}</figure>'


def items_of(record: JobRecord, title: str) -> Iterator[Item]:
    """Each clip of a job; one item with the reason where it has none.

    Args:
        record: the job.
        title: what it is called.
    """
    if not record.videos:
        yield item_without(title, record.request.prompt, facts_of(record), reason_of(record))
    for number, video in enumerate(record.videos, 1):
        several = f"{number} of {len(record.videos)}" if len(record.videos) > 1 else ""
        name = " · ".join(filter(None, (title, several)))
        yield item_of(video, name, record.request.prompt, facts_of(record, video))


def item_of(video: Video, title: str, prompt: str, facts: str) -> Item:
    """A clip, with the still that its recipe here has; one whose file is gone says so."""
    shape = (video.width or 16, video.height or 9) if video.width and video.height else (16, 9)
    if not video.is_kept:
        return Item(title, prompt, facts, video.poster, f"The clip {video.path.name} is no longer there.", shape=shape)
    return Item(title, prompt, facts, video.poster, file=video.path.name, shape=shape, video=video)


def with_stills(items: Iterable[Item], on: Any = None) -> list[Item]:
    """The items, those of clips that lack a still with one; of a clip that cannot be read they say so.

    Args:
        items: of a sheet.
        on: who reads and draws what is lacking, as for `each`.

    Raises:
        InvalidRequestError: `on` is no executor, or the extra ``media`` is not installed where it works.
        VeoError: a task was lost.
    """
    found = list(items)
    lacking = {number: item.video for number, item in enumerate(found) if item.video and not item.poster}
    made = each(_still if on is not None else _still_if_possible, [*lacking.values()], on, "stills")
    for number, (poster, reason) in zip(lacking, made, strict=True):
        # A clip that is in its bucket no longer is on no page either.
        found[number] = replace(found[number], poster=poster, reason=reason, video=None if reason else lacking[number])
    return found


def _still(video: Video) -> tuple[str, str]:
    """A clip's still, and why there is none."""
    try:
        return still_of(video), ""
    except DownloadError as error:
        return "", str(error)


def _still_if_possible(video: Video) -> tuple[str, str]:
    with suppress(MissingExtraError):
        return _still(video)
    return "", ""


def item_without(title: str, prompt: str, facts: str, reason: str, shape: tuple[int, int] = (16, 9)) -> Item:
    """The place of a clip that there is not."""
    return Item(title, prompt, facts, reason=reason, shape=shape)


def reason_of(record: JobRecord) -> str:
    """Why a job has no clip, or how it stands."""
    problem = record.problem
    if problem is None:
        return "waiting to be sent" if record.held_back else str(record.state)
    return " ".join(filter(None, (f"{problem.title}.", problem.message, problem.charged)))


def facts_of(record: JobRecord, video: Video | None = None) -> str:
    """Model, length and price of a job's clip; the price of several stands at the first of them."""
    seconds = (video.seconds if video else 0.0) or record.request.duration_seconds or 0.0
    count = len(record.videos)
    if video and count > 1 and video.sample != record.videos[0].sample:
        return _facts(record.model, seconds, "")
    return _facts(record.model, seconds, _price(record.cost, count, is_free=record.provider == "emulator"))


def facts_of_plan(plan: Plan) -> str:
    """Model, length and price of what was not sent."""
    price = _price(plan.cost, 1, is_free=plan.provider.name == "emulator")
    return _facts(plan.model.id, plan.full.duration_seconds or 0.0, price)


def _price(cost: Cost, clips: int, *, is_free: bool) -> str:
    if not cost.usd:
        return cost.text
    several = f" for {clips} clips" if clips > 1 else ""
    return f"{cost.text}{several}{', free at the emulator' if is_free else ''}"


def _facts(model: str, seconds: float, price: str) -> str:
    return " · ".join(filter(None, (model, f"{seconds:g} s" if seconds else "", price)))
