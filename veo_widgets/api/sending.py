"""The verbs of the command line that send: ``veo make``, ``veo film`` and ``veo batch``. The price comes first."""

from __future__ import annotations

import argparse
import os
import select
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..domain.errors import InvalidRequestError, VeoError
from ..domain.pricing import sum_text, total_usd
from ..domain.printable import printable
from ..session.job import Job
from . import functions, group_functions
from .clusters import add_on, cluster_at
from .commands import given
from .flags import add_account, add_request


@dataclass(frozen=True)
class Command:
    """A verb of the command line alone.

    Attributes:
        help: what it does, in a few words.
        add: adds its arguments to a parser.
        run: does it, given them by name; returns the exit code.
    """

    help: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[..., int]


def _add_make(make: argparse.ArgumentParser) -> None:
    make.add_argument("prompt", metavar="PROMPT", help="what the clip shows, in quotes")
    make.add_argument("--output", metavar="PATH", help="a folder or an .mp4 file; never overwrites another clip")
    make.add_argument("--open", action="store_true", help="open the clip when it is there")
    _add_agreement(make, "show the request and its price; send nothing")
    add_account(make)
    add_request(make)


def _run_make(*, prompt: str, open: bool, yes: bool, dry_run: bool, **values: Any) -> int:  # noqa: A002 (the flag)
    """Make one clip."""
    said = given(values)
    plan = functions.plan(prompt, **said)
    if dry_run:
        print(plan)
        return 1 if plan.violations else 0
    plan.check()
    free = plan.provider.name == "emulator"
    told = f"{plan.model.id} at {plan.provider.label}: {plan.cost}{' (the emulator is free)' if free else ''}"
    if not _agreed(told, free=free or plan.cost.is_free, yes=yes):
        return 1
    job = functions.submit(prompt, **said).wait()
    print(describe(job))
    if open and not webbrowser.open(job.videos[0].fetch().as_uri()):
        print("No program here opens it.", file=sys.stderr)
    return 0


def _add_film(film: argparse.ArgumentParser) -> None:
    film.add_argument("board", metavar="BOARD", help="a TOML file with its shots, title cards and settings")
    film.add_argument("--render", metavar="PATH", help="also write the film as it is cut to this .mp4")
    film.add_argument("--retry", action="store_true", help="also send the shots that failed or were filtered")
    film.add_argument("--max-running", type=int, metavar="N", help="how many jobs may run at once")
    add_on(film, "the film of --render written")
    _add_agreement(film, "show the shots and their prices; send nothing")
    add_account(film)


def _run_film(
    *,
    board: str,
    render: str | None,
    on: str | None,
    retry: bool,
    max_running: int | None,
    yes: bool,
    dry_run: bool,
    **values: Any,
) -> int:
    """Make what is missing of a film."""
    from ..session.groups.film_files import read_film
    from ..session.groups.piece import refuse
    from ..session.groups.renditions import rendition_of, target_of

    if on and not render:
        raise InvalidRequestError(
            f"on: {on!r} is for the film of --render, which is missing.", parameter="on", value=on
        )
    read = read_film(board)
    film = group_functions.film(read.name, read.parts, **{**read.common, **given(values)})
    if render:
        target_of(render, [], film.client.asynchronous.home)
    if render or read.render:
        rendition_of(film.parts, **read.render)
    if dry_run:
        print(film)
        return 1 if film.violations else 0
    refuse(film.title, film.pieces)
    due, bill = film.due(retry=retry), film.cost
    price = sum_text(total_usd(plan.cost for plan in due))
    told = f"{film.title}: {len(due)} of {len(film.pieces)} shots to send" + (f", {price}" if due else "")
    told = " · ".join((f"{told} (the emulator is free)" if due and bill.free else told, *bill.remarks))
    if not _agreed(told, free=bill.free or all(plan.cost.is_free for plan in due), yes=yes):
        return 1
    try:
        # First of all, since it may be that nobody is there.
        with cluster_at(on if render else None) as workers:
            film.run(retry=retry, max_running=max_running).wait()
            # Standard output is for what a script may read.
            made = film.render(render, **read.render, on=workers) if render else film.video
        print(made.uri or made.path.resolve())
    except VeoError:
        if not retry and len(film.due(retry=True)) > len(film.due()):
            print(f"veo film {board} --retry also sends what has failed again.", file=sys.stderr)
        raise
    except KeyboardInterrupt:
        print(f"Stopped waiting; veo film {board} goes on from here and pays for nothing twice.", file=sys.stderr)
        return 130
    return 0


