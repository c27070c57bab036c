"""What is shown of each clip of a film, and how it passes from the one before, counted in the film's own frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...domain.errors import InvalidRequestError
from .cards import Card
from .source_clips import Segment, SourceClip, read_clip

# What rounding to a file's units may add, and people who write milliseconds.
ROUNDING = Fraction(1, 1000)


@dataclass(frozen=True)
class Caption:
    """Words that are said in a clip.

    Attributes:
        text: the words, in one line or several.
        begins: the second of the clip.
        ends: likewise; None: with the clip.
    """

    text: str
    begins: Fraction = Fraction(0)
    ends: Fraction | None = None


@dataclass(frozen=True)
class Edit:
    """A clip or a title card in a film that is cut.

    Attributes:
        source: the clip, or the card.
        label: what messages call it.
        start: seconds left out at its beginning.
        end: the second of the clip at which it ends; None where the clip does.
        fade: seconds over which the clip before fades into this one, while both are seen and heard.
        dip: seconds over which the clip before fades to black and this one out of it, half each; nothing is lost.
        captions: what is said in it.
    """

    source: Segment | Card
    label: str = "clip"
    start: Fraction = Fraction(0)
    end: Fraction | None = None
    fade: Fraction = Fraction(0)
    dip: Fraction = Fraction(0)
    captions: tuple[Caption, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the clip is cut hard before and nothing of it is left out."""
        return not self.start and self.end is None and not self.fade and not self.dip


@dataclass(frozen=True)
class Shown:
    """A clip or a title card as it is shown.

    Attributes:
        clip: where from.
        edit: what was asked for.
        step: seconds of a frame of the film.
        count: of its frames, with those that it shares with its neighbours.
        fade: of these, how many it shares with the clip before.
        dip: how many come out of black; as many of the clip before go into it.
    """

    clip: SourceClip | Card
    edit: Edit
    step: Fraction
    count: int
    fade: int
    dip: int


def laid_out(edits: Sequence[Edit]) -> list[Shown]:
    """The clips as they are shown; the first clip's frame rate is the film's.

    Raises:
        InvalidRequestError: a time is beyond a clip's end, or a clip is too short for its fades.
        av.FFmpegError, OSError, ValueError, IndexError: a clip cannot be read.
    """
    clips = [edit.source if isinstance(edit.source, Card) else read_clip(edit.source) for edit in edits]
    step = next(clip.step for clip in clips if isinstance(clip, SourceClip))
    found = [_shown(clip, edit, step) for clip, edit in zip(clips, edits, strict=True)]
    for number, one in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        taken = one.fade + one.dip + (following.fade + following.dip if following else 0)
        if taken > one.count:
            name = "fade" if one.fade or (following and following.fade) else "dip"
            raise InvalidRequestError(
                f"{name}: {one.edit.label} is shown for {float(one.count * step):g} s, and its fades take "
                f"{float(taken * step):g} s; make them shorter.",
                parameter=name,
            )
    return found


def _shown(clip: SourceClip | Card, edit: Edit, step: Fraction) -> Shown:
    end = clip.seconds if edit.end is None else edit.end
    # Half a frame, which files and people round away.
    if end > clip.seconds + step / 2:
        raise InvalidRequestError(
            f"end: {float(end):g} is beyond the end of {edit.label}, which lasts {float(clip.seconds):.3f} s.",
            parameter="end",
            value=float(end),
        )
    count = round((end - edit.start) / step)
    if count < 1 and isinstance(clip, Card):
        message = f"seconds: {float(end):g} for {edit.label} is less than a frame of the film, {float(step):.3f} s."
        raise InvalidRequestError(message, parameter="seconds", value=float(end))
    if count < 1:
        raise InvalidRequestError(
            f"start: {float(edit.start):g} leaves nothing of {edit.label}, which ends at {float(end):.3f} s.",
            parameter="start",
            value=float(edit.start),
        )
    return Shown(clip, edit, step, count, round(edit.fade / step), round(edit.dip / 2 / step))


def leading_clip(shown: Sequence[Shown]) -> SourceClip:
    """The first clip, which decides size, colours and frame rate of the film."""
    return next(one.clip for one in shown if isinstance(one.clip, SourceClip))


def beginnings(shown: Sequence[Shown]) -> list[Fraction]:
    """The seconds of the film at which each is first seen, if only faded in."""
    found, at = [], Fraction(0)
    for one in shown:
        at -= one.fade * one.step
        found.append(at)
        at += one.count * one.step
    return found


def frame_count(shown: Sequence[Shown]) -> int:
    """How many frames the film has."""
    return sum(one.count - one.fade for one in shown)
