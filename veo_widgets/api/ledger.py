"""``veo ledger``: moves a ledger between a file and a server, and says whether one is whole."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from ..client.progress import Line, metered
from ..config.settings import place_of
from ..domain.errors import InvalidRequestError, LedgerError
from ..domain.pricing import dollars
from ..domain.printable import printable
from ..storage.ledger.checking import check
from ..storage.ledger.copying import Progress, copy
from ..storage.ledger.ledger import PATIENCE_SECONDS
from ..storage.ledger.ledger_place import LedgerPlace
from ..storage.ledger.readers import reader

HELP = "copy a ledger between a file and a PostgreSQL server, check one, or keep its users apart"
_PLACE = "a ledger's file, postgresql://user@host/database, or `default`: the ledger in use"
_LOST_SHOWN = 5


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to a parser."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = "copy a ledger to where there is none, or go on with a copy that was interrupted, and compare the two"
    copying = actions.add_parser(
        "copy", help=words, description=f"{words[0].upper()}{words[1:]}. Nothing is overwritten."
    )
    copying.add_argument("source", metavar="FROM", help=_PLACE)
    copying.add_argument("target", metavar="TO", help="another such place")
    words = "say whether a ledger is whole, without a change to it"
    checking = actions.add_parser("check", help=words, description=f"{words[0].upper()}{words[1:]}.")
    checking.add_argument("source", metavar="LEDGER", nargs="?", default="default", help=f"{_PLACE} (if none is named)")
    words = "keep the users of a ledger in PostgreSQL apart, each with a database role of their own"
    # The ledger first: behind the roles it would be taken for one.
    usage = "veo ledger protect [-h] [LEDGER] --members ROLE [ROLE ...] [--workers ROLE [ROLE ...]] [--shared]"
    protecting = actions.add_parser("protect", help=words, description=f"{words[0].upper()}{words[1:]}.", usage=usage)
    protecting.add_argument("source", metavar="LEDGER", nargs="?", default="default", help=f"{_PLACE} (the default)")
    for flag, words, needed in (
        ("--members", "roles, or groups of them, of which each user sees their own jobs", True),
        ("--workers", "roles that see all jobs and bring them home, as `veo worker` does", False),
    ):
        protecting.add_argument(flag, metavar="ROLE", nargs="+", default=(), required=needed, help=words)
    protecting.add_argument("--shared", action="store_true", help="let members see all jobs, but change no limit")


def run(*, action: str, source: str, target: str = "", **roles: Any) -> int:
    """Do one of the three; returns the exit code.

    Raises:
        InvalidRequestError: a place cannot be one of a ledger.
        LedgerError: a ledger cannot be used, or is not to be copied.
    """
    if action == "check":
        return _check(place_of(source, "LEDGER"))
    if action == "protect":
        return _protect(place_of(source, "LEDGER"), **roles)
    return _copy(place_of(source, "FROM"), place_of(target, "TO"))


def _protect(place: LedgerPlace, *, members: Sequence[str], workers: Sequence[str], shared: bool) -> int:
    if place.url is None:
        raise InvalidRequestError(
            f"LEDGER: {str(place)!r} is a file, and whoever can open a file sees all of it; only a server keeps users "
            "apart.",
            parameter="LEDGER",
        )
    # Imported here: most ledgers are a file.
    from ..storage.ledger.postgres import PostgresServer
    from ..storage.ledger.postgres_protection import Protection

    with closing(PostgresServer(place.url, PATIENCE_SECONDS)) as server:
        found = server.protect(Protection(tuple(members), tuple(workers), shared))
    seen = "all jobs" if shared else "their own jobs alone"
    sees = "can call theirs" if shared else "sees"
    lines = [
        f"{place} keeps its users apart.",
        f"{', '.join(members)}: see {seen}, and lower their own limits.",
        *([f"{', '.join(workers)}: see and bring home all jobs."] if workers else []),
        f"{found.administrator}: sees everything and sets all limits; `veo budget` shows them.",
        *(
            f"{name or 'nobody'}: is no role, and has {count} job{'s' * (count != 1)} that no member {sees}."
            for name, count in found.strays.items()
        ),
    ]
    print("\n".join(map(printable, lines)))
    return 0


def _copy(source: LedgerPlace, target: LedgerPlace) -> int:
    if _key(source) == _key(target):
        raise InvalidRequestError(f"TO: {str(target)!r} is the ledger that is to be copied.", parameter="TO")
    progress = Progress()

    def line(_: bool) -> Line:  # noqa: FBT001 (asked by position)
        return Line(f"{progress.what} {progress.jobs} of {progress.of} jobs", progress.jobs / (progress.of or 1))

    with metered(line, notable=False, after=0.0) as progress.tick:
        left = copy(source, target, PATIENCE_SECONDS, time.time(), progress)
    print(
        f"The same in {printable(str(source))} and {printable(str(target))}: {progress.jobs} jobs, {progress.events} "
        f"events, {progress.images} images, {progress.limits} limits, {dollars(progress.usd)}."
    )
    if progress.lost:
        names = ", ".join(map(repr, list(progress.lost)[:_LOST_SHOWN]))
        names += ", …" if len(progress.lost) > _LOST_SHOWN else ""
        count = sum(progress.lost.values())
        print(f"Left out: {count} event{'s' * (count != 1)} of jobs that are not there ({printable(names)}).")
    if left:
        print(f"{left} of the jobs are open: use only one of the two from now on, or both will take them up.")
    return 0


def _key(place: LedgerPlace) -> str:
    return place.url.reveal() if place.url else str(place.path.resolve())


def _check(place: LedgerPlace) -> int:
    ledger = reader(place, PATIENCE_SECONDS)
    if ledger is None:
        raise LedgerError(f"There is no ledger {str(place)!r}.")
    found = 0
    with closing(ledger):
        for fault in check(ledger):
            found += 1
            print(printable(fault).replace("\n", " "), flush=True)
        if not found:
            ((jobs, events, images),) = ledger.rows(
                "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM events), "
                "(SELECT count(DISTINCT sha256) FROM inputs)"
            )
            print(f"{printable(str(place))} is whole: {jobs} jobs, {events} events, {images} images.")
    return int(bool(found))
