"""A database for a LiteLLM proxy: a real PostgreSQL from a wheel, and Prisma's engine from npm."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres_server import running_server

from .environments import FOLDER, REQUIREMENTS, built_once, node_modules_of, node_path, python_of, run

_ENGINE = Path(__file__).parent / "programs" / "query_engine.cjs"


@contextmanager
def litellm_database() -> Iterator[dict[str, str]]:
    """PostgreSQL with LiteLLM's tables; gives the environment of a proxy that uses it."""
    with running_server() as server, tempfile.TemporaryDirectory(prefix="prisma-") as name:
        server.run_file(_tables())
        yield _environment(Path(name), server.address())


def _packages() -> Path:
    return next((python_of("litellm").parents[1] / "lib").glob("python*/site-packages"))


def _tables() -> str:
    """What LiteLLM's migrations do, in their order; its own way of running them needs a program from elsewhere."""
    found = sorted((_packages() / "litellm_proxy_extras" / "migrations").glob("*/migration.sql"))
    return "\n".join(path.read_text() for path in found)


def _environment(folder: Path, address: str) -> dict[str, str]:
    programs = folder / "programs"
    programs.mkdir()
    modules, path = node_modules_of("prisma", REQUIREMENTS), f"{node_path()}{os.pathsep}{os.environ['PATH']}"
    engine = _script(programs / "query-engine", f'NODE_PATH={modules} PATH={path} exec node {_ENGINE} "$@"')
    # Asked at the start for the tables' differences, and for nothing else.
    _script(programs / "prisma", "exit 0")
    return {
        "DATABASE_URL": address,
        "DISABLE_SCHEMA_UPDATE": "true",
        "PRISMA_QUERY_ENGINE_BINARY": str(engine),
        "PYTHONPATH": str(_client(modules, engine, path)),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        # Seconds between two writings of what was booked.
        "PROXY_BATCH_WRITE_AT": "1",
    }


def _script(path: Path, line: str) -> Path:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def _client(modules: Path, engine: Path, path: str) -> Path:
    """A folder with the package `prisma` as it is generated for LiteLLM's tables, made on first use."""
    python = python_of("litellm")
    folder = FOLDER / f"prisma-client-{python.parents[1].name}"
    with built_once(folder) as missing:
        if missing:
            folder.mkdir()
            schema = (_packages() / "litellm" / "proxy" / "schema.prisma").read_text().splitlines()
            # Its targets are further programs from elsewhere.
            lines = [line for line in schema if "binaryTargets" not in line]
            lines.insert(lines.index("generator client {") + 1, f'  output = "{folder / "prisma"}"')
            (folder / "schema.prisma").write_text("\n".join(lines))
            command = ("node", str(modules / "prisma" / "build" / "index.js"), "generate")
            run(
                *command,
                f"--schema={folder / 'schema.prisma'}",
                folder=folder,
                PATH=f"{python.parent}{os.pathsep}{path}",
                PRISMA_QUERY_ENGINE_BINARY=str(engine),
                PRISMA_SCHEMA_ENGINE_BINARY=str(engine),
                PRISMA_QUERY_ENGINE_LIBRARY=str(engine),
                PRISMA_CLI_QUERY_ENGINE_TYPE="binary",
                PRISMA_HIDE_UPDATE_MESSAGE="1",
                DATABASE_URL="postgresql://localhost",
            )
    return folder
