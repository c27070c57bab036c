"""A real JupyterHub: hub, proxy, and servers that it starts for its users in folders of their own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, WebSocket

from veo_widgets.emulator import Emulator, Pace

from ..conformance.environments import layer_of, node_modules_of, node_path
from ..e2e.conftest import PATIENCE, Notebook
from ..e2e.servers import Lab, free_port, until_alive, without_news

REQUIREMENTS = Path(__file__).parent / "requirements"
PREFIX = "/teams/film/"
PASSWORD = "one-for-all"
USERS = ["ada", "brigitte"]
# All servers run as the user who runs the tests: what keeps users apart here are their homes.
# Ten a second.
_LOOKS = 6000
_CONFIG = """
c = get_config()
for where, values in {settings!r}.items():
    c[where].update(values)
{more}
"""


@dataclass
class Hub:
    """A running hub: its address with the prefix, a token that may do everything, and the folder with the homes."""

    url: str
    token: str
    homes: Path

    def ask(self, method: str, path: str) -> Any:
        """A request to the hub's REST API, as a program sends it that stops servers nobody uses."""
        request = urllib.request.Request(f"{self.url}hub/api/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.loads(answer.read() or b"null")

    def start(self, user: str, server: str = "") -> None:
        """Have a server that is ready; nothing happens to one that is."""
        if not self._ready(user, server):
            self.ask("POST", self._at(user, server))
        self._until(user, server, ready=True)

    def stop(self, user: str, server: str = "") -> None:
        """Stop a server, as the program does that stops those nobody uses."""
        self.ask("DELETE", self._at(user, server))
        self._until(user, server, ready=False)

    def _at(self, user: str, server: str) -> str:
        return f"users/{user}/servers/{server}" if server else f"users/{user}/server"

    def _ready(self, user: str, server: str) -> bool:
        return bool(self.ask("GET", f"users/{user}")["servers"].get(server, {}).get("ready"))

    def _until(self, user: str, server: str, *, ready: bool) -> None:
        for _ in range(_LOOKS):
            if self._ready(user, server) is ready:
                return
            time.sleep(0.1)
        raise AssertionError(self.ask("GET", f"users/{user}"))


def _settings(folder: Path, token: str, port: int, proxy: Path) -> dict[str, dict[str, Any]]:
    at = "http://127.0.0.1:{}".format
    node = shutil.which("node", path=node_path() + os.pathsep + os.environ["PATH"])
    lab = (
        "--allow-root",
        "--LabApp.expose_app_in_browser=True",
        "--ServerApp.log_level=WARN",
        "--LabApp.news_url=None",
    )
    return {
        "JupyterHub": {
            "bind_url": f"{at(port)}{PREFIX}",
            "hub_bind_url": f"{at(free_port())}{PREFIX}",
            "spawner_class": "simple",
            "authenticator_class": "dummy",
            "allow_named_servers": True,
            "db_url": f"sqlite:///{folder / 'hub.sqlite'}",
            "cookie_secret_file": str(folder / "cookie_secret"),
            "services": [{"name": "tests", "api_token": token}],
            "load_roles": [{"name": "tests", "services": ["tests"], "scopes": ["admin:users", "admin:servers"]}],
        },
        "ConfigurableHTTPProxy": {
            "command": [node, str(proxy / "configurable-http-proxy" / "bin" / "configurable-http-proxy")],
            "api_url": at(free_port()),
            "auth_token": secrets.token_hex(16),
            "pid_file": str(folder / "proxy.pid"),
        },
        "DummyAuthenticator": {"password": PASSWORD},
        "Authenticator": {"allowed_users": USERS},
        "Spawner": {
            "cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
            "args": list(lab),
            "default_url": "/lab",
            "start_timeout": 600,
            "http_timeout": 600,
        },
        "SimpleLocalProcessSpawner": {"home_dir_template": f"{folder / 'homes'}/{{username}}"},
    }


@contextmanager
def jupyterhub(folder: Path, version: str, more: str = "", variables: Mapping[str, str] | None = None) -> Iterator[Hub]:
    """Run a hub until the block ends, and with it the servers that it has started.

    Args:
        folder: a new one for all that it keeps; what hub, proxy and servers say is in its ``server.log``.
        version: the name of a list in ``requirements``.
        more: lines at the end of its configuration.
        variables: what is added to its environment.
    """
    token = secrets.token_hex(16)
    port = free_port()
    config = folder / "jupyterhub_config.py"
    proxy = node_modules_of("proxy", REQUIREMENTS)
    config.write_text(_CONFIG.format(settings=_settings(folder, token, port, proxy), more=more))
    homes = folder / "homes"
    for user in USERS:
        without_news(homes / user / ".jupyter" / "lab" / "user-settings")
    # Nothing of whoever runs the tests: where Jupyter and the ledger keep their things follows from the user's home.
    foreign = ("XDG_", "JUPYTER", "JPY_", "VEO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = {**kept, "PYTHONPATH": str(layer_of(version, REQUIREMENTS)), **(variables or {})}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
        )
    hub = Hub(f"http://127.0.0.1:{port}{PREFIX}", token, homes)
    try:
        for _ in until_alive(process, folder / "hub"):
            try:
                hub.ask("GET", "")
            except OSError:
                continue
            break
        yield hub
    finally:
        process.terminate()
        try:
            process.wait(600)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Entrance:
    """Where users log in to a hub, each in a browser of their own as far as cookies go.

    Attributes:
        heard: all that kernels have sent to the pages, in pieces.
        errors: of the pages' scripts.
    """

    hub: Hub
    browser: Browser
    heard: list[bytes] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __call__(self, user: str, server: str = "") -> Notebook:
        """Start a server and log in to it."""
        page = self.browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        page.on("websocket", self._listen)
        self.hub.start(user, server)
        own = f"user/{user}/{server}".rstrip("/") + "/"
        page.goto(f"{self.hub.url}hub/login?next={PREFIX}{own}lab")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.hub.url}{own}lab**")
        return Notebook(page, Lab(self.hub.url + own, "", self.hub.homes / user))

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda said: self.heard.append(said.encode() if isinstance(said, str) else said))


@contextmanager
def entrance(hub: Hub, browser: Browser) -> Iterator[Entrance]:
    """Let users log in until the block ends, and until then no script of a page fails."""
    made = Entrance(hub, browser)
    yield made
    for context in browser.contexts:
        context.close()
    assert made.errors == []


def begun(notebook: Notebook, name: str, *cells: str) -> Page:
    """The notebook with these cells in its tab, run."""
    (notebook.lab.root / name).parent.mkdir(parents=True, exist_ok=True)
    notebook.write(name, *cells)
    notebook.open(name)
    notebook.start_all()
    return notebook.page


class Stage:
    """The emulator that all servers speak to, with a clock that can be put on."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.emulator = Emulator(pace=Pace.polls(1), clock=lambda: time.time() + self.ahead)

    @property
    def load(self) -> str:
        """The first cell."""
        configure = f"veo.configure(provider='emulator', base_url={self.emulator.base_url!r})"
        return f"%load_ext veo_widgets\nimport veo_widgets as veo\n{configure}"

    def creates(self) -> int:
        return sum(entry.kind == "create" for entry in self.emulator.journal())
