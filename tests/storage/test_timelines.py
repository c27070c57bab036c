"""Films as timelines of editing programs, read back by OpenTimelineIO."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import opentimelineio as otio
import pytest
from PIL import Image

from veo_widgets.domain.errors import InvalidRequestError, VeoError
from veo_widgets.storage.films.edits import Edit
from veo_widgets.storage.films.rendering import Card, render
from veo_widgets.storage.films.stitching import Segment
from veo_widgets.storage.films.timelines import Scene, write_timeline

from .test_rendering import HALF, edit
from .test_stitching import make, near, shades_of

SECOND = Fraction(1)


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Three of two seconds whose names need to be quoted in an address; the second is silent."""
    tones = ((20, 4000), (90, None), (160, 8000))
    return [make(tmp_path / f"clip {n} é#.mp4", range(first, first + 48), tone=t) for n, (first, t) in enumerate(tones)]


def scenes(clips: list[Path]) -> list[Scene]:
    one, two, three = clips
    return [
        Scene("card 1", Edit(Card("The <Train>", SECOND), "the card")),
        Scene(
            "shot 1",
            edit(one, start=HALF, end=Fraction(3, 2), fade=Fraction(1, 3)),
            ((Fraction(0), "A train\nleaves"),),
        ),
        Scene(
            "shot 2", edit(two, fade=Fraction(7, 24)), ((Fraction(0), "A bridge"), (SECOND, "It goes on")), (one, three)
        ),
        Scene("shot 4", Edit(Segment(three, runs_on=True), "last", dip=HALF), ((Fraction(0), "A station"),)),
    ]


def written(clips: list[Path], suffix: str) -> tuple[Any, Path]:
    target = clips[0].with_name(f"film{suffix}")
    write_timeline(scenes(clips), target, "train", target)
    found = otio.adapters.read_from_file(str(target))
    return (found if isinstance(found, otio.schema.Timeline) else found[0]), target


def frames(of: Any) -> tuple[int, int]:
    return round(of.start_time.value), round(of.duration.value)


def path_of(reference: Any) -> Path:
    return Path(unquote(urlparse(reference.target_url).path))


def test_a_timeline_is_cut_as_the_film_is(clips: list[Path]) -> None:
    timeline, target = written(clips, ".otio")
    assert timeline.duration().rate == 24
    pictures, sound = timeline.tracks
    assert [pictures.kind, sound.kind] == ["Video", "Audio"]
    # The cut of a fade is in its middle: of eight frames, four are on each side; of seven, three and four.
    items = [(type(item).__name__, frames(item.source_range)) for item in pictures if hasattr(item, "source_range")]
    assert items == [("Clip", (0, 20)), ("Clip", (16, 16)), ("Clip", (3, 45)), ("Clip", (0, 47))]
    joints = [
        (item.transition_type, item.in_offset.value, item.out_offset.value)
        for item in pictures
        if isinstance(item, otio.schema.Transition)
    ]
    assert joints == [("SMPTE_Dissolve", 4, 4), ("SMPTE_Dissolve", 3, 4), ("Custom_Transition", 6, 6)]
    assert [type(item).__name__ for item in sound if not isinstance(item, otio.schema.Transition)] == [
        "Gap",
        "Clip",
        "Gap",
        "Clip",
    ]
    # As long as the film itself.
    render([scene.edit for scene in scenes(clips)], target.with_suffix(".mp4"))
    lengths = {round(track.duration().value) for track in timeline.tracks}
    assert lengths == {len(shades_of(target.with_suffix(".mp4")))} == {20 + 16 + 45 + 47}


@pytest.mark.parametrize("start", ["0.708", "0.709", "0.7", "0.75"])
def test_a_trim_that_is_rounded_begins_with_the_frame_of_the_film(tmp_path: Path, start: str) -> None:
    clip = make(tmp_path / "rising.mp4", range(20, 212, 4))
    cut = edit(clip, start=Fraction(start))
    render([cut], tmp_path / "film.mp4")
    write_timeline([Scene("shot 1", cut)], tmp_path / "film.otio", "x", tmp_path / "film.otio")
    first, _ = frames(otio.adapters.read_from_file(str(tmp_path / "film.otio")).find_clips()[0].source_range)
    assert near(shades_of(tmp_path / "film.mp4")[:1], [20 + 4 * first])


