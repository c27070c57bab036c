"""The poll schedule, simulated."""

from __future__ import annotations

from .. import poll_simulation
from ..rows import Row
from ..stage import Stage


def noticing(_stage: Stage) -> list[Row]:
    """The poll schedule, simulated; see `poll_simulation`."""
    late, crowd, loop, ideal = poll_simulation.summary()
    return [
        Row("Noticing", "lateness of a few jobs, of a 10 s loop's", late, "×", "≤ 0.33", late <= 1 / 3),
        Row("Noticing", "looks for each of 1,000 jobs", crowd, "", f"≤ {loop:.1f}, the loop's", crowd <= loop),
        Row("Noticing", "least lateness anybody can have with no more looks than the loop", ideal, "×"),
    ]
