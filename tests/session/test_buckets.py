"""Clips in buckets: put there whole, read from there, never lost when the bucket is."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.bucket_stores import Brittle, bytes_at, emptied, names_in
from veo_widgets.client.worker import Worker
from veo_widgets.config.settings import Settings, clips_folder
from veo_widgets.domain.errors import DownloadError, InvalidRequestError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.emulator import Emulator
from veo_widgets.session import shelves
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import shot
from veo_widgets.session.sharing import share
from veo_widgets.storage.ledger.ledger import Ledger

FOLDER = "brittle://films/cats"


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    yield from emptied()


@pytest.fixture
def client(
    make_client: Callable[..., Client], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Client:
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(tmp_path / "home"))
    return make_client(replace(settings, folder=FOLDER), hasty=True)


@pytest.fixture
def forgotten(tmp_path: Path) -> Callable[[], None]:
    """Removes every copy on this machine, as if the ledger were another's."""
    return lambda: shutil.rmtree(tmp_path / "home" / "buckets")


def creates(emulator: Emulator) -> int:
    return sum(entry.kind == "create" for entry in emulator.journal())


def test_clips_go_into_the_bucket_with_their_recipes(client: Client, tmp_path: Path) -> None:
    job = client.submit("A cat", seconds=4, samples=2).wait(600)
    assert [video.uri for video in job.videos] == [f"{FOLDER}/{video.path.name}" for video in job.videos]
    for video in job.videos:
        assert bytes_at(video.uri) == video.path.read_bytes()
        assert video.path.is_relative_to(tmp_path / "home" / "buckets" / "brittle" / "films" / "cats")
        recipe = json.loads(bytes_at(video.uri.removesuffix(".mp4") + ".json"))
        assert recipe == video.recipe
        assert recipe["file"]["sha256"] == video.digest
    assert len(names_in(FOLDER)) == 4
    with closing(Ledger(tmp_path / "home" / "ledger.sqlite3")) as ledger:
        kept = ledger.read(job.id)
    assert (kept.bucket, [video.uri for video in kept.videos]) == (FOLDER, [video.uri for video in job.videos])
    assert FOLDER in repr(job.videos[0])
    assert job.differences == ()


def test_a_clip_is_fetched_once_when_its_copy_is_gone(
    client: Client, forgotten: Callable[[], None], tmp_path: Path
) -> None:
    (video,) = client.generate("A cat", seconds=4)
    data = video.path.read_bytes()
    forgotten()
    assert video.is_kept
    assert video.first_frame.size[0] > 0
    assert video.path.read_bytes() == data
    assert video.recipe["job"] == video.job_id
    assert video.poster
    state = video.path.stat()
    assert video.fetch().stat() == state
    (copy,) = client.jobs()[0].save(tmp_path / "copies")
    assert copy.read_bytes() == data


def test_a_page_of_clips_fetches_them(client: Client, forgotten: Callable[[], None], tmp_path: Path) -> None:
    job = client.submit("A cat", seconds=4).wait(600)
    forgotten()
    page = share(job, tmp_path / "page", client, None, None)
    assert [path.read_bytes() for path in (page / "clips").glob("*.mp4")] == [bytes_at(job.videos[0].uri)]


def test_a_film_whose_clips_are_in_the_bucket_is_not_made_again(
    client: Client, emulator: Emulator, forgotten: Callable[[], None]
) -> None:
    shots = [shot("A cat", seconds=4), shot("A dog", seconds=4)]
    film = Film(client, "pets", shots, {}).run().wait(600)
    assert film.path.is_file()
    forgotten()
    again = Film(client, "pets", shots, {}).run().wait(600)
    assert again.path.is_file()
    assert creates(emulator) == 2


