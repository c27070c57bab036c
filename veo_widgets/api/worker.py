"""``veo worker``: brings clips home with every notebook closed, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

from ..client.async_client import AsyncClient
from ..client.worker import Worker
from ..domain.job_record import JobRecord
from ..domain.printable import printable
from .heartbeat import Heartbeat

HELP = "bring home the clips of all jobs that no other program works on, until it is stopped"


def add(worker: argparse.ArgumentParser) -> None:
    """Add the command's arguments to a parser."""
    worker.add_argument("--once", action="store_true", help="end as soon as no job is open")
    worker.add_argument("--alive", metavar="FILE", type=Path, help="touch this file every few seconds, for a probe")


def run(*, once: bool, alive: Path | None) -> int:
    """Work until SIGTERM or SIGINT; returns the exit code.

    Raises:
        InvalidRequestError: the file for the probe cannot be written.
    """
    return anyio.run(_work, once, Heartbeat(alive))


async def _work(once: bool, heartbeat: Heartbeat) -> int:  # noqa: FBT001 (anyio passes no names)
    client, lines = AsyncClient(), _Lines(heartbeat)
    worker = Worker(client, lines)
    with _stopped_by_signals(worker.stop):
        async with client:
            lines.say(f"at work on {client.ledger_place}")
            left = await worker.run(once=once)
            heartbeat.stopping()
    return int(once and (lines.some_failed or bool(left)))


class _Lines:
    """A line for each job on standard output, and on standard error what keeps jobs from going on."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self.some_failed = False
        self.looked = heartbeat.beat

    def ended(self, record: JobRecord) -> None:
        """Tell of a job that has ended."""
        self.some_failed |= not record.videos
        print(line_of(record), flush=True)

    def trouble(self, words: str) -> None:
        """Tell of what is tried again."""
        self.say(words)

    def say(self, words: str) -> None:
        """Say something for people."""
        print(f"veo worker: {printable(words)}", file=sys.stderr, flush=True)


def line_of(record: JobRecord) -> str:
    """A job that has ended: its id, state, model and price, and its clips or why there are none."""
    told = ", ".join(str(video.path) for video in record.videos)
    if record.problem:
        told = f"{record.problem.title}: {record.problem.message}"
    return printable("  ".join([record.id, str(record.state), record.model, record.cost.text, told]))


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Have `stop` called on the running loop when the program is told to end."""
    loop, before = asyncio.get_running_loop(), {}

    def heard(*_: object) -> None:
        # A handler may run while the loop sleeps, and only this wakes it.
        loop.call_soon_threadsafe(stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        # A shell has what it starts in the background ignore Ctrl-C.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
