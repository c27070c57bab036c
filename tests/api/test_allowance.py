"""What the doctor makes of a LiteLLM proxy's answers; `tests/conformance` has the proxy itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from veo_widgets.api.doctor import Report, diagnose
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings

KEY = "sk-canary-of-the-allowance-0123456789"
MODELS = {"data": [{"id": "veo", "mode": "video_generation"}, {"id": "gpt", "mode": "chat"}]}
INFO = {"key": "a hash", "info": {"key_alias": "mine", "spend": 2.0, "max_budget": 10.0, "team_id": "t"}}
SILENCE = object()
NOT_FOUND = httpx.Response(404, json={"detail": "Not Found"})

pytestmark = pytest.mark.anyio


class Routes(httpx.AsyncBaseTransport):
    """A network with one server, which answers each path in its own way."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers.get(request.url.path, NOT_FOUND)
        if answer is SILENCE:
            await anyio.sleep_forever()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


async def examined(folder: Path, patience: float = 600, **answers: Any) -> Report:
    """The report on a server with these answers, by the last word of their paths."""
    paths = {"models": "/v1/models", "key": "/key/info", "team": "/team/info", "model": "/model/info"}
    routes = Routes({paths[name]: answer for name, answer in {"models": MODELS, **answers}.items()})
    settings = Settings(
        provider="litellm",
        base_url="https://gateway.example",
        api_key=Secret(KEY),
        model="veo",
        folder=folder / "clips",
    )
    async with AsyncClient(settings, home=folder / "home", transport=Transport(routes)) as client:
        return await diagnose(client, {}, patience=patience)


def said(report: Report, topic: str) -> list[tuple[str, str]]:
    return [(finding.state, finding.message) for finding in report.about(topic)]


async def test_a_key_whose_team_it_may_not_ask_has_its_own_budget(tmp_path: Path) -> None:
    team = httpx.Response(403, json={"error": {"message": "API key not authorized to access this team", "code": "403"}})
    report = await examined(tmp_path, key=INFO, team=team)
    assert said(report, "budget") == [("ok", "key mine: $2.00 of $10.00 spent, $8.00 left")]
    assert said(report, "models") == [("ok", "this key may use veo; 1 other name")]
    assert said(report, "limits") == said(report, "deployments") == []


async def test_a_proxy_that_is_silent_about_the_team_is_told_of(tmp_path: Path) -> None:
    # As patient as this machine needs for the answers that do come.
    for patience in (1, 10, 100, 600):
        report = await examined(tmp_path, patience, key=INFO, team=SILENCE)
        if "mine" in repr(report.about("budget")):
            break
    silent = "the proxy did not tell in time what else limits this key"
    assert said(report, "budget") == [("ok", "key mine: $2.00 of $10.00 spent, $8.00 left"), ("ok", silent)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (NOT_FOUND, "the server does not tell what a key may spend"),
        (httpx.Response(500, json={"error": {"message": f"{KEY} broke it"}}), "what this key may spend (HTTP 500)"),
        (httpx.Response(200, json=["nonsense"]), "the proxy did not tell what this key may spend"),
        (httpx.ReadError("gone"), "the proxy did not tell what this key may spend"),
    ],
)
async def test_what_it_does_not_tell_is_no_problem(tmp_path: Path, answer: Any, message: str) -> None:
    report = await examined(tmp_path, key=answer)
    ((state, told),) = said(report, "budget")
    assert (state, message in told) == ("ok", True), told
    assert report.problems == ()
    assert KEY not in repr(report)


async def test_deployments_of_one_model_are_no_warning(tmp_path: Path) -> None:
    same = {"data": [{"model_name": "veo", "litellm_params": {"model": "gemini/veo"}} for _ in range(3)]}
    report = await examined(tmp_path, model=same)
    assert said(report, "deployments") == [("ok", "veo has 3: gemini/veo")]


async def test_names_of_the_operator_bring_no_control_characters(tmp_path: Path) -> None:
    report = await examined(tmp_path, key={"key": "h", "info": {"key_alias": "\x1b[2J\u202emine", "spend": 1}})
    assert "\x1b" not in repr(report) + report._repr_html_()
