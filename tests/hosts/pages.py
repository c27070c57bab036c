"""Pages that show widgets as VS Code and Colab do, with what these publish, and a real kernel behind them.

Chromium runs them; the packages are listed in ``requirements/pages``, the scripts of ours are in ``pages``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Locator, Page, Route, expect

from ..conformance.environments import node_modules_of, node_path
from ..e2e.conftest import plays
from ..e2e.servers import Lab

_HERE = Path(__file__).parent
_ESBUILD = _HERE.parents[1] / "js" / "node_modules" / "esbuild" / "bin" / "esbuild"
_LOAD = """import os, sys
os.environ["VEO_WIDGETS_HOME"] = {home!r}
sys.path[:0] = filter(None, [{path!r}])
%load_ext veo_widgets
import veo_widgets as veo
veo.configure(provider="emulator")"""
_PAGE = """<!doctype html><meta charset="utf-8"><title>{name}</title>{before}
<script type="module" src="{name}.js"></script>"""
_BEFORE = {"vscode": '<script src="require.js"></script>', "colab": ""}
_OURS = ("vscode.js", "colab.js", "colab_manager.js")
_THEIRS = {
    "ipywidgets7.js": "@vscode/jupyter-ipywidgets7/dist/ipywidgets.js",
    "ipywidgets8.js": "@vscode/jupyter-ipywidgets8/dist/ipywidgets.js",
}


def scripts(folder: Path) -> dict[str, Path]:
    """All scripts of the pages by their names, those of ours bundled into `folder`."""
    modules, theirs = (node_modules_of(name, _HERE / "requirements") for name in ("pages", "vscode"))
    options = ("--bundle", "--format=esm", "--external:./colab_manager.js", "--log-level=warning", f"--outdir={folder}")
    path = f"{node_path()}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NODE_PATH": str(modules)}
    command = [str(_ESBUILD), *_OURS, *options]
    done = subprocess.run(command, cwd=_HERE / "pages", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {name: folder / name for name in _OURS} | {name: theirs / path for name, path in _THEIRS.items()}
    # Both take it from the package in the end: VS Code from its files, Colab from a copy of them on npm.
    anywidget = Path(sys.prefix) / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js"
    return {**found, "require.js": modules / "requirejs" / "require.js", "anywidget.js": anywidget}


@dataclass
class HostPage:
    """A page with a kernel."""

    page: Page

    def run(self, code: str) -> str:
        """Run code to its end; returns what it printed."""
        return str(self.page.evaluate("code => window.run(code)", code))

    @property
    def shown(self) -> Locator:
        """What the last run shows."""
        return self.page.locator(".cell").last

    def shut_down(self) -> None:
        """End the kernel."""
        self.page.evaluate("() => window.stop?.()")


def opened(page: Page, lab: Lab, files: dict[str, Path], name: str, query: str = "", path: str = "") -> HostPage:
    """Open a page at the server's own address, which may speak to its kernels; start one, with a ledger of its own.

    Args:
        page: an empty tab.
        lab: the server.
        files: what `scripts` has made.
        name: ``vscode`` or ``colab``.
        query: what the page is told.
        path: a folder of packages for the kernel, before all others.
    """

    def answer(route: Route) -> None:
        asked = urlsplit(route.request.url).path.rpartition("/")[2]
        if asked == f"{name}.html":
            route.fulfill(body=_PAGE.format(name=name, before=_BEFORE[name]), content_type="text/html")
        elif asked not in files:
            route.fulfill(status=404)
        else:
            route.fulfill(path=files[asked], content_type="text/javascript")

    def answer_for_npm(route: Route) -> None:
        found = {"path": files["anywidget.js"]} if "/anywidget@" in route.request.url else {"status": 404}
        route.fulfill(**found, headers={"access-control-allow-origin": "*"})

    page.route("**/veo-host/**", answer)
    page.route("https://cdn.jsdelivr.net/**", answer_for_npm)
    # A page that is answered here comes from nowhere, from where Chromium would not let it speak to this machine.
    page.context.grant_permissions(["local-network-access"])
    page.goto(f"{lab.url}veo-host/{name}.html?{query}#{urlencode({'base': lab.url, 'token': lab.token})}")
    page.wait_for_function("() => window.run")
    host = HostPage(page)
    host.run(_LOAD.format(home=tempfile.mkdtemp(dir=lab.root.parent), path=path))
    return host


def generate_and_reuse(host: HostPage) -> None:
    """A form, a player, and bytes in both directions: a clip is made, comes by messages, and gives a frame back."""
    host.run("studio = veo.Studio('A fox in the snow', duration_seconds=4)\nstudio")
    studio = host.shown.locator(".veo-studio")
    studio.locator(".veo-generate").click()
    assert plays(studio.locator("video")).startswith("blob:")
    studio.locator(".veo-player").press("g")
    host.page.get_by_role("menuitem", name="First frame").click()
    expect(studio.get_by_role("img", name="frame0048")).to_be_visible()
    assert host.run("print(studio.request.first_frame.mime)") == "image/png\n"
