"""The ledger in PostgreSQL, shared by programs on several machines. The only user of SQLAlchemy and psycopg.

What SQLite's one lock does, locks of rows do here, so that programs do not wait for each other's commits; those that
spend and those that take places wait for one lock. Whoever meets a server that is away tries again for a while.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ...domain.errors import LedgerError, MissingExtraError
from ...domain.job_record import JobRecord
from ...domain.secret import Secret
from . import postgres_protection, postgres_schema, postgres_search
from .engine import Row
from .job_rows import carry_over
from .ledger_place import address_for_people
from .postgres_errors import trouble_of
from .postgres_tables import SCHEMA
from .postgres_text import kept, translated
from .role import ANYBODY, Role
from .searches import Search

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")

# Of this package's own; whoever else uses the database has other numbers.
_BUDGETS = 0x76656F01
# A program that is stopped amid a transaction must not keep all others from theirs.
_PAUSE_SECONDS = 15
# One connection for each program; images are read beside.
_CONNECTIONS, _MORE = 1, 4
_LONGEST_PAUSE = 1.0


class PostgresDatabase:
    """A connection inside a transaction, that takes the ledger's SQL."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Any = (), /) -> _Rows:
        """Run a statement."""
        return _Rows(self._connection.exec_driver_sql(translated(sql), kept(values)))

    def executemany(self, sql: str, values: Iterable[Any], /) -> None:
        """Run a statement for each of several values."""
        if rows := [kept(one) for one in values]:
            self._connection.exec_driver_sql(translated(sql), rows)


class _Rows:
    """What a statement has found, as plain tuples."""

    def __init__(self, result: Any) -> None:
        self._result = result

    @property
    def rowcount(self) -> int:
        return int(self._result.rowcount)

    def fetchone(self) -> Row | None:
        row = self._result.fetchone()
        return None if row is None else tuple(row)

    def fetchall(self) -> list[Row]:
        return [tuple(row) for row in self._result.fetchall()]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.fetchall())


