"""What a ``%%veo`` cell does: plans from its line and its body, then jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...api import functions, group_functions
from ...api.flags import Flags, parse, parser, whole_line
from ...client.plan import Plan
from ...client.progress import silent
from ...config.log import without_media
from ...domain.budgets import amount, over_max_cost
from ...domain.errors import InvalidRequestError, JobError, SubmitInterrupted, together
from ...domain.job_record import JobRecord
from ...domain.paths import expanded, is_there
from ...domain.pricing import Cost, dollars, total_usd
from ...domain.printable import printable
from ...domain.prompt_templates import prompt_of, without_notes
from ...providers.wires import Call
from ...session.job import Job, Jobs
from ...session.waiting import IN_BROWSER
from .reruns import Asking, Turn, decide, take_up
from .sources import with_sources

if TYPE_CHECKING:
    from ...session.groups.batch import Batch


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
            return cls(flags, batch=_batch_of_rows(flags.each, without_notes(body).strip(), names, values))
        prompt = prompt_of(body, names)
        return cls(flags, tuple(Turn(functions.plan(prompt, **each)) for each in _values_per_job(values, flags.seeds)))

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
        """Submit the jobs; the total is shown and checked first.

        Raises:
            VeoError: as `veo_widgets.submit` does.
            SubmitInterrupted: Ctrl-C came while one was being sent; those before it go on.
        """
        if self.batch is not None:
            from ...session.groups.summary import ended

            print(f"{self.batch.title}: {ended(str(self.batch.cost))}")  # noqa: T201 (the price, before it is paid)
            return self.batch.run()
        plans = [one.plan for one in self.turns if one.record is None]
        if len(plans) > 1:
            print(_in_all(plans))  # noqa: T201 (the price, before it is paid)
        if plans and plans[0].violations:
            # All that is wrong with the line at once.
            raise together(plans[0].violations)
        if len(plans) > 1:
            client = functions.client()
            # Together, since each by itself may fit into what is left.
            client.call(client.asynchronous.reservations.admit, plans)
        return Jobs(functions.client(), [_job_of(one) for one in self.turns])


def _job_of(one: Turn) -> JobRecord:
    """The job of a turn: sent, or the one that is there already."""
    client = functions.client()
    if one.record is None:
        return client.submit_plan(one.plan).record
    if not (one.asks or one.record.state.is_final):
        take_up(one.record)
    return one.record


def _in_all(plans: Sequence[Plan], also: str = "") -> str:
    """How many jobs they are, what they cost, and what each of them may cost."""
    share = plans[0].max_cost
    each = "" if share is None else f"; --max-cost is {dollars(share)} for each"
    return f"{len(plans)} jobs, {_total_cost(plans).text} in all{also}{each}."


def _batch_of_rows(name: str, prompt: str, names: Mapping[str, Any], values: dict[str, Any]) -> Batch:
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
    batch = group_functions.batch(rows, prompt, **rest)
    return batch if "max_cost" not in values else _within_max_cost(batch, values["max_cost"], prompt, rest)


def _within_max_cost(batch: Batch, max_cost: object, prompt: str, values: dict[str, Any]) -> Batch:
    usd, due = amount(max_cost, "max_cost"), batch.cost.due
    if due is None:
        share = usd / len(batch.rows)
        batch = group_functions.batch(batch.source, prompt, max_cost=share, **values)
        batch.remarks = (*batch.remarks, f"--max-cost is {dollars(share)} for each row")
        return batch
    if due > usd:
        raise over_max_cost(Cost(due, samples=len(batch.rows)), usd)
    return batch


def _values_per_job(values: dict[str, Any], seeds: tuple[int, ...]) -> Iterable[dict[str, Any]]:
    """The values of each job; what they may cost is for all of them together."""
    if not seeds:
        return [values]
    shared = dict(values)
    if "max_cost" in shared:
        shared["max_cost"] = amount(shared["max_cost"], "max_cost") / len(seeds)
    return [{**shared, "seed": seed} for seed in seeds]


def _total_cost(plans: Sequence[Plan]) -> Cost:
    note = "" if all(plan.cost.is_free for plan in plans) else "of several jobs"
    return Cost(total_usd(plan.cost for plan in plans), note, samples=len(plans))


def usage() -> str:
    """The answer to ``%%veo --help``."""
    return parser().format_help()


def preview(cell: Cell) -> str:
    """What would be sent, the price, and every rule it breaks, as text."""
    if cell.batch is not None:
        sent = [piece.plan for piece in cell.batch.pieces if piece.plan and not piece.violations]
        return "\n".join([repr(cell.batch), *(f"The first:\n{_dry_run(plan)}" for plan in sent[:1])])
    plans = [one.plan for one in cell.turns]
    first = _dry_run(plans[0])
    if len(plans) == 1:
        return first
    seeds = ", ".join(map(str, cell.flags.seeds))
    return f"{_in_all(plans, f', with the seeds {seeds}')} The first:\n{first}"


def _dry_run(plan: Plan) -> str:
    lines = [f"{plan.model.id} at {plan.provider.label}: {plan.cost}", *plan.remarks]
    client = functions.client()
    # In a browser there is no ledger to be asked what is left.
    refused = None if IN_BROWSER else client.call(client.asynchronous.reservations.objection, plan)
    if violations := [*plan.violations, *([refused] if refused else [])]:
        lines += ["", "It would not be sent:", *dict.fromkeys(f"  - {violation}" for violation in violations)]
    call = client.asynchronous.unsigned(plan)
    return printable("\n".join([*lines, "", *_request_lines(call)]))


def _request_lines(call: Call) -> Iterator[str]:
    """A request as it would be sent: the fields of a form by line, else JSON."""
    yield f"{call.method} {call.url}{' as a form' if call.form else ''}"
    for part in call.form:
        size = f"{part.filename} ({part.mime}, {len(part.value) / 1000:.0f} kB)"
        yield f"{part.name}: {size if part.filename else part.value!s}"
    if not call.form:
        yield json.dumps(without_media(call.json), indent=2, ensure_ascii=False)


def _progress_display(jobs: Sequence[Job] | Batch, *, quiet: bool) -> AbstractContextManager[None]:
    """A batch shows how far it is; jobs have cards that do."""
    return silent() if quiet or isinstance(jobs, Sequence) else nullcontext()


def wait_for(jobs: Sequence[Job] | Batch, *, quiet: bool) -> None:
    """Block until all have ended; the first that has no clip is told at the end.

    Raises:
        JobError: one ended without a clip.
    """
    failed: list[JobError] = []
    for job in jobs if isinstance(jobs, Sequence) else [jobs]:
        try:
            with _progress_display(jobs, quiet=quiet):
                job.wait()
        except JobError as error:
            # The others are waited for all the same: their clips are paid for.
            failed.append(error)
    if failed:
        raise failed[0]


async def awaited(jobs: Sequence[Job] | Batch, *, quiet: bool) -> None:
    """The same without blocking."""
    failed: list[JobError] = []
    for job in jobs if isinstance(jobs, Sequence) else [jobs]:
        try:
            with _progress_display(jobs, quiet=quiet):
                await job
        except JobError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def stopped_job(error: SubmitInterrupted | JobError) -> Job:
    """The job in the ledger that an error is about."""
    return functions.client().job(error.job_id)
