"""The files of a film that are no films: its timeline for editing programs, and its captions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from ...domain.errors import InvalidRequestError, VeoError
from ...domain.job_record import JobRecord
from ...domain.paths import expanded, written_whole
from ...storage.films import stitching, timelines
from ...storage.films.cards import Card
from ...storage.films.timelines import FORMATS, Scene
from .cutting import Span, edits_of
from .piece import has_clip
from .shots import Shot
from .title_cards import TitleCard


def scenes_of(parts: Sequence[Shot | TitleCard], spans: Sequence[Span], known: Iterable[JobRecord]) -> Iterator[Scene]:
    """What an editor is told of each part of a film.

    Args:
        parts: shots and title cards.
        spans: its clips.
        known: every job of the film, also of shots that were edited since.
    """
    shots = [part for part in parts if isinstance(part, Shot)]
    clips: dict[str, list[Path]] = {}
    for record in known:
        if has_clip(record):
            clips.setdefault(record.request.prompt, []).append(record.videos[0].fetch())
    left, cards = iter(spans), 0
    for edit in edits_of(parts, spans):
        if isinstance(edit.source, Card):
            cards += 1
            yield Scene(f"card {cards}", edit)
            continue
        span = next(left)
        prompts = [shot.prompt for shot in shots[span.first : span.last + 1]]
        # What several shots made has no takes of its own.
        takes = clips.get(prompts[0], []) if len(prompts) == 1 else []
        yield Scene(
            f"shot {span.first + 1}",
            edit,
            tuple(zip(map(Fraction, (0, *span.joints)), prompts, strict=True)),
            tuple(sorted(path for path in set(takes) if path != span.segment.path)),
        )


def write_timeline_file(path: str | Path, name: str, scenes: Iterable[Scene]) -> Path:
    """Write a film's timeline, and return where it is.

    Raises:
        InvalidRequestError, VeoError, MissingExtraError: as for `Film.to_otio`.
    """
    target = expanded(path)
    if target.suffix.lower() not in FORMATS:
        message = f"path: {str(path)!r} ends in none of {', '.join(FORMATS)}."
        raise InvalidRequestError(message, parameter="path", value=str(path), allowed=tuple(FORMATS))
    stitching.check_extra()
    timelines.check_editors(target.suffix.lower())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(target, target.suffix) as part:
            timelines.write_timeline(list(scenes), target, name, part)
    except OSError as error:
        why = error.strerror or error
        raise VeoError(f"The timeline could not be written to {str(target)!r}: {why}.") from error
    return target


def write_captions(path: Path, text: str) -> None:
    """Write the captions of a film, whole or not at all."""
    try:
        with written_whole(path) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        why = error.strerror or error
        raise VeoError(f"The captions could not be written to {str(path)!r}: {why}; the film is there.") from error
