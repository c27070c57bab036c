"""The log: silent by itself, complete at debug, and without keys and media at every level."""

from __future__ import annotations

import base64
import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from veo_widgets.config.credentials import ApiKey, Secret
from veo_widgets.config.log import LOGGER, Exchange, log
from veo_widgets.domain.errors import ConfigError, InvalidRequestError
from veo_widgets.session.client import Client

KEY = Secret("log-canary-4711")


@pytest.fixture(autouse=True)
def _off_again() -> Iterator[None]:
    yield
    log("off")


def test_debug_shows_requests_and_replies_without_media(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "veo.log"
    log("debug", path)
    client.generate("A cat", seconds=4, first_frame=picture(), timeout=600)
    said = path.read_text("utf-8")
    assert "DEBUG > POST http://127.0.0.1:" in said
    assert '"prompt": "A cat"' in said
    assert "bytes as base64 …" in said
    assert "DEBUG < 200 POST " in said
    assert "INFO job " in said
    assert len(max(said.splitlines(), key=len)) < 21_000


def picture() -> bytes:
    import random

    import PIL.Image

    buffer = io.BytesIO()
    PIL.Image.frombytes("RGB", (40, 40), random.Random(1).randbytes(4800)).save(buffer, "PNG")
    return buffer.getvalue()


def test_every_handler_gets_records_without_keys() -> None:
    buffer = io.StringIO()
    # Not ours, and told to show everything.
    handler = logging.StreamHandler(buffer)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    try:
        signed = {"x-goog-api-key": KEY.reveal(), "accept": "*/*"}
        exchange = Exchange(
            "POST", "https://h/x?key=log-canary-4711", signed, {"a": "log-canary-4711", "b": "A" * 4000}
        )
        exchange.reply(401, {"set-cookie": "abc", "location": "https://o/?sig=log"}, b'{"e": "log-canary-4711 is bad"}')
        exchange.failed(ValueError("log-canary-4711"))
        try:
            int(KEY.reveal())
        except ValueError:
            LOGGER.exception("failed with %s", KEY.reveal())
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)
    said = buffer.getvalue()
    assert "log-canary" not in said
    assert "abc" not in said
    assert "?sig" not in said
    assert "> POST https://h/x?… {'x-goog-api-key': '[key]', 'accept': '*/*'}" in said
    assert "3,000 bytes as base64" in said
    assert "[key] is bad" in said
    assert "Traceback" in said


def test_a_signature_hides_even_a_key_that_nobody_knows() -> None:
    import anyio

    signed = anyio.run(ApiKey(KEY).headers)
    assert repr(signed) == "{'x-goog-api-key': '…'}"
    assert signed["x-goog-api-key"][:4] == ""
    assert signed["x-goog-api-key"].encode() == b"log-canary-4711"


def test_bodies_that_are_no_json_are_cut() -> None:
    buffer = io.StringIO()
    LOGGER.addHandler(handler := logging.StreamHandler(buffer))
    LOGGER.setLevel(logging.DEBUG)
    try:
        exchange = Exchange("GET", "https://h/x", {})
        for body in (b"<html>" + b" x" * 5000, bytes(5000), b"", b"[" * 100_000, base64.b64encode(bytes(5000))):
            exchange.reply(200, {}, body)
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)
    assert len(buffer.getvalue()) < 9000
    assert "… 5,000 bytes …" in buffer.getvalue()


def test_mistakes_are_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="'debgu' is not one of off, warning, info, debug"):
        log("debgu")
    with pytest.raises(ConfigError, match="path: cannot write the log"):
        log("debug", tmp_path)


OFF = "veo.log('warning'); veo.log('off')"


@pytest.mark.parametrize(("call", "told"), [("", False), (OFF, False), ("veo.log('warning')", True)])
def test_it_is_silent_unless_asked(call: str, *, told: bool) -> None:
    program = f"import veo_widgets as veo, veo_widgets.config.log as book\n{call}\nbook.LOGGER.warning('boo')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ("WARNING boo" in ran.stderr) is told
    assert ran.stdout == ""
