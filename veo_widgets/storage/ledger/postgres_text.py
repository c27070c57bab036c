"""The ledger's SQL as PostgreSQL and psycopg read it: translated once for each statement, and kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from .postgres_tables import FOUND_BY

_NAMED = re.compile(r"(?<!:):([a-z_]\w*)")
_LOCK = re.compile(r"/\*\+ (.*?) \*/")
# What keeps SQLite from an index.
_PLUS = re.compile(r"(?<=[\s(])\+(?=[a-z])")
_LISTS = (
    ("json_each(:given)", "json_array_elements_text(readable(:given)) AS given(value)"),
    (
        "json_each(jobs.record, '$.videos') AS clip",
        "json_array_elements_text(readable(record)->'videos') AS clip(value)",
    ),
)
UNKEPT = re.compile("[\0\ud800-\udfff]")


@cache
def translated(sql: str) -> str:
    """A statement for psycopg, from what is written for both engines."""
    for ours, theirs in _LISTS:
        sql = sql.replace(ours, theirs)
    for column, ours in FOUND_BY.items():
        sql = sql.replace(ours, column)
    sql = _PLUS.sub("", _LOCK.sub(r"\1", sql.replace("%", "%%"))).replace(":now", "ledger_clock()")
    return _NAMED.sub(r"%(\1)s", sql).replace("?", "%s")


def kept(values: Any) -> Any:
    """Values as PostgreSQL can keep them: its text has neither NUL nor halves of characters."""
    if isinstance(values, Mapping):
        return {name: _kept(value) for name, value in values.items()}
    return tuple(map(_kept, values))


def _kept(value: Any) -> Any:
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return value
    return UNKEPT.sub("\ufffd", value)
