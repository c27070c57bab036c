"""aiohttp's sessions for what may be asked twice: a quarter of the CPU that httpx takes for the same answer.

aiohttp sends a GET anew by itself where a connection breaks before an answer has begun. So polls and downloads may go
through here. What costs money may not, nor a cancel, whose second answer would be an error.

    sessions = Sessions(tls)
    session = await sessions.to(url)              # None: only httpx can do it
    response = await session.open("GET", url, headers)
    try:
        response.status, response.headers         # names in lower case
        async for chunk in response.chunks():     # as they come off the socket, packed as the service has packed them
            ...
    finally:
        response.close()                          # a connection that was read to its end is kept

Redirects are not followed, cookies are not kept, and no proxy is used. Whatever goes wrong is raised as the error that
httpx has for it, so that `connections.TROUBLE`, `UNCONNECTED` and `no_answer` serve both. `open` and `chunks` have
httpx's limits for connecting and for each piece; the limit of a whole answer is its reader's.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
import threading
import weakref
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache, partial
from math import inf
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from ...config.proxies import Proxy
from .connections import KEPT_SECONDS, PIECE_SECONDS, UNTIL_CONNECTED_SECONDS, httpx, standard_headers
from .routes import Routes, TlsContexts

if TYPE_CHECKING:
    import aiohttp
    import yarl

# At once to one service: what a thousand jobs need where an answer takes a fifth of a second.
_MOST_AT_ONCE = 32
# Bytes of one header: what httpcore lets all of them have. aiohttp's own limit is 8 KB, which proxies' may exceed.
_LONGEST_HEADER = 100 * 1024
# What h11 lets through, which stands under httpx: no control characters, no letter with an accent, no blank at an end.
_FIELD = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
_UNANSWERED = "Server disconnected without sending a response"
_BROKE_OFF = "peer closed connection without sending complete message body"
_importing = threading.Lock()


@cache
def _library() -> Any:
    """aiohttp, or None where it cannot be had. It takes a tenth of a second to import."""
    if sys.platform == "emscripten":
        return None
    try:
        # Where an import fails, Python hands what there was of the module to the threads that waited for it.
        with _importing:
            import aiohttp
    except Exception:  # noqa: BLE001
        # It need not be installed. And it makes contexts of TLS as it is imported, which SSLKEYLOGFILE can make fail.
        return None
    return aiohttp if hasattr(aiohttp, "TCPConnector") else None


def _runs_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Sessions:
    """The sessions of a client, one for each set of certificates. To be used on one event loop only.

    Args:
        tls: whom to believe.
        direct: for numbers: they know no proxy, and keep no connection, since one that was made for a name must not
            serve another name with the same number.
        read_bufsize: how many bytes of an answer are held, twice over, before the service has to wait.
    """

    def __init__(self, tls: TlsContexts, *, direct: bool = False, read_bufsize: int = 1 << 16) -> None:
        self._keeps, self._read_bufsize = not direct, read_bufsize
        self._routes: Routes[Session | None] = Routes(self._made, tls, direct=direct)
        self._loaded = False

    async def to(self, url: str) -> Session | None:
        """The session for an address.

        Returns:
            It, or None where only httpx can ask: without aiohttp, through a proxy, outside asyncio, and of an
            address that holds a password or is none.

        Raises:
            ConfigError: a proxy or certificates are named that cannot be used.
        """
        if not self._loaded:
            # On a thread, or nothing else would go on meanwhile.
            await anyio.to_thread.run_sync(_library)
            self._loaded = True
        if _library() is None or not _runs_asyncio() or (parsed := _parsed_url(url)) is None:
            return None
        # The route is the origin's, and so is what is remembered of it.
        return self._routes.to(str(parsed.origin()))

    async def aclose(self) -> None:
        """Close every connection."""
        for session in self._routes.drain():
            if session is not None:
                await session.aclose()

    def _made(self, tls: ssl.SSLContext, proxy: Proxy | None) -> Session | None:
        return None if proxy else Session(tls, keeps=self._keeps, read_bufsize=self._read_bufsize)


class Session:
    """One of aiohttp's, set up as httpx's clients are.

    Args:
        tls: whom to believe.
        keeps: whether connections are kept for the next call.
        read_bufsize: see `Sessions`.
    """

    def __init__(self, tls: ssl.SSLContext, *, keeps: bool, read_bufsize: int) -> None:
        library = _library()
        kept: dict[str, Any] = {"keepalive_timeout": KEPT_SECONDS} if keeps else {"force_close": True}
        # Names are looked up as everybody else here does, even where another resolver is installed.
        connector = library.TCPConnector(ssl=tls, limit=0, resolver=library.ThreadedResolver(), **kept)
        self._usual = standard_headers()
        self._timeout, self._patient = _timeout(PIECE_SECONDS), _timeout(None)
        self._session: aiohttp.ClientSession = library.ClientSession(
            connector=connector,
            cookie_jar=library.DummyCookieJar(),
            timeout=self._timeout,
            auto_decompress=False,
            read_bufsize=read_bufsize,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
        )
        self._gates: defaultdict[str, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, _MOST_AT_ONCE))
        # aiohttp complains of a session that nobody has closed; a client that is let go is let go in silence.
        weakref.finalize(self, _let_go, self._session)

    def gate(self, url: str) -> asyncio.Semaphore:
        """What is to be entered by whoever has many calls: a host that does not answer must not hold up the others."""
        parsed = _parsed_url(url)
        return self._gates[parsed.raw_authority if parsed else ""]

    async def open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        patience: float = 0.0,
        name: str | None = None,
    ) -> Response:
        """Ask, and return the beginning of the answer.

        Args:
            method: of HTTP.
            url: one that `Sessions.to` was asked for.
            headers: in place of the usual ones of the same name, in lower case.
            content: the body.
            patience: seconds that the answer may take to begin and each piece of it to come; 0 for the usual, and
                infinity for whoever looks after that without a timer for each.
            name: what the certificate has to be made out to, where the address has a number instead.

        Raises:
            httpx.HTTPError: it cannot be sent or is not answered.
        """
        fields = {**self._usual, **headers}
        for value in fields.values():
            if not _FIELD.fullmatch(value):
                raise httpx.LocalProtocolError("a header holds a character that cannot be sent")
        timeout = self._timeout
        if patience:
            timeout = self._patient if patience == inf else _timeout(patience)
        try:
            answer = await self._session.request(
                method,
                _parsed_url(url) or "",
                headers=fields,
                data=content,
                allow_redirects=False,
                timeout=timeout,
                server_hostname=name,
            )
            return Response(answer)
        except (_library().ClientError, OSError) as error:
            failed = _as_httpx(error)
        # Out here it has no context, whose frames hold the headers.
        raise failed

    async def aclose(self) -> None:
        """Close its connections."""
        await self._session.close()


class Response:
    """An answer that has begun.

    Attributes:
        status: of HTTP.
        headers: by their names in lower case.
    """

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status = answer.status
        self.headers: dict[str, str] = {}
        for name, value in answer.headers.items():
            key, text = name.lower(), value if value.isascii() else _whole_characters(value)
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    @property
    def is_here(self) -> bool:
        """Whether all of it has come off the socket, read or not."""
        return self._answer.content.is_eof()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes off the socket.

        Raises:
            httpx.HTTPError: it breaks off.
        """
        content = self._answer.content
        try:
            while chunk := await content.readany():
                yield chunk
        except (_library().ClientError, OSError) as error:
            raise _as_httpx(error) from None

    def close(self) -> None:
        """Close the connection, unless the answer was read to its end."""
        connection = self._answer.connection
        if connection is not None and connection.transport is not None:
            # Without TLS's farewell, for which a loop that ends would not wait.
            connection.transport.abort()
        self._answer.close()


