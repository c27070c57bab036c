"""Where forms stand: one that a cell makes anew takes the place of the one that it made before."""

from __future__ import annotations

from typing import Protocol

from ...running_cell import running_cell


class _Closable(Protocol):
    def close(self) -> None: ...


# By name and cell, the run that made a form, and the form.
_made: dict[tuple[str, str], tuple[int, _Closable]] = {}


def take_place(form: _Closable, name: str) -> None:
    """Close the form that an earlier run of this cell made: its place on screen is this one's now.

    Args:
        form: the new one.
        name: under which forms of one notebook keep the same text.
    """
    cell, run = running_cell()
    made_in, before = _made.get((name, cell), (run, None))
    # Several forms of one run stand side by side.
    if cell and before is not None and made_in != run:
        before.close()
    if cell:
        _made[name, cell] = (run, form)
