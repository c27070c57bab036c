"""An independent service makes an operation and then answers anything: one create, the money held, no false comfort."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.client.clock import Clock
from veo_widgets.client.transport.bodies import LIMITS, Limit
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job

from ..conftest import swift
from ..raw_server import Server, answer

PRICE = 0.25
PAGE = b"<html><head><title>Busy</title></head><body>Too many requests, quota, please come back</body></html>"
OF_ITS_OWN = {"error": {"message": "It cannot be done now.", "type": "invalid", "code": "some_code"}}
# 415 has rules of its own: it says that the body was not read.
STATUSES = (
    300,
    301,
    302,
    303,
    304,
    305,
    307,
    308,
    *range(400, 415),
    *range(416, 432),
    451,
    499,
    *range(500, 512),
    520,
    522,
    524,
    529,
    599,
)
NOT_APPLIED = {401, 404, 405, 407, 411, 413, 414, 431}
ELSEWHERE = {301, 307, 308}
AMBIGUOUS = {408, 409, 425, 429, 499}
COMFORT = ("nothing is charged", "nothing was started", "nothing was sent")


@pytest.fixture
def service() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Make a client of a service at an address, on a clock of which an hour passes in six seconds."""
    made: list[Client] = []

    def make(url: str, clock: Clock | None = None, **limits: Limit) -> Client:
        given = Settings(provider="openai", api_key=Secret("sk-x"), base_url=f"{url}/v1", folder=tmp_path / "clips")
        made.append(
            Client(
                given,
                home=tmp_path / "home",
                transport=lambda: Transport(limits={**LIMITS, **limits}),
                clock=clock or swift(600),
            )
        )
        made[-1].budget(day=500)
        return made[-1]

    yield make
    for client in made:
        client.close()


def created(server: Server) -> int:
    return sum(method == "POST" for method, *_ in server.seen)


def submitted(client: Client, number: int = 0) -> tuple[Job, errors.VeoError]:
    """The job of a create that fails, and what its user is told."""
    with pytest.raises(errors.VeoError) as caught:
        client.submit(f"A cat {number}", model="wan-2.2", max_cost=PRICE)
    return client.jobs()[0], caught.value


def told(job: Job, error: errors.VeoError) -> str:
    problem = job.record.problem
    seen = (error, problem.title, problem.message, problem.remedy, problem.charged, job.record.notice, job.cost)
    return " ".join(map(str, seen))


def check_unknown(job: Job, words: str) -> None:
    """Never called refused, never told to be tried again later, always with its id and what works there."""
    assert "refused" not in words
    assert "try again" not in words.lower()
    for part in (job.id, f"veo look {job.id}", f"veo retry {job.id}", f"veo forget {job.id}", "may be charged"):
        assert part in words


KINDS: dict[str, tuple[Any, dict[str, str], Callable[[int], bool]]] = {
    "an error of its own": (
        OF_ITS_OWN,
        {},
        lambda status: status in ELSEWHERE or (400 <= status < 500 and status not in AMBIGUOUS),
    ),
    "a gateway's page": (
        PAGE,
        {"Content_Type": "text/html", "Retry_After": "1"},
        lambda status: status in ELSEWHERE | NOT_APPLIED,
    ),
    "nothing": (b"", {"Content_Type": "", "Retry_After": "1"}, lambda status: status in ELSEWHERE | NOT_APPLIED),
}


@pytest.mark.parametrize(("body", "headers", "is_refusal"), KINDS.values(), ids=KINDS)
def test_one_create_whatever_is_answered(
    service: Server,
    start: Callable[..., Client],
    body: Any,
    headers: dict[str, str],
    is_refusal: Callable[[int], bool],
) -> None:
    client = start(service.url)
    for number, status in enumerate(STATUSES, 1):
        moved = {"Location": "https://elsewhere.example/login"} if status < 400 else {}
        service.answers["/v1/videos"] = answer(status, body, **headers, **moved)
        job, error = submitted(client, number)
        words = told(job, error)
        assert created(service) == number, status
        assert job.state == ("failed" if is_refusal(status) else "unknown"), (status, words)
        assert not job.record.held_back
        assert not any(comfort in words.lower() for comfort in COMFORT), words
        if job.state is JobState.UNKNOWN:
            check_unknown(job, words)
    lost = sum(not is_refusal(status) for status in STATUSES)
    assert client.budget().tallies["session"].reserved == pytest.approx(PRICE * lost)
    assert client.cost().usd == pytest.approx(PRICE * lost)


# A redirect's address is read by httpx before anybody else: what it makes of it must not look as if nothing was sent.
@pytest.mark.parametrize("where", ["https://xn--0/", "http://[::1", "//", "http://a:99999999/", "\xe9:", "xn--a.xn--0"])
def test_one_create_wherever_it_is_redirected_to(service: Server, start: Callable[..., Client], where: str) -> None:
    service.answers["/v1/videos"] = answer(302, Location=where)
    job, _ = submitted(start(service.url))
    assert (job.state, created(service)) == ("unknown", 1)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xff\xfe\xfd",
    ],
)
def test_one_create_if_what_comes_is_no_answer(service: Server, start: Callable[..., Client], said: bytes) -> None:
    service.answers["/v1/videos"] = said
    client = start(service.url)
    job, error = submitted(client)
    assert (job.state, created(service)) == ("unknown", 1)
    check_unknown(job, told(job, error))
    assert client.budget().tallies["session"].reserved == pytest.approx(PRICE)


