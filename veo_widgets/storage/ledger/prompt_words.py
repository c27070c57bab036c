"""Which words are in the prompt of a job, whatever their case."""

from __future__ import annotations

import json


def has_words(request: str, words: str) -> bool:
    """Whether all words of a JSON list are in the prompt of a job's ``request``."""
    prompt = folded_prompt(request)
    return all(word in prompt for word in json.loads(words))


def folded_prompt(request: str) -> str:
    """The prompt of a job's ``request`` as words are looked for in it."""
    # In Python, not in SQL: SQLite folds the case of ASCII only, and PostgreSQL leaves the German ß as it is.
    return str(json.loads(request).get("prompt") or "").casefold()
