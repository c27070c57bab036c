"""HTTP: send a call, stream a clip, sign for the provider's own origin only. The only user of httpx."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit

import anyio
import httpx

from .config import Account
from .errors import DownloadError, InvalidReplyError, NoAnswerError, ServiceError
from .hosts import Target, checked
from .library import Incoming
from .logbook import Exchange
from .version import own_version
from .wires.base import Call, Reply
from .wires.refusals import kind_of, retry_after, service_error

# httpx's pool slows down quadratically with the number of tasks that wait in it, so they wait here instead.
_GATE = 16
_MAX_REDIRECTS = 5
# RFC 9110: a part of a file; a part that begins beyond its end.
_PARTIAL, _BEYOND = 206, 416
# A finished operation may carry tens of megabytes of base64, hence the long read.
_TIMEOUT = httpx.Timeout(connect=15, read=120, write=120, pool=None)
# Google's storage takes the same token as the Agent Platform; no other origin but the provider's own is trusted.
_ALSO_TRUSTED = {"agent_platform": ("https://storage.googleapis.com",)}

# What httpx raises, a header that cannot be encoded included.
_TROUBLE = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
_UNSENDABLE = (httpx.LocalProtocolError, UnicodeError)
_UNCONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_SENT = (*_UNSENDABLE, *_UNCONNECTED, httpx.InvalidURL, httpx.UnsupportedProtocol)


def origin(url: str) -> str:
    """Scheme, host and port of a URL; credentials are given to an origin, never to a mere host."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port and (parts.scheme, parts.port) not in {("https", 443), ("http", 80)} else ""
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{port}"


