"""A cell that is run again: what becomes of a request that was sent before.

Nothing here sends anything; `cells` does what is decided here, and the card says what that was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ...api import functions
from ...client.plan import Plan, folder_of
from ...config.environment import notebook
from ...domain.job_record import JobRecord, JobState
from ...session.groups.piece import has_clip
from ..running_cell import is_page, somebody_watches

# How somebody can be asked: by a button in the card, at a terminal's prompt, or not at all.
Asking = Literal["button", "prompt", ""]
# What has been paid for, or may be.
_PAID = {JobState.SUCCEEDED, JobState.EXPIRED, JobState.UNKNOWN}
# Jobs of earlier kernels that a cell of this one has taken up.
_taken_up: set[str] = set()


@dataclass(frozen=True)
class Turn:
    """What becomes of one request of a cell.

    Attributes:
        plan: the request.
        earlier: the cell's jobs with this very request, oldest first.
        record: the job that is shown instead of a new one; None if the request is sent.
        remark: what the card says of it; empty for a first take.
        asks: whether the card asks for the request to be sent again.
    """

    plan: Plan
    earlier: tuple[JobRecord, ...] = ()
    record: JobRecord | None = None
    remark: str = ""
    asks: bool = False

    @property
    def number(self) -> int:
        """Which take of the cell the job is that is shown."""
        ids = [record.id for record in self.earlier]
        return ids.index(self.record.id) + 1 if self.record else len(ids) + 1


@dataclass(frozen=True)
class _Known:
    """A job with the same request.

    Attributes:
        record: the job.
        here: whether this kernel has sent it, or has taken it up.
    """

    record: JobRecord
    here: bool

    def is_of(self, plan: Plan) -> bool:
        """Whether the very cell of a plan has sent it: in this session, where the front end names no cells."""
        record = self.record
        # A page's cells have no ids, and another kernel ran them for the visitor before.
        if not record.cell and (record.id in _taken_up or is_page()):
            return self.stands_for(plan)
        if record.cell != plan.cell or not (self.here or record.cell):
            return False
        return self.here or record.notebook == notebook()

    def stands_for(self, plan: Plan) -> bool:
        """Whether it can stand for a plan's job: of the same notebook and cell, where both are known."""
        record, here = self.record, notebook()
        if record.cell and plan.cell and record.cell != plan.cell:
            return False
        if record.notebook and here:
            return record.notebook == here
        return record.folder == folder_of(plan, functions.client().asynchronous.settings_of(plan.profile))

    def is_left_over(self, plan: Plan) -> bool:
        """Whether an earlier kernel of this notebook has sent it, and it still runs."""
        cell, place = self.record.cell, notebook()
        named = (bool(place) and self.record.notebook == place) or (bool(cell) and cell == plan.cell)
        return named and not self.here and not self.record.state.is_final and self.stands_for(plan)


def decide(plan: Plan, *, once: bool, asking: Asking) -> Turn:
    """What becomes of a request.

    Args:
        plan: the request, with the id of its cell.
        once: whether a clip that is there is shown instead of a new one.
        asking: how somebody can be asked whether to pay again.
    """
    # It is refused when it is sent, together with all else that is wrong with the line.
    if plan.violations:
        return Turn(plan)
    client = functions.client()
    known = [
        _Known(record, here or record.id in _taken_up)
        for record, here in client.call(client.asynchronous.sent_before, plan)
    ]
    made = Turn(plan, tuple(one.record for one in known if one.is_of(plan)))
    left = next((one.record for one in reversed(known) if one.is_left_over(plan)), None)
    # Before anything else: it runs already, and would be paid for twice.
    if left is not None:
        return _turn_taking_up(made, left)
    if once and (stand_in := _existing_job([one for one in known if one.stands_for(plan)], plan.cell)):
        return _turn_showing(made, stand_in, f"{_sent_before_text(stand_in)} Nothing was sent, because of --once.")
    costly = [record for record in made.earlier if record.state in _PAID or not record.state.is_final]
    if costly and asking and not _is_free(plan):
        return _turn_that_asks(made, costly[-1], asking)
    ours = [one.record for one in known if one.here and one.is_of(plan)]
    lost = [one.record for one in known if once and one.stands_for(plan) and one.record.state in _PAID]
    before = [*lost, *ours][-1:]
    return replace(made, remark=_sent_again_text(made, before[0])) if before else made


