"""``veo.add_model`` and ``veo.catalog``, as functions and as a command."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import veo_widgets as veo
from veo_widgets.api import functions
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.environment import read_environment
from veo_widgets.config.settings import Settings
from veo_widgets.domain import catalog
from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.catalog_changes import changes
from veo_widgets.domain.errors import ConfigError, InvalidRequestError
from veo_widgets.session.client import Client

WAN = "Wan-AI/Wan2.2-T2V-A14B"
SHIPPED = json.loads(Path(catalog.__file__).with_name("catalog.json").read_text("utf-8"))

# As late as a catalog may be.
NEWER = local_day(time.time() + 24 * 3600)


@pytest.fixture(autouse=True)
def session(make_client: Callable[..., Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    before, functions._default = functions._default, make_client(Settings(folder=tmp_path))
    yield
    functions._default = before


def newer(path: Path, **changed: Any) -> Path:
    """A catalog of tomorrow in which the first model is otherwise, and the last is gone."""
    models = [{**SHIPPED["models"][0], **changed}, *SHIPPED["models"][1:-1]]
    path.write_text(json.dumps({"checked_on": NEWER, "models": models}), "utf-8")
    return path


def test_a_model_is_described_for_the_session_and_priced(tmp_path: Path) -> None:
    shown = veo.add_model(WAN, provider="sglang", price=0, sizes=["832x480"], durations_s=[3, 5])
    assert shown.rows[0][:6] == (WAN, "sglang", "your own", "3, 5", "832x480", "free")
    plan = veo.plan("A cat", model=WAN, max_cost=0)
    assert (plan.provider.name, plan.model.id, plan.cost.text, plan.violations) == ("sglang", WAN, "free", ())
    assert veo.plan("A cat", model=f"sglang/{WAN}", seconds=4).violations[0].parameter == "duration_seconds"
    assert [row[0] for row in veo.models().rows].count(WAN) == 1
    assert veo.models("sglang").rows[0][0] == WAN
    veo.add_model(WAN, provider="sglang", price={"per_clip": 0.4})
    plan = veo.plan("A cat", model=WAN, max_cost=0)
    assert "0 allows only what is free, and this request is expected to cost $0.40" in str(plan.violations[0])
    veo.add_model(WAN, provider="sglang", price={"per_second": 0.05})
    plan = veo.plan("A cat", model=WAN, max_cost=0)
    assert "this request is of unknown price (the length of a clip" in str(plan.violations[0])
    assert not (tmp_path / "data" / "models.toml").exists()


def test_a_wrong_field_is_refused_with_its_name_and_nothing_is_added() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        veo.add_model(WAN, fps="many")
    assert str(caught.value) == f"veo.add_model(…): model {WAN!r}: fps: 'many' is not a number above 0 or None."
    assert (caught.value.parameter, caught.value.value) == ("fps", "many")
    with pytest.raises(ConfigError, match="Did you mean 'sglang'"):
        veo.add_model(WAN, provider="sglamg")
    assert catalog.own_models() == ()


def test_a_model_is_kept_for_every_program(tmp_path: Path) -> None:
    extra = [{"name": "sampler", "kind": "choice", "choices": ['euler "a"', "ünïpc"], "help": "Wie."}]
    veo.add_model(WAN, save=True, provider="sglang", price={"per_clip": 0.4}, sizes=("832x480",), extra=extra)
    veo.add_model("other", save=True, price=0, seed=False)
    catalog.describe("session", ())
    read_environment(dict(os.environ))
    kept = {model.id: model for model in catalog.own_models()}
    assert kept[WAN].usd_per_clip == 0.4
    assert kept[WAN].extra[0].choices == ('euler "a"', "ünïpc")
    assert (kept["other"].is_free, kept["other"].seed) == (True, False)
    with pytest.raises(InvalidRequestError, match="describes 'other' already"):
        veo.add_model("other", save=True)


def test_a_newer_catalog_is_shown_first_and_counts_when_it_is_taken(tmp_path: Path) -> None:
    path = newer(tmp_path / "new.json", usd_per_second={"720p": 0.5}, status="shut_down", shut_down="2098-12-31")
    shown = repr(veo.catalog("update", str(path)))
    assert "ended on 2098-12-31; use gemini-omni-1.2-flash" in shown
    assert "usd_per_second: 720p 0.4, 1080p 0.4, 4k 0.6 → 720p 0.5" in shown
    assert "no longer listed" in shown
    assert "Nothing was changed; --yes or yes=True takes it." in shown
    assert catalog.current() is catalog.shipped()
    assert "It counts from now on" in repr(veo.catalog("update", str(path), yes=True))
    assert catalog.current().checked_on == NEWER
    assert str(tmp_path / "data" / "catalog.json") in repr(veo.catalog())
    veo.catalog("reset")
    assert catalog.current() is catalog.shipped()
    assert "shipped with this version" in repr(veo.catalog("reset"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "it is not a catalog of models"),
        ("{", "it is not JSON that can be read"),
        ("[" * 200 + "]" * 200, "it is not JSON that can be read (it is nested too deeply)"),
        (json.dumps({"checked_on": NEWER, "models": [{"id": "veo-9", "fps": "x"}]}), "model 'veo-9': fps: 'x'"),
        (json.dumps({"checked_on": NEWER, "models": [{"id": "veo-9"}]}), "model 'veo-9': api: it is missing."),
        (json.dumps({"checked_on": "2020-01-01", "models": SHIPPED["models"]}), "is of 2020-01-01, which is not newer"),
        (
            json.dumps({"checked_on": NEWER, "models": SHIPPED["models"][:1] * 2}),
            "stands twice at agent-platform",
        ),
        (json.dumps({"checked_on": "2099-01-01", "models": SHIPPED["models"]}), "a day that has not come yet"),
        ("x" * (4 << 20) + "x", "is larger than 4 MB"),
    ],
)
def test_what_is_no_newer_catalog_is_refused_whole(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidRequestError) as caught:
        veo.catalog("update", str(path), yes=True)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert not (tmp_path / "data" / "catalog.json").exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("", "file: name a file, or an address that begins with https://."),
        ("nowhere.json", "file: nowhere.json: No such file or directory."),
        ("http://catalogs.example/c.json", "does not begin with https://"),
        ("https://127.0.0.1:9/c.json", "never fetched on anyone's behalf"),
        ("https://169.254.169.254/c.json", "never fetched on anyone's behalf"),
    ],
)
def test_only_files_and_secure_addresses_far_from_here_are_read(file: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        veo.catalog("update", file)
    assert words in str(caught.value)


def test_an_unknown_action_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="Did you mean 'update'"):
        veo.catalog("updaet")


class Web(httpx.AsyncBaseTransport):
    """Has one page, and notes who asks for it."""

    def __init__(self, page: bytes) -> None:
        self.page, self.asked = page, list[httpx.Request]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200, content=self.page)


def test_a_catalog_at_an_address_is_asked_for_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "catalog-key-4711")
    web = Web(newer(tmp_path / "new.json").read_bytes())
    with Client(Settings(folder=tmp_path), home=tmp_path / "data", transport=lambda: Transport(web)) as client:
        functions._default = client
        assert "1 change from" in repr(veo.catalog("update", "https://8.8.8.8/catalog.json"))
        web.page = b"x" * ((4 << 20) + 1)
        with pytest.raises(InvalidRequestError, match="It has more than 4"):
            veo.catalog("update", "https://8.8.8.8/catalog.json")
    assert "catalog-key-4711" not in str([request.headers for request in web.asked])
    assert web.asked[0].headers["host"] == "8.8.8.8"


def run(folder: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "VEO_WIDGETS_HOME": str(folder / "data")}
    command = [sys.executable, "-m", "veo_widgets.api.cli", "catalog", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=folder, **options)


def test_a_script_says_yes_and_one_that_does_not_changes_nothing(tmp_path: Path) -> None:
    path = newer(tmp_path / "new.json")
    assert "Nothing was changed" in run(tmp_path, "update", str(path), stdin=subprocess.DEVNULL).stdout
    assert "It counts from now on" in run(tmp_path, "update", str(path), "--yes", stdin=subprocess.DEVNULL).stdout
    assert NEWER in run(tmp_path).stdout
    assert "shipped with this version" in run(tmp_path, "reset").stdout


@pytest.mark.parametrize(("answer", "words"), [("y\n", "It counts from now on"), ("\n", "Nothing was changed")])
def test_a_terminal_is_asked(answer: str, words: str, tmp_path: Path) -> None:
    path = newer(tmp_path / "new.json")
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        ran = run(tmp_path, "update", str(path), stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)
    assert f"Use the catalog of {NEWER} from now on? [y/N]" in ran.stdout
    assert words in ran.stdout


def test_every_kind_of_change_is_named() -> None:
    today = "2026-11-29"
    before = catalog.shipped()
    entries = json.loads(json.dumps(SHIPPED["models"]))
    entries[0] |= {"max_samples": 2, "fps": 25}
    entries.append({**entries[0], "id": "veo-9"})
    after = catalog.read(json.dumps({"checked_on": NEWER, "models": entries[1:]}).encode())
    assert changes(before, after, today) == [
        ("veo-9", "agent-platform", "new: ga"),
        ("veo-3.1-generate-001", "agent-platform", "no longer listed"),
    ]
    after = catalog.read(json.dumps({"checked_on": NEWER, "models": entries[:-1]}).encode())
    assert changes(before, after, today) == [("veo-3.1-generate-001", "agent-platform", "changed: max_samples, fps")]
    assert changes(before, before, today) == []
