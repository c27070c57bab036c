"""Which program works on a job, and whether it is still alive.

Each opening of the ledger locks a small file of its own beside it. The system takes that lock back when the process
ends, however it ends. A process id would prove nothing: it may be another program's by now, and two containers may have
the same name and the same ids at the same time.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_BOOT = Path("/proc/sys/kernel/random/boot_id")
# A lease has run out long before its holder's file is this old.
_SWEPT_SECONDS = 3600.0

_TAKE_OVER = "veo.resume(take_over=True) or `veo resume --take-over`"


@dataclass(frozen=True)
class Hold:
    """Somebody else's right to work on a job.

    Attributes:
        holder: the `Holder.name`.
        until: when it ends if it is not renewed, in seconds since the epoch.
    """

    holder: str
    until: float

    @property
    def who(self) -> str:
        """The program, for people."""
        host, pid = f"{self.holder}//".split("/")[:2]
        # The name may be any text: the ledger can come from another version.
        return f"process {pid} on {host}"

    @property
    def text(self) -> str:
        """Who it is, until when, and what to do if they are gone."""
        return f"{self._until}. If it is gone, {_TAKE_OVER} takes over now."

    @property
    def waited_for(self) -> str:
        """The same for whoever waits, and takes the job up once it is free."""
        return f"{self._until}. If it is gone, the job goes on here after that; {_TAKE_OVER} takes it over now."

    @property
    def _until(self) -> str:
        until = datetime.fromtimestamp(self.until).strftime("%H:%M:%S")  # noqa: DTZ006 (local, for people)
        return f"Held by {self.who} until {until}, and longer if that program is still at work"


def folder_beside(ledger: Path) -> Path:
    """Where holders' files lie: beside the ledger's, also if the ledger itself is on a server."""
    return ledger.with_name(f"{ledger.stem}.holders")


def remarks(holds: Mapping[str, Hold]) -> str:
    """Who works on jobs, a line for each program."""
    by_holder: dict[Hold, list[str]] = {}
    for job_id, hold in holds.items():
        by_holder.setdefault(hold, []).append(job_id)
    return "\n".join(f"{', '.join(ids)}: {hold.text}" for hold, ids in by_holder.items())


class Holder:
    """One opening of the ledger: several clients of one process are several holders.

    Args:
        folder: where holders' files lie; made if need be.

    Attributes:
        name: what the ledger calls it: host, process, token, and what proves its life.
    """

    def __init__(self, folder: Path) -> None:
        # A token of its own, since a process may open the ledger several times.
        host, token = socket.gethostname(), secrets.token_hex(8)
        self._lock = _new_locked_file(folder, token)
        proof = "" if self._lock is None else f"{_machine_mark(host)}.{_file_identity(self._lock)}"
        self.name = f"{host}/{os.getpid()}/{token}/{proof}"
        if self._lock is not None:
            _locks.add(self._lock)

    def close(self) -> None:
        """Release the lock, which tells others that this holder is gone."""
        # A forked child has none of them, and its files may go by the same numbers.
        if self._lock in _locks:
            _locks.remove(self._lock)
            os.close(self._lock)
        self._lock = None


def is_dead(holder: str, folder: Path) -> bool:
    """Whether a holder is known to be gone; never known of one on another machine or without a lock.

    Args:
        holder: its `Holder.name`.
        folder: where holders' files lie.
    """
    host, pid, token, proof = [*holder.split("/"), "", "", ""][:4]
    # Three parts are the names of a version before these locks.
    if holder.count("/") == 2:
        return _has_no_process(host, pid)
    mark, _, identity = proof.partition(".")
    return bool(mark) and mark == _machine_mark(host) and token.isalnum() and _is_unlocked(folder / token, identity)


def _has_no_process(host: str, pid: str) -> bool:
    """Whether a holder of an earlier version, which had no lock, is gone: no client of this process is such a one."""
    if host != socket.gethostname() or not pid.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(pid), 0)
    except OSError as error:
        # Any other error, such as that it may not be signalled, says that the process is there.
        return isinstance(error, ProcessLookupError)
    return int(pid) == os.getpid()


@cache
def _boot_id() -> str:
    """This run of this machine's system, whatever container asks; empty where it has no name."""
    if sys.platform == "darwin":
        # macOS has no such file; the hardware's address tells machines apart, though not their runs.
        return f"{uuid.getnode():x}"
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def _machine_mark(host: str) -> str:
    """What holders of that host share on this run of this system; elsewhere locks say nothing of processes here."""
    return hashlib.sha256(f"{_boot_id()}/{host}".encode()).hexdigest()[:12] if _boot_id() else ""


def _file_identity(file: int) -> str:
    found = os.fstat(file)
    return f"{found.st_dev}.{found.st_ino}"


def _new_locked_file(folder: Path, token: str) -> int | None:
    """A new file, locked; None where files cannot be locked."""
    # On Windows a lease has to run out.
    if sys.platform == "win32" or not _boot_id():
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_old_files(folder)
        file = os.open(folder / token, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError:
        return None
    try:
        # `flock`, not `lockf`: a POSIX lock is lost when any descriptor of the file in this process is closed.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _is_unlocked(path: Path, identity: str) -> bool:
    """Whether nobody has the lock of a file; False if the file is gone or has been replaced."""
    if sys.platform == "win32":
        return False
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        # Shared, so that two who ask at the same moment do not take each other for its owner.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return _file_identity(file) == identity
    except OSError:
        return False
    finally:
        os.close(file)


def _remove_old_files(folder: Path) -> None:
    """Remove the files of holders that are long gone."""
    for path in folder.iterdir():
        with suppress(OSError):
            found = path.stat()
            # An old file may still be a living holder's, which never writes to it again.
            if time.time() - found.st_mtime > _SWEPT_SECONDS and _is_unlocked(path, f"{found.st_dev}.{found.st_ino}"):
                path.unlink()


_locks: set[int] = set()


def _drop_inherited_locks() -> None:
    """A forked child would keep its parent's locks for as long as it runs itself."""
    for file in _locks:
        with suppress(OSError):
            os.close(file)
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_inherited_locks)
