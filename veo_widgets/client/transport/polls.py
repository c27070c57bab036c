"""Polls: small calls without end, which cost nothing and may reach a service twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from math import inf

import anyio

from ...config.accounts import Account
from ...config.log import Exchange
from ...domain.errors import NoAnswerError, VeoError
from ...providers.wires.base import Call
from .aiohttp_sessions import Response, Session
from .answers import Answer, too_large, too_slow
from .bodies import SLOWEST, Limit, TooLargeError, whole_unless_error
from .connections import PIECE_SECONDS, TROUBLE, httpx, no_answer, written


async def answer_to_poll(session: Session, call: Call, account: Account, limit: Limit) -> Answer:
    """Ask by way of aiohttp, and read the whole answer.

    Args:
        session: for the call's address.
        call: what to ask; no form.
        account: whom.
        limit: for the whole answer.

    Raises:
        NoAnswerError: no whole answer came in time; its `sent` tells whether the service may have seen the request.
        InvalidReplyError: it is larger than any answer of its kind.
    """
    async with session.gate(call.url):
        headers, content = written(call, await account.credentials.headers())
        exchange = Exchange(call.method, call.url, headers, call.json)
        if call.patience:
            limit = replace(limit, seconds=call.patience)
        timer = _Timer(limit.seconds, call.patience or PIECE_SECONDS)
        try:
            with timer.scope:
                response = await session.open(call.method, call.url, headers, content, patience=inf)
                try:
                    packing = response.headers.get("content-encoding", "")
                    body = await whole_unless_error(timer.chunks(response), packing, response.status, limit.bytes)
                finally:
                    response.close()
                exchange.reply(response.status, response.headers, body)
                return Answer(response.status, response.headers, body)
            failed: VeoError = timer.error(account, limit, exchange)
        except TooLargeError as error:
            failed = too_large(account, error)
        except TROUBLE as error:
            failed = no_answer(error, account, exchange)
        # Out here it has no context, whose frames hold the signed headers.
        raise failed


class _Timer:
    """Ends an answer that takes too long as a whole, or between two pieces: one timer, where aiohttp sets three.

    Attributes:
        scope: what is ended.

    Args:
        seconds: for the whole; a large body may take longer, but not one that trickles.
        piece: seconds for its beginning, and for each piece.
    """

    def __init__(self, seconds: float, piece: float) -> None:
        self._loop, self._piece = asyncio.get_running_loop(), piece
        self._end = self._loop.time() + seconds
        self.scope = anyio.CancelScope(deadline=self._next())

    def _next(self) -> float:
        return min(self._end, self._loop.time() + self._piece)

    async def chunks(self, response: Response) -> AsyncIterator[bytes]:
        """The body of an answer as it comes."""
        # What is here already needs no timer.
        if not response.is_here:
            self.scope.deadline = self._next()
        async for chunk in response.chunks():
            self._end += len(chunk) / SLOWEST
            if not response.is_here:
                self.scope.deadline = self._next()
            yield chunk

    def error(self, account: Account, limit: Limit, exchange: Exchange) -> NoAnswerError:
        """The error for what has been ended."""
        if self._loop.time() >= self._end:
            return too_slow(account, limit, exchange)
        return no_answer(httpx.ReadTimeout(""), account, exchange)
