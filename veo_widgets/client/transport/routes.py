"""The routes of requests: direct on this machine, elsewhere through the configured proxy and certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from ...config.certificates import Trust, near_context, trust
from ...config.proxies import Proxy, is_loopback, proxies

W = TypeVar("W")


class TlsContexts:
    """The TLS contexts of a process, each made when first needed: that takes longer than importing httpx does.

    Args:
        usual: makes one with the usual certificates.
    """

    def __init__(self, usual: Callable[[], ssl.SSLContext]) -> None:
        self._usual = usual
        # By what they believe; None for this machine.
        self._made: dict[Trust | None, ssl.SSLContext] = {}

    def to(self, host: str) -> ssl.SSLContext:
        """The context for a host.

        Raises:
            ConfigError: certificates are named that cannot be used.
        """
        # Asked each time, as the environment may be changed in a notebook while the client lives.
        wanted = None if is_loopback(host) else trust()
        if wanted not in self._made:
            self._made[wanted] = near_context() if wanted is None else wanted.context(self._usual)
        return self._made[wanted]

    def check(self, url: str) -> None:
        """Look whether requests to an address, and for what it may point to, can leave this machine.

        Certificates are looked at for an address without TLS too, since clips may lie at others.

        Raises:
            ConfigError: a proxy or certificates are named that cannot be used; the message names the variable.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        # The emulator and gateways on this machine have to work whatever the environment says of the way out.
        if not is_loopback(host):
            proxies().of(url)
        elif parts.scheme == "http":
            return
        self.to(host)


class Routes(Generic[W]):
    """The ways of one client, each made when first needed.

    Args:
        make: makes one of its TLS and its proxy.
        tls: the contexts.
        direct: whether no proxy is used.
    """

    def __init__(
        self, make: Callable[[ssl.SSLContext, Proxy | None], W], tls: TlsContexts, *, direct: bool = False
    ) -> None:
        self._make, self._tls, self._direct = make, tls, direct
        self._made: dict[tuple[ssl.SSLContext | None, Proxy | None], W] = {}

    def to(self, url: str) -> W:
        """The way to an address.

        Raises:
            ConfigError: a proxy or certificates are named that cannot be used.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        near = is_loopback(host)
        tls = None if near and parts.scheme == "http" else self._tls.to(host)
        way = tls, None if near or self._direct else proxies().of(url)
        if way not in self._made:
            # Where no TLS is spoken, a context that believes nobody costs nothing.
            self._made[way] = self._make(way[0] or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), way[1])
        return self._made[way]

    def drain(self) -> list[W]:
        """Take all of them out, to be closed."""
        made, self._made = [*self._made.values()], {}
        return made
