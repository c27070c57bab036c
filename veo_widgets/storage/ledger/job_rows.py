"""A job as rows of the ledger, and back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from ...domain.budgets import local_day
from ...domain.job_record import JobRecord
from ...domain.media import Image
from ...domain.request import VideoRequest
from .engine import AFTER_JOB, BEFORE_JOB, LOCKED, Database, Reader
from .prompt_words import folded_prompt

# What is asked for in queries stands beside the record in columns of its own, under its own name.
_COLUMNS = ("id", "state", "provider", "model", "created_at", "updated_at", "submitted_at", "finished_at")
_RECORD = f"SELECT record FROM jobs WHERE id = ? {LOCKED}"  # noqa: S608
_STATE = f"SELECT state FROM jobs WHERE id = ? {LOCKED}"  # noqa: S608
_SINCE = f"SELECT state, updated_at FROM jobs WHERE id = ? {LOCKED}"  # noqa: S608
# What `read_job` reads of a row.
JOB = "record, request, owner, project"
ENDED = "('succeeded', 'filtered', 'failed', 'expired')"
# A session is a run of a program: all that is submitted in it, by however many clients.
PROGRAM = secrets.token_hex(8)


class KeptImage(Image):
    """An image whose bytes are read on first use; a table of jobs needs none of them.

    Args:
        data: the bytes, where they are known.
        sha256: the hash that they go by in the ledger.
        file: the ledger.
    """

    def __init__(
        self,
        data: bytes | None = None,
        mime: str = "image/png",
        name: str = "",
        uri: str = "",
        *,
        sha256: str = "",
        file: Reader | None = None,
    ) -> None:
        vars(self).update(mime=mime, name=name, uri=uri, _sha256=sha256, _file=file)
        if data is not None:
            vars(self)["data"] = data

    @cached_property
    def data(self) -> bytes:
        """The bytes as they were given."""
        # Of several, any that is there: on a server a row without bytes may be anybody's.
        query = "SELECT data FROM inputs WHERE sha256 = ? ORDER BY length(data) DESC LIMIT 1"
        rows = vars(self)["_file"].rows(query, (vars(self)["_sha256"],)) if vars(self)["_file"] else []
        return rows[0][0] if rows else b""

    @property
    def sha256(self) -> str:
        """The hash of the bytes, or of the address."""
        return vars(self)["_sha256"] or super().sha256

    def _as_image(self) -> Image:
        return Image(self.data, self.mime, self.name, self.uri)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and self._as_image() == (
            other._as_image() if isinstance(other, KeptImage) else other
        )

    def __hash__(self) -> int:
        return hash(self._as_image())

    def __repr__(self) -> str:
        return repr(Image(b"", self.mime, self.name, self.uri))

    def __reduce__(self) -> tuple[Any, ...]:
        return Image, (self.data, self.mime, self.name, self.uri)


def read_job(row: Sequence[Any], file: Reader) -> JobRecord:
    """The record of a row's columns `JOB`."""
    record, request, owner, project = row
    values = {**json.loads(record), "owner": owner, "project": project}
    return JobRecord.from_json(values, _request_from_json(json.loads(request), file))


def read_again(text: str, known: JobRecord) -> JobRecord:
    """The record of a row's ``record``, with what never changes of a job from a record of before."""
    values = {**json.loads(text), "owner": known.owner, "project": known.project}
    return JobRecord.from_json(values, known.request)


def _request_from_json(values: dict[str, Any], file: Reader) -> VideoRequest:
    def image(entry: dict[str, str]) -> Image:
        return KeptImage(mime=entry["mime"], name=entry["name"], uri=entry["uri"], sha256=entry["sha256"], file=file)

    for name in ("first_frame", "last_frame"):
        if values.get(name):
            values[name] = image(values[name])
    values["reference_images"] = tuple(image(entry) for entry in values.get("reference_images") or ())
    return VideoRequest(**values)


