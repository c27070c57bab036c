"""Clips that a service has put into a bucket: received from there, or copied by the store itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import fsspec
import pytest

from veo_widgets.domain.errors import DownloadError
from veo_widgets.domain.job_record import Sample
from veo_widgets.storage.clips import library
from veo_widgets.storage.clips.bucket_clips import source_in

from ..bucket_stores import emptied
from ..e2e.servers import answers, free_port, until_alive
from ..made_clips import Made
from .test_ledger import record as job_record

# Has a store copy a clip that is in it, and fetches the copy then.
_COPIES = """
import sys
from pathlib import Path
import fsspec
from tests.storage.test_ledger import record
from veo_widgets.domain.job_record import Sample
from veo_widgets.storage.clips.bucket_clips import copied
clip, folder = Path(sys.argv[1]), sys.argv[2]
fsspec.filesystem("gs").put_file(str(clip), "films/out/sample_0.mp4")
made = record(folder=folder, bucket="gs://films/clips")
video = copied(made, Sample(0, "gs://films/out/sample_0.mp4"), 1_700_000_000.0)
assert video.uri == f"gs://films/clips/{video.path.name}", video
assert (video.bytes, video.width, video.height) == (clip.stat().st_size, 320, 180), video
# Nothing of it is on this machine but its recipe.
assert not video.path.exists() and video.recipe["job"] == made.id
assert fsspec.filesystem("gs").cat_file(video.uri) == clip.read_bytes()
assert video.fetch().read_bytes() == clip.read_bytes() and video.sha256
assert copied(made, Sample(0, "https://host/0.mp4"), 0.0) is None
print("copied")
"""


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    yield from emptied()


@pytest.fixture
def google(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An emulator of Google Cloud Storage with a bucket; gives what a program needs to reach it."""
    port, folder = free_port(), tmp_path / "google"
    folder.mkdir()
    command = [str(Path(sys.executable).with_name("gcp-storage-emulator")), "start", "--host=127.0.0.1"]
    command += [f"--port={port}", "--in-memory", "--default-bucket=films"]
    with folder.with_name("server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in until_alive(process, folder):
            if answers(f"{url}/storage/v1/b/films"):
                break
        # Or gcsfs asks by gRPC, for a minute, what kind of bucket it is.
        yield {"STORAGE_EMULATOR_HOST": url, "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
    finally:
        process.kill()
        process.wait()


@pytest.mark.anyio
async def test_a_clip_in_a_bucket_is_received_like_any_other(tmp_path: Path) -> None:
    clip = Made().write(tmp_path / "made.mp4")
    fsspec.filesystem("memory").put_file(str(clip), "/films/out/sample_0.mp4")
    made = replace(job_record(), folder=str(tmp_path / "clips"))
    video = await library.save(
        made, Sample(0, "gs://x"), source_in("memory://films/out/sample_0.mp4"), now=0.0, sleep=anyio.sleep
    )
    assert video.path.read_bytes() == clip.read_bytes()
    with pytest.raises(DownloadError, match="no such bucket or file"):
        await library.save(made, Sample(1), source_in("memory://films/gone.mp4"), now=0.0, sleep=anyio.sleep)


def test_a_store_copies_a_clip_without_this_machine(google: dict[str, str], tmp_path: Path) -> None:
    clip = Made().write(tmp_path / "made.mp4")
    told = subprocess.run(
        [sys.executable, "-c", _COPIES, str(clip), str(tmp_path / "copies")],
        env={**os.environ, **google},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout == "copied\n", told.stderr