class Silent:
    """A service that reads what it is sent and never says a word."""

    def __enter__(self) -> Silent:
        self.heard = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._open.append(connection)
                self.heard += connection.recv(65536).count(b"POST ")

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for one in (*self._open, self._socket):
            one.close()
        self._thread.join(10)


def test_one_create_if_nothing_comes(start: Callable[..., Client]) -> None:
    with Silent() as service:
        client = start(service.url, create=Limit(8_000_000, 0.5))
        job, error = submitted(client)
        assert (job.state, service.heard) == ("unknown", 1)
    check_unknown(job, told(job, error))


# Whose own words name a quota is believed: nothing was made.
QUOTAS = {
    "a limit's name": {"error": {"message": "Rate limit reached for wan-2.2 in requests per min.", "code": "x"}},
    "a quota": {"error": {"message": "You exceeded your current quota.", "type": "requests"}},
}


@pytest.mark.parametrize("body", QUOTAS.values(), ids=QUOTAS)
def test_a_quota_that_is_named_is_waited_for_and_the_wait_is_seen(
    service: Server, start: Callable[..., Client], body: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answers["/v1/videos"] = answer(429, body)
    client = start(service.url, Clock())
    job = client.submit("A cat", model="wan-2.2", max_cost=PRICE)
    assert job.record.held_back
    with pytest.raises(errors.WaitTimeoutError, match=r"keeps running.* Waiting for quota since .* not after "):
        job.wait(0.5)
    assert capsys.readouterr().err.count(f"Job {job.id}: Waiting for quota since ") == 1
    assert created(service) == 1
    assert client.budget().tallies["session"].reserved == pytest.approx(PRICE)


def test_waiting_for_quota_has_an_end(service: Server, start: Callable[..., Client]) -> None:
    service.answers["/v1/videos"] = answer(429, QUOTAS["a quota"])
    client = start(service.url, swift(20_000))
    job = client.submit("A cat", model="wan-2.2", max_cost=PRICE)
    with pytest.raises(errors.GenerationFailedError, match="refused request is usually not charged"):
        job.wait(600)
    assert (job.state, job.cost.usd) == ("failed", 0)
    assert client.budget().tallies["session"].reserved == 0


def accepted() -> bytes:
    return answer(200, {"id": "video_1", "object": "video", "status": "queued"})


@pytest.mark.parametrize("limits", [{"day": 0.1}, {"request": 0.1}, {"month": 0.1}, {"session": 0.1}])
def test_a_job_that_was_kept_back_is_sent_under_the_limits_of_now(
    service: Server, start: Callable[..., Client], limits: dict[str, float]
) -> None:
    service.answers["/v1/videos"] = answer(429, QUOTAS["a quota"], Retry_After="900")
    client = start(service.url, swift(600))
    job = client.submit("A cat", model="wan-2.2", max_cost=PRICE)
    client.budget(**limits)
    service.answers["/v1/videos"] = accepted()
    (name,) = limits
    with pytest.raises(errors.GenerationFailedError, match=rf"It was not sent again: budget: .*the limit for .*{name}"):
        job.wait(600)
    assert created(service) == 1
    assert client.budget().tallies["session"].reserved == 0


def test_a_job_never_holds_more_than_its_own_price(service: Server, start: Callable[..., Client]) -> None:
    """The whole budget is reserved for it; sent again, it must not be in its own way."""
    service.answers["/v1/videos"] = answer(429, QUOTAS["a quota"])
    there_is_room = threading.Event()
    # However slow the machine, the hours for which quota is waited for do not pass.
    client = start(service.url, swift(600, there_is_room.is_set))
    client.budget(day=PRICE, session=PRICE)
    job = client.submit("A cat", model="wan-2.2", max_cost=PRICE)
    assert client.budget().tallies["session"].reserved == pytest.approx(PRICE)
    service.answers["/v1/videos"] = accepted()
    there_is_room.set()
    while not job.record.operation:
        assert client.budget().tallies["session"].reserved == pytest.approx(PRICE)
    assert client.budget().tallies["session"].reserved == pytest.approx(PRICE)
    assert job.record.operation == "video_1"


def test_many_short_waits_for_quota_are_seen(service: Server, start: Callable[..., Client]) -> None:
    service.answers["/v1/videos"] = answer(429, QUOTAS["a quota"], Retry_After="1")
    client = start(service.url, swift(600))
    job = client.submit("A cat", model="wan-2.2", max_cost=PRICE)
    while not job.record.notice.startswith("Waiting for quota since"):
        assert not job.record.state.is_final
    service.answers["/v1/videos"] = accepted()
    while not job.record.operation:
        assert not job.record.state.is_final
