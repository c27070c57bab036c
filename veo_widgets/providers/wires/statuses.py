"""Words for how far an operation is: a table for each wire, read whatever their case, hyphens and blanks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# What stands in the fields of an error where there is none.
_WELL = {"0", "200", "ok", "success", "succeeded", "successful", "noerror"}
_NOTHING = {*_WELL, "", "none", "null", "nil", "false", "na", "undefined"}

Meaning = Literal["done", "failed", "running", ""]


# What enumerations put before each of their words, as ``JOB_STATE_FAILED``, ``TASK_STATUS_SUCCEED``, ``task_failed``.
_PREFIX = re.compile(r"((task|job|video|operation|generation)+(status|state)?|status|state)(?=.)")


def plain(word: str) -> str:
    """A word as the tables have it: ``IN_PROGRESS``, ``In progress`` and ``in-progress`` are one."""
    bare = re.sub(r"[\W_]+", "", word.casefold())
    found = _PREFIX.match(bare)
    return bare[found.end() :] if found else bare


def is_nothing(said: object) -> bool:
    """Whether a field of an error says that there is none: not filled in, or ``0``, or ``success``."""
    if isinstance(said, list):
        return all(is_nothing(item) or (isinstance(item, dict) and is_no_error(item)) for item in said)
    return said in (None, False, {}) or (isinstance(said, str | int) and plain(str(said)) in _NOTHING)


def is_no_error(said: object) -> bool:
    """Whether an error beside a good end is none: nothing in it is filled in, or its code or message says so."""
    if not isinstance(said, dict):
        return is_nothing(said)
    code, words = said.get("code"), (said.get(key) for key in ("message", "msg"))
    is_well = any(isinstance(word, str) and plain(word) in _WELL for word in words)
    return (code not in (None, "") and is_nothing(code)) or is_well or all(map(is_nothing, said.values()))


@dataclass(frozen=True)
class Words:
    """What the servers of one wire are known to say, as `plain` has it."""

    done: frozenset[str]
    failed: frozenset[str]
    running: frozenset[str]

    @classmethod
    def of(cls, *, done: str, failed: str, running: str) -> Words:
        """A table from words with blanks between them."""
        return cls(*(frozenset(map(plain, words.split())) for words in (done, failed, running)))

    def meaning(self, said: str) -> Meaning:
        """What a word means; empty if no server is known to say it."""
        word = plain(said)
        if word in self.done:
            return "done"
        if word in self.failed:
            return "failed"
        return "running" if word in self.running else ""
