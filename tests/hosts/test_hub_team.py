"""A team on a real JupyterHub, set up as docs/how-to/jupyterhub.md says: one ledger, and a key for each server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest
from playwright.sync_api import Browser, expect

from ..conformance.conftest import surroundings
from ..conformance.environments import python_of
from ..conformance.litellm_database import litellm_database
from ..conformance.litellm_proxy import MASTER_KEY, LiteLLMProxy
from ..e2e.conftest import Notebook, keep_picture, plays
from ..e2e.servers import free_port
from ..heard import until
from ..postgres_server import Server, running_server
from .hub_page import Loaded, as_littlest, as_zero_to, secret
from .hubs import Entrance, Hub, Stage, begun, entrance, jupyterhub

Json = dict[str, Any]
PROXY = Path(__file__).with_name("hub_proxy.yaml")
# What the hub is told on a cluster is what the test has written into it.
CONFIG = "jupyterhub_config.py"
CELLS = ".jp-Notebook .jp-Cell"
KEY = "LITELLM_PROXY_API_KEY"
LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo"
# For the test alone: what must be nowhere else has to be known.
KEEP_KEY = "import os, pathlib\n_ = pathlib.Path('key').write_text(os.environ.get('LITELLM_PROXY_API_KEY', ''))"
OPERATORS_KEY = "the-operators-key"
PASSWORD = "the-ledgers-password"


def secret_of(proxy: str, ledger: str) -> dict[str, str]:
    return secret(LITELLM_PROXY_API_BASE=proxy, LITELLM_MASTER_KEY=MASTER_KEY, VEO_LEDGER_URL=ledger)


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.emulator:
        yield stage


@pytest.fixture(scope="module")
def proxy(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLMProxy]:
    with litellm_database() as tables:
        upstream = {"GEMINI_API_BASE": stage.emulator.base_url, "GEMINI_API_KEY": OPERATORS_KEY}
        environment = surroundings(tmp_path_factory.mktemp("proxy")) | upstream | tables
        with LiteLLMProxy(python_of("litellm"), environment, PROXY) as running:
            yield running


@dataclass
class Team:
    """A hub, the proxy that its servers' keys are for, and the address of the ledger that they share."""

    hub: Hub
    proxy: LiteLLMProxy
    ledger: str
    folder: Path

    def ask(self, path: str, key: str = MASTER_KEY, body: Json | None = None, **query: str) -> httpx.Response:
        """Ask the proxy, as its operator or with another key."""
        url, headers = f"{self.proxy.base_url}{path}", {"authorization": f"Bearer {key}"}
        return httpx.request("POST" if body else "GET", url, headers=headers, json=body, params=query, timeout=600)

    def allow(self, user: str, usd: float) -> None:
        """Change a user's budget, as the proxy's operator."""
        self.ask("/user/update", body={"user_id": f"jupyterhub/{user}", "max_budget": usd}).raise_for_status()

    def key_in(self, notebook: Notebook) -> str:
        """The key that the cell `KEEP_KEY` has left."""
        path = notebook.lab.root / "key"
        found = path.read_text()
        path.unlink()
        return found

    def kept(self) -> dict[str, bytes]:
        """All that stays anywhere: logs, databases, and what is in the users' homes."""
        with psycopg.connect(self.ledger) as connection:
            named = "SELECT tablename FROM pg_tables WHERE schemaname = 'veo_widgets'"
            tables = [str(name) for (name,) in connection.execute(named)]
            rows = {
                name: connection.execute(f'SELECT t::text FROM veo_widgets."{name}" t').fetchall() for name in tables
            }
        files = {
            str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file() and path.name != CONFIG
        }
        return {**files, **{name: repr(found).encode() for name, found in rows.items()}}


@pytest.fixture(scope="module", params=[("hub5", as_littlest), ("hub6", as_zero_to)], ids=["littlest", "zero-to"])
def team(
    request: pytest.FixtureRequest,
    proxy: LiteLLMProxy,
    database: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Team]:
    version, load = request.param
    folder, ledger = tmp_path_factory.mktemp("hub"), database.new_database()
    # The server trusts everyone; a password that it does not ask for has to stay as hidden as one that it does.
    ledger = ledger.replace("@", f":{PASSWORD}@", 1)
    loaded: Loaded = load(tmp_path_factory.mktemp("config"), secret_of(proxy.base_url, ledger))
    with jupyterhub(folder, version, loaded.config, loaded.variables) as hub:
        yield Team(hub, proxy, ledger, folder)


@pytest.fixture
def enter(team: Team, browser: Browser) -> Iterator[Entrance]:
    with entrance(team.hub, browser) as made:
        yield made


def made(team: Team, notebook: Notebook) -> str:
    """Have a user of the hub make a clip, see it play, and ask everything that could tell a key; gives the key."""
    user = notebook.lab.root.name
    cell = f"%%veo --seconds 4 --wait\nA cat that belongs to {user}"
    page = begun(notebook, "clips.ipynb", LOAD, cell, KEEP_KEY, "%veo config", "%veo doctor", "veo.Studio()")
    video = page.locator(CELLS).nth(1).locator(".veo-root video")
    video.wait_for()
    assert plays(video).startswith(f"{notebook.lab.url}files/veo_clips/")
    page.locator(".veo-studio").wait_for()
    keep_picture(page, f"hub-team-{user}-light")
    notebook.theme("JupyterLab Dark")
    keep_picture(page, f"hub-team-{user}-dark")
    notebook.command("docmanager:save")
    return team.key_in(notebook)


