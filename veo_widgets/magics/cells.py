"""What a ``%%veo`` cell does: plans from its line and its body, then jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import config, session
from ..errors import InvalidRequestError, JobError, SubmitInterrupted
from ..flags import Flags, parse, parser, prompt_of, whole_line
from ..handles import Job, Jobs
from ..logbook import without_media
from ..planning import Plan
from ..pricing import Cost
from ..printable import printable
from .sources import with_sources


@dataclass(frozen=True)
class Cell:
    """A cell that was read: its flags, and what it would send, one plan for each job."""

    flags: Flags
    plans: tuple[Plan, ...]

    @classmethod
    def read(cls, line: str, body: str, names: dict[str, Any], defaults: Mapping[str, Any]) -> Cell | None:
        """Read a cell; None stands for ``--help``.

        Args:
            line: what follows ``%%veo``.
            body: what stands below.
            names: the notebook's variables.
            defaults: what holds where the line says nothing.

        Raises:
            InvalidRequestError: it cannot be read.
        """
        line, body = whole_line(line, body)
        flags = parse(line, defaults)
        if flags is None:
            return None
        prompt, values = prompt_of(body, names), with_sources(flags.values, names)
        return cls(flags, tuple(session.plan(prompt, **each) for each in _each(values, flags.seeds)))

    def submit(self) -> Jobs:
        """Start every job; the sum is told and checked beforehand.

        Raises:
            VeoError: as `veo_widgets.submit` does.
            SubmitInterrupted: Ctrl-C came while one was being sent; those before it go on.
        """
        client = session.client()
        if len(self.plans) > 1:
            self._check_sum()
        jobs = [client.submit_plan(plan).record for plan in self.plans]
        return Jobs(client, jobs)

    def _check_sum(self) -> None:
        for violation in self.plans[0].violations:
            raise violation
        print(f"{len(self.plans)} jobs, {_sum(self.plans).text} in all.")  # noqa: T201 (the price, before it is paid)
        client = session.client()
        client.call(client.asynchronous.purse.admit, self.plans)


def _each(values: dict[str, Any], seeds: tuple[int, ...]) -> Iterable[dict[str, Any]]:
    """The values of each job; what they may cost is for all of them together."""
    if not seeds:
        return [values]
    shared = dict(values)
    if "max_cost" in shared:
        try:
            shared["max_cost"] = float(str(shared["max_cost"]).removeprefix("$")) / len(seeds)
        except ValueError:
            # Refused with words where it is read.
            return [{**shared, "seed": seeds[0]}]
    return [{**shared, "seed": seed} for seed in seeds]


def _sum(plans: Iterable[Plan]) -> Cost:
    prices = [plan.cost.usd for plan in plans]
    known = [usd for usd in prices if usd is not None]
    return Cost(sum(known) if len(known) == len(prices) else None, "of several jobs", samples=len(prices))


def usage() -> str:
    """The answer to ``%%veo --help``."""
    return parser().format_help()


def preview(cell: Cell) -> str:
    """What would be sent, the price, and every rule it breaks, as text."""
    first = _dry_run(cell.plans[0])
    if len(cell.plans) == 1:
        return first
    seeds = ", ".join(map(str, cell.flags.seeds))
    return f"{len(cell.plans)} jobs, {_sum(cell.plans).text} in all, with the seeds {seeds}. The first:\n{first}"


def _dry_run(plan: Plan) -> str:
    lines = [f"{plan.model.id} at {plan.provider.label}: {plan.cost}"]
    client = session.client()
    refused = client.call(client.asynchronous.purse.objection, plan)
    if violations := [*plan.violations, *([refused] if refused else [])]:
        lines += ["", "It would not be sent:", *dict.fromkeys(f"  - {violation}" for violation in violations)]
    settings = client.asynchronous.settings_of(plan.profile)
    account = config.account(plan.provider, plan.model.surface, settings)
    call = plan.call(account)
    body = json.dumps(without_media(call.json), indent=2, ensure_ascii=False)
    return printable("\n".join([*lines, "", f"{call.method} {call.url}", body]))


def wait_for(jobs: Iterable[Job]) -> None:
    """Block until all have ended; the first that has no clip is told at the end.

    Raises:
        JobError: one ended without a clip.
    """
    failed: list[JobError] = []
    for job in jobs:
        try:
            job.wait()
        except JobError as error:
            failed.append(error)
    if failed:
        raise failed[0]


async def awaited(jobs: Iterable[Job]) -> None:
    """The same without blocking."""
    failed: list[JobError] = []
    for job in jobs:
        try:
            await job
        except JobError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def stopped_job(error: SubmitInterrupted | JobError) -> Job:
    """The job in the ledger that an error is about."""
    return session.client().job(error.job_id)


def check_body(body: str) -> None:
    """Refuse a cell without a prompt before anything else is looked at.

    Raises:
        InvalidRequestError: there is none.
    """
    if not body.strip():
        raise InvalidRequestError("prompt: the cell is empty; the prompt goes below %%veo.", parameter="prompt")
