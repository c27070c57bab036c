"""Clips given to others: a page, an archive or a folder that need nothing else, and pictures that move."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageSequence

import veo_widgets as veo
from tests.numbered_clips import Numbered, number_of
from tests.session.test_contact_sheets import HOSTILE, Page
from veo_widgets.domain.errors import InvalidRequestError, VeoError
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import shot
from veo_widgets.session.job import Job
from veo_widgets.session.recipes import load
from veo_widgets.session.sharing import share

Share = Callable[..., Path]


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def write(client: Client, tmp_path: Path) -> Share:
    def shared(what: Any, name: str, *, width: int | None = None, fps: float | None = None) -> Path:
        return share(what, tmp_path / name, client, width, fps)

    return shared


@pytest.fixture
def job(client: Client) -> Job:
    return client.submit(HOSTILE, seconds=4, seed=7, model="veo-3.1-generate-001", samples=2).wait(600)


def clips_in(page: str) -> list[bytes]:
    addresses = [address for address in Page(page).addresses if address.startswith("data:video/mp4;base64,")]
    return [base64.b64decode(address.partition(",")[2]) for address in addresses]


def recipes_in(page: str) -> list[dict[str, Any]]:
    parts = page.split('<script type="application/json" class="veo-recipe">')[1:]
    return [json.loads(part.partition("</script>")[0]) for part in parts]


def test_a_page_holds_the_clips_and_how_they_were_made(job: Job, write: Share) -> None:
    page = write(job, "cat.html").read_text("utf-8")
    assert clips_in(page) == [video.path.read_bytes() for video in job.videos]
    seen = Page(page)
    assert {address.partition(";")[0] for address in seen.addresses} == {"data:video/mp4"}
    assert seen.words.count("%%veo") == 2
    assert HOSTILE in seen.words
    assert [recipe["request"]["prompt"] for recipe in recipes_in(page)] == [HOSTILE] * 2
    assert recipes_in(page)[1]["request"]["seed"] == 7
    # A prompt is no HTML, and what is the sender's own business stays there.
    assert "<script>alert" not in page
    assert str(job.videos[0].path.parent) not in page
    assert job.record.operation not in page


@pytest.mark.parametrize("name", ["cats.zip", "cats"])
def test_an_archive_and_a_folder_have_page_clips_and_recipes_beside_each_other(
    job: Job, write: Share, name: str, tmp_path: Path
) -> None:
    target = write(job.videos, name)
    if name == "cats.zip":
        with zipfile.ZipFile(target) as archive:
            archive.extractall(tmp_path / "out")
        target = tmp_path / "out"
    names = [video.path.name for video in job.videos]
    assert Page((target / "index.html").read_text("utf-8")).addresses == [f"clips/{name}" for name in names]
    for video in job.videos:
        copy = target / "clips" / video.path.name
        assert copy.read_bytes() == video.path.read_bytes()
        assert load(copy).request == job.request
        assert job.record.operation not in copy.with_suffix(".json").read_text("utf-8")
    assert len(list(target.rglob("*"))) == 1 + 1 + 4


def test_clips_of_one_name_are_all_there(tmp_path: Path, write: Share) -> None:
    paths = []
    for number, name in enumerate(("a cat.mp4", "A Cat.mp4", "a cat.mp4")):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(Numbered(6 + number).write(folder / name))
    target = write(paths, "folder")
    links = Page((target / "index.html").read_text("utf-8")).addresses
    assert links == ["clips/a%20cat.mp4", "clips/A%20Cat_2.mp4", "clips/a%20cat_3.mp4"]
    copies = [(target / link.replace("%20", " ")).read_bytes() for link in links]
    assert copies == [path.read_bytes() for path in paths]
    # Sharing it once more, from there, changes nothing.
    write(target / "clips" / "a cat.mp4", "folder")
    assert (target / "clips" / "a cat.mp4").read_bytes() == paths[0].read_bytes()


def test_a_film_is_there_as_a_whole_and_shot_by_shot(client: Client, write: Share) -> None:
    film = Film(client, "two", [shot("A cat"), shot("A dog")], {"seconds": 4, "model": "veo-3.1-generate-001"})
    film.run().wait(600)
    clips = clips_in(write(film, "film.html").read_text("utf-8"))
    assert clips == [video.path.read_bytes() for video in (film.video, *film.videos)]


def test_what_has_no_clip_is_left_out_and_of_a_lost_one_there_is_the_still(
    client: Client, job: Job, write: Share
) -> None:
    filtered = client.submit("---\noutcome: filtered\n---\nA dog", seconds=4)
    with pytest.raises(VeoError):
        filtered.wait(600)
    with pytest.raises(InvalidRequestError, match=r"^what: there is no clip in it that could be shared yet\.$"):
        write(filtered, "dog.html")
    lost = job.videos[1].path
    lost.unlink()
    page = write([job, filtered], "both.html").read_text("utf-8")
    assert len(clips_in(page)) == 1
    assert Page(page).tags.count("figure") == 2
    assert "The clip itself is lost." in page
    assert str(lost.parent) not in page


def test_pictures_that_move_show_the_clip_at_its_speed(tmp_path: Path, write: Share) -> None:
    path = Numbered(48).write(tmp_path / "numbers.mp4")
    for name in ("numbers.gif", "numbers.webp"):
        with Image.open(write(path, name, fps=12.5)) as picture:
            assert picture.info["loop"] == 0
            frames = []
            for frame in ImageSequence.Iterator(picture):
                frame.load()
                frames.append((number_of(frame.convert("RGB")), frame.info["duration"]))
        # Each 80 ms the picture that is shown then.
        assert frames == [(int(number * 0.08 * 24 + 1e-9), 80) for number in range(25)]
    with Image.open(write(path, "small.gif", width=64)) as small:
        assert small.width == 64


def test_a_sheet_shows_one_clip_from_beginning_to_end_and_several_by_a_still_each(
    job: Job, tmp_path: Path, write: Share
) -> None:
    with Image.open(write(Numbered(48).write(tmp_path / "numbers.mp4"), "one.png")) as sheet:
        assert sheet.size == (2 * 28 + 5 * 320 + 4 * 18, sheet.height)
        assert sheet.format == "PNG"
        assert number_of(sheet.crop((28, 80, 28 + 320, sheet.height)).crop((0, 0, 320, 80))) == 0
    with Image.open(write(job, "both.jpg")) as sheet:
        assert (sheet.format, sheet.width) == ("JPEG", 2 * 28 + 2 * 320 + 18)


def test_a_recipe_shows_the_clip_and_how_it_was_made(job: Job, write: Share) -> None:
    clip = write(job, "folder") / "clips" / job.videos[0].path.name
    recipe = load(clip)
    assert repr(recipe) == f"Recipe({HOSTILE!r} · veo-3.1-generate-001 · Length 4 s · Clips 2 · Seed 7 · {clip.name})"
    seen = Page(recipe._repr_html_())
    assert HOSTILE in seen.words
    assert "Seed 7" in seen.words
    assert [address.rpartition("/")[2] for address in seen.addresses] == [clip.name]


def test_what_tells_of_no_request_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(InvalidRequestError, match=r"path: deep\.json is not a clip's sidecar"):
        load(tmp_path / "deep.json")
    for path in (".", "/"):
        with pytest.raises(InvalidRequestError, match=rf"path: cannot read '{path}' \(Is a directory\)"):
            load(path)


def test_what_others_could_not_play_is_refused(job: Job, write: Share, tmp_path: Path) -> None:
    refused = {
        "cat.mov": "path: '.*cat.mov' has an ending that nothing is shared as; give .html, .zip, .png, .jpg, .gif or ",
        "cat.gif": r"path: 'cat.gif' can show one clip, and there are 2; give one of them, or a path that ends in ",
    }
    for name, message in refused.items():
        with pytest.raises(InvalidRequestError, match=message):
            write(job, name)
    with pytest.raises(InvalidRequestError, match=r"fps: 12 is for \.gif and \.webp; '.*' keeps the clip as it is\."):
        write(job, "cat.html", fps=12)
    for fps in (0, -1, 51):
        with pytest.raises(InvalidRequestError, match=rf"fps: {fps} is not pictures a second, up to 50 in \.gif\."):
            write(job.videos[0], "cat.gif", fps=fps)
    with pytest.raises(InvalidRequestError, match=r"^fps: 'fast' is not a number\.$"):
        veo.share(job, tmp_path / "cat.gif", fps="fast")  # type: ignore[arg-type]
    with pytest.raises(VeoError, match="path: cannot write"):
        write(job, "nowhere/cat.html")
    with pytest.raises(InvalidRequestError, match="what: there is no file"):
        write(tmp_path / "gone.mp4", "cat.html")
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".part", ".gif", ".mov"}]


def test_what_was_there_stays_until_the_new_one_is_whole(job: Job, write: Share, tmp_path: Path) -> None:
    before = write(job, "cat.html").read_bytes()
    unreadable = tmp_path / "not_a_clip.mp4"
    unreadable.mkdir()
    with pytest.raises(VeoError):
        write([job, unreadable], "cat.html")
    assert (tmp_path / "cat.html").read_bytes() == before
