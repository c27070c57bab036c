"""Which way requests leave this machine, and what is said of a variable that leads nowhere."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest

from veo_widgets.config.certificates import Trust, near_context, trust
from veo_widgets.config.proxies import Proxy, is_loopback, read_proxies, read_proxy
from veo_widgets.domain.errors import ConfigError

PROXY = "http://proxy.example:3128"
FAR = "https://api.example.com/v1"

WAYS = [
    ({}, FAR, ""),
    ({"HTTPS_PROXY": PROXY}, FAR, "HTTPS_PROXY"),
    ({"HTTPS_PROXY": PROXY}, "http://api.example.com", ""),
    ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, FAR, "https_proxy"),
    # An empty name in lower case takes the other one's proxy away.
    ({"https_proxy": "", "HTTPS_PROXY": PROXY}, FAR, ""),
    ({"HTTPS_PROXY": "  "}, FAR, ""),
    ({"ALL_PROXY": PROXY}, FAR, "ALL_PROXY"),
    # What GNOME exports: the one for SOCKS is never needed.
    ({"https_proxy": PROXY, "all_proxy": "socks://127.0.0.1:1/"}, FAR, "https_proxy"),
    ({"HTTP_PROXY": PROXY}, "http://api.example.com", "HTTP_PROXY"),
    # In a CGI program that is a header of the request.
    ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, "http://api.example.com", ""),
    ({"http_proxy": PROXY, "REQUEST_METHOD": "GET"}, "http://api.example.com", "http_proxy"),
    ({"ALL_PROXY": "socks5h://127.0.0.1:1"}, "http://127.8.9.1:8000", ""),
    ({"ALL_PROXY": "nonsense://"}, "http://[::1]:8000", ""),
    ({"ALL_PROXY": "nonsense://"}, "https://localhost", ""),
    ({"ALL_PROXY": "nonsense://"}, "http://LOCALHOST.:1", ""),
    ({"ALL_PROXY": "nonsense://"}, "http://[::ffff:127.0.0.1]:1", ""),
]


@pytest.mark.parametrize(("environ", "url", "variable"), WAYS)
def test_the_proxy_is_the_one_that_curl_takes(environ: Mapping[str, str], url: str, variable: str) -> None:
    found = read_proxies(environ)
    proxy = found.of(url)
    assert (proxy.source if proxy else "") == variable == found.variable(url)


EXEMPT = [
    ("api.example.com", "https://api.example.com", True),
    ("example.com", "https://api.example.com", True),
    (".example.com", "https://api.example.com", True),
    (".example.com", "https://example.com", True),
    ("*.example.com", "https://api.example.com", True),
    ("EXAMPLE.COM.", "https://api.example.com", True),
    ("ample.com", "https://api.example.com", False),
    ("example", "https://api.example.com", False),
    ("*", "https://api.example.com", True),
    ("other.com,*", "https://api.example.com", True),
    ("other.com , example.com", "https://api.example.com", True),
    ("other.com example.com", "https://api.example.com", True),
    (",, ,", "https://api.example.com", False),
    ("example.com:443", "https://api.example.com", True),
    ("example.com:8443", "https://api.example.com", False),
    ("example.com:8443", "https://api.example.com:8443", True),
    ("https://example.com", "https://api.example.com", True),
    ("http://example.com", "https://api.example.com", False),
    ("10.0.0.0/8", "http://10.200.3.4", True),
    ("10.1.2.3/8", "http://10.200.3.4", True),
    ("10.0.0.0/8", "http://11.0.0.1", False),
    ("10.0.0.0/99", "http://10.0.0.1", False),
    ("10.0.0.1", "http://10.0.0.1:8080", True),
    ("10.0.0.1:8080", "http://10.0.0.1:8080", True),
    ("10.0.0.1:80", "http://10.0.0.1:8080", False),
    ("10.0.0.1", "http://10.0.0.10", False),
    ("0.0.1", "http://10.0.0.1", False),
    ("[::1],fd00::/8", "http://[fd00::7]:8080", True),
    ("[fd00::7]", "http://[fd00::7]", True),
    ("[fd00::]/8", "http://[fd00::7]", True),
    ("[fd00::7]:80", "http://[fd00::7]", True),
    ("[fd00::7]:81", "http://[fd00::7]", False),
    ("fd00::7", "http://[fd00:0::7]", True),
    ("[::1", "https://api.example.com", False),
    ("10.0.0.0/8", "https://10.example.com", False),
]


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(("exempt", "url", "direct"), EXEMPT)
def test_no_proxy_names_hosts_networks_and_ports(exempt: str, url: str, name: str, *, direct: bool) -> None:
    assert (read_proxies({"ALL_PROXY": PROXY, name: exempt}).of(url) is None) is direct


def test_a_proxys_name_and_password_are_unescaped_and_shown_nowhere() -> None:
    for value in ("proxy.example:3128", "HTTP://proxy.example:3128/", "http://proxy.example:3128"):
        assert read_proxy("X", value) == Proxy("X", PROXY)
    signed = read_proxy("X", "https://me:p%23ss@w0rd@proxy.example")
    assert (signed.address, signed.auth) == ("https://proxy.example", ("me", "p#ss@w0rd"))
    assert signed.url == "https://me:p%23ss%40w0rd@proxy.example"
    assert "w0rd" not in repr(signed)
    assert "w0rd" not in repr(read_proxies({"ALL_PROXY": "https://me:w0rd@proxy.example"}))
    assert read_proxy("X", "http://[fd00::1]:3128").address == "http://[fd00::1]:3128"


UNUSABLE = [
    ("socks://127.0.0.1:1/", "not a kind of proxy"),
    ("socks4://127.0.0.1:1", "not a kind of proxy"),
    ("ftp://me:s3cret-word@proxy:21", "not a kind of proxy"),
    ("http://me:s3cret-word#1@proxy:3128", "%23"),
    ("http://me:s3cret-word/1@proxy:3128", "%2F"),
    ("me:s3cret-word?@proxy:3128", "%3F"),
    ("http://me:s3cret-word 1@proxy:3128", "a blank as %20"),
    # A byte of Latin-1, as os.environ shows it.
    ("http://me:s3cret-word\udce9@proxy:3128", "in UTF-8"),
    # The host was forgotten, so what looks like one is the password.
    ("http://me:s3cret-word", "not the address"),
    ("http://me:s3cret-word@", "not the address"),
    ("http://proxy:port", "not the address"),
    ("http://proxy:0", "not the address"),
    ("http://proxy:70000", "not the address"),
    ("http://:3128", "not the address"),
    ("http://", "not the address"),
    ("http://[::1", "not the address"),
    ("http://[::zz]:1", "not the address"),
    ("http://300.1.1.1:1", "not the address"),
    ("http://pro xy:1", "not the address"),
]


@pytest.mark.parametrize(("value", "words"), UNUSABLE)
def test_an_unusable_proxy_is_named_by_its_variable_and_shows_no_password(value: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_proxies({"https_proxy": value}).of(FAR)
    assert str(caught.value).startswith("https_proxy: ")
    assert str(caught.value).endswith("or unset https_proxy.")
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_loopback_is_a_number_or_a_name_that_is_ours() -> None:
    for host in ("127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LocalHost", "emulator.localhost"):
        assert is_loopback(host), host
    for host in ("", "localhost.example.com", "128.0.0.1", "0.0.0.0", "127.0.0.1.example.com", "10.0.0.1", "::2"):
        assert not is_loopback(host), host


def usual() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_cannot_be_used_are_named_by_their_variable(tmp_path: Path, variable: str) -> None:
    nothing, text, empty = tmp_path / "absent", tmp_path / "text.pem", tmp_path / "folder"
    text.write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    empty.mkdir()
    for place in (nothing, text, empty, tmp_path / "absent\0"):
        with pytest.raises(ConfigError, match=f"^{variable}: .* cannot be used: .*, or unset {variable}.$") as caught:
            trust({variable: str(place)}).context(usual)
        assert repr(str(place)) in str(caught.value)
    assert trust({variable: ""}) == Trust()


def test_the_first_variable_that_is_set_holds(tmp_path: Path) -> None:
    environ = {"REQUESTS_CA_BUNDLE": "/r", "CURL_CA_BUNDLE": "/c", "SSL_CERT_DIR": "/d"}
    assert trust(environ) == Trust("SSL_CERT_DIR", "/d")
    assert trust({**environ, "SSL_CERT_FILE": "/f"}).bundle == "/f"
    assert trust({"SSL_CERT_DIR": f"/absent{os.pathsep}{tmp_path}"}).bundle == str(tmp_path)
    kept = usual()
    assert Trust().context(lambda: kept) is kept


def test_a_key_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    for place, fault in ((tmp_path / "absent" / "keys", "no such file or directory"), (tmp_path, "it is a folder")):
        with pytest.raises(ConfigError, match=rf"^SSLKEYLOGFILE: .* cannot be written: {fault}. Name"):
            trust({"SSLKEYLOGFILE": str(place)}).context(usual)


def test_this_machine_verifies_certificates_too() -> None:
    made = near_context()
    assert made.verify_mode is ssl.CERT_REQUIRED
    assert made.check_hostname
