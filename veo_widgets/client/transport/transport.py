"""HTTP: send a call, stream a clip, sign for the provider's own origin only."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import anyio
import anyio.to_thread

from .answers import Answer, refusal, reply_to, too_slow
from .bodies import LIMITS, SLOWEST, Limit, TooLargeError, unpacked, whole
from .config import Account
from .connections import KEPT_SECONDS, TROUBLE, UNCONNECTED, httpx, new_client, no_answer
from .errors import DownloadError, InvalidReplyError, NoAnswerError, VeoError
from .hosts import Target, checked, redirected, target_of_clip
from .intake import Incoming
from .lanes import Lanes
from .leaving import Leaving, WithdrawnError
from .logbook import Exchange
from .ranges import BEYOND, part_of, ranged, validator_of
from .ways import Tls
from .wires.base import Call, Reply

# httpx's pool slows down quadratically with the number of tasks that wait in it, so they wait here instead.
_GATE = 16
# For everything but creates and clips: what a thousand jobs need where an answer takes a fifth of a second.
_LANES = 32
_MAX_REDIRECTS = 5


@dataclass(frozen=True)
class Letter:
    """A create that is ready to leave: signed, its body written, and a client at hand. Make one with `prepare`."""

    call: Call
    account: Account
    exchange: Exchange = field(repr=False)
    request: httpx.Request = field(repr=False)
    http: httpx.AsyncClient = field(repr=False)


# Whoever waits for a job asks at the same address again and again.
_address = lru_cache(maxsize=2048)(httpx.URL)


class Transport:
    """One HTTP client for all providers of a process.

    Args:
        http: an httpx transport to use instead of the network.
        limits: how much is read of an answer, and for how long, by what the call is for.
    """

    def __init__(self, http: httpx.AsyncBaseTransport | None = None, limits: Mapping[str, Limit] = LIMITS) -> None:
        self._http, self._limits = http, limits
        self._tls = Tls(partial(httpx.create_ssl_context, trust_env=False))
        self._clients: dict[bool, httpx.AsyncClient] = {}
        # Apart from each other: slow downloads must not hold up a create, nor a thousand polls.
        self._creates, self._streams = anyio.Semaphore(_GATE), anyio.Semaphore(_GATE)
        self._lanes = Lanes(lambda: new_client(self._tls, self._http, kept=4, seconds=KEPT_SECONDS), _LANES)

    def _httpx(self, *, direct: bool = False) -> httpx.AsyncClient:
        """The client for creates and clips, or the one for numbers: it knows no proxy and keeps no connection.

        A connection that was made for one name must not serve another name with the same number.
        """
        if direct not in self._clients:
            self._clients[direct] = new_client(self._tls, self._http, kept=0 if direct else 20, direct=direct)
        return self._clients[direct]

    async def ready_for(self, account: Account) -> None:
        """Look, before anything is written down, whether a request can leave for a service; see `Tls.check`.

        Raises:
            ConfigError: a proxy or certificates are named that cannot be used; the message names the variable.
        """
        if self._http is None:
            await anyio.to_thread.run_sync(self._tls.check, account.endpoint.base_url)

    async def aclose(self) -> None:
        """Close every connection."""
        clients = [*self._clients.values(), *self._lanes.drain()]
        self._clients.clear()
        for client in clients:
            await client.aclose()

    async def prepare(self, call: Call, account: Account) -> Letter:
        """Do all that can be done before a create leaves. It gets no connection that has lain idle and may be closing.

        Raises:
            NoAnswerError, ConfigError: it cannot be sent as it is; nothing has left.
        """
        await self.ready_for(account)
        return self._letter(self._httpx(), call, account, await account.credentials.headers())

    async def post(self, letter: Letter, begin: Callable[[], Awaitable[None]]) -> Reply:
        """Send a create once and read its whole answer.

        Args:
            letter: from `prepare`.
            begin: called once, when the connection stands and before the first byte leaves; what it raises keeps
                the create here.

        Raises:
            ServiceError: the service answered with an error status.
            NoAnswerError: no whole answer came in time; its `sent` tells whether the service may have seen the request.
            InvalidReplyError: the answer is not JSON, or is larger than any answer of its kind.
            VeoError: what `begin` raises.
        """
        async with self._creates:
            return reply_to(await self._exchanged(letter, Leaving(begin)), letter.call, letter.account)

    async def send(self, call: Call, account: Account) -> Reply:
        """Send a call that costs nothing once and read its whole answer.

        Raises:
            ServiceError, NoAnswerError, InvalidReplyError: as `post` does.
        """
        async with self._lanes.one() as http:
            letter = self._letter(http, call, account, await account.credentials.headers())
            return reply_to(await self._exchanged(letter), call, account)

    def _letter(self, http: httpx.AsyncClient, call: Call, account: Account, signed: Mapping[str, str]) -> Letter:
        headers = {**call.headers, **signed}
        content = None if call.form or call.json is None else json.dumps(call.json).encode()
        if content is not None:
            headers["content-type"] = "application/json"
        parts = [(part.name, (part.filename or None, part.value, part.mime or None)) for part in call.form]
        body = {part.name: part.value for part in call.form} or call.json
        exchange = Exchange(call.method, call.url, headers, body)
        try:
            # The header of a form, which names the boundary, is httpx's own.
            request = http.build_request(
                call.method, _address(call.url), headers=headers, content=content, files=parts or None
            )
        except TROUBLE as error:
            failed = no_answer(error, account, exchange, sent=False)
        else:
            return Letter(call, account, exchange, request, http)
        # Out here it has no context, whose frames hold the signed request.
        raise failed

    async def _exchanged(self, letter: Letter, leaving: Leaving | None = None) -> Answer:
        account, exchange, limit = letter.account, letter.exchange, self._limits[letter.call.purpose]
        try:
            with anyio.move_on_after(limit.seconds) as scope:
                if leaving is not None and self._http is None:
                    letter.request.extensions["trace"] = leaving.trace
                elif leaving is not None:
                    await leaving.now()
                response = await letter.http.send(letter.request, stream=True)
                answer = await _whole_answer(response, limit, scope)
                exchange.reply(answer.status, answer.headers, answer.content)
                return answer
            failed: VeoError = too_slow(account, limit, exchange, sent=leaving is None or leaving.begun)
        except TooLargeError as error:
            failed = InvalidReplyError(
                f"{account.provider.label} answered with {error}, which does not answer this request."
            )
        except WithdrawnError:
            failed = leaving.error if leaving and leaving.error else VeoError("It was not sent.")
        except TROUBLE as error:
            # Not every error of httpx tells how far it came: a redirect's address may be at fault after all was sent.
            sent = None if leaving is None or leaving.begun else False
            failed = no_answer(error, account, exchange, sent=sent)
        # As above.
        raise failed

    @asynccontextmanager
    async def stream(self, call: Call, account: Account, at: int = 0, validator: str = "") -> AsyncIterator[Incoming]:
        """Open a clip's address and yield its chunks as they come off the socket.

        Redirects are followed by hand, and only the provider's own origins ever see a key. Any other is asked at the
        number that was checked, and not at all where `hosts.checked` refuses it.

        Args:
            call: the download.
            account: who asks.
            at: the byte to begin with; a service that cannot begins at 0.
            validator: of the bytes before, from an earlier stream; a file that has changed since begins at 0.

        Raises:
            ServiceError: the service answered with an error status.
            NoAnswerError: the connection broke, also in the middle of the chunks.
            DownloadError: the address or a redirect leads nowhere, or where it must not.
        """
        url, rest = call.url, ranged(at, validator)
        async with self._streams:
            for _ in range(_MAX_REDIRECTS + 1):
                response = await self._open(url, call, account, rest)
                try:
                    if response.status_code == BEYOND and rest:
                        rest = {}
                        continue
                    if not response.has_redirect_location:
                        yield await self._opened(response, replace(call, url=url), account, at)
                        return
                    url = redirected(url, response.headers["location"])
                finally:
                    await response.aclose()
        raise DownloadError(f"{account.provider.label} redirected the download more than {_MAX_REDIRECTS} times.")

    async def _open(self, url: str, call: Call, account: Account, rest: dict[str, str]) -> httpx.Response:
        trusted = account.trusts(url)
        signed = await account.credentials.headers() if trusted else {}
        headers = {**call.headers, **signed, "accept-encoding": "identity", **rest}
        target = (
            Target((url,)) if trusted else await target_of_clip(url, account.endpoint.base_url, account.provider.label)
        )
        exchange = Exchange("GET", url, headers)
        limit = self._limits[call.purpose]
        try:
            with anyio.move_on_after(limit.seconds):
                response = await self._asked(target, headers)
                exchange.reply(response.status_code, response.headers)
                return response
            failed = too_slow(account, limit, exchange)
        except TROUBLE as error:
            failed = no_answer(error, account, exchange)
        raise failed

    async def _asked(self, target: Target, headers: dict[str, str]) -> httpx.Response:
        """The beginning of the answer of the first of a target's addresses that can be reached."""
        http = self._httpx(direct=target.pinned)
        extensions = {"sni_hostname": target.name} if target.pinned else {}
        headers = {**headers, "host": target.host} if target.pinned else headers

        async def ask(url: str) -> httpx.Response:
            return await http.send(http.build_request("GET", url, headers=headers, extensions=extensions), stream=True)

        *others, last = target.urls
        for url in others:
            with suppress(*UNCONNECTED):
                return await ask(url)
        return await ask(last)

    async def _opened(self, response: httpx.Response, call: Call, account: Account, at: int) -> Incoming:
        limit = self._limits[call.purpose]
        if response.status_code >= 300:
            with anyio.move_on_after(limit.seconds) as scope:
                try:
                    body = await _body(response, limit, scope)
                except TROUBLE as error:
                    raise no_answer(error, account) from None
                raise refusal(Answer(response.status_code, response.headers, body), call, account)
            raise too_slow(account, limit)
        start, total = part_of(response.status_code, response.headers)
        if start not in (0, at):
            raise DownloadError(f"{account.provider.label} sent bytes {start} and on of a clip, not {at} and on.")
        return Incoming(
            _chunks(response, account, limit.seconds),
            start,
            total,
            validator=validator_of(response.headers),
            mime=response.headers.get("content-type", "").partition(";")[0].strip(),
        )

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
        target = await checked(url, account.endpoint.base_url)
        try:
            response = await self._asked(target, {"accept-encoding": "identity"})
        except TROUBLE as error:
            raise DownloadError(f"{target.host} did not answer: {error or type(error).__name__}.") from None
        try:
            if response.has_redirect_location:
                return redirected(url, response.headers["location"])
            if response.status_code != 200:
                raise DownloadError(f"The answer was HTTP {response.status_code}.")
            return bytes(await whole(*_incoming(response), limit))
        except TooLargeError:
            raise DownloadError(f"It has more than {limit / 1e6:g} MB.") from None
        except TROUBLE as error:
            raise DownloadError(f"The connection broke: {error or type(error).__name__}.") from None
        finally:
            await response.aclose()


