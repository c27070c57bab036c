"""marimo: a reactive notebook that hosts the widgets as anywidgets, inside shadow roots, with no Jupyter anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .conftest import keep_picture, plays
from .servers import free_port, serving
from .tables import make_and_play

APP = """
import marimo

app = marimo.App(width="medium")


@app.cell
def _():
    import marimo as mo

    import veo_widgets as veo

    veo.configure(provider="emulator")
    return mo, veo


@app.cell
def _(mo, veo):
    studio = mo.ui.anywidget(veo.Studio("A fox in the snow", duration_seconds=4))
    studio
    return (studio,)


@app.cell
def _(mo, veo):
    clip = veo.generate("A cat in the garden", seconds=4, seed=7)[0]
    mo.ui.anywidget(veo.Player(clip))
    return


@app.cell
def _(mo, veo):
    mo.ui.anywidget(veo.BatchTable(veo.batch(["An otter", "A lynx"], name="animals", seconds=4)))
    return


@app.cell
def _(mo, veo):
    mo.ui.anywidget(veo.Storyboard(veo.film("animals", ["An otter", "A lynx"], seconds=4)))
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture(scope="module")
def marimo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("marimo") / "root"
    root.mkdir()
    (root / "app.py").write_text(APP, "utf-8")
    port = free_port()
    arguments = ("run", "app.py", "--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port))
    url = f"http://127.0.0.1:{port}/"
    with serving("marimo", *arguments, folder=root, url=url, environment={"MARIMO_SKIP_UPDATE_CHECK": "1"}):
        yield url


def test_clips_play_and_the_studio_makes_another(tab: Page, marimo: str) -> None:
    tab.goto(marimo)
    studio = tab.locator(".veo-studio")
    studio.get_by_role("button", name="Generate").click()
    assert plays(studio.locator("video")).startswith("blob:")
    player = tab.locator(".veo-player").nth(1)
    assert plays(player.locator("video")).startswith("blob:")
    player.press("g")
    tab.get_by_role("menuitem", name="First frame").click()
    # The other widget of the same kernel has it at once.
    expect(studio.get_by_role("img", name="frame0048")).to_be_visible()
    keep_picture(tab, "marimo-light")
    # The theme is marimo's to say, whatever the system prefers.
    root = studio.locator("xpath=ancestor-or-self::*[contains(@class, 'veo-root')]").first
    tab.emulate_media(color_scheme="dark")
    expect(root).to_have_css("color-scheme", "light")
    tab.evaluate("() => document.body.classList.replace('light-theme', 'dark-theme')")
    expect(root).to_have_css("color-scheme", "dark")
    keep_picture(tab, "marimo-dark")


def test_a_batch_and_a_film_are_made_and_play(tab: Page, marimo: str) -> None:
    tab.goto(marimo)
    make_and_play(tab.locator(".veo-batch"), tab.locator(".veo-board"))
    keep_picture(tab, "marimo-tables-light")
