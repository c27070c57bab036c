"""Where a ledger is: a file of this machine, or a server that several share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from ...domain.paths import is_there
from ...domain.secret import Secret


@dataclass(frozen=True)
class LedgerPlace:
    """Where a ledger is.

    Attributes:
        path: its file. The locks that prove the life of this machine's programs lie beside it, wherever the ledger is.
        url: the server that has it instead.
    """

    path: Path
    url: Secret | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a ledger to look into, or may be one: a server is not asked."""
        return self.url is not None or is_there(self.path)

    def __str__(self) -> str:
        return str(self.path) if self.url is None else address_for_people(self.url.reveal())


def address_for_people(url: str) -> str:
    """A server's address without user, password and options; its socket's folder if that is where it is."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    hosts = parts.netloc.rpartition("@")[2] or asked.get("host", "")
    return f"postgresql://{hosts}/{parts.path.lstrip('/') or asked.get('dbname', '')}"
