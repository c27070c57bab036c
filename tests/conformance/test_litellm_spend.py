"""Keys, teams, budgets and the log of a real LiteLLM proxy with a real database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from veo_widgets.api.doctor import Report, diagnose
from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.domain.bookings import Comparison
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator, Pace
from veo_widgets.session.client import Client, Job

from ..heard import until
from .conftest import surroundings
from .environments import python_of
from .litellm_database import litellm_database
from .litellm_proxy import LiteLLMProxy

Json = dict[str, Any]
CONFIG = Path(__file__).with_name("litellm_database.yaml")
VEO, OMNI = "veo-3.1-generate-preview", "gemini-omni-1.2-flash"
PATIENCE = 600
FAILED = "---\noutcome: failed\n---\nA cat"


async def _hasty_sleep(seconds: float) -> None:
    await anyio.sleep(min(seconds, 0.05))


class Ahead:
    """How far the service's clock is put on, in seconds."""

    seconds = 0.0


@pytest.fixture(scope="module")
def ahead() -> Ahead:
    return Ahead()


@pytest.fixture(scope="module")
def proxy(ahead: Ahead, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLMProxy]:
    def clock() -> float:
        return time.time() + ahead.seconds

    with Emulator(pace=Pace.polls(1), clips="small", clock=clock) as emulator, litellm_database() as database:
        upstream = {"GEMINI_API_BASE": emulator.base_url, "GEMINI_API_KEY": "the-operators-key"}
        environment = surroundings(tmp_path_factory.mktemp("proxy")) | upstream | database
        with LiteLLMProxy(python_of("litellm"), environment, CONFIG) as running:
            yield running


@dataclass
class Operator:
    """Who has the master key, and gives keys to others."""

    proxy: LiteLLMProxy
    folder: Path
    clients: list[Client] = field(default_factory=list)

    def call(self, method: str, path: str, key: str = "", **more: Any) -> Json:
        headers = {"authorization": f"Bearer {key or self.proxy.key}"}
        reply = httpx.request(method, f"{self.proxy.base_url}{path}", headers=headers, timeout=600, **more)
        answer: Json = reply.raise_for_status().json()
        return answer

    def user(self, name: str) -> str:
        self.call("POST", "/user/new", json={"user_id": name, "user_role": "internal_user", "auto_create_key": False})
        return name

    def key(self, **limits: Any) -> str:
        return str(self.call("POST", "/key/generate", json=limits)["key"])

    def spent(self, key: str) -> float:
        return float(self.call("GET", "/key/info", key)["info"]["spend"])

    def log(self, key: str) -> list[Json]:
        """What was booked for a key, once it is written."""
        token = self.call("GET", "/key/info", key)["key"]
        rows: list[Json] = self.call("GET", f"/spend/logs?api_key={token}")  # type: ignore[assignment]
        return [row for row in rows if row["spend"]]

    def written(self, key: str, count: int) -> list[Json]:
        """The log of a key, when it has so many lines that cost something: it is written a while after each call."""
        until(lambda: len(self.log(key)) >= count)
        return self.log(key)

    def client(self, key: str = "", **more: Any) -> Client:
        account = {"provider": "litellm", "base_url": self.proxy.base_url, "api_key": Secret(key or self.proxy.key)}
        settings = Settings(**{**account, **more}, folder=self.folder / "veo_clips")
        self.clients.append(Client(settings, home=self.folder / "home", clock=Clock(sleep=_hasty_sleep)))
        return self.clients[-1]

    def examined(self, key: str = "", **more: Any) -> Report:
        client = self.client(key, **more)
        return client.call(partial(diagnose, client.asynchronous, {}, patience=PATIENCE))

    def compared(self, key: str = "", days: int | None = None) -> Comparison:
        return self.client(key).compare_cost("litellm", days)


