"""What films and batches are made of: requests that each become a job, and how they are told apart from run to run."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...client.plan import Plan
from ...domain.errors import InvalidRequestError, VeoError
from ...domain.job_record import JobRecord, JobState
from ...domain.json_values import read_object
from ...domain.media import Image
from ...domain.params import ALIASES, read_size
from ...domain.problems import NOT_SENT

# Beside the request's parameters: what else `submit` takes.
OPTIONS = ("model", "provider", "profile", "max_cost", "allow_retired")


# Of what tells pieces apart, a table shows so much.
_MOST_COLUMNS, _MOST_CHARACTERS = 4, 24


@dataclass
class Piece:
    """One request of a film or a batch.

    Attributes:
        label: what messages call it, such as ``shot 2``.
        prompt: what it shows.
        values: what else `submit` would be given.
        shown: name and text of its own columns in a table.
        plan: what would be sent, with a stand-in for what only an earlier piece will bring; None if it cannot be read.
        violations: every reason not to send it.
        key: the hash of what is asked for; equal pieces are numbered.
        follows: how it goes on from the piece before, ``continue`` or ``extend``; empty if it does not.
        trouble: what kept it from having a clip in this run.
        takes: other requests for the same place, of which none is chosen.
        is_wanted: whether it is to be made; of a take that is not chosen.
        lineage: what it asks for and what it goes on from, back to the last cut; of a film alone.
    """

    label: str
    prompt: str
    values: Mapping[str, Any]
    shown: tuple[tuple[str, str], ...] = ()
    plan: Plan | None = None
    violations: tuple[InvalidRequestError, ...] = ()
    key: str = ""
    follows: str = ""
    trouble: VeoError | None = field(default=None, compare=False)
    takes: list[Piece] = field(default_factory=list, compare=False, repr=False)
    is_wanted: bool = True
    lineage: tuple[str, ...] = ()

    def place(self, before: JobRecord | None) -> str:
        """By what its job goes in the ledger: what is asked for, and of which clip it is the continuation."""
        return f"{self.key}:{self.follows}:{before.videos[0].sha256}" if before and self.follows else self.key

    def is_due_beside(self, known: Iterable[str]) -> bool:
        """Whether a take that is not chosen is to be made: it was asked for and never sent.

        Args:
            known: the places that have a job.
        """
        return self.is_wanted and not self.was_sent(known)

    def was_sent(self, known: Iterable[str]) -> bool:
        """Whether it was ever sent, whatever it then went on from; argument as above."""
        return bool(self.key) and any(place == self.key or place.startswith(f"{self.key}:") for place in known)


def planned(piece: Piece, plan: Callable[[], Plan], stand_in: Collection[str] = ()) -> Piece:
    """The piece with its plan, or with the reason why there is none.

    Args:
        piece: without a plan.
        plan: makes it.
        stand_in: parameters that an earlier piece decides; they are no part of the key.
    """
    try:
        made = plan()
    except InvalidRequestError as error:
        return replace(piece, violations=(*piece.violations, error))
    # It may be planned again later, from another working folder.
    values = {**piece.values, "output": made.output} if made.output else piece.values
    violations = (*piece.violations, *made.violations)
    return replace(piece, plan=made, values=values, violations=violations, key=_digest(made, frozenset(stand_in)))


def _digest(plan: Plan, without: Collection[str]) -> str:
    said = {name: _hashable(value) for name, value in plan.request.said().items() if name not in without}
    # Sorted, so that the order in which values were written makes no other piece.
    text = json.dumps([plan.provider.name, said], sort_keys=True, default=str)
    # A prompt may hold half a surrogate pair, which UTF-8 refuses.
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:24]


def _hashable(value: Any) -> Any:
    if isinstance(value, Image):
        return value.sha256
    return [_hashable(item) for item in value] if isinstance(value, tuple) else value


def number_equals(pieces: Iterable[Piece]) -> None:
    """Tell pieces that ask for the same apart, so that each has a clip of its own."""
    seen: Counter[str] = Counter()
    for piece in pieces:
        seen[piece.key] += 1
        if seen[piece.key] > 1:
            piece.key = f"{piece.key}#{seen[piece.key]}"


def tell_apart(pieces: Sequence[Piece], facts: Sequence[Mapping[str, Any]]) -> None:
    """Show in each piece's own columns the facts in which the pieces differ, the first few of them.

    Args:
        pieces: one or several.
        facts: of each piece what was said of it, by name.
    """
    names = dict.fromkeys(name for said in facts for name in said if name != "prompt")
    texts = {name: [_table_text(said.get(name)) for said in facts] for name in names}
    differing = [name for name in names if len(set(texts[name])) > 1][:_MOST_COLUMNS]
    for number, piece in enumerate(pieces):
        piece.shown = (*piece.shown, *((name, texts[name][number]) for name in differing))


def _table_text(value: Any) -> str:
    """A value as it stands in a table."""
    if isinstance(value, Image):
        return value.name
    if isinstance(value, tuple | list):
        return ", ".join(map(_table_text, value))
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of one piece over what is said of all, whichever spelling each uses; None says nothing.

    Raises:
        InvalidRequestError: what is no size, or something said twice.
    """
    below, above = canonical(common), canonical(own)
    # Each extra parameter by itself: a column of one leaves the others as they are.
    extra = {**below.get("extra", {}), **above.get("extra", {})}
    return {**below, **above, **({"extra": extra} if extra else {})}


