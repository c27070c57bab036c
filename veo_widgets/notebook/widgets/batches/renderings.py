"""Clips of a batch made again with more lines, each once, whatever other programs do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ....client.plan import Plan
from ....domain.errors import InvalidRequestError, PlaceTakenError
from ....domain.job_record import JobRecord
from ....session.groups.piece import is_due
from ....session.loop import Loop
from .. import job_state
from ..grids import cells
from ..grids.comparison import rendering, total
from ..sequels import even_if_lost
from .rows import Row


class Renderings:
    """What is made again of a batch's clips.

    Args:
        client: sends.
        group: the batch's name in the ledger.
        resolution: the lines wanted.
    """

    def __init__(self, client: Loop, group: str, resolution: str) -> None:
        self._client, self._resolution = client, resolution
        # A group of their own: they are no rows, and the ledger lets each place be taken once.
        self._group = f"renderings-of-{group}"
        self._plans: dict[str, Plan | None] = {}

    async def known(self, records: Iterable[JobRecord | None]) -> list[JobRecord | None]:
        """Of each job, the one that makes its clip again."""
        found = await self._client.asynchronous.group(self._group)
        return [found.get(self._place(record)) if record else None for record in records]

    def _place(self, record: JobRecord) -> str:
        return f"{record.id}:{self._resolution}"

    def _plan(self, row: Row) -> Plan | None:
        """What would be sent for a row; None if it cannot be made so, or was."""
        record = row.record
        # One whose answer was lost may be running, and be charged.
        if record is None or not row.entry.clip or (row.better and not is_due(row.better, retry=True)):
            return None
        if record.id not in self._plans:
            self._plans[record.id] = rendering(self._client.asynchronous.plan, record, self._resolution)
        return self._plans[record.id]

    def offer(self, rows: Iterable[Row]) -> dict[str, Any] | None:
        """The rows that can be made so, and the price; None if there are none."""
        wanted = [(row.number, row.record, plan) for row in rows if row.record and (plan := self._plan(row))]
        if not wanted:
            return None
        _, record, plan = wanted[0]
        price = job_state.price(total(plan.cost for _, _, plan in wanted), plan.provider.name)
        return {**cells.render(plan, record), **price, "rows": [number for number, _, _ in wanted]}

    async def send(self, rows: Sequence[Row]) -> list[tuple[int, str]]:
        """Make the clips of these rows again; returns their numbers with the ids of the new jobs.

        Raises:
            InvalidRequestError: one cannot be made so, or was; nothing was sent.
            BudgetError: together they cost more than is left; nothing was sent.
        """
        wanted = [(row, row.record, self._plan(row)) for row in rows]
        for row, _, plan in wanted:
            if plan is None:
                message = (
                    f"render: {row.entry.label} cannot be made at {self._resolution}, or it was. Nothing was sent."
                )
                raise InvalidRequestError(message, parameter="render", value=row.number)
        await self._client.asynchronous.reservations.admit(plan for _, _, plan in wanted if plan)
        return [(row.number, await self._sent(row, record, plan)) for row, record, plan in wanted if record and plan]

    async def _sent(self, row: Row, record: JobRecord, plan: Plan) -> str:
        client = self._client.asynchronous
        retry_of = row.better.id if row.better else record.id
        sending = client.submit_plan(plan, retry_of=retry_of, group=self._group, place=self._place(record))
        try:
            return (await even_if_lost(client, sending)).id
        except PlaceTakenError as taken:
            # Another program has just sent it.
            return taken.job_id
