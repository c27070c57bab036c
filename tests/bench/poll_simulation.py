"""``make bench-poll``: the poll schedule against loops, backoff, and the best that anybody could do.

Latencies in, lateness and looks out: nothing here waits or sends anything, so the same table comes out every time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import count
from statistics import fmean

import numpy as np

from veo_widgets.client.poll_schedule import Schedule
from veo_widgets.domain.catalog import TypicalSeconds

# The ranges of the catalog, and how far a model's jobs spread within them; 0.55 is what the emulator plays.
RANGES = {"Veo": TypicalSeconds(11, 60, 360), "Omni": TypicalSeconds(24, 45, 90)}
SPREADS = {"wide": 0.55, "usual": 0.3, "narrow": 0.15}
JOBS = 4000
Moments = Callable[[], Sequence[float]]


def durations(typical: TypicalSeconds, spread: float, number: int, seed: int) -> list[float]:
    """How long so many jobs take."""
    dice = random.Random(seed)
    drawn = (dice.lognormvariate(math.log(typical.likely), spread) for _ in range(number))
    return [min(max(one, typical.low), typical.high) for one in drawn]


def noticed(next_look: Callable[[float], float], jobs: Sequence[float]) -> tuple[float, float]:
    """Mean seconds from the end of a job to the look that notices it, and mean looks.

    Args:
        next_look: the seconds to wait, from the seconds since a job was submitted.
        jobs: how long each takes.
    """
    moments = [next_look(0.0)]
    last = max(jobs)
    while moments[-1] < last:
        moments.append(moments[-1] + next_look(moments[-1]))
    numbers = np.searchsorted(moments, jobs)
    late = np.asarray(moments)[numbers] - np.asarray(jobs)
    return float(late.mean()), float(numbers.mean() + 1)


def backoff(first: float = 1.0, factor: float = 1.5, most: float = 30.0) -> Callable[[float], float]:
    """Waits that grow from `first` to `most`, as a function of the time since the submit."""
    moments = [first]
    for number in count(1):
        moments.append(moments[-1] + min(first * factor**number, most))
        if moments[-1] > 10_000:
            break
    return lambda elapsed: next(moment for moment in moments if moment > elapsed + 1e-9) - elapsed


def best(jobs: Sequence[float], looks: float) -> tuple[float, float]:
    """The least lateness with so many looks on average, for whoever knows the distribution exactly."""
    cheap, dear = 0.001, 50.0
    for _ in range(30):
        price = math.sqrt(cheap * dear)
        late, needed = noticed(_best_at(jobs, price), jobs)
        cheap, dear = (price, dear) if needed > looks else (cheap, price)
    return late, needed


def _best_at(jobs: Sequence[float], price: float) -> Callable[[float], float]:
    """The best schedule if a look is worth `price` seconds of lateness: from the last look back to the first."""
    edges = np.linspace(0, max(jobs) + 1e-6, 500)
    shares = np.histogram(jobs, bins=edges)[0] / len(jobs)
    done = np.concatenate([[0], np.cumsum(shares)])
    moment = np.concatenate([[0], np.cumsum(shares * (edges[:-1] + edges[1:]) / 2)])
    costs, nexts = np.zeros(len(edges)), np.zeros(len(edges), int)
    for here in range(len(edges) - 2, -1, -1):
        later = np.arange(here + 1, len(edges))
        lateness = (done[later] - done[here]) * edges[later] - (moment[later] - moment[here])
        total = price * (1 - done[here]) + lateness + costs[later]
        chosen = int(total.argmin())
        costs[here], nexts[here] = total[chosen], later[chosen]

    def next_look(elapsed: float) -> float:
        here = min(int(np.searchsorted(edges, elapsed - 1e-9)), len(edges) - 2)
        return float(edges[nexts[here]] - elapsed) or 1.0

    return next_look


def compared(name: str, spread: str) -> dict[str, tuple[float, float]]:
    """Lateness and looks of every way to look, for one kind of jobs."""
    typical, jobs = RANGES[name], durations(RANGES[name], SPREADS[spread], JOBS, seed=42)
    history = durations(typical, SPREADS[spread], 50, seed=7)
    fresh, learned = Schedule.of([], typical), Schedule.of(history, typical)
    found = {
        "every 10 s": noticed(lambda _: 10.0, jobs),
        "every 5 s": noticed(lambda _: 5.0, jobs),
        "backoff": noticed(backoff(), jobs),
        "ours, first time": noticed(fresh.delay, jobs),
        "ours, learned": noticed(learned.delay, jobs),
        "ours, one of 1,000": noticed(lambda elapsed: learned.delay(elapsed, 1000), jobs),
    }
    found["best with as many as every 10 s"] = best(jobs, found["every 10 s"][1])
    found["best with as many as ours"] = best(jobs, found["ours, learned"][1])
    return found


def table() -> str:
    """Everything as Markdown."""
    lines = ["| jobs | looks | late, s | of every 10 s | looks per job |", "| --- | --- | --- | --- | --- |"]
    for name in RANGES:
        for spread in SPREADS:
            found = compared(name, spread)
            loop = found["every 10 s"][0]
            lines += [
                f"| {name}, {spread} | {way} | {late:.2f} | {late / loop:.2f} | {looks:.1f} |"
                for way, (late, looks) in found.items()
            ]
    return "\n".join(lines)


def summary() -> tuple[float, float, float, float]:
    """The means over all kinds of jobs, once there is a history.

    Returns:
        Lateness of a few jobs as a share of a 10 s loop's, looks for each of a thousand jobs, the loop's looks, and the
        least share of the loop's lateness that anybody can have who looks no more often.
    """
    every = [compared(name, spread) for name in RANGES for spread in SPREADS]
    loop = "every 10 s"
    late = fmean(found["ours, learned"][0] / found[loop][0] for found in every)
    ideal = fmean(found["best with as many as every 10 s"][0] / found[loop][0] for found in every)
    return late, fmean(found["ours, one of 1,000"][1] for found in every), fmean(f[loop][1] for f in every), ideal


if __name__ == "__main__":
    print(table())
