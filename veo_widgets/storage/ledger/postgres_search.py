"""Searches in PostgreSQL: prompts as they are looked for are kept beside the jobs, written when somebody searches.

What is not kept yet is looked at job by job, so that a search finds the same whatever others write meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from .engine import Database, Row
from .postgres_text import UNKEPT
from .prompt_words import folded_prompt, has_words
from .search_rows import LAST, conditions, values
from .searches import Search

T = TypeVar("T")

# Jobs that are rather looked at one by one, and those that are kept in one transaction.
_FEW, _AT_ONCE, _TIMES = 200, 2000, 5
# Rows that are read at once where words are looked for and a limit is likely to be met early.
_LEAST = 500
_LACKING = """SELECT rowid, request FROM jobs
    WHERE NOT EXISTS (SELECT 1 FROM prompts WHERE prompts.rowid = jobs.rowid) ORDER BY rowid LIMIT :count"""
_KEEP = """INSERT INTO prompts (rowid, prompt, job_owner)
    SELECT rowid, CAST(? AS TEXT), owner FROM jobs WHERE rowid = ? ON CONFLICT DO NOTHING"""


class _Do(Protocol):
    def __call__(self, work: Callable[[Any], T]) -> T: ...


def catch_up(read: _Do, write: _Do) -> None:
    """Keep the prompts of jobs that lack theirs, though not all where many do: the next search goes on with it."""
    for _ in range(_TIMES):
        lacking = read(lambda db: db.execute(_LACKING, {"count": _AT_ONCE}).fetchall())
        if len(lacking) <= _FEW:
            return
        _keep(write, [(UNKEPT.sub(" ", folded_prompt(request)), number) for number, request in lacking])


def _keep(write: _Do, prompts: list[Row]) -> None:
    write(lambda db: db.executemany(_KEEP, prompts))


def found(db: Database, search: Search, limit: int | None, columns: str) -> list[Row]:
    """The number and these columns of the newest jobs that are so, newest first."""
    names = ", ".join(filter(None, ("jobs.rowid", columns)))
    if not search.words:
        query = f"""SELECT {names} FROM jobs WHERE TRUE {conditions(search)}
            ORDER BY rowid DESC LIMIT :limit"""  # noqa: S608 (our own names)
        return db.execute(query, values(search, limit)).fetchall()
    words, rows, last = json.dumps(search.words), list[Row](), LAST
    while limit is None or len(rows) < limit:
        at_once = LAST if limit is None else max(_LEAST, limit)
        page = _page(db, search, names, last, at_once)
        rows += [row[1:] for row in page if has_words(row[0], words)]
        if len(page) < at_once:
            break
        last = page[-1][1] - 1
    return rows[:limit]


def _page(db: Database, search: Search, names: str, last: int, count: int) -> list[Row]:
    """Jobs that may have the words, with their requests; a word that no text here can keep may be in each of them."""
    words = [word for word in search.words if not UNKEPT.search(word)]
    has = " AND ".join(f"instr(prompt, :word{number}) > 0" for number in range(len(words))) or "TRUE"
    query = f"""SELECT jobs.request, {names} FROM jobs LEFT JOIN prompts ON prompts.rowid = jobs.rowid
        WHERE jobs.rowid <= :last AND (prompt IS NULL OR ({has})) {conditions(search)}
        ORDER BY jobs.rowid DESC LIMIT :limit"""  # noqa: S608 (our own names)
    more = {f"word{number}": word for number, word in enumerate(words)}
    return db.execute(query, values(search, count) | more | {"last": last}).fetchall()