def test_a_film_is_rendered_into_the_bucket(client: Client, forgotten: Callable[[], None], tmp_path: Path) -> None:
    film = Film(client, "pets", [shot("A cat", captions="Meow"), shot("A dog")], {"seconds": 4}).run().wait(600)
    forgotten()
    address = "brittle://films/cut/pets.mp4"
    made = film.render(address, loudness=None)
    assert (made.uri, made.path) == (address, tmp_path / "home" / "buckets" / "brittle" / "films" / "cut" / "pets.mp4")
    assert names_in("brittle://films/cut") == ["pets.json", "pets.mp4", "pets.vtt"]
    assert bytes_at(address) == made.path.read_bytes()
    forgotten()
    assert made.last_frame.size[0] > 0
    for wrong, words in (
        (film.jobs[0].videos[0].uri, "is one of the film's own files"),
        ("brittle://pets.mp4", "names a bucket and no file in it, such as 'brittle://pets.mp4/film.mp4'"),
        ("brittle://films/pets.avi", "does not end in .mp4"),
    ):
        with pytest.raises(InvalidRequestError, match=words):
            film.render(wrong)
    Brittle.forbidden = True
    with pytest.raises(
        InvalidRequestError, match=r"path: nothing can be written to 'brittle://films/other' .*nothing was made"
    ):
        film.render("brittle://films/other/pets.mp4")


def test_a_film_of_a_bucket_is_shown_and_edited_without_fetching_more_than_it_needs(
    client: Client, forgotten: Callable[[], None], tmp_path: Path
) -> None:
    film = Film(client, "pets", [shot("A cat"), shot("A dog")], {"seconds": 4}).run().wait(600)
    forgotten()
    assert "A cat" in film._repr_html_()
    assert not (tmp_path / "home" / "buckets").exists()
    assert film.to_otio(tmp_path / "pets.otio").is_file()


def test_a_contact_sheet_needs_no_clip(client: Client, forgotten: Callable[[], None], tmp_path: Path) -> None:
    batch = Batch(client, [{"prompt": "A cat"}, {"prompt": "A dog"}], "", "pets", {"seconds": 4}).run().wait(600)
    forgotten()
    sheet = batch.sheet()
    assert all(item.poster for item in sheet.items)
    assert not (tmp_path / "home" / "buckets").exists()
    assert sheet.save(f"{FOLDER}/pets.html") == f"{FOLDER}/pets.html"
    assert bytes_at(f"{FOLDER}/pets.html").decode() == sheet.html
    with pytest.raises(InvalidRequestError, match="names a bucket and no file in it"):
        sheet.save("brittle://pets.html")


def test_a_clip_that_cannot_be_put_there_is_kept_and_put_there_later(client: Client, emulator: Emulator) -> None:
    Brittle.refused.add(".mp4")
    job = client.submit("A cat", seconds=4).wait(600)
    (video,) = job.videos
    assert (job.state, video.uri, video.path.is_file()) == (JobState.SUCCEEDED, "", True)
    assert "could not be put into" in job.record.remark
    assert str(video.path) in job.record.remark
    assert "abc123" not in job.record.remark
    assert not any(name.endswith((".mp4", ".part")) for name in names_in(FOLDER))
    with pytest.raises(DownloadError, match="could not be put into"):
        job.save()
    Brittle.refused.clear()
    assert job.save() == [video.path]
    assert job.videos[0].uri == f"{FOLDER}/{video.path.name}"
    assert bytes_at(job.videos[0].uri) == video.path.read_bytes()
    assert job.record.remark == ""
    assert creates(emulator) == 1


class Told(list[str]):
    """What a worker says."""

    def looked(self) -> None:
        pass

    def ended(self, record: JobRecord) -> None:
        raise AssertionError(record)

    def trouble(self, words: str) -> None:
        self.append(words)


def test_a_worker_puts_left_over_clips_there(
    client: Client, make_client: Callable[..., Client], settings: Settings, tmp_path: Path
) -> None:
    Brittle.refused.add(".mp4")
    (video,) = client.submit("A cat", seconds=4).wait(600).videos
    client.close()
    with make_client(settings, hasty=True) as later:
        told = Told()
        worker = Worker(later.asynchronous, told)
        (job,) = later.jobs()
        events = job.events
        assert later.call(partial(worker.run, once=True)) == {job.id}
        assert [words.startswith(f"Job {job.id}: ") for words in told] == [True]
        assert str(video.path) in told[0]
        # What is as it was leaves no trace, however often it is tried.
        assert job.events == events
        # Another machine has no such file, and nothing to say about it.
        elsewhere = video.path.rename(tmp_path / "elsewhere.mp4")
        assert later.call(partial(worker.run, once=True)) == set()
        elsewhere.rename(video.path)
        Brittle.refused.clear()
        assert later.call(partial(worker.run, once=True)) == set()
        assert job.videos[0].uri == f"{FOLDER}/{video.path.name}"
    assert bytes_at(f"{FOLDER}/{video.path.name}") == video.path.read_bytes()


