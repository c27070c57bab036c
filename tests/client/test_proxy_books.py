"""Which jobs are held against which lines of a proxy's log; `tests/conformance` has the proxy itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.bookings import Comparison
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.providers.video_ids import VideoId
from veo_widgets.providers.wires.proxy_spend import PAGE_ROWS
from veo_widgets.storage.ledger.ledger import Ledger

HERE = "https://gateway.example"
TOKEN = "the hash of a key"
DAY = 86_400.0

pytestmark = pytest.mark.anyio


def job(name: str, at: float, **more: Any) -> JobRecord:
    """A job that was sent and has its clip."""
    record = JobRecord(
        id=name, state=JobState.SUCCEEDED, request=VideoRequest("A cat", "veo"), provider="litellm", surface="litellm",
        wire="openai_videos", cost=Cost(1.6), created_at=at, updated_at=at, folder="/clips",
        endpoint={"base_url": HERE}, sending_at=at,
        operation=str(VideoId("gemini", "veo", f"{name};deployment_id:8e93")),
    )  # fmt: skip
    return replace(record, **more)


def line(name: str, at: float, **more: Any) -> dict[str, Any]:
    """What the log says of such a job."""
    began = datetime.fromtimestamp(at, UTC).isoformat()
    row = {"request_id": str(VideoId("gemini", "veo", name)), "call_type": "avideo_generation", "spend": 1.6}
    return {**row, "api_key": TOKEN, "startTime": began, "model_group": "veo", "status": "success", **more}


class Log(httpx.AsyncBaseTransport):
    """A proxy with a log of these lines."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        self.lines, self.asked = lines, list[httpx.URL]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if request.url.path == "/key/info":
            return httpx.Response(200, json={"key": TOKEN, "info": {"key_alias": "k", "user_id": "ann"}})
        assert request.url.path == "/spend/logs/v2"
        at = (int(request.url.params["page"]) - 1) * PAGE_ROWS
        return httpx.Response(200, json={"data": self.lines[at : at + PAGE_ROWS], "total": len(self.lines)})


@pytest.fixture
def compared(tmp_path: Path) -> Callable[..., Any]:
    """Write jobs into a ledger and compare them."""

    async def work(jobs: list[JobRecord], log: Log, days: int | None = None, provider: str = "litellm") -> Comparison:
        (tmp_path / "home").mkdir()
        with closing(Ledger(tmp_path / "home" / "ledger.sqlite3")) as ledger:
            for record in jobs:
                ledger.write(record)
        settings = Settings(provider="litellm", base_url=f"{HERE}/v1", api_key=Secret("sk-books-of-the-proxy"))
        async with AsyncClient(settings, home=tmp_path / "home", transport=Transport(log)) as client:
            return await client.books.compare(provider, days)

    return work


async def test_a_log_of_several_pages_is_read_to_its_end(compared: Any) -> None:
    now = datetime.now(UTC).timestamp()
    names = [f"op{number}" for number in range(PAGE_ROWS + 1)]
    log = Log([line(name, now) for name in names])
    found = await compared([job(names[0], now), job(names[-1], now), job("missing", now)], log)
    assert [url.params.get("page") for url in log.asked] == [None, "1", "2"]
    assert found.agreeing == 2
    assert [item.job for item in found.differences if item.job] == ["missing"]
    assert sum(item.why == "no job of this ledger" for item in found.differences) == PAGE_ROWS - 1
    assert repr(found).endswith("The proxy writes its log up to a minute late.")


async def test_only_what_went_there_and_may_have_cost_is_compared(compared: Any) -> None:
    at = datetime.now(UTC).timestamp() - 2 * DAY
    jobs = [
        job("here", at),
        job("elsewhere", at, endpoint={"base_url": "https://other.example"}),
        job("google", at, provider="gemini"),
        job("unsent", at, operation="", sending_at=None),
        job("lost", at, operation="", state=JobState.UNKNOWN),
        job("refused", at, operation="", state=JobState.FAILED, cost=Cost(0.0)),
        job("profile", at, profile="work"),
        job("key-of-the-call", at, profile="another"),
    ]
    found = await compared(jobs, Log([line("here", at), line("key-of-the-call", at)]))
    assert [(item.job, item.why) for item in found.differences] == [("lost", "the answer to its create was lost")]
    assert found.agreeing == 3


async def test_so_many_days_begin_at_midnight_here(compared: Any) -> None:
    now = datetime.now().astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    before, after = midnight - 60, midnight + (now.timestamp() - midnight) / 2
    log = Log([line("before", before), line("stranger", before), line("after", after), line("unknown", after)])
    found = await compared([job("before", before), job("after", after)], log, 1)
    # What was booked yesterday is none of today's riddles, whoever has made it.
    assert [(item.job, item.model, item.booked) for item in found.differences] == [("", "veo", 1.6)]
    assert (found.agreeing, round(found.booked, 6)) == (1, 3.2)
    began = datetime.fromisoformat(f"{log.asked[-1].params['start_date']}+00:00").timestamp()
    assert began <= before
    assert log.asked[-1].params["user_id"] == "ann"


async def test_a_provider_without_a_log_is_refused_before_anything_is_asked(compared: Any) -> None:
    log = Log([])
    with pytest.raises(errors.InvalidRequestError, match=r"compare: 'gemini' keeps no log .* allowed: 'litellm'"):
        await compared([], log, provider="gemini")
    assert log.asked == []
