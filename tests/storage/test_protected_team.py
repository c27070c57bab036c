"""Members, workers and whoever administers a ledger that keeps users apart: who may do what, and the command."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

from tests.postgres_server import Server
from veo_widgets.api.cli import main
from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.errors import BudgetError, InvalidRequestError, LedgerError
from veo_widgets.domain.job_record import JobState
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.secret import Secret
from veo_widgets.domain.spender import Spender
from veo_widgets.storage.ledger.checking import check
from veo_widgets.storage.ledger.copying import Progress, copy
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.ledger_place import LedgerPlace
from veo_widgets.storage.ledger.postgres import PostgresServer
from veo_widgets.storage.ledger.postgres_protection import Protection
from veo_widgets.storage.ledger.searches import Search

from .teams import IMAGE, PROMPT, ZEBRA, Team, adas, job, reserve
from .test_ledger import record

# Limits


def test_a_member_lowers_and_cannot_raise(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    boss, ada = team.open(team.boss), team.open(team.ada)
    boss.set_budgets({"day": 4.0, "unknown": 1.0})
    boss.set_budgets({"day": 2.0, "month": 3.0}, Spender(user=team.ada))
    me = Spender(user=team.ada)
    for values, whose in (
        ({"day": 1.0}, Spender()),
        ({"day": 1.0}, Spender(user=team.ben)),
        ({"day": 1.0}, Spender(project="ads")),
    ):
        with pytest.raises(InvalidRequestError, match=f"only whoever administers this ledger .*user='{team.ada}'"):
            ada.set_budgets(values, whose)
    with pytest.raises(InvalidRequestError, match=r"day: \$9\.00 is more than the \$2\.00"):
        ada.set_budgets({"day": 9.0}, me)
    today = local_day(time.time())
    # Nor does the environment raise one, nor reserve less for what has no known price.
    found = ada.budget(today, {"day": 1000.0, "month": 50.0, "unknown": 0.01}, {}, me)
    assert found.limits == {"day": 4.0, "month": 50.0, "unknown": 1.0, "user day": 2.0, "user month": 3.0}
    assert found.sources["day"] == found.sources["user day"] == "administrator"
    ada.set_budgets({"day": 1.0}, me)
    lowered = {"day": 3.0, "unknown": 1.0, "user day": 1.0, "user month": 3.0}
    assert ada.budget(today, {"day": 3.0}, {}, me).limits == lowered
    reserve(ada, job(ada, "adas0001"))
    with pytest.raises(BudgetError, match=rf"of the user '{team.ada}' is \$1\.00.*veo\.budget\(day=…, user="):
        reserve(ada, job(ada, "adas0002"))
    ada.set_budgets({"day": None}, me)
    reserve(ada, job(ada, "adas0002"))
    with pytest.raises(BudgetError, match=r"is \$2\.00.*; whoever administers this ledger can raise it"):
        reserve(ada, job(ada, "adas0003"), {"day": 1000.0})
    # What all spend counts for all, also what is not seen.
    ben = team.open(team.ben)
    reserve(ben, job(ben, "bens0001"))
    reserve(ben, job(ben, "bens0002"))
    with pytest.raises(BudgetError, match=r"for a day is \$4\.00, of which .* \$3\.20 reserved; whoever administers"):
        reserve(ben, job(ben, "bens0003", cost=replace(record().cost, usd=0.81)), {"day": 1000.0})
    # Not a number is no limit either.
    with pytest.raises(CheckViolation):
        team.sql(
            team.ada,
            f"INSERT INTO budgets (name, usd, owner, set_by) VALUES ('day', 'NaN', '{team.ada}', '{team.ada}')",
        )


# Members, workers and whoever administers


def test_a_role_that_is_not_named_is_told_whom_to_ask(team: Team) -> None:
    stranger = team.server.new_role("stranger")
    with pytest.raises(LedgerError, match=r"permission denied .* to name your role in `veo ledger protect`"):
        team.open(stranger)


def test_a_member_has_all_of_the_ledger_but_others_jobs(team: Team, tmp_path: Path) -> None:
    """What the other tests of this folder show for one member in detail, beside another's jobs here."""
    ada, ben = adas(team), team.open(team.ben)
    now = time.time()
    for number in range(3):
        reserve(ben, job(ben, f"bens000{number}", group="film", place=str(number), request=VideoRequest("A dog", "m")))
    ben.write(replace(ben.read("bens0001"), state=JobState.SUCCEEDED))
    # The same place of the same film is another's for each.
    assert set(ben.group("film")) == {"0", "1", "2"}
    assert set(ada.group("film")) == {"1"}
    assert set(ben.open_jobs(now)) == {"bens0000", "bens0002"}
    assert ben.lease("bens0000", now, 75.0)
    assert not ben.lease("adas0001", now, 75.0, force=True)
    assert ada.held_by("bens0000", now) is None
    assert [found.id for found in ben.search(Search.of(search="dog", now=now), None)] == [
        "bens0002",
        "bens0001",
        "bens0000",
    ]
    assert ben.search(ZEBRA, None) == []
    ben.shelf.star(["bens0002", "adas0001"], on=True)
    assert (ben.shelf.starred(["bens0002", "adas0001"]), ada.shelf.starred(["adas0001"])) == ({"bens0002"}, set())
    assert ben.spend().by("user") == pytest.approx({team.ben: 2.4})
    with pytest.raises(InvalidRequestError, match="fits no job"):
        ben.read("adas0001")
    for role in (team.ben, team.ada, team.boss):
        with closing(PostgresServer(Secret(team.url(role)), 30.0, reads_only=True)) as reader:
            assert list(check(reader)) == []
    ada.close()
    ben.close()
    copied = Progress()
    target = LedgerPlace(tmp_path / "own" / "ledger.sqlite3")
    team.sql(team.boss, "UPDATE jobs SET holder = NULL")
    copy(LedgerPlace(tmp_path / "x.sqlite3", Secret(team.url(team.ben))), target, 30.0, now, copied)
    assert (copied.jobs, copied.events) == (3, 4)
    with pytest.raises(LedgerError, match="only whoever administers it copies into it"):
        copy(target, LedgerPlace(tmp_path / "x.sqlite3", Secret(team.url(team.ben))), 30.0, now, Progress())