class PostgresServer:
    """The ledger's tables on a server, for several threads.

    Args:
        url: where it is, as libpq reads it.
        patience: seconds to wait for a server that is away, or for another program's lock.
        known: the jobs that this process knows. After each loss of the connection those are written again that a server
            which has taken the place of the other does not have.
        reads_only: whether nothing is written, not even tables where there are none; see `version`.

    Attributes:
        version: how many scripts the ledger has behind it; 0 where there is none.
        role: as whom it is used.

    Raises:
        LedgerError: it cannot be reached, or a later version wrote the ledger.
        MissingExtraError: psycopg or SQLAlchemy is not installed.
    """

    def __init__(
        self,
        url: Secret,
        patience: float,
        known: Callable[[], list[JobRecord]] = list,
        *,
        reads_only: bool = False,
    ) -> None:
        self.name = repr(address_for_people(url.reveal()))
        self._patience, self._known = patience, known
        self._lock = threading.RLock()
        self._reads_only, self.version = reads_only, 0
        self.role: Role = ANYBODY
        self._opened = self._closed = False
        # While it is away, only the first waits for it; the others of this program would each wait as long.
        self._given_up = False
        self._engine = _engine(url, self.name, patience)
        try:
            self._patiently(self._open, "opened")
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        self._engine.dispose()

    def read(self, work: Callable[[PostgresDatabase], T]) -> T:
        """What `work` returns, which only reads.

        Raises:
            LedgerError: it cannot be read.
        """

        def whole() -> T:
            with self._transaction() as db:
                return work(db)

        return self._patiently(whole, "read")

    def rows(self, query: str, values: Any = ()) -> list[Row]:
        """What a query finds.

        Raises:
            LedgerError: it cannot be read.
        """
        return self.read(lambda db: db.execute(query, values).fetchall())

    def found(self, search: Search, limit: int | None, columns: str) -> list[Row]:
        """The number and these columns of the newest jobs that are as a search wants them, newest first.

        Raises:
            LedgerError: it cannot be read.
        """
        return self.read(lambda db: postgres_search.found(db, search, limit, columns))

    def write(
        self,
        work: Callable[[PostgresDatabase], T],
        *,
        alone: bool = False,
        done: Callable[[PostgresDatabase], T | None] | None = None,
    ) -> T:
        """What `work` returns; see `engine.Engine.write`.

        Raises:
            LedgerError: it cannot be written.
        """
        unsure = False

        def whole() -> T:
            nonlocal unsure
            with self._transaction() as db:
                if alone:
                    # Until the end of the transaction, also of one whose program no longer hears of it.
                    db.execute(f"SELECT pg_advisory_xact_lock({_BUDGETS})")
                before = done(db) if unsure and done else None
                said = work(db) if before is None else before
                # The commit comes next: if the connection is lost with it, nobody here knows whether it was kept.
                unsure = True
            return said

        return self._patiently(whole, "written")

    def protect(self, wanted: postgres_protection.Protection) -> postgres_protection.Protected:
        """Keep users apart; see `postgres_protection.protect`.

        Raises:
            LedgerError: this role may not, or one that is named cannot be kept apart.
        """

        def work() -> postgres_protection.Protected:
            with self._engine.begin() as connection:
                run, db = connection.exec_driver_sql, PostgresDatabase(connection)
                return postgres_protection.protect(db, run, wanted, self.name)

        return self._patiently(work, "changed")

    def number_on(self, jobs: int, events: int) -> None:
        """Have new rows numbered above these and above all that are there.

        Raises:
            LedgerError: it cannot be written.
        """

        def work(db: PostgresDatabase) -> None:
            for table, last in (("jobs", jobs), ("events", events)):
                db.execute(
                    f"""SELECT setval(pg_get_serial_sequence('{SCHEMA}.{table}', 'rowid'),
                        greatest(1, ?, (SELECT max(rowid) FROM {table})))""",  # noqa: S608 (our own names)
                    (last,),
                )

        self.write(work)

    def _open(self) -> None:
        """Bring the tables up to date, and write again what a server that took another's place has lost."""
        with self._lock:
            if self._opened:
                return
            with self._engine.begin() as connection:
                if not self._reads_only:
                    postgres_schema.migrate(PostgresDatabase(connection), connection.exec_driver_sql, self.name)
                self.version = postgres_schema.version_of(PostgresDatabase(connection), self.name)
                if self.version:
                    self.role = postgres_protection.role_of(PostgresDatabase(connection))
            # From here on it can be read: an image of a job that is written again may be there still.
            self._opened = True
            try:
                if records := sorted(self._known(), key=lambda record: record.id):
                    with self._engine.begin() as connection:
                        carry_over(PostgresDatabase(connection), records)
            except BaseException:
                self._opened = False
                raise

    @contextmanager
    def _transaction(self) -> Iterator[PostgresDatabase]:
        if self._closed:
            raise LedgerError(f"The ledger {self.name} is closed.")
        self._open()
        with self._engine.begin() as connection:
            yield PostgresDatabase(connection)

    def _patiently(self, work: Callable[[], T], what: str) -> T:
        """What `work` returns, tried again for as long as that may help."""
        from sqlalchemy.exc import SQLAlchemyError

        late, pause = time.monotonic() + (0.0 if self._given_up else self._patience), 0.05
        while True:
            try:
                said = work()
            except SQLAlchemyError as error:
                trouble = trouble_of(error)
            else:
                self._given_up = False
                return said
            # It may be another server that answers next, or another database.
            self._opened = self._opened and not (trouble.away or trouble.gone)
            if not (trouble.away or trouble.again) or time.monotonic() > late:
                self._given_up = trouble.away
                # Without the cause: its frames have the address, with the password in it.
                raise LedgerError(
                    f"The ledger {self.name} cannot be {what}: {trouble.why}", away=trouble.away
                ) from None
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - a pause, not a secret
            pause = min(2 * pause, _LONGEST_PAUSE)


def _engine(url: Secret, name: str, patience: float) -> Engine:
    try:
        import psycopg
        import sqlalchemy
    except ImportError:
        raise MissingExtraError("A ledger in PostgreSQL", "hub") from None
    more = _options(url, name, patience)
    settings = (
        f"SET search_path = {SCHEMA}; SET idle_in_transaction_session_timeout = '{_PAUSE_SECONDS}s'; "
        f"SET lock_timeout = '{max(1, round(patience * 1000))}ms'"
    )

    def connect() -> Any:
        # Planned anew each time: a statement that is kept fails once a later version has changed the tables.
        connection: Any = psycopg.connect(
            url.reveal(), autocommit=True, prepare_threshold=None, client_encoding="utf8", **more
        )
        with ExitStack() as undo:
            undo.callback(connection.close)
            connection.execute(settings)
            connection.autocommit = False
            undo.pop_all()
        return connection

    return sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE,
        pool_timeout=max(1.0, patience),
        use_native_hstore=False,
        hide_parameters=True,
    )


def _options(url: Secret, name: str, patience: float) -> dict[str, Any]:
    """What a connection has beside what its address says.

    Raises:
        LedgerError: the address cannot be read.
    """
    import psycopg

    try:
        given = psycopg.conninfo.conninfo_to_dict(url.reveal())
    except psycopg.Error:
        # Its words quote the address.
        raise LedgerError(
            f"The ledger {name} cannot be opened: {url.source or 'its address'} cannot be read as one of PostgreSQL; "
            "in user, password and options, write % as %25, @ as %40, / as %2F and ? as %3F."
        ) from None
    # A server that is gone without a word is noticed by its silence.
    usual = {
        "application_name": "veo-widgets",
        "connect_timeout": max(2, min(10, round(patience))),
        "keepalives_idle": 20,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "target_session_attrs": "read-write",
    }
    return {option: value for option, value in usual.items() if option not in given}
