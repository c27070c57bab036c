"""The ledger on a server that several machines share: races, clocks that disagree, and a server that comes and goes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psycopg
import pytest

from tests.postgres_server import Server, running_server
from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings
from veo_widgets.config.environment import read_environment
from veo_widgets.config.precedence import settings_table
from veo_widgets.config.settings import ledger_place
from veo_widgets.domain.errors import ConfigError, LedgerError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.secret import Secret
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.schema import MIGRATIONS

from .places import OPENING
from .test_ledger import record

JOB = "abcd2345"
HOUR = 3600.0

RECORD = """
import time
from veo_widgets.domain.errors import BudgetError, PlaceTakenError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
def record(name, state="submitting", **values):
    now = time.time()
    given = ("gemini", "s", "w", Cost(0.8), now, now, "/clips")
    return JobRecord(name, JobState(state), VideoRequest("A cat", "m"), *given, **values)
"""
# Another machine's program: it does one thing when it is told to, says what came of it, and lives until it is let go.
RACER = f"""{OPENING}{RECORD}
ledger, me, what = opened(), sys.argv[3], sys.argv[4]
print("ready", flush=True)
sys.stdin.readline()
try:
    if what == "budget":
        ledger.reserve(record(me), "", {{"day": 1.0}}, {{}}, seconds=75.0)
    elif what == "place":
        ledger.reserve(record(me, group="film", place="1"), "", {{}}, {{"day": 100.0}}, seconds=75.0)
    won = ledger.lease("abcd2345", time.time(), 75.0) if what == "lease" else True
    print("won" if won else "lost", flush=True)
except (BudgetError, PlaceTakenError) as error:
    print(type(error).__name__, flush=True)
sys.stdin.read()
"""
# A program that sends jobs one after the other and says how far it is.
WORKER = f"""{OPENING}{RECORD}
from dataclasses import replace
ledger = opened()
for number in range(int(sys.argv[4])):
    new = record(f"{{sys.argv[3]}}{{number:03}}")
    ledger.reserve(new, "intent", {{}}, {{"day": 1e6, "month": 1e6, "session": 1e6}}, seconds=75.0)
    sending = replace(new, sending_at=time.time(), updated_at=time.time())
    began = ledger.begin_sending(sending, "sending", {{}}, {{"day": 1e6, "month": 1e6, "session": 1e6}})
    ledger.write(replace(sending, state=JobState.QUEUED, operation=new.id, updated_at=time.time()), "accepted")
    ledger.write(replace(sending, state=JobState.SUCCEEDED, operation=new.id, updated_at=time.time()), "the end")
    print(began, flush=True)
ledger.close()
"""


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.new_database()


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that the test may stop."""
    with running_server() as server:
        yield server


def opened(url: str, folder: Path, **options: float) -> Ledger:
    """The ledger as another machine's program opens it: the locks of the holders there are not seen here."""
    return Ledger(folder / "ledger.sqlite3", url=Secret(url), **options)


