"""Which version this is."""

from __future__ import annotations

from functools import cache


@cache
def own_version() -> str:
    """The installed version, or ``0+unknown`` for sources that were not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("veo-widgets")
    except PackageNotFoundError:
        return "0+unknown"
