"""Clips in a real object store that speaks S3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.object_server import ObjectServer, object_server
from veo_widgets.config.settings import Settings
from veo_widgets.domain import buckets
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.storage.ledger.ledger import Ledger

# Puts a small file and a large one, and tells by how many megabytes the second made the program larger.
_PUTS = """
import resource, sys
from pathlib import Path
from veo_widgets.domain import buckets
small, large = map(Path, sys.argv[1:])
buckets.put(small, "s3://films/small.bin")
buckets.fetch("s3://films/small.bin", small.with_suffix(".back"), small.stat().st_size, 0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
buckets.put(large, "s3://films/large.bin")
buckets.fetch("s3://films/large.bin", large.with_suffix(".back"), large.stat().st_size, 0)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("store")) as server:
        server.make_bucket("films")
        yield server


@pytest.fixture
def environment(store: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {**store.environment, "VEO_WIDGETS_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
def test_a_clip_is_put_there_and_read_by_its_signed_address(
    make_client: Callable[..., Client], settings: Settings, store: ObjectServer
) -> None:
    client = make_client(replace(settings, folder="s3://films/clips"), hasty=True)
    (video,) = client.generate("A cat", seconds=4)
    data = video.path.read_bytes()
    assert store.filesystem.cat_file(video.uri) == data
    assert store.filesystem.info(video.uri)["ContentType"] == "video/mp4"
    names = sorted(Path(name).name for name in store.filesystem.find("films/clips"))
    assert names == [video.sidecar.name, video.path.name]
    url = buckets.signed(video.uri, 60)
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": "bytes=1-4"})) as answer:
        assert (answer.status, answer.read()) == (206, data[1:5])
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.partition("?")[0])
    video.path.unlink()
    assert video.fetch().read_bytes() == data


@pytest.mark.usefixtures("environment")
def test_the_store_copies_its_own_files_by_itself(store: ObjectServer) -> None:
    store.filesystem.pipe_file("films/a.bin", b"0123456789")
    buckets.copy("s3://films/a.bin", "s3://films/copies/b.bin")
    assert store.filesystem.cat_file("films/copies/b.bin") == b"0123456789"
    with buckets.reading("s3://films/a.bin") as file:
        file.seek(8)
        assert file.read() == b"89"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "not-the-secret-of-this-store"}, "access denied"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
        ({"AWS_ACCESS_KEY_ID": "reader"}, "access denied: Access Denied"),
    ],
)
def test_a_store_that_cannot_be_written_is_refused_before_anything_is_sent(
    store: ObjectServer, emulator: Emulator, tmp_path: Path, changed: dict[str, str], why: str
) -> None:
    """In a program of its own, since fsspec keeps the first settings that it finds."""
    bucket = "s3://films/other"
    changed = {name: store.reader if value == "reader" else value for name, value in changed.items()}
    program = f"""
import veo_widgets as veo
from veo_widgets.errors import InvalidRequestError
veo.configure(provider="emulator", base_url={emulator.base_url!r}, folder={bucket!r})
try:
    veo.submit("A cat", seconds=4)
except InvalidRequestError as error:
    print(error)
"""
    variables = {**store.environment, "VEO_WIDGETS_HOME": str(tmp_path), "PATH": "/usr/bin", **changed}
    told = subprocess.run(
        [sys.executable, "-c", program], env=variables, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert f"folder: nothing can be written to {bucket!r} (" in told.stdout
    assert why in told.stdout
    assert "so nothing was sent." in told.stdout
    assert store.secret not in told.stdout + told.stderr
    assert store.key.removeprefix("owner") not in told.stdout + told.stderr
    assert not any(entry.kind == "create" for entry in emulator.journal())


@pytest.mark.usefixtures("environment")
def test_a_worker_puts_up_what_was_left_over(
    make_client: Callable[..., Client], settings: Settings, store: ObjectServer
) -> None:
    client = make_client(replace(settings, folder="s3://films/left"), hasty=True)
    job = client.submit("A cat", seconds=4).wait(600)
    record = job.record
    (video,) = record.videos
    client.close()
    # As it stands when the bucket could not be written.
    store.filesystem.rm_file(video.uri)
    with closing(Ledger(client.asynchronous.home / "ledger.sqlite3")) as ledger:
        ledger.reopen(replace(record, videos=(replace(video, uri=""),)), "left over")
    told = _work_once(AWS_ACCESS_KEY_ID=store.reader)
    assert told.returncode == 1
    assert f"veo worker: Job {job.id}: " in told.stderr
    assert "could not be put into 's3://films/left': access denied" in told.stderr
    assert _work_once().returncode == 0
    assert store.filesystem.cat_file(video.uri) == video.path.read_bytes()


def _work_once(**changed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "veo_widgets.api.cli", "worker", "--once"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **changed})


@pytest.mark.usefixtures("environment")
def test_memory_stays_the_same_however_long_a_clip_is(tmp_path: Path) -> None:
    small, large = tmp_path / "small.bin", tmp_path / "large.bin"
    small.write_bytes(bytes(20 << 20))
    with large.open("wb") as file:
        file.truncate(200 << 20)
    told = subprocess.run(
        [sys.executable, "-c", _PUTS, str(small), str(large)], capture_output=True, text=True, check=True
    )
    assert int(told.stdout) < 60, told.stdout


@pytest.mark.usefixtures("environment")
def test_nothing_of_the_key_is_kept(
    make_client: Callable[..., Client], settings: Settings, store: ObjectServer
) -> None:
    client = make_client(replace(settings, folder="s3://films/clips"), hasty=True)
    job = client.submit("A cat", seconds=4).wait(600)
    record = client.asynchronous.home / "ledger.sqlite3"
    kept = b"".join(path.read_bytes() for path in (record, record.with_name(record.name + "-wal")) if path.exists())
    recipe = json.dumps(job.videos[0].recipe)
    assert store.secret.encode() not in kept
    assert store.key.encode() not in kept
    assert store.secret not in recipe


def test_without_the_extra_the_package_is_named(tmp_path: Path) -> None:
    """In an interpreter that finds none of fsspec."""
    program = """
import sys
sys.modules["fsspec"] = None
import veo_widgets as veo
try:
    veo.configure(provider="emulator", folder="s3://films")
except ImportError as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={"VEO_WIDGETS_HOME": str(tmp_path), "PATH": "/usr/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "folder: 's3://films' needs an optional package: pip install 'veo-widgets[cloud]'\n"


def test_a_kind_of_store_that_there_is_not_is_refused_at_once(make_client: Callable[..., Client]) -> None:
    with pytest.raises(InvalidRequestError, match="Did you mean 's3'"):
        buckets.known("s4://films", "folder")