@pytest.mark.parametrize("made", ["{}", "[]", "5", '{"a": ' + 5000 * "[" + 5000 * "]" + "}"])
def test_a_row_that_nobody_can_read_is_named_and_hidden_from_other_members(team: Team, made: str) -> None:
    """Whoever writes SQL can add such rows of their own."""
    ada = adas(team)
    team.sql(
        team.ben,
        f"""INSERT INTO jobs (id, state, provider, model, created_at, updated_at, record, request, owner)
        VALUES ('bens0001', 'queued', 'p', 'm', 1, 1, '{made}', '{{}}', '{team.ben}')""",
    )
    assert [found.id for found in ada.jobs()] == ["adas0001"]
    with closing(PostgresServer(Secret(team.url(team.boss)), 30.0, reads_only=True)) as reader:
        assert [fault.partition(" (")[0] for fault in check(reader)] == ["job 'bens0001': it cannot be read as a job"]


def test_a_worker_brings_home_what_stays_its_owners(team: Team) -> None:
    ada, worker = adas(team), team.open(team.worker)
    now = time.time()
    assert list(worker.open_jobs(now)) == ["adas0001"]
    assert worker.lease("adas0001", now, 75.0, force=True)
    found = worker.read("adas0001")
    assert (found.owner, found.request.images[0].data) == (team.ada, IMAGE.data)
    # Under her limits, as they are set.
    ada.set_budgets({"day": 0.5}, Spender(user=team.ada))
    with pytest.raises(BudgetError, match=f"of the user '{team.ada}' is"):
        worker.begin_sending(found, "")
    ada.set_budgets({"day": None}, Spender(user=team.ada))
    assert worker.begin_sending(found, "")
    worker.write(replace(found, state=JobState.RUNNING, operation="op"), "accepted")
    worker.write(replace(found, state=JobState.SUCCEEDED, operation="op"), "the end")
    assert (ada.read("adas0001").state, ada.read("adas0001").owner) == (JobState.SUCCEEDED, team.ada)
    assert [detail for _, _, detail in ada.events("adas0001")][-1] == "the end"
    assert reserve(worker, job(worker, "work0001")).owner == team.worker