class Transport:
    """One HTTP client for all providers of a process.

    Args:
        http: an httpx transport to use instead of the network.
    """

    def __init__(self, http: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = http
        self._client: httpx.AsyncClient | None = None
        # One for calls and one for clips: slow downloads must not hold up a create.
        self._calls, self._streams = anyio.Semaphore(_GATE), anyio.Semaphore(_GATE)

    def _httpx(self) -> httpx.AsyncClient:
        # Made late: its TLS context costs more than importing httpx does.
        if self._client is None:
            # A proxy named in the environment cannot reach this machine's own loopback.
            tls = httpx.create_ssl_context()
            direct = httpx.AsyncHTTPTransport(verify=tls)
            self._client = httpx.AsyncClient(
                transport=self._http,
                verify=tls,
                mounts=None if self._http else {"http://127.0.0.1": direct, "http://localhost": direct},
                timeout=_TIMEOUT,
                follow_redirects=False,
                headers={"user-agent": f"veo-widgets/{own_version()}"},
            )
        return self._client

    async def aclose(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def send(self, call: Call, account: Account) -> Reply:
        """Send a call once and read its whole answer.

        Raises:
            ServiceError: the service answered with an error status.
            NoAnswerError: no whole answer came; its `sent` tells whether the service may have seen the request.
            InvalidReplyError: the answer is not JSON.
        """
        async with self._calls:
            response = await self._request(call, account)
        if response.status_code >= 300:
            raise _service_error(response, call, account)
        if call.purpose == "cancel" and not response.content:
            return Reply(response.status_code, None)
        try:
            body = response.json()
        except (ValueError, RecursionError):
            raise InvalidReplyError(
                f"{account.provider.label} answered with {kind_of(response.headers)} instead of JSON; "
                "is a proxy or a login page in between?"
            ) from None
        return Reply(response.status_code, body, retry_after(response.headers, body))

    async def _request(self, call: Call, account: Account) -> httpx.Response:
        headers = {**call.headers, **await account.credentials.headers()}
        content = None if call.json is None else json.dumps(call.json).encode()
        if content is not None:
            headers["content-type"] = "application/json"
        parts = [(part.name, (part.filename or None, part.value, part.mime or None)) for part in call.form]
        body = call.json or {part.name: part.value for part in call.form}
        exchange = Exchange(call.method, call.url, headers, body)
        try:
            # The header of a form, which names the boundary, is httpx's own.
            response = await self._httpx().request(
                call.method, call.url, headers=headers, content=content, files=parts or None
            )
        except _TROUBLE as error:
            failed = _no_answer(error, account, exchange)
        else:
            exchange.reply(response.status_code, response.headers, response.content)
            return response
        # Out here it has no context, whose frames hold the signed request.
        raise failed

    @asynccontextmanager
    async def stream(self, call: Call, account: Account, at: int = 0, validator: str = "") -> AsyncIterator[Incoming]:
        """Open a clip's address and yield its chunks as they come off the socket.

        Redirects are followed by hand, and only the provider's own origins ever see a key.

        Args:
            call: the download.
            account: who asks.
            at: the byte to begin with; a service that cannot begins at 0.
            validator: of the bytes before, from an earlier stream; a file that has changed since begins at 0.

        Raises:
            ServiceError: the service answered with an error status.
            NoAnswerError: the connection broke, also in the middle of the chunks.
            DownloadError: the redirects lead nowhere.
        """
        url, rest = call.url, _ranged(at, validator)
        async with self._streams:
            for _ in range(_MAX_REDIRECTS + 1):
                response = await self._open(url, call, account, rest)
                try:
                    if response.status_code == _BEYOND and rest:
                        rest = {}
                        continue
                    if not response.has_redirect_location:
                        yield await _opened(response, call, account, at)
                        return
                    url = _redirected(url, response.headers["location"])
                finally:
                    await response.aclose()
        raise DownloadError(f"{account.provider.label} redirected the download more than {_MAX_REDIRECTS} times.")

    async def _open(self, url: str, call: Call, account: Account, rest: dict[str, str]) -> httpx.Response:
        headers = {**await _signed_for(url, call, account), **rest}
        exchange = Exchange("GET", url, headers)
        try:
            response = await self._httpx().send(self._httpx().build_request("GET", url, headers=headers), stream=True)
        except _TROUBLE as error:
            failed = _no_answer(error, account, exchange)
        else:
            exchange.reply(response.status_code, response.headers)
            return response
        raise failed

    async def fetch(self, url: str, account: Account, limit: int, seconds: float = 60.0) -> bytes:
        """Read what is at an address of the web, with no credentials.

        A host of this machine's or of a private network is refused unless the provider itself is in the same. The
        connection goes to the very number that was checked, and each redirect is checked anew.

        Args:
            url: http or https.
            account: whose request it is for.
            limit: bytes at most.
            seconds: for everything.

        Raises:
            DownloadError: it may not be read, cannot be had, or is too large.
        """
        with anyio.move_on_after(seconds):
            async with self._streams:
                for _ in range(_MAX_REDIRECTS + 1):
                    found = await self._fetched(url, account, limit)
                    if isinstance(found, bytes):
                        return found
                    url = found
            raise DownloadError(f"It was redirected more than {_MAX_REDIRECTS} times.")
        raise DownloadError(f"It takes longer than {seconds:g} s.")

    async def _fetched(self, url: str, account: Account, limit: int) -> bytes | str:
        """The bytes at an address, or the address that it redirects to."""
        response = await self._asked(await checked(url, account.endpoint.base_url))
        try:
            if response.has_redirect_location:
                return _redirected(url, response.headers["location"])
            if response.status_code != 200:
                raise DownloadError(f"The answer was HTTP {response.status_code}.")
            data = bytearray()
            async for chunk in response.aiter_raw():
                data += chunk
                if len(data) > limit:
                    raise DownloadError(f"It has more than {limit / 1e6:g} MB.")
            return bytes(data)
        except httpx.HTTPError as error:
            raise DownloadError(f"The connection broke: {error or type(error).__name__}.") from None
        finally:
            await response.aclose()

    async def _asked(self, target: Target) -> httpx.Response:
        """The beginning of the answer of the first of a host's numbers that can be reached."""
        http, headers = self._httpx(), {"host": target.host, "accept-encoding": "identity"}
        why: Exception | None = None
        for url in target.urls:
            request = http.build_request("GET", url, headers=headers, extensions={"sni_hostname": target.name})
            try:
                return await http.send(request, stream=True)
            except _TROUBLE as error:
                why = error
                if not isinstance(error, _UNCONNECTED):
                    break
        raise DownloadError(f"{target.host} did not answer: {why or type(why).__name__}.") from None


def _ranged(at: int, validator: str) -> dict[str, str]:
    """The headers that ask for the rest of a file, from RFC 9110."""
    if not at:
        return {}
    return {"range": f"bytes={at}-", **({"if-range": validator} if validator else {})}


async def _opened(response: httpx.Response, call: Call, account: Account, at: int) -> Incoming:
    if response.status_code >= 300:
        try:
            await response.aread()
        except httpx.HTTPError as error:
            raise _no_answer(error, account) from None
        raise _service_error(response, call, account)
    start, total = _part_of(response)
    if start not in (0, at):
        raise DownloadError(f"{account.provider.label} sent bytes {start} and on of a clip, not {at} and on.")
    etag = response.headers.get("etag", "")
    # A weak one only says that a file means the same, not that it has the same bytes.
    validator = response.headers.get("last-modified", "") if not etag or etag.startswith("W/") else etag
    return Incoming(_chunks(response, account), start, total, validator=validator)


def _part_of(response: httpx.Response) -> tuple[int, int | None]:
    """The first byte that an answer brings, and the length of the whole file if it says so."""
    if response.status_code == _PARTIAL:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", "").strip())
        if found is None:
            raise DownloadError("The service sent a part of a clip without saying which.")
        return int(found[1]), int(found[2]) if found[2] != "*" else None
    plain = response.headers.get("content-encoding", "identity") == "identity"
    length = response.headers.get("content-length") if plain else None
    return 0, int(length) if length and length.isdigit() else None


async def _chunks(response: httpx.Response, account: Account) -> AsyncIterator[bytes]:
    try:
        # Without a size: asking for one makes httpx copy every chunk into a buffer of its own.
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.HTTPError as error:
        raise _no_answer(error, account) from None


async def _signed_for(url: str, call: Call, account: Account) -> dict[str, str]:
    trusted = (origin(account.endpoint.base_url), *_ALSO_TRUSTED.get(account.provider.name, ()))
    try:
        own = origin(url) in trusted
    except ValueError:
        raise DownloadError(f"{account.provider.label} gave {url[:80]!r} as a clip's address.") from None
    signed = await account.credentials.headers() if own else {}
    return {**call.headers, **signed, "accept-encoding": "identity"}


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url).scheme, urlsplit(target).scheme
    except ValueError:
        raise DownloadError(f"The download was redirected to {location[:80]!r}, which is no address.") from None
    if new not in {"https", "http"} or (old == "https" and new != "https"):
        raise DownloadError(f"The download was redirected to {new!r}, which is not followed.")
    return target


def _no_answer(error: Exception, account: Account, exchange: Exchange | None = None) -> NoAnswerError:
    never_sent = isinstance(error, _NEVER_SENT)
    what = "could not be reached" if never_sent else "did not answer"
    where = origin(account.endpoint.base_url)
    # These quote the header at fault, and that may be the key.
    proxy = "the proxy said: " if isinstance(error, httpx.ProxyError) else ""
    hushed = "the key or another header holds a character that cannot be sent"
    reason = hushed if isinstance(error, _UNSENDABLE) else proxy + (str(error) or type(error).__name__)
    made = NoAnswerError(f"{account.provider.label} at {where} {what}: {reason}.", sent=not never_sent)
    if exchange is not None:
        exchange.failed(made)
    return made


def _service_error(response: httpx.Response, call: Call, account: Account) -> ServiceError:
    label, status = account.provider.label, response.status_code
    return service_error(label, status, response.headers, response.content, call=call, endpoint=account.endpoint)
