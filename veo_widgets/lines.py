"""How a job stands, in a line, for whoever waits for it."""

from __future__ import annotations

from .board import Sighting
from .looks import typical_seconds
from .printable import printable
from .progress import Line, time_left


def line_of(seen: Sighting, now: float, *, last: bool) -> Line:
    """How a job stands.

    Args:
        seen: the job.
        now: seconds since the epoch.
        last: whether this line stays: it says nothing of time.
    """
    record = seen.record
    called = shorten(record.request.prompt, 48)
    if last:
        free = ", free at the emulator" if record.provider == "emulator" and record.cost.usd else ""
        return Line(f"{called}: {record.state} · {record.cost.text}{free}")
    if seen.receiving and (total := seen.receiving[2]):
        got = seen.receiving[1]
        return Line(f"{called}: downloading · {got / 1e6:.1f} of {total / 1e6:.1f} MB", got / total)
    state = "waiting for quota" if record.held_back else str(record.state)
    likely = typical_seconds(record.provider, record.model).likely
    gone = max(now - record.created_at, 0.0)
    # What takes longer than usual comes nearer to its end, and never there.
    share = 0.9 * gone / likely if gone < likely else 1 - 0.1 * likely / gone
    left = time_left(likely - gone) if gone < likely else "longer than usual"
    return Line(f"{called}: {state} · {gone // 60:.0f}:{gone % 60:02.0f} · {left}", share)


def shorten(text: str, length: int) -> str:
    """A text in one line, cut where it is too long."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
