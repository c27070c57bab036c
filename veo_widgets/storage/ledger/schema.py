"""The ledger's tables, one script for each version of them.

The versions are counted together. PostgreSQL begins with the sixth, which makes for it all that SQLite has by then.
"""

from __future__ import annotations

from typing import NamedTuple

from .postgres_tables import POSTGRES, POSTGRES_OWNERS, POSTGRES_TRIGRAMS

# What a job of an earlier version counts for, and on which day.
COUNT = """
    UPDATE jobs SET
        usd = CASE provider WHEN 'emulator' THEN 0.0 ELSE CAST(json_extract(record, '$.cost.usd') AS REAL) END,
        day = coalesce(date(created_at, 'unixepoch', 'localtime'), '1970-01-01')
    WHERE day = ''
    """


class Script(NamedTuple):
    """What brings a ledger from one version to the next, in the SQL of each engine."""

    sqlite: str
    postgres: str = ""


# Oldest first. A script that has been released is never changed.
MIGRATIONS = (
    Script("""
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        submitted_at REAL,
        finished_at REAL,
        record TEXT NOT NULL,
        request TEXT NOT NULL,
        holder TEXT,
        held_until REAL
    ) STRICT;
    CREATE INDEX jobs_by_time ON jobs (created_at);
    CREATE TABLE events (
        job_id TEXT NOT NULL REFERENCES jobs (id),
        at REAL NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_job ON events (job_id, at);
    CREATE TABLE inputs (
        sha256 TEXT PRIMARY KEY,
        mime TEXT NOT NULL,
        data BLOB NOT NULL
    ) STRICT;
    """),
    # usd is what counts against budgets, day the local day of the submit, program the process that sent it.
    Script(f"""
    ALTER TABLE jobs ADD COLUMN usd REAL;
    ALTER TABLE jobs ADD COLUMN day TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN program TEXT NOT NULL DEFAULT '';
    {COUNT};
    CREATE INDEX jobs_by_day ON jobs (day, program, state, usd);
    CREATE INDEX jobs_by_state ON jobs (state);
    CREATE INDEX jobs_by_model ON jobs (provider, model, finished_at);
    CREATE INDEX jobs_by_operation ON jobs (json_extract(record, '$.operation'));
    CREATE TABLE budgets (
        name TEXT PRIMARY KEY,
        usd REAL
    ) STRICT;
    """),
    # The jobs of a film or a batch, piece by piece.
    Script("""
    CREATE INDEX jobs_by_place ON jobs (json_extract(record, '$.group'), json_extract(record, '$.place'))
    """),
    # Until when a holder has all of its leases, beside what each job says.
    Script("""
    CREATE TABLE holders (
        name TEXT PRIMARY KEY,
        until REAL NOT NULL
    ) STRICT
    """),
    # The jobs with a prompt, what a program has spent, and the jobs of a model, newest last, in a ledger of any size.
    Script("""
    CREATE INDEX jobs_by_prompt ON jobs
        (substr(json_extract(request, '$.prompt'), 1, 60), length(json_extract(request, '$.prompt')));
    CREATE INDEX jobs_by_program ON jobs (program, state, usd);
    CREATE INDEX jobs_by_model_alone ON jobs (model)
    """),
    # What the library knows of a job: whether it has a star, and whether its files are in the trash.
    Script(
        """
    ALTER TABLE jobs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE jobs ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX jobs_by_deletion ON jobs (deleted);
    CREATE INDEX jobs_starred ON jobs (starred) WHERE starred = 1;
    CREATE INDEX jobs_by_notebook ON jobs (json_extract(record, '$.notebook'))
    """,
        postgres=POSTGRES,
    ),
    # Whose a job is and for which project, and limits for these. The view is what budgets are added up from, whoever
    # may see no job of others.
    Script(
        """
    ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN project TEXT NOT NULL DEFAULT '';
    DROP INDEX jobs_by_day;
    CREATE INDEX jobs_by_day ON jobs (day, owner, project, program, state, usd);
    CREATE VIEW spending AS SELECT day, program, owner, project, state, usd FROM jobs;
    ALTER TABLE budgets RENAME TO budgets_for_all;
    CREATE TABLE budgets (
        name TEXT NOT NULL,
        usd REAL,
        owner TEXT NOT NULL DEFAULT '',
        project TEXT NOT NULL DEFAULT '',
        set_by TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (name, owner, project, set_by)
    ) STRICT;
    INSERT INTO budgets (name, usd) SELECT name, usd FROM budgets_for_all;
    DROP TABLE budgets_for_all
    """,
        postgres=POSTGRES_OWNERS,
    ),
    # An index for words on a server; that of a file is a part of it which may be missing.
    Script("", postgres=POSTGRES_TRIGRAMS),
)
# The rows that a damaged ledger is searched for, each table before those that name its rows.
TABLES = ("jobs", "events", "inputs", "budgets")


def later_version(name: str, version: int) -> str:
    """What to say of a ledger of a version that is yet to come."""
    return (
        f"The ledger {name} was written by a later version (schema {version}, this version reads up to "
        f"{len(MIGRATIONS)}). Update veo-widgets: pip install -U veo-widgets"
    )
