"""The proxies that the environment or the system names, and which hosts are reached without one.

Names and values mean what they mean to curl (https://curl.se/docs/manpage.html, "ENVIRONMENT" and ``--noproxy``) and to
Python's urllib: the lower-case name goes first, an upper-case ``HTTP_PROXY`` is not believed in a CGI program, a value
without a scheme is an HTTP proxy, and ``ALL_PROXY`` stands in where the scheme has none of its own. ``NO_PROXY`` takes
what curl takes, names with the names below them, addresses and networks, and the ports and ``*.`` that others take too.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ..domain.errors import ConfigError
from ..domain.redaction import know

_SCHEMES = ("http", "https", "all")
_NAMES = tuple(f"{scheme}_proxy" for scheme in (*_SCHEMES, "no"))
# The first one tells a CGI program; see `read_proxies`.
_VARIABLES = ("REQUEST_METHOD", *_NAMES, *(name.upper() for name in _NAMES))
_KINDS = ("http", "https", "socks5", "socks5h")
_SYSTEM = "the system's proxy settings"
# What ends a host in an address and so has to be escaped in a password; and bytes that are no UTF-8.
_UNESCAPED = re.compile(r"[/?#\s\ud800-\udfff]")


@dataclass(frozen=True)
class Proxy:
    """A proxy to be used.

    Attributes:
        source: the variable that names it.
        address: scheme, host and port; without a name and a password.
        auth: the name and the password, if there are any.
    """

    source: str
    address: str
    # Not shown: it holds the password.
    auth: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The address with everything in it, escaped: to be handed over and not to be shown."""
        return (
            self.address if self.auth is None else self.address.replace("://", f"://{_escaped_userinfo(self.auth)}@", 1)
        )


@dataclass(frozen=True)
class Proxies:
    """The proxies that are named, whether or not they can be used.

    Attributes:
        named: by ``http``, ``https`` or ``all``: the variable and its value.
        exempt: what ``NO_PROXY`` lists.
        bypassed: whether the system's settings let a host go without; asked only where they name the proxies.
    """

    named: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    exempt: tuple[str, ...] = ()
    bypassed: Callable[[str], bool] = field(default=lambda _host: False, repr=False)

    def of(self, url: str) -> Proxy | None:
        """The proxy on the way to an address, or None; this machine itself never has one.

        Raises:
            ConfigError: one is named that cannot be used; the message names the variable and shows no password.
        """
        parts = urlsplit(url)
        found = self.named.get(parts.scheme) or self.named.get("all")
        if found is None or self._is_exempt(parts):
            return None
        return read_proxy(*found)

    def variable(self, url: str) -> str:
        """The variable that names the proxy on the way to an address, or an empty text."""
        parts = urlsplit(url)
        # Does not read the proxy itself, so that one which cannot be used can be named as well.
        found = self.named.get(parts.scheme) or self.named.get("all")
        return "" if found is None or self._is_exempt(parts) else found[0]

    def _is_exempt(self, parts: SplitResult) -> bool:
        host = _normalized_host(parts.hostname or "")
        # A proxy elsewhere would reach its own loopback.
        if is_loopback(host) or self.bypassed(host):
            return True
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return any(_entry_matches(entry, parts.scheme, host, port) for entry in self.exempt)


def proxies() -> Proxies:
    """What the environment of this process names; where it names nothing, what the system's settings do."""
    # Of the whole environment only these: the key of the cache has to be small.
    return _proxies_named(tuple((name, os.environ.get(name)) for name in _VARIABLES))


@lru_cache(maxsize=4)
def _proxies_named(variables: tuple[tuple[str, str | None], ...]) -> Proxies:
    """Read anew whenever one of the variables has changed: every request asks."""
    environ = {name: value for name, value in variables if value is not None}
    found = read_proxies(environ)
    if found.named or found.exempt:
        return found
    # macOS keeps them in its preferences, Windows in its registry.
    system = {scheme: (_SYSTEM, value) for scheme, value in getproxies().items() if scheme in _SCHEMES and value}
    return Proxies(system, (), lambda host: bool(proxy_bypass(host))) if system else found


def read_proxies(environ: Mapping[str, str]) -> Proxies:
    """The proxies that an environment names."""
    named: dict[str, tuple[str, str]] = {}
    for scheme in _SCHEMES:
        variable, value = _setting(f"{scheme}_proxy", environ)
        # https://www.cve.org/CVERecord?id=CVE-2016-1000110: in CGI the upper-case name holds a header of the request.
        if value and not (variable == "HTTP_PROXY" and "REQUEST_METHOD" in environ):
            named[scheme] = variable, value
    return Proxies(named, tuple(filter(None, re.split(r"[,\s]+", _setting("no_proxy", environ)[1]))))


