"""The doctor, over real sockets, real folders and an environment that is handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from veo_widgets.api.doctor import Finding, Report, diagnose
from veo_widgets.api.doctor.machine import browser, extras, host
from veo_widgets.api.doctor.service import visit
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.accounts import Account, account
from veo_widgets.config.credentials import BearerKey, Secret
from veo_widgets.config.resolution import found_credentials
from veo_widgets.config.settings import Settings
from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, find
from veo_widgets.emulator import Emulator
from veo_widgets.providers.registry import PROVIDERS, Endpoint
from veo_widgets.providers.wires.listing import listing, question
from veo_widgets.session.client import Client

from .test_cli import veo

KEY = "AIzaSyCanaryCanaryCanaryCanaryCanary0"
NOBODY = "http://127.0.0.1:9"

pytestmark = pytest.mark.anyio


class Words(httpx.AsyncBaseTransport):
    """A network that answers every request alike, or fails alike."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.answer = answer

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def examine(tmp_path: Path) -> Callable[..., Any]:
    """Have the doctor look at an environment and settings."""

    async def look(environ: Mapping[str, str], *, answer: Any = None, **settings: Any) -> Report:
        given = Settings(**{"folder": tmp_path / "clips", **settings})
        transport = Transport(Words(answer)) if answer else None
        async with AsyncClient(given, home=tmp_path / "home", transport=transport) as client:
            return await diagnose(client, environ, patience=600)

    return look


def told(report: Report) -> dict[str, str]:
    """The state of each topic; the worst where there are several."""
    order = ["ok", "warning", "problem"]
    return {one.topic: max((two.state for two in report.about(one.topic)), key=order.index) for one in report.findings}


def only(report: Report, topic: str) -> Finding:
    (finding,) = report.about(topic)
    return finding


@pytest.fixture
def own_emulator() -> Iterator[Emulator]:
    """One that no client of an earlier test still asks."""
    with Emulator() as emulator:
        yield emulator


EXPRESS = {"GOOGLE_VERTEX_BASE_URL": "", "GOOGLE_GENAI_USE_VERTEXAI": "1"}
WELL = [
    ("emulator", {}, "veo-3.1-fast-generate-001, $0.80 for its default clip (8 s, 720p, 16:9), which the emulator"),
    (
        "gemini",
        {"GOOGLE_GEMINI_BASE_URL": "", "GEMINI_API_KEY": KEY},
        "gemini-omni-1.2-flash, $0.69 (estimate; the rate is unconfirmed)",
    ),
    (
        "agent_platform",
        {"GOOGLE_VERTEX_BASE_URL": "", "GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_API_KEY": KEY},
        "$0.80",
    ),
    ("litellm", {"LITELLM_PROXY_API_BASE": "", "LITELLM_PROXY_API_KEY": KEY}, "our-veo, price unknown"),
    ("openai", {"OPENAI_BASE_URL": "/v1", "OPENAI_API_KEY": KEY}, "our-veo, price unknown"),
    ("azure", {"AZURE_OPENAI_ENDPOINT": "", "AZURE_OPENAI_API_KEY": KEY}, "our-veo, price unknown"),
]


