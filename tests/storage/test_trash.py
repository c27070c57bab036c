"""Deleted clips: moved aside, taken back, and never mixed up with others of their name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from veo_widgets.domain.errors import VeoError
from veo_widgets.domain.media import Video
from veo_widgets.storage.clips import trash


def made(folder: Path, job_id: str, text: str = "clip") -> Video:
    folder.mkdir(exist_ok=True)
    path = folder / "cat.mp4"
    path.write_text(text)
    path.with_suffix(".json").write_text(json.dumps({"job": job_id}))
    return Video(path, bytes=len(text), job_id=job_id)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_clip_and_its_recipe_go_and_come_back(tmp_path: Path) -> None:
    video = made(tmp_path, "abc")
    trash.put(video)
    assert names(tmp_path) == [".veo_trash/abc/cat.json", ".veo_trash/abc/cat.mp4"]
    assert trash.is_missing(video)
    assert trash.in_trash(video).recipe == {"job": "abc"}
    trash.take_back(video)
    assert names(tmp_path) == ["cat.json", "cat.mp4"]
    assert list(tmp_path.glob(".veo_trash")) == []
    # Asked twice, nothing happens.
    trash.take_back(video)
    assert names(tmp_path) == ["cat.json", "cat.mp4"]


def test_captions_go_and_come_back_with_their_clip(tmp_path: Path) -> None:
    video = made(tmp_path, "abc")
    others = {"cat.2.mp4", "cat.2.vtt", "cat.en.txt", "cats.vtt"}
    for name in ("cat.vtt", "cat.pt-BR.VTT", *others):
        (tmp_path / name).write_text("WEBVTT")
    before = names(tmp_path)
    trash.put(video)
    assert {name for name in names(tmp_path) if not name.startswith(".veo_trash/")} == others
    trash.take_back(video)
    assert names(tmp_path) == before
    assert list(tmp_path.glob(".veo_trash")) == []


def test_captions_that_were_written_since_are_not_overwritten(tmp_path: Path) -> None:
    video = made(tmp_path, "abc")
    (tmp_path / "cat.vtt").write_text("WEBVTT old")
    trash.put(video)
    (tmp_path / "cat.vtt").write_text("WEBVTT new")
    with pytest.raises(VeoError, match=r"Another file is at .*cat\.vtt' by now"):
        trash.take_back(video)
    assert (tmp_path / "cat.vtt").read_text() == "WEBVTT new"
    assert trash.is_missing(video)
    (tmp_path / "cat.vtt").unlink()
    trash.take_back(video)
    assert names(tmp_path) == ["cat.json", "cat.mp4", "cat.vtt"]


def test_the_clip_of_another_job_that_has_its_name_is_left_alone(tmp_path: Path) -> None:
    old, new = made(tmp_path, "old"), made(tmp_path, "new")
    assert trash.is_missing(old)
    trash.put(old)
    assert names(tmp_path) == ["cat.json", "cat.mp4"]
    trash.put(new)
    assert names(tmp_path) == [".veo_trash/new/cat.json", ".veo_trash/new/cat.mp4"]


def test_two_clips_of_one_name_are_both_kept_and_none_is_overwritten(tmp_path: Path) -> None:
    first = made(tmp_path, "one", "first")
    trash.put(first)
    second = made(tmp_path, "two", "second")
    with pytest.raises(VeoError, match=r"Another file is at .* by now; move it, and undo again\. The clip is kept\."):
        trash.take_back(first)
    trash.put(second)
    trash.take_back(first)
    assert (first.path.read_text(), trash.in_trash(second).path.read_text()) == ("first", "second")


def test_what_was_half_moved_is_moved_by_the_next_try(tmp_path: Path) -> None:
    video = made(tmp_path, "abc")
    place = trash.in_trash(video).path
    place.parent.mkdir(parents=True)
    video.path.rename(place)
    trash.take_back(video)
    assert names(tmp_path) == ["cat.json", "cat.mp4"]


def test_emptying_tells_what_it_frees_and_takes_nothing_else(tmp_path: Path) -> None:
    video = made(tmp_path, "abc")
    (tmp_path / "cat.vtt").write_text("WEBVTT")
    trash.put(video)
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    kept = made(tmp_path, "abc", "another")
    assert trash.remove(video) == size
    assert names(tmp_path) == ["cat.json", "cat.mp4"]
    assert kept.path.read_text() == "another"
    assert trash.remove(video) == 0
