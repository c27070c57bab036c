"""Where an address of the web leads: which hosts may be asked on a user's behalf, and at which numbers."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import anyio

from .errors import DownloadError


@dataclass(frozen=True)
class Target:
    """A web address whose host was looked up and checked.

    Attributes:
        urls: the same address with each of the host's numbers in its place; asked for in this order.
        host: the ``Host`` header.
        name: what a certificate has to be made out to.
    """

    urls: tuple[str, ...]
    host: str
    name: str


async def checked(url: str, provider_url: str) -> Target:
    """Look a host up, once, and refuse one that is near: this machine, its network, a cloud's own metadata.

    Args:
        url: to be read.
        provider_url: where requests go; a host as near as that one is no secret to it.

    Raises:
        DownloadError: it leads nowhere, or where it must not.
    """
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").encode("idna").decode()
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
    except ValueError:
        name, port = "", 0
    if not name or parts.username or parts.scheme not in {"http", "https"}:
        raise DownloadError("It leads to what is no http:// or https:// address, or to one with a password.")
    found = await _numbers(name, port)
    if not found:
        raise DownloadError(f"There is no host {name}.")
    near = {nearness(number) for number in found} - {""}
    if near and near - await _nearness_of(provider_url):
        raise DownloadError(f"{name} is {min(near)}, which is not read on anybody's behalf; give the file itself.")
    given = "" if parts.port is None else f":{parts.port}"
    places = (f"[{number}]{given}" if ":" in number else f"{number}{given}" for number in found)
    urls = tuple(urlunsplit((parts.scheme, place, parts.path or "/", parts.query, "")) for place in places)
    return Target(urls, f"[{name}]{given}" if ":" in name else f"{name}{given}", name)


def nearness(number: str) -> str:
    """What an IP address is if it is not the world's: empty for one that is."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(number)
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    if ip.is_loopback or ip.is_unspecified:
        return "this machine itself"
    if ip.is_link_local:
        return "a link-local address"
    return "" if ip.is_global and not ip.is_multicast else "a private address"


async def _nearness_of(url: str) -> set[str]:
    parts = urlsplit(url)
    return {nearness(number) for number in await _numbers(parts.hostname or "", parts.port or 443)}


async def _numbers(host: str, port: int) -> list[str]:
    """The numbers of a host, those of the older protocol first: not every network has the newer one."""
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found}, key=lambda number: (":" in number, number))
