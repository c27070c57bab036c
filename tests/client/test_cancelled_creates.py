"""Whoever waits for a create may be cancelled at any moment: what is paid for is written down, and watched."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.clock import Clock
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import VeoError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job

pytestmark = pytest.mark.anyio

KEY = Secret("sk-canary")
Verb = Callable[[AsyncClient, str], Coroutine[Any, Any, object]]
OMNI = {"model": "gemini-omni-1.1-flash", "duration_seconds": 3}
SORA = {"model": "sora-2", "duration_seconds": 4, "allow_retired": True}
VEO = {"duration_seconds": 4}


@dataclass(frozen=True)
class Spending:
    """A verb that costs money, where it is asked, and what the job before it was asked with, if it needs one."""

    verb: Verb
    source: dict[str, Any] | None = None
    provider: str = "emulator"
    path: str = ""


VERBS = {
    "submit": Spending(lambda client, _: client.submit("A cat", **VEO)),
    "submit_plan": Spending(lambda client, _: client.submit_plan(client.plan("A cat", **VEO))),
    "generate": Spending(lambda client, _: client.generate("A cat", **VEO)),
    "retry": Spending(lambda client, job: client.retry(job), VEO),
    "extend": Spending(lambda client, job: client.extend(job, "It goes on"), {**VEO, "storage_uri": "gs://films/"}),
    "edit": Spending(lambda client, job: client.edit(job, "Make it night"), OMNI, "gemini"),
    "remix": Spending(lambda client, job: client.remix(job, "Make it night"), SORA, "openai", "/v1"),
}


@dataclass
class Counted:
    """A coroutine to be awaited; at its `at`-th suspension, counted from 0, `cancel` is called."""

    coroutine: Coroutine[Any, Any, object]
    at: int
    cancel: Callable[[], object]

    def __await__(self) -> Generator[Any, Any, object]:
        error: BaseException | None = None
        for step in itertools.count():
            try:
                pending = self.coroutine.throw(error) if error else self.coroutine.send(None)
            except StopIteration as stop:
                return stop.value
            if step == self.at:
                self.cancel()
            error = None
            try:
                yield pending
            except BaseException as thrown:  # noqa: BLE001 (it is the coroutine's)
                error = thrown
        return None


async def _hasty_sleep(seconds: float) -> None:
    await anyio.sleep(min(seconds, 0.02))


@pytest.fixture
def open_client(settings: Settings, emulator: Emulator, tmp_path: Path) -> Callable[..., AsyncClient]:
    """An asynchronous client on the test's one ledger, for a verb's provider."""

    def make(spending: Spending, transport: Transport | None = None) -> AsyncClient:
        given = replace(settings, provider=spending.provider, base_url=emulator.base_url + spending.path, api_key=KEY)
        return AsyncClient(given, home=tmp_path / "home", transport=transport, clock=Clock(sleep=_hasty_sleep))

    return make


async def _by_task(waited: Callable[[Callable[[], object]], Counted]) -> bool:
    """Whether it came to its end before asyncio's own cancellation reached it."""

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None
        await waited(task.cancel)

    (ended,) = await asyncio.gather(asyncio.create_task(run()), return_exceptions=True)
    assert ended is None or isinstance(ended, asyncio.CancelledError), ended
    return ended is None


async def _by_scope(waited: Callable[[Callable[[], object]], Counted]) -> bool:
    """Whether it came to its end before the cancellation of anyio's scope reached it."""
    with anyio.CancelScope() as scope:
        await waited(scope.cancel)
    return not scope.cancelled_caught


def paid(emulator: Emulator) -> set[str]:
    return {entry.operation for entry in emulator.journal() if entry.kind == "create" and entry.operation}


async def _written(client: AsyncClient, emulator: Emulator) -> list[JobRecord]:
    """The ledger after closing, in which everything that was paid for has its job and none is still being sent."""
    records = await client.jobs(limit=None)
    await client._ledger.aclose()
    known = [record.operation for record in records]
    # Each wire puts something of its own before the emulator's id.
    assert not [one for one in paid(emulator) if not any(name.endswith(one.rpartition("/")[2]) for name in known)]
    assert not [record for record in records if record.state is JobState.SUBMITTING]
    return records


@pytest.mark.parametrize("cancelled", [_by_task, _by_scope])
@pytest.mark.parametrize("name", VERBS)
async def test_a_verb_is_cancelled_at_every_await(
    open_client: Callable[..., AsyncClient],
    emulator: Emulator,
    name: str,
    cancelled: Callable[[Callable[[Callable[[], object]], Counted]], Coroutine[Any, Any, bool]],
) -> None:
    spending, job = VERBS[name], ""
    if spending.source is not None:
        async with open_client(spending) as client:
            job = (await client.wait((await client.submit("A cat", **spending.source)).id)).id
    reached = 0
    for at in range(40):
        async with open_client(spending) as client:
            ended = await cancelled(partial(Counted, spending.verb(client, job), at))
        await _written(client, emulator)
        reached = at
        if ended:
            break
    # Not even the last one reached the create: that is awaited elsewhere.
    assert reached > 0


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
async def test_a_verb_is_cancelled_after_some_turns_of_the_loop(
    open_client: Callable[..., AsyncClient], emulator: Emulator, turns: int
) -> None:
    async with open_client(VERBS["submit"]) as client:
        task = asyncio.create_task(client.submit("A cat", **VEO))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await _written(client, emulator)