def take_up(record: JobRecord) -> None:
    """Watch a job that an earlier kernel has sent."""
    client = functions.client()

    async def watch() -> None:
        await client.asynchronous.sighting(record.id)
        client.asynchronous.watch(record.id)

    client.call(watch)
    _taken_up.add(record.id)


def asking_in(shell: Any) -> Asking:
    """How somebody can be asked in a shell."""
    if getattr(shell, "kernel", None) is not None:
        return "button" if somebody_watches() else ""
    return "prompt" if hasattr(shell, "prompt_for_code") and _is_terminal() else ""


def _is_terminal() -> bool:
    import sys

    return sys.stdin is not None and sys.stdin.isatty()


def _is_free(plan: Plan) -> bool:
    return plan.provider.name == "emulator"


def _existing_job(known: Sequence[_Known], cell: str) -> JobRecord | None:
    """The job to show instead of sending: the newest with a clip, one that runs, or one that may be charged."""
    exact = [one.record for one in known if one.record.cell == cell]
    kinds: Iterable[Callable[[JobRecord], bool]] = (
        has_clip,
        lambda record: not record.state.is_final,
        lambda record: record.state is JobState.UNKNOWN,
    )
    for fits in kinds:
        for records in (exact, [one.record for one in known]):
            if found := next(filter(fits, reversed(records)), None):
                return found
    return None


def _turn_showing(made: Turn, record: JobRecord, remark: str) -> Turn:
    earlier = made.earlier if record.id in {one.id for one in made.earlier} else (*made.earlier, record)
    return replace(made, earlier=earlier, record=record, remark=remark)


def _turn_taking_up(made: Turn, record: JobRecord) -> Turn:
    told = f"An earlier kernel sent this request as job {record.id}, which is still running and is followed here."
    return _turn_showing(made, record, f"{told} Nothing was sent again.")


def _turn_that_asks(made: Turn, record: JobRecord, asking: Asking) -> Turn:
    told = _sent_before_text(record)
    if asking == "prompt":
        return _turn_by_answer(made, record, told)
    return replace(_turn_showing(made, record, f"{told} Nothing was sent this time."), asks=True)


def _turn_by_answer(made: Turn, record: JobRecord, told: str) -> Turn:
    """The answer at a terminal's prompt."""
    try:
        answer = input(f"{told} Send it again for {made.plan.cost.text}? [y/N] ")
    # Nobody is there to answer, and nothing is spent without an answer.
    except EOFError:
        answer = ""
    if answer.strip().lower() in {"y", "yes"}:
        return replace(made, remark=f"Take {made.number}: the request was sent again.")
    return _turn_showing(made, record, f"{told} Nothing was sent this time.")


def _sent_before_text(record: JobRecord) -> str:
    """That a request was sent before, and what became of it."""
    became = {
        JobState.SUCCEEDED: ".",
        JobState.EXPIRED: ", whose clip is gone.",
        JobState.UNKNOWN: ", whose answer was lost; it may run and be charged.",
    }
    return f"This request was sent before, as job {record.id}{became.get(record.state, ', which still runs.')}"


def _sent_again_text(made: Turn, before: JobRecord) -> str:
    """What is said of a request that is sent again in the same session."""
    take = f"Take {made.number}"
    paid = "" if _is_free(made.plan) else f" and is paid for again ({made.plan.cost.text})"
    if before.state in {JobState.FAILED, JobState.FILTERED}:
        return f"{take}: job {before.id} brought no clip, so the request was sent again."
    if before.state is JobState.UNKNOWN:
        return f"{take}: job {before.id}, whose answer was lost, may be charged too; the request was sent again{paid}."
    if before.state.is_final and not has_clip(before):
        return f"{take}: the clip of job {before.id} is no longer there, so the request was sent again{paid}."
    return f"{take}: the request of job {before.id} was sent again{paid}. Use --once to show the existing clip instead."
