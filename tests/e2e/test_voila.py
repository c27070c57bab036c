"""Voila: a notebook as a web page, with its own kernel for each visitor and no file of the server's in reach."""

from __future__ import annotations

import os
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Page, expect

from .conftest import KERNELSPEC, keep_picture, plays
from .servers import free_port, own_places, serving

LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator')"
STUDIO = "veo.Studio('A fox in the snow', duration_seconds=4)"
PRICES = (
    "veo.film('prices', ['A sign says $5 off, $10 for two', 'A cat'], seconds=4)",
    "veo.show(veo.submit('A sign says $5 off, $10 for two', seconds=4).wait())",
    # What shows that mathematics is set by now.
    "from IPython.display import HTML\nHTML('<p id=\"control\">from $a$ to $b$</p>')",
)


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("voila") / "root"
    root.mkdir()
    made = nbformat.v4.new_notebook(metadata=KERNELSPEC)
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in (LOAD, STUDIO, *PRICES)]
    nbformat.write(made, root / "app.ipynb")
    port = free_port()
    arguments = ("app.ipynb", "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}")
    # An answer of the server starts a kernel, so that it is asked for what costs nothing.
    ready = f"http://127.0.0.1:{port}/voila/static/voila.js"
    with serving("voila", *arguments, folder=root, url=ready, environment=own_places(root)):
        yield f"http://127.0.0.1:{port}/"


def test_a_clip_is_generated_and_plays_from_messages(tab: Page, voila: str) -> None:
    tab.goto(f"{voila}?theme=dark")
    studio = tab.locator(".veo-studio")
    studio.get_by_role("button", name="Generate").click()
    assert plays(studio.locator("video")).startswith("blob:")
    expect(tab.locator(".veo-root").first).to_have_css("color-scheme", "dark")
    keep_picture(tab, "voila-dark")
    player = studio.locator(".veo-player")
    player.press("g")
    tab.get_by_role("menuitem", name="First frame").click()
    expect(studio.get_by_role("img", name="frame0048")).to_be_visible()
    if os.environ.get("VEO_SCREENSHOTS"):
        tab.goto(voila)
        plays(studio.locator("video"))
        keep_picture(tab, "voila-light")


def test_no_price_becomes_a_formula(tab: Page, voila: str) -> None:
    tab.goto(voila)
    expect(tab.locator("#control mjx-container")).to_have_count(2)
    expect(tab.locator("mjx-container")).to_have_count(2)
    expect(tab.get_by_text("$0.80 in all, $0.80 of it still to pay")).to_be_visible()
    expect(tab.locator("[class^=veo-saved-]").last).to_contain_text("$5 off, $10 for two")
    keep_picture(tab, "voila-prices-light")
