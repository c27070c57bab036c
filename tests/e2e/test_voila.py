"""Voila: a notebook as a web page, with its own kernel for each visitor and no file of the server's in reach."""

from __future__ import annotations

import os
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Page, expect

from veo_widgets.emulator import Emulator

from ..kernels import HASTE
from .conftest import KERNELSPEC, keep_picture, plays
from .servers import free_port, own_places, serving
from .tables import make_and_play

LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator')"
STUDIO = "veo.Studio('A fox in the snow', duration_seconds=4)"
MADE = (
    "veo.batch(['An otter', 'A lynx'], name='animals', seconds=4)",
    "veo.film('animals', ['An otter', 'A lynx'], seconds=4)",
)
PRICES = (
    "veo.film('prices', ['A sign says $5 off, $10 for two', 'A cat'], seconds=4)",
    "veo.show(veo.submit('A sign says $5 off, $10 for two', seconds=4).wait())",
    # What shows that mathematics is set by now.
    "from IPython.display import HTML\nHTML('<p id=\"control\">from $a$ to $b$</p>')",
)


PAID = "%%veo --model veo-3.1-fast-generate-preview --seconds 4 --allow-retired --wait\nA fox in the snow"


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory, service: Emulator) -> Iterator[str]:
    root = tmp_path_factory.mktemp("voila") / "root"
    root.mkdir()
    account = f"veo.configure(provider='gemini', api_key='a-key', base_url={service.base_url!r})"
    paid = (f"{HASTE}\n%load_ext veo_widgets\nimport veo_widgets as veo\n{account}", PAID)
    for name, cells in {"app": (LOAD, STUDIO, *PRICES), "made": (LOAD, *MADE), "paid": paid}.items():
        made = nbformat.v4.new_notebook(metadata=KERNELSPEC)
        made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(made, root / f"{name}.ipynb")
    port = free_port()
    arguments = (".", "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}")
    # An answer of the server starts a kernel, so that it is asked for what costs nothing.
    ready = f"http://127.0.0.1:{port}/voila/static/voila.js"
    with serving("voila", *arguments, folder=root, url=ready, environment=own_places(root)):
        yield f"http://127.0.0.1:{port}/voila/render"


def test_a_clip_is_generated_and_plays_from_messages(tab: Page, voila: str) -> None:
    tab.goto(f"{voila}/app.ipynb?theme=dark")
    studio = tab.locator(".veo-studio")
    studio.get_by_role("button", name="Generate").click()
    assert plays(studio.locator("video")).startswith("blob:")
    expect(tab.locator(".veo-root").first).to_have_css("color-scheme", "dark")
    form, clip = studio.locator(".veo-form").bounding_box(), studio.locator(".veo-player").bounding_box()
    assert form
    assert clip
    assert form["x"] + form["width"] <= clip["x"]
    keep_picture(tab, "voila-dark")
    player = studio.locator(".veo-player")
    player.press("g")
    tab.get_by_role("menuitem", name="First frame").click()
    expect(studio.get_by_role("img", name="frame0048")).to_be_visible()
    if os.environ.get("VEO_SCREENSHOTS"):
        tab.goto(f"{voila}/app.ipynb")
        plays(studio.locator("video"))
        keep_picture(tab, "voila-light")


def test_no_price_becomes_a_formula(tab: Page, voila: str) -> None:
    tab.goto(f"{voila}/app.ipynb")
    expect(tab.locator("#control mjx-container")).to_have_count(2)
    # In the board, and in what is saved of it, which is hidden once the board is there.
    expect(tab.locator(".veo-board-foot")).to_contain_text("$0.80")
    expect(tab.get_by_text("$0.80 in all, $0.80 of it still to pay")).to_have_count(1)
    expect(tab.locator("[class^=veo-saved-]").last).to_contain_text("$5 off, $10 for two")
    expect(tab.locator("mjx-container")).to_have_count(2)
    keep_picture(tab, "voila-prices-light")


def test_a_batch_and_a_film_are_made_and_play(tab: Page, voila: str) -> None:
    tab.goto(f"{voila}/made.ipynb")
    make_and_play(tab.locator(".veo-batch"), tab.locator(".veo-board"))
    keep_picture(tab, "voila-tables-light")


def test_a_visitor_pays_for_nothing_that_an_earlier_one_has_paid_for(tab: Page, voila: str, service: Emulator) -> None:
    for _ in range(2):
        tab.goto(f"{voila}/paid.ipynb")
        assert plays(tab.locator(".veo-player video")).startswith("blob:")
    expect(tab.locator(".veo-rerun")).to_contain_text("This request was sent before, as job ")
    assert sum(entry.kind == "create" for entry in service.journal()) == 1
    keep_picture(tab, "voila-paid-light")
