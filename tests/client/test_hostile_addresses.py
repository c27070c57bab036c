"""Where a service may send a download: nowhere near, nowhere else than was checked, and nowhere with a key."""

from __future__ import annotations

import ipaddress
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.accounts import Account
from veo_widgets.config.addresses import checked, nearness
from veo_widgets.config.credentials import ApiKey, Secret
from veo_widgets.domain.catalog import GEMINI_API
from veo_widgets.domain.errors import DownloadError, VeoError
from veo_widgets.providers.registry import PROVIDERS, Endpoint
from veo_widgets.providers.wires import Call

from ..raw_server import Server, answer

WORLD = "https://8.8.8.8"
CLIP = b"\0\0\0\x18ftypisom" + bytes(1000)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def account(base_url: str) -> Account:
    return Account(PROVIDERS["gemini"], Endpoint("gemini", GEMINI_API, base_url), ApiKey(Secret("AIza-a-secret")))


def download(base_url: str, url: str, at: int = 0) -> tuple[int, bytes]:
    async def run() -> tuple[int, bytes]:
        made = Transport()
        try:
            async with made.stream(Call("content", "GET", url), account(base_url), at) as stream:
                return stream.start, b"".join([chunk async for chunk in stream.chunks])
        finally:
            await made.aclose()

    return anyio.run(run)


NEAR = [
    "http://127.0.0.1:{port}/x",
    "http://localhost:{port}/x",
    "http://LOCALHOST.:{port}/x",
    "http://[::1]:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f.1:{port}/x",
    "http://0:{port}/x",
    "http://169.254.169.254/computeMetadata/v1/",
    "http://[fe80::1]/x",
    "http://10.0.0.1/x",
    "http://192.168.1.1/x",
    "http://[fd00::1]/x",
    "http://[64:ff9b::a9fe:a9fe]/x",
]
OTHER = [
    "file:///etc/passwd",
    "ftp://127.0.0.1/x",
    "gopher://127.0.0.1:{port}/x",
    "data:video/mp4;base64,AAAA",
    "javascript:alert(1)",
    "//127.0.0.1:{port}/x",
    "/etc/passwd",
    "",
    "http://",
    "http://:80/x",
    "http://user:word@8.8.8.8/x",
    "http://@8.8.8.8/x",
    "http://[::1/x",
    "http://127.0.0.1:99999/x",
    "http://a\u2100b/x",
    "http://" + "a" * 300 + "/x",
    "http://nowhere.invalid/x",
]


@pytest.mark.parametrize("url", [*NEAR, *OTHER])
def test_a_provider_of_the_world_cannot_send_a_download_here(server: Server, url: str) -> None:
    server.answers["/x"] = answer(200, CLIP)
    with pytest.raises(DownloadError, match="as a clip's address"):
        download(WORLD, url.format(port=server.port))
    assert server.seen == []


@pytest.mark.parametrize("url", NEAR[8:])
def test_a_redirect_of_a_service_on_this_machine_leads_no_further_than_this_machine(server: Server, url: str) -> None:
    server.answers["/x"] = answer(302, b"", Location=url)
    with pytest.raises(DownloadError, match="which is never fetched on anyone's behalf"):
        download(server.url, f"{server.url}/x")
    assert len(server.seen) == 1


def test_a_strange_origin_is_asked_by_number_and_continues_where_it_broke(server: Server) -> None:
    with Server() as other:
        url = f"http://localhost:{other.port}/x"
        server.answers["/x"] = answer(302, b"", Location=url)
        other.answers["/x"] = answer(206, CLIP[100:], Content_Range=f"bytes 100-{len(CLIP) - 1}/{len(CLIP)}")
        assert download(server.url, f"{server.url}/x", at=100) == (100, CLIP[100:])
        ((_, _, headers, _),) = other.seen
        assert headers["host"] == f"localhost:{other.port}"
        assert headers["range"] == "bytes=100-"
        assert "x-goog-api-key" not in headers
        assert server.seen[0][2]["x-goog-api-key"] == "AIza-a-secret"


@pytest.mark.parametrize(
    ("number", "near"),
    [
        ("64:ff9b::7f00:1", "this machine itself"),
        ("64:ff9b::808:808", ""),
        ("::7f00:1", "a private address"),
        ("fec0::1", "a private address"),
        ("240.0.0.1", "a private address"),
        ("fe80::1%1", "a link-local address"),
    ],
)
def test_a_number_in_disguise_is_as_near_as_what_it_stands_for(number: str, near: str) -> None:
    assert nearness(number) == near


