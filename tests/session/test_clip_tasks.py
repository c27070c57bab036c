"""What is made of many clips at once, by threads here and by pools."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from tests.made_clips import Made
from veo_widgets.domain.errors import InvalidRequestError, MissingExtraError, VeoError
from veo_widgets.domain.media import Video
from veo_widgets.session.contact_sheets import item_of, with_stills
from veo_widgets.session.videos import Videos
from veo_widgets.storage.clips.sidecars import write_sidecar


def hide_media() -> None:
    """As a process is in which the extra is not installed."""
    sys.modules["av"] = None  # type: ignore[assignment]


def die() -> None:
    os._exit(1)


def pool(initializer: object = None) -> Executor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer)


@pytest.fixture
def clips(tmp_path: Path) -> Videos:
    """Two clips of one name in two folders, without stills."""
    found = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        found.append(Video(Made(size=(64, 36)).write(tmp_path / folder / "clip.mp4")))
    return Videos(found)


def test_threads_of_this_program_and_pools_make_the_same(clips: Videos) -> None:
    here = clips.frames(1)
    assert [len(pictures) for pictures in here] == [2, 2]
    sheets = clips.sheets(2, stills=2, width=64)
    for on in (ThreadPoolExecutor(2), pool()):
        with on:
            made = clips.frames(1, on=on)
            assert [[one.tobytes() for one in pictures] for pictures in made] == [
                [one.tobytes() for one in pictures] for pictures in here
            ]
            assert [one.tobytes() for one in clips.sheets(2, stills=2, width=64, on=on)] == [
                one.tobytes() for one in sheets
            ]
    assert Videos().frames(1) == []


def test_files_of_clips_of_one_name_have_names_of_their_own(clips: Videos, tmp_path: Path) -> None:
    paths = clips.frames(1, into=tmp_path / "frames")
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == [
        "clip_frames_00001.png",
        "clip_frames_00002.png",
        "clip_frames_of_clip_2_00001.png",
        "clip_frames_of_clip_2_00002.png",
    ]
    with Image.open(paths[1][0]) as picture:
        assert picture.size == (64, 36)
    (tmp_path / "file").touch()
    with pytest.raises(InvalidRequestError, match=r"^into: the folder '.*file' cannot be made: File exists\.$"):
        clips.frames(1, into=tmp_path / "file")


def test_posters_are_drawn_once_and_kept_where_there_is_a_recipe(clips: Videos) -> None:
    write_sidecar(clips[0], {"schema": 1, "job": "a"})
    first, second = clips.posters()
    assert first == second
    assert clips[0].poster == first
    # What has no recipe is not ours, and no file is put beside it.
    assert not clips[1].sidecar.exists()
    clips[0].path.write_bytes(b"no clip")
    assert clips.posters() == [first, second]


def test_an_extra_that_workers_lack_is_named(clips: Videos) -> None:
    with pool(hide_media) as on:
        for make in (clips.posters, clips.frames, clips.sheets):
            with pytest.raises(
                InvalidRequestError,
                match=r"^on: a worker refused: .* needs an optional package: pip install 'veo-widgets\[media\]'$",
            ):
                make(on=on)
        with pytest.raises(InvalidRequestError, match="on: a worker refused"):
            with_stills([item_of(clips[0], "", "", "")], on)


def test_without_the_extra_here_it_is_named_as_ever(clips: Videos) -> None:
    # In an interpreter of its own, since it is asked for by name.
    with pool(hide_media) as on:
        error = on.submit(_posters_here, clips).result()
    assert str(error) == "A still needs an optional package: pip install 'veo-widgets[media]'"


def _posters_here(clips: Videos) -> Exception | None:
    try:
        clips.posters()
    except MissingExtraError as error:
        return error
    return None


def test_a_lost_worker_is_told_in_a_sentence(clips: Videos) -> None:
    with pool(die) as on, pytest.raises(VeoError, match=r"^on: the executor has not done it \(BrokenProcessPool: "):
        clips.posters(on=on)
    over = ThreadPoolExecutor(1)
    over.shutdown()
    with pytest.raises(
        VeoError, match=r"^on: the executor has not done it \(RuntimeError: cannot schedule new futures"
    ):
        clips.posters(on=over)


@pytest.mark.parametrize("on", [7, "tcp://scheduler:8786", ProcessPoolExecutor(1, multiprocessing.get_context("fork"))])
def test_what_is_no_executor_is_refused_also_where_nothing_is_to_do(on: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"^on: "):
        Videos().posters(on=on)
    with pytest.raises(InvalidRequestError, match=r"^on: "):
        with_stills([], on)
