"""Notebook 7: the same widgets in the other program, and what they do where the server's files are out of reach."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .conftest import Notebook, plays
from .tables import make_and_play

LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure(provider='emulator')"
CELL = "%%veo --seconds 4 --seed 7 --into clip --wait\nA cat playing with a ball of yarn"


def block_files(page: Page) -> None:
    """What VS Code and Colab have: no address of the server's answers, and only messages pass."""
    page.route("**/files/**", lambda route: route.abort())


def test_a_clip_plays_and_gives_a_frame_and_needs_no_files_for_that(notebook_alone: Notebook) -> None:
    notebook = notebook_alone
    page = notebook.page
    notebook.write("seven.ipynb", LOAD, CELL, "veo.Player(clip)")
    notebook.open("seven.ipynb", app="notebooks")
    notebook.run(0)
    notebook.run(1)
    card = page.locator(".jp-Cell").nth(1).locator(".veo-root")
    assert re.search(r"/files/veo_clips/", plays(card.locator("video")))
    card.get_by_role("button", name="Take this frame").click()
    page.get_by_role("menuitem", name="PNG beside the clip").click()
    expect(card).to_contain_text(".png, beside the clip")
    notebook.picture("notebook7-light")
    notebook.theme("JupyterLab Dark")
    notebook.picture("notebook7-dark")
    block_files(page)
    notebook.run(2)
    other = page.locator(".jp-Cell").nth(2).locator(".veo-root")
    assert plays(other.locator("video")).startswith("blob:")
    other.locator(".veo-player").press("g")
    page.get_by_role("menuitem", name="First frame").click()
    expect(other).to_contain_text("is the first frame of the next request.")


def test_a_batch_and_a_film_are_made_and_play(notebook_alone: Notebook) -> None:
    notebook = notebook_alone
    batch, film = ("veo.batch(['An otter', 'A lynx'], ", "veo.film('seven', ['An otter', 'A lynx'], ")
    notebook.write("tables.ipynb", LOAD, f"{batch}name='seven', seconds=4)", f"{film}seconds=4)")
    notebook.open("tables.ipynb", app="notebooks")
    for number in range(3):
        notebook.run(number)
    page = notebook.page
    make_and_play(page.locator(".veo-batch"), page.locator(".veo-board"), "/files/")
    notebook.picture("notebook7-tables-light")
    notebook.theme("JupyterLab Dark")
    notebook.picture("notebook7-tables-dark")
