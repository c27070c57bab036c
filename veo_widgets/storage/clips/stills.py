"""The still of a clip, wherever the clip is: the one in its recipe, else one that is drawn."""

from __future__ import annotations

import base64
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...domain import buckets
from ...domain.errors import DownloadError, MissingExtraError
from ...domain.media import MAX_RECIPE_BYTES, Video, poster_of
from ...domain.paths import is_there
from ...domain.safe_json import read_json
from .poster import data_address, make_poster
from .sidecars import add_poster, written
from .uploading import recipe_there


def still_of(video: Video) -> str:
    """A clip's still as a ``data:`` address; of a clip in a bucket as little is read as that takes.

    Returns:
        The one in its recipe, else one that is drawn now; empty if the clip cannot be read as one.

    Raises:
        DownloadError: its bucket cannot be read.
        MissingExtraError: it has to be drawn, and the extra ``media`` is not installed.
    """
    return video.poster or poster_of(_recipe_in_bucket(video)) or _drawn(video)


def kept_still_of(video: Video) -> str:
    """The same; one that is drawn is put into the clip's recipe.

    Raises:
        DownloadError, MissingExtraError: as above; or the recipe in the bucket cannot be written.
    """
    recipe = {} if video.poster else _recipe_in_bucket(video)
    if known := video.poster or poster_of(recipe):
        return known
    poster = _drawn(video)
    keep_still(video, poster)
    if recipe and poster:
        buckets.put_bytes(written({**recipe, "poster": poster}), recipe_there(video.uri))
    return poster


def keep_still(video: Video, poster: str) -> None:
    """Put a still into the recipe that is on this machine, if there is one without."""
    if poster and is_there(video.sidecar):
        with suppress(OSError):
            add_poster(video, base64.b64decode(poster.partition(",")[2]))


def _recipe_in_bucket(video: Video) -> dict[str, Any]:
    if not video.uri:
        return {}
    # Where the clip cannot be read either, that tells why.
    with suppress(DownloadError), buckets.reading(recipe_there(video.uri)) as file:
        found = read_json(file.read(MAX_RECIPE_BYTES))
        return found if isinstance(found, dict) else {}
    return {}


def _drawn(video: Video) -> str:
    if find_spec("av") is None or find_spec("PIL") is None:
        raise MissingExtraError("A still", "media")
    if not video.uri or is_there(video.path, Path.is_file):
        return data_address(make_poster(video.path))
    with buckets.reading(video.uri) as file:
        return data_address(make_poster(file))