@pytest.fixture
def hire(tmp_path: Path) -> Iterator[Callable[[LiteLLMProxy], Operator]]:
    hired: list[Operator] = []

    def at(proxy: LiteLLMProxy) -> Operator:
        hired.append(Operator(proxy, tmp_path))
        return hired[-1]

    yield at
    for operator in hired:
        for client in operator.clients:
            client.close()


@pytest.fixture
def operator(proxy: LiteLLMProxy, hire: Callable[[LiteLLMProxy], Operator]) -> Operator:
    return hire(proxy)


def lines(report: Report, topic: str) -> list[tuple[str, str]]:
    return [(finding.state, finding.message) for finding in report.about(topic)]


def ended(job: Job) -> Job:
    """A job that has ended, however."""
    try:
        job.wait(PATIENCE)
    except errors.VeoError:
        assert job.state.is_final
    return job


def test_the_doctor_tells_what_a_key_and_its_team_may_spend(operator: Operator) -> None:
    team = {"team_alias": "studio", "max_budget": 50, "budget_duration": "30d", "tpm_limit": 1000}
    team_id = operator.call("POST", "/team/new", json=team)["team_id"]
    key = operator.key(
        key_alias="notebooks", team_id=team_id, max_budget=10, budget_duration="7d", rpm_limit=60, models=["films"]
    )
    report = operator.examined(key)
    assert report.problems == ()
    (_, own), (_, shared) = lines(report, "budget")
    assert own.startswith("key notebooks: $0.00 of $10.00 spent, $10.00 left until 20")
    assert own.endswith(", set anew every 7d")
    assert shared.startswith("team studio: $0.00 of $50.00 spent, $50.00 left until 20")
    assert lines(report, "limits") == [("ok", "key: 60 requests a minute; team: 1000 tokens a minute")]
    assert lines(report, "models") == [("ok", "this key may use films")]
    several = "films has 2: gemini/veo-3.1-generate-preview, gemini/veo-3.1-fast-generate-preview"
    assert lines(report, "deployments") == [("warning", several)]
    assert key not in repr(report)


def test_a_used_up_budget_is_a_problem(operator: Operator) -> None:
    key = operator.key(key_alias="spent", max_budget=1.5, models=["veo"])
    operator.call("POST", "/v1/videos", key, json={"model": "veo", "prompt": "A cat", "seconds": "4"})
    until(lambda: operator.spent(key) > 0)
    report = operator.examined(key, model="veo")
    # The list of models is refused as well.
    assert lines(report, "request")[0][0] == "warning"
    assert lines(report, "budget") == [("problem", "key spent: $1.60 of $1.50 spent, $0.00 left")]
    assert report.about("budget")[0].remedy == "Wait, or ask the proxy's operator for more."


def test_the_clip_that_has_used_up_a_budget_is_kept_waiting_and_comes_home_when_there_is_more(
    operator: Operator, ahead: Ahead
) -> None:
    key = operator.key()
    job = operator.client(key).submit("---\nseconds: 600\n---\nA cat", model="veo", seconds=4, max_cost=3)
    until(lambda: operator.spent(key) > 0)
    operator.call("POST", "/key/update", json={"key": key, "max_budget": 1})
    # The proxy refuses polls too: nobody may spend, and nobody may look.
    until(lambda: "Budget has been exceeded" in job.sighting.notice)
    assert not job.state.is_final
    ahead.seconds += 700
    operator.call("POST", "/key/update", json={"key": key, "max_budget": 10})
    assert ended(job).state is JobState.SUCCEEDED


def test_a_key_of_a_user_has_the_users_budget_too(operator: Operator) -> None:
    user = operator.user("bea")
    operator.call("POST", "/user/update", json={"user_id": user, "max_budget": 30})
    report = operator.examined(operator.key(user_id=user), model="veo")
    assert lines(report, "budget") == [
        ("ok", "key: $0.00 spent, without a limit"),
        ("ok", "user: $0.00 of $30.00 spent, $30.00 left"),
    ]


