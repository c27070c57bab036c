"""Signing with what Google's own library finds, and never showing a key."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from veo_widgets.credentials import Secret
from veo_widgets.emulator import Emulator

PROGRAM = """
import sys
import veo_widgets as veo
veo.configure(provider="agent_platform", base_url=sys.argv[1], project="films", folder=sys.argv[2])
try:
    # The real service takes minutes where the emulator takes a moment, and the first poll waits for it.
    job = veo.submit("A cat", seconds=4)
    print(job.state, job.record.operation.split("/")[1])
    for _ in range(3):
        client = job.client
        client.call(client.asynchronous.detach, job.id)
        client.call(client.asynchronous.refresh, job.id)
except veo.VeoError as error:
    print(type(error).__name__, error)
"""


def run(emulator: Emulator, folder: Path, **variables: str) -> str:
    # A machine of Google's own would answer for the credentials that are missing here.
    environment = {"PATH": "/usr/bin", "HOME": str(folder), "NO_GCE_CHECK": "true", "VEO_WIDGETS_HOME": str(folder)}
    command = [sys.executable, "-c", PROGRAM, emulator.base_url, str(folder / "clips")]
    done = subprocess.run(
        command, env={**environment, **variables}, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def key_file(tmp_path: Path, emulator: Emulator) -> Path:
    """A service account's key file, whose tokens come from the emulator."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path = tmp_path / "key.json"
    account = {
        "type": "service_account",
        "project_id": "films",
        "private_key_id": "1",
        "private_key": text,
        "client_email": "robot@films.example",
        "client_id": "1",
        "token_uri": f"{emulator.base_url}/token",
        "quota_project_id": "studio",
    }
    path.write_text(json.dumps(account))
    return path


def test_application_default_credentials_sign_requests(emulator: Emulator, tmp_path: Path, key_file: Path) -> None:
    assert run(emulator, tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(key_file)) == "queued films"
    create = next(entry for entry in emulator.journal() if entry.kind == "create")
    assert create.path.startswith("/v1/projects/films/locations/us-central1/")
    assert create.headers["authorization"].startswith("Bearer ")
    assert "x-goog-api-key" not in create.headers
    # Signing the create and everything after it takes one token, not one for each request.
    assert [entry.kind for entry in emulator.journal()].count("token") == 1


def test_missing_credentials_say_what_to_do(emulator: Emulator, tmp_path: Path) -> None:
    said = run(emulator, tmp_path)
    assert said.startswith("ConfigError Agent Platform: no Google credentials were found. Run `gcloud auth")
    assert emulator.journal() == []


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "canary"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(secret)