def at(emulator: Emulator, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the emulator's address in it."""
    addressed = ("_BASE_URL", "_BASE", "_ENDPOINT")
    return {
        name: f"{emulator.base_url}{value}" if name.endswith(addressed) else value for name, value in environ.items()
    }


@pytest.mark.parametrize(("provider", "environ", "model"), WELL, ids=[row[0] for row in WELL])
async def test_all_is_well_where_all_is_well(
    examine: Any, own_emulator: Emulator, provider: str, environ: dict, model: str
) -> None:
    emulator = own_emulator
    emulator.list_models("our-veo")
    environ = at(emulator, environ) or {"VEO_EMULATOR_URL": emulator.base_url}
    report = await examine(environ)
    assert report.problems == (), report
    assert f"({provider}), decided by" in only(report, "provider").message
    assert only(report, "model").message.startswith(model) or model in only(report, "model").message
    assert emulator.base_url in only(report, "endpoint").message
    assert told(report).get("key", "ok") == "ok"
    # Nothing was started, and the ledger was not even made. At a gateway it asked which server answers, too, and at
    # LiteLLM's what the key may spend.
    kinds = {entry.kind for entry in emulator.journal()}
    assert "create" not in kinds
    assert kinds & {"models", "poll"}
    asked = {entry.path for entry in emulator.journal()} & {"/key/info", "/model/info"}
    assert asked == ({"/key/info", "/model/info"} if provider == "litellm" else set())
    servers = [one.message for one in report.about("server")]
    named = f"{emulator.base_url.removeprefix('http://')} is the emulator"
    assert servers == ([named] if provider in {"litellm", "openai", "azure"} else [])
    assert KEY[:8] not in repr(report) + report._repr_html_()


async def test_omni_at_the_agent_platform_is_asked_for_an_interaction(examine: Any, emulator: Emulator) -> None:
    report = await examine({}, provider="emulator", base_url=emulator.base_url, model="gemini-omni-1.2-flash")
    assert report.problems == (), report
    (entry,) = emulator.journal()
    assert "/locations/global/interactions/v1_" in entry.path


@pytest.mark.parametrize(
    ("environ", "topic", "said"),
    [
        ({"GOOGLE_GEMINI_BASE_URL": "", "GEMINI_API_KEY": "wrong-key"}, "key", "refused (HTTP 400)"),
        ({**EXPRESS, "GOOGLE_API_KEY": "wrong-key"}, "key", "refused (HTTP 400)"),
        ({"LITELLM_PROXY_API_BASE": "", "LITELLM_PROXY_API_KEY": "wrong-key"}, "key", "refused (HTTP 401)"),
        ({"OPENAI_BASE_URL": "/v1", "OPENAI_API_KEY": "wrong-key"}, "key", "refused (HTTP 401)"),
        ({"GOOGLE_GEMINI_BASE_URL": "", "GEMINI_API_KEY": "disabled-key"}, "project", "has not been used in project"),
        ({"OPENAI_BASE_URL": "/nothing", "OPENAI_API_KEY": "k"}, "address", "no list of models"),
        ({"LITELLM_PROXY_API_BASE": "", "LITELLM_PROXY_API_KEY": "k"}, "model", "lists several: sora-2, sora-2-pro"),
        ({"GOOGLE_GEMINI_BASE_URL": NOBODY, "GEMINI_API_KEY": "k"}, "endpoint", "nothing answers there"),
    ],
)
async def test_what_the_service_says_is_told_by_topic_with_a_remedy(
    examine: Any, emulator: Emulator, environ: dict, topic: str, said: str
) -> None:
    addressed = {
        name: value if value == NOBODY else at(emulator, {name: value})[name] for name, value in environ.items()
    }
    report = await examine(addressed)
    assert [finding.topic for finding in report.problems] == [topic], report
    assert said in report.problems[0].message
    assert report.problems[0].remedy or topic == "model"
    assert not any(word in repr(report) for word in ("wrong-key", "disabled-key"))


@pytest.mark.parametrize(
    ("project", "location", "topic", "said"),
    [
        ("films", "us-central1", "", ""),
        ("disabled-films", "us-central1", "project", "Enable it by visiting https://console"),
        ("films", "nowhere1", "model", "not served in nowhere1"),
    ],
)
async def test_a_project_has_the_api_and_a_region_that_serves(
    emulator: Emulator, tmp_path: Path, project: str, location: str, topic: str, said: str
) -> None:
    model = find("veo-3.1-fast-generate-001", (AGENT_PLATFORM,))
    endpoint = Endpoint("agent_platform", AGENT_PLATFORM, emulator.base_url, project=project, location=location)
    films = Account(PROVIDERS["agent_platform"], endpoint, BearerKey(Secret("a-token")))
    async with AsyncClient(Settings(), home=tmp_path) as client:
        _, findings = await visit(client, lambda where: question(model, where), films, {}, patience=600)
    problems = [(finding.topic, finding.message, finding.remedy) for finding in findings if finding.state == "problem"]
    assert [name for name, *_ in problems] == ([topic] if topic else [])
    assert all(said in message and remedy for _, message, remedy in problems)
    assert topic or "films may use the API in us-central1" in repr(findings)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (httpx.ConnectError("[Errno -2] Name or service not known"), "its name is not known (DNS)"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "no secure connection (TLS)"),
        (httpx.ProxyError("407 Proxy Authentication Required"), "the proxy between here and there refuses"),
        (httpx.ConnectTimeout(""), "it does not answer in time"),
        (httpx.ConnectError("All connection attempts failed"), "nothing answers there"),
    ],
)
async def test_ways_not_to_be_reached_are_told_apart(examine: Any, trouble: Exception, said: str) -> None:
    environ = {"GEMINI_API_KEY": KEY, "HTTPS_PROXY": "http://user:password@proxy:1"}
    finding = only(await examine(environ, answer=trouble), "endpoint")
    assert (finding.state, said in finding.message) == ("problem", True), finding
    assert "the proxy that HTTPS_PROXY names" in finding.remedy
    assert "password" not in repr(finding)
    direct = only(await examine({**environ, "NO_PROXY": ".googleapis.com"}, answer=trouble), "endpoint")
    assert "HTTPS_PROXY" not in direct.remedy