def _let_go(session: aiohttp.ClientSession) -> None:
    """Close the connections of a session that nobody has any more, as far as that goes without waiting."""
    closing = session.close()
    with suppress(StopIteration, RuntimeError):
        closing.send(None)
    closing.close()


def _timeout(seconds: float | None) -> aiohttp.ClientTimeout:
    made: aiohttp.ClientTimeout = _library().ClientTimeout(
        total=None, sock_connect=UNTIL_CONNECTED_SECONDS, sock_read=seconds
    )
    return made


@lru_cache(maxsize=2048)
def _parsed_url(url: str) -> yarl.URL | None:
    """An address as httpx would send it; None if it is none, or holds a password, of which httpx makes a header.

    Whoever waits for a job asks at the same address again and again.
    """
    import yarl

    try:
        sent = httpx.URL(url)
        return None if sent.userinfo else yarl.URL(str(sent), encoded=True)
    except (httpx.InvalidURL, ValueError):
        return None


def _whole_characters(value: str) -> str:
    # aiohttp leaves bytes that are no UTF-8 as half characters, which nothing could print.
    octets = value.encode("utf-8", "surrogateescape")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _as_httpx(error: Exception) -> Exception:
    """The error that httpx has for one of aiohttp's, in httpx's words where it has some."""
    library = _library()
    # The first that fits: the kinds before are special cases of those behind.
    kinds: tuple[tuple[type[Exception], Callable[[Any], Exception]], ...] = (
        (library.ClientConnectorCertificateError, lambda found: httpx.ConnectError(str(found.certificate_error))),
        (library.ClientConnectorSSLError, lambda found: httpx.ConnectError(str(found.os_error))),
        (library.ClientConnectorDNSError, lambda found: httpx.ConnectError(str(found.os_error))),
        (library.ClientConnectorError, lambda _: httpx.ConnectError("All connection attempts failed")),
        (library.ConnectionTimeoutError, lambda _: httpx.ConnectTimeout("")),
        (TimeoutError, lambda _: httpx.ReadTimeout("")),
        (library.ServerDisconnectedError, lambda _: httpx.RemoteProtocolError(_UNANSWERED)),
        (library.ClientPayloadError, lambda _: httpx.RemoteProtocolError(_BROKE_OFF)),
        (library.ClientResponseError, lambda _: httpx.RemoteProtocolError("its answer is no HTTP")),
    )
    return next((made(error) for kind, made in kinds if isinstance(error, kind)), httpx.ReadError(""))