def _setting(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The variable that counts and its value; an empty lower-case one means no proxy."""
    # Lower case first, as curl does.
    variable = name if name in environ else name.upper()
    return variable, environ.get(variable, "").strip()


def read_proxy(source: str, value: str) -> Proxy:
    """The proxy that a variable names.

    Raises:
        ConfigError: the value is no address of a proxy, or of one that cannot be used here.
    """
    scheme, _, rest = value.partition("://") if "://" in value else ("http", "", value)
    said, at, place = rest.rpartition("@")
    name, _, password = said.partition(":")
    # Before anything can fail: the error may quote the value.
    know(unquote(password))
    scheme, place = scheme.lower(), place.rstrip("/")
    if fault := _fault_of(scheme, said, place):
        # Whatever is no host may be a part of the password.
        shown = f"{scheme}://{'…@' if at else ''}{place if _is_host_and_port(place) else '…'}"
        way_out = "set them right" if source == _SYSTEM else f"unset {source}"
        raise ConfigError(f"{source}: {shown!r} {fault}, or {way_out}.")
    return Proxy(source, f"{scheme}://{place}", (unquote(name), unquote(password)) if at else None)


def _fault_of(scheme: str, said: str, place: str) -> str:
    """What is wrong with the parts of a proxy's address, and the remedy; empty if nothing is."""
    if _UNESCAPED.search(said):
        return (
            "has a user name or a password with a character that must be escaped. Write # as %23, / as %2F, ? as %3F, "
            "a blank as %20, and letters with accents in UTF-8"
        )
    if scheme not in _KINDS:
        return "is not a kind of proxy that can be used. Begin it with http://, https:// or socks5h://"
    if not _is_host_and_port(place):
        return "is not the address of a proxy. It looks like http://host:port"
    if scheme.startswith("socks") and find_spec("socksio") is None:
        return (
            "is a SOCKS proxy, which needs a package that is not installed. Run pip install 'httpx[socks]' and start "
            "Python again"
        )
    return ""


def _is_host_and_port(place: str) -> bool:
    """Whether a text is a host, with or without a port."""
    try:
        parts = urlsplit(f"//{place}")
        host = parts.hostname or ""
        # What looks like a number and is none would be looked up as a name.
        numeric = ":" in host or not host.strip("0123456789.")
        return bool(re.fullmatch(r"[a-z0-9._:-]+", host)) and parts.port != 0 and not (numeric and not _ip_of(host))
    except ValueError:
        return False


def _escaped_userinfo(auth: tuple[str, str]) -> str:
    return ":".join(quote(part, safe="") for part in auth)


def is_loopback(host: str) -> bool:
    """Whether a host's name or number is this machine's own loopback: neither a proxy nor a certificate is needed."""
    host = _normalized_host(host)
    number = _ip_of(host)
    # Names below it are loopback as well (RFC 6761, 6.3).
    return number.is_loopback if number is not None else host == "localhost" or host.endswith(".localhost")


def _normalized_host(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


@lru_cache(maxsize=256)
def _ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    # So that 127.0.0.0/8 covers ::ffff:127.0.0.1 too.
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _entry_matches(entry: str, scheme: str, host: str, port: int) -> bool:
    """Whether an entry of ``NO_PROXY`` is meant for a host."""
    if entry == "*":
        return True
    only, _, place = entry.rpartition("://")
    name, wanted = _split_host_and_port(place.partition("/")[0] if only else place)
    if only not in {"", "all", scheme} or wanted not in {"", str(port)}:
        return False
    number = _ip_of(host)
    if number is not None:
        return _network_contains(name, number)
    # curl takes `example.org` and `.example.org` for the same; others write `*.example.org`.
    name = name.removeprefix("*").removeprefix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_host_and_port(place: str) -> tuple[str, str]:
    """``host``, ``host:port``, ``[number]:port``, or a number with colons in it."""
    bracketed = re.fullmatch(r"\[([^\]]*)\](/\d+)?(?::(\d+))?", place)
    if bracketed:
        return _normalized_host(bracketed[1]) + (bracketed[2] or ""), bracketed[3] or ""
    name, colon, port = place.partition(":")
    return (
        (_normalized_host(name), port)
        if colon and port.isdigit() and ":" not in port
        else (_normalized_host(place), "")
    )


def _network_contains(network: str, number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether a network, or a single number, holds a number."""
    try:
        return number in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
