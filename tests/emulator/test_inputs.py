"""Clips of other programs handed to the emulator: drawn, or a failed interaction with nothing on standard error."""

from __future__ import annotations

import base64
import io
from fractions import Fraction
from pathlib import Path

import av
import pytest

from ..made_clips import Made

KINDS = {
    "in fragments": Made(seconds=3, flags="frag_keyframe+empty_moov"),
    "in fragments, 30 a second": Made(seconds=3, flags="frag_keyframe+empty_moov", fps=Fraction(30)),
    "at changing intervals": Made(seconds=3, jitter=True, fps=Fraction(30)),
    "cut by an edit list": Made(seconds=3, hidden=0.7),
    "sound that ends early": Made(seconds=3, late=1.5),
    "without sound": Made(seconds=3, sound=0),
}


def edit(data: bytes, front: str = "") -> list[dict]:
    video = {"type": "video", "data": base64.b64encode(data).decode(), "mime_type": "video/mp4"}
    return [{"type": "text", "text": f"{front}make it night"}, video]


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_of_an_unusual_clip_is_as_long_as_the_clip(full, kind: str, tmp_path: Path) -> None:
    data = KINDS[kind].write(tmp_path / "clip.mp4").read_bytes()
    with av.open(io.BytesIO(full.omni_clip(full.omni_done(edit(data))))) as made:
        video = made.streams.video[0]
        assert (video.width, video.height) == (1280, 720)
        assert float(video.duration * video.time_base) == pytest.approx(3, abs=0.05)
        assert sum(1 for _ in made.decode(video=0)) == video.frames


@pytest.mark.parametrize("front", ["", "---\nseconds: 0.01\n---\n"])
def test_a_clip_that_breaks_off_while_it_is_drawn_ends_as_a_failed_job(full, front: str, tmp_path: Path, capfd) -> None:
    data = bytearray(Made(seconds=3).write(tmp_path / "clip.mp4").read_bytes())
    media, size = data.index(b"mdat"), len(data)
    end = media + int.from_bytes(data[media - 4 : media], "big") - 4
    # The first pictures stay whole, so that the create takes it.
    cut = bytes(data[: (media + end) // 2]) + bytes([0xFF]) * (end - (media + end) // 2) + bytes(data[end:])
    assert len(cut) == size
    reply = full.omni_create(edit(cut, front))
    assert reply.status_code == 200, reply.text
    while (found := full.omni_get(reply.json()["id"]))["status"] == "in_progress":
        pass
    assert found["status"] == "failed"
    assert "never retrieved" not in capfd.readouterr().err