def test_no_other_file_of_this_machine_is_put_there(
    client: Client, make_client: Callable[..., Client], settings: Settings, tmp_path: Path
) -> None:
    """In a ledger of several people another has written the job, and a worker can read more than that person."""
    Brittle.refused.add(".mp4")
    (video,) = client.submit("A cat", seconds=4).wait(600).videos
    client.close()
    Brittle.refused.clear()
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    video.path.unlink()
    video.path.symlink_to(key)
    with make_client(settings, hasty=True) as later:
        told = Told()
        (job,) = later.jobs()
        assert later.call(partial(Worker(later.asynchronous, told).run, once=True)) == {job.id}
    assert f"{video.path.name!r} is no clip" in told[0]
    assert not [name for name in names_in(FOLDER) if name.endswith(".mp4")]


def test_resume_puts_left_over_clips_there(
    client: Client, make_client: Callable[..., Client], settings: Settings
) -> None:
    Brittle.refused.add(".mp4")
    (video,) = client.submit("A cat", seconds=4).wait(600).videos
    client.close()
    Brittle.refused.clear()
    # As a program does that has another folder by now.
    with make_client(settings, hasty=True) as later:
        later.resume()
        (job,) = later.jobs()
        while not job.videos[0].uri:
            time.sleep(0.05)
    assert bytes_at(f"{FOLDER}/{video.path.name}") == video.path.read_bytes()


def test_a_bucket_that_cannot_be_written_is_refused_before_anything_is_sent(client: Client, emulator: Emulator) -> None:
    Brittle.forbidden = True
    with pytest.raises(InvalidRequestError, match="folder: nothing can be written to 'brittle://films/closed'"):
        client.submit("A cat", output="brittle://films/closed")
    assert creates(emulator) == 0
    assert list(client.jobs()) == []


def test_one_clip_may_go_elsewhere(client: Client, tmp_path: Path) -> None:
    named = client.submit("A cat", seconds=4, output="memory://others/cat.mp4").wait(600)
    assert [video.uri for video in named.videos] == ["memory://others/cat.mp4"]
    # Another clip there keeps its name.
    shutil.rmtree(named.videos[0].path.parent)
    second = client.submit("A dog", seconds=4, output="memory://others/cat.mp4").wait(600)
    assert second.videos[0].uri.startswith("memory://others/")
    assert second.id in second.videos[0].uri
    assert bytes_at("memory://others/cat.mp4") != bytes_at(second.videos[0].uri)
    again = named.retry().wait(600)
    assert again.record.bucket == "memory://others"
    here = client.submit("A bird", seconds=4, output=tmp_path / "bird.mp4").wait(600)
    assert (here.record.bucket, here.videos[0].uri, here.videos[0].path) == ("", "", tmp_path / "bird.mp4")


def test_a_deleted_clip_stays_in_the_bucket_until_the_trash_is_emptied(client: Client) -> None:
    job = client.submit("A cat", seconds=4).wait(600)
    (video,) = job.videos
    data = video.path.read_bytes()
    client.call(shelves.delete, client.asynchronous, [job.id])
    assert not video.path.exists()
    # As a player does that shows it still.
    assert video.fetch().read_bytes() == data
    client.call(shelves.restore, client.asynchronous, [job.id])
    assert video.path.read_bytes() == data
    client.call(shelves.delete, client.asynchronous, [job.id])
    assert bytes_at(video.uri) == data
    client.call(shelves.empty_trash, client.asynchronous)
    assert names_in(FOLDER) == []


def test_a_path_that_is_an_address_is_refused_where_only_this_machine_can_be_written(client: Client) -> None:
    job = client.submit("A cat", seconds=4).wait(600)
    with pytest.raises(InvalidRequestError, match=r"'s3://films/cat\.mp4' is in a bucket"):
        job.save("s3://films/cat.mp4")
    with pytest.raises(InvalidRequestError, match="is in a bucket"):
        share(job, "s3://films/cat.zip", client, None, None)


def test_the_folder_of_the_settings_is_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(tmp_path))
    there = Settings(folder="S3://films/cats/")
    assert (there.bucket, clips_folder(there)) == ("s3://films/cats", tmp_path / "buckets" / "s3" / "films" / "cats")
    here = Settings(folder="file:///films/cats")
    assert (here.bucket, clips_folder(here)) == ("", Path("/films/cats"))
