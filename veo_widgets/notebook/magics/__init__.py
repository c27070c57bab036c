"""``%%veo`` makes a clip of a cell; ``%veo`` looks after jobs. One of the two users of IPython, with `widgets`."""

from __future__ import annotations

from .extension import load, unload

__all__ = ["load", "unload"]
