"""What one poll costs: a job that is asked for again and again. Prints milliseconds of CPU and of time for each.

Everybody has asked once before: what a library imports at its first poll is not counted.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

said = json.load(sys.stdin)
url, count = said["base_url"], said["polls"]
MODEL = "veo-3.1-generate-preview"
PROMPT = f"---\npolls: {count + 1}\noutcome: filtered\n---\nA cat"


class Meter:
    def __enter__(self):
        self.cpu, self.time = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_):
        cpu, spent = time.process_time() - self.cpu, time.perf_counter() - self.time
        print(json.dumps({"cpu_ms": cpu / count * 1000, "ms": spent / count * 1000}))


async def veo_widgets():
    from veo_widgets.client.async_client import AsyncClient
    from veo_widgets.client.clock import Clock
    from veo_widgets.config.accounts import Settings
    from veo_widgets.config.credentials import Secret
    from veo_widgets.domain.errors import JobError

    async def hardly(_seconds):
        await asyncio.sleep(0)

    settings = Settings(provider="gemini", base_url=url, api_key=Secret("a-key"), folder=Path(said["folder"]))
    async with AsyncClient(settings, home=Path(said["folder"]) / "home", clock=Clock(sleep=hardly)) as client:
        job = await client.submit(PROMPT, model=MODEL, allow_retired=True)
        await client.detach(job.id)
        await client.refresh(job.id)
        with Meter(), suppress(JobError):
            await client.wait(job.id)


async def httpx():
    import httpx

    async with httpx.AsyncClient(base_url=f"{url}/v1beta", headers={"x-goog-api-key": "a-key"}) as client:
        body = {"instances": [{"prompt": PROMPT}], "parameters": {}}
        name = (await client.post(f"/models/{MODEL}:predictLongRunning", json=body)).json()["name"]
        (await client.get(f"/{name}")).json()
        with Meter():
            for _ in range(count):
                (await client.get(f"/{name}")).json()


async def google_genai():
    from google import genai

    client = genai.Client(api_key="a-key", http_options={"base_url": url}).aio
    operation = await client.models.generate_videos(model=MODEL, source={"prompt": PROMPT})
    operation = await client.operations.get(operation)
    # Its fastest transport, which it takes where it finds it.
    assert client._api_client._aiohttp_sessions
    with Meter():
        for _ in range(count):
            operation = await client.operations.get(operation)


async def litellm():
    from litellm import avideo_generation, avideo_status

    account = {"api_key": "a-key", "api_base": url}
    video = await avideo_generation(prompt=PROMPT, model=f"gemini/{MODEL}", **account)
    await avideo_status(video_id=video.id, **account)
    with Meter():
        for _ in range(count):
            await avideo_status(video_id=video.id, **account)


async def openai():
    import warnings

    from openai import AsyncOpenAI

    warnings.simplefilter("ignore", DeprecationWarning)
    client = AsyncOpenAI(base_url=f"{url}/v1", api_key="a-key")
    video = await client.videos.create(prompt=PROMPT, model="sora-2")
    await client.videos.retrieve(video.id)
    with Meter():
        for _ in range(count):
            await client.videos.retrieve(video.id)


asyncio.run(
    {
        "veo_widgets": veo_widgets,
        "httpx": httpx,
        "google-genai": google_genai,
        "litellm": litellm,
        "openai": openai,
    }[said["client"]]()
)
