"""How far something is, told while it is waited for: live in a notebook, a line in a terminal, nothing in a pipe.

Whoever waits ticks; nothing here has a thread of its own, so what is shown goes to the cell that waits.

The terminal's line is written here rather than by tqdm or rich, even where they are installed. They draw bars that
count up to a total, while a job moves by the clock and its line is words; and warnings have to be printed in between.
What is left to do is a carriage return and the width of the terminal, and so the line looks the same everywhere.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Protocol

from ..domain.errors import VeoError
from ..domain.printable import printable

# Often enough to be seen moving, seldom enough for a notebook's server and for a ledger that is asked.
_EVERY_SECONDS = 0.5
# What takes no longer is not worth a word.
_NOTICED_SECONDS = 2.0

_silent: ContextVar[bool] = ContextVar("silent", default=False)


@dataclass(frozen=True)
class Line:
    """How something stands.

    Attributes:
        text: in a line. The last one says nothing that differs from run to run, such as a time.
        share: how much of it is done, from 0 to 1; None where that is not known.
    """

    text: str
    share: float | None = None


class Screen(Protocol):
    """Where lines are shown."""

    def show(self, line: Line) -> None:
        """Show how it stands now."""

    def end(self, line: Line | None) -> None:
        """Show the last line, which stays; None leaves nothing."""


class _Nowhere:
    def show(self, line: Line) -> None:
        """Show nothing."""

    def end(self, line: Line | None) -> None:
        """Show nothing."""


class _Terminal:
    """A line on standard error that is written over; one at a time."""

    current: ClassVar[_Terminal | None] = None

    def __init__(self) -> None:
        type(self).current = self
        self._length = 0

    def show(self, line: Line) -> None:
        """Write over the line before."""
        # One column stays free: some terminals go to the next line as soon as this one is full.
        most = _columns() - 1
        text, length = _cut(printable(line.text), most)
        # The terminal may have become narrower since.
        self._write(f"\r{text}{' ' * (min(self._length, most) - length)}")
        self._length = length

    def end(self, line: Line | None) -> None:
        """Leave the line, or clear it."""
        type(self).current = None
        if line is None:
            self.clear()
        else:
            self.show(line)
            self._write("\n")

    def clear(self) -> None:
        """Make room for something else; the next line comes below it."""
        if self._length:
            self._write(f"\r{' ' * min(self._length, _columns() - 1)}\r")
            self._length = 0

    def _write(self, text: str) -> None:
        # A terminal that is gone must not end the waiting.
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _columns() -> int:
    """The width of the terminal behind standard error; standard output may be a file."""
    with suppress(OSError, ValueError, AttributeError):
        if columns := os.get_terminal_size(sys.stderr.fileno()).columns:
            return columns
    return shutil.get_terminal_size().columns


def _cut(text: str, most: int) -> tuple[str, int]:
    """As much of a text as has room in so many columns, and how many it takes: Chinese takes two for each character."""
    taken = 0
    for at, character in enumerate(text):
        width = 0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        if taken + width > most:
            return text[:at], taken
        taken += width
    return text, taken


def _screen() -> Screen:
    # Threads are the business of whoever started them.
    if _silent.get() or threading.current_thread() is not threading.main_thread():
        return _Nowhere()
    if is_notebook():
        screen: Screen = in_notebook().screen()
        return screen
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return _Terminal() if is_terminal and _Terminal.current is None else _Nowhere()


def is_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def in_notebook() -> Any:
    """How a notebook shows progress: `progress_view`, by name, since it lies above and is loaded in notebooks only."""
    return import_module("veo_widgets.notebook.widgets.progress_view")


def make_room() -> None:
    """Clear the line that a terminal may be showing, so that something else can be printed; it comes again below."""
    if _Terminal.current is not None:
        _Terminal.current.clear()


def note(text: str) -> None:
    """Say something on standard error, beside the line that a terminal may be showing."""
    make_room()
    print(text, file=sys.stderr)  # noqa: T201 (of whoever waits)


class Meter:
    """Shows how something stands, whenever it is ticked.

    Args:
        look: how it stands; asked with whether it is for the last time.
        notable: whether the last line stays; what is not is only shown if it takes a while.
        after: how many seconds that is.
    """

    def __init__(self, look: Callable[[bool], Line], *, notable: bool = True, after: float = _NOTICED_SECONDS) -> None:
        self._look, self._notable = look, notable
        self._screen = _screen()
        self._next = time.monotonic() + (0 if notable else after)

    def tick(self) -> None:
        """Show how it stands now, unless that was just done."""
        if time.monotonic() < self._next or isinstance(self._screen, _Nowhere):
            return
        began = time.monotonic()
        if line := self._line(last=False):
            self._screen.show(line)
        # A batch of thousands takes its time to be looked at; most of it is left to the work itself.
        now = time.monotonic()
        self._next = now + max(_EVERY_SECONDS, 10 * (now - began))

    def end(self) -> None:
        """Show how it stands at last."""
        if not isinstance(self._screen, _Nowhere):
            self._screen.end(self._line(last=True) if self._notable else None)

    def _line(self, *, last: bool) -> Line | None:
        # What cannot be told must not end the waiting.
        with suppress(VeoError):
            return self._look(last)
        return None


@contextmanager
def metered(
    look: Callable[[bool], Line], *, notable: bool = True, after: float = _NOTICED_SECONDS
) -> Iterator[Callable[[], None]]:
    """Show how something stands until the block ends, which ticks by calling what it gets; see `Meter`."""
    meter = Meter(look, notable=notable, after=after)
    try:
        meter.tick()
        yield meter.tick
    finally:
        meter.end()


@contextmanager
def silent() -> Iterator[None]:
    """Show nothing until the block ends: something else does."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def time_left(seconds: float) -> str:
    """About how much longer, in words."""
    if seconds < 1:
        return "nearly done"
    minutes = round(seconds / 60)
    return f"about {max(round(seconds / 5) * 5, 5)} s left" if seconds < 55 else f"about {max(minutes, 1)} min left"