def test_a_server_that_has_lost_jobs_gets_them_from_their_owners_and_the_worker(team: Team) -> None:
    ada, worker = adas(team), team.open(team.worker)
    worker.known(worker.read("adas0001"))
    for ledger in (ada, worker):
        team.sql(team.boss, "TRUNCATE jobs, events, prompts")
        ledger._file._opened = False
        assert [(found.id, found.owner) for found in ledger.jobs()] == [("adas0001", team.ada)]
        assert [found.id for found in team.open(team.ada).search(ZEBRA, None)] == ["adas0001"]


def test_a_team_that_says_so_sees_all_and_still_forges_nothing(team: Team) -> None:
    adas(team)
    team.protect(shared=True)
    ben = team.open(team.ben)
    (found,) = ben.jobs()
    assert (found.owner, found.request.prompt, found.request.images[0].data) == (team.ada, PROMPT, IMAGE.data)
    assert ben.lease("adas0001", time.time(), 75.0, force=True)
    ben.shelf.star(["adas0001"], on=True)
    for statement in ("UPDATE jobs SET owner = '{ben}'", "INSERT INTO budgets (name, usd) VALUES ('day', 100)"):
        with pytest.raises(InsufficientPrivilege):
            team.sql(team.ben, statement.format(ben=team.ben))
    team.protect()
    assert team.open(team.ben).jobs() == []


def test_what_was_granted_before_is_taken_back_and_old_jobs_keep_their_images(postgres: Server, tmp_path: Path) -> None:
    boss, ada, out = (postgres.new_role(name) for name in ("boss", "ada", "out"))
    url = postgres.new_database(boss)
    with closing(Ledger(tmp_path / "ledger.sqlite3", url=Secret(url))) as ledger:
        reserve(ledger, replace(job(ledger, "adas0001"), owner=ada))
        reserve(ledger, replace(job(ledger, "old00001"), owner=""))
    further, narrow = postgres.new_role("further"), postgres.new_role("narrow")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("GRANT ALL ON SCHEMA veo_widgets TO PUBLIC")
        db.execute("GRANT ALL ON ALL TABLES IN SCHEMA veo_widgets TO PUBLIC")
        db.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA veo_widgets TO {out} WITH GRANT OPTION")
        db.execute(f"GRANT SELECT (request) ON veo_widgets.jobs TO {narrow}")
    with psycopg.connect(url.replace(boss, out), autocommit=True) as db:
        db.execute(f"GRANT SELECT ON veo_widgets.jobs TO {further}")
    with closing(PostgresServer(Secret(url), 30.0)) as server:
        server.protect(Protection((ada,)))
    with closing(Ledger(tmp_path / "ledger.sqlite3", url=Secret(url.replace(boss, ada)))) as ledger:
        assert [(found.id, found.request.images[0].data) for found in ledger.jobs()] == [("adas0001", IMAGE.data)]
    for role in (out, further, narrow):
        with psycopg.connect(url.replace(boss, role), autocommit=True) as db, pytest.raises(InsufficientPrivilege):
            db.execute("SELECT request FROM veo_widgets.jobs")


