"""What is measured, topic by topic: each returns rows for the results."""

from .downloads import downloads
from .emulator import emulator
from .films import films
from .frames import frames
from .grid import grid
from .imports import imports
from .ledgers import ledgers
from .notebooks import notebooks
from .noticing import noticing
from .team import team
from .waiting import many, waiting

TOPICS = {
    "imports": imports,
    "noticing": noticing,
    "waiting": waiting,
    "many": many,
    "downloads": downloads,
    "ledgers": ledgers,
    "team": team,
    "emulator": emulator,
    "films": films,
    "frames": frames,
    "notebooks": notebooks,
    "grid": grid,
}
