"""One line of the results: what was measured, how it came out, and what others need for the same."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """A measurement.

    Attributes:
        topic: the heading that it belongs to.
        what: in words.
        value: ours, in `unit`.
        goal: in words; empty for what is only told.
        met: whether the goal is reached; None without one.
        others: the same of the peers, by name, in `unit`.
        method: how, in a sentence, where the topic does not say.
    """

    topic: str
    what: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    others: dict[str, float] = field(default_factory=dict)
    method: str = ""


def shown(value: float) -> str:
    """A number with as many digits as mean something."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
