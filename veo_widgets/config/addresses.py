"""Web addresses: their origin, where they redirect to, and which hosts may be contacted on a user's behalf."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import anyio

from ..domain.errors import DownloadError
from .proxies import proxies

# Names that no public server has: each network makes of them what it likes.
_LOCAL_NAMES = (".internal", ".local", ".localhost", ".home.arpa", ".lan", ".intranet", ".corp")
# An IPv6 network reaches the world's older half under these.
# RFC 6052, 2.1.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """A web address that may be asked.

    Attributes:
        urls: the address, or the same with each of the host's numbers in its place; asked for in this order.
        pinned: whether they are numbers: then `host` is the ``Host`` header, and `name` what the certificate has to be
            made out to.
    """

    urls: tuple[str, ...]
    pinned: bool = False
    host: str = ""
    name: str = ""


def origin(url: str) -> str:
    """Scheme, host and port of a URL; credentials are given to an origin, never to a mere host."""
    parts = urlsplit(url)
    # A port that is the scheme's own makes no other origin (RFC 6454, 4).
    port = f":{parts.port}" if parts.port and (parts.scheme, parts.port) not in {("https", 443), ("http", 80)} else ""
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{port}"


def redirected(url: str, location: str) -> str:
    """Where a redirect leads.

    Raises:
        DownloadError: to what is no web address, or from a secure one to an open one.
    """
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url).scheme, urlsplit(target).scheme
    except ValueError:
        raise DownloadError(f"The download was redirected to {location[:80]!r}, which is not an address.") from None
    if new not in {"https", "http"} or (old == "https" and new != "https"):
        raise DownloadError(f"The download was redirected to {new!r}, which is not followed.")
    return target


async def checked(url: str, provider_url: str) -> Target:
    """Resolve a host, once, and refuse one that is near: this machine, its network, a cloud's metadata service.

    A proxy that the environment names looks the host up by itself. Then the address keeps its name, and is refused if
    the name leads to what is near from here, or is one that only a network of its own knows.

    Args:
        url: to be read.
        provider_url: where requests go; a host as near as that one is no secret to it.

    Raises:
        DownloadError: it leads nowhere, or where it must not.
        ConfigError: the proxy on the way to it cannot be used.
    """
    # Once: a name that is looked up again to connect may lead elsewhere by then (DNS rebinding).
    parts, name, port = _split_address(url)
    found, proxied = await _resolve(name, port), proxies().of(url) is not None
    if not found and (not proxied or "." not in name or name.endswith(_LOCAL_NAMES)):
        raise DownloadError(f"There is no host {name}.")
    near = {nearness(number) for number in found} - {""}
    # A service in this very network may well name its own neighbours, as gateways do.
    if near and near - (await _nearness_of_host(provider_url) if provider_url else set()):
        raise DownloadError(f"{name} is {min(near)}, which is never fetched on anyone's behalf.")
    given = "" if parts.port is None else f":{parts.port}"
    # An IPv6 number stands in brackets (RFC 3986, 3.2.2).
    host = f"[{name}]{given}" if ":" in name else f"{name}{given}"
    places = [host] if proxied else [f"[{number}]{given}" if ":" in number else f"{number}{given}" for number in found]
    urls = tuple(urlunsplit((parts.scheme, place, parts.path or "/", parts.query, "")) for place in places)
    return Target(urls, not proxied, host, name)


async def target_of_clip(url: str, provider_url: str, label: str) -> Target:
    """As `checked`, of an address that a service gave for a clip; what is raised quotes it without its signature.

    Args:
        url: to be read.
        provider_url: where requests go.
        label: the provider's.
    """
    try:
        return await checked(url, provider_url)
    except DownloadError as error:
        # What follows the question mark may be a signature that lets others in.
        shown = url.partition("?")[0][:80]
        raise DownloadError(f"{label} gave {shown!r} as a clip's address. {error}") from None


def _split_address(url: str) -> tuple[SplitResult, str, int]:
    """An address in pieces, its host as DNS knows it, and its port.

    Raises:
        DownloadError: it is no address of the web.
    """
    try:
        parts = urlsplit(url)
        # As the resolver would read it: two spellings of a host must not pass two checks.
        name = (parts.hostname or "").encode("idna").decode()
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
    except ValueError:
        parts, name, port = urlsplit(""), "", 0
    if not name or parts.username is not None or parts.scheme not in {"http", "https"}:
        raise DownloadError(
            "It leads to something that is not an http:// or https:// address, or to one with a password."
        )
    return parts, name, port


def nearness(number: str) -> str:
    """What kind of non-public address this is; empty for a public one."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(number)
    if isinstance(ip, ipaddress.IPv6Address):
        # Written as IPv6, 127.0.0.1 would seem to be the world's.
        ip = _embedded_ipv4(ip)
    if ip.is_loopback or ip.is_unspecified:
        return "this machine itself"
    if ip.is_link_local:
        return "a link-local address"
    kept = ip.is_multicast or ip.is_reserved or (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local)
    return "" if ip.is_global and not kept else "a private address"


def _embedded_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address embeds, or the same address."""
    if ip in _TRANSLATED:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


async def _nearness_of_host(url: str) -> set[str]:
    parts = urlsplit(url)
    return {nearness(number) for number in await _resolve(parts.hostname or "", parts.port or 443)}


async def _resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, IPv4 first: not every network has IPv6."""
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found}, key=lambda number: (":" in number, number))
