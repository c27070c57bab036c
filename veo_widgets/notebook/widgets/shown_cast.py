"""The cast as widgets show it beside a prompt: names, words, and faces that are small enough to travel along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import anyio.to_thread

from ...domain.cast import Cast
from ...domain.errors import VeoError
from ...storage.cast_folder import CastFolder
from ...storage.clips.poster import face
from ._base import ClipWidget


class ShownCast:
    """Keeps the trait ``cast`` of a widget, and its ``remarks``, as the cast is.

    Args:
        widget: has these traits.
        folder: of the cast.
        remarks: what to know of those whom the widget's prompt names; called on threads. None: it says that elsewhere.
    """

    def __init__(
        self, widget: ClipWidget, folder: CastFolder, remarks: Callable[[], Iterable[str]] | None = None
    ) -> None:
        self._widget, self._folder, self._remarks = widget, folder, remarks
        self._lock = threading.Lock()
        self.end = folder.listen(self.look)

    def look(self) -> None:
        """Look again beside the loop, as another program may have changed it."""
        # A client that is closed plans nothing any more.
        with suppress(VeoError):
            self._widget.begin(anyio.to_thread.run_sync, self._show)

    def _show(self) -> None:
        # Whoever comes last has the newest prompt.
        with self._lock:
            said = {"remarks": list(self._remarks())} if self._remarks else {}
            self._widget.write(cast=shelf(self._folder.read()), **said)


def shelf(cast: Cast) -> list[dict[str, Any]]:
    """The cast as the browser draws it."""
    return [
        {
            "name": one.name,
            "text": one.text,
            "images": len(one.images),
            "face": next(filter(None, map(face, one.images)), ""),
        }
        for one in cast.characters.values()
    ]
