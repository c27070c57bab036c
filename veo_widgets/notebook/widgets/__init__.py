"""Widgets for jobs and clips. The only users of anywidget and traitlets, with `magics`."""

from __future__ import annotations

from .display import show
from .form import Form
from .grid_view import Grid, compare, grid
from .handover import frames
from .job_view import JobView
from .player import Player
from .studio import Studio

__all__ = ["Form", "Grid", "JobView", "Player", "Studio", "compare", "frames", "grid", "show"]
