"""What other packages register by entry points."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any


def take_plugins(group: str, what: str, take: Callable[[Any, str], None]) -> None:
    """Hand over what other packages have registered; what is broken is told and left out.

    Args:
        group: of the entry points.
        what: what one is, for people, such as ``provider``.
        take: is called with what an entry point names, and where that is.
    """
    # Looking through every installed package takes time that most sessions need not spend.
    from importlib.metadata import entry_points

    for entry in entry_points(group=group):
        try:
            take(entry.load(), entry.value)
        except Exception as error:  # noqa: BLE001 (another package's code may raise anything)
            message = f"The {what} {entry.name!r} ({entry.value}) is left out: {type(error).__name__}: {error}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
