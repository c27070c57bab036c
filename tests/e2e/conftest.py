"""A real Jupyter server for all tests here, a real browser for each file of them, and notebooks in tabs."""

from __future__ import annotations

import base64
import contextlib
import functools
import http.server
import io
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Locator, Page, Position, expect, sync_playwright

from ..conftest import SlowService, slow_emulator
from ..reel_page import reel_program
from .servers import Lab, jupyter

# The shell has the same engine and no windows of its own, whose bars and menus cost more than many a page.
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
# Without these Chromium calls home at every start, and holds sound back until somebody clicks.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)
# Milliseconds. A busy machine takes its time; what never comes fails all the same.
PATIENCE = 600_000
ROOT = Path(__file__).parents[2]
AXE = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"
# Without a kernelspec Lab asks for one in a dialog and waits for ever.
KERNELSPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
# JupyterLab asks a new kernel once how it is. On a busy machine that can be before anything can be heard from it, and a
# kernel that has nothing to do says no more: it is asked again. A kernel that began while JupyterLab was asking which
# there are is missing from the answer, and counts as one that has ended: then another is chosen, as by a user.
READY = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
  const kernel = context?.session?.kernel;
  if (context?.isReady && (!kernel || kernel.status === "dead"))
    context.chosenByTest ??= context.changeKernel({name: "python3"}).finally(() => delete context.chosenByTest);
  if (kernel?.connectionStatus !== "connected") return false;
  if (kernel.status === "idle") return true;
  kernel.askedByTest ??= Date.now();
  if (Date.now() - kernel.askedByTest > 5000) {
    kernel.askedByTest = Date.now();
    kernel.requestKernelInfo().catch(() => {});
  }
  return false;
}"""

# What a page is like when a test of it fails: the kernel, where each view and video is, and the words.
STATE = """() => {
  const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
  const videos = [...document.querySelectorAll("video")].map((video) => {
    const {top, left, width, height} = video.getBoundingClientRect();
    const {readyState, networkState, currentTime, seeking, paused, error} = video;
    const where = {at: [left, top, width, height], source: video.currentSrc.slice(0, 200)};
    return {...where, readyState, networkState, currentTime, seeking, paused, error: error?.message};
  });
  const views = [...document.querySelectorAll(".veo-root")].map((view) => view.getBoundingClientRect());
  const words = document.body.innerText.slice(0, 4000);
  const status = kernel && [kernel.connectionStatus, kernel.status];
  return JSON.stringify({status, innerHeight, views, videos, words}, null, 1);
}"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failure shows what the page was like: what happens once in a hundred times has to be understood from it."""
    report = yield
    if report.failed and call.when == "call":
        given = [getattr(value, "page", value) for value in item.funcargs.values()]
        for page in {one for one in given if isinstance(one, Page)}:
            with contextlib.suppress(Error):
                report.sections.append(("the page", page.evaluate(STATE)))
    return report


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab") / "root"
    root.mkdir()
    with jupyter(root) as running:
        yield running


@pytest.fixture(scope="module")
def own_ledger(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A data folder for each file: which files share a server is chance, and tables show all there is."""
    home = lab.root.with_name("home")
    home.unlink(missing_ok=True)
    home.symlink_to(tmp_path_factory.mktemp("home"), target_is_directory=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: as long as it lives, the thread counts as running an event loop, and no test that
    starts one of its own can follow."""
    with launched() as browser:
        yield browser


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A browser, until the block ends."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES), headless=True)
        yield browser
        browser.close()


def keep_picture(of: Page | Locator, name: str) -> None:
    """Keep a screenshot where VEO_SCREENSHOTS says, to be looked at by people."""
    if folder := os.environ.get("VEO_SCREENSHOTS"):
        of.screenshot(path=f"{folder}/{name}.png")


def drag(source: Locator, target: Locator, at: Position | None = None) -> None:
    """Drag with the mouse while both are in sight: what scrolls under a hand that has just closed leaves the drag."""
    page, size = source.page, source.page.viewport_size
    assert size
    page.set_viewport_size({"width": size["width"], "height": 2400})
    # JupyterLab lays its panels out a moment after the window has its size.
    page.wait_for_function("() => document.querySelector('.jp-WindowedPanel-outer').clientHeight > 2000")
    target.scroll_into_view_if_needed()
    source.drag_to(target, target_position=at)
    page.set_viewport_size(size)


def plays(video: Locator) -> str:
    """The clip runs, has its real size, and a seek to the middle arrives there; returns where it comes from."""
    video.scroll_into_view_if_needed()
    # Started again where the player has just changed to another way to the clip, which stops it.
    runs = """video => {
        video.muted = true;
        if (video.paused) video.play().catch(() => {});
        return video.currentTime > 0.4 && video.readyState >= 2;
    }"""
    video.page.wait_for_function(runs, arg=video.element_handle(), timeout=PATIENCE)
    assert video.evaluate("video => [video.videoWidth, video.videoHeight, video.error]") == [1280, 720, None]
    assert video.evaluate("video => video.webkitAudioDecodedByteCount") > 0
    seeked = """video => new Promise(done => {
        video.pause();
        video.addEventListener("seeked", () => done(video.currentTime), {once: true});
        video.currentTime = video.duration / 2;
    })"""
    assert abs(video.evaluate(seeked) - 2) < 0.1
    return str(video.evaluate("video => video.currentSrc"))


def shows_still(video: Locator, still: str) -> bool:
    """Whether a saved player that has not been started shows this JPEG, given in base64, above its controls."""
    shown, kept = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB").resize((160, 90)))[:45].astype(float)
        for png in (video.screenshot(), base64.b64decode(still))
    )
    return bool(np.abs(shown - kept).mean() < 25)


