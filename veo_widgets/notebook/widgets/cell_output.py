"""What puts something under a cell: a live view, and the plain output beneath it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from IPython import display as ipython
from IPython import get_ipython

from ...domain.media import Video
from ..running_cell import run_number
from . import saved_output

# IPython's own annotations stop short of this one.
_display: Any = ipython.display


class Drawn(Protocol):
    """A widget."""

    def _repr_mimebundle_(self) -> tuple[dict[str, Any], dict[str, Any]] | None: ...


class Titled(Drawn, Protocol):
    """A widget that shows clips."""

    saved_class: Any

    def titled(self) -> Sequence[tuple[Video, str]]:
        """Its clips, each with a title."""
        ...


class Changing(Titled, Protocol):
    """A widget that shows clips of jobs, which may run."""

    @property
    def settled(self) -> bool:
        """Whether all of its jobs have ended."""
        ...

    def observe(self, handler: Callable[[object], None], names: list[str]) -> None:
        """Have `handler` called whenever one of these traits changes."""
        ...


class Followed(Drawn, Protocol):
    """A widget that makes its own saved output, and tells when that changes."""

    def saved_output(self) -> dict[str, str]:
        """Its saved output, by MIME types."""
        ...

    def follow_saved(self, update: Callable[..., None]) -> None:
        """Have `update` called when the saved output may have changed."""
        ...


class OfCell(Drawn, Protocol):
    """A widget that a function may have shown before its cell does."""

    drawn_in: int | None


def post(data: dict[str, str]) -> Any:
    """Show an output by its MIME types; returns what updates it, if anything does."""
    return _display(data, raw=True, display_id=True)


def draw(thing: object) -> None:
    """Show what draws itself, as a table or a grid does."""
    _display(thing)


def draw_live(widget: Drawn) -> None:
    """Show a widget for as long as its kernel lives."""
    data, metadata = widget._repr_mimebundle_() or ({}, {})
    # The plain output beneath says it in words; nbconvert warns of what has nothing for readers at all.
    alone = {mime: value for mime, value in data.items() if mime != "text/plain"}
    _display({**alone, "text/html": ""}, metadata=metadata, raw=True)


def draw_view(view: OfCell) -> None:
    """Draw a job's view, unless the running cell has shown it already: `show` may be its last line."""
    if view.drawn_in is None or view.drawn_in != run_number():
        data, metadata = view._repr_mimebundle_() or ({}, {})
        _display(data, metadata=metadata, raw=True)


def show_player(player: Titled) -> None:
    """Show clips in a player; a plain output beneath is there for readers without a kernel."""
    draw_live(player)
    _display(saved_output.gallery(player.titled(), player.saved_class), raw=True)


def show_grid(grid: Changing) -> None:
    """Show clips side by side; a plain output beneath follows them until all have ended."""
    with shown_grid(grid):
        pass


@contextmanager
def shown_grid(grid: Changing) -> Iterator[None]:
    """Show a grid while its jobs are waited for, then leave its plain output; see `show_grid`."""
    draw_live(grid)
    try:
        yield
    finally:
        # Also after Ctrl-C: the jobs keep running, and the notebook may be saved as it is.
        _leave_gallery(grid)


def _leave_gallery(grid: Changing) -> None:
    last = saved_output.gallery(grid.titled(), grid.saved_class)
    handle = post(last)

    def update(_change: object) -> None:
        nonlocal last
        # Stills are files, which are not read at every percent.
        if not grid.settled:
            return
        now = saved_output.gallery(grid.titled(), grid.saved_class)
        if now != last:
            last = now
            handle.update(now, raw=True)

    # Outside of IPython there is no output that could be updated.
    if handle is not None:
        grid.observe(update, ["cells", "marks"])


def show_form(form: Followed) -> None:
    """Show a form or a studio; a plain output beneath follows it for readers without a kernel."""
    draw_live(form)
    last = form.saved_output()
    handle = post(last)

    def update(*, again: bool) -> None:
        nonlocal last
        now = form.saved_output()
        if again or now != last:
            last = now
            handle.update(now, raw=True)

    # A terminal would print the same line at every change.
    if handle is not None and not hasattr(get_ipython(), "prompt_for_code"):
        form.follow_saved(update)
        update(again=False)
