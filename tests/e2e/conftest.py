"""A real Jupyter server for all tests here, a real browser for each file of them, and notebooks in tabs."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from .servers import Lab, jupyter

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
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
# Without a kernelspec Lab asks for one in a dialog and waits for ever.
KERNELSPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
READY = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
  return session?.kernel?.connectionStatus === "connected" && session.kernel.status === "idle";
}"""


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab") / "root"
    root.mkdir()
    with jupyter(root) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: as long as it lives, the thread counts as running an event loop, and no test that
    starts one of its own can follow."""
    with launched() as browser:
        yield browser


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A browser, until the block ends."""
    # A busy machine takes its time; what never comes fails all the same.
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES), headless=True)
        yield browser
        browser.close()


def keep_picture(of: Page | Locator, name: str) -> None:
    """Keep a screenshot where VEO_SCREENSHOTS says, to be looked at by people."""
    if folder := os.environ.get("VEO_SCREENSHOTS"):
        of.screenshot(path=f"{folder}/{name}.png")


def plays(video: Locator) -> str:
    """The clip runs, has its real size, and a seek to the middle arrives there; returns where it comes from."""
    video.scroll_into_view_if_needed()
    # Started again where the player has just changed to another way to the clip, which stops it.
    runs = """video => {
        video.muted = true;
        if (video.paused) video.play().catch(() => {});
        return video.currentTime > 0.4 && video.readyState >= 2;
    }"""
    video.page.wait_for_function(runs, arg=video.element_handle(), timeout=60_000)
    assert video.evaluate("video => [video.videoWidth, video.videoHeight, video.error]") == [1280, 720, None]
    assert video.evaluate("video => video.webkitAudioDecodedByteCount") > 0
    seeked = """video => new Promise(done => {
        video.pause();
        video.addEventListener("seeked", () => done(video.currentTime), {once: true});
        video.currentTime = video.duration / 2;
    })"""
    assert abs(video.evaluate(seeked) - 2) < 0.1
    return str(video.evaluate("video => video.currentSrc"))


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A page of its own, without an error of a script at the end."""
    context = browser.contexts[0] if browser.contexts else browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
    yield page
    page.close()
    # Notebook 7 has one of its own when it starts, and Jupyter's widget manager one when a kernel is restarted.
    foreign = ("/static/notebook/", "create_subshell_request")
    assert [error for error in errors if not any(name in error for name in foreign)] == []


@dataclass
class Notebook:
    """A notebook in a tab."""

    page: Page
    lab: Lab

    def write(self, name: str, *cells: str) -> Path:
        made = nbformat.v4.new_notebook(metadata=KERNELSPEC)
        made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(made, self.lab.root / name)
        return self.lab.root / name

    def open(self, name: str, app: str = "lab/tree") -> None:
        """Open a notebook in JupyterLab, or under ``notebooks`` in Notebook 7."""
        self.page.goto(f"{self.lab.url}{app}/{quote(name)}?token={self.lab.token}&reset")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        self.page.wait_for_function(READY)

    def command(self, name: str, arguments: str = "{}") -> None:
        """Run a command of Lab's and wait for its end."""
        self.page.evaluate(f"() => window.jupyterapp.commands.execute({name!r}, {arguments})")

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


@pytest.fixture
def notebook(tab: Page, lab: Lab) -> Iterator[Notebook]:
    made = Notebook(tab, lab)
    yield made
    made.shut_down()
