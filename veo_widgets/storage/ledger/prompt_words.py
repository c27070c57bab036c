"""Which words are in the prompt of a job, whatever their case."""

from __future__ import annotations

import json
from collections.abc import Iterable

# Any so many characters in a row are found by an index, so that a part of a word is.
GRAM = 3


def has_words(request: str, words: str) -> bool:
    """Whether all words of a JSON list are in the prompt of a job's ``request``."""
    prompt = folded_prompt(request)
    return all(word in prompt for word in json.loads(words))


def folded_prompt(request: str) -> str:
    """The prompt of a job's ``request`` as words are looked for in it."""
    # In Python, not in SQL: SQLite folds the case of ASCII only, and PostgreSQL leaves the German ß as it is.
    return str(json.loads(request).get("prompt") or "").casefold()


def grams_of(words: Iterable[str]) -> list[str]:
    """What an index of prompts is asked for words, which finds them and more; nothing if all of them are short.

    Of each word those side by side, and the last: with those between them it would find little less, and take twice as
    long.
    """
    return sorted({word[at : at + GRAM] for word in words for at in _beginnings(len(word) - GRAM)})


def _beginnings(last: int) -> tuple[int, ...]:
    return (*range(0, last, GRAM), last) if last >= 0 else ()