def new_page(browser: Browser) -> Page:
    """A page beside the others."""
    context = browser.contexts[0] if browser.contexts else browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page


@contextlib.contextmanager
def without_errors(page: Page) -> Iterator[Page]:
    """A page in which no script fails until the block ends."""
    errors: list[str] = []

    def note(error: Error) -> None:
        errors.append(error.stack or str(error))

    page.on("pageerror", note)
    yield page
    page.remove_listener("pageerror", note)
    # Notebook 7 has one of its own when it starts, JupyterLab when it takes a kernel for dead, Jupyter's widget manager
    # when a kernel is restarted, and anywidget for each widget whose program was not there within two seconds; that
    # hears its kernel all the same.
    foreign = (
        "/static/notebook/",
        "create_subshell_request",
        "Error: Kernel is dead",
        "[anywidget] Failed to initialize model.",
    )
    assert [error for error in errors if not any(name in error for name in foreign)] == []


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A page of its own, without an error of a script at the end."""
    with without_errors(new_page(browser)) as page:
        yield page
        page.close()


@pytest.fixture(scope="module")
def open_lab(browser: Browser, lab: Lab, own_ledger: None) -> Page:
    """JupyterLab with nothing open in it, which takes a second of work to come up, for one test after another."""
    page = new_page(browser)
    page.goto(f"{lab.url}lab?token={lab.token}&reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.wait_for_function("() => window.jupyterapp")
    page.evaluate("() => window.jupyterapp.restored.then(() => null)")
    return page


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="session")
def host() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=ROOT)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/js/tests/host.html"
        server.shutdown()


@pytest.fixture(scope="session")
def reel() -> bytes:
    return reel_program()


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    page.wait_for_selector(".veo-card")
    page.wait_for_function("() => window.parts")
    return page


def complaints(page: Page) -> list[Any]:
    """What axe finds that is serious or critical: the rule and the element."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run('.veo-root')")
    return [
        (violation["id"], node["html"][:200])
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


@pytest.fixture
def slow_service() -> Iterator[SlowService]:
    """A `slow_emulator` of clips that are looked at."""
    with slow_emulator() as both:
        yield both


@dataclass
class Notebook:
    """A notebook in a tab."""

    page: Page
    lab: Lab
    # Whether JupyterLab is there already, with nothing open in it.
    in_open_lab: bool = False

    def write(self, name: str, *cells: str) -> Path:
        made = nbformat.v4.new_notebook(metadata=KERNELSPEC)
        made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(made, self.lab.root / name)
        return self.lab.root / name

    def open(self, name: str, app: str = "lab/tree") -> None:
        """Open a notebook in JupyterLab, or under ``notebooks`` in Notebook 7.

        A page that has shown one of this test's notebooks is loaded anew.
        """
        if self.in_open_lab:
            self.in_open_lab = False
            self.command("docmanager:open", f"{{path: {name!r}}}")
        else:
            self.page.goto(f"{self.lab.url}{app}/{quote(name)}?token={self.lab.token}&reset")
            self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        self.page.wait_for_function(READY)

    def command(self, name: str, arguments: str = "{}") -> None:
        """Run a command of Lab's and wait for its end."""
        # What it returns stays there: a notebook is a million values.
        self.page.evaluate(f"async () => {{ await window.jupyterapp.commands.execute({name!r}, {arguments}); }}")

    def start_all(self) -> None:
        """Run all cells without waiting for their end."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def run(self, number: int) -> None:
        """Run one cell to its end."""
        self.page.evaluate(f"() => {{ window.jupyterapp.shell.currentWidget.content.activeCellIndex = {number}; }}")
        self.command("notebook:run-cell")

    def theme(self, name: str) -> None:
        self.command("apputils:change-theme", f"{{theme: {name!r}}}")
        light = str("Light" in name).lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def picture(self, name: str, of: Locator | None = None) -> None:
        keep_picture(of or self.page, name)

    def shut_down(self) -> None:
        """End the kernel."""
        with contextlib.suppress(Exception):
            self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def close(self) -> None:
        """Close it without a question, and leave JupyterLab open."""
        self.page.evaluate("() => { for (const one of [...window.jupyterapp.shell.widgets('main')]) one.dispose(); }")


@pytest.fixture
def notebook(open_lab: Page, lab: Lab) -> Iterator[Notebook]:
    """A notebook in the JupyterLab that the file's tests share."""
    with without_errors(open_lab):
        # A question that a test has left open would stand before everything.
        made = Notebook(open_lab, lab, in_open_lab=not open_lab.locator(".jp-Dialog").count())
        yield made
        made.shut_down()
        made.close()


@pytest.fixture
def notebook_alone(tab: Page, lab: Lab, own_ledger: None) -> Iterator[Notebook]:
    """A notebook in a page of its own, which nothing was shown in before."""
    made = Notebook(tab, lab)
    yield made
    made.shut_down()
