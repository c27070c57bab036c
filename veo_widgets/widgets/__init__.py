"""Widgets for jobs and clips. The only users of anywidget and traitlets, with `magics`."""

from __future__ import annotations

from .display import show
from .grid_view import Grid, compare, grid
from .handover import frames
from .job_view import JobView
from .player import Player

__all__ = ["Grid", "JobView", "Player", "compare", "frames", "grid", "show"]
