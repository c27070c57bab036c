"""What the tests share: an emulator on a real socket, and clients with a ledger of their own."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings
from veo_widgets.domain import catalog
from veo_widgets.emulator import Emulator, Pace
from veo_widgets.session.client import Client
from veo_widgets.storage.ledger.ledger import PATIENCE_SECONDS

# Days are those of the local time zone. A run begins in the morning, so that no day ends while a test counts money.
if "TZ" not in os.environ and hasattr(time, "tzset"):
    hours_ahead = (17 - time.gmtime().tm_hour) % 24 - 12
    os.environ["TZ"] = f"Etc/GMT{-hours_ahead:+d}"
    time.tzset()
# IPython warns of an environment other than its own, as a terminal may have it.
os.environ.pop("VIRTUAL_ENV", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long, by work or by waiting, so that no worker idles at the end."""
    costly = (
        *("old_stacks", "browsers", "test_lab", "priced", "saved", "e2e", "httpx2", "wheel", "machine_settings"),
        *("secrets", "kernel", "torture", "conformance", "notebooks", "people_bring", "test_clips", "reruns"),
        *("emulator", "leases"),
    )

    def turn(item: pytest.Item) -> int:
        file = item.nodeid.partition("::")[0]
        return min((costly.index(name) for name in costly if name in file), default=len(costly))

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a check that was skipped has failed."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever names no other keeps the ledger in a folder of this run, not in the user's."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VEO_WIDGETS_HOME", str(tmp_path_factory.mktemp("data")))
        environment.delenv("VEO_LEDGER_URL", raising=False)
        yield


@pytest.fixture(autouse=True)
def described_by_nobody() -> Iterator[None]:
    """What a test describes of models, and its newer catalog, ends with it."""
    yield
    for layer in ("session", "project", "user"):
        catalog.describe(layer, ())
    catalog.use(None)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises, as it does for people; a worker of the test run ignores it otherwise."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator(pace=Pace.polls(1), clips="small") as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    """An emulator with an empty journal that finishes a job at the second poll."""
    shared_emulator.reset()
    return shared_emulator


# An emulator, and what lets its jobs end.
SlowService = tuple[Emulator, Callable[[], None]]


@contextmanager
def slow_emulator(**how: Any) -> Iterator[SlowService]:
    """An emulator whose jobs of ``seconds: 600`` run until the test lets them end, and what lets them."""
    ahead = [0.0]
    with Emulator(pace=Pace.polls(1), clock=lambda: time.time() + ahead[0], **how) as emulator:
        yield emulator, lambda: ahead.append(ahead.pop() + 700.0)


@pytest.fixture
def slow_service() -> Iterator[SlowService]:
    """A `slow_emulator` of small clips."""
    with slow_emulator(clips="small") as both:
        yield both


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path) -> Settings:
    """Send everything to the emulator, keep everything in the test's own folder."""
    return Settings(provider="emulator", base_url=emulator.base_url, folder=tmp_path / "veo_clips")


def swift(speed: float, starts: Callable[[], bool] = lambda: True) -> Clock:
    """A clock on which so many seconds pass in one, from when it `starts`; until then nobody sleeps to the end."""
    began = time.time()

    async def sleep(seconds: float) -> None:
        while not starts():  # noqa: ASYNC110 (a test says when, from another thread)
            await anyio.sleep(0.02)
        await anyio.sleep(seconds / speed)

    def now() -> float:
        nonlocal began
        if not starts():
            began = time.time()
        return began + (time.time() - began) * speed

    return Clock(now=now, sleep=sleep)


async def _hasty_sleep(seconds: float) -> None:
    """Pauses that people would sit through, cut short."""
    await anyio.sleep(min(seconds, 0.05))


@pytest.fixture
def swift_clock() -> Clock:
    """A minute passes in a second."""
    return swift(60)


@pytest.fixture
def make_client(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Make blocking clients over one ledger; `hasty` ones hardly pause. They are closed at the end."""
    made: list[Client] = []

    def make(
        given: Settings = settings,
        *,
        hasty: bool = False,
        now: Callable[[], float] = time.time,
        clock: Clock | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> Client:
        clock = clock or Clock(now, _hasty_sleep if hasty else anyio.sleep, patience)
        made.append(Client(given, home=tmp_path / "home", clock=clock))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def locked_after_create(emulator: Emulator, tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """Let another program lock the ledger between the create that comes next and its answer, until the block ends."""

    @contextmanager
    def lock() -> Iterator[None]:
        sent = len(emulator.journal())
        while not any(entry.kind == "create" for entry in emulator.journal()[sent:]):
            time.sleep(0.005)
        with closing(sqlite3.connect(tmp_path / "home" / "ledger.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    return lock


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()
