"""An emulator that accepts only the keys it was given, in the words of each service."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from veo_widgets.emulator import Emulator

KEY, OTHER = "the-key-of-the-studio", "a-key-of-nobody"
PLACE = "/v1/projects/films/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
EXPRESS = "/v1beta1/publishers/google/models/veo-3.1-generate-001"
# Where each kind of key goes, and what a wrong one is answered: its status, and its reason or code.
ASKED = {
    "developer": ("/v1beta/models", "x-goog-api-key", "", 400, "API_KEY_INVALID"),
    "express": (EXPRESS, "x-goog-api-key", "", 400, "API_KEY_INVALID"),
    "platform": (PLACE, "authorization", "Bearer ", 401, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
    "openai": ("/v1/videos", "authorization", "Bearer ", 401, "invalid_api_key"),
    "azure": ("/openai/v1/videos", "api-key", "", 401, "invalid_api_key"),
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Emulator(keys=[KEY, "another"]) as emulator:
        yield emulator.base_url


@pytest.mark.parametrize("service", ASKED)
def test_only_the_keys_given_are_accepted(address: str, service: str) -> None:
    path, header, scheme, status, reason = ASKED[service]
    for key in (KEY, "another"):
        assert httpx.get(address + path, headers={header: scheme + key}).status_code == 200
    for key in (OTHER, "wrong", KEY[:-1]):
        refused = httpx.get(address + path, headers={header: scheme + key})
        assert refused.status_code == status
        error = refused.json()["error"]
        assert reason in {error["code"], *(detail.get("reason") for detail in error.get("details", ()))}


def test_a_key_in_the_address_is_judged_too(address: str) -> None:
    assert httpx.get(f"{address}/v1beta/models", params={"key": KEY}).status_code == 200
    assert httpx.get(f"{address}/v1beta/models", params={"key": OTHER}).status_code == 400


def test_a_token_that_it_gave_out_is_accepted(address: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "mine"}
    token = httpx.post(f"{address}/token", data=form).json()["access_token"]
    assert httpx.get(address + PLACE, headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_the_command_line_has_them() -> None:
    command = [sys.executable, "-m", "veo_widgets.emulator", "--key", KEY, "--key", "another"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip()
            answers = [httpx.get(f"{address}/v1beta/models", params={"key": key}) for key in (KEY, "another", OTHER)]
        finally:
            process.terminate()
    assert [answer.status_code for answer in answers] == [200, 200, 400]