class Silence(httpx.AsyncBaseTransport):
    """A network in which nothing ever comes back."""

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError


async def test_a_service_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    gemini = account(PROVIDERS["gemini"], GEMINI_API, Settings(api_key=Secret(KEY)), {})
    async with AsyncClient(Settings(), home=tmp_path, transport=Transport(Silence())) as client:
        reply, (finding,) = await visit(client, listing, gemini, {}, patience=0.01)
    assert (reply, finding.topic, finding.state) == (None, "endpoint", "problem")
    assert "does not answer in time" in finding.message


async def test_a_key_that_the_service_quotes_is_not_repeated(examine: Any) -> None:
    quoting = httpx.Response(403, json={"error": {"message": f"{KEY} may not do this", "status": "PERMISSION_DENIED"}})
    report = await examine({"GEMINI_API_KEY": KEY}, answer=quoting)
    assert only(report, "key").state == "problem"
    assert KEY not in repr(report)


@pytest.mark.parametrize(
    ("status", "topic", "state"),
    [(429, "request", "warning"), (503, "request", "warning"), (400, "request", "problem")],
)
async def test_trouble_that_passes_is_a_warning(examine: Any, status: int, topic: str, state: str) -> None:
    answer = httpx.Response(status, json={"error": {"message": "no", "status": "X"}})
    assert only(await examine({"GEMINI_API_KEY": KEY}, answer=answer), "request").state == state
    page = httpx.Response(200, html="<p>Please sign in")
    assert only(await examine({"GEMINI_API_KEY": KEY}, answer=page), "endpoint").state == "problem"


@pytest.mark.parametrize(
    ("model", "state", "said"),
    [
        ("veo-3.0-generate-001", "problem", "veo-3.1-generate-001"),
        ("veo-9", "problem", "'veo-9' is not known"),
        ("gemini-omni-flash-preview", "warning", "it ends on 2027-06-30"),
    ],
)
async def test_a_model_that_ends_is_told(examine: Any, emulator: Emulator, model: str, state: str, said: str) -> None:
    report = await examine({}, provider="emulator", base_url=emulator.base_url, model=model)
    assert only(report, "model").state == state, report
    assert said in only(report, "model").message


async def test_a_default_that_may_have_ended_is_asked_for_and_omni_named(examine: Any, emulator: Emulator) -> None:
    environ = {"GOOGLE_VERTEX_BASE_URL": "", "GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_API_KEY": KEY}
    report = await examine(at(emulator, environ))
    found = only(report, "model")
    assert found.state == "warning"
    assert not report.problems
    assert "veo-3.1-fast-generate-001, $0.80" in found.message
    assert found.message.endswith("; it may have ended on 2026-11-17, which no source confirms")
    assert found.remedy == "The service was asked whether it answers. If it is refused, use gemini-omni-1.2-flash."
    assert any("veo-3.1-fast-generate-001" in entry.path for entry in emulator.journal())


async def test_a_name_that_a_gateway_does_not_list_is_a_warning(examine: Any, emulator: Emulator) -> None:
    emulator.list_models("our-veo")
    environ = at(emulator, {"LITELLM_PROXY_API_BASE": "", "LITELLM_PROXY_API_KEY": "k"})
    report = await examine(environ, model="theirs")
    assert [finding.state for finding in report.about("model")] == ["ok", "warning"]
    assert "theirs is not in its list: our-veo" in report.about("model")[1].message


async def test_a_provider_that_does_not_exist_is_the_only_problem(examine: Any) -> None:
    report = await examine({"VEO_PROVIDER": "gemni"})
    assert [finding.topic for finding in report.problems] == ["provider"]
    assert "Did you mean 'gemini'?" in report.problems[0].message


async def test_credentials_that_are_missing_are_told_with_what_to_set(examine: Any) -> None:
    report = await examine({"VEO_PROVIDER": "litellm"})
    assert "Set LITELLM_PROXY_API_BASE" in only(report, "account").message