async def first_bytes(url: str) -> str:
    target = await checked(url, "http://127.0.0.1")
    return f"{target.urls} {target.host}"


def test_an_address_is_asked_for_as_it_was_checked() -> None:
    told = anyio.run(first_bytes, "http://127.0.0.1:80/a%2Fb;c?d=e#f")
    assert told == "('http://127.0.0.1:80/a%2Fb;c?d=e',) 127.0.0.1:80"


# In a process of its own, whose environment names a proxy or trusts a certificate.
PROGRAM = """
import json, sys
import anyio
from veo_widgets.domain.catalog import GEMINI_API
from veo_widgets.config.accounts import Account
from veo_widgets.config.credentials import ApiKey, Secret
from veo_widgets.domain.errors import VeoError
from veo_widgets.providers.registry import PROVIDERS, Endpoint
from veo_widgets.client.transport.transport import Transport
from veo_widgets.providers.wires import Call

async def one(made, url, base_url):
    account = Account(PROVIDERS["gemini"], Endpoint("gemini", GEMINI_API, base_url), ApiKey(Secret("AIza-a-secret")))
    try:
        async with made.stream(Call("content", "GET", url), account) as stream:
            return len(b"".join([chunk async for chunk in stream.chunks]))
    except VeoError as error:
        return f"{type(error).__name__}: {error}"

async def main(base_url, *urls):
    made = Transport()
    print(json.dumps([await one(made, url, base_url) for url in urls]))
    await made.aclose()

anyio.run(main, *sys.argv[1:])
"""


def told(*words: str, **environment: str) -> list[Any]:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *words],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def certificate(folder: Path, *names: x509.GeneralName) -> tuple[Path, ssl.SSLContext]:
    """A certificate for these names that is its own authority, and a server's context with it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return path, context


@pytest.mark.parametrize(
    ("name", "fits"),
    [(x509.DNSName("localhost"), True), (x509.IPAddress(ipaddress.ip_address("127.0.0.1")), False)],
    ids=["the name's", "the number's"],
)
def test_the_certificate_has_to_be_the_names_although_the_number_is_asked(
    tmp_path: Path, name: x509.GeneralName, *, fits: bool
) -> None:
    path, context = certificate(tmp_path, name)
    with Server(context) as server:
        server.answers["/x"] = answer(200, CLIP)
        url = f"https://localhost:{server.port}/x"
        (found,) = told("http://127.0.0.1:1", url, SSL_CERT_FILE=str(path))
        if fits:
            assert found == len(CLIP)
            assert server.seen[0][2]["host"] == f"localhost:{server.port}"
        else:
            assert "certificate" in found.lower()
            assert server.seen == []


def test_a_proxy_of_the_environment_looks_hosts_up_by_itself(server: Server) -> None:
    """Its names are refused where they lead near from here, and where only its own network knows them."""
    clip = "http://clips.invalid/x"
    server.answers[clip] = answer(200, CLIP)
    near = ["http://10.0.0.1/x", "http://metadata.google.internal/x", "http://intranet/x", "http://localhost/x"]
    found, secure, *refused = told(WORLD, clip, "https://clips.invalid/x", *near, ALL_PROXY=server.url)
    assert found == len(CLIP)
    assert secure.startswith("NoAnswerError: ")
    assert all(words.startswith("DownloadError: ") for words in refused)
    assert [(method, path) for method, path, _, _ in server.seen] == [("GET", clip), ("CONNECT", "clips.invalid:443")]
    assert "x-goog-api-key" not in str(server.seen)


def test_a_host_that_goes_without_the_proxy_is_asked_by_its_number(server: Server) -> None:
    with Server() as proxy:
        server.answers["/x"] = answer(200, CLIP)
        urls = (f"http://localhost:{server.port}/x", f"http://127.0.0.1:{server.port}/x")
        found = told("http://127.0.0.1:1", *urls, ALL_PROXY=proxy.url, NO_PROXY="localhost,127.0.0.1")
        assert found == [len(CLIP)] * 2
        assert proxy.seen == []


def test_every_refusal_is_one_of_ours() -> None:
    for url in ("http://\ud800/x", "http://a\nb/x", "http://%00/x", "http://xn--/x", "http://.../x", "http://[v1.x]/"):
        with pytest.raises(VeoError):
            download(WORLD, url)
