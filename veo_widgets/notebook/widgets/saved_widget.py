"""A widget that makes its own saved output, and tells when that changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...session.loop import Loop
from ._base import ClipWidget


class SavedWidget(ClipWidget):
    """A widget with a copy for readers without a kernel, which follows it."""

    def __init__(self, client: Loop, **traits: Any) -> None:
        self._followers: list[Callable[..., None]] = []
        super().__init__(client, **traits)

    def saved_output(self) -> dict[str, str]:
        """What readers without a kernel see, as MIME types: nothing, unless a widget has something."""
        return {}

    def follow_saved(self, follower: Callable[..., None]) -> None:
        """Have `follower` called when `saved_output` may have changed.

        Args:
            follower: takes ``again``: whether it is called for whoever has waited for a job, in whose cell it is to be
                said once more.
        """
        self._followers.append(follower)

    def saved_changed(self, *, again: bool = False) -> None:
        """Tell whoever follows what is saved."""
        for follower in tuple(self._followers):
            follower(again=again)

    def _ipython_display_(self) -> None:
        from .cell_output import show_form

        show_form(self)
