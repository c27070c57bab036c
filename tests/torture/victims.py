"""A program that forks programs: each submits a job or resumes what is open, and may be killed on the way.

Forking from a process that has imported everything takes milliseconds where a fresh start takes most of a second. It
reads one line of JSON per round, a list of orders that are carried out at once, and answers how each has ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import av  # noqa: F401 (the poster's; loading it is the slowest part)
import psycopg  # noqa: F401 (for a ledger on a server, as the next)
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

import veo_widgets
from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.session.client import Client

PACKAGE = str(Path(veo_widgets.__file__).parent)
# Instead of an exit code; and that of a program that may not spend what it wants to.
STOPPED, REFUSED = 1000, 3
# What is asked of the system, beside the functions of the package.
WRITES = {"SqliteFile.write", "PostgresServer.write"}
SYSTEM = {"os.fsync", "os.replace", "os.unlink", "socket.send", "socket.recv"}


class Reaper:
    """Kills or stops this process at the n-th of some event, and notes every event.

    Args:
        event: such as ``["Ledger.write", "return", 2]``; None never does.
        by: the signal.
    """

    def __init__(self, event: list[Any] | None, by: int) -> None:
        self._by = by
        self._wanted = tuple(event[:2]) if event else None
        self._left = event[2] if event else 0
        self._lock = threading.Condition()
        self._writing: set[int] = set()
        self.seen: Counter[str] = Counter()

    def arm(self) -> None:
        """From now on, in every thread that there is or will be."""
        threading.setprofile(self._met)
        sys.setprofile(self._met)

    def _met(self, frame: FrameType, event: str, arg: Any) -> None:
        if event.startswith("c_"):
            name = _system(arg)
            if name not in SYSTEM:
                return
        elif frame.f_code.co_filename.startswith(PACKAGE):
            name = frame.f_code.co_qualname
        else:
            return
        happened = (name, event.removeprefix("c_"))
        me = threading.get_ident()
        with self._lock:
            self._note_writing(me, happened)
            self.seen[" ".join(happened)] += 1
            if happened == self._wanted:
                self._left -= 1
                if not self._left:
                    # A program that is stopped in a write would keep the ledger locked, which is another test's matter.
                    self._lock.wait_for(lambda: self._by != signal.SIGSTOP or not self._writing - {me})
                    # This thread, so that it is not one statement further when the process stops.
                    signal.pthread_kill(me, self._by)

    def _note_writing(self, thread: int, happened: tuple[str, str]) -> None:
        if happened[0] in WRITES:
            (self._writing.add if happened[1] == "call" else self._writing.discard)(thread)
            self._lock.notify_all()


def _system(function: Any) -> str:
    """The name of a function of the system; the event loop's own socket, by which it wakes itself, is left out."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, socket.socket):
        return f"socket.{function.__name__}" if owner.family == socket.AF_INET else ""
    return f"os.{function.__name__}" if getattr(function, "__module__", "") == "posix" else ""


def _client(order: dict[str, Any]) -> Client:
    def now() -> float:
        return order["epoch"] + (time.time() - order["epoch"]) * order["speed"]

    async def sleep(seconds: float) -> None:
        await anyio.sleep(seconds / order["speed"])

    given = Settings(
        provider="gemini", base_url=order["url"], folder=Path(order["folder"]) / "clips", api_key=Secret("sk-canary")
    )
    os.environ["VEO_LEDGER_URL"] = order["ledger"]
    return Client(given, home=Path(order["home"]), clock=Clock(now, sleep))


def submit(order: dict[str, Any]) -> None:
    """Bring a job from its prompt to its clips."""
    reaper = Reaper(order.get("event"), signal.SIGSTOP if order.get("stop") else signal.SIGKILL)
    reaper.arm()
    client = _client(order)
    try:
        client.submit(order["prompt"], allow_retired=True, **order["said"]).wait(600)
    except (errors.VeoError, KeyboardInterrupt):
        # Stopped for long enough, it may find that another program has decided, or that somebody ends it.
        if not order.get("stop"):
            raise
    client.close()
    Path(order["folder"], "events.json").write_text(json.dumps(reaper.seen), "utf-8")


def resume(order: dict[str, Any]) -> None:
    """Bring every open job to its end."""
    reaper = Reaper(order.get("event"), signal.SIGSTOP if order.get("stop") else signal.SIGKILL)
    reaper.arm()
    client = _client(order)
    for job in client.resume():
        with suppress(errors.JobError):
            job.wait(600)
    client.close()


def work(order: dict[str, Any]) -> None:
    """Submit a job, beside those that others have left behind."""
    reaper = Reaper(order.get("event"), signal.SIGKILL)
    reaper.arm()
    client, code = _client(order), 0
    client.resume()
    try:
        client.submit(order["prompt"], allow_retired=True, **order["said"]).wait(600)
    except errors.BudgetError:
        code = REFUSED
    except errors.VeoError:
        # What is wrong then is in the ledger, or is made good by others.
        traceback.print_exc()
    client.close()
    if code:
        os._exit(code)


def in_turn(order: dict[str, Any]) -> None:
    """One program after the other until so many were killed; how each has ended is written down."""
    left = order["kills"]
    with Path(order["log"]).open("a") as log:
        for one in order["orders"]:
            if not (pid := os.fork()):
                _run({**order, **one})
            code = _ended(pid, one.get("seconds"))
            log.write(json.dumps([one["prompt"], code]) + "\n")
            log.flush()
            if code not in {0, REFUSED, -signal.SIGKILL}:
                raise RuntimeError(f"{one} has ended with {code}.")
            left -= code == -signal.SIGKILL
            if not left:
                return
    raise RuntimeError(f"{left} programs were to be killed, and there are no more.")


def _run(order: dict[str, Any]) -> None:
    try:
        {"submit": submit, "resume": resume, "work": work, "in turn": in_turn}[order["do"]](order)
    except BaseException:  # noqa: BLE001 (nothing may get back into the parent's loop)
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _ended(pid: int, seconds: float | None) -> int:
    """How a program has ended or been stopped; killed after so many seconds, if any are given."""
    handle = os.pidfd_open(pid)
    if seconds is not None and not select.select([handle], [], [], seconds)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(handle)
    status = os.waitpid(pid, os.WUNTRACED)[1]
    return STOPPED if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def main() -> None:
    """Carry out rounds until there are no more; a program that was stopped goes on in a round that says so."""
    stopped: list[int] = []
    for line in sys.stdin:
        started = []
        for order in json.loads(line):
            if order["do"] == "go on":
                pid = stopped.pop()
                if order.get("interrupted"):
                    # Kept for it until it goes on.
                    os.kill(pid, signal.SIGINT)
                os.kill(pid, signal.SIGCONT)
            elif not (pid := os.fork()):
                _run(order)
            started.append((pid, order.get("seconds")))
        ended = [_ended(pid, seconds) for pid, seconds in started]
        stopped += [pid for (pid, _), code in zip(started, ended, strict=True) if code == STOPPED]
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    main()
