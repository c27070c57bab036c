"""A thousand jobs through one client: polls a second, memory, and clips that are missing at the end.

``waiting`` asks instead what they cost while they run, looked at when the real schedule says so.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

from peak import Peak

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain.errors import JobError

said = json.load(sys.stdin)
folder, jobs, polls = Path(said["folder"]), said["jobs"], said["polls"]
AT_ONCE = 16


async def submitted(client, prompt):
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number):
        async with gate:
            said = {"model": "veo-3.1-generate-preview", "allow_retired": True}
            return (await client.submit(f"{prompt} {number}", duration_seconds=4, **said)).id

    return await asyncio.gather(*(one(number) for number in range(jobs)))


async def ended(client, ids):
    async def one(job):
        with suppress(JobError):
            await client.wait(job)

    await asyncio.gather(*map(one, ids))


def made(clock):
    settings = Settings(
        provider="gemini",
        base_url=said["base_url"],
        api_key=Secret("a-key"),
        folder=folder / "clips",
        requests_per_minute=100_000,
    )
    return AsyncClient(settings, home=folder / "home", clock=clock)


async def hurried():
    start = asyncio.Event()

    async def hardly(_seconds):
        await start.wait()
        await asyncio.sleep(0)

    async with made(Clock(sleep=hardly)) as client:
        await client.reservations.limit({"day": "off"})
        peak = Peak()
        ids = await submitted(client, f"---\npolls: {polls}\noutcome: {said['outcome']}\n---\nA cat")
        cpu, began = time.process_time(), time.perf_counter()
        start.set()
        await ended(client, ids)
        cpu, spent = time.process_time() - cpu, time.perf_counter() - began
    clips = len(list((folder / "clips").glob("*.mp4")))
    done = jobs * max(polls, 1)
    print(
        json.dumps(
            {
                "polls_per_cpu_second": done / cpu,
                "polls_per_second": done / spent,
                "memory_mb": peak.above(),
                "lost": jobs - clips,
            }
        )
    )


async def waiting():
    async with made(Clock()) as client:
        await client.reservations.limit({"day": "off"})
        ids = await submitted(client, "---\npolls: 100000\n---\nA cat")
        # Nothing is looked at before it may be done.
        await asyncio.sleep(said["after"])
        seen = sum(client._live[job].sighting.record.polls for job in ids)
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.sleep(said["seconds"])
        cpu, spent = time.process_time() - cpu, time.perf_counter() - began
        seen = sum(client._live[job].sighting.record.polls for job in ids) - seen
    print(json.dumps({"percent_of_a_core": cpu / spent * 100, "polls_per_second": seen / spent}))


asyncio.run(waiting() if said.get("waiting") else hurried())
