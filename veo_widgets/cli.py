"""The command line: ``veo``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from . import session
from .budgets import Budget, read_pairs
from .errors import InvalidRequestError, MissingExtraError, VeoError
from .flags import add_account, add_request
from .handles import Job
from .printable import printable
from .version import own_version


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="veo", description="AI video from the command line; see also the notebooks.")
    parser.add_argument("--version", action="version", version=f"veo-widgets {own_version()}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    jobs = verbs.add_parser("jobs", help="list the newest jobs")
    jobs.add_argument("--limit", type=int, default=20, help="how many (default 20)")
    show = verbs.add_parser("show", help="show a job's clips: path, size, length, price")
    show.add_argument("job", nargs="?", help="a job's id; default is the newest")
    wait = verbs.add_parser("wait", help="wait for a job and show its clips")
    wait.add_argument("job", nargs="?", help="a job's id; default is the newest")
    budget = verbs.add_parser("budget", help="show or set limits: veo budget day 20 month off")
    budget.add_argument(
        "limits", nargs="*", metavar="NAME USD", help="request, day, month or unknown, and US dollars, off or default"
    )
    cost = verbs.add_parser("cost", help="show what clips have cost, by day, model, notebook and state")
    cost.add_argument("--days", type=int, help="how many days, today included (default all)")
    cost.add_argument("--csv", metavar="PATH", help="also write it to a file")
    _add_batch(verbs.add_parser("batch", help="make a clip of each row of a CSV file; what is there is not paid again"))
    verbs.add_parser("resume", help="take up every open job and wait for its clips")
    verbs.add_parser("doctor", help="say what a plain request would use and whether it would work; costs nothing")
    verbs.add_parser("emulator", help="serve the offline stand-in for the services; --help lists its options")
    return parser


def _add_batch(batch: argparse.ArgumentParser) -> None:
    batch.add_argument("file", metavar="FILE.csv", help="its columns fill in the prompt, or bear parameters' names")
    batch.add_argument("--prompt", default="", metavar="TEXT", help="such as 'A {animal}'; default: the column prompt")
    batch.add_argument("--name", default="", help="what it is found by again (default the file's name)")
    batch.add_argument("--retry", action="store_true", help="send rows again that have failed or were filtered")
    batch.add_argument("--max-running", type=int, metavar="N", help="how many jobs may run at once")
    batch.add_argument("--csv", metavar="PATH", help="also write the rows with their clips to a file")
    batch.add_argument("--dry-run", action="store_true", help="show the rows and their prices; send nothing")
    add_account(batch)
    add_request(batch)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``veo``; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["emulator"]:
            # The emulator has a command line of its own, which also runs without this one.
            return _emulator(words[1:])
        return _run(_parser().parse_args(words))
    except VeoError as error:
        print(f"veo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped waiting; jobs go on. `veo resume` picks them up.", file=sys.stderr)
        return 130


def _emulator(words: Sequence[str]) -> int:
    try:
        emulator = import_module("veo_widgets.emulator.__main__")
    except ImportError as error:
        raise MissingExtraError("The emulator", "emulator") from error
    return int(emulator.main(words))


def _run(options: argparse.Namespace) -> int:
    if options.verb == "jobs":
        print(session.jobs(options.limit))
    elif options.verb == "budget":
        print(_budget(options.limits))
    elif options.verb == "cost":
        spend = session.cost(options.days)
        print(spend)
        if options.csv:
            print(f"Written to {spend.to_csv(options.csv)}", file=sys.stderr)
    elif options.verb == "batch":
        return _batch(options)
    elif options.verb == "resume":
        return _resume()
    elif options.verb == "doctor":
        report = session.doctor()
        print(report)
        return 1 if report.problems else 0
    else:
        job = _find(options.job)
        print(describe(job.wait() if options.verb == "wait" else job))
    return 0


def _budget(words: Sequence[str]) -> Budget:
    limits = read_pairs(words)
    if "session" in limits:
        message = "session: it ends with this command; set VEO_BUDGET_SESSION for the program that submits."
        raise InvalidRequestError(message, parameter="session", value=limits["session"])
    return session.budget(**limits)


def _batch(options: argparse.Namespace) -> int:
    """Make every row's clip; one that fails does not keep the others from theirs."""
    own = {"verb", "file", "prompt", "name", "retry", "max_running", "csv", "dry_run"}
    values = {name: value for name, value in vars(options).items() if name not in own and value is not None}
    batch = session.batch(options.file, options.prompt, name=options.name, **values)
    if options.dry_run:
        print(batch)
        return 1 if batch.violations else 0
    print(f"{batch.title}: {batch.cost}", file=sys.stderr)
    print(batch.run(retry=options.retry, max_running=options.max_running).wait())
    if options.csv:
        print(f"Written to {batch.to_csv(options.csv)}", file=sys.stderr)
    return 0 if set(batch.plan().states) == {"succeeded"} else 1


def _resume() -> int:
    """Wait for every open job; one that fails does not keep the others from their clips."""
    failed = 0
    for job in session.resume():
        try:
            print(describe(job.wait()))
        except VeoError as error:
            failed = 1
            print(f"{job.id}  {error}", file=sys.stderr)
    return failed


def _find(job_id: str | None) -> Job:
    if job_id:
        return session.job(job_id)
    newest = session.jobs(limit=1)
    if not newest:
        raise VeoError("There are no jobs yet.")
    return newest[0]


def describe(job: Job) -> str:
    """A job's clips in a few lines."""
    record = job.record
    lines = [f"{record.id}  {record.state}  {record.model}  {record.request.prompt}"]
    if record.problem:
        lines.append(f"  {record.problem.title}: {record.problem.message} {record.problem.remedy}".rstrip())
    for video in record.videos:
        lines += [
            f"  clip   {video.path}",
            f"  size   {video.bytes / 1e6:.1f} MB, {video.width}×{video.height} at {video.fps:g} frames a second",
            f"  length {video.seconds:g} s",
        ]
    free = " (what it would have cost; the emulator is free)" if record.provider == "emulator" else ""
    lines.append(f"  price  {record.cost}{free}")
    return "\n".join(map(printable, lines))


if __name__ == "__main__":
    sys.exit(main())
