"""Which clips are in a film, and which shots are in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...domain.job_record import JobRecord
from ...storage.films.stitching import Segment
from .cutting import Span
from .piece import Piece


def clip_spans(pieces: Sequence[Piece], records: Sequence[JobRecord]) -> list[Span]:
    """The clips to put together, wherever they are: an extension has the clip that it extends in it."""
    found: list[Span] = []
    before: JobRecord | None = None
    for number, (piece, record) in enumerate(zip(pieces, records, strict=True)):
        clip = Segment(record.videos[0].path)
        if piece.follows == "extend" and before and _contains_source(record, before):
            joints = (*found[-1].joints, before.videos[0].seconds)
            found[-1] = Span(clip, found[-1].first, number, joints)
        else:
            if piece.follows == "continue":
                found[-1] = replace(found[-1], segment=replace(found[-1].segment, runs_on=True))
            found.append(Span(clip, number, number))
        before = record
    return found


def clip_segments(pieces: Sequence[Piece], records: Sequence[JobRecord]) -> list[Segment]:
    """Of `clip_spans`, the clips alone."""
    return [span.segment for span in clip_spans(pieces, records)]


def _contains_source(extension: JobRecord, source: JobRecord) -> bool:
    """Whether an extension came with the clip before it, as all but unconfirmed services send it."""
    return extension.videos[0].seconds > extension.cost.seconds + source.videos[0].seconds / 2