def canonical(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under the names of `params.PARAMS`; see `merged`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if value is None:
            continue
        for key, read in _canonical(name, value).items():
            if key in found and found[key] != read:
                message = f"{key}: said twice, as {found[key]!r} and as {read!r}; give it once."
                raise InvalidRequestError(message, parameter=key, value=read)
            found[key] = read
    return found


def _canonical(name: str, value: Any) -> dict[str, Any]:
    if name == "size":
        return read_size(value)
    return {ALIASES.get(name, name): read_object(value, name) if name == "extra" else value}


def has_clip(record: JobRecord | None) -> bool:
    """Whether a job has a clip that is still where it was saved."""
    return record is not None and record.state is JobState.SUCCEEDED and _clips_exist(record)


def _clips_exist(record: JobRecord) -> bool:
    return bool(record.videos) and all(video.is_kept for video in record.videos)


def may_be_sent_again(record: JobRecord) -> bool:
    """Whether a job has ended without a clip, or its clip is gone, and nothing of it can still be charged."""
    fruitless = record.state in {JobState.FAILED, JobState.FILTERED, JobState.EXPIRED}
    return fruitless or (record.state is JobState.SUCCEEDED and not _clips_exist(record))


def is_due(record: JobRecord | None, *, retry: bool) -> bool:
    """Whether a run sends a piece.

    Args:
        record: its job, if it has one.
        retry: whether what has ended without a clip is sent again.
    """
    return record is None or record.problem == NOT_SENT or (retry and may_be_sent_again(record))


def records_by_piece(chains: Iterable[Sequence[Piece]], known: Mapping[str, JobRecord]) -> list[JobRecord | None]:
    """The job of each piece; None where there is none, or where the clip that it goes on from is not there yet."""
    found: list[JobRecord | None] = []
    for chain in chains:
        before: JobRecord | None = None
        for piece in chain:
            knowable = not piece.follows or has_clip(before)
            before = known.get(piece.place(before)) if knowable else None
            found.append(before)
    return found


def refuse(title: str, pieces: Iterable[Piece]) -> None:
    """Refuse to send anything while any piece breaks a rule.

    Raises:
        InvalidRequestError: names every broken rule and the pieces that break it.
    """
    found: dict[str, list[str]] = {}
    errors = [(piece.label, error) for piece in pieces for error in piece.violations]
    for label, error in errors:
        found.setdefault(str(error), []).append(label)
    if not found:
        return
    lines = [f"{_joined_labels(labels)}: {message}" for message, labels in found.items()]
    text = f" {lines[0]}" if len(lines) == 1 else "".join(f"\n  {line}" for line in lines)
    first = errors[0][1]
    raise InvalidRequestError(
        f"{title}: nothing was sent.{text}", parameter=first.parameter, value=first.value, allowed=first.allowed
    )


def _joined_labels(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    return ", ".join(labels[:5]) + more