def test_a_job_and_its_prompt_can_be_added_by_one_statement(team: Team) -> None:
    """The row of the prompt does not see that of the job yet."""
    for shared in (False, True):
        team.protect(shared=shared)
        for role in (team.ada, team.ben, team.worker):
            added = f"""WITH job AS (
                INSERT INTO jobs (id, state, provider, model, created_at, updated_at, record, request, owner)
                VALUES ('{role}{shared}', 'queued', 'p', 'm', 1, 1, '{{}}', '{{"prompt": "Mine"}}', '{role}')
                RETURNING rowid, owner)
                INSERT INTO prompts SELECT rowid, 'mine', owner FROM job"""
            assert team.sql(role, added) == [(1,)]
    assert team.sql(team.boss, "SELECT count(*) FROM jobs JOIN prompts USING (rowid) WHERE owner = job_owner") == [(6,)]


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("in_group = 'film3' AND in_place = 'p7'", "jobs_by_place"),
        ("operation = 'op7'", "jobs_by_operation"),
        ("prompt_start = 'A cat 7' AND prompt_length = 7", "jobs_by_prompt"),
        ("state = 'queued'", "jobs_by_state"),
    ],
)
def test_a_member_finds_jobs_by_an_index(team: Team, condition: str, index: str) -> None:
    """What is asked of a function's value cannot be, where the server must know first whose the row is."""
    team.sql(
        team.ada,
        f"""INSERT INTO jobs (id, state, provider, model, created_at, updated_at, record, request, owner)
        SELECT 'j' || n, CASE n WHEN 7 THEN 'queued' ELSE 'succeeded' END, 'p', 'm', 1, 1,
            json_build_object('group', 'film' || n % 9, 'place', 'p' || n, 'operation', 'op' || n),
            json_build_object('prompt', 'A cat ' || n), '{team.ada}' FROM generate_series(1, 3000) AS n""",
    )
    team.sql(team.boss, "ANALYZE jobs")
    assert index in str(team.sql(team.ada, f"EXPLAIN SELECT id FROM jobs WHERE {condition}"))


# The command


def test_the_command_keeps_users_apart_and_says_who_sees_what(
    team: Team, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(team.folder))
    monkeypatch.setenv("VEO_LEDGER_URL", team.url(team.boss))
    words = ["ledger", "protect", "--members", team.ada, team.ben, "--workers", team.worker]
    with closing(Ledger(team.folder / "ledger.sqlite3", url=Secret(team.url(team.boss)))) as ledger:
        for name, owner in (("old1", ""), ("old2", "ada@example.com"), ("old3", "ada@example.com")):
            ledger.write(replace(job(ledger, name), owner=owner or team.boss))
    team.sql(team.boss, "UPDATE jobs SET owner = '' WHERE id = 'old1'")
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{team.ada}, {team.ben}: see their own jobs alone, and lower their own limits.",
        f"{team.worker}: see and bring home all jobs.",
        f"{team.boss}: sees everything and sets all limits; `veo budget` shows them.",
        "nobody: is no role, and has 1 job that no member sees.",
        "ada@example.com: is no role, and has 2 jobs that no member sees.",
    ]
    maker = team.server.new_role("maker", "CREATEROLE")
    for role, more, told in (
        (team.ada, [], f"is administered by '{team.boss}', who owns its tables"),
        (team.boss, ["nobody-such"], "There is no role 'nobody-such' on this server"),
        (team.boss, ["keeper"], "The role 'keeper' is a superuser"),
        (team.boss, [maker], f"The role '{maker}' is a superuser, or one with BYPASSRLS or CREATEROLE"),
        (team.boss, [team.boss], f"The role '{team.boss}' is '{team.boss}' or a member of it"),
    ):
        monkeypatch.setenv("VEO_LEDGER_URL", team.url(role))
        assert main([*words[:3], team.ada, *more]) == 1
        assert told in capsys.readouterr().err
    monkeypatch.delenv("VEO_LEDGER_URL")
    assert main(words) == 1
    assert "is a file, and whoever can open a file sees all of it" in capsys.readouterr().err
