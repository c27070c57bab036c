"""Spending, reservations and limits in the ledger's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...domain.budgets import PERIODS, Budget, Tally, local_day
from ...domain.errors import InvalidRequestError
from ...domain.job_record import JobRecord
from ...domain.pricing import dollars
from ...domain.spender import KINDS, Kind, Spender
from ...domain.spending import Item, Spend
from .engine import Database, Engine, Row
from .job_rows import ENDED, PROGRAM, write_job
from .role import Role

# Beside the limits: that the user was told of the default.
_ANNOUNCED = "announced"
_LIMITS = """SELECT name, usd, owner, project, set_by FROM budgets
    WHERE owner IN ('', :user) AND project IN ('', :project)"""
# Days to come count too: a clock that was set back brings no money back.
_ALL, _TODAY = (
    ", ".join(f"coalesce(sum(usd) FILTER (WHERE {which} AND state {end} {ENDED}), 0.0)" for end in ("IN", "NOT IN"))
    for which in ("TRUE", "day >= :day")
)
# Each by an index of its own, which has all that is added up.
_TALLIES = f"""SELECT * FROM (SELECT {_ALL} FROM spending WHERE program = :program) AS program,
    (SELECT {_TODAY}, {_ALL} FROM spending WHERE day >= :month) AS days"""  # noqa: S608 (our own words)
_COLUMNS: Mapping[Kind, str] = {"user": "owner", "project": "project"}
_TALLIES_OF = {
    kind: f"SELECT {_TODAY}, {_ALL} FROM spending WHERE day >= :month AND {column} = :{kind}"  # noqa: S608
    for kind, column in _COLUMNS.items()
}


@dataclass(frozen=True)
class _Kept:
    """The limits in the ledger that hold for somebody.

    Attributes:
        announced: whether somebody was told of the default.
        settings: those that can be changed, by the keys of `Budget.limits`.
        fixed: an administrator's, for whoever is none; else None.
    """

    announced: bool
    settings: Mapping[str, float]
    fixed: Mapping[str, float] | None

    @classmethod
    def of(cls, rows: Iterable[Row], role: Role) -> _Kept:
        """From the rows of `_LIMITS`."""
        announced, settings, fixed = False, dict[str, float](), dict[str, float]()
        for name, usd, owner, project, set_by in rows:
            announced = announced or name == _ANNOUNCED
            if usd is not None:
                key = f"user {name}" if owner else f"project {name}" if project else name
                found = settings if set_by or role.administers else fixed
                # Who has lowered a limit for themself keeps to both.
                found[key] = min(usd, found.get(key, usd))
        return cls(announced, settings, None if role.administers else fixed)

    def has_limit_of(self, kind: Kind) -> bool:
        """Whether one of these depends on what somebody has spent."""
        return any(name.startswith(f"{kind} ") for name in (*self.settings, *(self.fixed or ())))


def reserve(
    db: Database,
    record: JobRecord,
    detail: str,
    environment: Mapping[str, float],
    settings: Mapping[str, float],
    role: Role,
) -> bool:
    """Write a new job if the budget bears it; see `Ledger.reserve`."""
    # It costs nothing, and must work where nothing may be spent.
    if _is_free(record):
        write_job(db, record, detail)
        return False
    kept, found = _budget_now(db, record, local_day(record.created_at), environment, settings, role)
    write_job(db, record, detail, _admitted_price(found, record))
    # Where there is an administrator, it was for them to know.
    untold = found.sources["day"] == "default" and role.administers and not kept.announced
    if untold:
        # In the same transaction, so that of several programs only one announces it.
        db.execute("INSERT INTO budgets (name, usd) VALUES (?, NULL)", (_ANNOUNCED,))
    return untold


def reserve_anew(
    db: Database, record: JobRecord, environment: Mapping[str, float], settings: Mapping[str, float], role: Role
) -> float:
    """What to reserve for a create of a job that is in the ledger, under the limits of now; see `Ledger.begin_sending`.

    What was reserved for the job before is no longer counted: one job never holds more than its price.

    Raises:
        BudgetError: too little is left.
    """
    if _is_free(record):
        return 0.0
    db.execute("UPDATE jobs SET usd = 0.0 WHERE id = ?", (record.id,))
    found = _budget_now(db, record, local_day(record.updated_at), environment, settings, role)[1]
    return _admitted_price(found, record)


def _is_free(record: JobRecord) -> bool:
    return record.provider == "emulator" or record.cost.is_free


def count(db: Database, record: JobRecord, usd: float) -> None:
    """Count a price for the day and the program that send the job: what waited overnight is paid for today."""
    values = (usd, local_day(record.updated_at), PROGRAM, record.id)
    db.execute("UPDATE jobs SET usd = ?, day = ?, program = ? WHERE id = ?", values)


def _budget_now(
    db: Database,
    record: JobRecord,
    day: str,
    environment: Mapping[str, float],
    settings: Mapping[str, float],
    role: Role,
) -> tuple[_Kept, Budget]:
    """The limits that are kept, and the budget in force for a job."""
    spender = Spender(record.owner, record.project)
    return _budget(db, spender, day, environment, settings, role, ())


def _admitted_price(found: Budget, record: JobRecord) -> float:
    return found.admit(f"{record.model} at {record.provider}", record.cost, record.max_cost)


def budget(
    file: Engine,
    day: str,
    environment: Mapping[str, float],
    settings: Mapping[str, float],
    spender: Spender,
    shown: Iterable[Kind],
) -> Budget:
    """The present budget; see `Ledger.budget`."""
    return file.read(lambda db: _budget(db, spender, day, environment, settings, file.role, shown)[1])


def _budget(
    db: Database,
    spender: Spender,
    day: str,
    environment: Mapping[str, float],
    settings: Mapping[str, float],
    role: Role,
    shown: Iterable[Kind],
) -> tuple[_Kept, Budget]:
    # ISO dates are compared as text.
    values = {"program": PROGRAM, "day": day, "month": f"{day[:8]}01", "user": spender.user, "project": spender.project}
    kept = _Kept.of(db.execute(_LIMITS, values).fetchall(), role)
    sums = db.execute(_TALLIES, values).fetchone()
    tallies = {name: Tally(*sums[2 * at : 2 * at + 2]) for at, name in enumerate(PERIODS)}
    for kind in KINDS:
        # Asked only where it matters: most ledgers are one person's.
        if kind in shown or kept.has_limit_of(kind):
            sums = db.execute(_TALLIES_OF[kind], values).fetchone()
            tallies |= {f"{kind} day": Tally(*sums[:2]), f"{kind} month": Tally(*sums[2:])}
    limits = {**kept.settings, **settings}
    return kept, Budget.of(environment, limits, tallies, spender=spender, fixed=kept.fixed)


def set_limits(db: Database, values: Mapping[str, float | None], spender: Spender, role: Role) -> None:
    """Keep limits, forget those that are None; see `Ledger.set_budgets`."""
    if not role.administers:
        _check_own(db, values, spender, role)
    key = (spender.user, spender.project, "" if role.administers else role.name)
    for name, usd in values.items():
        # Deleted in either case: a limit that was forgotten is the default's again.
        db.execute("DELETE FROM budgets WHERE name = ? AND owner = ? AND project = ? AND set_by = ?", (name, *key))
        if usd is not None:
            query = "INSERT INTO budgets (name, usd, owner, project, set_by) VALUES (?, ?, ?, ?, ?)"
            db.execute(query, (name, usd, *key))


def _check_own(db: Database, values: Mapping[str, float | None], spender: Spender, role: Role) -> None:
    """Refuse limits that are not one's own, or that an administrator has set lower.

    Raises:
        InvalidRequestError: they are such; the server would refuse them too, or they would not hold.
    """
    if spender != Spender(role.name):
        raise InvalidRequestError(
            "budget: only whoever administers this ledger sets that limit; "
            f"veo.budget(day=…, user={role.name!r}) lowers yours.",
            parameter="budget",
        )
    fixed = _Kept.of(db.execute(_LIMITS, {"user": role.name, "project": ""}).fetchall(), role).fixed or {}
    for name, usd in values.items():
        bound = fixed.get(f"user {name}")
        if usd is not None and bound is not None and usd > bound:
            raise InvalidRequestError(
                f"{name}: {dollars(usd)} is more than the {dollars(bound)} that whoever administers this ledger lets "
                "you spend; set less.",
                parameter=name,
                value=usd,
            )


def spend(file: Engine, since: str) -> Spend:
    """What jobs have cost; see `Ledger.spend`."""
    query = """SELECT day, model, provider, coalesce(json_extract(record, '$.notebook'), ''), state,
            count(*), coalesce(sum(usd), 0.0), count(*) FILTER (WHERE usd IS NULL),
            count(*) FILTER (WHERE usd = 0 AND json_extract(record, '$.cost.note') = ''), owner, project FROM jobs
        WHERE provider != 'emulator' AND day >= ? GROUP BY 1, 2, 3, 4, 5, 10, 11 ORDER BY 1, 2, 3, 4, 5, 10, 11"""
    return Spend(tuple(Item(*row) for row in file.rows(query, (since,))))
