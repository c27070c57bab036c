"""A team on a real JupyterHub, set up as docs/how-to/jupyterhub.md says: one ledger, and a key for each server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
import pytest
from playwright.sync_api import Browser, expect

from veo_widgets.api.cli import main

from ..conformance.conftest import surroundings
from ..conformance.environments import python_of
from ..conformance.litellm_database import litellm_database
from ..conformance.litellm_proxy import MASTER_KEY, LiteLLMProxy
from ..e2e.conftest import Notebook, keep_picture, plays
from ..e2e.servers import free_port
from ..heard import until
from ..postgres_server import USER, Server, running_server
from .hub_page import as_littlest, as_zero_to, block, proxy_config, secret, with_roles
from .hubs import Entrance, Hub, Stage, begun, entrance, jupyterhub

Json = dict[str, Any]
# What the hub is told on a cluster is what the test has written into it.
CONFIG = "jupyterhub_config.py"
CELLS = ".jp-Notebook .jp-Cell"
KEY, LEDGER = "LITELLM_PROXY_API_KEY", "VEO_LEDGER_URL"
LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo"
# For the test alone: what must be nowhere else has to be known.
KEEP = "import json, os, pathlib\n_ = pathlib.Path('told').write_text(json.dumps(dict(os.environ)))"
OPERATORS_KEY = "the-operators-key"
PASSWORD, HUBS_PASSWORD, ROLES_KEY = "the-ledgers-password", "the-hubs-password", "the-key-of-roles"


def secret_of(proxy: str, ledger: str) -> dict[str, str]:
    return secret(LITELLM_PROXY_API_BASE=proxy, LITELLM_MASTER_KEY=MASTER_KEY, VEO_LEDGER_URL=ledger)


def kept_apart(server: Server, owner: str) -> dict[str, str]:
    """What a hub is told that makes a role for each user, once administrator and owner have done what the page says."""
    server.run_file(block("roles.sql").replace("…", HUBS_PASSWORD))
    assert main(["ledger", "protect", owner, "--members", "studio"]) == 0
    # A password that it is sent in a statement would be in its log.
    server.run_sql("ALTER SYSTEM SET log_statement = 'all'")
    server.ask_for_passwords()
    hub = owner.replace(f"{USER}@", f"hub:{HUBS_PASSWORD}@", 1)
    return {"LEDGER_ROLES_URL": hub, "LEDGER_ROLES_KEY": ROLES_KEY}


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
        models = proxy_config(tmp_path_factory.mktemp("models"))
        with LiteLLMProxy(python_of("litellm"), environment, models) as running:
            yield running


@dataclass
class Team:
    """A hub, the proxy that its servers' keys are for, and the address of the ledger that they share.

    Attributes:
        has_roles: whether each user has a role of the database.
    """

    hub: Hub
    proxy: LiteLLMProxy
    ledger: str
    folder: Path
    database: Server
    has_roles: bool

    def owner(self, user: str) -> str:
        """Whose a user's jobs are."""
        return f"jupyterhub/{user}" if self.has_roles else user

    def ask(self, path: str, key: str = MASTER_KEY, body: Json | None = None, **query: str) -> httpx.Response:
        """Ask the proxy, as its operator or with another key."""
        url, headers = f"{self.proxy.base_url}{path}", {"authorization": f"Bearer {key}"}
        return httpx.request("POST" if body else "GET", url, headers=headers, json=body, params=query, timeout=600)

    def allow(self, user: str, usd: float) -> None:
        """Change a user's budget, as the proxy's operator."""
        self.ask("/user/update", body={"user_id": f"jupyterhub/{user}", "max_budget": usd}).raise_for_status()

    def told(self, notebook: Notebook) -> dict[str, str]:
        """The variables of a kernel, which the cell `KEEP` has left."""
        path = notebook.lab.root / "told"
        found: dict[str, str] = json.loads(path.read_text())
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
        logs = {"the database's log": self.database.log, "the proxy's log": "\n".join(self.proxy.log).encode()}
        return {**files, **logs, **{name: repr(found).encode() for name, found in rows.items()}}


