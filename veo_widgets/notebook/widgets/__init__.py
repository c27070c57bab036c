"""Widgets for jobs and clips. The only users of anywidget and traitlets, with `magics`."""

from __future__ import annotations

from .batches.batch_table import BatchTable
from .display import show
from .forms.form import Form
from .grids.functions import compare, grid
from .grids.grid import Grid
from .job_view import JobView
from .libraries.library import Library, library
from .player import Player
from .registries import frames
from .storyboards.storyboard import Storyboard
from .studio import Studio

__all__ = [
    "BatchTable",
    "Form",
    "Grid",
    "JobView",
    "Library",
    "Player",
    "Storyboard",
    "Studio",
    "compare",
    "frames",
    "grid",
    "library",
    "show",
]
