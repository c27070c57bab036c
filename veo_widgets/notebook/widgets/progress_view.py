"""Progress in a notebook: a bar and a line, updated in place. Where nobody watches, only the last line is left."""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import Any

import anyio
import anyio.to_thread

from ...client.progress import Line, Screen
from ...domain.errors import VeoError
from ...domain.printable import html_output, printable
from ...session.groups.group import Group
from ..running_cell import somebody_watches
from .cell_output import post, show_form

# Its posters may be a megabyte.
_REDRAWN_SECONDS = 2.0
# Module and name of what makes the widget that shows a film or a batch, by its kind; loaded when the first is shown.
_VIEWS = {"film": (".storyboards.storyboard", "board_of")}
_STYLE = "display:flex;align-items:center;gap:8px;font-family:system-ui,sans-serif;font-size:13px"


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
    share = "" if line.share is None else f' value="{line.share:.2f}"'
    bar = "" if line.share is None else f'<progress max="1"{share} aria-label="Progress"></progress>'
    text = f"<span>{escape(line.text)}</span>"
    return {
        "text/html": html_output(f'<div style="{_STYLE}">{bar}{text}</div>'),
        "text/plain": printable(line.text),
    }


def show_group(group: Group) -> bool:
    """Show a film or a batch live.

    Returns:
        Whether it is shown: a program that runs a notebook reads nothing that comes later.
    """
    if not somebody_watches():
        return False
    if group.kind in _VIEWS:
        module, name = _VIEWS[group.kind]
        try:
            view = getattr(import_module(module, __package__), name)(group)
        except VeoError:
            # Its client is closed, or the host shows no widgets of ours.
            return False
        show_form(view)
    elif group.is_running:
        _follow(group)
    else:
        return False
    return True


def _follow(run: Group) -> None:
    """Show progress and table, redrawn until the run has ended."""
    handle = post(_group_output(run))

    async def redraw() -> None:
        while run.is_running:
            await anyio.sleep(_REDRAWN_SECONDS)
            handle.update(await anyio.to_thread.run_sync(_group_output, run), raw=True)

    if handle is not None:
        run.client.start(redraw)


def _group_output(run: Group) -> dict[str, str]:
    how = _line_output(run.standing_line(last=False))["text/html"] if run.is_running else ""
    return {"text/html": f"{how}{run._repr_html_()}", "text/plain": repr(run)}


def screen() -> Screen:
    """The output of the cell that runs."""
    return _Cell(live=somebody_watches())
