"""What a ``%%veo`` cell does: plans from its line and its body, then jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import config, session
from ..batches import Batch
from ..budgets import amount, over_max_cost
from ..errors import InvalidRequestError, JobError, SubmitInterrupted, together
from ..flags import Flags, parse, parser, whole_line
from ..handles import Job, Jobs
from ..logbook import without_media
from ..outlines import ended
from ..paths import expanded, is_there
from ..planning import Plan
from ..pricing import Cost
from ..printable import printable
from ..progress import silent
from ..record import JobRecord
from ..templates import prompt_of, without_notes
from ..waiting import IN_BROWSER
from .reruns import Asking, Turn, decide, take_up
from .sources import with_sources


@dataclass(frozen=True)
class Cell:
    """A cell that was read: its flags, and what it would send.

    Attributes:
        flags: those of its line.
        turns: what becomes of each of its requests.
        batch: its rows, instead of turns, where it has ``--each``.
    """

    flags: Flags
    turns: tuple[Turn, ...] = ()
    batch: Batch | None = None

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
        flags = parse(line, defaults, names)
        if flags is None:
            return None
        values = with_sources(flags.values, names)
        if flags.each:
            return cls(flags, batch=_batch(flags.each, without_notes(body).strip(), names, values))
        prompt = prompt_of(body, names)
        return cls(flags, tuple(Turn(session.plan(prompt, **each)) for each in _each(values, flags.seeds)))

    def decided(self, cell: str, asking: Asking) -> Cell:
        """The cell with what becomes of each of its requests, some of which it may have sent before.

        Args:
            cell: its id, or empty.
            asking: how somebody can be asked whether to pay again.
        """
        plans = (replace(one.plan, cell=cell) for one in self.turns)
        return replace(self, turns=tuple(decide(plan, once=self.flags.once, asking=asking) for plan in plans))

    @property
    def asks(self) -> bool:
        """Whether its card asks something."""
        return any(one.asks for one in self.turns)

    @property
    def remarks(self) -> list[str]:
        """What is said of requests that were sent before; what holds for several of them is said once."""
        said: dict[str, list[str]] = {}
        for one in self.turns:
            if one.remark:
                # It names the newest of the jobs before, which is the one that is shown, if any is.
                job_id = (one.record or one.earlier[-1]).id if one.record or one.earlier else ""
                said.setdefault(one.remark.replace(f"job {job_id}", "\0") if job_id else one.remark, []).append(job_id)
        return [
            remark.replace("\0", f"{'jobs' if len(ids) > 1 else 'job'} {', '.join(ids)}")
            for remark, ids in said.items()
        ]

    def submit(self) -> Jobs | Batch:
        """Start every job that is to be sent; the sum is told and checked beforehand.

        Raises:
            VeoError: as `veo_widgets.submit` does.
            SubmitInterrupted: Ctrl-C came while one was being sent; those before it go on.
        """
        if self.batch is not None:
            print(f"{self.batch.title}: {ended(str(self.batch.cost))}")  # noqa: T201 (the price, before it is paid)
            return self.batch.run()
        plans = [one.plan for one in self.turns if one.record is None]
        if plans and plans[0].violations:
            # All that is wrong with the line at once.
            raise together(plans[0].violations)
        if len(plans) > 1:
            _check_sum(plans)
        return Jobs(session.client(), [_job_of(one) for one in self.turns])


def _job_of(one: Turn) -> JobRecord:
    """The job of a turn: sent, or the one that is there already."""
    client = session.client()
    if one.record is None:
        return client.submit_plan(one.plan).record
    if not (one.asks or one.record.state.is_final):
        take_up(one.record)
    return one.record


def _check_sum(plans: Sequence[Plan]) -> None:
    print(f"{len(plans)} jobs, {_sum(plans).text} in all.")  # noqa: T201 (the price, before it is paid)
    client = session.client()
    client.call(client.asynchronous.purse.admit, plans)


def _batch(name: str, prompt: str, names: Mapping[str, Any], values: dict[str, Any]) -> Batch:
    """The rows of a variable, or of a file; what they may cost is for all of them together."""
    rest = {key: value for key, value in values.items() if key != "max_cost"}
    if name in names:
        rows, rest["name"] = names[name], name
    elif is_there(expanded(name), Path.is_file):
        rows = name
    else:
        raise InvalidRequestError(
            f"--each: {name!r} is neither a variable nor a file; give a data frame, a list of dictionaries, or "
            "the path of a file.",
            parameter="each",
            value=name,
        )
    batch = session.batch(rows, prompt, **rest)
    return batch if "max_cost" not in values else _capped(batch, values["max_cost"], prompt, rest)


def _capped(batch: Batch, max_cost: object, prompt: str, values: dict[str, Any]) -> Batch:
    usd, due = amount(max_cost, "max_cost"), batch.cost.due
    if due is None:
        return session.batch(batch.source, prompt, max_cost=usd / len(batch.rows), **values)
    if due > usd:
        raise over_max_cost(Cost(due, samples=len(batch.rows)), usd)
    return batch


def _each(values: dict[str, Any], seeds: tuple[int, ...]) -> Iterable[dict[str, Any]]:
    """The values of each job; what they may cost is for all of them together."""
    if not seeds:
        return [values]
    shared = dict(values)
    if "max_cost" in shared:
        shared["max_cost"] = amount(shared["max_cost"], "max_cost") / len(seeds)
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
    if cell.batch is not None:
        return repr(cell.batch)
    plans = [one.plan for one in cell.turns]
    first = _dry_run(plans[0])
    if len(plans) == 1:
        return first
    seeds = ", ".join(map(str, cell.flags.seeds))
    return f"{len(plans)} jobs, {_sum(plans).text} in all, with the seeds {seeds}. The first:\n{first}"


def _dry_run(plan: Plan) -> str:
    lines = [f"{plan.model.id} at {plan.provider.label}: {plan.cost}"]
    client = session.client()
    # In a browser there is no ledger to be asked what is left.
    refused = None if IN_BROWSER else client.call(client.asynchronous.purse.objection, plan)
    if violations := [*plan.violations, *([refused] if refused else [])]:
        lines += ["", "It would not be sent:", *dict.fromkeys(f"  - {violation}" for violation in violations)]
    settings = client.asynchronous.settings_of(plan.profile)
    account = config.account(plan.provider, plan.model.surface, settings)
    call = plan.call(account)
    body = json.dumps(without_media(call.json), indent=2, ensure_ascii=False)
    return printable("\n".join([*lines, "", f"{call.method} {call.url}", body]))


def _progress(jobs: Iterable[Job] | Batch, *, quiet: bool) -> AbstractContextManager[None]:
    """A batch shows how far it is; jobs have cards that do."""
    return nullcontext() if isinstance(jobs, Batch) and not quiet else silent()


def wait_for(jobs: Iterable[Job] | Batch, *, quiet: bool) -> None:
    """Block until all have ended; the first that has no clip is told at the end.

    Raises:
        JobError: one ended without a clip.
    """
    failed: list[JobError] = []
    for job in [jobs] if isinstance(jobs, Batch) else jobs:
        try:
            with _progress(jobs, quiet=quiet):
                job.wait()
        except JobError as error:
            failed.append(error)
    if failed:
        raise failed[0]


async def awaited(jobs: Iterable[Job] | Batch, *, quiet: bool) -> None:
    """The same without blocking."""
    failed: list[JobError] = []
    for job in [jobs] if isinstance(jobs, Batch) else jobs:
        try:
            with _progress(jobs, quiet=quiet):
                await job
        except JobError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def stopped_job(error: SubmitInterrupted | JobError) -> Job:
    """The job in the ledger that an error is about."""
    return session.client().job(error.job_id)
