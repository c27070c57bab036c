"""A page that is reloaded while a cell waits, in JupyterLab on ipykernel 6 and 7."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ..conformance.environments import overlay
from ..e2e.conftest import Notebook
from ..e2e.servers import Lab, jupyter

LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure(provider='emulator')"
WAITS = "%%veo --seconds 4 --into slow --wait\n---\nseconds: 3600\n---\nA slow cat"
STUDIO = "studio = veo.Studio()\nstudio"


# What a page asks when it is loaded: of itself, and in the way of ipywidgets 7.
ANSWERED = """async () => {
  const kernel = window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
  if (!kernel) return false;
  const info = await kernel.info;
  const comms = await kernel.requestCommInfo({target_name: "jupyter.widget"});
  return info.status === "ok" && Object.keys(comms.content.comms).length > 1;
}"""
IDLE = "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"


@pytest.fixture
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server whose kernels are the last ones before ipykernel 7."""
    root = tmp_path_factory.mktemp("older") / "root"
    root.mkdir()
    path = os.pathsep.join(filter(None, (str(overlay("ipykernel==6.31.0")), os.environ.get("PYTHONPATH"))))
    with jupyter(root, PYTHONPATH=path) as running:
        yield running


@pytest.mark.parametrize(("server", "version"), [("older", "6.31.0"), ("lab", "7.")])
def test_a_reloaded_page_draws_its_widgets_and_stops_the_waiting(
    request: pytest.FixtureRequest, tab: Page, server: str, version: str
) -> None:
    notebook = Notebook(tab, request.getfixturevalue(server))
    notebook.write("reloaded.ipynb", LOAD, "import ipykernel; ipykernel.__version__", STUDIO, WAITS, "slow.state")
    notebook.open("reloaded.ipynb")
    notebook.start_all()
    cells = tab.locator(".jp-Notebook .jp-Cell")
    expect(cells.nth(1)).to_contain_text(f"'{version}")
    card = cells.nth(3).locator(".veo-root").first
    expect(card).to_contain_text("Generating")
    form = cells.nth(2).get_by_role("textbox", name="Prompt")
    form.fill("Typed while the cell waits")
    expect(cells.nth(2)).to_contain_text("at the service $0")
    notebook.command("docmanager:save")

    tab.reload()
    expect(card).to_contain_text("Generating")
    expect(form).to_have_value("Typed while the cell waits")
    expect(card.get_by_role("progressbar")).to_be_visible()
    if server == "older":
        # ipykernel 7 answers these after the cell; the widgets of ipywidgets 8 come without them.
        tab.wait_for_function(ANSWERED)
    notebook.picture(f"reloaded-waits-{server}")
    card.get_by_role("button", name="Stop waiting").click()
    expect(card.get_by_role("button", name="Resume waiting")).to_be_visible()
    # The job goes on for an hour, but the kernel is free.
    tab.wait_for_function(IDLE)
    notebook.run(4)
    expect(cells.nth(4)).to_contain_text("running")
    notebook.shut_down()
