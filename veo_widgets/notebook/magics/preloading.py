"""Loads what the first ``%%veo`` needs: HTTP, the client and the widgets, which ``%load_ext`` must not wait for."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from IPython.core.interactiveshell import InteractiveShell

_HOOK = "post_run_cell"
_FORK_SECONDS = 5.0
_cell_has_begun = threading.Event()
_thread: threading.Thread | None = None


@contextmanager
def needed_now() -> Iterator[None]:
    """Import in this block what a cell waits for.

    Python looks for garbage meanwhile by the number of new objects. Modules leave none, and each look takes the longer
    the more a notebook holds: without the pause it was a third of the time.
    """
    _cell_has_begun.set()
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def begin_after_cell(shell: InteractiveShell) -> Callable[[], None]:
    """Load it all on a thread once the cell that runs is over, while the next is being typed; returns what undoes it.

    Whoever loads the extension with no cell, as a script does, loads the rest when it is needed.
    """

    def begin(_: object = None) -> None:
        end()
        _start()

    def end() -> None:
        with suppress(ValueError):
            shell.events.unregister(_HOOK, begin)

    shell.events.register(_HOOK, begin)
    return end


def _start() -> None:
    global _thread  # noqa: PLW0603 (a process loads its modules once)
    # In a browser there are no threads.
    if _thread is None and sys.platform != "emscripten":
        _thread = threading.Thread(target=_load, name="veo_widgets preloading", daemon=True)
        _thread.start()


def _load() -> None:
    # What fails here fails in the first cell too, which can tell it. anyio's half of asyncio is left to the cell:
    # whoever runs a loop while another thread imports that gets half a module (anyio 4.4).
    with suppress(Exception):
        from ...client.transport import connections
        from ...domain import catalog
        from . import runs  # noqa: F401

        connections.load_completely()
        catalog.shipped()
        # A create that leaves now must not share the processor with what is shown after it.
        if not _cell_has_begun.is_set():
            from ..widgets import display  # noqa: F401


def _finish_before_fork() -> None:
    """A child that is forked while a module is being imported would wait for that forever."""
    if _thread is not None and _thread is not threading.current_thread():
        _thread.join(_FORK_SECONDS)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_finish_before_fork)