def program(text: str, url: str, folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", text, str(folder / "ledger.sqlite3"), url, *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as db:
        return db.execute(query).fetchall()


# Races


@pytest.mark.parametrize(
    ("what", "others"), [("budget", "BudgetError"), ("place", "PlaceTakenError"), ("lease", "lost")]
)
def test_of_machines_that_want_the_same_exactly_one_gets_it(url: str, tmp_path: Path, what: str, others: str) -> None:
    with closing(opened(url, tmp_path)) as ledger, ExitStack() as stack:
        ledger.write(record())
        racers = [stack.enter_context(program(RACER, url, tmp_path / name, name, what)) for name in "abcd"]
        assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 4
        for racer in racers:
            racer.stdin.write("\n")
            racer.stdin.flush()
        said = sorted(racer.stdout.readline().strip() for racer in racers)
        assert said == sorted(["won", *[others] * 3])
        for racer in racers:
            racer.stdin.close()


def test_programs_that_open_an_empty_database_at_once_all_get_through(url: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        workers = [stack.enter_context(program(WORKER, url, tmp_path, name, "1")) for name in "abcd"]
        assert [worker.stdout.readline() for worker in workers] == ["True\n"] * 4
    assert rows(url, "SELECT version FROM veo_widgets.version") == [(len(MIGRATIONS),)]
    assert rows(url, "SELECT count(*) FROM veo_widgets.jobs") == [(4,)]


# Clocks


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_a_machine_with_a_wrong_clock_takes_no_living_lease(url: str, tmp_path: Path, wrong: float) -> None:
    with closing(opened(url, tmp_path / "a")) as mine, closing(opened(url, tmp_path / "b")) as other:
        mine.write(record())
        now = time.time()
        assert mine.lease(JOB, now, 75.0)
        assert not other.lease(JOB, now + wrong, 75.0)
        assert mine.renew(now + 1, 75.0)
        assert not other.lease(JOB, now + wrong, 75.0)
        hold = other.held_by(JOB, now + wrong)
        # Until when, by the clock of who asks.
        assert hold is not None
        assert 0 < hold.until - (now + wrong) <= 76.0 + time.time() - now
        assert other.held(now + wrong)[JOB].holder == hold.holder
        # And its own lease is one in the eyes of those whose clocks are right.
        assert other.lease(JOB, now + wrong, 75.0, force=True)
        assert not mine.lease(JOB, time.time(), 75.0)
        assert not mine.renew(time.time(), 75.0)
        assert other.renew(time.time() + wrong, 75.0)
        assert other.renew(time.time() + wrong, 75.0)


def test_a_create_is_not_sent_by_a_machine_whose_clock_is_ahead(url: str, tmp_path: Path) -> None:
    with closing(opened(url, tmp_path / "a")) as mine, closing(opened(url, tmp_path / "b")) as ahead:
        mine.reserve(record(at=time.time()), "", {}, {}, seconds=75.0)
        assert not ahead.lease(JOB, time.time() + HOUR, 75.0)
        assert not ahead.begin_sending(record(), "")
        assert mine.begin_sending(record(), "")


# A server that comes and goes


def test_no_job_is_lost_or_kept_twice_while_the_server_is_stopped_and_started(
    own_server: Server, tmp_path: Path
) -> None:
    url, count = own_server.new_database(), 40
    with ExitStack() as stack:
        workers = [stack.enter_context(program(WORKER, url, tmp_path / name, name, str(count))) for name in "abc"]
        said = ["" for _ in workers]
        for _ in range(3):
            said = [line + worker.stdout.readline() for line, worker in zip(said, workers, strict=True)]
            own_server.stop()
            own_server.start()
        said = [line + worker.stdout.read() for line, worker in zip(said, workers, strict=True)]
        assert [worker.wait(600) for worker in workers] == [0] * 3
    assert said == ["True\n" * count] * 3
    assert rows(url, "SELECT state, count(*), sum(usd) FROM veo_widgets.jobs GROUP BY 1") == [
        ("succeeded", 3 * count, pytest.approx(3 * count * 0.8))
    ]
    told = rows(url, "SELECT job_id, string_agg(detail, ', ' ORDER BY at, rowid) FROM veo_widgets.events GROUP BY 1")
    assert {events for _, events in told} == {"intent, sending, accepted, the end"}
    assert len(told) == 3 * count


def test_a_server_that_is_away_is_told_of_in_one_sentence_and_found_again(own_server: Server, tmp_path: Path) -> None:
    url = own_server.new_database()
    with closing(opened(url, tmp_path, patience=0.1)) as ledger:
        ledger.write(record())
        own_server.stop()
        for _ in range(2):
            with pytest.raises(LedgerError, match=r"^The ledger 'postgresql://.* cannot be read: .*[^.]\.$") as caught:
                ledger.jobs()
            assert caught.value.away
            assert len(str(caught.value).splitlines()) == 1
        with pytest.raises(LedgerError, match="cannot be written"):
            ledger.write(record("other"))
        own_server.start()
        assert [job.id for job in ledger.jobs()] == [JOB]
        ledger.write(record("other"))


def test_a_server_that_took_the_place_of_another_gets_the_jobs_that_it_lacks(
    own_server: Server, tmp_path: Path
) -> None:
    """As after a failover to a standby that was behind, or a backup that was brought back."""
    url = own_server.new_database()
    with closing(opened(url, tmp_path)) as ledger:
        ledger.reserve(record(at=time.time(), provider="gemini"), "", {}, {}, seconds=75.0)
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("TRUNCATE veo_widgets.jobs, veo_widgets.events, veo_widgets.prompts")
        own_server.stop()
        own_server.start()
        assert [job.id for job in ledger.jobs()] == [JOB]
        assert ledger.unknown() == (0, 0.0)
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("DROP SCHEMA veo_widgets CASCADE")
        assert [job.id for job in ledger.jobs()] == [JOB]
        assert ledger.lease(JOB, time.time(), 75.0)


def test_a_server_without_a_connection_left_says_so(own_server: Server, tmp_path: Path) -> None:
    url = own_server.new_database()
    with ExitStack() as stack:
        with suppress(psycopg.OperationalError):
            while True:
                stack.enter_context(closing(psycopg.connect(url)))
        with pytest.raises(LedgerError, match=r"max_connections says how many") as caught:
            opened(url, tmp_path, patience=0.1)
        assert caught.value.away
    with closing(opened(url, tmp_path)) as ledger:
        assert ledger.jobs() == []


def test_what_another_program_has_locked_is_waited_for_no_longer_than_patience(url: str, tmp_path: Path) -> None:
    with closing(opened(url, tmp_path, patience=1.0)) as ledger, psycopg.connect(url) as other:
        ledger.write(record())
        other.execute("SELECT 1 FROM veo_widgets.jobs FOR UPDATE")
        with pytest.raises(LedgerError, match="keeps it locked"):
            ledger.write(record(state="queued"))
        # Another job is nobody's concern.
        ledger.write(record("other"))
        other.rollback()
        ledger.write(record(state="queued"))


def test_the_ledger_of_a_later_version_is_left_alone(url: str, tmp_path: Path) -> None:
    opened(url, tmp_path).close()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("UPDATE veo_widgets.version SET version = 99")
    with pytest.raises(LedgerError, match=r"later version \(schema 99.*pip install -U veo-widgets"):
        opened(url, tmp_path)


def test_who_may_not_make_tables_is_told_whom_to_ask(postgres: Server, url: str, tmp_path: Path) -> None:
    postgres.run_sql("CREATE ROLE guest LOGIN")
    with pytest.raises(LedgerError, match="ask who keeps the database for the right to create the schema"):
        opened(url.replace("keeper@", "guest@"), tmp_path)


# Where it is, and what is told of that


@pytest.mark.parametrize(
    "said", ["mysql://me:hunter-2-hunter@db/veo", "hunter-2-hunter", "/srv/ledger.sqlite3", "postgresql:/db"]
)
def test_an_address_of_something_else_is_refused_and_not_repeated(said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^VEO_LEDGER_URL: .* is not the address of a PostgreSQL server") as caught:
        ledger_place(tmp_path, {"VEO_LEDGER_URL": said})
    assert "hunter" not in str(caught.value)


def test_without_an_address_it_is_a_file_of_the_data_folder(tmp_path: Path) -> None:
    place = ledger_place(tmp_path, {})
    assert (place.path, place.url, str(place)) == (tmp_path / "ledger.sqlite3", None, str(tmp_path / "ledger.sqlite3"))


@pytest.mark.parametrize("more", ["", "?password=hunter-2-hunter", "?sslmode=%zz"])
def test_the_password_is_in_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, more: str
) -> None:
    from veo_widgets.api.doctor import diagnose

    url = f"postgresql://me:hunter-2-hunter@127.0.0.1:1/veo{more}"
    monkeypatch.setenv("VEO_LEDGER_URL", url)
    with Client(settings, home=tmp_path, clock=Clock(patience=0.1)) as client:
        place = client.asynchronous.ledger_place
        told = [
            repr(place),
            str(place),
            repr(settings_table(client.asynchronous.configured, client.asynchronous.defaults, read_environment())),
        ]
        told.append(repr(client.call(diagnose, client.asynchronous, {})))
    with pytest.raises(LedgerError) as caught:
        opened(url, tmp_path, patience=0.1)
    told.append(str(caught.value))
    # As a notebook shows it that shows variables: those of this package, not of who has the address anyway.
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True, compact=True).stack
    told += [repr(frame.locals) for frame in frames if "/veo_widgets/" in frame.filename]
    assert "postgresql://127.0.0.1:1/veo" in told[1]
    assert not [text for text in told if "hunter" in text]


# Whole programs

SUBMITTER = """
import sys
from pathlib import Path
from veo_widgets.config.accounts import Settings
from veo_widgets.session.client import Client
with Client(Settings(provider="emulator", base_url=sys.argv[1], folder=Path(sys.argv[2]))) as client:
    print(client.submit("A cat", seconds=4).id)
"""
RESUMER = """
import sys, veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
(job,) = veo.resume()
print(job.id)
print(job.wait(600).videos[0].path)
"""


def test_a_job_of_one_machine_is_brought_home_by_another(emulator: Emulator, url: str, tmp_path: Path) -> None:
    said = []
    for text, home in ((SUBMITTER, "here"), (RESUMER, "there")):
        more = {"VEO_WIDGETS_HOME": str(tmp_path / home), "VEO_LEDGER_URL": url}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", text, emulator.base_url, str(tmp_path / "clips")],
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        said += done.stdout.split()
        assert not (tmp_path / home / "ledger.sqlite3").exists()
    assert said[0] == said[1]
    assert Path(said[2]).stat().st_size > 0
    assert [entry.kind for entry in emulator.journal()].count("create") == 1


def test_waiting_goes_on_when_the_server_is_back(
    own_server: Server, emulator: Emulator, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.conftest import swift

    monkeypatch.setenv("VEO_LEDGER_URL", own_server.new_database())
    clock = swift(20)
    with Client(settings, home=tmp_path, clock=type(clock)(clock.now, clock.sleep, 0.2)) as client:
        job = client.submit("---\npolls: 3\n---\nA cat", seconds=4)
        own_server.stop()
        while not job.sighting.record.troubled:
            time.sleep(0.01)
        assert "cannot be" in job.sighting.record.trouble
        with pytest.raises(LedgerError, match="cannot be"):
            client.submit("A dog", seconds=4)
        own_server.start()
        assert job.wait(600).state is JobState.SUCCEEDED
        kept: JobRecord = client.jobs()[0].record
        assert (kept.id, kept.state) == (job.id, JobState.SUCCEEDED)
    assert [entry.kind for entry in emulator.journal()].count("create") == 1
