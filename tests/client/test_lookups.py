"""What is looked up for a job, and how often: counted while it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.clock import Clock
from veo_widgets.client.poll_schedule import Schedule
from veo_widgets.config import accounts, environment
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import ConfigError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.emulator import Emulator
from veo_widgets.providers import wires

PROMPT = "---\npolls: 30\n---\nA cat"
COUNTED: tuple[Callable[..., Any], ...] = (
    accounts.account,
    accounts.account_of_job,
    wires.wire_for,
    environment.read_environment,
    Schedule.of,
)


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the calls of what looks something up, on this thread, which has the loop."""
    codes = {function.__code__: function.__name__ for function in COUNTED}
    found: Counter[str] = Counter()

    def count(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in codes:
            found[codes[frame.f_code]] += 1

    sys.setprofile(count)
    try:
        yield found
    finally:
        sys.setprofile(None)


def over(settings: Settings, tmp_path: Path) -> AsyncClient:
    async def short(seconds: float) -> None:
        await anyio.sleep(min(seconds, 0.01))

    return AsyncClient(settings, home=tmp_path / "home", clock=Clock(sleep=short))


def test_account_and_wire_are_looked_up_once_for_a_clip(settings: Settings, tmp_path: Path) -> None:
    async def make() -> JobRecord:
        async with over(settings, tmp_path) as client:
            return await client.wait((await client.submit(PROMPT, seconds=4)).id)

    with counted() as found:
        record = anyio.run(make)
    assert record.state is JobState.SUCCEEDED
    assert record.polls > 20
    assert (found["account"], found["account_of_job"], found["wire_for"]) == (1, 0, 1)


def test_they_are_looked_up_once_for_jobs_that_were_sent_before(settings: Settings, tmp_path: Path) -> None:
    async def make() -> list[JobRecord]:
        async with over(settings, tmp_path) as client:
            jobs = [(await client.submit(PROMPT, seconds=4, seed=seed)).id for seed in range(3)]
        async with over(settings, tmp_path) as client:
            with counted() as found:
                await client.resume()
                records = [await client.wait(job) for job in jobs]
            # `account_of_job` makes use of `account`.
            assert (found["account"], found["account_of_job"], found["wire_for"]) == (1, 1, 1)
        return records

    assert {record.state for record in anyio.run(make)} == {JobState.SUCCEEDED}


def test_jobs_that_begin_together_learn_once_how_long_they_take(settings: Settings, tmp_path: Path) -> None:
    async def make() -> set[JobState]:
        async with over(settings, tmp_path) as client:
            jobs = [(await client.submit(PROMPT, seconds=4, seed=seed)).id for seed in range(5)]
        # Taken up again, all are looked at from the same moment on.
        async with over(settings, tmp_path) as client:
            with counted() as found:
                await client.resume()
                records = [await client.wait(job) for job in jobs]
            assert found["of"] == 1
        return {record.state for record in records}

    assert anyio.run(make) == {JobState.SUCCEEDED}


@pytest.fixture
def at_gemini(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes a key, and the emulator's address, into the ``.env`` of the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "VEO_DOTENV"):
        monkeypatch.delenv(name, raising=False)

    def write(key: str) -> None:
        text = f"GEMINI_API_KEY={key}\nGOOGLE_GEMINI_BASE_URL={emulator.base_url}\n"
        (tmp_path / ".env").write_text(text, "utf-8")

    write("first")
    return write


@pytest.mark.parametrize("where", ["environment", "file", "configured"])
def test_a_key_that_changes_while_a_job_runs_is_noticed(
    where: str, at_gemini: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    settings = Settings(provider="gemini", folder=tmp_path / "clips")

    async def keys() -> list[str]:
        async with over(settings, tmp_path) as client:
            record = await client.submit("A cat", model="veo-3.1-generate-preview", allow_retired=True)
            await client.detach(record.id)

            async def key() -> str:
                route = await client._accounts.of(record)
                return str.__str__((await route.account.credentials.headers())["x-goog-api-key"])

            used = [await key()]
            if where == "environment":
                monkeypatch.setenv("GEMINI_API_KEY", "second")
                monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", emulator.base_url)
            elif where == "file":
                at_gemini("second")
            else:
                client.settings = Settings(
                    provider="gemini", api_key=Secret("second"), base_url=emulator.base_url, folder=settings.folder
                )
            with anyio.fail_after(600):
                while (now := await key()) == "first" and where != "configured":
                    await anyio.lowlevel.checkpoint()
            return [*used, now]

    assert anyio.run(keys) == ["first", "second"]


def test_a_job_is_not_asked_after_with_a_key_that_belongs_elsewhere_by_now(
    at_gemini: Callable[[str], None], tmp_path: Path
) -> None:
    async def ask() -> None:
        async with over(Settings(provider="gemini", folder=tmp_path / "clips"), tmp_path) as client:
            record = await client.submit("A cat", model="veo-3.1-generate-preview", allow_retired=True)
            await client.detach(record.id)
            client.settings = Settings(provider="gemini", api_key=Secret("other"), base_url="http://127.0.0.1:9")
            await client.refresh(record.id)

    with pytest.raises(ConfigError, match="a key goes only where it belongs"):
        anyio.run(ask)


READS = """
import json, sys
from pathlib import Path
import veo_widgets as veo

opened = []
def hear(event, arguments):
    if event == "open" and Path(str(arguments[0])).name in {".env", "pyproject.toml"}:
        opened.append(Path(str(arguments[0])).name)
sys.addaudithook(hear)

def read():
    found = sorted(opened)
    opened.clear()
    return found

told = []
job = veo.submit("A cat", seconds=4)
told.append([job.record.model, read()])
job.wait(600)
told.append([job.record.state, read()])
told.append([veo.submit("A dog", seconds=4).wait(600).record.model, read()])
Path(".env").write_text("VEO_PROVIDER=emulator\\nVEO_MODEL=veo-3.1-fast-generate-001")
read()
told.append([veo.submit("A cow", seconds=4).wait(600).record.model, read()])
print(json.dumps(told))
"""


def test_the_files_with_settings_are_read_once_and_again_when_they_change(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("VEO_PROVIDER=emulator\nVEO_MODEL=veo-3.1-generate-001", "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.veo_widgets]\nfolder = "clips"\n', "utf-8")
    environ = {name: value for name, value in os.environ.items() if name not in {"VEO_DOTENV", "VEO_PYPROJECT"}}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", READS],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environ, "VEO_EMULATOR_URL": emulator.base_url, "VEO_WIDGETS_HOME": str(tmp_path / "home")},
    )
    assert json.loads(ran.stdout) == [
        ["veo-3.1-generate-001", [".env", "pyproject.toml"]],
        ["succeeded", []],
        ["veo-3.1-generate-001", []],
        ["veo-3.1-fast-generate-001", [".env"]],
    ]


def test_the_environment_is_read_once_for_a_request(settings: Settings, tmp_path: Path) -> None:
    async def submit() -> None:
        async with over(settings, tmp_path) as client:
            await client.submit("A cat", seconds=4)

    with counted() as found:
        anyio.run(submit)
    assert found["read_environment"] == 1
