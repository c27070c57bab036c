"""Users who are kept apart by a real server, each with a role of their own: what raw SQL sees and can change."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

from veo_widgets.domain.errors import LedgerError
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.secret import Secret
from veo_widgets.domain.spender import Spender
from veo_widgets.storage.ledger.ledger import Ledger

from .teams import IMAGE, Team, adas, job, reserve

# What others see


def test_no_statement_of_a_member_finds_anything_of_anothers_job(team: Team) -> None:
    adas(team)
    relations = [
        name
        for (name,) in team.sql(
            team.ben,
            "SELECT relname FROM pg_class WHERE relnamespace = 'veo_widgets'::regnamespace AND relkind IN ('r', 'v')",
        )
    ]
    assert {"jobs", "events", "inputs", "prompts", "spending"} <= set(relations)
    for role, sees in ((team.ben, False), (team.ada, True), (team.worker, True), (team.boss, True)):
        found = "".join(str(team.sql(role, f"SELECT * FROM {name}")) for name in relations)
        assert [word in found for word in ("zebra", "adas0001", "her intent", IMAGE.sha256)] == [sees] * 4
    # What budgets are added up from says who has spent, and nothing of what.
    assert team.sql(team.ben, "SELECT owner, state, usd FROM spending") == [(team.ada, "submitting", 0.8)]
    columns = [
        name
        for (name,) in team.sql(
            team.ben,
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND attrelid = 'spending'::regclass ORDER BY attnum",
        )
    ]
    assert columns == ["day", "program", "owner", "project", "state", "usd"]


@pytest.mark.parametrize(
    "statement",
    [
        # A function of one's own must not see rows before the policy does.
        """CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
        $$ BEGIN RAISE EXCEPTION 'seen: %', $1; END $$; SELECT 1 FROM jobs WHERE pg_temp.tell(request)""",
        "SELECT CAST(request AS integer) FROM jobs",
        "SELECT most_common_vals FROM pg_stats WHERE tablename = 'jobs' AND attname = 'request'",
        "COPY jobs TO STDOUT",
    ],
)
def test_no_trick_shows_a_prompt(team: Team, statement: str) -> None:
    adas(team)
    team.sql(team.boss, "ANALYZE jobs")
    with psycopg.connect(team.url(team.ben), autocommit=True) as db:
        db.execute("SET search_path = veo_widgets")
        for part in statement.split("; SELECT"):
            told = ""
            try:
                if part.startswith("COPY"):
                    with db.cursor().copy(part) as rows:
                        told = str(list(rows))
                else:
                    done = db.execute(part if part.lstrip().startswith(("CREATE", "SELECT")) else f"SELECT{part}")
                    told = str(done.fetchall() if done.description else "")
            except psycopg.Error as error:
                told = str(error)
            assert "zebra" not in told


def test_one_image_of_two_is_one_for_each(team: Team) -> None:
    adas(team)
    bens = team.open(team.ben)
    reserve(bens, job(bens, "bens0001"))
    assert bens.read("bens0001").request.images[0].data == IMAGE.data
    assert team.sql(team.boss, "SELECT count(*), count(DISTINCT owner) FROM inputs") == [(2, 2)]
    with pytest.raises(CheckViolation):
        team.sql(team.ben, "INSERT INTO inputs (sha256, mime, data) VALUES ('ab', 'image/png', 'x')")


@pytest.mark.parametrize("shared", [False, True])
def test_nobody_takes_an_image_away_from_anothers_job(team: Team, shared: bool) -> None:
    team.sql(team.ben, f"INSERT INTO inputs (sha256, mime, data) VALUES ('{IMAGE.sha256}', 'image/png', '')")
    ada = adas(team)
    team.protect(shared=shared)
    for ledger in (ada, team.open(team.worker)):
        assert ledger.read("adas0001").request.images[0].data == IMAGE.data


def test_a_name_that_is_taken_by_an_unseen_job_gives_nothing_of_it(team: Team) -> None:
    adas(team)
    bens = team.open(team.ben)
    bens._file._patience = 0.1
    with pytest.raises(LedgerError, match=r"duplicate key value violates unique constraint .jobs_pkey.\.$"):
        reserve(bens, job(bens, "adas0001", request=VideoRequest("Mine", "m")))
    assert team.sql(team.boss, "SELECT owner FROM jobs") == [(team.ada,)]


# What others can change


@pytest.mark.parametrize(
    "statement",
    [
        # An owner.
        """INSERT INTO jobs (id, state, provider, model, created_at, updated_at, record, request, owner)
        VALUES ('x', 'queued', 'p', 'm', 1, 1, '{{}}', '{{}}', '{ada}')""",
        "UPDATE jobs SET owner = '{ada}'",
        "UPDATE jobs SET project = 'films'",
        "INSERT INTO inputs (sha256, mime, data, owner) VALUES ('x', 'image/png', '', '{ada}')",
        "INSERT INTO prompts SELECT 1, 'mine', '{ada}'",
        "UPDATE prompts SET job_owner = '{ben}'",
        "INSERT INTO events (job_id, at, state, detail) VALUES ('adas0001', 1, 'failed', 'a lie')",
        "SET SESSION AUTHORIZATION {ada}",
        "SET ROLE {ada}",
        # A limit.
        "INSERT INTO budgets (name, usd) VALUES ('month', 1000)",
        "INSERT INTO budgets (name, usd, owner) VALUES ('day', 1000, '{ben}')",
        "INSERT INTO budgets (name, usd, owner, set_by) VALUES ('day', 1, '{ada}', '{ben}')",
        "INSERT INTO budgets (name, usd, project, set_by) VALUES ('day', 1, 'ads', '{ben}')",
        "UPDATE budgets SET usd = 1000",
        "TRUNCATE budgets",
        # What keeps them apart.
        "DELETE FROM jobs",
        "DELETE FROM events",
        "UPDATE version SET version = 1",
        "ALTER TABLE jobs DISABLE ROW LEVEL SECURITY",
        "DROP POLICY members_see ON jobs",
        "CREATE POLICY mine ON jobs USING (TRUE)",
        "CREATE FUNCTION veo_widgets.instr(whole text, part name) RETURNS integer LANGUAGE SQL AS 'SELECT 1'",
        "CREATE TABLE veo_widgets.more (a integer)",
        "UPDATE spending SET usd = 0",
    ],
)
def test_no_statement_of_a_member_forges_an_owner_or_raises_a_limit(team: Team, statement: str) -> None:
    with closing(Ledger(team.folder / "boss" / "ledger.sqlite3", url=Secret(team.url(team.boss)))) as ledger:
        ledger.set_budgets({"day": 5.0})
        ledger.set_budgets({"day": 1.0}, Spender(user=team.ben))
    adas(team)
    bens = team.open(team.ben)
    reserve(bens, job(bens, "bens0001"))
    tables = ("jobs", "events", "inputs", "prompts", "budgets", "version")
    before = [team.sql(team.boss, f"SELECT * FROM {name}") for name in tables]
    with pytest.raises(InsufficientPrivilege):
        team.sql(team.ben, statement.format(ada=team.ada, ben=team.ben))
    assert [team.sql(team.boss, f"SELECT * FROM {name}") for name in tables] == before


def test_deletes_and_changes_of_a_member_leave_others_alone(team: Team) -> None:
    adas(team)
    with closing(Ledger(team.folder / "boss" / "ledger.sqlite3", url=Secret(team.url(team.boss)))) as ledger:
        ledger.set_budgets({"day": 5.0})
        ledger.set_budgets({"day": 1.0}, Spender(user=team.ben))
    assert team.sql(team.ben, "DELETE FROM budgets") == [(0,)]
    assert team.sql(team.ben, "UPDATE jobs SET usd = 0, state = 'failed'") == [(0,)]
    assert team.sql(team.ben, "SELECT count(*) FROM jobs") == [(0,)]


@pytest.mark.parametrize("usd", ["-1000", "'NaN'", "'Infinity'"])
def test_no_price_makes_room_for_others_or_takes_all_of_it(team: Team, usd: str) -> None:
    adas(team)
    with pytest.raises(CheckViolation):
        team.sql(team.ada, f"UPDATE jobs SET usd = {usd}")
