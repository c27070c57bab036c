"""What clips say of themselves is read once for each file, and never on a client's loop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain.media import Video
from veo_widgets.notebook.widgets import JobView, job_state
from veo_widgets.session.client import Client

NONE = [["Content Credentials", "none"]]
# A box that is a manifest by its kind, with nothing in it that could be read.
UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
MANIFEST = b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x1cuuid" + UUID + bytes(4)


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_clip_that_keeps_its_reader_waiting_does_not_keep_the_loop(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    os.mkfifo(path)

    async def described() -> dict[str, Any]:
        return job_state.clip(Video(path))

    drawn = client.start(described)
    try:
        assert drawn.result(600)["credentials"] is None
    finally:
        # Whoever waits for a writer goes on when one has come and gone.
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(MANIFEST.replace(b"uuid", b"free"))
    assert job_state.read_credentials(Video(path)) == NONE
    before = path.stat()
    path.write_bytes(MANIFEST)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert job_state.read_credentials(Video(path)) == NONE
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))
    assert job_state.read_credentials(Video(path)) != NONE


def test_a_view_shows_them_when_they_have_been_read(client: Client) -> None:
    shown = threading.Event()
    job = client.submit("A cat", duration_seconds=4)
    view = JobView(job)

    def look(_: object = None) -> None:
        clips = view.job["clips"]
        if clips and clips[0]["credentials"] == NONE:
            shown.set()

    view.observe(look, "job")
    job.wait()
    look()
    assert shown.wait(600)
    view.close()
