"""Spending, reservations and limits in the ledger's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.budgets import PERIODS, Budget, Tally, local_day
from ...domain.job_record import JobRecord
from ...domain.spending import Item, Spend
from .engine import Database, Engine
from .job_rows import ENDED, PROGRAM, write_job

# Beside the limits: that the user was told of the default.
_ANNOUNCED = "announced"
_LIMITS = "SELECT name, usd FROM budgets"
# Days to come count too: a clock that was set back brings no money back.
_ALL, _TODAY = (
    ", ".join(f"coalesce(sum(usd) FILTER (WHERE {which} AND state {end} {ENDED}), 0.0)" for end in ("IN", "NOT IN"))
    for which in ("TRUE", "day >= :day")
)
# Each by an index of its own, which has all that is added up.
_TALLIES = f"""SELECT * FROM (SELECT {_ALL} FROM jobs WHERE program = :program) AS program,
    (SELECT {_TODAY}, {_ALL} FROM jobs WHERE day >= :month) AS days"""  # noqa: S608 (our own words)


def reserve(
    db: Database,
    record: JobRecord,
    detail: str,
    environment: Mapping[str, float],
    settings: Mapping[str, float],
) -> bool:
    """Write a new job if the budget bears it; see `Ledger.reserve`."""
    # It costs nothing, and must work where nothing may be spent.
    if _is_free(record):
        write_job(db, record, detail)
        return False
    kept, found = _budget_now(db, local_day(record.created_at), environment, settings)
    write_job(db, record, detail, _admitted_price(found, record))
    untold = found.sources["day"] == "default" and _ANNOUNCED not in kept
    if untold:
        # In the same transaction, so that of several programs only one announces it.
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
    if _is_free(record):
        return 0.0
    db.execute("UPDATE jobs SET usd = 0.0 WHERE id = ?", (record.id,))
    return _admitted_price(_budget_now(db, local_day(record.updated_at), environment, settings)[1], record)


def _is_free(record: JobRecord) -> bool:
    return record.provider == "emulator" or record.cost.is_free


def count(db: Database, record: JobRecord, usd: float) -> None:
    """Count a price for the day and the program that send the job: what waited overnight is paid for today."""
    values = (usd, local_day(record.updated_at), PROGRAM, record.id)
    db.execute("UPDATE jobs SET usd = ?, day = ?, program = ? WHERE id = ?", values)


def _budget_now(
    db: Database, day: str, environment: Mapping[str, float], settings: Mapping[str, float]
) -> tuple[dict[str, Any], Budget]:
    """The limits that are kept, and the budget in force."""
    kept = dict(db.execute(_LIMITS).fetchall())
    return kept, _budget_from(kept, db.execute(_TALLIES, _tally_values(day)).fetchone(), environment, settings)


def _admitted_price(found: Budget, record: JobRecord) -> float:
    return found.admit(f"{record.model} at {record.provider}", record.cost, record.max_cost)


def budget(file: Engine, day: str, environment: Mapping[str, float], settings: Mapping[str, float]) -> Budget:
    """The present budget; see `Ledger.budget`."""
    kept: dict[str, Any] = dict(file.rows(_LIMITS))
    return _budget_from(kept, file.rows(_TALLIES, _tally_values(day))[0], environment, settings)


def _tally_values(day: str) -> dict[str, str]:
    # ISO dates are compared as text.
    return {"program": PROGRAM, "day": day, "month": f"{day[:8]}01"}


def _budget_from(
    kept: Mapping[str, Any], sums: tuple[float, ...], environment: Mapping[str, float], settings: Mapping[str, float]
) -> Budget:
    limits = {name: usd for name, usd in kept.items() if usd is not None}
    tallies = {name: Tally(*sums[2 * at : 2 * at + 2]) for at, name in enumerate(PERIODS)}
    return Budget.of(environment, {**limits, **settings}, tallies)


def set_limits(db: Database, values: Mapping[str, float | None]) -> None:
    """Keep limits, forget those that are None; see `Ledger.set_budgets`."""
    for name, usd in values.items():
        # Deleted in either case: a limit that was forgotten is the default's again.
        db.execute("DELETE FROM budgets WHERE name = ?", (name,))
        if usd is not None:
            db.execute("INSERT INTO budgets VALUES (?, ?)", (name, usd))


def spend(file: Engine, since: str) -> Spend:
    """What jobs have cost; see `Ledger.spend`."""
    query = """SELECT day, model, provider, coalesce(json_extract(record, '$.notebook'), ''), state,
            count(*), coalesce(sum(usd), 0.0), count(*) FILTER (WHERE usd IS NULL),
            count(*) FILTER (WHERE usd = 0 AND json_extract(record, '$.cost.note') = '') FROM jobs
        WHERE provider != 'emulator' AND day >= ? GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
    return Spend(tuple(Item(*row) for row in file.rows(query, (since,))))
