"""Sets up httpx's clients and translates its errors. The only module that imports httpx."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from http.cookiejar import CookieJar
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from ...config.accounts import Account
from ...config.log import Exchange
from ...config.proxies import Proxy
from ...domain.errors import NoAnswerError
from ...domain.version import own_version
from ...providers.wires.base import Call
from .routes import Routes, TlsContexts


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Have a module be missing in this block, unless it is loaded."""
    if module in sys.modules:
        yield
        return
    # None is Python's own way to say so: https://docs.python.org/3/reference/import.html#the-module-cache.
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


class _Deferred(ModuleType):
    """Stands for a module until something of it is needed."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def _deferred(module: str) -> Iterator[None]:
    """Whoever imports a module in this block gets it once it is used, if it is there at all."""
    if module in sys.modules or (spec := find_spec(module)) is None:
        yield
        return
    sys.modules[module] = stand_in = _Deferred(module)
    stand_in.__spec__ = spec
    try:
        yield
    finally:
        if sys.modules.get(module) is stand_in:
            del sys.modules[module]


# Its command line, which it does without, brings click, rich and pygments where they are installed: most of its import.
with _without("httpx._main"):
    import httpx

__all__ = [
    "KEPT_SECONDS",
    "PIECE_SECONDS",
    "TROUBLE",
    "UNCONNECTED",
    "UNTIL_CONNECTED_SECONDS",
    "httpx",
    "load_completely",
    "new_client",
    "no_answer",
    "standard_headers",
    "written",
]

# A job is polled for every few seconds, each time over a new connection if it were kept no longer than that.
KEPT_SECONDS = 60.0
# For each piece of an answer; `bodies.LIMITS` has the whole.
UNTIL_CONNECTED_SECONDS, PIECE_SECONDS = 15.0, 120.0
_TIMEOUT = httpx.Timeout(connect=UNTIL_CONNECTED_SECONDS, read=PIECE_SECONDS, write=PIECE_SECONDS, pool=None)


def standard_headers() -> dict[str, str]:
    """What every request says beside its own headers."""
    return {"accept": "*/*", "accept-encoding": "gzip", "user-agent": f"veo-widgets/{own_version()}"}


def written(call: Call, signed: Mapping[str, str]) -> tuple[dict[str, str], bytes | None]:
    """The headers of a call with those that sign it, and its body if that is JSON.

    Not by httpx, which writes JSON in another way since 0.28: a request is the same whatever carries it.
    """
    headers = {**call.headers, **signed}
    if call.form or call.json is None:
        return headers, None
    return {**headers, "content-type": "application/json"}, json.dumps(call.json).encode()


def patient(seconds: float) -> dict[str, Any]:
    """What a request is built with whose answer may take so long to begin; nothing for 0."""
    return {"timeout": httpx.Timeout(**(_TIMEOUT.as_dict() | {"read": seconds}))} if seconds else {}


# What httpx raises, a header that cannot be encoded included, and `bodies` of what is packed in a wrong way.
TROUBLE = (httpx.HTTPError, httpx.InvalidURL, ValueError)
_UNSENDABLE = (httpx.LocalProtocolError, UnicodeError)
UNCONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_SENT = (httpx.LocalProtocolError, *UNCONNECTED, httpx.UnsupportedProtocol)


class _NoCookies(CookieJar):
    """No service needs any, and one account's would go along with another's calls."""

    def extract_cookies(self, *_: object) -> None:
        """Take none. A jar whose policy refuses them all reads each answer's headers first."""


def _new_transport(limits: httpx.Limits, tls: ssl.SSLContext, proxy: Proxy | None) -> httpx.AsyncHTTPTransport:
    secure = tls if proxy and proxy.address.startswith("https:") else None
    through = httpx.Proxy(proxy.address, auth=proxy.auth, ssl_context=secure) if proxy else None
    load_completely()
    return httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits, proxy=through)


@cache
def load_completely() -> None:
    """Load what httpx leaves until its first connection is made."""
    # That loads trio where it is installed, which takes longer than all of httpx.
    with _deferred("trio"):
        httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)


class _Routed(httpx.AsyncBaseTransport):
    """Sends each request along its own route."""

    def __init__(self, ways: Routes[httpx.AsyncHTTPTransport]) -> None:
        self._ways = ways

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._ways.to(str(request.url)).handle_async_request(request)
        except Exception as error:
            # The one library whose errors httpx lets through; a SOCKS proxy speaks before anything is sent.
            if type(error).__module__.partition(".")[0] != "socksio":
                raise
        raise httpx.ProxyError("it does not speak SOCKS5")

    async def aclose(self) -> None:
        for way in self._ways.drain():
            await way.aclose()


def new_client(
    tls: TlsContexts,
    http: httpx.AsyncBaseTransport | None = None,
    *,
    kept: int,
    seconds: float = 5.0,
    direct: bool = False,
) -> httpx.AsyncClient:
    """A client that sends each request along its own route and keeps no cookies.

    Args:
        tls: whom to believe.
        http: an httpx transport to use instead of the network.
        kept: how many idle connections it keeps.
        seconds: for how long it keeps them.
        direct: whether it knows no proxy.
    """
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=kept, keepalive_expiry=seconds)
    way = partial(_new_transport, limits)
    return httpx.AsyncClient(
        transport=http or _Routed(Routes(way, tls, direct=direct)),
        trust_env=False,
        timeout=_TIMEOUT,
        follow_redirects=False,
        cookies=_NoCookies(),
        headers=standard_headers(),
    )


def no_answer(
    error: Exception, account: Account, exchange: Exchange | None = None, *, sent: bool | None = None
) -> NoAnswerError:
    """The error for one of httpx's; without `sent`, its kind tells whether anything has left."""
    sent = not isinstance(error, _NEVER_SENT) if sent is None else sent
    what = "did not answer" if sent else "could not be reached"
    # These quote the header at fault, and that may be the key.
    proxy = "the proxy said: " if isinstance(error, httpx.ProxyError) else ""
    hushed = "the key or another header holds a character that cannot be sent"
    broke = "it timed out" if isinstance(error, httpx.TimeoutException) else "the connection broke"
    reason = hushed if isinstance(error, _UNSENDABLE) else proxy + (str(error).rstrip(".") or broke)
    made = NoAnswerError(f"{account.whereabouts} {what}: {reason}.", sent=sent)
    if exchange is not None:
        exchange.failed(made)
    return made
