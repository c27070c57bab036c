"""What PostgreSQL's errors mean for a ledger: what passes, what is tried again, and what to do about the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...domain.redaction import redact

# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_AWAY = {
    "57P01": "",  # it is being stopped
    "57P02": "",
    "57P03": "",  # it is being started
    "57P05": "",
    "25P03": "",  # this program paused for too long amid a transaction
    "25006": " It is read-only, as a standby is.",
    "53300": " It has no connection left; its setting max_connections says how many it has.",
}
_AGAIN = {
    "40001": "",
    "40P01": "",
    # Of two who write a new job at once, the second finds it when it tries again.
    "23505": "",
    "55P03": " Another program keeps it locked; try again when that has ended.",
}
# The database was made anew, or brought back from before the ledger was in it.
_GONE = {"42P01", "3F000"}
_REMEDIES = {
    "53100": " Free some space on the server's disk; nothing that was written before is lost.",
    "42501": " If there is no ledger yet, ask who keeps the database for the right to create the schema veo_widgets. "
    "If there is one, ask who administers it to name your role in `veo ledger protect`. If that was just done, end "
    "this program and begin again.",
}
# What a server says that is there, and not yet or no longer at work. All else that it refuses, it will refuse again.
_STARTING = ("starting up", "shutting down", "recovery", "too many", "connection slots", "not yet accepting")


@dataclass(frozen=True)
class Trouble:
    """What an error means.

    Attributes:
        why: it happened and what to do, for people.
        away: whether the server cannot be reached, or not be used, for a while.
        again: whether it may do if tried again, as where two transactions have met.
        gone: whether the tables are not there.
    """

    why: str
    away: bool = False
    again: bool = False
    gone: bool = False


def trouble_of(error: BaseException) -> Trouble:
    """What an error of SQLAlchemy or psycopg means; its text has no statement and no value."""
    cause: Any = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or ""
    said = _sentence(str(cause))
    if code in _AWAY or code.startswith("08"):
        return Trouble(said + _AWAY.get(code, ""), away=True)
    if code in _GONE:
        return Trouble(said, again=True, gone=True)
    if code in _AGAIN:
        return Trouble(said + _AGAIN[code], again=True)
    if not code and _is_lost(error, cause):
        said += _AWAY["53300"] if "too many" in said or "connection slots" in said else ""
        # A refusal to connect has no code; but where several addresses were tried, one may only be starting.
        refused = "FATAL:" in str(cause) and not any(word in str(cause) for word in _STARTING)
        return Trouble(said, away=not refused)
    return Trouble(said + _REMEDIES.get(code, ""))


def _is_lost(error: BaseException, cause: object) -> bool:
    names = {kind.__name__ for kind in (*type(error).__mro__, *type(cause).__mro__)}
    return bool(getattr(error, "connection_invalidated", False)) or bool(names & {"OperationalError", "TimeoutError"})


def _sentence(text: str) -> str:
    """The first line of an error: the others tell of the statement, or are advice for those who wrote it."""
    lines = [line.strip(" -\t") for line in redact(text).splitlines() if line.strip()]
    # Where several addresses were tried, each has a line.
    said = "; ".join(lines[1:]) if len(lines) > 1 and lines[0].endswith(":") else "".join(lines[:1])
    return f"{said.rstrip('.')}."
