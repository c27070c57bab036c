"""Clips in Azure's store: Azurite, which is Azure's own emulator of it, from npm."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from veo_widgets.config.settings import Settings
from veo_widgets.domain import buckets
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client

from ..conformance.environments import node_modules_of, node_path
from ..e2e.servers import free_port, listens, until_alive

_REQUIREMENTS = Path(__file__).parent / "requirements"
# Everybody's, for the emulator alone. Source: its README, "Default Storage Account".
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Azure:
    """A running store: its address, and what a program needs to reach it."""

    url: str

    def environment(self, key: str = KEY) -> dict[str, str]:
        told = {
            "DefaultEndpointsProtocol": "http",
            "AccountName": ACCOUNT,
            "AccountKey": key,
            "BlobEndpoint": f"{self.url}/{ACCOUNT}",
        }
        return {"AZURE_STORAGE_CONNECTION_STRING": ";".join(map("=".join, told.items()))}

    @property
    def filesystem(self) -> Any:
        (told,) = self.environment().values()
        return fsspec.filesystem("az", connection_string=told, use_listings_cache=False)


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    folder = tmp_path_factory.mktemp("azure") / "data"
    folder.mkdir()
    modules, port = node_modules_of("azurite", _REQUIREMENTS), free_port()
    # What the SDK speaks is newer than what the emulator was tried with.
    flags = ("--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence")
    command = ("node", str(modules / ".bin" / "azurite-blob"), *flags, "--blobPort", str(port))
    path = {"PATH": f"{node_path()}{os.pathsep}{os.environ['PATH']}"}
    with (
        folder.with_name("server.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env={**os.environ, **path}, stdout=log, stderr=log) as process,
    ):
        try:
            for _ in until_alive(process, folder):
                if listens(f"http://127.0.0.1:{port}"):
                    break
            store = Azure(f"http://127.0.0.1:{port}")
            store.filesystem.mkdir("films")
            yield store
        finally:
            process.kill()


@pytest.fixture
def client(
    azure: Azure,
    make_client: Callable[..., Client],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    for name, value in azure.environment().items():
        monkeypatch.setenv(name, value)
    return make_client(replace(settings, folder="az://films/clips"), hasty=True)


def test_a_clip_is_put_there_and_read_by_its_signed_address(azure: Azure, client: Client) -> None:
    (video,) = client.generate("A cat", seconds=4)
    data = video.path.read_bytes()
    assert azure.filesystem.cat_file(video.uri) == data
    names = sorted(Path(name).name for name in azure.filesystem.find("films/clips"))
    assert names == [video.sidecar.name, video.path.name]
    url = buckets.signed(video.uri, 60)
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": "bytes=1-4"})) as answer:
        assert (answer.status, answer.read(), answer.headers["Content-Type"]) == (206, data[1:5], "video/mp4")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url.partition("?")[0])
    video.path.unlink()
    assert video.fetch().read_bytes() == data
    buckets.copy(video.uri, "az://films/copies/one.mp4")
    assert azure.filesystem.cat_file("films/copies/one.mp4") == data
    assert buckets.rights("az://films/clips") == buckets.Rights("", "", signs=True)


def test_a_store_that_takes_no_key_is_refused_before_anything_is_sent(
    azure: Azure, emulator: Emulator, tmp_path: Path
) -> None:
    """In a program of its own, since fsspec keeps the first settings that it finds."""
    key = KEY[::-1].strip("=") + "=="
    program = f"""
import veo_widgets as veo
from veo_widgets.errors import InvalidRequestError
veo.configure(provider="emulator", base_url={emulator.base_url!r}, folder="az://films/other")
try:
    veo.submit("A cat", seconds=4)
except InvalidRequestError as error:
    print(error)
"""
    variables = {**azure.environment(key), "VEO_WIDGETS_HOME": str(tmp_path), "PATH": "/usr/bin"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=variables, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told
    assert told.stdout.startswith("folder: nothing can be written to 'az://films/other' (")
    assert "so nothing was sent." in told.stdout
    assert key not in told.stdout + told.stderr
    assert not any(entry.kind == "create" for entry in emulator.journal())
