"""``%%veo`` makes a clip of a cell; ``%veo`` looks after jobs."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from . import config, session
from .budgets import Budget, read_pairs
from .errors import InvalidRequestError, JobError, SubmitInterrupted, VeoError, nearest
from .flags import Flags, fill_in, parse, parser
from .handles import Job, Jobs
from .keys import login
from .ledger import Ledger
from .logbook import log, without_media
from .planning import Plan
from .printable import printable
from .spending import Spend

_USAGE = """%veo jobs [N] | job ID | wait [ID] | resume | cancel ID | retry ID | look ID [OPERATION] | forget ID
    | budget [NAME USD …] | cost [DAYS] [--csv PATH] | doctor | log [LEVEL [FILE]] | login PROVIDER | help"""


@magics_class
class VeoMagics(Magics):
    """The magics of one shell."""

    shell: InteractiveShell

    @no_var_expand
    @cell_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def cell(self, line: str, cell: str) -> None:
        """Make a video of what the cell says. ``%%veo --help`` lists the flags."""
        self._tell(lambda: self._make(line, cell))

    @line_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def line(self, line: str) -> Any:
        """Look after jobs: ``%veo jobs``, ``%veo job ID``, ``%veo wait [ID]``, ``%veo resume``, ``%veo doctor``."""
        return self._tell(lambda: self._look_after(line))

    def _tell(self, work: Callable[[], Any]) -> Any:
        """Errors of ours become one line, without a traceback; the cell fails all the same."""
        try:
            return work()
        except VeoError as error:
            line = f"{type(error).__name__}: {error}"
            # IPython asks the exception itself how to show it; a run of the whole notebook still stops here.
            error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]
            raise

    def _make(self, line: str, cell: str) -> None:
        flags = parse(line)
        if flags is None:
            print(parser().format_help())  # noqa: T201 (the answer to --help)
            return
        prompt = fill_in(cell, self.shell.user_ns)
        plan = session.plan(prompt, **flags.values)
        if flags.dry_run:
            print(dry_run(plan))  # noqa: T201 (the answer to --dry-run)
            return
        self._submit(plan, flags)

    def _submit(self, plan: Plan, flags: Flags) -> None:
        from .widgets.display import show, show_and_wait

        client = session.client()
        try:
            job = client.submit_plan(plan)
        except SubmitInterrupted as stopped:
            job = client.job(stopped.job_id)
            print(stopped)  # noqa: T201 (what Ctrl-C did and did not do)
            flags = replace(flags, wait=False)
        except JobError as error:
            # The answer was lost: the job is in the ledger and has something to show.
            show(client.job(error.job_id))
            raise
        if flags.into:
            self.shell.user_ns[flags.into] = job
        if not flags.wait:
            show(job)
            return
        try:
            show_and_wait(job)
        except KeyboardInterrupt as stopped:
            print(stopped)  # noqa: T201 (what Ctrl-C did and did not do)

    def _look_after(self, line: str) -> Any:
        try:
            words = shlex.split(line) or ["help"]
        except ValueError as error:
            raise InvalidRequestError(f"%veo: {error} in {line!r}; close the quotes.") from None
        verbs: dict[str, Callable[..., Any]] = {
            "jobs": _jobs,
            "job": session.job,
            "wait": _wait,
            "resume": session.resume,
            "cancel": _cancel,
            "retry": _retry,
            "look": _look,
            "forget": _forget,
            "budget": _budget,
            "cost": _cost,
            "doctor": session.doctor,
            "log": log,
            "login": login,
            "help": _help,
        }
        verb = verbs.get(words[0])
        if verb is None:
            raise InvalidRequestError(f"%veo: {words[0]!r} is not one of {', '.join(verbs)}.{nearest(words[0], verbs)}")
        try:
            signature(verb).bind(*words[1:])
        except TypeError:
            raise InvalidRequestError(f"%veo {words[0]}: that is not how it is written; {_USAGE}") from None
        return verb(*words[1:])


def _cancel(job_id: str) -> Job:
    """Have a job stopped, where its service can."""
    return session.job(job_id).cancel()


def _retry(job_id: str) -> Job:
    """Send a job's request again, which costs money again."""
    return session.job(job_id).retry()


