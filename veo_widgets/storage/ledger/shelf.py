"""The jobs as a library has them: found by their numbers, read a page at a time, with stars and a trash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ...domain.job_record import JobRecord
from .engine import NOTEBOOK, Engine, distinct
from .job_rows import JOB, read_job
from .searches import Search

_GIVEN = "jobs.rowid IN (SELECT CAST(value AS BIGINT) FROM json_each(:given))"
_NAMED = "id IN (SELECT value FROM json_each(:given))"


@dataclass(frozen=True)
class Shelved:
    """A job in the library.

    Attributes:
        number: its number in the ledger; a newer job has a higher one.
        record: the job.
        starred: whether it has a star.
        deleted: whether its files are in the trash.
    """

    number: int
    record: JobRecord
    starred: bool
    deleted: bool


class Shelf:
    """The jobs of a ledger as a library has them.

    Args:
        file: the ledger.
    """

    def __init__(self, file: Engine) -> None:
        self._file = file

    def find(self, search: Search) -> list[int]:
        """The numbers of the jobs that are so, newest first."""
        return [number for (number,) in self._file.found(search, None, "")]

    def read(self, numbers: Sequence[int]) -> list[Shelved]:
        """The jobs of these numbers, newest first."""
        return self._read(_GIVEN, numbers)

    def named(self, ids: Sequence[str]) -> list[Shelved]:
        """The jobs of these ids, newest first; what is none is left out."""
        return self._read(_NAMED, ids)

    def _read(self, which: str, given: Sequence[int] | Sequence[str]) -> list[Shelved]:
        query = f"""SELECT rowid, starred, deleted, {JOB} FROM jobs
            WHERE {which} ORDER BY rowid DESC"""  # noqa: S608 (our own names)
        return [
            Shelved(number, read_job(job, self._file), bool(starred), bool(deleted))
            for number, starred, deleted, *job in self._file.rows(query, {"given": json.dumps(given)})
        ]

    def ids(self, numbers: Sequence[int]) -> list[str]:
        """The ids of the jobs of these numbers, newest first."""
        query = f"SELECT id FROM jobs WHERE {_GIVEN} ORDER BY rowid DESC"  # noqa: S608 (our own names)
        return [name for (name,) in self._file.rows(query, {"given": json.dumps(numbers)})]

    def size(self, numbers: Sequence[int]) -> tuple[int, int]:
        """How many clips the jobs of these numbers have, and their bytes."""
        size = "CAST(json_extract(clip.value, '$.bytes') AS BIGINT)"
        query = f"""SELECT count(*), CAST(coalesce(sum({size}), 0) AS BIGINT)
            FROM jobs, json_each(jobs.record, '$.videos') AS clip WHERE {_GIVEN}"""  # noqa: S608 (our own names)
        clips, total = self._file.rows(query, {"given": json.dumps(numbers)})[0]
        return clips, total

    def starred(self, ids: Sequence[str]) -> set[str]:
        """Those of these ids whose jobs have a star."""
        query = f"SELECT id FROM jobs WHERE starred = 1 AND {_NAMED}"  # noqa: S608 (our own names)
        return {name for (name,) in self._file.rows(query, {"given": json.dumps(ids)})}

    def star(self, ids: Sequence[str], *, on: bool) -> None:
        """Give jobs a star, or take it from them."""
        self._set("starred", ids, on=on)

    def delete(self, ids: Sequence[str], *, on: bool) -> None:
        """Keep down that the files of jobs are in the trash, or no longer; the jobs and what they cost stay."""
        self._set("deleted", ids, on=on)

    def _set(self, column: str, ids: Sequence[str], *, on: bool) -> None:
        query = f"UPDATE jobs SET {column} = {int(on)} WHERE {_NAMED}"  # noqa: S608 (our own names)
        self._file.write(lambda db: db.execute(query, {"given": json.dumps(ids)}).rowcount)

    def models(self) -> list[str]:
        """The models that there are jobs of."""
        return self._file.read(lambda db: distinct(db, "model"))

    def notebooks(self) -> list[str]:
        """The notebooks that jobs were sent from."""
        return [name for name in self._file.read(lambda db: distinct(db, NOTEBOOK)) if name]
