"""Signing with Microsoft Entra's token: azure-identity asks a managed identity's endpoint, here one of our own."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import veo_widgets
from veo_widgets.emulator import Emulator, Pace

from .conftest import surroundings
from .environments import python_of

PACKAGE = Path(veo_widgets.__file__).parent
TOKEN = "entra-a-secret"
PROGRAM = """
import sys
if sys.argv[3:]:
    # As where the extra is not installed.
    sys.modules["azure"] = None
import veo_widgets as veo
veo.configure(provider="azure", base_url=sys.argv[1], folder=sys.argv[2])
try:
    job = veo.submit("A cat", model="sora-2", allow_retired=True)
    for _ in range(3):
        job.client.call(job.client.asynchronous.detach, job.id)
        job.client.call(job.client.asynchronous.refresh, job.id)
    print(job.state)
except veo.VeoError as error:
    print(type(error).__name__, error)
"""


class Identity(ThreadingHTTPServer):
    """The endpoint that a managed identity asks for its tokens."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"


class _Asked(BaseHTTPRequestHandler):
    server: Identity

    def do_GET(self) -> None:
        (resource,) = parse_qs(urlsplit(self.path).query)["resource"]
        self.server.asked.append((resource, self.headers["X-IDENTITY-HEADER"]))
        token = {"access_token": TOKEN, "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({**token, "resource": resource}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """One of its own: a proxy that an earlier test has used may still be asking the shared one."""
    with Emulator(pace=Pace.polls(1), clips="small") as made:
        yield made


@pytest.fixture
def identity() -> Iterator[Identity]:
    with Identity() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def submitted(emulator: Emulator, folder: Path, *without: str, **variables: str) -> str:
    home = {**surroundings(folder), "PYTHONPATH": str(PACKAGE.parent), "VEO_WIDGETS_HOME": str(folder / "home")}
    command = [str(python_of("azure")), "-c", PROGRAM, emulator.base_url, str(folder / "clips"), *without]
    done = subprocess.run(command, env={**home, **variables}, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout.strip()


def test_a_managed_identity_signs_with_one_token(emulator: Emulator, identity: Identity, tmp_path: Path) -> None:
    assert submitted(emulator, tmp_path, IDENTITY_ENDPOINT=identity.url, IDENTITY_HEADER="h") == "succeeded"
    assert identity.asked == [("https://cognitiveservices.azure.com", "h")]
    entries = emulator.journal()
    assert {entry.path.partition("/videos")[0] for entry in entries} == {"/openai/v1"}
    signed = {(entry.headers["authorization"], entry.headers.get("api-key")) for entry in entries}
    assert signed == {("Bearer ***", None)}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_where_nobody_is_signed_in_it_says_what_to_do(emulator: Emulator, tmp_path: Path) -> None:
    said = submitted(emulator, tmp_path, AZURE_TOKEN_CREDENTIALS="EnvironmentCredential")
    assert said.startswith("AuthenticationError Azure OpenAI: no key was found, and Azure gave no token: ")
    assert said.endswith("Set AZURE_OPENAI_API_KEY or AZURE_AD_TOKEN, or run `az login`.")
    assert "\n" not in said
    assert emulator.journal() == []


def test_without_the_extra_it_is_named(emulator: Emulator, tmp_path: Path) -> None:
    said = submitted(emulator, tmp_path, "without-the-extra")
    assert said.startswith("MissingExtraError Azure OpenAI without AZURE_OPENAI_API_KEY needs an optional package:")
    assert said.endswith("pip install 'veo-widgets[azure]'")
