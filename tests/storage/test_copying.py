"""`veo ledger copy` and `veo ledger check`, as programs, with a real server."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from tests.postgres_server import Server
from veo_widgets.api.cli import main
from veo_widgets.config.settings import place_of
from veo_widgets.domain.errors import InvalidRequestError, LedgerError
from veo_widgets.domain.media import Image
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.secret import Secret
from veo_widgets.domain.spender import Spender
from veo_widgets.storage.ledger.copying import Progress, copy
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.ledger_place import LedgerPlace

from .places import OPENING
from .test_ledger import record

COUNT = 450
Veo = Callable[..., "Said"]
TABLES = {
    "jobs": "rowid, id, state, provider, model, created_at, updated_at, submitted_at, finished_at, record, request, "
    "usd, day, program, starred, deleted, owner, project",
    "events": "rowid, job_id, at, state, detail",
    "inputs": "sha256, mime, data",
    "budgets": "name, owner, project, set_by, usd",
}
# A program that copies, and is killed by itself, as by SIGKILL at any other moment, amid its second piece of jobs.
KILLED = """
import os, pathlib, signal, sys
from veo_widgets.config.settings import place_of
from veo_widgets.storage.ledger.copying import Progress, copy
def tick():
    if progress.what == "copied" and progress.jobs:
        os.kill(os.getpid(), signal.SIGKILL)
progress = Progress(tick=tick)
copy(place_of(sys.argv[1], "FROM"), place_of(sys.argv[2], "TO"), 30.0, 0.0, progress)
"""
# A program that works on a job until it is let go.
HOLDER = f"""{OPENING}
import time
ledger = opened()
print(ledger.lease("job00003", time.time(), 75.0), flush=True)
sys.stdin.read()
"""


def image(number: int) -> Image:
    return Image(bytes([number]) * (1000 + number), "image/png", f"{number}.png")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with something in every table, in words that are not ASCII, and numbers with gaps."""
    path = tmp_path_factory.mktemp("filled") / "ledger.sqlite3"
    with closing(Ledger(path)) as ledger:
        ledger.set_budgets({"day": 12.5, "month": 100.0})
        ledger.set_budgets({"day": 3.0}, Spender(user="ada"))
        ledger.set_budgets({"day": 4.0}, Spender(project="Käfer"))
        for number in range(3):
            ledger.write(
                record(f"first{number:03}", request=VideoRequest("Ein Käfer 🐞", "m", first_frame=image(number)))
            )
    with closing(sqlite3.connect(path)) as db, db:
        names = [row[1] for row in db.execute("PRAGMA table_info(jobs)")]
        (given,) = db.execute("SELECT * FROM jobs WHERE id = 'first000'").fetchall()
        for number in range(COUNT):
            row = dict(zip(names, given, strict=True))
            row["id"] = f"job{number:05}"
            row["record"] = row["record"].replace("first000", row["id"])
            row |= {"owner": f"ada{number % 3}", "project": "Käfer" if number % 2 else ""}
            row |= {"usd": 0.1 * number, "starred": number % 2, "deleted": number % 3 == 0, "program": "other"}
            row |= {"finished_at": None if number % 2 else 7.25, "day": "2026-11-30"}
            values = ", ".join("?" * len(names))
            db.execute(f"INSERT INTO jobs VALUES ({values})", list(row.values()))
            events = [(row["id"], number + at, "submitting", f"Schritt {at} ✓") for at in (0.1, 0.2)]
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", events)
        db.execute("UPDATE jobs SET rowid = rowid + 1000 WHERE id > 'job00400'")
    return path


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.new_database()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What relative places are meant from, and where the holders of this machine are."""
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def veo(capsys: pytest.CaptureFixture[str]) -> Veo:
    """The command."""

    def run(*words: object) -> Said:
        try:
            code = main(["ledger", *map(str, words)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Said(code, *capsys.readouterr())

    return run


def in_file(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return {name: db.execute(f"SELECT {what} FROM {name} ORDER BY 1").fetchall() for name, what in TABLES.items()}


def on_server(url: str) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(url) as db:
        return {
            name: db.execute(f"SELECT {what} FROM veo_widgets.{name} ORDER BY 1").fetchall()
            for name, what in TABLES.items()
        }


def a_copy(path: Path, folder: Path) -> Path:
    """A file of one's own with the same in it."""
    copied = folder / "own" / "ledger.sqlite3"
    copied.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copied)) as target:
        source.backup(target)
    return copied


