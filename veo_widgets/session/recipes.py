"""How a clip was made, read back from the clip's sidecar or from the ledger, so that it can be made again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..domain.errors import InvalidRequestError
from ..domain.formats import provenance
from ..domain.formats.containers import ENDINGS, ENOUGH, container_of
from ..domain.formats.provenance import ContentCredentials
from ..domain.media import Image, Video
from ..domain.params import BY_NAME
from ..domain.paths import expanded, is_there
from ..domain.printable import html_output, printable
from ..domain.request import VideoRequest

if TYPE_CHECKING:
    from ..client.async_client import AsyncClient

# The id of a job at the end of a clip's name; see `library.clip_name`.
_JOB_ID = re.compile(r"_([a-hjkmnp-z2-9]{8})(?:_\d+)?\.(?:mp4|webm|mkv|json)$")


@dataclass(frozen=True, repr=False)
class Recipe:
    """How a clip was made. A notebook shows it as a card; `Studio` and `Form` begin with it.

    Attributes:
        made_from: what was asked for, without the images that are `missing`; or why that is not known.
        job: the id of its job, or empty.
        provider: where it was made, or empty.
        missing: parameters with images that are neither in the ledger nor addresses.
        path: the clip, if it is one on disk.
    """

    made_from: VideoRequest | InvalidRequestError
    job: str = ""
    provider: str = ""
    missing: tuple[str, ...] = ()
    path: Path | None = None

    @property
    def request(self) -> VideoRequest:
        """What was asked for, without the images that are `missing`.

        Raises:
            InvalidRequestError: nothing beside the clip says so, as with a film or a clip from elsewhere.
        """
        if isinstance(self.made_from, InvalidRequestError):
            raise self.made_from
        return self.made_from

    @property
    def credentials(self) -> ContentCredentials:
        """What the manifest in the clip claims of it, and whether that holds; read anew if the file has changed.

        Raises:
            InvalidRequestError: the clip is not there.
            ConfigError: the list of whom to trust cannot be read.
        """
        if self.path is None or not is_there(self.path, Path.is_file):
            where = f" at {str(self.path)!r}" if self.path else ""
            raise InvalidRequestError(f"path: there is no clip{where}, so no Content Credentials.", parameter="path")
        return provenance.credentials_of(self.path)

    def _facts(self) -> list[str]:
        if isinstance(self.made_from, InvalidRequestError):
            return [str(self.made_from)]
        settings = (f"{label} {value}" for label, value in self.made_from.settings())
        lost = [f"without {', '.join(self.missing)}"] if self.missing else []
        return [*filter(None, (self.made_from.model, *settings)), *lost]

    def __repr__(self) -> str:
        prompt = "" if isinstance(self.made_from, InvalidRequestError) else self.made_from.prompt
        named = [self.path.name] if self.path else []
        return printable(f"Recipe({' · '.join([repr(prompt), *self._facts(), *named])})")

    def _repr_html_(self) -> str:
        prompt = "" if isinstance(self.made_from, InvalidRequestError) else self.made_from.prompt
        player = ""
        if self.path and is_there(self.path, Path.is_file):
            video = Video(self.path)
            player = video.player_html(quote(video.relative_path(), safe="/:"))
        return html_output(
            f'<div style="max-width:640px;font:14px/1.5 system-ui,sans-serif">{player}'
            f'<div style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(printable(prompt))}</div>'
            f'<div style="opacity:.75;font-size:12px">{escape(printable(" · ".join(self._facts())))}</div></div>'
        )


def load(path: str | os.PathLike[str]) -> Recipe:
    """The recipe of a clip on disk.

    Args:
        path: the clip, or the JSON file beside it.

    Raises:
        InvalidRequestError: there is no such file, or it says nothing of a request.
    """
    said = expanded(path)
    # "." and "/" have no name that could end otherwise.
    sidecar = said.with_suffix(".json") if said.name else said
    try:
        text = sidecar.read_text("utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"path: cannot read {str(sidecar)!r} ({why}); give a clip of veo_widgets, or the JSON file beside it."
        raise InvalidRequestError(message, parameter="path", value=str(path)) from None
    return replace(read(text, sidecar.name), path=_clip_of(said))


def opened(path: str | os.PathLike[str]) -> Recipe:
    """As `load`; a clip that nothing is known of has a recipe without a request."""
    try:
        return load(path)
    except InvalidRequestError as error:
        clip = _clip_of(expanded(path))
        if not _is_clip(clip):
            raise
        return Recipe(error, path=clip)


def _clip_of(path: Path) -> Path:
    """The clip that a path means, or the one beside the JSON file that it means."""
    if path.suffix.lower() != ".json":
        return path.absolute()
    beside = (path.with_suffix(ending) for ending in ENDINGS)
    return next((clip for clip in beside if is_there(clip, Path.is_file)), path.with_suffix(".mp4")).absolute()


def _is_clip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return container_of(file.read(ENOUGH)) is not None
    except OSError:
        return False


def read(text: str, name: str = "the file") -> Recipe:
    """The recipe that a sidecar's text holds; `load` says what it raises."""
    try:
        found = json.loads(text)
        said, model = dict(found["request"]), str(found.get("model", ""))
    # Anybody may have written the file, in whatever shape.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message = f"path: {name} is not a clip's sidecar; it says nothing about a request."
        raise InvalidRequestError(message, parameter="path", value=name) from None
    images = {key for key in said if key in BY_NAME and BY_NAME[key].kind in {"image", "images"}}
    known = {key: _read_images(said[key]) for key in images}
    missing = tuple(sorted(key for key, value in known.items() if value is None))
    plain = {key: value for key, value in said.items() if key not in images} | {
        key: value for key, value in known.items() if value is not None
    }
    request = VideoRequest.build(plain.pop("prompt", ""), str(plain.pop("model", model)), **plain)
    return Recipe(request, str(found.get("job", "")), str(found.get("provider", "")), missing)


def _read_images(said: Any) -> Image | tuple[Image, ...] | None:
    """An image or several by their addresses; None if there was more to one than that."""
    items = said if isinstance(said, list) else [said]
    if not all(isinstance(item, Mapping) and item.get("uri") for item in items):
        return None
    found = tuple(Image.of(str(item["uri"])) for item in items)
    return found if isinstance(said, list) else found[0]


def job_in(name: str) -> str:
    """The id of the job in a clip's file name, or an empty text."""
    found = _JOB_ID.search(name)
    return found[1] if found else ""


async def completed(recipe: Recipe, client: AsyncClient) -> Recipe:
    """The same with the images that the ledger keeps, if the job is one of this computer's."""
    if not recipe.job:
        return recipe
    try:
        record = await client.job(recipe.job)
    except InvalidRequestError:
        return recipe
    return replace(recipe, made_from=record.request, provider=record.provider, missing=())
