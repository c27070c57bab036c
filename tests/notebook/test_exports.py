"""Saved notebooks as pages: what their readers take of the outputs, and that it can be read."""

from __future__ import annotations

import os
import re
from html import unescape

import nbformat
import pytest
from nbconvert import HTMLExporter, LatexExporter, MarkdownExporter, SlidesExporter

from veo_widgets.emulator import Emulator

from ..kernels import execute, notebook

PROMPT = "A cat playing <with> a ball & yarn"
CELLS = (
    "%load_ext veo_widgets\nimport veo_widgets as veo",
    f"%%veo --seconds 4 --seed 7 --wait\n{PROMPT}",
    "%%veo --seconds 4 --wait\n---\noutcome: filtered\n---\nA cat in trouble",
    "veo.Player(veo.jobs()[-1])",
    "veo.show(veo.jobs()[-1])",
    "veo.jobs()[-1].videos[0]",
)
EXPORTERS = {"html": HTMLExporter, "slides": SlidesExporter, "markdown": MarkdownExporter}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared_emulator: Emulator) -> nbformat.NotebookNode:
    folder = tmp_path_factory.mktemp("made")
    places = {"VEO_EMULATOR_URL": shared_emulator.base_url, "VEO_WIDGETS_HOME": str(folder / "home")}
    environment = {"VEO_PROVIDER": "emulator", **places}
    whole = notebook(*CELLS)
    whole.cells[2].metadata["tags"] = ["raises-exception"]
    return execute(whole, folder, {**os.environ, **environment})


def readable(page: str) -> str:
    """What a reader sees of it, roughly."""
    body = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[a-z/!][^>]*>", "", body))


@pytest.mark.parametrize("kind", EXPORTERS)
def test_every_page_has_the_card_once(made: nbformat.NotebookNode, kind: str) -> None:
    exporter = EXPORTERS[kind]()
    exporter.exclude_input = True
    page, _ = exporter.from_notebook_node(made)
    text = readable(page)
    # The cell, the job again, and neither in a second form.
    assert text.count(PROMPT) == 3
    assert page.count("<video") == 4
    assert "$0.40 · emulator: nothing was charged" in text
    assert "JobView(" not in text


def test_a_page_without_risky_html_can_be_read(made: nbformat.NotebookNode) -> None:
    exporter = HTMLExporter(sanitize_html=True)
    exporter.exclude_input = True
    page, _ = exporter.from_notebook_node(made)
    text = readable(page)
    assert text.count(PROMPT) == 3
    assert "data:image" not in text
    assert len(text) < 5000
    print(text)
    # What is not allowed is written out: the player, with nothing but the clip's address, and an empty style sheet. The
    # classes around them hide both; tests/hosts/test_exports.py looks at that in a browser.
    assert set(re.findall(r"<(\w+)", text)) <= {"video", "style", "with"}
    assert set(re.findall("<style>(.*?)</style>", text)) == {""}
    assert re.search(r'<a href="veo_clips/[^"]*\.mp4">', page)


def test_latex_draws_the_still(made: nbformat.NotebookNode) -> None:
    # Of the live views, which the stills are for.
    with pytest.warns(UserWarning, match=r"widget-view\+json', 'text/html'\]\) is not able to be represented"):
        page, resources = LatexExporter().from_notebook_node(made)
    stills = list(resources["outputs"].values())
    assert len(stills) == 4
    assert all(data.startswith(b"\xff\xd8\xff") for data in stills)
    assert page.count(r"\adjustimage{") == 4
    assert "JobView(" not in page
