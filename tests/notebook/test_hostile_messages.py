"""A page that forges messages and state, before a real kernel: nothing is sent, read or believed that should not be."""

from __future__ import annotations

import json
import os
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from veo_widgets.emulator import Emulator
from veo_widgets.storage.clips.poster import MAX_BYTES, data_address

from ..kernels import started_kernel

SECRET = "a secret that no page may read"
JPEG = b"\xff\xd8\xff\xe0" + b"picture"
BEGIN = """
import json, time
import ipywidgets
import veo_widgets as veo
from veo_widgets.notebook.widgets import JobView, Player
job = veo.submit("A cat", seconds=4).wait(600)
view, player = JobView(job), Player(job)
print(json.dumps([view.comm.comm_id, player.comm.comm_id, str(job.videos[0].path), job.id]))
"""
SEEN = """
print(json.dumps({
    "jobs": len(veo.jobs()), "shown": view.job["id"], "followed": view._job.id, "clips": view.job["clips"][0]["path"],
    "player": [clip["path"] for clip in player.clips], "script": len(view._esm), "prompt": player.prompt,
    "views": sum(isinstance(widget, JobView) for widget in ipywidgets.widgets.widget._instances.values()),
    "poster": job.videos[0].poster,
}))
"""


class Page:
    """What a browser does with a kernel, at its worst."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.heard: list[dict[str, Any]] = []

    def run(self, code: str) -> Any:
        said: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                said.append(message["content"]["text"])
            else:
                self.heard.append(message)

        reply = self.client.execute_interactive(code, timeout=600, output_hook=hook)
        assert reply["content"]["status"] == "ok", reply["content"]
        return json.loads("".join(said) or "null")

    def say(self, kind: str, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        message = self.client.session.msg(kind, content)
        message["buffers"] = buffers or []
        self.client.shell_channel.send(message)

    def send(self, comm: str, content: Any, buffers: list[bytes] | None = None) -> None:
        self.say("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}}, buffers)

    def update(self, comm: str, state: dict[str, Any]) -> None:
        self.say("comm_msg", {"comm_id": comm, "data": {"method": "update", "state": state, "buffer_paths": []}})

    def answers(self, kind: str, seconds: float = 600.0, count: int = 1) -> list[dict[str, Any]]:
        """The widget's messages of a kind, once there are so many or the time is over."""
        end = time.monotonic() + seconds
        while True:
            told = [message for message in self.heard if _content(message).get("kind") == kind]
            if len(told) >= count or time.monotonic() > end:
                self.heard.clear()
                return told
            try:
                self.heard.append(self.client.get_iopub_msg(timeout=0.1))
            except queue.Empty:
                continue


