"""Serves buttons, players and reloaded pages while a cell waits, on ipykernel 6.

ipykernel 6 handles the front end's messages one after the other: what a widget sends while a cell runs stays in the
kernel's queue until the cell has ended. A cell that only waits can hand the messages of comms to their handlers itself,
and the two questions that a page asks when it is loaded: what kernel this is, and which comms there are. Everything
else in the queue keeps its place: the cells to be run next, and completion and inspection, which run people's code and
see what those cells make. ipykernel 7 and xeus-python need no help with comms, and outside a kernel there is no queue:
nothing is done there.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import json
import sys
import threading
from typing import Any

_COMMS = {"comm_open", "comm_msg", "comm_close"}
_QUESTIONS = {"kernel_info_request", "comm_info_request"}
# A handler that waits in turn serves nothing: messages are handled one after the other, as in the kernel.
_serving = threading.Lock()


def serve_comms() -> None:
    """Handle what widgets and reloaded pages have sent. To be called now and then by whatever waits in a cell.

    A handler's own error is logged, as by the kernel. What a handler prints belongs to its message, not to the cell.

    Raises:
        KeyboardInterrupt: in a blocking cell, the kernel was interrupted while a handler ran.
    """
    kernel = _kernel()
    if kernel is None or not _serving.acquire(blocking=False):
        return
    try:
        # In a cell that blocks, the loop that would read the socket does not turn.
        kernel.shell_stream.flush()
        queue = kernel.msg_queue._queue  # noqa: SLF001 (to take one out and put it back could lose it to an interrupt)
        for item in tuple(queue):
            if _can_be_served(kernel, _message_type(kernel, item)):
                queue.remove(item)
                # ipykernel keeps in the context whose output is whose; the waiting task's own is left alone.
                contextvars.copy_context().run(_handle_message, kernel, item[2][0])
        # Nor does that loop send the replies.
        kernel.shell_stream.flush()
    finally:
        _serving.release()


def _kernel() -> Any:
    """The kernel, if it is ipykernel 6 and this is the thread in which it runs cells."""
    package: Any = sys.modules.get("ipykernel")
    if package is None or package.version_info[0] != 6 or threading.current_thread() is not threading.main_thread():
        return None
    kernel = getattr(sys.modules["IPython"].get_ipython(), "kernel", None)
    # One without a socket, as in the process of a console, has no queue.
    return kernel if hasattr(kernel, "msg_queue") else None


def _message_type(kernel: Any, item: Any) -> str:
    """The type of a message in the queue; "" for what is no message, or not one that can be read."""
    _, dispatch, arguments = item
    if dispatch != kernel.dispatch_shell:
        return ""
    try:
        _, parts = kernel.session.feed_identities(arguments[0], copy=False)
        # The signature is checked when the message is taken, and only once: a second time counts as a forgery.
        return str(json.loads(parts[1].bytes)["msg_type"])
    except (ValueError, LookupError, TypeError):
        return ""


def _can_be_served(kernel: Any, kind: str) -> bool:
    if kind in _COMMS:
        return True
    # A kernel's own answer may wait for something; ipykernel's never does.
    usual: Any = sys.modules["ipykernel.kernelbase"]
    handler = kernel.shell_handlers.get(kind)
    return kind in _QUESTIONS and getattr(handler, "__func__", None) is getattr(usual.Kernel, kind)


def _handle_message(kernel: Any, frames: Any) -> None:
    """Do with a message what the kernel does, then go back to the message of the cell that waits."""
    idents, parts = kernel.session.feed_identities(frames, copy=False)
    try:
        message = kernel.session.deserialize(parts, content=True, copy=False)
    except Exception:
        kernel.log.exception("Invalid Message")
        return
    ident, parent = kernel._parent_ident["shell"], kernel.get_parent("shell")  # noqa: SLF001 (nothing else tells)
    _flush_output()
    kernel.set_parent(idents, message)
    _send_status(kernel, "busy")
    try:
        _run_coroutine(kernel.shell_handlers[message["header"]["msg_type"]](kernel.shell_stream, idents, message))
    except Exception:
        kernel.log.exception("Exception in message handler:")
    finally:
        _flush_output()
        _send_status(kernel, "idle")
        kernel.set_parent(ident, parent)
        # The front end shows what it was told last, and the cell still runs.
        _send_status(kernel, "busy")


def _run_coroutine(handled: Any) -> None:
    """Run the coroutine that handles a question; it has nothing to wait for. A comm's message has been handled."""
    if inspect.iscoroutine(handled):
        with contextlib.suppress(StopIteration):
            handled.send(None)


def _send_status(kernel: Any, state: str) -> None:
    kernel.send_response(kernel.iopub_socket, "status", {"execution_state": state})


def _flush_output() -> None:
    """Send what has been printed, under the message that it belongs to."""
    sys.stdout.flush()
    sys.stderr.flush()
