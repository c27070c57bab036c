"""Which version this is."""

from __future__ import annotations

from functools import cache


@cache
def own_version() -> str:
    """The installed version, or ``0+unknown`` for sources that were not installed."""
    # Only when asked: it reads files, and most imports of the package never need the number.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("veo-widgets")
    except PackageNotFoundError:
        return "0+unknown"
