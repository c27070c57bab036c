"""Which cell runs, who watches it, and the notebook's variables. Apart from the widgets, which take long to load."""

from __future__ import annotations

import os
from typing import Any

from IPython import get_ipython


def notebook_names() -> dict[str, Any]:
    """The notebook's variables; none outside a notebook."""
    shell = get_ipython()
    return dict(shell.user_ns) if shell is not None else {}


def run_number() -> int | None:
    """The number of the run of a cell; None outside of notebooks."""
    shell = get_ipython()
    return None if shell is None else shell.execution_count


def somebody_watches() -> bool:
    """Whether the running cell was run by people: their front ends can be asked for input, programs cannot."""
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return False
    return is_page() or bool((shell.get_parent() or {}).get("content", {}).get("allow_stdin"))


def is_page() -> bool:
    """Whether Voilà runs the cells: all of a notebook's, anew and in a kernel of its own for each visitor.

    Source: voila 0.5, ``handler.py``, which sets the name for each kernel.
    """
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def running_cell() -> tuple[str, int]:
    """The id of the cell that runs and the number of its run; an empty id where the front end names none."""
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return "", 0
    metadata = (shell.get_parent() or {}).get("metadata", {})
    return str(metadata.get("cellId", "")), shell.execution_count