@pytest.fixture(scope="module", params=["littlest-with-roles", "zero-to"])
def team(
    request: pytest.FixtureRequest,
    proxy: LiteLLMProxy,
    database: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Team]:
    folder, config = tmp_path_factory.mktemp("hub"), tmp_path_factory.mktemp("config")
    ledger, has_roles = database.new_database(), request.param == "littlest-with-roles"
    # Its owner is let in with any password; one that is not asked for has to stay as hidden as one that is.
    given = secret_of(proxy.base_url, ledger.replace("@", f":{PASSWORD}@", 1))
    if has_roles:
        version, loaded = "hub5", as_littlest(config, with_roles(given, **kept_apart(database, ledger)))
    else:
        version, loaded = "hub6", as_zero_to(config, given)
    with jupyterhub(folder, version, loaded.config, loaded.variables) as hub:
        yield Team(hub, proxy, ledger, folder, database, has_roles)


@pytest.fixture
def enter(team: Team, browser: Browser) -> Iterator[Entrance]:
    with entrance(team.hub, browser) as made:
        yield made


def made(team: Team, notebook: Notebook) -> dict[str, str]:
    """Have a user of the hub make a clip, see it play, and ask all that could tell a key; gives its variables."""
    user = notebook.lab.root.name
    cell = f"%%veo --seconds 4 --wait\nA cat that belongs to {user}"
    page = begun(notebook, "clips.ipynb", LOAD, cell, KEEP, "%veo config", "%veo doctor", "veo.Studio()")
    video = page.locator(CELLS).nth(1).locator(".veo-root video")
    video.wait_for()
    assert plays(video).startswith(f"{notebook.lab.url}files/veo_clips/")
    page.locator(".veo-studio").wait_for()
    keep_picture(page, f"hub-team-{user}-light")
    notebook.theme("JupyterLab Dark")
    keep_picture(page, f"hub-team-{user}-dark")
    notebook.command("docmanager:save")
    return team.told(notebook)


def test_two_users_make_clips_in_one_ledger_each_with_a_key_of_their_own(team: Team, enter: Entrance) -> None:
    notebooks = {user: enter(user) for user in ("ada", "brigitte")}
    told = {user: made(team, notebook) for user, notebook in notebooks.items()}
    keys, ledgers = ({user: found[name] for user, found in told.items()} for name in (KEY, LEDGER))
    assert len({*keys.values(), MASTER_KEY}) == 3
    for user, key in keys.items():
        found = team.ask("/key/info", key).json()["info"]
        assert (found["user_id"], found["key_alias"]) == (f"jupyterhub/{user}", f"jupyterhub/{user}")
        # The doctor waits for a slow proxy for twenty seconds, and says so: then it is asked again.
        doctor = notebooks[user].page.locator(CELLS).nth(4)
        for _ in range(30):
            if "of $20.00 spent" in doctor.inner_text():
                break
            notebooks[user].run(4)
        expect(doctor).to_contain_text("of $20.00 spent")
    if not team.has_roles:
        shared = "At most $20.00 a day is spent by all who share this ledger."
        expect(notebooks["ada"].page.locator(CELLS).nth(1)).to_contain_text(shared)
    with psycopg.connect(team.ledger) as connection:
        found = connection.execute("SELECT owner, state FROM veo_widgets.jobs ORDER BY owner").fetchall()
    assert found == [(team.owner(user), "succeeded") for user in notebooks]
    # What a statement of a user's own finds.
    for user, address in ledgers.items():
        with psycopg.connect(address) as connection:
            seen = {owner for (owner,) in connection.execute("SELECT owner FROM veo_widgets.jobs")}
        assert seen == {team.owner(one) for one in (notebooks if not team.has_roles else [user])}
    if team.has_roles:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(ledgers["ada"].replace("%2Fada:", "%2Fbrigitte:"))
    # Neither where people look nor where anything stays.
    shown = {f"the page of {user}": one.page.content().encode() for user, one in notebooks.items()}
    said = {"what kernels said": b"".join(enter.heard)}
    passwords = {str(urlsplit(address).password) for address in ledgers.values()}
    for word in (*keys.values(), *passwords, MASTER_KEY, OPERATORS_KEY, HUBS_PASSWORD, ROLES_KEY):
        assert [where for where, text in {**shown, **said, **team.kept()}.items() if word.encode() in text] == []