def _add_batch(batch: argparse.ArgumentParser) -> None:
    batch.add_argument(
        "file", metavar="FILE", help="CSV, JSON, Excel, …: its columns fill in the prompt or set parameters"
    )
    batch.add_argument("--prompt", default="", metavar="TEXT", help="such as 'A {animal}'; default: the column prompt")
    batch.add_argument("--name", default="", help="the batch's name when you run it again (default: the file's name)")
    batch.add_argument("--retry", action="store_true", help="also send the rows that failed or were filtered")
    batch.add_argument("--max-running", type=int, metavar="N", help="how many jobs may run at once")
    add_on(batch, "the rows made")
    batch.add_argument("--csv", metavar="PATH", help="also write the rows with their clips to a file")
    batch.add_argument("--dry-run", action="store_true", help="show the rows and their prices; send nothing")
    add_account(batch)
    add_request(batch)


def _run_batch(
    *,
    file: str,
    prompt: str,
    name: str,
    retry: bool,
    max_running: int | None,
    on: str | None,
    csv: str | None,
    dry_run: bool,
    **values: Any,
) -> int:
    """Make every row's clip; one that fails does not keep the others from theirs."""
    batch = group_functions.batch(file, prompt, name=name, **given(values))
    if dry_run:
        print(batch)
        return 1 if batch.violations else 0
    # Standard output is for the table alone, which a script may read.
    print(f"{batch.title}: {batch.cost}", file=sys.stderr)
    with cluster_at(on) as workers:
        print(batch.run(retry=retry, max_running=max_running, on=workers).wait())
    if csv:
        print(f"Written to {batch.to_csv(csv)}", file=sys.stderr)
    return 0 if set(batch.plan().states) == {"succeeded"} else 1


def _add_agreement(parser: argparse.ArgumentParser, dry_run: str) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask whether the price is all right")
    parser.add_argument("--dry-run", action="store_true", help=dry_run)


def _agreed(told: str, *, free: bool, yes: bool) -> bool:
    """Tell a price, and ask whether it is all right where it is one.

    Raises:
        InvalidRequestError: nobody can be asked.
    """
    print(printable(told), file=sys.stderr)
    if free or yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        message = "yes: nobody can be asked here, so nothing was sent; --yes sends it without asking."
        raise InvalidRequestError(message, parameter="yes", value=False)
    try:
        print("Send it? [y/N] ", end="", file=sys.stderr, flush=True)
        answer = _typed_line()
    except KeyboardInterrupt:
        print("\nNothing was sent.", file=sys.stderr)
        raise SystemExit(130) from None
    if answer.strip().lower() in {"y", "yes"}:
        return True
    print("Nothing was sent.", file=sys.stderr)
    return False


def _typed_line() -> str:
    # Python hears of a Ctrl-C that comes just before it begins to read only once there is a line.
    while os.name == "posix" and not select.select([sys.stdin], [], [], 0.2)[0]:
        pass
    return sys.stdin.readline()


def describe(job: Job) -> str:
    """A job's clips in a few lines."""
    record = job.record
    lines = [f"{record.id}  {record.state}  {record.model}  {record.request.prompt}"]
    if record.problem:
        lines.append(f"  {record.problem.title}: {record.problem.message} {record.problem.remedy}".rstrip())
    if record.remark:
        lines.append(f"  note   {record.remark}")
    for video in record.videos:
        lines += [
            f"  clip   {video.uri or video.path}",
            f"  size   {video.bytes / 1e6:.1f} MB, {video.width}×{video.height} at {video.fps:g} frames a second",
            f"  length {video.seconds:g} s",
            f"  sha256 {video.sha256 or 'not known: the file was changed or removed before it was read for it'}",
        ]
    free = " (what it would have cost; the emulator is free)" if record.provider == "emulator" else ""
    lines.append(f"  price  {record.cost}{free}")
    return "\n".join(map(printable, lines))


SENDERS = {
    "make": Command("make one clip of a prompt", _add_make, _run_make),
    "film": Command("make what is missing of the film in a TOML file", _add_film, _run_film),
    "batch": Command(
        "make a clip of each row of a file; existing clips are not paid for again", _add_batch, _run_batch
    ),
}