class Watched(httpx.AsyncHTTPTransport):
    """The network; `before` or `after` a create it calls `cancel`."""

    def __init__(self, moment: str) -> None:
        super().__init__()
        self._moment = moment
        self.cancel: Callable[[], object] = bool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        create = request.method == "POST" and "fetch" not in request.url.path
        if create and self._moment == "before":
            self.cancel()
            await anyio.lowlevel.checkpoint()
        answer = await super().handle_async_request(request)
        if create and self._moment == "after":
            self.cancel()
            # Time enough for a cancellation to arrive, were it to come this far.
            for _ in range(5):
                await anyio.sleep(0.01)
        return answer


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("name", VERBS)
async def test_a_verb_is_cancelled_while_the_service_is_at_it(
    open_client: Callable[..., AsyncClient], emulator: Emulator, name: str, moment: str
) -> None:
    """The answer is written down, and the job watched to its end."""
    spending, job = VERBS[name], ""
    if spending.source is not None:
        async with open_client(spending) as client:
            job = (await client.wait((await client.submit("A cat", **spending.source)).id)).id
    network = Watched(moment)
    before = len(paid(emulator))
    async with open_client(spending, Transport(network)) as client:
        task = asyncio.create_task(spending.verb(client, job))
        network.cancel = task.cancel
        with pytest.raises(asyncio.CancelledError):
            await task
        network.cancel = bool
        found: list[JobRecord] = []
        while not any(record.operation for record in found):
            found = [one for one in await client.jobs() if one.id != job]
            await anyio.sleep(0.01)
        assert (await client.wait(found[0].id)).videos
    assert len(paid(emulator)) == before + 1
    await _written(client, emulator)


async def test_a_timeout_of_asyncio_ends_the_waiting_at_once(
    open_client: Callable[..., AsyncClient], emulator: Emulator
) -> None:
    emulator.script(on="create", fault="slow", seconds=1.0)
    async with open_client(VERBS["submit"]) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.submit("A cat", **VEO), 0.2)
        assert [record.state for record in await client.jobs()] in ([], [JobState.SUBMITTING])
    # Closing waits for the answer.
    (record,) = await _written(client, emulator)
    assert record.operation


async def test_a_client_that_is_cancelled_whole_writes_the_answer_down(
    open_client: Callable[..., AsyncClient], emulator: Emulator
) -> None:
    emulator.script(on="create", fault="slow", seconds=0.5)
    client = open_client(VERBS["submit"])

    async def program() -> None:
        async with client:
            await client.submit("A cat", **VEO)

    task = asyncio.create_task(program())
    while not any(entry.kind == "create" for entry in emulator.journal()):
        await anyio.sleep(0.01)
        if task.done():
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (record,) = await _written(client, emulator)
    assert record.operation


async def test_a_client_that_is_closed_starts_nothing(open_client: Callable[..., AsyncClient]) -> None:
    async with open_client(VERBS["submit"]) as client:
        pass
    with pytest.raises(VeoError):
        await client.submit("A cat", **VEO)
    assert await client.jobs() == []
    await client._ledger.aclose()


def test_a_loop_that_ends_around_an_open_client_leaves_no_job_in_between(
    open_client: Callable[..., AsyncClient], make_client: Callable[..., Client], emulator: Emulator
) -> None:
    """`asyncio.run` cancels every task that is left, whatever shields it."""
    emulator.script(on="create", fault="slow", seconds=0.5)

    async def program() -> None:
        client = await open_client(VERBS["submit"]).__aenter__()
        task = asyncio.create_task(client.submit("A cat", **VEO))
        while not any(record.sending_at for record in await client.jobs()):  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.01)
        assert not task.done()

    asyncio.run(program())
    (job,) = make_client().jobs()
    assert job.state is JobState.UNKNOWN


def test_a_closing_program_hears_the_answer(make_client: Callable[..., Client], emulator: Emulator) -> None:
    emulator.script(on="create", fault="slow", seconds=0.5)
    client = make_client()
    future = client.start(lambda: client.asynchronous.submit("A cat", **VEO))
    while not client.call(client.asynchronous.jobs):
        pass
    client.close()
    assert future.done()
    job: Job = make_client().jobs()[0]
    assert job.record.operation
