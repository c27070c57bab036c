"""How a job stands, in a line, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from ..client.job_status import typical_seconds
from ..client.live_jobs import Sighting
from ..client.progress import Line, time_left
from ..domain.catalog import TypicalSeconds
from ..domain.pricing import Cost, sum_text, total_usd
from ..domain.printable import printable


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
    gone = max(now - record.created_at, 0.0)
    told, share = _expectation(seen, gone, now)
    return Line(f"{called}: {state} · {gone // 60:.0f}:{gone % 60:02.0f}{told and f' · {told}'}", share)


def _expectation(seen: Sighting, gone: float, now: float) -> tuple[str, float | None]:
    """How long it takes yet, in words, and the share that is done: as the service says, else by what is usual."""
    if pace := seen.pace:
        return time_left(max(pace.ends_at - now, 0.0)), pace.share
    usual = _usual(seen)
    if usual.is_guess:
        return "", None
    # What takes longer than usual comes nearer to its end, and never there.
    if gone >= usual.likely:
        return "longer than usual", 1 - 0.1 * usual.likely / gone
    return time_left(usual.likely - gone), 0.9 * gone / usual.likely


def _usual(seen: Sighting) -> TypicalSeconds:
    return seen.usual or typical_seconds(seen.record.provider, seen.record.model)


def line_of_several(seen: Sequence[Sighting], now: float, *, last: bool) -> Line:
    """How jobs that are waited for together stand.

    Args:
        seen: the jobs.
        now: seconds since the epoch.
        last: as for `line_of`.
    """
    if len(seen) == 1:
        return line_of(seen[0], now, last=last)
    records = [one.record for one in seen]
    done = [record.cost for record in records if record.videos]
    over = sum(record.state.is_final for record in records)
    free = all(record.provider == "emulator" for record in records)
    parts = tally("jobs", done, over - len(done), len(records), free=free)
    if not last and over < len(records):
        left = [_seconds_left(one, now) for one in seen if not one.record.state.is_final]
        parts += [time_left(max(seconds for seconds in left if seconds is not None))] if any(left) else []
    return Line(" · ".join(parts), None if last else over / len(records))


def _seconds_left(seen: Sighting, now: float) -> float | None:
    """The seconds that a job which runs is likely to take yet; None if nobody knows."""
    if seen.pace:
        return seen.pace.ends_at - now
    usual = _usual(seen)
    return None if usual.is_guess else usual.likely - (now - seen.record.created_at)


def tally(title: str, done: Sequence[Cost], failed: int, count: int, *, free: bool) -> list[str]:
    """How far several jobs are, in parts of a line.

    Args:
        title: what they are called.
        done: the prices of those that have clips.
        failed: how many have ended without one.
        count: how many there are.
        free: whether nothing is charged.
    """
    parts = [f"{title}: {len(done)} of {count}"]
    parts += [f"{failed} failed"] if failed else []
    cost = sum_text(total_usd(done))
    cost = "free" if done and all(one.is_free for one in done) else cost
    priced = any(one.usd is not None for one in done)
    parts += [f"{cost}, free at the emulator" if free and priced else cost] if done else []
    return parts


def shorten(text: str, length: int) -> str:
    """A text in one line, cut where it is too long."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
