"""Searches in PostgreSQL: prompts as they are looked for are kept beside the jobs, with an index of their trigrams."""

from __future__ import annotations

import json
from typing import Any

from .engine import Database, Row, distinct
from .postgres_text import UNKEPT
from .prompt_words import folded_prompt, grams_of, has_words
from .search_rows import LAST, conditions, values
from .searches import Search

# What so many of the newest jobs are, or as many as are wanted, is met soon by whoever goes back from the newest. All
# else is looked for by the index first: what it finds is little, in a ledger of any size.
_NEWEST, _COMMON = 1000, 5
# Rows that are read at once where the first were not enough.
_LEAST = 500
# Earlier versions have kept them when somebody searched.
_LACKING = """SELECT rowid, request, owner FROM jobs
    WHERE rowid > ? AND NOT EXISTS (SELECT 1 FROM prompts WHERE prompts.rowid = jobs.rowid) ORDER BY rowid LIMIT 2000"""


def keep_prompts(db: Database) -> None:
    """Keep the prompts of all jobs that lack theirs."""
    last = -LAST
    while lacking := db.execute(_LACKING, (last,)).fetchall():
        rows = [(number, folded_prompt(request), owner) for number, request, owner in lacking]
        db.executemany("INSERT INTO prompts (rowid, prompt, job_owner) VALUES (?, ?, ?)", rows)
        last = lacking[-1][0]


def found(db: Database, search: Search, limit: int | None, columns: str) -> list[Row]:
    """The number and these columns of the newest jobs that are as a search wants them, newest first."""
    names, fits, given = ", ".join(filter(None, ("jobs.rowid", columns))), conditions(search), dict[str, Any]()
    if search.model:
        # By their names the planner knows how many jobs these models have.
        given["models"] = [name for name in distinct(db, "model") if search.model in name.lower()]
        fits += " AND model = ANY(CAST(:models AS TEXT[]))"
    if not search.words:
        query = f"SELECT {names} FROM jobs WHERE TRUE {fits} ORDER BY rowid DESC LIMIT :limit"  # noqa: S608
        return db.execute(query, values(search, limit) | given).fetchall()
    # A word that no text here can keep may be in each of them.
    kept = [word for word in search.words if not UNKEPT.search(word)]
    has = " AND ".join(f"instr(prompt, :word{number}) > 0" for number in range(len(kept))) or "TRUE"
    given |= {f"word{number}": word for number, word in enumerate(kept)} | {"grams": grams_of(kept)}
    # Made before all else is done: the planner would rather go back from the newest, since it hopes to meet them soon.
    indexed = f"""WITH prompts AS MATERIALIZED (SELECT rowid, prompt FROM prompts
        WHERE trigrams(prompt) @> CAST(:grams AS TEXT[]) AND {has})"""  # noqa: S608 (our own names)
    source = "" if not given["grams"] or _are_common(db, has + fits, values(search, limit) | given) else indexed
    words, rows, last = json.dumps(search.words), list[Row](), LAST
    at_once = LAST if limit is None else limit
    while limit is None or len(rows) < limit:
        query = f"""{source} SELECT jobs.request, {names} FROM jobs JOIN prompts ON prompts.rowid = jobs.rowid
            WHERE jobs.rowid <= :last AND {has} {fits}
            ORDER BY jobs.rowid DESC LIMIT :limit"""  # noqa: S608 (our own names)
        page = db.execute(query, values(search, at_once) | given | {"last": last}).fetchall()
        rows += [row[1:] for row in page if has_words(row[0], words)]
        if len(page) < at_once:
            break
        last, at_once = page[-1][1] - 1, max(_LEAST, at_once)
    return rows[:limit]


def _are_common(db: Database, fits: str, given: dict[str, Any]) -> bool:
    query = f"""SELECT count(*) FROM (SELECT * FROM prompts ORDER BY rowid DESC LIMIT {_NEWEST}) AS newest
        JOIN jobs ON jobs.rowid = newest.rowid WHERE {fits}"""  # noqa: S608 (our own names)
    return bool(db.execute(query, given).fetchone()[0] >= min(_COMMON, given["limit"]))
