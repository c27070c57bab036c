"""A ledger in each place where one may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import Server, running_server

from .places import FilePlace, ServerPlace


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server that stays up."""
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FilePlace:
    """Where an empty ledger is to be."""
    if request.param == "sqlite":
        return FilePlace(tmp_path)
    return ServerPlace(tmp_path, request.getfixturevalue("postgres").new_database())
