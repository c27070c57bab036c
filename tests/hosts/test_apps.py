"""Panel, Solara and Shiny: pages that Python makes, with a widget of ours in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from veo_widgets.emulator import Emulator, Pace

from ..conformance.environments import python_of
from ..e2e.conftest import keep_picture, plays
from ..e2e.servers import free_port, serving

HERE = Path(__file__).parent
PANEL = """
import panel as pn
import veo_widgets as veo

pn.extension("ipywidgets")
pn.panel(veo.Studio("A fox in the snow", seconds=4)).servable()
"""
SOLARA = """
import solara
import veo_widgets as veo


@solara.component
def Page():
    studio = solara.use_memo(lambda: veo.Studio("A fox in the snow", seconds=4), [])
    solara.display(studio)
"""
SHINY = """
import veo_widgets as veo
from shiny import App, ui
from shinywidgets import output_widget, render_widget

veo.configure(provider="emulator")


def server(input, output, session):
    @render_widget
    def studio():
        return veo.Studio("A fox in the snow", seconds=4)


app = App(ui.page_fluid(output_widget("studio")), server)
"""


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """The package as it stands here, and an emulator: the programs' own environment has neither."""
    with Emulator(pace=Pace.polls(1)) as emulator:
        yield {
            "PYTHONPATH": str(HERE.parents[1]),
            "VEO_PROVIDER": "emulator",
            "VEO_EMULATOR_URL": emulator.base_url,
        }


@contextmanager
def app(folder: Path, text: str, environment: dict[str, str], module: str, *arguments: str) -> Iterator[str]:
    """A page's program, served until the block ends; ``PORT`` among the arguments is where."""
    root = folder / "root"
    root.mkdir()
    (root / "app.py").write_text(text, "utf-8")
    port = str(free_port())
    told = [port if one == "PORT" else one for one in arguments]
    python = python_of("apps", HERE / "requirements")
    with serving(
        module, *told, folder=root, url=f"http://127.0.0.1:{port}/", environment=environment, python=python
    ) as url:
        yield url


def makes_a_clip(tab: Page, name: str) -> None:
    """The form is there, a click makes a clip, and it plays."""
    studio = tab.locator(".veo-studio")
    studio.get_by_role("button", name="Generate").first.click()
    assert plays(studio.locator("video")).startswith("blob:")
    keep_picture(tab, name)


def test_panel(tab: Page, tmp_path: Path, environment: dict[str, str]) -> None:
    # Bokeh's part has the page fetch anywidget's script from a CDN; here it is the one of the installed package.
    script = next(Path(sys.prefix).glob("share/jupyter/nbextensions/anywidget/index.js"))
    allowed = {"access-control-allow-origin": "*"}
    tab.route(
        "https://unpkg.com/anywidget@*/**",
        lambda route: route.fulfill(path=script, content_type="text/javascript", headers=allowed),
    )
    with app(
        tmp_path, PANEL, environment, "panel", "serve", "app.py", "--port", "PORT", "--address", "127.0.0.1"
    ) as url:
        tab.goto(f"{url}app")
        makes_a_clip(tab, "panel")


def test_solara(tab: Page, tmp_path: Path, environment: dict[str, str]) -> None:
    arguments = ("run", "app.py", "--port", "PORT", "--host", "127.0.0.1", "--no-open", "--production")
    with app(tmp_path, SOLARA, environment, "solara", *arguments) as url:
        tab.goto(url)
        makes_a_clip(tab, "solara")


def test_shiny(tab: Page, tmp_path: Path, environment: dict[str, str]) -> None:
    with app(tmp_path, SHINY, environment, "shiny", "run", "app.py", "--port", "PORT") as url:
        tab.goto(url)
        expect(tab.locator("#studio")).to_contain_text("Use veo.generate(…) in a task")