def _incoming(response: httpx.Response) -> tuple[AsyncIterator[bytes], str]:
    """What comes off the socket, and how it is packed."""
    if response.is_stream_consumed:
        # An injected transport may hand out a whole answer, which httpx has unpacked.
        return response.aiter_bytes(), ""
    return response.aiter_raw(), response.headers.get("content-encoding", "")


async def _whole_answer(response: httpx.Response, limit: Limit, scope: anyio.CancelScope) -> Answer:
    try:
        return Answer(response.status_code, response.headers, await _body(response, limit, scope))
    finally:
        await response.aclose()


async def _body(response: httpx.Response, limit: Limit, scope: anyio.CancelScope) -> bytearray:
    """A whole body; of an error that says too much nothing, since its status tells enough."""
    incoming, encoding = _incoming(response)

    async def chunks() -> AsyncIterator[bytes]:
        async for chunk in incoming:
            scope.deadline += len(chunk) / SLOWEST
            yield chunk

    try:
        return await whole(chunks(), encoding, limit.bytes)
    except TooLargeError:
        if response.status_code < 300:
            raise
        return bytearray()


async def _chunks(response: httpx.Response, account: Account, seconds: float) -> AsyncIterator[bytes]:
    end = time.monotonic() + seconds
    try:
        async for chunk in unpacked(*_incoming(response)):
            end += len(chunk) / SLOWEST
            if time.monotonic() > end:
                raise NoAnswerError(f"{account.provider.label} sends the clip too slowly.")
            yield chunk
    except TROUBLE as error:
        raise no_answer(error, account) from None
