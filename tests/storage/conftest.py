"""A ledger in each place where one may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import USER, Server, running_server

from .places import FilePlace, MemberPlace, ServerPlace
from .teams import Team, new_team


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server that stays up."""
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres", "member"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FilePlace:
    """Where an empty ledger is to be."""
    if request.param == "sqlite":
        return FilePlace(tmp_path)
    server: Server = request.getfixturevalue("postgres")
    if request.param == "postgres":
        return ServerPlace(tmp_path, server.new_database())
    role, url = server.new_role("member"), server.new_database()
    return MemberPlace(tmp_path, url, url.replace(f"{USER}@", f"{role}@"), role)


@pytest.fixture
def team(postgres: Server, tmp_path: Path) -> Iterator[Team]:
    """A ledger of several roles: who owns it, two members, of whom one by a group, and a worker."""
    with new_team(postgres, tmp_path) as made:
        yield made
