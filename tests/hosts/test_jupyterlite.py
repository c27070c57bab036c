"""JupyterLite: Python in the page itself, without threads, sockets or a server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from playwright.sync_api import Page, expect

from veo_widgets.waiting import NO_THREADS

from ..e2e.conftest import keep_picture
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
KERNEL = {"kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}}
READY = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
  return session?.kernel?.status === "idle";
}"""
OPEN = """async made => {
  await window.jupyterapp.serviceManager.contents.save("one.ipynb", {type: "notebook", format: "json", content: made});
  await window.jupyterapp.commands.execute("docmanager:open", {path: "one.ipynb"});
}"""


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lite")
    root = site(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_plans_and_prices_work_and_a_sentence_says_what_does_not(tab: Page, lite: str) -> None:
    made = nbformat.v4.new_notebook(metadata=KERNEL)
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    tab.goto(f"{lite}lab/index.html")
    tab.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
    tab.evaluate(OPEN, json.loads(nbformat.writes(made)))
    tab.wait_for_function(READY, timeout=180_000)
    tab.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    cells = tab.locator(".jp-Notebook .jp-CodeCell")
    # What runs last comes last.
    expect(cells.nth(6)).to_contain_text(NO_THREADS, timeout=180_000)
    expect(cells.nth(6)).not_to_contain_text("Traceback")
    expect(cells.nth(1)).to_contain_text("'A cat': gemini-omni-1.1-flash at Gemini Developer API")
    expect(cells.nth(1)).to_contain_text("$0.41")
    expect(cells.nth(2)).to_contain_text(NO_THREADS)
    expect(cells.nth(4)).to_contain_text("$0.41")
    expect(cells.nth(5)).to_contain_text(NO_THREADS)
    keep_picture(tab, "jupyterlite")
