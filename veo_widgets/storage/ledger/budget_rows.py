"""What jobs have cost, what is reserved for them, and what may be spent, in the ledger's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .budgets import PERIODS, Budget, Tally, local_day
from .ledger_file import Database, LedgerFile
from .ledger_rows import ENDED, PROGRAM, write_job
from .record import JobRecord
from .spending import Item, Spend

# Beside the limits: that the user was told of the default.
_ANNOUNCED = "announced"
_LIMITS = "SELECT name, usd FROM budgets"
# Days to come count too: a clock that was set back brings no money back.
_TALLIES = "SELECT " + ", ".join(
    f"coalesce(sum(usd) FILTER (WHERE {period} AND state {ended} {ENDED}), 0.0)"
    for period in ("program = :program", "day >= :day", "day >= :month")
    for ended in ("IN", "NOT IN")
)
_TALLIES += " FROM jobs WHERE day >= :month OR program = :program"


def reserve(
    db: Database,
    record: JobRecord,
    detail: str,
    environment: Mapping[str, float],
    settings: Mapping[str, float],
) -> bool:
    """Write a new job if the budget bears it; see `Ledger.reserve`."""
    if record.provider == "emulator":
        write_job(db, record, detail)
        return False
    kept, found = _now(db, local_day(record.created_at), environment, settings)
    write_job(db, record, detail, _admitted(found, record))
    untold = found.sources["day"] == "default" and _ANNOUNCED not in kept
    if untold:
        db.execute("INSERT INTO budgets VALUES (?, NULL)", (_ANNOUNCED,))
    return untold


def reserve_anew(
    db: Database, record: JobRecord, environment: Mapping[str, float], settings: Mapping[str, float]
) -> float:
    """What to reserve for a create of a job that is in the ledger, under the limits of now; see `Ledger.begin_sending`.

    What was reserved for the job before is no longer counted: one job never holds more than its price.

    Raises:
        BudgetError: too little is left.
    """
    if record.provider == "emulator":
        return 0.0
    db.execute("UPDATE jobs SET usd = 0.0 WHERE id = ?", (record.id,))
    return _admitted(_now(db, local_day(record.updated_at), environment, settings)[1], record)


def count(db: Database, record: JobRecord, usd: float) -> None:
    """Count a price for the day and the program that send the job: what waited overnight is paid for today."""
    values = (usd, local_day(record.updated_at), PROGRAM, record.id)
    db.execute("UPDATE jobs SET usd = ?, day = ?, program = ? WHERE id = ?", values)


def _now(
    db: Database, day: str, environment: Mapping[str, float], settings: Mapping[str, float]
) -> tuple[dict[str, Any], Budget]:
    """The limits that are kept, and the budget in force."""
    kept = dict(db.execute(_LIMITS).fetchall())
    return kept, _found(kept, db.execute(_TALLIES, _moments(day)).fetchone(), environment, settings)


def _admitted(found: Budget, record: JobRecord) -> float:
    return found.admit(f"{record.model} at {record.provider}", record.cost, record.max_cost)


def budget(file: LedgerFile, day: str, environment: Mapping[str, float], settings: Mapping[str, float]) -> Budget:
    """The budget as it stands; see `Ledger.budget`."""
    kept = dict(file.rows(_LIMITS))
    return _found(kept, file.rows(_TALLIES, _moments(day))[0], environment, settings)


def _moments(day: str) -> dict[str, str]:
    return {"program": PROGRAM, "day": day, "month": f"{day[:8]}01"}


def _found(
    kept: Mapping[str, Any], sums: tuple[float, ...], environment: Mapping[str, float], settings: Mapping[str, float]
) -> Budget:
    limits = {name: usd for name, usd in kept.items() if usd is not None}
    tallies = {name: Tally(*sums[2 * at : 2 * at + 2]) for at, name in enumerate(PERIODS)}
    return Budget.of(environment, {**limits, **settings}, tallies)


def set_limits(db: Database, values: Mapping[str, float | None]) -> None:
    """Keep limits, forget those that are None; see `Ledger.set_budgets`."""
    for name, usd in values.items():
        db.execute("DELETE FROM budgets WHERE name = ?", (name,))
        if usd is not None:
            db.execute("INSERT INTO budgets VALUES (?, ?)", (name, usd))


def spend(file: LedgerFile, since: str) -> Spend:
    """What jobs have cost; see `Ledger.spend`."""
    query = """SELECT day, model, provider, coalesce(json_extract(record, '$.notebook'), ''), state,
            count(*), coalesce(sum(usd), 0.0), sum(usd IS NULL) FROM jobs
        WHERE provider != 'emulator' AND day >= ? GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
    return Spend(tuple(Item(*row) for row in file.rows(query, (since,))))
