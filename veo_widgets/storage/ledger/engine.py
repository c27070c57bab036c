"""What the ledger needs of a database; `sqlite_file` and `postgres` are the two that have it.

The SQL of this folder is written once, in what both understand. What PostgreSQL writes differently is translated in
`postgres_text`, once for each statement; what has to be another statement is in the module of its engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from .role import Role
from .searches import Search

T = TypeVar("T")
Row = tuple[Any, ...]
# What PostgreSQL locks of what it reads, and SQLite takes for a remark, since there nobody else writes meanwhile.
LOCKED, LOCKED_HOLDER = "/*+ FOR NO KEY UPDATE OF jobs */", "/*+ FOR NO KEY UPDATE */"
# Around the insertion of a job: PostgreSQL keeps its prompt, as words are looked for in it, in the same statement.
BEFORE_JOB = "/*+ WITH job AS ( */"
AFTER_JOB = (
    "/*+ RETURNING rowid, owner) INSERT INTO prompts (rowid, prompt, job_owner) "
    "SELECT rowid, CAST(:folded AS TEXT), owner FROM job */"
)
NOTEBOOK = "json_extract(record, '$.notebook')"


class Rows(Protocol):
    """What a statement has found or done."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """The next row; None after the last."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A connection, inside a transaction. Values are named (``:name``) or marked (``?``).

    The value ``:now`` is the moment by which leases are judged: that of the caller in SQLite, and in PostgreSQL the
    server's own, whatever is given.
    """

    def execute(self, sql: str, values: Any = ..., /) -> Rows:
        """Run a statement."""

    def executemany(self, sql: str, values: Iterable[Any], /) -> Any:
        """Run a statement for each of several values."""


class Reader(Protocol):
    """The tables of one ledger, to be read."""

    @property
    def name(self) -> str:
        """The ledger, for people."""

    def rows(self, query: str, values: Any = ()) -> list[Row]:
        """What a query finds.

        Raises:
            LedgerError: it cannot be read.
        """

    def close(self) -> None:
        """Close it."""


class Engine(Reader, Protocol):
    """The tables of one ledger, for several threads."""

    @property
    def role(self) -> Role:
        """As whom it is used."""

    def read(self, work: Callable[[Any], T]) -> T:
        """What `work` returns, which only reads.

        Raises:
            LedgerError: it cannot be read.
        """

    def write(
        self,
        work: Callable[[Any], T],
        *,
        alone: bool = False,
        done: Callable[[Any], T | None] | None = None,
    ) -> T:
        """What `work` returns; all it writes is one transaction.

        Args:
            work: may be done again, if nothing of it was kept.
            alone: whether nobody else who says the same may write meanwhile, as for budgets and places.
            done: what `work` has returned, if that is kept already; None if not. Asked where a connection was lost
                while the transaction ended; without it, `work` is done again, which must then change nothing more.

        Raises:
            LedgerError: it cannot be written.
        """

    def found(self, search: Search, limit: int | None, columns: str) -> list[Row]:
        """The number and these columns of the newest jobs that are as a search wants them, newest first.

        Raises:
            LedgerError: it cannot be read.
        """

    def number_on(self, jobs: int, events: int) -> None:
        """Give new rows numbers above these, also where rows with numbers of their own were written.

        Raises:
            LedgerError: it cannot be written.
        """


def distinct(db: Database, column: str) -> list[str]:
    """Each value of a column once, from one to the next in its index."""
    query = f"""WITH RECURSIVE found(name) AS (SELECT min({column}) FROM jobs
            UNION ALL SELECT (SELECT min({column}) FROM jobs WHERE {column} > name) FROM found WHERE name IS NOT NULL)
        SELECT name FROM found WHERE name IS NOT NULL"""  # noqa: S608 (our own names)
    return [name for (name,) in db.execute(query)]
