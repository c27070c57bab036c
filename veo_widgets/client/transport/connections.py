"""httpx's clients, set up for a service, and what its errors stand for. The only module that imports httpx."""

from __future__ import annotations

import ssl
from functools import partial
from http.cookiejar import CookieJar

import httpx

from .config import Account
from .errors import NoAnswerError
from .logbook import Exchange
from .proxies import Proxy
from .version import own_version
from .ways import Tls, Ways

__all__ = ["KEPT_SECONDS", "TROUBLE", "UNCONNECTED", "httpx", "new_client", "no_answer"]

# A job is polled for every few seconds, each time over a new connection if it were kept no longer than that.
KEPT_SECONDS = 60.0
# For each piece of an answer; `bodies.LIMITS` has the whole.
_TIMEOUT = httpx.Timeout(connect=15, read=120, write=120, pool=None)

# What httpx raises, a header that cannot be encoded included, and `bodies` of what is packed in a wrong way.
TROUBLE = (httpx.HTTPError, httpx.InvalidURL, ValueError)
_UNSENDABLE = (httpx.LocalProtocolError, UnicodeError)
UNCONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_SENT = (httpx.LocalProtocolError, *UNCONNECTED, httpx.UnsupportedProtocol)


class _NoCookies(CookieJar):
    """No service needs any, and one account's would go along with another's calls."""

    def extract_cookies(self, *_: object) -> None:
        """Take none. A jar whose policy refuses them all reads each answer's headers first."""


def _way(limits: httpx.Limits, tls: ssl.SSLContext, proxy: Proxy | None) -> httpx.AsyncHTTPTransport:
    secure = tls if proxy and proxy.address.startswith("https:") else None
    through = httpx.Proxy(proxy.address, auth=proxy.auth, ssl_context=secure) if proxy else None
    return httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits, proxy=through)


class _Routed(httpx.AsyncBaseTransport):
    """Sends each request on the way that is its own."""

    def __init__(self, ways: Ways[httpx.AsyncHTTPTransport]) -> None:
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
    tls: Tls, http: httpx.AsyncBaseTransport | None = None, *, kept: int, seconds: float = 5.0, direct: bool = False
) -> httpx.AsyncClient:
    """A client that goes the way that each request has to go, and keeps no cookies.

    Args:
        tls: whom to believe.
        http: an httpx transport to use instead of the network.
        kept: how many idle connections it keeps.
        seconds: for how long it keeps them.
        direct: whether it knows no proxy.
    """
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=kept, keepalive_expiry=seconds)
    way = partial(_way, limits)
    return httpx.AsyncClient(
        transport=http or _Routed(Ways(way, tls, direct=direct)),
        trust_env=False,
        timeout=_TIMEOUT,
        follow_redirects=False,
        cookies=_NoCookies(),
        headers={"user-agent": f"veo-widgets/{own_version()}", "accept-encoding": "gzip"},
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
