"""Our own count of what clips cost, held against what a gateway has booked for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from .job_record import JobRecord, JobState
from .pricing import Cost, dollars
from .spending import write_csv
from .tables import Table, frame

# Sums of fractions of a cent differ in the last digits.
_SAME_USD = 0.00005


@dataclass(frozen=True)
class Booking:
    """A line of a gateway's log.

    Attributes:
        operation: the service's name for the video; empty if the log does not say it.
        model: the name that was asked for.
        usd: what was booked.
        at: when the call began, in seconds since the epoch; None if the log does not say it.
        looked: whether it is for a look or a download, not for a create.
        own: whether the call was made with the key that the log was asked with.
    """

    operation: str
    model: str
    usd: float
    at: float | None
    looked: bool = False
    own: bool = True


@dataclass(frozen=True)
class Difference:
    """A job or a booking on which the two counts do not agree.

    Attributes:
        job: our job's id; empty if the ledger has none.
        at: when it was sent, in seconds since the epoch; None if nobody knows.
        model: the model.
        here: US dollars in our ledger; None for an unknown price.
        booked: US dollars in the gateway's log; None if there is no line for it.
        why: the likely reason.
    """

    job: str
    at: float | None
    model: str
    here: float | None
    booked: float | None
    why: str


class Comparison(Table):
    """What two counts of the same clips differ in; as text and in a notebook a table, with the sums beneath.

    Attributes:
        differences: one for each job or booking on which they do not agree; `Table.rows` are these.
        agreeing: how many jobs they agree on.
        here: US dollars of all jobs that were compared, those of unknown price left out.
        booked: US dollars of all bookings that were compared.

    Args:
        label: what people call the gateway.
        differences: as above.
        agreeing: as above.
        here: as above.
        booked: as above.
        remark: more to say beneath.
    """

    def __init__(
        self,
        label: str,
        differences: Sequence[Difference],
        *,
        agreeing: int,
        here: float,
        booked: float,
        remark: str = "",
    ) -> None:
        self.differences, self.agreeing, self.here, self.booked = tuple(differences), agreeing, here, booked
        columns = ("job", "sent", "model", "here", "booked", "why")
        super().__init__(columns, map(_row, self.differences), " ".join(filter(None, (self._sums(label), remark))))

    def _sums(self, label: str) -> str:
        jobs = f"{self.agreeing} job{'' if self.agreeing == 1 else 's'}"
        if not self.differences:
            return f"This ledger and the log of {label} agree on {jobs}: {dollars(self.here)}."
        sums = f"{dollars(self.here)} here, {dollars(self.booked)} in the log of {label}"
        return f"{sums}; they agree on {jobs}."

    def to_frame(self) -> Any:
        """One row for each difference as a pandas ``DataFrame``, with amounts and times as numbers.

        Raises:
            VeoError: pandas is not installed.
        """
        return frame(_names(), map(astuple, self.differences))

    def to_csv(self, path: str | Path) -> Path:
        """Write one line for each difference; returns the path.

        Raises:
            VeoError: the file cannot be written.
        """
        return write_csv(path, _names(), map(asdict, self.differences))


def _names() -> list[str]:
    return [item.name for item in fields(Difference)]


def _row(item: Difference) -> tuple[str, ...]:
    sent = "" if item.at is None else datetime.fromtimestamp(item.at).astimezone().strftime("%Y-%m-%d %H:%M")
    unknown = Cost(None).text if item.job else "-"
    here = unknown if item.here is None else dollars(item.here)
    booked = "-" if item.booked is None else dollars(item.booked)
    return item.job or "-", sent, item.model, here, booked, item.why


def compare(
    label: str,
    jobs: Iterable[tuple[str, JobRecord]],
    others: Iterable[str],
    bookings: Iterable[Booking],
    remark: str = "",
) -> Comparison:
    """Hold jobs against bookings.

    Args:
        label: what people call the gateway.
        jobs: those to compare, each with the operation that the log would name.
        others: operations of further jobs of this ledger, whose bookings are no riddle.
        bookings: the lines of the log.
        remark: more to say beneath.
    """
    booked: dict[str, list[Booking]] = defaultdict(list)
    nameless: list[Booking] = []
    for line in bookings:
        (booked[line.operation] if line.operation else nameless).append(line)
    for operation in others:
        booked.pop(operation, None)
    differences, agreeing, here, there = [], 0, 0.0, 0.0
    for operation, record in jobs:
        lines = booked.pop(operation, []) if operation else []
        usd = sum(line.usd for line in lines) if lines else None
        here += record.cost.usd or 0.0
        there += usd or 0.0
        if _agree(record.cost.usd, usd):
            agreeing += 1
        else:
            at = record.submitted_at or record.created_at
            differences.append(Difference(record.id, at, record.model, record.cost.usd, usd, _why(record, usd)))
    left = [*(line for lines in booked.values() for line in lines), *nameless]
    # Other keys of the same user may serve other programs.
    for line in filter(lambda line: line.own, left):
        there += line.usd
        why = "a look or a download was booked" if line.looked else "no job of this ledger"
        differences.append(Difference("", line.at, line.model, None, line.usd, why))
    differences.sort(key=lambda item: item.at or 0.0)
    return Comparison(label, differences, agreeing=agreeing, here=here, booked=there, remark=remark)


def _agree(here: float | None, booked: float | None) -> bool:
    # What costs nothing need not be booked.
    return here is not None and abs(here - (booked or 0.0)) < _SAME_USD


def _why(record: JobRecord, booked: float | None) -> str:
    if booked is None:
        return _why_unbooked(record)
    if record.cost.usd is None:
        return "no price is known here"
    if not record.state.is_final:
        return "still open; here it is an estimate"
    if record.state is not JobState.SUCCEEDED and not record.cost.usd:
        return f"{record.state}, so it is free here; the log books at the create"
    return "priced otherwise"


def _why_unbooked(record: JobRecord) -> str:
    if not record.operation:
        return "the answer to its create was lost"
    if record.wire == "interactions":
        return "the log does not name interactions"
    return "not in the log, or not yet"