def _content(message: dict[str, Any]) -> dict[str, Any]:
    found = message["content"].get("data", {})
    content = found.get("content") if isinstance(found, dict) else None
    return content if isinstance(content, dict) else {}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory, shared_emulator: Emulator) -> Iterator[tuple[Page, list[str]]]:
    folder = tmp_path_factory.mktemp("hostile")
    environment = {
        **os.environ,
        "VEO_WIDGETS_HOME": str(folder / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": shared_emulator.base_url,
        "IPYTHONDIR": str(folder / "ipython"),
    }
    (folder / "secret.txt").write_text(SECRET)
    manager, client = started_kernel(env=environment, cwd=str(folder))
    page = Page(client)
    yield page, page.run(BEGIN)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_forged_state_is_not_believed(kernel: tuple[Page, list[str]]) -> None:
    page, (view, player, _, job_id) = kernel
    before = page.run(SEEN)
    clip = {"sample": 0, "path": "/etc/passwd", "files_path": "/etc/passwd", "sha256": "", "bytes": 1}
    forged = {"id": "evil", "state": "failed", "can": {"retry": True}, "clips": [clip], "prompt": "<script>"}
    for state in ({"job": forged}, {"job": None}, {"job": []}, {"_esm": "alert(1)", "_css": "*{}"}, {"comm": 1}, {}):
        page.update(view, state)
    page.update(player, {"clips": [clip], "prompt": "evil", "model": 7, "_esm": "alert(1)"})
    for command in ("retry", "cancel", "resume"):
        page.send(view, {"kind": command, "job": "evil"})
        page.send(view, {"kind": command, "id": "evil", "prompt": "A film"})
    assert page.run(SEEN) == before
    assert (before["jobs"], before["shown"], before["followed"], before["views"]) == (1, job_id, job_id, 1)


def test_a_page_makes_no_widget_and_no_job(kernel: tuple[Page, list[str]]) -> None:
    page, _ = kernel
    before = page.run(SEEN)
    for module, name, view in (
        ("anywidget", "AnyModel", "AnyView"),
        ("veo_widgets.notebook.widgets.job_view", "JobView", "JobView"),
        ("veo_widgets", "Player", "AnyView"),
    ):
        names = {"_model_module": module, "_model_name": name, "_view_module": module, "_view_name": view}
        state = {**names, "_model_module_version": "*", "_view_module_version": "*", "job": {"id": "evil"}}
        opened = {"comm_id": f"forged-{name}", "target_name": "jupyter.widget", "data": {"state": state}}
        page.say("comm_open", {**opened, "metadata": {"version": "2.1.0"}})
        page.send(f"forged-{name}", {"kind": "retry", "job": "evil"})
    assert page.run(SEEN) == before


ODD: list[Any] = [
    {"kind": "need-bytes", "sample": sample, "request": "r"}
    for sample in (1, -1, 10**30, 1.0, True, None, "0", "../../secret.txt", "/etc/passwd", [0], {"a": 1})
] + [
    {"kind": "need-bytes", "sample": 0, "request": "r", "path": "secret.txt"},
    {"kind": "need-bytes", "sample": 0, "request": ["r"]},
    {"kind": "need-bytes", "sample": 0, "request": "r" * 65},
    {"kind": "submit", "prompt": "A film"},
    {"kind": ["retry"]},
    {"kind": None},
    [],
    None,
    7,
    "retry",
]


def test_odd_messages_bring_nothing(kernel: tuple[Page, list[str]]) -> None:
    page, (view, player, _, _) = kernel
    before = page.run(SEEN)
    for content in ODD:
        for comm in (view, player):
            page.send(comm, content, [b"\0" * 100])
            page.send(comm, content)
    assert page.run(SEEN) == before
    assert page.answers("bytes", 0.5) == []


def test_only_a_small_jpeg_is_a_poster_and_only_the_first(kernel: tuple[Page, list[str]]) -> None:
    page, (view, _, clip, _) = kernel
    sidecar = Path(clip).with_suffix(".json")
    recipe = json.loads(sidecar.read_text("utf-8"))
    sidecar.write_text(json.dumps({**recipe, "poster": ""}), "utf-8")
    drawing, long = b"<svg onload='alert(1)'/>", JPEG + bytes(MAX_BYTES)
    for buffers in ([JPEG + bytes(9_000_000)], [long], [drawing], [b""], [], [JPEG, JPEG], [JPEG[:2]]):
        page.send(view, {"kind": "poster", "sample": 0}, buffers)
    assert page.run(f"time.sleep(0.3)\n{SEEN}")["poster"] == ""
    for picture in (JPEG, JPEG + b"another"):
        page.send(view, {"kind": "poster", "sample": 0}, [picture])
    while (seen := page.run(SEEN))["poster"] == "":
        pass
    assert seen["poster"] == data_address(JPEG)


def test_a_flood_is_cut_and_the_kernel_goes_on(kernel: tuple[Page, list[str]]) -> None:
    page, (view, _, clip, _) = kernel
    # In portions, each heard to its end: ZeroMQ throws away what lies unread in a queue of a thousand messages.
    for portion in range(8):
        for number in range(50):
            page.send(view, {"kind": "need-bytes", "sample": 0, "request": f"flood-{portion}-{number}"})
            page.send(view, {"kind": "ready"})
        assert page.run(SEEN)["jobs"] == 1
    last, end = None, time.monotonic() + 600
    # What is asked for while the flood is being answered is cut like the rest of it.
    while last is None and time.monotonic() < end:
        page.send(view, {"kind": "need-bytes", "sample": 0, "request": "after"})
        told = page.answers("bytes", 10)
        last = next((message for message in told if _content(message)["request"] == "after"), None)
    assert last
    assert b"".join(map(bytes, last["buffers"])) == Path(clip).read_bytes()


def test_no_other_file_is_read_in_a_clips_place(kernel: tuple[Page, list[str]]) -> None:
    page, (view, _, clip, _) = kernel
    path = Path(clip)
    aside = path.rename(path.with_name("aside.mp4"))
    secret = path.parents[1] / "secret.txt"
    try:
        for number, replace in enumerate((lambda: path.symlink_to(secret), lambda: os.mkfifo(path), lambda: None)):
            replace()
            page.send(view, {"kind": "need-bytes", "sample": 0, "request": f"other-{number}"})
            (answer,) = page.answers("bytes-failed")
            assert "not a clip" in _content(answer)["message"] or "gone" in _content(answer)["message"]
            assert SECRET not in str(answer)
            path.unlink(missing_ok=True)
    finally:
        aside.rename(path)


def test_a_retry_is_of_the_views_own_job_once_and_within_the_budget(kernel: tuple[Page, list[str]]) -> None:
    page, (view, _, _, job_id) = kernel
    for _ in range(20):
        page.send(view, {"kind": "retry", "job": job_id})
    # Time for a second one, once there is the first.
    wait = "while len(veo.jobs()) < 2: time.sleep(0.05)\ntime.sleep(1)\n"
    told = page.run(f"{wait}print(json.dumps([job.record.retry_of for job in veo.jobs()]))")
    assert told == [job_id, ""]
