"""The clips of a job, a film or a batch, and what is made of many of them at once, here or on a cluster."""

from __future__ import annotations

import os
from typing import Any

from ..domain.arguments import FILE, NUMBER, accepts
from ..domain.media import Video
from .clip_tasks import frames_of, posters_of, sheets_of


class Videos(tuple[Video, ...]):
    """Several clips. In a notebook, each is shown in a player.

    What is made of all of them is made a task for each clip, by ``on``: a `concurrent.futures.Executor` or a
    `dask.distributed.Client`; by default by threads of this program. Whoever does it reads a clip that is in a bucket
    there.
    """

    __slots__ = ()

    @accepts()
    def posters(self, *, on: Any = None) -> list[str]:
        """The still of each clip as a ``data:`` address. Where one has none it is drawn, and put into its recipe.

        Args:
            on: who draws them, as above.

        Raises:
            InvalidRequestError: `on` is no executor, or the extra ``media`` is not installed where it works.
            MissingExtraError: it is not installed here.
            VeoError: a clip cannot be read.
        """
        return posters_of(self, on)

    @accepts(every=NUMBER, into=FILE)
    def frames(
        self,
        every: float | None = None,
        *,
        width: int | None = None,
        into: str | os.PathLike[str] | None = None,
        on: Any = None,
    ) -> list[list[Any]]:
        """The pictures of each clip, a list for each.

        Args:
            every: seconds from one to the next, as for `Video.frames`.
            width: as there.
            into: a folder, or the address of one in a bucket: each picture is then a PNG file there, numbered from 1,
                and what is returned are its paths or addresses. Default is Pillow images.
            on: who takes them out, as above.

        Raises:
            InvalidRequestError: no such time; or as above.
            MissingExtraError, VeoError: as above, or `into` cannot be written.
        """
        return frames_of(self, every, width, into, on)

    @accepts(into=FILE)
    def sheets(
        self,
        columns: int = 5,
        *,
        stills: int = 20,
        width: int = 320,
        into: str | os.PathLike[str] | None = None,
        on: Any = None,
    ) -> list[Any]:
        """A contact sheet of the pictures of each clip.

        Args:
            columns: as for `Video.sheet`.
            stills: as there.
            width: as there.
            into: as for `frames`; one PNG file for each clip.
            on: who draws them, as above.

        Raises:
            InvalidRequestError, MissingExtraError, VeoError: as for `frames`.
        """
        return sheets_of(self, columns, stills, width, into, on)

    def _repr_html_(self) -> str:
        return "".join(video._repr_html_() for video in self)
