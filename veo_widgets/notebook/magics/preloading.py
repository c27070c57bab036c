"""Loads what the first ``%%veo`` needs: HTTP, the client and the widgets, which ``%load_ext`` must not wait for."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module

from IPython.core.interactiveshell import InteractiveShell

_AFTER, _BEFORE = "post_run_cell", "pre_execute"
_PACKAGE = __name__.partition(".")[0]
# Two threads that import modules which need each other get half a module, or wait for each other for ever.
_importing = threading.RLock()
_stopped = threading.Event()
_thread: threading.Thread | None = None


@contextmanager
def needed_now() -> Iterator[None]:
    """Import in this block what a cell waits for.

    Python looks for garbage meanwhile by the number of new objects. Modules leave none, and each look takes the longer
    the more a notebook holds: without the pause it was a third of the time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def paused() -> Iterator[None]:
    """Nothing is loaded beside this block, which may import what it likes; for what comes between two cells."""
    with _importing:
        yield


def begin_after_cell(shell: InteractiveShell) -> Callable[[], None]:
    """Load it all on a thread once the cell that runs is over, until the next one begins; returns what undoes it.

    Whoever loads the extension with no cell, as a script does, loads the rest when it is needed.
    """

    def begin(_: object = None) -> None:
        forget(_AFTER, begin)
        _start()

    def forget(event: str, called: Callable[..., None]) -> None:
        with suppress(ValueError):
            shell.events.unregister(event, called)

    def end() -> None:
        forget(_AFTER, begin)
        forget(_BEFORE, _stop)
        _stop()

    shell.events.register(_AFTER, begin)
    shell.events.register(_BEFORE, _stop)
    return end


def _start() -> None:
    global _thread  # noqa: PLW0603 (a process loads its modules once)
    # In a browser there are no threads. A notebook that has a client has loaded most, and its loop may load the rest.
    if _thread is None and sys.platform != "emscripten" and f"{_PACKAGE}.session.client" not in sys.modules:
        _stopped.clear()
        _thread = threading.Thread(target=_load, name="veo_widgets preloading", daemon=True)
        _thread.start()


def _stop() -> None:
    _stopped.set()
    with _importing:
        pass


def _load() -> None:
    for load in _steps():
        with _importing:
            if _stopped.is_set():
                return
            # What fails here fails in the first cell too, which can tell it.
            with suppress(Exception):
                load()


def _steps() -> Iterator[Callable[[], object]]:
    """What a create needs, then what is shown after it; each is short, since whoever comes meanwhile waits for it."""
    for name in ("anyio._backends._asyncio", "h11"):
        yield partial(import_module, name)
    for room in ("client.transport.connections", "session.client", "notebook.magics.runs"):
        yield partial(import_module, f"{_PACKAGE}.{room}")
    yield _complete
    for name in ("ipywidgets", "anywidget", f"{_PACKAGE}.notebook.widgets.display"):
        yield partial(import_module, name)


def _complete() -> None:
    from ...client.transport import connections
    from ...domain import catalog

    connections.load_completely()
    catalog.shipped()


if hasattr(os, "register_at_fork"):
    # A child that is forked while a module is being imported would wait for that for ever.
    os.register_at_fork(
        before=_importing.acquire, after_in_parent=_importing.release, after_in_child=_importing.release
    )