def test_media_are_linked_with_their_takes_and_prompts(clips: list[Path]) -> None:
    timeline, target = written(clips, ".otio")
    card, one, two, last = timeline.find_clips()[:4]
    assert [path_of(clip.media_reference) for clip in (one, two, last)] == clips
    assert all(frames(clip.media_reference.available_range) == (0, 48) for clip in (one, two, last))
    takes = two.media_references()
    assert {key: path_of(take) for key, take in takes.items()} == {
        "DEFAULT_MEDIA": clips[1],
        "take 2": clips[0],
        "take 3": clips[2],
    }
    assert two.active_media_reference_key == "DEFAULT_MEDIA"
    assert [(marker.comment, frames(marker.marked_range)) for marker in two.markers] == [
        ("A bridge", (3, 1)),
        ("It goes on", (24, 1)),
    ]
    assert [marker.comment for marker in one.markers] == ["A train\nleaves"]
    assert path_of(card.media_reference) == target.with_name("film-card-1.png")
    with Image.open(target.with_name("film-card-1.png")) as picture:
        assert picture.size == (64, 48)


@pytest.mark.parametrize(
    ("suffix", "cuts"),
    [
        (".xml", [(0, 20), (16, 16), (3, 45), (0, 47)]),
        (".fcpxml", [(0, 20), (16, 16), (3, 45), (0, 47)]),
        # An EDL has a fade begin at its cut.
        (".edl", [(0, 16), (12, 17), (0, 48), (0, 47)]),
    ],
)
def test_other_formats_have_the_same_cuts(clips: list[Path], suffix: str, cuts: list) -> None:
    timeline, target = written(clips, suffix)
    track = next(track for track in timeline.tracks if track.kind == "Video")
    found = [item for item in track if isinstance(item, otio.schema.Clip)]
    assert [frames(item.source_range) for item in found] == cuts
    assert round(track.duration().rescaled_to(24).value) == 20 + 16 + 45 + 47
    if suffix == ".edl":
        # The reader takes the clip that a fade begins with for the one that it ends with.
        assert all(f"CLIP: {path.as_uri()}\n" in target.read_text() for path in clips)
    else:
        assert [path_of(item.media_reference) for item in found[1:]] == clips
    # EDLs are in capitals.
    names = [marker.name.lower() for item in found for marker in item.markers]
    assert list(dict.fromkeys(names)) == ["a train leaves", "a bridge", "it goes on", "a station"]
    fades = [item for item in track if isinstance(item, otio.schema.Transition)]
    assert len(fades) == (0 if suffix == ".fcpxml" else 2)
    assert all(item.transition_type == "SMPTE_Dissolve" for item in fades)


@pytest.mark.parametrize("suffix", [".otio", ".xml", ".fcpxml", ".edl"])
def test_rates_of_television_stay_exact(tmp_path: Path, suffix: str) -> None:
    from ..made_clips import Made

    clip = Made(fps=Fraction(30000, 1001)).write(tmp_path / "tv.mp4")
    target = tmp_path / f"film{suffix}"
    cut = [Scene("shot 1", edit(clip, end=SECOND)), Scene("shot 2", edit(clip, start=HALF, fade=HALF))]
    if suffix == ".fcpxml":
        with pytest.raises(VeoError, match=r"\.fcpxml is written for whole frame rates only, and the film has 29\.970"):
            write_timeline(cut, target, "tv", target)
        return
    write_timeline(cut, target, "tv", target)
    # An EDL does not say its rate.
    found = otio.adapters.read_from_file(str(target), **({"rate": 30000 / 1001} if suffix == ".edl" else {}))
    timeline = found if isinstance(found, otio.schema.Timeline) else found[0]
    track = next(track for track in timeline.tracks if track.kind == "Video")
    assert track.duration().to_seconds() == pytest.approx((30 + 45 - 15) * 1001 / 30000, abs=0.002)


def test_what_cannot_be_shown_is_said_here_too(clips: list[Path]) -> None:
    target = clips[0].with_name("film.otio")
    with pytest.raises(InvalidRequestError, match="end: 9 is beyond the end of clip 0"):
        write_timeline([Scene("shot 1", edit(clips[0], end=Fraction(9)))], target, "x", target)
    assert not target.exists()
