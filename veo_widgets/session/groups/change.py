"""What a film's next run makes, in words and with its price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ...domain.pricing import sum_text
from ...domain.printable import html_output
from .piece import Piece
from .summary import Summary

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, repr=False)
class Change:
    """What is to be made and what it costs; empty where nothing is.

    Attributes:
        text: which shots and takes, such as ``shot 3 and the two that continue it``; empty for none.
        usd: the price in US dollars; None if it is unknown.
        free: whether nothing is charged, as at the emulator.
    """

    text: str
    usd: float | None
    free: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)

    def __repr__(self) -> str:
        if not self.text:
            return "Nothing to make"
        free = " (on a real account; the emulator is free)" if self.free else ""
        return f"{self.text}: {sum_text(self.usd)}{free}"

    def _repr_html_(self) -> str:
        return html_output(f"<p>{escape(repr(self))}</p>")


def change_of(chains: Sequence[Sequence[Piece]], summary: Summary) -> Change:
    """What `run` would send of a film.

    Args:
        chains: its pieces.
        summary: how they stand.
    """
    entries = iter(summary.entries)
    parts: list[str] = []
    due = 0
    for chain in chains:
        head, following = "", []
        for piece in chain:
            is_due = next(entries).due
            due += is_due
            if is_due and head:
                following.append(piece.follows)
                continue
            if head:
                parts.append(_with_following(head, following))
            head, following = piece.label if is_due else "", []
        if head:
            parts.append(_with_following(head, following))
    if due == len(summary.entries) > 1:
        parts = ["both shots" if due == 2 else f"all {due} shots"]
    parts += [take.label for take in summary.takes if take.due]
    return Change(joined(parts), summary.cost.due if parts else 0.0, summary.free)


def joined(parts: Sequence[str]) -> str:
    """What is listed, as people write it."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _with_following(head: str, following: Sequence[str]) -> str:
    """A shot, and how many are made anew only because they go on from it."""
    if not following:
        return head
    count = len(following)
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    verb = {"continue": "continue", "extend": "extend"}.get(following[0], "") if len(set(following)) == 1 else ""
    if count == 1:
        return f"{head} and the one that {verb}s it"
    return f"{head} and the {number} that {verb or 'go on from'} it"
