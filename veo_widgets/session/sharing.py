"""Gives clips to others: as a page that plays offline, as a folder or an archive, as a picture that moves."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..client.plan import Plan
from ..domain.errors import InvalidRequestError, VeoError
from ..domain.formats import animations
from ..domain.media import Video
from ..domain.paths import expanded, written_whole
from .contact_sheets import ContactSheet, Item, item_of, items_of, with_stills
from .groups.group import Group
from .groups.summary import shorten
from .inputs import shown_of, whole_film
from .job import Job
from .loop import Loop
from .shared_page import embedded, file_names, page, shared_recipe

PAGES, ARCHIVES, PICTURES, ANIMATIONS = (".html", ".htm"), (".zip",), (".png", ".jpg", ".jpeg"), (".gif", ".webp")
_ALLOWED = ".html, .zip, .png, .jpg, .gif or .webp, or a folder"
_WIDTH, _FPS = 480, 12.5


def share(what: Any, path: str | os.PathLike[str], client: Loop, width: int | None, fps: float | None) -> Path:
    """Write clips where others can play them; see `veo_widgets.share`."""
    target = expanded(path)
    ending = target.suffix.lower()
    known = (*PAGES, *ARCHIVES, *PICTURES, *ANIMATIONS)
    if ending and ending not in known and not target.is_dir():
        message = f"path: {str(path)!r} has an ending that nothing is shared as; give {_ALLOWED}."
        raise InvalidRequestError(message, parameter="path", value=str(path), allowed=known)
    if ending not in ANIMATIONS and (width is not None or fps is not None):
        name, value = ("width", width) if width is not None else ("fps", fps)
        message = f"{name}: {value!r} is for .gif and .webp; {str(path)!r} keeps the clip as it is."
        raise InvalidRequestError(message, parameter=name, value=value)
    sheet = sheet_of(what, client)
    try:
        if ending in PICTURES:
            return _save_sheet(sheet, target)
        # Nobody else can do anything about a piece that was never made; of a clip that was lost there is a still.
        items = [item for item in sheet.items if item.video or item.poster]
        if not any(item.video for item in items):
            raise InvalidRequestError("what: there is no clip in it that could be shared yet.", parameter="what")
        if ending in ANIMATIONS:
            _write_animation(items, target, ending, _WIDTH if width is None else width, _FPS if fps is None else fps)
        elif ending in PAGES:
            _write_page(sheet.title, items, target)
        elif ending in ARCHIVES:
            _write_archive(sheet.title, items, target)
        else:
            _write_folder(sheet.title, items, target)
    except OSError as error:
        raise VeoError(f"path: cannot write {str(target)!r}: {error.strerror or error}.") from error
    return target


def sheet_of(what: Any, client: Loop) -> ContactSheet:
    """What is shared, with its title: a film with its joined clip first, a batch, a grid, or jobs and clips.

    Raises:
        InvalidRequestError: it is none of these.
    """
    if isinstance(what, ContactSheet):
        return what
    if isinstance(what, Group):
        sheet = what.sheet()
        film = whole_film(what)
        first = [item_of(film, "The film", "", f"{film.seconds:g} s")] if film else []
        return ContactSheet(sheet.title, (*with_stills(first), *sheet.items))
    if hasattr(what, "sheet") and not isinstance(what, Video):
        # A grid, which lies above this room.
        grid: ContactSheet = what.sheet()
        return grid
    items: list[Item] = []
    for one in shown_of([what], client, "what"):
        if isinstance(one, Plan):
            message = "what: a plan has no clip yet; submit it, and share the job."
            raise InvalidRequestError(message, parameter="what")
        items += items_of(one.record, "") if isinstance(one, Job) else [_item_of_file(one)]
    items = with_stills(items)
    if len(items) == 1:
        return ContactSheet(shorten(items[0].prompt, 60) or items[0].title or "A clip", items)
    return ContactSheet(f"{len(items)} clips", items)


def _item_of_file(video: Video) -> Item:
    recipe = video.recipe
    request = recipe.get("request")
    prompt = request.get("prompt", "") if isinstance(request, dict) else ""
    facts = " · ".join(filter(None, (str(recipe.get("model", "")), f"{video.seconds:g} s" if video.seconds else "")))
    return item_of(video, "" if prompt else video.path.name, str(prompt), facts)


def _save_sheet(sheet: ContactSheet, target: Path) -> Path:
    """A still of each clip; of a single one, stills from its beginning to its end."""
    videos = [item.video for item in sheet.items]
    if len(videos) != 1 or videos[0] is None:
        sheet.save(target)
        return target
    with written_whole(target) as part:
        videos[0].sheet().save(part, format="PNG" if target.suffix.lower() == ".png" else "JPEG", quality=90)
    return target


def _write_page(title: str, items: Sequence[Item], target: Path) -> None:
    with written_whole(target) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(page(title, items, embedded))


def _write_archive(title: str, items: Sequence[Item], target: Path) -> None:
    # Clips are compressed already.
    with written_whole(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        _write_files(title, items, archive.writestr, archive.write)


def _write_folder(title: str, items: Sequence[Item], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)

    def write_text(name: str, text: str) -> None:
        with written_whole(target / name) as part:
            part.write_text(text, "utf-8")

    def copy(path: Path, name: str) -> None:
        wanted = target / name
        wanted.parent.mkdir(exist_ok=True)
        if wanted.exists() and wanted.samefile(path):
            return
        with written_whole(wanted) as part:
            shutil.copyfile(path, part)

    _write_files(title, items, write_text, copy)


def _write_files(
    title: str, items: Sequence[Item], write: Callable[[str, str], None], copy: Callable[[Path, str], None]
) -> None:
    """The clips with their recipes, and last the page that plays them."""
    for item in items:
        if item.video:
            item.video.fetch()
    names = file_names(items)
    for path, name in names.items():
        copy(path, f"clips/{name}")
        if recipe := shared_recipe(Video(path).recipe):
            written = json.dumps(recipe, indent=1, ensure_ascii=True) + "\n"
            write(f"clips/{Path(name).stem}.json", written)

    def address(video: Video) -> Iterator[str]:
        yield quote(f"clips/{names[video.path]}")

    write("index.html", "".join(page(title, items, address)))


def _write_animation(items: Sequence[Item], target: Path, ending: str, width: int, fps: float) -> None:
    videos = [item.video for item in items if item.video]
    if len(videos) > 1:
        message = (
            f"path: {target.name!r} can show one clip, and there are {len(videos)}; give one of them, or a path that "
            "ends in .html, .zip or .png."
        )
        raise InvalidRequestError(message, parameter="path", value=str(target))
    with written_whole(target) as part:
        animations.write(videos[0].fetch(), part, ending, width, fps)
