"""Which jobs have a word in their prompts: SQLite's full-text index over them, where SQLite has one.

The index holds nothing that the jobs do not say, so nothing depends on it. It is written when somebody searches, not
with each job; what it lacks is read job by job. Where it is damaged, where SQLite has none, or the ledger may not be
written, a search takes longer and finds the same.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from functools import cache

from .prompt_words import folded_prompt, grams_of

# Any three characters in a row are found, so that a part of a word is. Where they stand is not kept: whoever searches
# reads what is found. Source: https://sqlite.org/fts5.html, "The Trigram Tokenizer" and "The Detail Option".
_TABLE = """CREATE VIRTUAL TABLE IF NOT EXISTS prompts
    USING fts5(prompt, content='', detail=none, tokenize='trigram case_sensitive 1')"""
# The tokenizer ends at the one, and SQLite's text has none of the other, which are halves of characters.
_UNKEPT = re.compile("[\0\ud800-\udfff]")
# Jobs that are rather read one by one, which takes a few milliseconds.
_FEW = 200
# Jobs in one transaction, which keeps others from writing, and transactions in one search, which waits for them.
_AT_ONCE, _TIMES = 2000, 5


@cache
def is_available() -> bool:
    """Whether this SQLite has such an index: since 3.34, and only if it was built so."""
    try:
        with closing(sqlite3.connect(":memory:")) as db:
            db.execute(_TABLE)
    except sqlite3.Error:
        return False
    return True


def question(words: Iterable[str]) -> str:
    """What the index is asked for words, which finds them and more; empty if it knows nothing, as of short ones."""
    if not is_available():
        return ""
    grams = (gram for gram in grams_of(words) if not _UNKEPT.search(gram))
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)


def last_row(db: sqlite3.Connection) -> int:
    """The row of the last job that is in the index; 0 if there is no index."""
    try:
        return int(db.execute("SELECT coalesce(max(id), 0) FROM prompts_docsize").fetchone()[0])
    except sqlite3.Error:
        return 0


def lags(db: sqlite3.Connection) -> bool:
    """Whether so much is missing in the index that it is worth writing."""
    newest = db.execute("SELECT coalesce(max(rowid), 0) FROM jobs").fetchone()[0]
    return bool(newest - last_row(db) > _FEW)


def catch_up(write: Callable[[Callable[[sqlite3.Connection], bool]], bool | None]) -> None:
    """Add jobs to the index, though not all where many are missing: the next search goes on with it.

    Args:
        write: has something written in one transaction, and returns what that does; None if it cannot be written now.
    """
    for _ in range(_TIMES):
        if not write(_extend):
            return


def _extend(db: sqlite3.Connection) -> bool:
    """Add the next jobs; returns whether there may be more."""
    query = "SELECT rowid, request FROM jobs WHERE rowid > ? ORDER BY rowid LIMIT ?"
    rows = db.execute(query, (last_row(db), _AT_ONCE)).fetchall()
    values = [(row, _UNKEPT.sub(" ", folded_prompt(request))) for row, request in rows]
    try:
        db.execute(_TABLE)
        db.executemany("INSERT INTO prompts (rowid, prompt) VALUES (?, ?)", values)
    except sqlite3.DatabaseError:
        # It is damaged, and that must not be taken for damage of the ledger.
        drop(db)
        return False
    return len(rows) == _AT_ONCE


def drop(db: sqlite3.Connection) -> None:
    """Forget the index; the next search makes it anew."""
    with suppress(sqlite3.Error):
        db.execute("DROP TABLE IF EXISTS prompts")
