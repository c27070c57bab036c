"""A clip in a bucket, played in real JupyterLab from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response

from ..object_server import ObjectServer, object_server
from .conftest import Notebook, plays

LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure(provider='emulator', folder='s3://films/clips')"
CELL = "%%veo --seconds 4 --seed 7 --into clip --wait\nA cat playing with a ball of yarn in a sunny garden"
VIDEO = ".jp-OutputArea-output .veo-root video"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("store")) as server:
        server.make_bucket("films")
        yield server


def told(store: ObjectServer, path: Path) -> str:
    """The first cell, which takes the key from a file, as people have it in their settings."""
    path.write_text(json.dumps(store.environment))
    return f"import json, os\nos.environ.update(json.load(open({str(path)!r})))\n{LOAD}"


@pytest.mark.parametrize("allowed", [True, False])
def test_a_clip_is_played_from_its_bucket(
    notebook_alone: Notebook, store: ObjectServer, tmp_path: Path, allowed: bool
) -> None:
    """By a signed address with ranges where the bucket allows the page, which no notebook holds; else by the kernel."""
    page, lab = notebook_alone.page, notebook_alone.lab
    store.allow("films", [lab.url.rstrip("/")] if allowed else ["https://elsewhere.test"])
    answers: list[Response] = []
    page.on("response", lambda reply: urlsplit(reply.url).netloc == store.netloc and answers.append(reply))
    path: Path = notebook_alone.write(
        "bucket.ipynb", told(store, tmp_path / "key.json"), CELL, "print(clip.videos[0].uri)"
    )
    notebook_alone.open("bucket.ipynb")
    notebook_alone.command("notebook:run-all-cells")
    page.locator(VIDEO).wait_for()
    source = plays(page.locator(VIDEO))
    notebook_alone.command("docmanager:save")
    text = path.read_text("utf-8")
    assert "s3://films/clips/" in text
    assert store.secret not in text
    if not allowed:
        assert source.startswith("blob:")
        return
    assert source.startswith(f"{store.url}/films/clips/")
    assert {reply.status for reply in answers} == {206}
    assert all(reply.request.headers["range"].startswith("bytes=") for reply in answers)
    # The signature is in the page for as long as it is shown, and in nothing that stays.
    signature = urlsplit(source).query
    assert "Signature=" in signature
    assert "Signature=" not in text
    assert "Signature=" not in json.dumps(page.evaluate("() => window.jupyterapp.shell.currentWidget.model.toJSON()"))
    # A frame of it can be grabbed: the browser was allowed to read the clip.
    drawn = """video => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").drawImage(video, 0, 0);
        return canvas.toDataURL("image/jpeg").length;
    }"""
    assert page.locator(VIDEO).evaluate(drawn) > 1000