def test_every_credential_is_found_with_its_source_and_what_hides_it() -> None:
    environ = {"GOOGLE_API_KEY": "a", "GEMINI_API_KEY": "b", "AZURE_API_KEY": "c", "CLOUDSDK_CONFIG": "/nowhere"}
    found = {(one.provider.name, one.source): one.shadowed_by for one in found_credentials(Settings(), environ)}
    assert found == {
        ("gemini", "environment GOOGLE_API_KEY"): "",
        ("gemini", "environment GEMINI_API_KEY"): "environment GOOGLE_API_KEY",
        ("azure", "environment AZURE_API_KEY"): "",
    }
    configured = Settings(provider="gemini", api_key=Secret("d"))
    sources = [one.source for one in found_credentials(configured, environ) if one.provider.name == "gemini"]
    assert sources == ["configure()", "environment GOOGLE_API_KEY", "environment GEMINI_API_KEY"]


def test_googles_own_credentials_are_found_where_gcloud_puts_them(tmp_path: Path) -> None:
    environ = {"GOOGLE_CLOUD_PROJECT": "films", "CLOUDSDK_CONFIG": str(tmp_path)}
    assert [one.what for one in found_credentials(Settings(), environ)] == ["project"]
    (tmp_path / "application_default_credentials.json").write_text("{}")
    assert [one.source for one in found_credentials(Settings(), environ)] == [
        "environment GOOGLE_CLOUD_PROJECT",
        "gcloud auth application-default login",
    ]
    keyed = {**environ, "GOOGLE_APPLICATION_CREDENTIALS": "key.json"}
    assert found_credentials(Settings(), keyed)[-1].shadowed_by == "environment GOOGLE_APPLICATION_CREDENTIALS"


async def test_folders_that_cannot_be_written_are_problems(examine: Any, tmp_path: Path, emulator: Emulator) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    (tmp_path / "file").write_text("")
    report = await examine({"VEO_EMULATOR_URL": emulator.base_url}, folder=tmp_path / "file" / "clips")
    assert [finding.topic for finding in report.problems] == ["data folder", "clips folder"]
    assert "VEO_WIDGETS_HOME" in only(report, "data folder").remedy


def test_open_jobs_are_counted(client: Client, settings: Settings, tmp_path: Path) -> None:
    assert only(client.call(diagnose, client.asynchronous, {}), "jobs").message == "none yet"
    job = client.submit("---\npolls: 999\n---\nA cat", seconds=4)
    finding = only(client.call(diagnose, client.asynchronous, {}), "jobs")
    assert (finding.state, finding.message) == ("warning", f"1 open: {job.id}")
    client.submit("A cat", seconds=4).wait(600)
    assert "1 open" in only(client.call(diagnose, client.asynchronous, {}), "jobs").message


def test_the_way_to_the_browser_and_the_host_are_known(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path)
    assert "none here" in browser(settings, {}).message
    assert "as messages" in browser(settings, {"JPY_PARENT_PID": "1"}).message
    assert host({}).message == "no notebook: a script or a terminal"
    assert host({"JPY_PARENT_PID": "1", "COLAB_RELEASE_TAG": "r"}).message == "Google Colab"


def test_extras_that_are_there_are_said_to_be() -> None:
    assert extras() == Finding("extras", "ok", "emulator, media, google, cloud: all installed")
    lacking = extras(lambda module: module != "google.auth")
    assert (lacking.message, lacking.remedy) == (
        "google is not installed: no Agent Platform",
        "pip install 'veo-widgets[google]'",
    )


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_reads_the_same_every_time_and_escapes_what_it_quotes() -> None:
    findings = (Finding("key", "ok", "accepted"), Finding("model", "problem", "<b> & co", "Use 'x'."))
    report = Report(findings)
    assert repr(report) == (
        "ok       key    accepted\nproblem  model  <b> & co\n                → Use 'x'.\n\n1 problem."
    )
    assert report == Report(findings)
    html = report._repr_html_()
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    assert "&lt;b&gt; &amp; co" in html
    assert Report(findings[:1]).summary == "All is well."
    assert Report((replace(findings[0], state="warning"),) * 2).summary == "2 warnings."


def test_the_command_tells_by_its_exit_code(settings: Settings, tmp_path: Path) -> None:
    well = veo(tmp_path, settings, "doctor")
    assert (well.returncode, well.stderr) == (0, "")
    assert well.stdout.endswith("All is well.\n")
    ill = veo(tmp_path, replace(settings, base_url=NOBODY), "doctor")
    assert ill.returncode == 1
    assert "1 problem." in ill.stdout
