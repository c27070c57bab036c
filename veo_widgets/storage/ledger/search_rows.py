"""What a search asks of the rows of jobs, in SQL."""

from __future__ import annotations

import json
from typing import Any

from .engine import NOTEBOOK
from .searches import Search

LAST = 2**63 - 1


def conditions(search: Search) -> str:
    """All but its words, as what follows another condition; for `values`."""
    # The plus signs keep SQLite from an index by which it would have to sort all that it finds.
    among = ", ".join(f"'{state}'" for state in search.states)
    return f"""
        {f"AND +state IN ({among})" if among else ""}
        {"AND instr(lower(+model), :model) > 0" if search.model else ""}
        {"AND +created_at >= :since" if search.since else ""}
        {"AND +created_at < :until" if search.until else ""}
        {"AND starred = 1" if search.starred else ""}
        {"" if search.deleted is None else f"AND +deleted = {int(search.deleted)}"}
        {f"AND +{NOTEBOOK} = :notebook" if search.notebook else ""}
        {"" if search.least is None else "AND +usd >= :least"}
        {"" if search.most is None else "AND +usd <= :most"}"""


def values(search: Search, limit: int | None) -> dict[str, Any]:
    """What the conditions name, and how many rows are wanted."""
    return {
        "model": search.model,
        "since": search.since,
        "until": search.until,
        "notebook": search.notebook,
        "least": search.least,
        "most": search.most,
        "words": json.dumps(search.words),
        "limit": LAST if limit is None else limit,
    }
