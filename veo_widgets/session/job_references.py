"""A job by its id: equal to any other of that id, and good in another process too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ..domain.job_record import JobRecord
from .loop import Loop


class Reference:
    """A job's id and the client that looks after it.

    One that is pickled, as for Dask or a pool of processes, opens the same ledger where it is loaded, and not before it
    is asked for something.

    Args:
        client: looks after the job, or a function that opens it.
        job_id: which job.
    """

    def __init__(self, client: Loop | Callable[[], Loop], job_id: str) -> None:
        self._client = client
        self.id = job_id

    @property
    def client(self) -> Loop:
        """The client that looks after it."""
        if callable(self._client):
            self._client = self._client()
        return self._client

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Reference) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __reduce__(self) -> tuple[Any, ...]:
        # One that was loaded and has not been used goes on as it came.
        opens = self._client if callable(self._client) else self._client.opener
        return type(self), (opens, self.id)


def teller(jobs: Iterable[Reference]) -> Callable[[], None]:
    """Says on standard error, whenever it is called, what is new for those who wait for `jobs`; see `Teller`."""
    by_client: dict[Loop, set[str]] = {}
    for job in jobs:
        by_client.setdefault(job.client, set()).add(job.id)
    tellers = [client.asynchronous.teller(partial(_is_one_of, ids)) for client, ids in by_client.items()]

    def tell() -> None:
        for one in tellers:
            one()

    return tell


def _is_one_of(ids: set[str], record: JobRecord) -> bool:
    return record.id in ids
