"""What the doctor says of a ledger on a server, and of clips in a bucket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bucket_stores import Brittle, emptied, names_in
from tests.object_server import ObjectServer, object_server
from tests.postgres_server import Server, running_server
from tests.storage.teams import new_team
from veo_widgets.api.doctor import Finding, diagnose
from veo_widgets.api.doctor.stores import bucket, ledger_server
from veo_widgets.config.settings import Settings
from veo_widgets.domain.secret import Secret
from veo_widgets.session.client import Client
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.ledger_place import LedgerPlace

PASSWORD = "hunter-2-hunter"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    yield from emptied()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("store")) as server:
        server.make_bucket("films")
        yield server


def looked_at(url: str, patience: float = 600) -> tuple[Finding, bool]:
    return ledger_server(LedgerPlace(Path("ledger.sqlite3"), Secret(url)), Secret(url), patience)


def test_a_server_is_told_with_its_version_and_its_ledgers(postgres: Server, tmp_path: Path) -> None:
    url = postgres.new_database().replace("keeper@", f"keeper:{PASSWORD}@")
    found, has_ledger = looked_at(url)
    assert (found.state, has_ledger) == ("ok", False)
    assert "there is no ledger yet, and the first job makes one" in found.message
    # It was only looked at.
    assert not looked_at(url)[1]
    Ledger(tmp_path / "ledger.sqlite3", url=Secret(url)).close()
    found, has_ledger = looked_at(url)
    assert has_ledger
    assert re.fullmatch(
        r"PostgreSQL [\d.]+ answers at postgresql://localhost/d\d+ in \d+ ms; "
        r"its ledger has version \d+, as it should; "
        "whoever may read it sees all prompts",
        found.message,
    )
    assert PASSWORD not in repr(found)


def test_members_who_are_kept_apart_are_told_who_they_are(postgres: Server, tmp_path: Path) -> None:
    with new_team(postgres, tmp_path) as team:
        found, has_ledger = looked_at(team.url(team.ada))
        assert (found.state, has_ledger) == ("ok", True)
        assert found.message.endswith(f"; its users are kept apart, and you are {team.ada}")


def test_a_user_that_may_make_no_ledger_is_told_what_to_ask_for(postgres: Server) -> None:
    postgres.run_sql("CREATE ROLE visitor LOGIN")
    found, _ = looked_at(postgres.new_database().replace("keeper@", "visitor@"))
    assert found.state == "problem"
    assert found.message.endswith("; there is no ledger, and this user may make none")
    assert "GRANT CREATE ON DATABASE" in found.remedy


def test_a_server_that_is_away_is_told_without_its_password() -> None:
    found, _ = looked_at(f"postgresql://me:{PASSWORD}@127.0.0.1:1/veo", 0.1)
    assert (found.state, found.topic) == ("problem", "ledger")
    assert "'postgresql://127.0.0.1:1/veo' cannot be opened" in found.message
    assert "VEO_LEDGER_URL" in found.remedy
    assert PASSWORD not in repr(found)


def test_both_are_in_the_report(
    postgres: Server, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEO_LEDGER_URL", postgres.new_database())
    with Client(replace(settings, folder="brittle://films/cats"), home=tmp_path) as client:
        report = client.call(diagnose, client.asynchronous, {})
    (ledger,), (jobs,), (folder,) = (report.about(topic) for topic in ("ledger", "jobs", "clips folder"))
    assert (ledger.state, jobs.message) == ("ok", "none yet")
    assert folder.message == (
        "brittle://films/cats can be written and read; it signs no addresses with this key, so players get clips from "
        "the kernel"
    )
    assert names_in("brittle://films") == []


def test_a_bucket_that_takes_nothing_is_a_problem() -> None:
    Brittle.forbidden = True
    found = bucket("brittle://films/cats")
    assert (found.state, "access denied: Access Denied" in found.message) == ("problem", True)


def test_a_bucket_that_signs_is_said_to(store: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    found = bucket("s3://films/clips")
    assert found == Finding(
        "clips folder", "ok", "s3://films/clips can be written and read; players get addresses that are signed"
    )


@pytest.mark.parametrize(
    ("kept", "state", "said"), [("cat_file", "problem", "not read"), ("rm_file", "warning", "nothing can be removed")]
)
def test_what_a_key_may_not_do_is_told(kept: str, state: str, said: str) -> None:
    Brittle.kept_from.add(kept)
    found = bucket("brittle://films/cats")
    assert (found.state, said in found.message) == (state, True), found
    assert "access denied" in found.message
    assert found.remedy
