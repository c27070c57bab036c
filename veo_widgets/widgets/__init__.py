"""Widgets for jobs and clips. The only users of anywidget and traitlets, with `magics`."""

from __future__ import annotations

from .display import show
from .handover import frames
from .job_view import JobView
from .player import Player

__all__ = ["JobView", "Player", "frames", "show"]
