"""Stills, frames, sheets and films on a cluster of Dask's, of clips in a real object store."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client as DaskClient
from distributed import LocalCluster
from PIL import Image

from tests.made_clips import Made
from tests.object_server import ObjectServer, object_server
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import VeoError
from veo_widgets.domain.media import Video
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import shot
from veo_widgets.session.groups.title_cards import title_card
from veo_widgets.session.videos import Videos

ROWS = [{"number": number} for number in range(3)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("store")) as server:
        server.make_bucket("films")
        yield server


@pytest.fixture(scope="module")
def dask(store: ObjectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskClient]:
    """Two workers with keys of their own for the store, and a data folder of their own, as on another machine."""
    folder = tmp_path_factory.mktemp("workers")
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            local_directory=str(folder),
            env={**store.environment, "VEO_WIDGETS_HOME": str(folder / "home"), "TMPDIR": str(folder)},
        ) as cluster,
        DaskClient(cluster) as client,
    ):
        yield client


@pytest.fixture
def client(
    make_client: Callable[..., Client],
    settings: Settings,
    store: ObjectServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    for name, value in {**store.environment, "VEO_WIDGETS_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    # A folder of its own for each test.
    return make_client(replace(settings, folder=f"s3://films/{tmp_path.name}"), hasty=True)


@pytest.fixture
def forget(tmp_path: Path) -> Callable[[], None]:
    """Removes every copy on this machine."""
    return lambda: shutil.rmtree(tmp_path / "home" / "buckets")


def copies(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "home").rglob("*.mp4") if path.is_file()]


def test_a_sheet_gets_its_stills_from_the_bucket(
    client: Client, dask: DaskClient, store: ObjectServer, forget: Callable[[], None], tmp_path: Path
) -> None:
    batch = Batch(client, ROWS, "Cat {number}", "cats", {"seconds": 4}).run().wait(600)
    # One has no recipe any more, and its still is drawn from the clip.
    drawn = batch.videos[0]
    store.filesystem.rm_file(drawn.uri.replace(".mp4", ".json"))
    forget()
    sheet = batch.sheet(2, on=dask)
    assert all(item.poster.startswith("data:image/jpeg;base64,") for item in sheet.items)
    assert not copies(tmp_path)
    address = f"s3://films/{tmp_path.name}/sheets/cats.png"
    assert sheet.save(address) == address
    assert Image.open(io.BytesIO(store.filesystem.cat_file(address))).size == sheet.image.size
    # Without the cluster it is the same sheet.
    assert batch.sheet(2).html == sheet.html
    assert not copies(tmp_path)


def test_posters_that_are_lacking_are_drawn_and_kept_in_the_bucket(
    client: Client, dask: DaskClient, store: ObjectServer, forget: Callable[[], None], tmp_path: Path
) -> None:
    batch = Batch(client, ROWS, "Dog {number}", "dogs", {"seconds": 4}).run().wait(600)
    recipes = [video.uri.replace(".mp4", ".json") for video in batch.videos]
    known = json.loads(store.filesystem.cat_file(recipes[1]))
    without = {**known, "poster": ""}
    store.filesystem.pipe_file(recipes[1], json.dumps(without).encode())
    forget()
    posters = batch.videos.posters(on=dask)
    assert all(poster.startswith("data:image/jpeg;base64,") for poster in posters)
    assert json.loads(store.filesystem.cat_file(recipes[1])) == {**known, "poster": posters[1]}
    assert not copies(tmp_path)


def test_frames_and_sheets_of_clips_go_into_a_bucket_or_come_back(
    client: Client, dask: DaskClient, store: ObjectServer, forget: Callable[[], None], tmp_path: Path
) -> None:
    batch = Batch(client, ROWS[:2], "Owl {number}", "owls", {"seconds": 4}).run().wait(600)
    clips = batch.videos
    expected = [frame.tobytes() for frame in clips[0].frames(every=2, width=64)]
    forget()
    frames = clips.frames(every=2, width=64, on=dask)
    assert [len(pictures) for pictures in frames] == [2, 2]
    assert [frame.tobytes() for frame in frames[0]] == expected
    into = f"s3://films/{tmp_path.name}/frames"
    addresses = clips.frames(every=2, width=64, into=into, on=dask)
    assert addresses[1] == [f"{into}/{clips[1].path.stem}_frames_{number:05d}.png" for number in (1, 2)]
    assert Image.open(io.BytesIO(store.filesystem.cat_file(addresses[0][1]))).tobytes() == expected[1]
    paths = clips.sheets(2, stills=4, width=64, into=tmp_path / "sheets", on=dask)
    assert [path.parent for path in paths] == [tmp_path / "sheets"] * 2
    (here,) = clips.sheets(2, stills=4, width=64)[:1]
    with Image.open(paths[0]) as sheet:
        assert sheet.tobytes() == here.tobytes()
    assert not copies(tmp_path)


def test_a_film_is_made_by_a_worker_from_the_bucket_into_the_bucket(
    client: Client, dask: DaskClient, store: ObjectServer, forget: Callable[[], None], tmp_path: Path
) -> None:
    shots = (shot("A train", end=2, captions="All aboard!"), title_card("Later", seconds=1), shot("A bridge", fade=0.5))
    film = Film(client, "train", shots, {"seconds": 4}).run().wait(600)
    music = Made().write(tmp_path / "song.mp4")
    here = film.render(tmp_path / "here.mp4", music=music)
    forget()
    address = f"s3://films/{tmp_path.name}/cut/train.mp4"
    made = film.render(address, music=music, on=dask)
    assert made.uri == address
    assert (made.seconds, made.width, made.has_audio) == (here.seconds, here.width, here.has_audio)
    recipe = json.loads(store.filesystem.cat_file(address.replace(".mp4", ".json")))
    assert recipe["shots"] == here.recipe["shots"]
    assert recipe["ingredients"] == here.recipe["ingredients"]
    assert b"All aboard!" in store.filesystem.cat_file(address.replace(".mp4", ".vtt"))
    assert not copies(tmp_path)
    assert made.last_frame.size == (here.width, here.height)
    back = film.render(tmp_path / "back" / "train.mp4", on=dask)
    assert (back.path, back.uri) == (tmp_path / "back" / "train.mp4", "")
    assert {path.name for path in back.path.parent.iterdir()} == {"train.mp4", "train.json", "train.vtt"}
    assert Video(back.path).probe().seconds == pytest.approx(back.seconds, abs=0.05)


def test_what_a_worker_cannot_reach_is_told_in_a_sentence(
    client: Client, dask: DaskClient, store: ObjectServer, forget: Callable[[], None], tmp_path: Path
) -> None:
    here = Videos([Video(tmp_path / "only-here.mp4")])
    with pytest.raises(VeoError, match=r"^The clip '.*only-here\.mp4' is not there; workers need it"):
        here.frames(on=dask)
    batch = Batch(client, ROWS[:2], "Fox {number}", "foxes", {"seconds": 4}).run().wait(600)
    gone, kept = batch.videos
    store.filesystem.rm_file(gone.uri)
    store.filesystem.rm_file(gone.uri.replace(".mp4", ".json"))
    forget()
    with pytest.raises(VeoError, match=rf"^'{gone.uri}' cannot be read: no such bucket or file"):
        batch.videos.frames(on=dask)
    first, second = batch.sheet(on=dask).items
    assert (first.poster, first.video) == ("", None)
    assert first.reason.startswith(f"{gone.uri!r} cannot be read: no such bucket or file")
    assert (second.reason, second.video) == ("", kept)


def test_a_worker_that_signs_otherwise_makes_no_film(
    client: Client, dask: DaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = Film(client, "pair", ("A", "B"), {"seconds": 4}).run().wait(600)
    for name in ("key", "certificates"):
        (tmp_path / name).write_text("no secret of mine")
        monkeypatch.setenv(f"VEO_SIGNING_{name.upper()}", str(tmp_path / name))
    with pytest.raises(VeoError, match=r"^VEO_SIGNING_KEY, VEO_SIGNING_CERTIFICATES: the worker signs films otherwise"):
        film.render(tmp_path / "film.mp4", on=dask)
    assert not (tmp_path / "film.mp4").exists()
