"""What a form and a studio leave in a saved notebook: in real kernels, and of clients with a ledger of their own."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from PIL import Image as Pillow

from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import Form, Studio
from veo_widgets.notebook.widgets.forms import saved_forms
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job
from veo_widgets.storage.clips.poster import data_address, smaller

from ..kernels import execute, notebook
from .test_exports import readable
from .test_player import png

MAX_BYTES = 40_000
HOSTILE = '<img src=x onerror=alert(1)> & "$5" or $6'
LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo"


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def environment(tmp_path: Path, emulator: Emulator) -> dict[str, str]:
    places = {"VEO_WIDGETS_HOME": str(tmp_path / "home"), "IPYTHONDIR": str(tmp_path / "ipython")}
    return {**os.environ, **places, "VEO_PROVIDER": "emulator", "VEO_EMULATOR_URL": emulator.base_url}


@pytest.fixture
def job(client: Client) -> Job:
    return client.submit("A cat", seed=7, duration_seconds=4).wait()


@pytest.fixture
def studio(job: Job, client: Client) -> Iterator[Studio]:
    made = Studio(client=client)
    yield made
    made.close()


def size_of(output: dict[str, str]) -> int:
    return sum(len(data.encode()) for data in output.values())


def test_a_form_leaves_its_draft_in_words(client: Client) -> None:
    form = Form(HOSTILE, client=client, name="draft", seconds=4, seed=7, negative_prompt="<b>rain</b>")
    output = form.saved_output()
    assert set(output) == {"text/html", "text/plain"}
    assert output["text/plain"] == f"Form({HOSTILE!r})"
    html = output["text/html"]
    assert f'class="{form.saved_class}"' in html
    # Dollar signs are kept apart, so that no viewer sets mathematics between them.
    assert re.search(r"<(img|b|script)\b", html) is None
    text = readable(html)
    assert HOSTILE in text
    assert "veo-3.1-fast-generate-001 · $0.40 · on a real account; the emulator is free" in text
    assert "Length 4 s" in text
    assert "Seed 7" in text
    assert "<b>rain</b>" in text
    form.close()


def test_what_cannot_be_planned_yet_is_saved_without_a_price(client: Client) -> None:
    form = Form(client=client, name="empty")
    assert "Nothing was written yet." in form.saved_output()["text/html"]
    form.fill(prompt="A cat", model="no-such-model", seed=3)
    text = readable(form.saved_output()["text/html"])
    assert "no-such-model" in text
    assert "Seed 3" in text
    assert "$" not in text
    form.close()


@pytest.mark.parametrize("letter", ["$", '"', "&", "🐈", "字"])
def test_the_longest_draft_stays_small(client: Client, letter: str) -> None:
    form = Form(letter * 100_000, client=client, name="long", negative_prompt=letter * 100_000)
    assert size_of(form.saved_output()) < MAX_BYTES
    form.close()


def test_a_studio_leaves_its_clips_with_still_prompt_link_and_price(studio: Studio, job: Job) -> None:
    output = studio.saved_output()
    assert output["text/plain"] == "Studio('')"
    # For LaTeX, which draws nothing else of it.
    assert output["image/jpeg"] == job.videos[0].still
    html = output["text/html"]
    assert f'class="{studio.saved_class}"' in html
    assert len(re.findall(r"url\(data:image/jpeg;base64,[A-Za-z0-9+/=]{1000,}\)", html)) == 1
    assert job.videos[0].path.name in html
    text = readable(html)
    assert "A cat" in text
    assert "$0.40 · emulator: nothing was charged" in text


def test_many_clips_are_a_handful_of_cards_and_a_number(job: Job) -> None:
    """Each with a still full of detail and a prompt that takes much room in HTML."""
    still = data_address(detailed())
    (video,) = job.videos
    assert len(still) > 13_000
    video.path.with_suffix(".json").write_text(f'{{"poster": "{still}"}}')
    request = replace(job.request, prompt="$&" * 5000)
    many = [replace(job.record, request=request, videos=(video,)) for _ in range(17)]
    output = saved_forms.jobs(many, "veo-saved-x", "Studio('')")
    assert output["text/html"].count("url(data:image/jpeg;base64,") == 5
    assert output["text/html"].count("<video") == 5
    assert "and 12 more" in readable(output["text/html"])
    assert "image/jpeg" not in output
    assert size_of(output) < MAX_BYTES
    assert size_of(saved_forms.jobs(many[:1], "veo-saved-x", "Studio('')")) < MAX_BYTES


def detailed() -> bytes:
    """A JPEG of noise, about as large as a poster may be."""
    with Pillow.open(io.BytesIO(png((200, 112)))) as noise:
        for quality in range(95, 5, -1):
            buffer = io.BytesIO()
            noise.save(buffer, "JPEG", quality=quality)
            if buffer.tell() <= 10_000:
                return buffer.getvalue()
    raise AssertionError("never small enough")


def test_a_poster_is_made_smaller_once_it_is_too_large_and_else_left_alone() -> None:
    poster = data_address(detailed())
    assert smaller(poster, 480, 10_000) == poster
    assert 1_000 < len(smaller(poster, 240, 3_200)) < 4_400 < len(poster)
    broken = data_address(b"\xff\xd8\xff" + b"no picture" * 500)
    assert smaller(broken, 240, 3_200) == broken


def test_the_saved_output_follows_drafts_and_jobs(client: Client) -> None:
    studio = Studio(client=client)
    told: list[tuple[dict[str, str], bool]] = []
    studio.follow_saved(lambda *, again: told.append((studio.saved_output(), again)))
    studio.fill(prompt="A dog")
    assert "A dog" in told[-1][0]["text/html"]
    sent = client.submit("A cat", seconds=4)
    client.call(studio.submitted, sent.id)
    assert f"Job {sent.id}" in told[-1][0]["text/html"]
    studio.jobs[0].wait()
    # The wait tells it once more for the cell that has waited, after the background.
    assert told[-1][1]
    assert sent.videos[0].path.name in told[-1][0]["text/html"]
    before = len(told)
    studio.fill(prompt="A draft that the cards of the jobs say nothing of")
    assert len(told) == before
    studio.close()
    studio.saved_changed()
    assert len(told) == before


def test_notebooks_that_no_browser_has_seen_hold_the_cards(tmp_path: Path, environment: dict[str, str]) -> None:
    """The draft as it stands when the notebook ends, and the clip that a later cell has waited for."""
    cells = (
        LOAD,
        "form = veo.Form('A first thought', seconds=4)\nform",
        "form.fill(prompt='A second thought')",
        "job = veo.submit('---\\nseconds: 2\\n---\\nA slow cat', seconds=4)",
        "studio = veo.Studio()\nstudio",
        "studio.jobs[0].wait(600); None",
    )
    made = execute(notebook(*cells), tmp_path, environment)
    (live, form), (_, studio) = made.cells[1].outputs, made.cells[4].outputs
    assert "text/plain" not in live.data
    assert "A second thought" in form.data["text/html"]
    assert form.data["text/plain"] == "Form('A second thought')"
    assert studio.data["text/plain"] == "Studio('')"
    clip = next((tmp_path / "veo_clips").glob("*.mp4"))
    assert f'src="veo_clips/{clip.name}"' in studio.data["text/html"]
    assert "had not ended" not in studio.data["text/html"]
    nbformat.write(made, tmp_path / "made.ipynb")
    assert (tmp_path / "made.ipynb").stat().st_size < MAX_BYTES
    for careful in (False, True):
        page, _ = HTMLExporter(sanitize_html=careful, exclude_input=True).from_notebook_node(made)
        text = readable(page)
        assert text.count("A second thought") == 1
        assert text.count("$0.40 · emulator: nothing was charged") == 1
        assert page.count(f'<a href="veo_clips/{clip.name}">') == 1
        assert "data:image" not in text
        assert "Studio(" not in text
        assert "display:none" not in text
    # The wait says how it went and shows no card of its own.
    assert "<video" not in str(made.cells[5].outputs)


def test_papermill_keeps_the_cards(tmp_path: Path, environment: dict[str, str]) -> None:
    made = notebook(LOAD, "veo.Studio('A cat that papermill has seen', seconds=4)")
    nbformat.write(made, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--no-progress-bar"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    outputs = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[1].outputs
    assert "A cat that papermill has seen" in outputs[-1].data["text/html"]