def test_a_key_that_may_ask_nothing_and_the_master_key_get_a_plain_line(operator: Operator) -> None:
    report = operator.examined(operator.key(allowed_routes=["llm_api_routes"]), model="veo")
    assert report.problems == ()
    assert lines(report, "budget") == [("ok", "the proxy does not tell this key what it may spend")]
    assert lines(operator.examined(model="veo"), "budget") == [
        ("ok", "the proxy keeps no budget for this key, as for its master key")
    ]


def test_the_ledger_is_held_against_the_log(operator: Operator) -> None:
    key = operator.key(user_id=operator.user("cid"))
    other = operator.key(user_id="cid")
    client = operator.client(key)

    def made(prompt: str = "A cat", **values: Any) -> Job:
        return ended(client.submit(prompt, seconds=4, allow_retired=True, max_cost=3, **values))

    # What only the pass-through carries goes there.
    agreed, unpriced = made(model=VEO, negative_prompt="rain"), made(model="veo")
    failed = made(FAILED, model="veo")
    interaction = made(model=OMNI)
    body = {"model": "veo", "prompt": "By somebody else", "seconds": "8"}
    operator.call("POST", "/v1/videos", key, json=body)
    operator.call("POST", "/v1/videos", other, json=body)
    operator.written(key, 4)
    found = operator.compared(key)
    told = {item.job: (item.here, item.booked, item.why) for item in found.differences}
    assert agreed.id not in told
    assert told == {
        unpriced.id: (None, pytest.approx(1.6), "no price is known here"),
        failed.id: (0.0, pytest.approx(1.6), "failed, so it is free here; the log books at the create"),
        interaction.id: (interaction.cost.usd, None, "the log does not name interactions"),
        "": (None, pytest.approx(3.2), "no job of this ledger"),
    }
    assert (found.agreeing, found.booked) == (1, pytest.approx(1.6 * 3 + 3.2))
    assert found.here == pytest.approx(1.6 + (interaction.cost.usd or 0))
    assert "they agree on 1 job" in repr(found)
    assert key not in repr(found) + found._repr_html_()
    assert [row[0] for row in found.rows] == [item.job or "-" for item in found.differences]
    # Today is the first day of all of them.
    assert [item.job for item in operator.compared(key, 1).differences] == [item.job for item in found.differences]
    # A new key of the same user finds what was sent with the old one, and has made one clip that we know nothing of.
    with_other = {item.job: item.booked for item in operator.compared(other).differences}
    assert with_other == {**{item.job: item.booked for item in found.differences}, "": pytest.approx(3.2)}


def test_the_master_key_sees_its_own_bookings_alone(operator: Operator) -> None:
    job = ended(operator.client().submit("A cat", model="veo", seconds=4, max_cost=3))
    until(lambda: operator.compared().booked > 0)
    found = operator.compared()
    assert [(item.job, item.booked) for item in found.differences] == [(job.id, pytest.approx(1.6))]


def test_who_may_not_read_the_log_is_told_so(operator: Operator) -> None:
    for limits in ({}, {"allowed_routes": ["llm_api_routes"]}):
        with pytest.raises(errors.PermissionDeniedError, match="does not show its log to this key; ask its operator"):
            operator.compared(operator.key(**limits))
    with pytest.raises(errors.AuthenticationError):
        operator.compared("sk-nobodys")


def test_a_proxy_without_a_database_keeps_no_log(
    litellm_proxy: LiteLLMProxy, hire: Callable[[LiteLLMProxy], Operator]
) -> None:
    operator = hire(litellm_proxy)
    with pytest.raises(errors.PermissionDeniedError, match="keeps no log, because it runs without a database"):
        operator.compared()
    report = operator.examined(model="veo")
    assert report.problems == ()
    assert lines(report, "budget") == [("ok", "the proxy runs without a database: it keeps no budgets and no log")]
