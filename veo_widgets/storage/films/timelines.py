"""A film as editing programs take it, its clips linked and cut to the frame. Needs the extra ``editors``.

The library's own format holds all of it. What the others leave out is said at `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...domain.errors import MissingExtraError, VeoError
from ...domain.printable import printable
from .cards import Card
from .edits import ROUNDING, Edit, Shown, laid_out, leading_clip
from .source_clips import Segment, SourceClip, read_clip

# By the end of a file's name: the package that writes it, and whether it knows a dip. EDL and FCPXML have neither takes
# nor, in FCPXML, fades: there each of the two shots ends in the middle of the fade.
FORMATS = {
    ".otio": ("opentimelineio", True),
    ".fcpxml": ("otio_fcpx_xml_adapter", False),
    ".xml": ("otio_fcp_adapter", False),
    ".edl": ("otio_cmx3600_adapter", False),
}


@dataclass(frozen=True)
class Scene:
    """A part of a film as an editor is told of it.

    Attributes:
        name: a word and a number; programs read no quotes in it.
        edit: what is shown.
        prompts: of the shots in it, each with the second of the clip at which it begins.
        takes: other clips of the same prompt.
    """

    name: str
    edit: Edit
    prompts: tuple[tuple[Fraction, str], ...] = ()
    takes: tuple[Path, ...] = ()


def check_editors(suffix: str) -> None:
    """Check that a file that ends so can be written.

    Raises:
        MissingExtraError: a package for it is not installed.
    """
    if any(find_spec(name) is None for name in ("opentimelineio", FORMATS[suffix][0])):
        raise MissingExtraError("A timeline for editors", "editors")


def write_timeline(scenes: Sequence[Scene], target: Path, name: str, part: Path) -> None:
    """Write a film as a timeline: one track of pictures, and one of sound.

    Args:
        scenes: in order.
        target: the file; its ending says the format. Pictures of title cards are written beside it.
        name: of the film.
        part: the file to write meanwhile, with the same ending.

    Raises:
        InvalidRequestError: as for `rendering.render`.
        VeoError: a clip cannot be read, or the format cannot hold the film.
        OSError: the disk refused.
    """
    import av
    import opentimelineio as otio

    try:
        shown = laid_out([scene.edit for scene in scenes])
        made = _Timeline(shown, target, knows_dips=FORMATS[target.suffix.lower()][1])
        timeline = made.of(scenes, name)
    except (av.FFmpegError, IndexError) as error:
        raise VeoError(f"The film cannot be laid out: {error}.") from error
    rate = 1 / shown[0].step
    if target.suffix.lower() == ".fcpxml" and rate.denominator != 1:
        raise VeoError(
            f"path: .fcpxml is written for whole frame rates only, and the film has {float(rate):.3f} frames a second; "
            ".otio, .xml and .edl take it."
        )
    try:
        otio.adapters.write_to_file(timeline, str(part))
    except (otio.exceptions.OTIOError, ValueError, ArithmeticError, LookupError) as error:
        raise VeoError(f"{target.suffix} cannot hold this film ({error}); .otio can.") from error


class _Timeline:
    def __init__(self, shown: Sequence[Shown], target: Path, *, knows_dips: bool) -> None:
        self._shown, self._target, self._knows_dips = shown, target, knows_dips
        self._rate = float(1 / shown[0].step)
        self._cards = 0

    def of(self, scenes: Sequence[Scene], name: str) -> Any:
        from opentimelineio import schema

        timeline = schema.Timeline(name, global_start_time=self._time(0))
        sounds = any(isinstance(one.clip, SourceClip) and one.clip.sounds for one in self._shown)
        media = [self._media(one) for one in self._shown]
        for kind in (schema.TrackKind.Video, *([schema.TrackKind.Audio] if sounds else [])):
            track = schema.Track(kind, kind=kind)
            for number, (one, scene) in enumerate(zip(self._shown, scenes, strict=True)):
                if transition := self._transition(one):
                    track.append(transition)
                track.append(self._item(number, scene, media[number], kind))
            timeline.tracks.append(track)
        return timeline

    def _time(self, frames: float) -> Any:
        from opentimelineio.opentime import RationalTime

        return RationalTime(frames, self._rate)

    def _range(self, begins: float, count: float) -> Any:
        from opentimelineio.opentime import TimeRange

        return TimeRange(self._time(begins), self._time(count))

    def _transition(self, one: Shown) -> Any:
        """How a clip begins; None for a cut."""
        from opentimelineio import schema

        if one.fade:
            kind, name, before, after = schema.TransitionTypes.SMPTE_Dissolve, "Cross-fade", *_halves(one.fade)
        elif one.dip and self._knows_dips:
            kind, name, before, after = schema.TransitionTypes.Custom, "Dip to black", one.dip, one.dip
        else:
            return None
        return schema.Transition(name, kind, self._time(before), self._time(after))

    def _item(self, number: int, scene: Scene, media: Any, kind: str) -> Any:
        """A clip between the middles of its fades, which is where editors have the cut."""
        from opentimelineio import schema

        one = self._shown[number]
        following = self._shown[number + 1] if number + 1 < len(self._shown) else None
        before, after = _halves(one.fade)[0], _halves(following.fade)[1] if following else 0
        # The picture that is shown at a time is the last one that has begun.
        first = int((one.edit.start + ROUNDING) / one.step)
        place = self._range(first + before, one.count - before - after)
        if kind == schema.TrackKind.Audio and not (isinstance(one.clip, SourceClip) and one.clip.sounds):
            return schema.Gap(source_range=self._range(0, one.count - before - after))
        item = schema.Clip(scene.name, media, place)
        # Left to itself, an EDL has a file's name there, and spaces in it part what it says.
        item.metadata["cmx_3600"] = {"reel": scene.name.replace(" ", "").upper()}
        if kind == schema.TrackKind.Video:
            takes = enumerate((read_clip(Segment(path)) for path in scene.takes), 2)
            references = {f"take {number}": self._linked(clip) for number, clip in takes}
            item.set_media_references({item.DEFAULT_MEDIA_KEY: media, **references}, item.DEFAULT_MEDIA_KEY)
            item.markers.extend(
                self._marker(max(round(begins / one.step), first + before), prompt) for begins, prompt in scene.prompts
            )
        return item

    def _marker(self, frame: int, prompt: str) -> Any:
        from opentimelineio import schema

        # Most formats have the name alone, and it stands in one line.
        marker = schema.Marker(printable(" ".join(prompt.split())), self._range(frame, 1), schema.MarkerColor.GREEN)
        # Where programs of all ages look for it.
        marker.comment, marker.metadata["veo_widgets"] = prompt, {"prompt": prompt}
        return marker

    def _media(self, one: Shown) -> Any:
        from opentimelineio import schema

        if isinstance(one.clip, SourceClip):
            return self._linked(one.clip)
        return schema.ExternalReference(
            target_url=self._drawn(one.clip).resolve().as_uri(), available_range=self._range(0, one.count)
        )

    def _linked(self, clip: SourceClip) -> Any:
        from opentimelineio import schema

        path = clip.segment.path.resolve()
        # Also the frame that is not shown, as the next clip begins with it.
        whole = replace(clip, segment=Segment(clip.segment.path))
        frames = self._range(0, round(whole.seconds / self._shown[0].step))
        linked = schema.ExternalReference(target_url=path.as_uri(), available_range=frames)
        linked.name = path.name
        return linked

    def _drawn(self, card: Card) -> Path:
        self._cards += 1
        path = self._target.with_name(f"{self._target.stem}-card-{self._cards}.png")
        card.picture(leading_clip(self._shown).size).save(path)
        return path


def _halves(frames: int) -> tuple[int, int]:
    return frames // 2, frames - frames // 2