def write_job(db: Database, record: JobRecord, detail: str, usd: float | None = None, *, reopens: bool = False) -> None:
    """Insert or update a job; `usd` is what a new one counts for, and only what `reopens` undoes an end."""
    record = _with_kept_digests(db, record)
    row = {name: getattr(record, name) for name in _COLUMNS}
    row |= {"state": str(record.state), "record": json.dumps(record.to_json())}
    # What was reserved stays until there is a price.
    row["usd"] = 0.0 if record.provider == "emulator" else record.cost.usd
    before = db.execute(_STATE, (record.id,)).fetchone()
    if before is None:
        _insert_job(db, record, row if usd is None else {**row, "usd": usd})
    else:
        changes = ", ".join(f"{key} = :{key}" for key in row if key not in {"id", "usd"})
        # A late answer in another process must not undo an end.
        stays = "FALSE" if reopens else f"state IN {ENDED} AND :state NOT IN {ENDED}"
        update = f"UPDATE jobs SET {changes}, usd = coalesce(:usd, usd) WHERE id = :id AND NOT ({stays})"  # noqa: S608
        if not db.execute(update, row).rowcount:
            return
    if before is None or before[0] != row["state"] or detail:
        db.execute(
            "INSERT INTO events (job_id, at, state, detail) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (record.id, record.updated_at, row["state"], detail),
        )


def is_there(db: Database, job_id: str) -> bool:
    """Whether the ledger has a job."""
    return db.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone() is not None


def is_as(db: Database, record: JobRecord) -> bool:
    """Whether nobody has written to a job since a record of it was read; it stays so until the transaction ends."""
    return tuple(db.execute(_SINCE, (record.id,)).fetchone() or ()) == (str(record.state), record.updated_at)


def add_digests(db: Database, record: JobRecord) -> None:
    """Add the digests of a record's clips to the job's row."""
    if row := db.execute(_RECORD, (record.id,)).fetchone():
        kept = read_again(row[0], record).with_digests(record.videos)
        db.execute("UPDATE jobs SET record = ? WHERE id = ?", (json.dumps(kept.to_json()), record.id))


def _with_kept_digests(db: Database, record: JobRecord) -> JobRecord:
    """The record with the digests that another program has added meanwhile, which must not be lost with this one."""
    if not record.lacks_digests:
        return record
    row = db.execute(_RECORD, (record.id,)).fetchone()
    return record.with_digests(read_again(row[0], record).videos) if row else record


def carry_over(db: Database, records: Iterable[JobRecord]) -> None:
    """Write jobs into a ledger that has lost them, at what was reserved for them; what it knows of later stays.

    Args:
        db: the ledger.
        records: the jobs as they were last known.
    """
    for record in records:
        row = db.execute(f"SELECT updated_at FROM jobs WHERE id = ? {LOCKED}", (record.id,)).fetchone()  # noqa: S608
        if row is None or row[0] < record.updated_at:
            unpriced = record.cost.usd is None and record.provider != "emulator"
            write_job(db, record, "written again" if row is None else "", record.max_cost if unpriced else None)


def _insert_job(db: Database, record: JobRecord, row: dict[str, Any]) -> None:
    for image in record.request.images:
        # One whose bytes went with the ledger that had them must not stand in their place.
        if image.data or image.uri:
            db.execute(
                "INSERT INTO inputs (sha256, mime, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (image.sha256, image.mime, image.data),
            )
    row |= {"request": json.dumps(_request_to_json(record.request)), "program": PROGRAM}
    row |= {"day": local_day(record.created_at), "owner": record.owner, "project": record.project}
    columns, marks = ", ".join(row), ", ".join(f":{key}" for key in row)
    insert = f"{BEFORE_JOB} INSERT INTO jobs ({columns}) VALUES ({marks}) {AFTER_JOB}"  # noqa: S608 (our own names)
    db.execute(insert, {**row, "folded": folded_prompt(row["request"])})


def _request_to_json(request: VideoRequest) -> dict[str, Any]:
    """What was said, with images by their hash."""

    def plain(value: Any) -> Any:
        if isinstance(value, Image):
            return {"sha256": value.sha256, "mime": value.mime, "name": value.name, "uri": value.uri}
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    return {name: plain(value) for name, value in request.said().items()}
