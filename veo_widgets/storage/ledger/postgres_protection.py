"""Users kept apart in PostgreSQL: what each role may do with the tables, and which rows it sees.

The server sees to it, by grants and by row-level security, whatever a program sends. Whoever owns the tables is not
bound by it, and administers the ledger. A job's owner is the role that logged in; no statement can give it another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...domain.errors import LedgerError
from .engine import Database
from .postgres_tables import SCHEMA
from .role import ANYBODY, Role

_TABLES = ("jobs", "events", "inputs", "prompts", "budgets")
_OWN, _ANY = "owner = SESSION_USER", "TRUE"
_LOWERED = "owner = SESSION_USER AND project = '' AND set_by = SESSION_USER"
# Numbers and owners of jobs are never changed, and requests neither.
_NEVER_SET, _NEVER_CHANGED = {"rowid"}, {"rowid", "id", "owner", "project", "request"}
_TABLE = f"pg_class WHERE oid = '{SCHEMA}.jobs'::regclass"
_ROLE = f"SELECT SESSION_USER, relrowsecurity, pg_has_role(relowner, 'USAGE') FROM {_TABLE}"  # noqa: S608 (our own names)
_OWNER = f"SELECT pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE') FROM {_TABLE}"  # noqa: S608
_GRANTEES = f"""WITH given AS (
        SELECT aclexplode(relacl) AS acl, relowner AS owner FROM pg_class WHERE relnamespace = '{SCHEMA}'::regnamespace
        UNION ALL SELECT aclexplode(attacl), relowner FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
            WHERE relnamespace = '{SCHEMA}'::regnamespace
        UNION ALL SELECT aclexplode(nspacl), nspowner FROM pg_namespace WHERE nspname = '{SCHEMA}')
    SELECT DISTINCT CASE (acl).grantee WHEN 0 THEN NULL ELSE pg_get_userbyid((acl).grantee) END FROM given
    WHERE (acl).grantee <> owner"""  # noqa: S608
_POLICIES = f"SELECT tablename, policyname, roles, qual FROM pg_policies WHERE schemaname = '{SCHEMA}'"  # noqa: S608
_COLUMNS = f"""SELECT attname FROM pg_attribute
    WHERE attrelid = '{SCHEMA}.jobs'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum"""  # noqa: S608
# An administrator may have said whose a job of before is.
_PROMPTS = f"""UPDATE {SCHEMA}.prompts SET job_owner = owner FROM {SCHEMA}.jobs
    WHERE jobs.rowid = prompts.rowid AND job_owner <> owner"""  # noqa: S608
# Before images were kept for each owner, and those that were copied here.
_IMAGES = f"""INSERT INTO {SCHEMA}.inputs (sha256, mime, data, owner)
    SELECT DISTINCT ON (sha256, jobs.owner) sha256, mime, data, jobs.owner
    FROM {SCHEMA}.jobs, regexp_matches(request, '"sha256": "([0-9a-f]{{64}})"', 'g') AS named(hash)
    JOIN {SCHEMA}.inputs ON sha256 = hash[1] WHERE jobs.owner <> ''
    ORDER BY sha256, jobs.owner, length(data) DESC ON CONFLICT DO NOTHING"""  # noqa: S608

Run = Callable[[str], object]


# Who is no role sees none of these; nor does anybody but the administrator and workers.
_STRAYS = f"""SELECT owner, count(*) FROM {SCHEMA}.jobs WHERE owner NOT IN (SELECT rolname::text FROM pg_roles)
    GROUP BY owner ORDER BY owner"""  # noqa: S608


@dataclass(frozen=True)
class Protection:
    """Who may do what.

    Attributes:
        members: roles that see their own jobs.
        workers: roles that see and bring home all jobs.
        shared: whether members see all jobs too.
    """

    members: tuple[str, ...]
    workers: tuple[str, ...] = ()
    shared: bool = False


@dataclass(frozen=True)
class Protected:
    """What came of it.

    Attributes:
        administrator: the role that owns the tables.
        strays: how many jobs there are of each name that is no role's; the empty one is that of earlier versions.
    """

    administrator: str
    strays: dict[str, int]


def role_of(db: Database) -> Role:
    """As whom this connection works with the ledger."""
    name, kept_apart, administers = db.execute(_ROLE).fetchone()
    return Role(name, administers) if kept_apart else ANYBODY


def protect(db: Database, run: Run, wanted: Protection, ledger: str) -> Protected:
    """Keep the users of a ledger apart, whatever was granted before.

    Args:
        db: the ledger, in a transaction.
        run: runs a statement as it is written for PostgreSQL.
        wanted: who may do what from now on.
        ledger: its name, for people.

    Raises:
        LedgerError: this role may not, or one that is named cannot be kept apart.
    """
    ((owner, administers),) = db.execute(_OWNER).fetchall()
    if not administers:
        raise LedgerError(
            f"The ledger {ledger} is administered by {owner!r}, who owns its tables; only that role can do this."
        )
    _check_roles(db, (*wanted.members, *wanted.workers), owner)
    for statement in (*_revoked(db), *_granted(db, wanted), *_policies(wanted), *_kept_whole()):
        run(statement)
    db.execute(_PROMPTS)
    db.execute(_IMAGES)
    # The default is told to whoever administers the ledger, by the command that ends here.
    db.execute("INSERT INTO budgets (name, usd) VALUES ('announced', NULL) ON CONFLICT DO NOTHING")
    return Protected(owner, dict(db.execute(_STRAYS).fetchall()))


def protect_again(db: Database, run: Run, ledger: str) -> None:
    """Have the same hold for what a later version has added, if users are kept apart."""
    if (found := _present(db)) is not None:
        protect(db, run, found, ledger)


def _present(db: Database) -> Protection | None:
    found = {name: (roles, qual) for table, name, roles, qual in db.execute(_POLICIES) if table == "jobs"}
    if "members_see" not in found:
        return None
    workers = found["workers"][0] if "workers" in found else []
    return Protection(tuple(found["members_see"][0]), tuple(workers), found["members_see"][1] == "true")


def _check_roles(db: Database, names: Iterable[str], owner: str) -> None:
    for name in names:
        # With CREATEROLE, a server before PostgreSQL 16 makes one a member of any role.
        query = """SELECT rolsuper OR rolbypassrls OR rolcreaterole, pg_has_role(oid, ?::name, 'MEMBER') FROM pg_roles
            WHERE rolname = ?"""
        row = db.execute(query, (owner, name)).fetchone()
        if row is None:
            raise LedgerError(f"There is no role {name!r} on this server; CREATE ROLE makes one.")
        if any(row):
            why = (
                "a superuser, or one with BYPASSRLS or CREATEROLE"
                if row[0]
                else f"{owner!r} or a member of it, which owns the tables"
            )
            raise LedgerError(f"The role {name!r} is {why}: no server keeps anything from it. Name another.")


def _revoked(db: Database) -> Iterable[str]:
    """What takes everything back that was granted, and all policies."""
    for table, name, _, _ in db.execute(_POLICIES).fetchall():
        yield f"DROP POLICY {_quoted(name)} ON {SCHEMA}.{table}"
    for (name,) in db.execute(_GRANTEES).fetchall():
        who = "PUBLIC" if name is None else _quoted(name)
        for what in (f"ALL TABLES IN SCHEMA {SCHEMA}", f"ALL SEQUENCES IN SCHEMA {SCHEMA}", f"SCHEMA {SCHEMA}"):
            # With what they have granted to others.
            yield f"REVOKE ALL ON {what} FROM {who} CASCADE"


def _granted(db: Database, wanted: Protection) -> Iterable[str]:
    columns = [name for (name,) in db.execute(_COLUMNS)]
    added, changed = (
        ", ".join(name for name in columns if name not in left_out) for left_out in (_NEVER_SET, _NEVER_CHANGED)
    )
    who = _list((*wanted.members, *wanted.workers))
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {who}"
    for what in (
        f"SELECT, INSERT ({added}), UPDATE ({changed}) ON {SCHEMA}.jobs",
        f"SELECT, INSERT (job_id, at, state, detail) ON {SCHEMA}.events",
        f"SELECT, INSERT (sha256, mime, data) ON {SCHEMA}.inputs",
        f"SELECT, INSERT (rowid, prompt, job_owner) ON {SCHEMA}.prompts",
        f"SELECT, INSERT, DELETE ON {SCHEMA}.budgets",
        # Who works on what, and what was spent, say nothing of what is made.
        f"SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.holders",
        f"SELECT ON {SCHEMA}.spending",
        f"SELECT ON {SCHEMA}.version",
    ):
        yield f"GRANT {what} TO {who}"


def _policies(wanted: Protection) -> Iterable[str]:
    seen, all_roles = _ANY if wanted.shared else _OWN, (*wanted.members, *wanted.workers)
    job = f"EXISTS (SELECT FROM {SCHEMA}.jobs WHERE jobs.id = events.job_id)"
    yield from (f"ALTER TABLE {SCHEMA}.{table} ENABLE ROW LEVEL SECURITY" for table in _TABLES)
    for name, table, verb, roles, using, check in (
        ("members_see", "jobs", "SELECT", wanted.members, seen, ""),
        ("members_change", "jobs", "UPDATE", wanted.members, seen, ""),
        ("members_add", "jobs", "INSERT", wanted.members, "", _OWN),
        ("workers", "jobs", "ALL", wanted.workers, _ANY, ""),
        ("of_jobs", "events", "ALL", all_roles, job, ""),
        # Not by the job: it may be added by the very same statement, which does not see it yet.
        ("members", "prompts", "ALL", wanted.members, seen.replace("owner", "job_owner"), ""),
        ("workers", "prompts", "ALL", wanted.workers, _ANY, ""),
        ("members_see", "inputs", "SELECT", wanted.members, seen, ""),
        ("members_add", "inputs", "INSERT", wanted.members, "", _OWN),
        ("workers", "inputs", "ALL", wanted.workers, _ANY, ""),
        ("members_see", "budgets", "SELECT", wanted.members, f"owner = '' OR {_OWN}", ""),
        ("workers", "budgets", "SELECT", wanted.workers, _ANY, ""),
        ("lowered", "budgets", "INSERT", all_roles, "", _LOWERED),
        ("raised_again", "budgets", "DELETE", all_roles, _LOWERED, ""),
    ):
        if roles:
            conditions = f"{f' USING ({using})' if using else ''}{f' WITH CHECK ({check})' if check else ''}"
            yield f"CREATE POLICY {name} ON {SCHEMA}.{table} FOR {verb} TO {_list(roles)}{conditions}"


def _kept_whole() -> Iterable[str]:
    """What nobody can give a wrong value: whose an image is, that it is itself, and that money is a number."""
    yield f"ALTER TABLE {SCHEMA}.inputs ALTER COLUMN owner SET DEFAULT SESSION_USER"
    for table, name, check in (
        ("inputs", "is_itself", "data = '' OR sha256 = encode(sha256(data), 'hex')"),
        ("budgets", "is_a_number", "usd >= 0 AND usd < 'NaN'"),
        # Below nothing it would raise the limits of all, and what is no number would end them.
        ("jobs", "is_a_price", "usd >= 0 AND usd < 'Infinity'"),
    ):
        yield f"ALTER TABLE {SCHEMA}.{table} DROP CONSTRAINT IF EXISTS {name}"
        yield f"ALTER TABLE {SCHEMA}.{table} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID"
    for table, column in (("jobs", "owner"), ("prompts", "job_owner")):
        yield f"CREATE INDEX IF NOT EXISTS {table}_by_owner ON {SCHEMA}.{table} ({column}, rowid)"


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    # Doubled for the driver, which takes one sign for a mark.
    return f'"{name.replace(chr(34), 2 * chr(34))}"'.replace("%", "%%")
