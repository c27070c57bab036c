"""JupyterLite: Python in the page itself, without threads, sockets or a server."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from veo_widgets.config.accounts import Settings
from veo_widgets.emulator import Emulator, Pace
from veo_widgets.session.client import Client
from veo_widgets.session.waiting import NO_THREADS

from ..e2e.conftest import keep_picture, plays
from ..project.test_wheel import wheel  # noqa: F401 (a fixture)
from .lite import site

CELLS = (
    "%pip install -q veo-widgets",
    "import veo_widgets as veo\nveo.configure(provider='gemini', api_key='none')\nprint(veo.plan('A cat', seconds=4))",
    "try:\n    veo.submit('A cat')\nexcept veo.VeoError as error:\n    print(error)",
    "%load_ext veo_widgets",
    "%%veo --dry-run --seconds 4\nA cat",
    "print(veo.doctor())",
    "%%veo\nA cat",
)
FETCH = """
from pathlib import Path
import pyodide.http
clip = await pyodide.http.pyfetch("CLIP")
Path("clip.mp4").write_bytes(await clip.bytes())
veo.Player("clip.mp4")
"""
FORM = """
import veo_widgets as veo
veo.configure(provider="gemini", api_key="none")
form = veo.Form("A fox", seconds=4)
form
"""
WIDGETS = (
    "%pip install -q veo-widgets",
    FORM,
    FETCH,
    "try:\n    veo.Studio()\nexcept veo.VeoError as error:\n    print(error)",
    "print(form.request.prompt, form.request.duration_seconds, form.request.seed)",
)
# What a page may take until Python runs in it with our packages installed, in milliseconds.
PATIENCE = 600_000
KERNEL = {"kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}}
READY = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
  return session?.kernel?.status === "idle";
}"""
OPEN = """async ([path, content]) => {
  await window.jupyterapp.serviceManager.contents.save(path, {type: "notebook", format: "json", content});
  await window.jupyterapp.commands.execute("docmanager:open", {path});
}"""

# Whether a link leads to as many bytes as there are at an address.
SAME = """async (link, address) => {
  const [one, other] = await Promise.all([link.href, address].map(async (from) => (await fetch(from)).arrayBuffer()));
  return one.byteLength > 0 && one.byteLength === other.byteLength;
}"""
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"


@pytest.fixture(scope="module")
def lite(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: F811 (the fixture above)
    folder = tmp_path_factory.mktemp("lite")
    root = site(folder, wheel)
    with Emulator(pace=Pace.polls(1)) as emulator:
        settings = Settings(provider="emulator", base_url=emulator.base_url, folder=folder)
        with Client(settings, home=folder / "home") as client:
            client.generate("A cat", seconds=4)[0].path.rename(root / "clip.mp4")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def _run(tab: Page, lite: str, name: str, *cells: str) -> Locator:
    """Run a new notebook's cells, and return them."""
    made = nbformat.v4.new_notebook(metadata=KERNEL)
    made.cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in cells]
    # Without the notebook of the test before, which the browser has kept.
    tab.goto(f"{lite}lab/index.html?reset")
    tab.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
    tab.evaluate(OPEN, [name, json.loads(nbformat.writes(made))])
    tab.wait_for_function(READY, timeout=PATIENCE)
    tab.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    return tab.locator(".jp-Notebook .jp-CodeCell")


def test_plans_and_prices_work_and_a_sentence_says_what_does_not(tab: Page, lite: str) -> None:
    cells = _run(tab, lite, "plans.ipynb", *CELLS)
    # What runs last comes last.
    expect(cells.nth(6)).to_contain_text(NO_THREADS, timeout=PATIENCE)
    expect(cells.nth(6)).not_to_contain_text("Traceback")
    expect(cells.nth(1)).to_contain_text("'A cat': gemini-omni-1.2-flash at Gemini Developer API")
    expect(cells.nth(1)).to_contain_text("$0.28")
    expect(cells.nth(2)).to_contain_text(NO_THREADS)
    expect(cells.nth(4)).to_contain_text("$0.28")
    expect(cells.nth(5)).to_contain_text(NO_THREADS)
    keep_picture(tab, "jupyterlite")


def test_the_form_shows_prices_and_a_player_plays_a_file(tab: Page, lite: str) -> None:
    cells = _run(tab, lite, "widgets.ipynb", *(cell.replace("CLIP", f"{lite}clip.mp4") for cell in WIDGETS))
    expect(cells.nth(4)).to_contain_text("A fox 4.0 None", timeout=PATIENCE)
    expect(cells.nth(3)).to_contain_text(NO_THREADS)
    expect(cells.nth(3)).not_to_contain_text("Traceback")
    form = tab.locator(".veo-form")
    generate = form.locator(".veo-generate")
    expect(generate).to_contain_text("Generate≈ $0.28")
    # Said before anybody has made an effort.
    expect(form.get_by_role("status").filter(has_text=NO_THREADS)).to_be_visible()
    form.get_by_label("Prompt").fill("A fox in the snow")
    form.get_by_label("Length").fill("8")
    expect(generate).to_contain_text("Generate≈ $0.56")
    expect(form).not_to_contain_text(NO_THREADS)
    generate.click()
    expect(form.get_by_role("alert")).to_have_text(NO_THREADS)
    expect(generate).to_contain_text("Generate≈ $0.56")
    form.get_by_role("button", name="Earlier").click()
    expect(form.get_by_role("status").filter(has_text=NO_THREADS)).to_be_visible()
    player = tab.locator(".veo-player")
    assert plays(player.locator("video")).startswith("blob:")
    player.get_by_role("button", name="Take this frame").click()
    tab.get_by_role("menuitem", name="First frame").click()
    expect(cells.nth(2)).to_contain_text("Frame 48 is the first frame of the next request.")
    # From the clip to Python, and from there to the form.
    expect(form.locator("img")).to_be_visible()
    tab.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 4; }")
    tab.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    expect(cells.nth(4)).to_contain_text("A fox in the snow 8.0 None")
    for theme, light in (("Light", "true"), ("Dark", "false")):
        tab.evaluate(THEME, f"JupyterLab {theme}")
        tab.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        keep_picture(tab, f"jupyterlite-player-{theme.lower()}")
        keep_picture(form, f"jupyterlite-form-{theme.lower()}")


def test_what_is_saved_there_is_read_without_its_kernel_and_links_to_the_clip(tab: Page, lite: str) -> None:
    _run(tab, lite, "saved.ipynb", WIDGETS[0], FORM, FETCH.replace("CLIP", f"{lite}clip.mp4"))
    plays(tab.locator(".veo-player video"))
    tab.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")
    tab.goto(f"{lite}lab/index.html?reset")
    tab.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
    tab.evaluate("() => { window.jupyterapp.commands.execute('docmanager:open', {path: 'saved.ipynb'}); }")
    saved = tab.locator("[class^=veo-saved-]")
    expect(saved).to_have_count(2)
    expect(saved.first).to_contain_text("A fox")
    expect(tab.locator(".jp-OutputArea-output").filter(has_text="widget", visible=True)).to_have_count(0)
    link = saved.last.get_by_role("link", name="clip.mp4")
    expect(link).to_have_attribute("href", re.compile("^blob:"))
    assert link.evaluate(SAME, f"{lite}clip.mp4")
    keep_picture(tab, "jupyterlite-saved")
