"""Progress in a notebook: a bar and a line, updated in place. Where nobody watches, only the last line is left."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ...client.progress import Line, Screen
from ...domain.errors import VeoError
from ...domain.printable import printable
from ...session.groups.group import Group
from ...session.waiting import IN_BROWSER
from ..running_cell import somebody_watches
from .cell_output import post, show_form
from .saved_output import progress_html

# Module and name of what makes the widget that shows a film or a batch, by its kind; loaded when the first is shown.
_VIEWS = {"batch": (".batches.batch_table", "BatchTable"), "film": (".storyboards.storyboard", "board_of")}


class _Cell:
    """An output of the running cell.

    Args:
        live: whether to show anything before the end.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._handle: Any = None
        self._last: dict[str, str] = {}

    def show(self, line: Line) -> None:
        """Show it, in the place of what was shown before."""
        if self._live:
            self._draw(line)

    def end(self, line: Line | None) -> None:
        """Leave the last line."""
        if line is not None:
            self._draw(Line(line.text))
        elif self._handle is not None:
            self._draw(Line(""))

    def _draw(self, line: Line) -> None:
        drawn = _line_output(line)
        if drawn == self._last:
            return
        self._last = drawn
        if self._handle is None:
            self._handle = post(drawn)
        else:
            self._handle.update(drawn, raw=True)


def _line_output(line: Line) -> dict[str, str]:
    return {"text/html": progress_html(line), "text/plain": printable(line.text)}


def show_group(group: Group) -> bool:
    """Show a film or a batch live.

    Returns:
        Whether it is shown: a program that runs a notebook reads nothing that comes later.
    """
    if IN_BROWSER or not somebody_watches():
        return False
    module, name = _VIEWS[group.kind]
    try:
        view = getattr(import_module(module, __package__), name)(group)
    except VeoError:
        # Its client is closed, or the host shows no widgets of ours.
        return False
    show_form(view)
    return True


def screen() -> Screen:
    """The output of the cell that runs."""
    return _Cell(live=somebody_watches())
