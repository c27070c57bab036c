"""HTTP: send a call, stream a clip, sign for the provider's own origin only."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import anyio
import anyio.to_thread

from ...config.accounts import Account
from ...config.addresses import Target, checked, redirected, target_of_clip
from ...config.log import Exchange
from ...domain.errors import DownloadError, NoAnswerError, VeoError
from ...providers.wires.base import Call, Reply
from ...storage.clips.receiving import Incoming
from .aiohttp_sessions import Sessions
from .answers import Answer, refusal, reply_to, too_large, too_slow
from .bodies import LIMITS, SLOWEST, Limit, TooLargeError, unpacked, whole, whole_unless_error
from .byte_ranges import BEYOND, part_of, ranged, validator_of
from .client_pool import ClientPool
from .connections import (
    KEPT_SECONDS,
    TROUBLE,
    UNCONNECTED,
    httpx,
    load_completely,
    new_client,
    no_answer,
    patient,
    written,
)
from .first_byte import FirstByte, WithdrawnError
from .polls import answer_to_poll
from .routes import TlsContexts
from .streams import Stream

# httpx's pool slows down quadratically with the number of tasks that wait in it, so they wait here instead.
_MOST_AT_ONCE = 16
# For everything but creates and clips: what a thousand jobs need where an answer takes a fifth of a second.
_MOST_CLIENTS = 32
# A service hands a clip on to its storage in one or two steps; more is a circle.
_MAX_REDIRECTS = 5
# How much of a clip is held, twice over, while the disk is busy: with less the service would wait at every turn.
_HELD = 1 << 18


@dataclass(frozen=True)
class Letter:
    """A create that is ready to leave: signed, its body written, and a client at hand. Make one with `prepare`."""

    call: Call
    account: Account
    exchange: Exchange = field(repr=False)
    request: httpx.Request = field(repr=False)
    http: httpx.AsyncClient = field(repr=False)


# Whoever waits for a job asks at the same address again and again.
_parsed_url = lru_cache(maxsize=2048)(httpx.URL)


class Transport:
    """One HTTP client for all providers of a process.

    Args:
        http: an httpx transport to use instead of the network.
        limits: how much is read of an answer, and for how long, by what the call is for.
    """

    def __init__(self, http: httpx.AsyncBaseTransport | None = None, limits: Mapping[str, Limit] = LIMITS) -> None:
        self._http, self._limits = http, limits
        self._tls = TlsContexts(partial(httpx.create_ssl_context, trust_env=False))
        self._clients: dict[bool, httpx.AsyncClient] = {}
        # Apart from each other: slow downloads must not hold up a create, nor a thousand polls.
        self._creates, self._streams = anyio.Semaphore(_MOST_AT_ONCE), anyio.Semaphore(_MOST_AT_ONCE)
        self._pool = ClientPool(lambda: new_client(self._tls, self._http, kept=4, seconds=KEPT_SECONDS), _MOST_CLIENTS)
        # For what may be asked twice: polls, of which there are many, and clips; the latter also by number, without a
        # proxy.
        self._sessions = Sessions(self._tls)
        self._clips = {direct: Sessions(self._tls, direct=direct, read_bufsize=_HELD) for direct in (False, True)}

    def _client(self, *, direct: bool = False) -> httpx.AsyncClient:
        """The client for creates and clips, or the one for numbers: it knows no proxy and keeps no connection.

        A connection that was made for one name must not serve another name with the same number.
        """
        if direct not in self._clients:
            self._clients[direct] = new_client(self._tls, self._http, kept=0 if direct else 20, direct=direct)
        return self._clients[direct]

    async def ready_for(self, account: Account) -> None:
        """Look, before anything is written down, whether a request can leave for a service; see `TlsContexts.check`.

        Raises:
            ConfigError: a proxy or certificates are named that cannot be used; the message names the variable.
        """

        def look() -> None:
            self._tls.check(account.endpoint.base_url)
            # The first connection would do it, when the intent of a create is written down already.
            load_completely()

        if self._http is None:
            # On a thread: certificates are read from disk, and a folder of them may lie on a network drive.
            await anyio.to_thread.run_sync(look)

    async def aclose(self) -> None:
        """Close every connection."""
        clients = [*self._clients.values(), *self._pool.drain()]
        self._clients.clear()
        for client in clients:
            await client.aclose()
        for sessions in (self._sessions, *self._clips.values()):
            await sessions.aclose()

    async def prepare(self, call: Call, account: Account) -> Letter:
        """Do all that can be done before a create leaves. It never gets an idle connection, which may be closing.

        Raises:
            NoAnswerError, ConfigError: it cannot be sent as it is; nothing has left.
        """
        await self.ready_for(account)
        return self._prepared(self._client(), call, account, await account.credentials.headers())

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
            return reply_to(await self._send_and_read(letter, FirstByte(begin)), letter.call, letter.account)

    async def send(self, call: Call, account: Account) -> Reply:
        """Send a call that costs nothing once and read its whole answer.

        Raises:
            ServiceError, NoAnswerError, InvalidReplyError: as `post` does.
        """
        # A cancel may not be sent twice: the second answer says that there is nothing to stop.
        is_repeatable = call.purpose == "poll" and not call.form and self._http is None
        if is_repeatable and (session := await self._sessions.to(call.url)) is not None:
            return reply_to(await answer_to_poll(session, call, account, self._limits["poll"]), call, account)
        async with self._pool.one() as http:
            letter = self._prepared(http, call, account, await account.credentials.headers())
            return reply_to(await self._send_and_read(letter), call, account)

    def _prepared(self, http: httpx.AsyncClient, call: Call, account: Account, signed: Mapping[str, str]) -> Letter:
        headers, content = written(call, signed)
        parts = [(part.name, (part.filename or None, part.value, part.mime or None)) for part in call.form]
        body = {part.name: part.value for part in call.form} or call.json
        # Before the request is made, so that one that cannot be made is in the log too.
        exchange = Exchange(call.method, call.url, headers, body)
        try:
            # The header of a form, which names the boundary, is httpx's own.
            request = http.build_request(
                call.method,
                _parsed_url(call.url),
                headers=headers,
                content=content,
                files=parts or None,
                **patient(call.patience),
            )
        except TROUBLE as error:
            failed = no_answer(error, account, exchange, sent=False)
        else:
            return Letter(call, account, exchange, request, http)
        # Out here it has no context, whose frames hold the signed request.
        raise failed

    async def _send_and_read(self, letter: Letter, first_byte: FirstByte | None = None) -> Answer:
        account, exchange, limit = letter.account, letter.exchange, self._limits[letter.call.purpose]
        limit = replace(limit, seconds=letter.call.patience or limit.seconds)
        try:
            with anyio.move_on_after(limit.seconds) as scope:
                # An injected transport opens no connection and traces nothing, so the moment is now.
                if first_byte is not None and self._http is None:
                    letter.request.extensions["trace"] = first_byte.trace
                elif first_byte is not None:
                    await first_byte.now()
                response = await letter.http.send(letter.request, stream=True)
                answer = await _read_answer(response, limit, scope)
                exchange.reply(answer.status, answer.headers, answer.content)
                return answer
            failed: VeoError = too_slow(account, limit, exchange, sent=first_byte is None or first_byte.begun)
        except TooLargeError as error:
            failed = too_large(account, error)
        except WithdrawnError:
            failed = first_byte.error if first_byte and first_byte.error else VeoError("It was not sent.")
        except TROUBLE as error:
            # Not every error of httpx tells how far it came: a redirect's address may be at fault after all was sent.
            sent = None if first_byte is None or first_byte.begun else False
            failed = no_answer(error, account, exchange, sent=sent)
        # As above.
        raise failed

    @asynccontextmanager
    async def stream(self, call: Call, account: Account, at: int = 0, validator: str = "") -> AsyncIterator[Incoming]:
        """Open a clip's address and yield its chunks as they come off the socket.

        Redirects are followed by hand, and only the provider's own origins ever see a key. Any other is asked at the
        number that was checked, and not at all where `addresses.checked` refuses it.

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
                response = await self._open_url(url, call, account, rest)
                try:
                    if response.status == BEYOND and rest:
                        # The file is no longer than what is here: another one, or one that was whole already. It is
                        # read from its beginning.
                        rest = {}
                        continue
                    if response.location is None:
                        yield await self._incoming_clip(response, replace(call, url=url), account, at)
                        return
                    url = redirected(url, response.location)
                finally:
                    await response.aclose()
        raise DownloadError(f"{account.provider.label} redirected the download more than {_MAX_REDIRECTS} times.")

    async def _open_url(self, url: str, call: Call, account: Account, rest: dict[str, str]) -> Stream:
        trusted = account.trusts(url)
        signed = await account.credentials.headers() if trusted else {}
        # Unpacked: a part of a packed file is of no use, and a clip does not get smaller.
        headers = {**call.headers, **signed, "accept-encoding": "identity", **rest}
        target = (
            Target((url,)) if trusted else await target_of_clip(url, account.endpoint.base_url, account.provider.label)
        )
        exchange = Exchange("GET", url, headers)
        limit = self._limits[call.purpose]
        try:
            with anyio.move_on_after(limit.seconds):
                response = await self._ask_first_reachable(target, headers)
                exchange.reply(response.status, response.headers)
                return response
            failed = too_slow(account, limit, exchange)
        except TROUBLE as error:
            failed = no_answer(error, account, exchange)
        raise failed

    async def _ask_first_reachable(self, target: Target, headers: dict[str, str]) -> Stream:
        """The beginning of the answer of the first of a target's addresses that can be reached."""
        sessions = self._clips[target.pinned]
        name = target.name if target.pinned else None
        extensions = {"sni_hostname": name} if name else {}
        headers = {**headers, "host": target.host} if target.pinned else headers

        async def ask(url: str) -> Stream:
            session = None if self._http else await sessions.to(url)
            if session is not None:
                return Stream.of_aiohttp(await session.open("GET", url, headers, name=name))
            http = self._client(direct=target.pinned)
            request = http.build_request("GET", url, headers=headers, extensions=extensions)
            return Stream.of_httpx(await http.send(request, stream=True))

        # The last one's error is told: all have failed by then.
        *others, last = target.urls
        for url in others:
            with suppress(*UNCONNECTED):
                return await ask(url)
        return await ask(last)

    async def _incoming_clip(self, response: Stream, call: Call, account: Account, at: int) -> Incoming:
        limit = self._limits[call.purpose]
        if response.status >= 300:
            with anyio.move_on_after(limit.seconds) as scope:
                try:
                    body = await _read_body(response, limit, scope)
                except TROUBLE as error:
                    raise no_answer(error, account) from None
                raise refusal(Answer(response.status, response.headers, body), call, account)
            raise too_slow(account, limit)
        start, total = part_of(response.status, response.headers)
        # Bytes of another place would be written as if they followed.
        if start not in (0, at):
            raise DownloadError(f"{account.provider.label} sent bytes {start} and on of a clip, not {at} and on.")
        return Incoming(
            _clip_chunks(response, account, limit.seconds),
            start,
            total,
            validator=validator_of(response.headers),
            mime=response.headers.get("content-type", "").partition(";")[0].strip(),
        )

    async def fetch(self, url: str, account: Account | None, limit: int, seconds: float = 60.0) -> bytes:
        """Read what is at an address of the web, with no credentials.

        A host of this machine's or of a private network is refused unless the provider itself is in the same. The
        connection goes to the very number that was checked, and each redirect is checked anew.

        Args:
            url: http or https.
            account: whose request it is for; None for one of the user's own, for whom no near host is read either.
            limit: bytes at most.
            seconds: for everything.

        Raises:
            DownloadError: it may not be read, cannot be had, or is too large.
        """
        with anyio.move_on_after(seconds):
            async with self._streams:
                for _ in range(_MAX_REDIRECTS + 1):
                    found = await self._fetch_or_redirect(url, account, limit)
                    if isinstance(found, bytes):
                        return found
                    url = found
            raise DownloadError(f"It was redirected more than {_MAX_REDIRECTS} times.")
        raise DownloadError(f"It takes longer than {seconds:g} s.")

    async def _fetch_or_redirect(self, url: str, account: Account | None, limit: int) -> bytes | str:
        """The bytes at an address, or the address that it redirects to."""
        target = await checked(url, account.endpoint.base_url if account else "")
        try:
            response = await self._ask_first_reachable(target, {"accept-encoding": "identity"})
        except TROUBLE as error:
            raise DownloadError(f"{target.host} did not answer: {error or type(error).__name__}.") from None
        try:
            if response.location is not None:
                return redirected(url, response.location)
            if response.status != 200:
                raise DownloadError(f"The answer was HTTP {response.status}.")
            return bytes(await whole(response.chunks, response.packing, limit))
        except TooLargeError:
            raise DownloadError(f"It has more than {limit / 1e6:g} MB.") from None
        except TROUBLE as error:
            raise DownloadError(f"The connection broke: {error or type(error).__name__}.") from None
        finally:
            await response.aclose()


async def _read_answer(response: httpx.Response, limit: Limit, scope: anyio.CancelScope) -> Answer:
    try:
        body = await _read_body(Stream.of_httpx(response), limit, scope)
        return Answer(response.status_code, response.headers, body)
    finally:
        await response.aclose()


async def _read_body(response: Stream, limit: Limit, scope: anyio.CancelScope) -> bytearray:
    async def coming() -> AsyncIterator[bytes]:
        async for chunk in response.chunks:
            # A large body may take longer, but not one that trickles.
            scope.deadline += len(chunk) / SLOWEST
            yield chunk

    return await whole_unless_error(coming(), response.packing, response.status, limit.bytes)


async def _clip_chunks(response: Stream, account: Account, seconds: float) -> AsyncIterator[bytes]:
    end = time.monotonic() + seconds
    try:
        async for chunk in unpacked(response.chunks, response.packing):
            end += len(chunk) / SLOWEST
            if time.monotonic() > end:
                raise NoAnswerError(f"{account.provider.label} sends the clip too slowly.")
            yield chunk
    except TROUBLE as error:
        raise no_answer(error, account) from None
