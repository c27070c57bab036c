"""Kernels that share a ledger: how many jobs a second it takes, how long their submits wait, what is lost of them.

A kernel is a thread with a ledger and a connection of its own; a few processes have them, as each has one lock.
"""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from statistics import median, quantiles
from threading import Event

from team_jobs import PRICE, brought_home, opened, record, submitted

said = json.load(sys.stdin)
PROCESSES = min(4, said["kernels"])
FORKED = get_context("fork")
gate = FORKED.Barrier(PROCESSES)


def kernels(process):
    """The kernels of one process: when they began, when they ended, and what each submit took."""
    numbers = range(process, said["kernels"], PROCESSES)
    start = Event()
    with ThreadPoolExecutor(len(numbers)) as threads:
        ledgers = list(threads.map(opened, (f"{said['folder']}/{number}" for number in numbers), repeat(said["url"])))
        running = [threads.submit(kernel, *one, start) for one in zip(numbers, ledgers, strict=True)]
        gate.wait()
        began = time.time()
        start.set()
        waits = [wait for one in running for wait in one.result()]
        ended = time.time()
    for ledger in ledgers:
        ledger.close()
    return began, ended, waits


def kernel(number, ledger, start):
    """Jobs one after the other; every so many seconds, if that is wanted, else at once."""
    start.wait()
    began, waits = time.monotonic(), []
    for nth in range(said["jobs"]):
        if every := said["every"]:
            time.sleep(max(0.0, began + every * (nth + number / said["kernels"]) - time.monotonic()))
        job, wait = submitted(ledger, record(f"k{number:03}j{nth:05}e{every}"))
        waits.append(wait)
        brought_home(ledger, job)
    return waits


if __name__ == "__main__":
    with ProcessPoolExecutor(PROCESSES, FORKED) as processes:
        found = list(processes.map(kernels, range(PROCESSES)))
    waits = sorted(wait * 1000 for _, _, one in found for wait in one)
    count = said["kernels"] * said["jobs"]
    ledger = opened(f"{said['folder']}/0", said["url"])
    ended = sum(item.jobs for item in ledger.spend().items if item.state == "succeeded")
    usd = ledger.spend().usd
    print(
        json.dumps(
            {
                "jobs_per_second": count / (max(one[1] for one in found) - min(one[0] for one in found)),
                "median_ms": median(waits),
                "late_ms": quantiles(waits, n=100)[-1],
                "ended": ended,
                "cents_off": round(abs(usd - ended * PRICE) * 100, 6),
            }
        )
    )
