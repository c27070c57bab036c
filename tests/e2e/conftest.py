"""A real JupyterLab server and a real browser, one of each for all tests here."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

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
NOTIFICATIONS = "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
READY = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
  return session?.kernel?.connectionStatus === "connected" && session.kernel.status === "idle";
}"""


@dataclass
class Lab:
    """A running server: its address, and the folder it shows."""

    url: str
    token: str
    root: Path


def _started(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> dict[str, str]:
    """The note a server leaves once it listens."""
    while process.poll() is None:
        for note in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError):
                found = json.loads(note.read_text())
                urllib.request.urlopen(found["url"] + "api", timeout=2).close()
                return found
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    root = folder / "root"
    root.mkdir()
    (folder / NOTIFICATIONS).parent.mkdir(parents=True)
    (folder / NOTIFICATIONS).write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    token = secrets.token_hex(16)
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "VEO_WIDGETS_HOME": str(folder / "home"),
    }
    options = ("--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0")
    command = [sys.executable, "-m", "jupyter", "lab", *options, "--LabApp.expose_app_in_browser=True"]
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, f"--ServerApp.root_dir={root}"], stdout=file, stderr=file, env=environment, cwd=root
        )
    try:
        yield Lab(_started(process, folder / "runtime", log)["url"], token, root)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES), headless=True)
        yield browser
        browser.close()


@dataclass
class Notebook:
    """A notebook in a tab."""

    page: Page
    lab: Lab
    errors: list[str] = field(default_factory=list)

    def write(self, name: str, *cells: str) -> Path:
        made = nbformat.v4.new_notebook(metadata=KERNELSPEC)
        made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(made, self.lab.root / name)
        return self.lab.root / name

    def open(self, name: str) -> None:
        self.page.goto(f"{self.lab.url}lab/tree/{name}?token={self.lab.token}&reset")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        self.page.wait_for_function(READY)

    def command(self, name: str, arguments: str = "{}") -> None:
        """Run a command of Lab's and wait for its end."""
        self.page.evaluate(f"() => window.jupyterapp.commands.execute({name!r}, {arguments})")

    def start_all(self) -> None:
        """Run all cells without waiting for their end."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def theme(self, name: str) -> None:
        self.command("apputils:change-theme", f"{{theme: {name!r}}}")
        light = str("Light" in name).lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def picture(self, name: str, of: Locator | None = None) -> None:
        """Keep a screenshot where VEO_SCREENSHOTS says, to be looked at by people."""
        if folder := os.environ.get("VEO_SCREENSHOTS"):
            (of or self.page).screenshot(path=f"{folder}/{name}.png")

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()


@pytest.fixture
def notebook(browser: Browser, lab: Lab) -> Iterator[Notebook]:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(60_000)
    made = Notebook(page, lab)
    page.on("pageerror", lambda error: made.errors.append(str(error)))
    yield made
    made.close()
    assert made.errors == []