def test_two_users_make_clips_in_one_ledger_each_with_a_key_of_their_own(team: Team, enter: Entrance) -> None:
    notebooks = {user: enter(user) for user in ("ada", "brigitte")}
    keys = {user: made(team, notebook) for user, notebook in notebooks.items()}
    assert len({*keys.values(), MASTER_KEY}) == 3
    for user, key in keys.items():
        found = team.ask("/key/info", key).json()["info"]
        assert (found["user_id"], found["key_alias"]) == (f"jupyterhub/{user}", f"jupyterhub/{user}")
        expect(notebooks[user].page.locator(CELLS).nth(4)).to_contain_text("of $20.00 spent")
    with psycopg.connect(team.ledger) as connection:
        found = connection.execute("SELECT owner, state FROM veo_widgets.jobs ORDER BY owner").fetchall()
    assert found == [("ada", "succeeded"), ("brigitte", "succeeded")]
    # Neither where people look nor where anything stays.
    shown = {f"the page of {user}": one.page.content().encode() for user, one in notebooks.items()}
    said = {"what kernels said": b"".join(enter.heard), "the proxy's log": "\n".join(team.proxy.log).encode()}
    for word in (*keys.values(), MASTER_KEY, OPERATORS_KEY, PASSWORD):
        assert [where for where, text in {**shown, **said, **team.kept()}.items() if word.encode() in text] == []


def test_a_key_lives_as_long_as_its_server_and_the_budget_as_long_as_its_user(
    team: Team, enter: Entrance, stage: Stage
) -> None:
    notebook = enter("ada", "grading")
    slow = "%%veo --seconds 4\n---\nseconds: 600\n---\nA slow cat"
    page = begun(notebook, "slow.ipynb", LOAD, KEEP_KEY, slow)
    expect(page.locator(CELLS).nth(2).locator(".veo-root").first).to_contain_text("Generating")
    key = team.key_in(notebook)
    assert team.ask("/key/info", key).json()["info"]["key_alias"] == "jupyterhub/ada/grading"
    # A key makes no further ones, and raises no budget.
    assert team.ask("/key/generate", key, {"user_id": "jupyterhub/ada"}).is_client_error
    assert team.ask("/user/update", key, {"user_id": "jupyterhub/ada", "max_budget": 1000}).is_client_error
    team.hub.stop("ada", "grading")
    until(lambda: team.ask("/v1/models", key).status_code == 401)
    stage.ahead += 700
    notebook = enter("ada", "grading")
    # It shows the jobs of its own notebook.
    page = begun(notebook, "slow.ipynb", LOAD, KEEP_KEY, "%veo resume")
    plays(page.locator(CELLS).nth(2).locator(".veo-root video"))
    assert team.key_in(notebook) not in {key, ""}
    # What the proxy's operator has said of a user is not said anew by the hub, and counts for each key.
    team.allow("ada", 0.01)
    team.hub.stop("ada", "grading")
    page = begun(enter("ada", "grading"), "refused.ipynb", LOAD, "%%veo --seconds 4 --wait\nA cat too many")
    expect(page.locator(CELLS).nth(1)).to_contain_text("RateLimitError")
    keep_picture(page, "hub-team-refused")
    assert team.ask("/user/info", user_id="jupyterhub/ada").json()["user_info"]["max_budget"] == 0.01
    team.allow("ada", 20)


def server_variables(hub: Hub) -> dict[str, str]:
    """The environment of the one server that a hub has started."""
    (found,) = [
        process.environ()
        for process in psutil.process_iter(["cmdline", "cwd"])
        if "jupyterhub.singleuser" in (process.info["cmdline"] or ())
        and (process.info["cwd"] or "").startswith(str(hub.homes))
    ]
    return dict(found)


def test_a_server_starts_without_a_key_while_the_proxy_is_away(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    given = {**secret_of(nowhere, "postgresql://localhost/veo"), "GEMINI_API_KEY": OPERATORS_KEY}
    # Beside it, the page's way without a proxy.
    loaded = as_littlest(tmp_path, given, "veo_one_key.py", "veo_keys.py")
    folder = tmp_path / "hub"
    folder.mkdir()
    with jupyterhub(folder, "hub5", loaded.config, loaded.variables) as hub:
        hub.start("ada")
        assert {name: value for name, value in server_variables(hub).items() if name in {*given, KEY}} == {
            name: value for name, value in given.items() if name != "LITELLM_MASTER_KEY"
        }
        hub.stop("ada")
    log = (folder / "server.log").read_text()
    assert "LiteLLM gave no key for jupyterhub/ada: " in log
    assert "LiteLLM did not delete the key of jupyterhub/ada: " in log
    assert MASTER_KEY not in log