def test_a_key_lives_as_long_as_its_server_and_the_budget_as_long_as_its_user(
    team: Team, enter: Entrance, stage: Stage
) -> None:
    notebook = enter("ada", "grading")
    slow = "%%veo --seconds 4\n---\nseconds: 600\n---\nA slow cat"
    page = begun(notebook, "slow.ipynb", LOAD, KEEP, slow)
    expect(page.locator(CELLS).nth(2).locator(".veo-root").first).to_contain_text("Generating")
    key = team.told(notebook)[KEY]
    assert team.ask("/key/info", key).json()["info"]["key_alias"] == "jupyterhub/ada/grading"
    # A key makes no further ones, and raises no budget.
    assert team.ask("/key/generate", key, {"user_id": "jupyterhub/ada"}).is_client_error
    assert team.ask("/user/update", key, {"user_id": "jupyterhub/ada", "max_budget": 1000}).is_client_error
    team.hub.stop("ada", "grading")
    until(lambda: team.ask("/v1/models", key).status_code == 401)
    stage.ahead += 700
    notebook = enter("ada", "grading")
    # It shows the jobs of its own notebook.
    page = begun(notebook, "slow.ipynb", LOAD, KEEP, "%veo resume")
    plays(page.locator(CELLS).nth(2).locator(".veo-root video"))
    assert team.told(notebook)[KEY] not in {key, ""}
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


def test_a_server_starts_without_a_key_while_proxy_and_database_are_away(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    passed_on = {"LITELLM_PROXY_API_BASE": f"http://{nowhere}", "VEO_FOLDER": "clips", "GEMINI_API_KEY": OPERATORS_KEY}
    given = {**secret_of(f"http://{nowhere}", f"postgresql://veo:{PASSWORD}@{nowhere}/veo"), **passed_on}
    given |= {"LEDGER_ROLES_URL": f"postgresql://hub:{HUBS_PASSWORD}@{nowhere}/veo", "LEDGER_ROLES_KEY": ROLES_KEY}
    # Beside it, the page's way without a proxy.
    loaded = as_littlest(tmp_path, given, "veo_one_key.py")
    folder = tmp_path / "hub"
    folder.mkdir()
    with jupyterhub(folder, "hub5", loaded.config, loaded.variables) as hub:
        hub.start("ada")
        found = server_variables(hub)
        hub.stop("ada")
    shown = {name: value for name, value in found.items() if name in {*given, KEY}}
    # The owner's address, which was told too, is not the way out.
    assert shown.pop(LEDGER).startswith("postgresql://jupyterhub%2Fada:")
    assert shown == {
        "LITELLM_PROXY_API_BASE": f"http://{nowhere}",
        "VEO_FOLDER": "clips",
        "GEMINI_API_KEY": OPERATORS_KEY,
    }
    log = (folder / "server.log").read_text()
    assert "LiteLLM gave no key for jupyterhub/ada: " in log
    assert "LiteLLM did not delete the key of jupyterhub/ada: " in log
    assert "PostgreSQL has no role for jupyterhub/ada: " in log
    assert [word for word in (MASTER_KEY, PASSWORD, HUBS_PASSWORD, ROLES_KEY, OPERATORS_KEY) if word in log] == []