def lose(path: Path, job_ids: tuple[str, ...]) -> None:
    """Put events of jobs that are not there into a file, as a damaged one may have them."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany("INSERT INTO events VALUES (?, 1.0, 'failed', '')", [(job_id,) for job_id in job_ids])


def copied(source: Path | str, target: Path | str) -> Progress:
    progress = Progress()
    copy(place_of(str(source), "FROM"), place_of(str(target), "TO"), 30.0, 0.0, progress)
    return progress


# There and back


def test_a_ledger_goes_to_a_server_and_comes_back_as_it_was(filled: Path, url: str, tmp_path: Path, veo: Veo) -> None:
    before, files = in_file(filled), set(filled.parent.iterdir())
    done = veo("copy", filled, url)
    assert (done.code, done.err) == (0, "")
    # Three of 80 cents each cost nothing, being the emulator's.
    usd = sum(0.1 * number for number in range(COUNT))
    both = f"{COUNT + 3} jobs, {2 * COUNT + 3} events, 3 images, 4 limits, ${usd:.2f}."
    assert done.out.splitlines()[0].endswith(f": {both}")
    assert f"{COUNT + 3} of the jobs are open" in done.out
    assert on_server(url) == before
    back = tmp_path / "back" / "ledger.sqlite3"
    command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli", "ledger", "copy", "default", str(back)]
    process = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=600, env={**os.environ, "VEO_LEDGER_URL": url}
    )
    assert process.stderr == ""
    assert in_file(back) == before == in_file(filled)
    # Once more does nothing.
    assert veo("copy", url, back).out == process.stdout
    assert set(filled.parent.iterdir()) == files
    # New jobs come after the others in both, and what was copied is a job like any.
    for place in (LedgerPlace(back), LedgerPlace(tmp_path / "other.sqlite3", Secret(url))):
        with closing(Ledger(place.path, url=place.url)) as ledger:
            ledger.write(record("afterwards"))
            assert [job.id for job in ledger.jobs(limit=2)] == ["afterwards", f"job{COUNT - 1:05}"]
            assert len(ledger.events("afterwards")) == 1
            assert ledger.read("first002").request.first_frame == image(2)
            assert ledger.budget("2026-11-30", {}, {}).limits["day"] == 12.5


def test_a_copy_that_was_killed_goes_on_where_it_was(filled: Path, url: str, tmp_path: Path) -> None:
    for source, target, read in ((filled, url, on_server), (url, tmp_path / "back.sqlite3", in_file)):
        command = [sys.executable, "-W", "error", "-c", KILLED, str(source), str(target)]
        assert subprocess.run(command, check=False, timeout=600).returncode == -signal.SIGKILL
        assert 0 < len(read(target)["jobs"]) < COUNT
        assert copied(source, target).jobs == COUNT + 3
        assert read(target) == in_file(filled)


def test_what_postgresql_cannot_keep_counts_as_the_same(filled: Path, url: str, tmp_path: Path) -> None:
    path = a_copy(filled, tmp_path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE events SET detail = ? WHERE job_id = 'job00001'", ("a\0b",))
        db.execute("UPDATE events SET at = 1.0 WHERE job_id = 'job00001'")
    assert copied(path, url).events == 2 * COUNT + 2
    assert copied(path, tmp_path / "file.sqlite3").events == 2 * COUNT + 2
    assert ("a\0b",) in sqlite3.connect(tmp_path / "file.sqlite3").execute("SELECT detail FROM events").fetchall()


def test_events_without_a_job_are_named_and_left_out(filled: Path, url: str, tmp_path: Path, veo: Veo) -> None:
    mine, theirs = a_copy(filled, tmp_path), tmp_path / "theirs.sqlite3"
    lose(mine, ("nobody", "nobody", "someone"))
    for target in (url, theirs, theirs):
        done = veo("copy", mine, target)
        assert (done.code, done.err) == (0, "")
        assert f"{2 * COUNT + 3} events" in done.out
        assert "Left out: 3 events of jobs that are not there ('nobody', 'someone')." in done.out
    assert in_file(theirs) == in_file(filled) == on_server(url)


@pytest.mark.parametrize("job_id", ["nobody", "job00002"])
def test_events_without_a_job_are_in_no_copy(filled: Path, tmp_path: Path, job_id: str, veo: Veo) -> None:
    mine, theirs = a_copy(filled, tmp_path), tmp_path / "theirs.sqlite3"
    Ledger(theirs).close()
    lose(theirs, (job_id,))
    before = in_file(theirs)
    done = veo("copy", mine, theirs)
    assert (done.code, done.out) == (1, "")
    assert f"is no copy of the other: it has events of the job {job_id!r}, which is not there." in done.err
    assert in_file(theirs) == before


# What is refused


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "UPDATE veo_widgets.jobs SET state = 'running', usd = 7 WHERE id = 'job00300'",
            r"job 'job00300' .*state, usd",
        ),
        ("UPDATE veo_widgets.events SET detail = 'no' WHERE job_id = 'job00007' AND at < 7.15", r"'job00007' .*events"),
        ("UPDATE veo_widgets.inputs SET data = 'x'", "its image '.*' differs"),
        ("UPDATE veo_widgets.budgets SET usd = 9", "its limit 'day' differs"),
        ("UPDATE veo_widgets.budgets SET usd = 9 WHERE owner = 'ada'", "its limit 'day ada' differs"),
        ("UPDATE veo_widgets.jobs SET owner = 'ben' WHERE id = 'job00300'", r"job 'job00300' .*owner"),
        ("UPDATE veo_widgets.jobs SET rowid = rowid + 5000 WHERE id = 'job00449'", r"'job00449' is not in"),
    ],
)
def test_a_row_that_differs_is_named_and_nothing_is_written(filled: Path, url: str, change: str, told: str) -> None:
    copied(filled, url)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("DELETE FROM veo_widgets.events WHERE job_id = 'job00001'")
        db.execute("DELETE FROM veo_widgets.jobs WHERE id = 'job00001'")
        # They would hold the numbers of their jobs fast.
        db.execute("DELETE FROM veo_widgets.prompts")
        db.execute(change)
    there = on_server(url)
    with pytest.raises(LedgerError, match=f"is no copy of the other: .*{told}") as caught:
        copied(filled, url)
    assert "Nothing is overwritten" in str(caught.value)
    assert on_server(url) == there


@pytest.mark.parametrize("held", ["FROM", "TO"])
@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_job_that_a_living_program_works_on_is_not_copied(
    filled: Path, url: str, tmp_path: Path, held: str, kind: str, veo: Veo
) -> None:
    mine, home = a_copy(filled, tmp_path), tmp_path / "home" / "ledger.sqlite3"
    copied(filled, url)
    there = (mine, "") if kind == "file" else (home, url)
    places = [mine, url] if (held == "FROM") == (kind == "file") else [url, mine]
    command = [sys.executable, "-W", "error", "-c", HOLDER, *map(str, there)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "True\n"
        refused = veo("copy", *places)
        assert (refused.code, refused.out) == (1, "")
        assert f"is in use: job 'job00003' is held by process {holder.pid} on " in refused.err
        holder.kill()
    # It is dead, which is seen on this machine.
    assert veo("copy", *places).code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("copy", "no/such.sqlite3", "to.sqlite3"), "There is no ledger"),
        (("copy", "text", "to.sqlite3"), "cannot be read: file is not a database."),
        (("copy", "ledger", "text"), "cannot be read: file is not a database."),
        (("copy", "ledger", "other"), "is another program's database"),
        (("copy", "earlier", "to.sqlite3"), "by an earlier version"),
        (("copy", "ledger", "ledger"), "TO: '.*' is the ledger that is to be copied"),
        (("copy", "", "to.sqlite3"), "FROM: it is empty"),
        (("copy", "mysql://me:hunter-2-hunter@db/veo", "to.sqlite3"), "FROM: mysql://… is not the address"),
        (("copy", "ledger", "me:hunter-2-hunter@db/veo"), "TO: this is not the address"),
        (("copy", "ledger", "host=db password=hunter-2-hunter"), "TO: this is not the address"),
        (("copy", "ledger", "to.sqlite3", "postgresql://me:hunter-2-hunter@db/veo"), "unrecognized arguments"),
        (("postgresql://me:hunter-2-hunter@db/veo?password=hunter-2-hunter",), "invalid choice"),
        (("copy", "ledger", "postgresql://me:hunter-2-hunter@127.0.0.1:1/veo?sslmode=%zz"), "TO cannot be read as one"),
        (("check", "no/such.sqlite3"), "There is no ledger"),
        (("check", "text"), "cannot be read: file is not a database."),
    ],
)
def test_a_place_that_is_none_is_told_of_in_one_sentence(
    filled: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    told: str,
    veo: Veo,
) -> None:
    a_copy(filled, tmp_path).rename(tmp_path / "ledger")
    (tmp_path / "text").write_text("a shopping list" * 100)
    for name, statement in (("other", "CREATE TABLE apples (name)"), ("earlier", "PRAGMA user_version = 3")):
        with closing(sqlite3.connect(tmp_path / name)) as db, db:
            db.execute(statement)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    done = veo(*words)
    assert done.code
    assert done.out == ""
    assert len([line for line in done.err.splitlines() if line.startswith("veo")]) == 1
    assert "hunter" not in done.err
    assert "Traceback" not in done.err
    assert re.search(told, done.err)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


# Checking


def test_a_whole_ledger_is_called_whole(filled: Path, url: str, veo: Veo, monkeypatch: pytest.MonkeyPatch) -> None:
    copied(filled, url)
    whole = f"is whole: {COUNT + 3} jobs, {2 * COUNT + 3} events, 3 images."
    monkeypatch.setenv("VEO_LEDGER_URL", url)
    for done in (veo("check", filled), veo("check")):
        assert (done.code, done.err) == (0, "")
        assert whole in done.out


def test_each_fault_is_a_line(filled: Path, url: str, tmp_path: Path, veo: Veo) -> None:
    path = a_copy(filled, tmp_path)
    changes = (
        "UPDATE jobs SET record = '{}' WHERE id = 'job00001'",
        "UPDATE jobs SET request = '[1]' WHERE id = 'job00002'",
        "UPDATE jobs SET state = 'failed' WHERE id = 'job00003'",
        "UPDATE inputs SET mime = 'image/png', data = 'abc' WHERE sha256 = '{two}'",
        "DELETE FROM inputs WHERE sha256 = '{one}'",
    )
    for place in (path, url):
        if place is url:
            copied(filled, url)
        statements = [text.replace("{one}", image(1).sha256).replace("{two}", image(2).sha256) for text in changes]
        if place is path:
            with closing(sqlite3.connect(path)) as db, db:
                for statement in statements:
                    db.execute(statement.replace("'abc'", "x'616263'"))
                db.execute("INSERT INTO events VALUES ('nobody', 1.0, 'failed', '')")
        else:
            with psycopg.connect(url, autocommit=True) as db:
                db.execute("SET search_path = veo_widgets")
                for statement in statements:
                    db.execute(statement)
        done = veo("check", place)
        assert (done.code, done.err) == (1, "")
        lines = [
            "job 'first001': its image ",
            "job 'job00001': it cannot be read as a job (KeyError",
            "job 'job00002': it cannot be read as a job (AttributeError",
            "job 'job00003': its row is of 'job00003', failed",
            *(["events: 1 of the job 'nobody'"] if place is path else []),
            "image ",
        ]
        found = done.out.splitlines()
        assert len(found) == len(lines)
        assert all(line.startswith(start) for line, start in zip(found, lines, strict=True))


def test_a_damaged_file_is_told_of_and_left_as_it_is(filled: Path, tmp_path: Path, veo: Veo) -> None:
    path = a_copy(filled, tmp_path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 40960] = b"\xff" * 40960
    path.write_bytes(data)
    checked, copying = veo("check", path), veo("copy", path, tmp_path / "to.sqlite3")
    assert checked.code == copying.code == 1
    assert checked.out.startswith("file: ")
    assert "Traceback" not in checked.err + copying.err
    assert path.read_bytes() == data
    assert not list(path.parent.glob("*corrupt*"))


def test_an_address_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"^TO: s3://… is not the address of a PostgreSQL server"):
        place_of("s3://bucket/ledger.sqlite3", "TO")
    assert place_of(str(tmp_path / "a"), "FROM").path == tmp_path / "a"