def _look(job_id: str, operation: str = "") -> Job:
    """Look whether the service has a job whose answer was lost."""
    job = session.job(job_id).look_for(operation)
    if job.record.notice:
        print(job.record.notice)  # noqa: T201 (what was found)
    return job


def _forget(job_id: str) -> Job:
    """Take a job whose answer was lost for failed."""
    return session.job(job_id).forget()


def _help() -> None:
    print(f"{_USAGE}\n\n{parser().format_help()}")  # noqa: T201 (the answer to help)


def _jobs(limit: str = "20") -> Jobs:
    """The newest jobs."""
    if not limit.isdigit():
        raise InvalidRequestError(f"%veo jobs: {limit!r} is not a number of jobs.", parameter="limit", value=limit)
    return session.jobs(int(limit))


def _budget(*words: str) -> Budget:
    """Limits by name, such as ``day 20 month off``; ``default`` goes back to what holds when nothing is set."""
    return session.budget(**read_pairs(words))


def _cost(*words: str) -> Spend:
    """What clips have cost, in so many days, also as a file."""
    rest = list(words)
    path = rest.pop(rest.index("--csv") + 1) if "--csv" in rest[:-1] else None
    if path is not None:
        rest.remove("--csv")
    if len(rest) > 1 or not all(word.isdecimal() for word in rest):
        raise InvalidRequestError(
            f"%veo cost: {' '.join(words)!r} is not how it is written: %veo cost [DAYS] [--csv PATH]"
        )
    spend = session.cost(int(rest[0]) if rest else None)
    if path is not None:
        spend.to_csv(path)
    return spend


def _wait(job_id: str | None = None) -> Job:
    """Wait for a job, by default the newest."""
    newest = session.jobs(limit=1)
    if job_id is None and not newest:
        raise InvalidRequestError("%veo wait: there are no jobs yet.")
    return (session.job(job_id) if job_id else newest[0]).wait()


def dry_run(plan: Plan) -> str:
    """What would be sent, the price, and every rule it breaks, as text."""
    lines = [f"{plan.model.id} at {plan.provider.label}: {plan.cost}"]
    client = session.client()
    refused = client.call(client.asynchronous.purse.objection, plan)
    if violations := [*plan.violations, *([refused] if refused else [])]:
        lines += ["", "It would not be sent:", *dict.fromkeys(f"  - {violation}" for violation in violations)]
    settings = client.asynchronous.profiles.get(plan.profile, client.settings)
    account = config.account(plan.provider, plan.model.surface, settings)
    call = plan.call(account)
    body = json.dumps(without_media(call.json), indent=2, ensure_ascii=False)
    return printable("\n".join([*lines, "", f"{call.method} {call.url}", body]))


def load(shell: InteractiveShell) -> None:
    """Register the magics; loading twice changes nothing but what is told of open jobs."""
    shell.register_magics(VeoMagics)
    if told := banner():
        print(told)  # noqa: T201 (what an earlier kernel has left)


def banner() -> str:
    """What is left of earlier kernels, in a line; empty if nothing is. Nothing is done about it."""
    path = config.home() / "ledger.sqlite3"
    if not path.exists():
        return ""
    try:
        ledger = Ledger(path, patience=1.0)
    except VeoError as error:
        return str(error)
    try:
        left, unknown = ledger.left(time.time())
    finally:
        ledger.close()
    said = []
    if left:
        jobs, them = ("job of an earlier kernel is", "it") if left == 1 else ("jobs of earlier kernels are", "them")
        said.append(f"{left} {jobs} open: %veo resume brings {them} home.")
    if unknown:
        said.append(
            f"The answer to {unknown} {'job' if unknown == 1 else 'jobs'} was lost: see %veo jobs, then %veo look ID, "
            "%veo retry ID or %veo forget ID."
        )
    return " ".join(said)


def unload(shell: InteractiveShell) -> None:
    """Take the magics away."""
    for kind in ("cell", "line"):
        shell.magics_manager.magics[kind].pop("veo", None)
