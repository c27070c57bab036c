"""How a notebook shows errors of this package: the sentence, and the traceback folded."""

from __future__ import annotations

import sys
import traceback
from html import escape
from typing import Any

from ...domain.errors import VeoError
from ...domain.printable import html_output, printable
from ...domain.redaction import redact

_HOOK, _SHOWN = "_render_traceback_", "_folded_in"
# IPython's own choice of how tracebacks look.
_USUAL = "Context"


def fold(shell: Any) -> None:
    """Have `VeoError`, and no other error, shown so from now on: IPython asks the exception itself."""

    def shown(error: VeoError) -> list[str]:
        kind, _, trace = sys.exc_info() if sys.exc_info()[1] is error else (type(error), error, error.__traceback__)
        if getattr(shell, "kernel", None) is None or shell.InteractiveTB.mode != _USUAL:
            # A terminal folds nothing, and whoever has chosen another way of showing errors wants that.
            return list(shell.InteractiveTB.structured_traceback(kind, error, trace))
        # IPython asks twice: for the screen, and for its history.
        if vars(error).get(_SHOWN) != shell.execution_count:
            setattr(error, _SHOWN, shell.execution_count)
            _show_folded(error)
        return [f"{type(error).__name__}: {error}"]

    setattr(VeoError, _HOOK, shown)


def unfold() -> None:
    """Show it as any other error again."""
    if _HOOK in vars(VeoError):
        delattr(VeoError, _HOOK)


def _show_folded(error: VeoError) -> None:
    from ..widgets.cell_output import post

    text = redact("".join(traceback.format_exception(error)))
    html = html_output(f"<details><summary>Traceback</summary><pre>{escape(text)}</pre></details>")
    post({"text/html": html, "text/plain": "\n".join(map(printable, text.splitlines()))})
