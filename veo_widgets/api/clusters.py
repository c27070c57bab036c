"""``--on tcp://host:8786``: the workers of a cluster of Dask's, by its address; needs the extra ``dask``."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..domain.errors import InvalidRequestError, MissingExtraError

_CONNECT_SECONDS, _ANSWER_SECONDS = 20, 30


def add_on(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the flag to a parser; `what` the workers do."""
    parser.add_argument("--on", metavar="ADDRESS", help=f"have {what} by the workers of this scheduler of Dask's")


@contextmanager
def cluster_at(address: str | None) -> Iterator[Any]:
    """A client of a scheduler's, until the block ends; None where none is named.

    Raises:
        InvalidRequestError: no scheduler answers there, or it has no workers.
        MissingExtraError: Dask is not installed.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(f"on: {address!r}", "dask") from None
    try:
        asyncio.run(_greet(address))
        client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        said = " ".join(str(error).split()).rstrip(".") or f"no word in {_ANSWER_SECONDS} s"
        message = f"on: no scheduler of Dask's answers at {address!r} ({said}); it is written tcp://host:8786."
        raise InvalidRequestError(message, parameter="on", value=address) from None
    with client:
        # A task would wait for one for ever.
        if not client.scheduler_info()["workers"]:
            message = f"on: the scheduler at {address!r} has no workers, so nothing was sent."
            raise InvalidRequestError(message, parameter="on", value=address)
        yield client


async def _greet(address: str) -> None:
    """Ask once who is there: a client would wait without end for a listener that says nothing, and for a worker.

    Raises:
        OSError: no scheduler answers in time.
        ValueError: this is no address.
    """
    from distributed.comm import connect
    from distributed.security import Security

    async with asyncio.timeout(_ANSWER_SECONDS):
        comm = await connect(address, timeout=_CONNECT_SECONDS, **Security().get_connection_args("client"))
        await comm.write({"op": "identity"})
        kind = (await comm.read()).get("type")
    await comm.close()
    if kind != "Scheduler":
        raise ConnectionError(f"it is a {kind}")
